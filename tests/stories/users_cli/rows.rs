//! People and sessions one by one, and what all commands have in common.

use std::{fs, time::Duration};

use miandeng::{
    audit::Actor,
    clock::Clock,
    ids::{CorpId, DingUserId},
    people::{self, By, LastAdmin, Reason},
    users,
};
use serde_json::{Value, json};

use super::{Answer, Operator, runtime};
use crate::harness::on_postgres;

#[test]
fn a_person_is_added_changed_and_cleared() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "张三", "--mobile", "138", "--role", "admin"]);
    let added = operator.sees("u1");
    assert_eq!(added["name"], "张三");
    assert_eq!(
        (&added["corp_id"], &added["role"], &added["status"]),
        (&json!("dinga"), &json!("admin"), &json!("active"))
    );
    assert_eq!((&added["source"], &added["mobile"], &added["email"]), (&json!("cli"), &json!("138"), &Value::Null));

    operator.does(&["users", "set", "u1", "--title", "主管", "--mobile", ""]);
    let changed = operator.sees("u1");
    assert_eq!(
        (&changed["title"], &changed["mobile"], &changed["name"]),
        (&json!("主管"), &Value::Null, &json!("张三"))
    );
    assert!(operator.does(&["users", "set", "u1", "--title", "主管"]).contains("needed no change"));
    let answer = operator.reads(&["users", "set", "u1", "--name", "张三丰", "--json"]);
    assert_eq!(answer, operator.sees("u1"));

    operator.fails(&["users", "add", "u1", "--name", "X"], "is in the user table already");
    operator.fails(&["users", "set", "u2", "--name", "X"], "is not in the user table");
    assert_eq!(operator.names(), ["张三丰"]);
}

#[test]
fn departments_are_taken_as_they_are_written_or_refused_with_what_to_write() {
    let operator = Operator::new();
    operator.does(&[
        "users",
        "add",
        "u1",
        "--name",
        "A",
        "--department",
        " 研发部 / 后端组 ; 技术委员会;;研发部/后端组",
    ]);
    assert_eq!(operator.sees("u1")["department"], "研发部/后端组;技术委员会");
    operator.does(&["users", "set", "u1", "--department", "x；总部／财务;role：admin"]);
    assert_eq!(operator.sees("u1")["department"], "x；总部／财务;role：admin");
    operator.imports("userid,name,department\nu2,B,\u{3000}市场部 ; 人事 / 招聘\u{feff}\n");
    assert_eq!(operator.sees("u2")["department"], "市场部;人事/招聘");

    for (written, says) in [
        ("a//b", "write one / between two levels"),
        ("/a", "write one / between two levels"),
        ("a/", "write one / between two levels"),
        ("a;b/ /c", "write one / between two levels"),
        ("role:admin", "\"role:\", which stands for something else; write the full-width colon ："),
        ("a; Role:admin", "\"Role:\", which stands for something else; write the full-width colon ："),
        ("id:x", "write the full-width colon ："),
        ("财\u{200b}务", "invisible character U+200B"),
        ("财\u{1b}务", "control character"),
        (&"x".repeat(129), "more than 128 characters"),
    ] {
        let before = operator.everybody();
        for command in [&["users", "add", "u3", "--name", "C"][..], &["users", "set", "u1"]] {
            let answer = operator.runs(&[command, &["--department", written]].concat());
            assert!(answer.code == 2 && answer.err.contains(says), "{written:?}: {answer:?}");
        }
        let said = operator.is_refused(format!("userid,name,department\nu1,A,{written}\n"));
        assert!(said.contains("line 2, department") && said.contains(says), "{written:?}: {said}");
        assert_eq!(operator.everybody(), before);
    }
}

