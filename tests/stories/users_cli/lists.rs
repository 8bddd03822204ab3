//! `users list` and `sessions list`, for people and for programs.

use miandeng::{
    clock::Clock,
    ids::{CorpId, DingUserId},
    sessions, users,
};

use super::{Answer, Operator, runtime};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Mobile/23E246 AliApp(DingTalk/7.8.1) com.laiwang.DingTalk/46766536 WK";
/// 2026-11-02 08:00:00 in UTC.
const AT: i64 = 1_793_606_400;

impl Operator {
    fn db_signs_in_with(&self, userid: &str, user_agent: &str, at: i64) {
        runtime().block_on(async {
            let pools = self.db().await;
            let mut tx = pools.write().await.unwrap();
            let (corp, userid) = (CorpId::new("dinga").unwrap(), DingUserId::new(userid).unwrap());
            let user = users::find(&mut tx, &corp, &userid).await.unwrap().unwrap();
            let from = sessions::Origin { address: "192.0.2.1".to_owned(), user_agent: user_agent.to_owned() };
            sessions::start(&mut tx, &user, "oa", &from, at).await.unwrap();
            users::signed_in(&mut tx, user.id, at).await.unwrap();
            tx.commit().await.unwrap();
            pools.close().await;
        });
    }

    /// The local time is eight hours ahead of UTC.
    fn says_in_china(&self, arguments: &[&str]) -> String {
        let mut command = self.command(arguments);
        command.env("TZ", "CST-8");
        let answer = Answer::of(command);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{answer:?}");
        answer.out
    }
}

#[test]
fn sessions_are_listed_by_name_with_a_short_device_and_in_local_time() {
    let operator = Operator::new();
    operator.imports("userid,name\nu1,欧阳娜娜\nu2,Li\nu3,王\n");
    let now = Clock::system().now();
    operator.db_signs_in_with("u1", IPHONE, now);
    operator.db_signs_in_with("u2", "", now);
    operator.db_signs_in_with("u3", "my-own-tool/1.0 (and a great many other words)", now);
    let table = operator.says_in_china(&["sessions", "list"]);
    let row = |name: &str| table.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{table}"));
    assert!(row("欧阳娜娜").ends_with("DingTalk 7.8.1 · iPhone"), "{table}");
    assert!(row("王").ends_with("my-own-tool/1.0"), "{table}");
    assert!(row("Li").ends_with("192.0.2.1"), "{table}");
    assert!(!table.contains("AppleWebKit"), "{table}");

    let json = operator.reads(&["sessions", "list", "--json"]);
    let u1 = json.as_array().unwrap().iter().find(|session| session["userid"] == "u1").unwrap();
    assert_eq!(u1["user_agent"], IPHONE, "the whole of it for programs");
    for moment in ["created_at", "last_seen_at"] {
        let utc = u1[moment].as_str().unwrap_or_else(|| panic!("ISO 8601: {u1}"));
        assert_eq!(humantime_seconds(utc), now, "{moment}");
        // Eight hours later, by the local clock.
        let wall = miandeng::i18n::utc(now + 8 * 3600);
        assert!(row("欧阳娜娜").contains(&wall[..16].replace('T', " ")), "{table}");
    }
}

#[test]
fn people_are_listed_in_local_time_and_in_iso_8601_for_programs() {
    let operator = Operator::new();
    operator.imports("userid,name\nu1,欧阳娜娜\n");
    operator.db_signs_in_with("u1", IPHONE, AT);
    let table = operator.says_in_china(&["users", "list"]);
    assert!(table.lines().nth(1).unwrap().ends_with("2026-11-02 16:00"), "{table}");
    let person = operator.sees("u1");
    assert_eq!(person["last_signed_in_at"], "2026-11-02T08:00:00Z");
    humantime_seconds(person["created_at"].as_str().expect("ISO 8601"));
}

#[test]
fn the_headings_are_in_the_terminals_language() {
    let operator = Operator::new();
    for (variable, language, heading) in [
        ("LANG", "zh_CN.UTF-8", "上次登录"),
        ("LC_ALL", "en_US.UTF-8", "LAST SIGN-IN"),
        ("LC_MESSAGES", "zh", "上次登录"),
    ] {
        let mut command = operator.command(&["users", "list"]);
        command.env("LANG", "zh_CN.UTF-8").env(variable, language);
        let table = Answer::of(command).out;
        assert!(table.lines().next().unwrap().ends_with(heading), "{variable}={language}: {table}");
    }
}

fn humantime_seconds(text: &str) -> i64 {
    let at = humantime::parse_rfc3339(text).unwrap();
    at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}