#[test]
fn wrong_usage_ends_with_2_and_changes_nothing() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    for wrong in [
        &["users"][..],
        &["users", "add", "u2"],
        &["users", "add", "u 2", "--name", "A"],
        &["users", "add", "u,2", "--name", "A"],
        &["users", "add", "u2", "--name", " "],
        &["users", "add", "u2", "--name", "A\nB"],
        &["users", "add", "u2", "--name", "A", "--role", "boss"],
        &["users", "set", "u1"],
        &["users", "set", "u1", "--name", ""],
        &["users", "list", "--status", "gone"],
        &["users", "import"],
        &["sessions", "revoke"],
        &["sessions", "revoke", "1", "--all"],
        &["sessions", "revoke", "--all", "--corp-id", "dinga"],
    ] {
        assert_eq!(operator.runs(wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(operator.names(), ["A"]);
}

#[test]
fn each_command_explains_itself() {
    let operator = Operator::new();
    for (arguments, says) in [
        (&["users", "--help"][..], "running server follows a change"),
        (&["users", "import", "--help"], "userid,name,mobile"),
        (&["users", "export", "--help"], "--excel"),
        (&["sessions", "revoke", "--help"], "--all"),
    ] {
        // Lines are wrapped to the terminal.
        let help = operator.does(arguments).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(says), "{arguments:?}");
    }
}

#[test]
fn a_disabled_or_removed_person_loses_all_sessions_at_once() {
    let operator = Operator::new();
    for userid in ["u1", "u2", "u3"] {
        operator.does(&["users", "add", userid, "--name", userid]);
    }
    operator.db_signs_in("dinga", &["u1", "u1", "u2", "u3"]);

    assert!(operator.does(&["users", "disable", "u1"]).contains("2 sessions ended"));
    assert_eq!(operator.sees("u1")["status"], "disabled");
    assert_eq!(operator.signed_in(), ["u2", "u3"]);
    assert!(operator.does(&["users", "disable", "u1"]).contains("was disabled already; 0 sessions ended"));

    assert!(operator.does(&["users", "enable", "u1"]).contains("may sign in again"));
    assert_eq!(operator.sees("u1")["status"], "active");
    assert_eq!(operator.signed_in(), ["u2", "u3"], "an old session came back");

    assert!(operator.does(&["users", "remove", "u2", "--yes"]).contains("1 session ended"));
    assert_eq!(
        (operator.names(), operator.signed_in()),
        (vec!["u1".to_owned(), "u3".to_owned()], vec!["u3".to_owned()])
    );
    for command in ["disable", "enable", "remove"] {
        operator.fails(&["users", command, "u2"], "is not in the user table");
    }
    let answer = operator.reads(&["users", "disable", "u3", "--json"]);
    assert_eq!((&answer["sessions_ended"], &answer["user"]["status"]), (&json!(1), &json!("disabled")));
}

#[test]
fn the_last_administrator_goes_only_by_force() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A", "--role", "admin"]);
    operator.does(&["users", "add", "u2", "--name", "B", "--role", "admin"]);
    operator.does(&["users", "disable", "u1"]);
    let before = operator.everybody();
    std::fs::write(operator.path("staff.csv"), "userid,name,role\nu2,C,user\nu3,D,\n").unwrap();
    let ways = [
        &["users", "set", "u2", "--role", "user"][..],
        &["users", "import", "staff.csv"],
        &["users", "import", "staff.csv", "--dry-run"],
        &["users", "disable", "u2"],
        &["users", "remove", "u2"],
    ];
    for way in ways {
        operator.fails(way, "corp dinga would have no active administrator any more; make another one first");
        assert_eq!(operator.everybody(), before);
    }
    operator.does(&["users", "set", "u2", "--title", "T"]);
    for way in ways {
        operator.does(&[way, &["--force"]].concat());
        // As before, whatever u2 has become.
        operator.imports("userid,name,role,status\nu2,B,admin,active\n");
    }
    operator.does(&["users", "enable", "u1"]);
    operator.does(&["users", "disable", "u2"]);
}

#[test]
fn where_several_corps_are_configured_the_corp_must_be_said() {
    let operator = Operator::of_corps(&["dinga", "dingb"]);
    operator.fails(&["users", "add", "u1", "--name", "A"], "add --corp-id with one of dinga, dingb");
    operator.fails(&["users", "add", "u1", "--name", "A", "--corp-id", "dingx"], "\"dingx\" is not configured");
    operator.does(&["users", "add", "u1", "--name", "A", "--corp-id", "dinga"]);
    operator.does(&["users", "add", "u1", "--name", "B", "--corp-id", "dingb"]);
    operator.db_signs_in("dinga", &["u1"]);
    operator.db_signs_in("dingb", &["u1"]);

    let of_b = operator.reads(&["sessions", "list", "--corp-id", "dingb", "--json"]);
    assert_eq!((of_b.as_array().unwrap().len(), &of_b[0]["corp_id"]), (1, &json!("dingb")));

    operator.fails(&["users", "disable", "u1"], "add --corp-id");
    operator.does(&["users", "disable", "u1", "--corp-id", "dingb"]);
    let left = operator.reads(&["sessions", "list", "--json"]);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["corp_id"]), (1, &json!("dinga")));
    assert_eq!(operator.reads(&["users", "list", "--corp-id", "dingb", "--json"])[0]["name"], "B");

    assert!(operator.is_refused("userid,name\nu1,C\n").contains("names no column \"corp_id\""));
    let said = operator.is_refused("userid,name,corp_id\nu1,C,dinga\nu2,D,\nu3,E,dingx\n");
    assert!(said.contains("line 3, corp_id") && said.contains("line 4, corp_id \"dingx\""), "{said}");
    operator.imports("userid,name,corp_id\nu1,C,dinga\nu1,D,dingb\n");
    assert_eq!(operator.names(), ["C", "D"]);
}

#[test]
fn a_hostile_name_from_dingtalk_stays_on_its_line_and_in_its_cell() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    let hostile = "\t=HYPERLINK(1)\r\nu9,\u{1b}[2Jroot\u{9b}\u{202e}";
    runtime().block_on(async {
        let pools = operator.db().await;
        let mut tx = pools.write().await.unwrap();
        let (corp_id, userid) = (CorpId::new("dinga").unwrap(), DingUserId::new("u1").unwrap());
        let user = users::find(&mut tx, &corp_id, &userid).await.unwrap().unwrap();
        let by = By::new(Actor::Dingtalk, Reason::FirstSignIn, &Clock::standing());
        let change = users::Change { name: Some(hostile.to_owned()), ..users::Change::default() };
        people::change(&mut tx, &by, &user, change, LastAdmin::MayGo).await.unwrap();
        tx.commit().await.unwrap();
        pools.close().await;
    });
    operator.db_signs_in("dinga", &["u1"]);

    for arguments in [
        &["users", "list"][..],
        &["users", "list", "--json"],
        &["sessions", "list"],
        &["sessions", "list", "--json"],
        &["users", "set", "u1", "--title", "T"],
        &["users", "disable", "u1"],
    ] {
        let out = operator.does(arguments);
        let steering = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!out.contains(steering), "{out:?}");
        if !arguments.contains(&"--json") && arguments.contains(&"list") {
            assert_eq!(out.lines().count(), 2, "{out}");
        }
    }
    assert_eq!(operator.names(), [hostile]);

    let export = operator.does(&["users", "export"]);
    assert!(!export.contains(['\u{1b}', '\r', '\u{9b}']) && export.contains("'=HYPERLINK"), "{export:?}");
    assert_eq!(operator.imports(&export)["changed"], 1);
    assert_eq!(operator.names(), ["=HYPERLINK(1)  u9, [2Jroot \u{202e}"]);
}

#[test]
fn people_are_listed_by_status_and_role_in_columns() {
    let operator = Operator::new();
    operator.imports("userid,name,role,status,title\nu1,欧阳娜娜,admin,,T1\nu2,Li,,disabled,T2\nu3,王,,,T3\n");
    let listed = |arguments: &[&str]| -> Vec<String> {
        let all = [&["users", "list", "--json"], arguments].concat();
        let people = operator.reads(&all);
        people.as_array().unwrap().iter().map(|person| person["userid"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&["--status", "disabled"]), ["u2"]);
    assert_eq!(listed(&["--role", "admin"]), ["u1"]);
    assert_eq!(listed(&["--role", "user", "--status", "active"]), ["u3"]);
    assert!(listed(&["--corp-id", "dingx"]).is_empty());
    let table = operator.does(&["users", "list"]);
    assert!(table.contains("u1      欧阳娜娜  admin") && table.contains("u3      王        user"), "{table}");
}

#[test]
fn sessions_are_listed_and_ended_by_number_by_person_and_all() {
    let operator = Operator::new();
    operator.imports("userid,name\nu1,A\nu2,B\nu3,C\n");
    let cookie = operator.db_signs_in("dinga", &["u1", "u2", "u2", "u3"]);
    let live = operator.does(&["sessions", "list", "--json"]);
    assert!(!live.contains(&cookie) && !operator.does(&["sessions", "list"]).contains(&cookie));
    let of_u1 = operator.reads(&["sessions", "list", "--user", "u1", "--json"]);
    assert_eq!((of_u1.as_array().unwrap().len(), &of_u1[0]["address"]), (1, &json!("192.0.2.1")));

    let number = of_u1[0]["id"].to_string();
    operator.does(&["sessions", "revoke", &number]);
    assert_eq!(operator.signed_in(), ["u2", "u2", "u3"]);
    operator.fails(&["sessions", "revoke", &number], "there is no session");

    assert!(operator.does(&["sessions", "revoke", "--user", "u2"]).contains("2 sessions ended"));
    assert_eq!(operator.signed_in(), ["u3"]);
    operator.fails(&["sessions", "revoke", "--user", "nobody"], "is not in the user table");

    operator.fails(&["sessions", "revoke", "--all"], "add --yes");
    assert_eq!(operator.signed_in(), ["u3"]);
    assert_eq!(operator.reads(&["sessions", "revoke", "--all", "--yes", "--json"]), json!({"sessions_ended": 1}));
    assert!(operator.signed_in().is_empty());
}

#[test]
fn a_list_does_not_wait_for_another_process_that_writes() {
    let operator = Operator::new();
    operator.does(&["users", "add", "u1", "--name", "A"]);
    runtime().block_on(async {
        let pools = operator.db().await;
        let tx = pools.write().await.unwrap();
        let list = operator.command(&["users", "list"]);
        let list = tokio::task::spawn_blocking(|| Answer::of(list));
        // A statement would wait five seconds for a lock.
        let answer = tokio::time::timeout(Duration::from_secs(4), list).await;
        assert_eq!(answer.expect("an answer in time").unwrap().code, 0);
        drop(tx);
        pools.close().await;
    });
}

#[test]
fn settings_that_are_missing_or_wrong_are_named_in_one_line() {
    let operator = Operator::new();
    let settings = fs::read_to_string(operator.path("Rocket.toml")).unwrap();
    let with = |text: &str| fs::write(operator.path("Rocket.toml"), text).unwrap();
    with("");
    operator.fails(&["users", "list"], "no settings found");
    with(&settings.replace("[default.miandeng]", "[default.miandeng"));
    operator.fails(&["users", "list"], "check the syntax there");
    if !on_postgres("a file that cannot be opened") {
        with(&settings.replace("test.db", "nowhere/test.db"));
        operator.fails(&["users", "list"], "cannot be opened for writing");
    }
    with(&settings.replace("url = ", "url = 5 #"));
    operator.fails(&["sessions", "list"], "databases.miandeng.url: has the wrong type");

    with(&settings);
    let mut elsewhere = operator.command(&["users", "add", "u1", "--name", "A"]);
    elsewhere.env("ROCKET_DATABASES", "{miandeng={url=\"other.db\"}}");
    assert_eq!(Answer::of(elsewhere).code, 0);
    assert!(operator.path("other.db").exists() && operator.names().is_empty());
}
