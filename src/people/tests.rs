use super::*;
use crate::{
    audit::Event,
    db::{self, open_temporary},
    ids::DingUserId,
    sessions::Origin,
    users::{Difference, Filter},
};

/// More than one statement's worth.
const MANY: usize = 257;

fn by(at: UnixSeconds) -> By {
    let clock = Clock::standing();
    clock.advance(at - clock.now());
    By::new(Actor::Cli("root".to_owned()), Reason::Import, &clock)
}

fn person(userid: &str, change: Change) -> NewUser {
    NewUser { corp_id: CorpId::new("dinga").unwrap(), userid: DingUserId::new(userid).unwrap(), change }
}

fn named(name: &str) -> Change {
    Change { name: Some(name.to_owned()), ..Change::default() }
}

async fn find(db: &mut Conn, userid: &str) -> User {
    let NewUser { corp_id, userid, .. } = person(userid, Change::default());
    users::find(db, &corp_id, &userid).await.unwrap().unwrap()
}

async fn signs_in(db: &mut Conn, user: &User, times: usize) {
    let from = Origin { address: "192.0.2.1".to_owned(), user_agent: String::new() };
    for _ in 0..times {
        sessions::start(db, user, "oa", &from, 1).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_who_may_no_longer_sign_in_keeps_a_session() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let disabling = Change { status: Some(Status::Disabled), ..Change::default() };
    for way in ["disable", "change", "import", "remove"] {
        let user = add(&mut tx, &by(1), person(way, named("A"))).await.unwrap();
        signs_in(&mut tx, &user, 3).await;
        let ended = match way {
            "disable" => disable(&mut tx, &by(2), &user, LastAdmin::Stays).await.unwrap().sessions_ended,
            "change" => {
                change(&mut tx, &by(2), &user, disabling.clone(), LastAdmin::Stays).await.unwrap().sessions_ended
            }
            "remove" => remove(&mut tx, &by(2), &user, LastAdmin::Stays).await.unwrap(),
            _ => {
                let people = vec![person(way, disabling.clone())];
                import(&mut tx, &by(2), people, LastAdmin::Stays, |_| {}).await.unwrap().sessions_ended
            }
        };
        assert_eq!((ended, sessions::end_all(&mut tx).await.unwrap()), (3, 0), "{way}: ended, and left");
    }
}

#[tokio::test]
async fn a_change_that_changes_nothing_ends_nothing_and_keeps_the_time() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let user = add(&mut tx, &by(1), person("one", named("A"))).await.unwrap();
    signs_in(&mut tx, &user, 1).await;
    let same = change(&mut tx, &by(2), &user, named("A"), LastAdmin::Stays).await.unwrap();
    assert_eq!((same.changed, same.sessions_ended, same.user.updated_at), (false, 0, 1));
    let enabled = enable(&mut tx, &by(2), &user).await.unwrap();
    assert!(!enabled.changed);
    let other = change(&mut tx, &by(3), &user, named("B"), LastAdmin::Stays).await.unwrap();
    assert_eq!((other.changed, other.sessions_ended, other.user.updated_at), (true, 0, 3));
    assert_eq!(other.user.source, "csv", "where the row came from stays");
    let twice = disable(&mut tx, &by(4), &other.user, LastAdmin::Stays).await.unwrap();
    let again = disable(&mut tx, &by(5), &twice.user, LastAdmin::Stays).await.unwrap();
    assert_eq!((twice.changed, twice.sessions_ended, again.changed, again.user.updated_at), (true, 1, false, 4));
}

#[tokio::test]
async fn nobody_is_added_twice() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    add(&mut tx, &by(1), person("one", named("A"))).await.unwrap();
    let again = add(&mut tx, &by(2), person("one", named("B"))).await;
    assert!(matches!(again, Err(NotAdded::AlreadyThere)));
    assert_eq!(find(&mut tx, "one").await.name, "A");
}

#[tokio::test]
async fn an_import_leaves_the_same_rows_as_changing_one_by_one() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let first =
        Change { mobile: Some("1".to_owned()), title: Some("T".to_owned()), role: Some(Role::Admin), ..named("A") };
    let second = Change {
        mobile: Some(String::new()),
        email: Some("a@b".to_owned()),
        status: Some(Status::Disabled),
        ..named("B")
    };
    let no_name = Change { department: Some("研发部".to_owned()), ..Change::default() };
    for (now, values) in [(1, first), (2, second), (3, no_name)] {
        match now {
            1 => drop(add(&mut tx, &by(now), person("one", values.clone())).await.unwrap()),
            _ => {
                let user = find(&mut tx, "one").await;
                change(&mut tx, &by(now), &user, values.clone(), LastAdmin::MayGo).await.unwrap();
            }
        }
        import(&mut tx, &by(now), vec![person("many", values)], LastAdmin::MayGo, |_| {}).await.unwrap();
    }
    let (one, many) = (find(&mut tx, "one").await, find(&mut tx, "many").await);
    let expected = User { id: many.id, userid: many.userid.clone(), ..one };
    assert_eq!(many, expected);
    assert_eq!((many.mobile, many.title.as_deref(), many.role), (None, Some("T"), Role::Admin));
    assert_eq!((many.name.as_str(), many.created_at, many.updated_at), ("B", 1, 3));
}

#[tokio::test]
async fn an_import_counts_and_untouched_rows_keep_their_time() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let people = || (0..MANY).map(|i| person(&format!("u{i}"), named("A"))).collect::<Vec<_>>();
    let first = import(&mut tx, &by(1), people(), LastAdmin::Stays, |_| {}).await.unwrap();
    assert_eq!(first.added, MANY);

    let mut again = people();
    again[0].change.name = Some("B".to_owned());
    again[1].change.status = Some(Status::Disabled);
    again.push(person("new", named("N")));
    let mut heard = 0;
    let second = import(&mut tx, &by(2), again, LastAdmin::Stays, |done| heard = done).await.unwrap();
    let expected = Imported { added: 1, changed: 2, unchanged: MANY - 2, disabled: 1, sessions_ended: 0 };
    assert_eq!((second, heard), (expected, MANY + 1));
    let touched = users::list(&mut tx, &Filter::default()).await.unwrap();
    assert_eq!(touched.iter().filter(|user| user.updated_at == 2).count(), 3);
}

#[tokio::test]
async fn a_new_person_without_a_name_is_refused_by_the_table() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    assert!(import(&mut tx, &by(1), vec![person("u1", Change::default())], LastAdmin::Stays, |_| {}).await.is_err());
}

/// In the first corp `a` and `b` are administrators, and `b` is disabled.
async fn two_corps(db: &mut Conn) -> (User, User) {
    let admin = || Change { role: Some(Role::Admin), ..named("A") };
    let a = add(db, &by(1), person("a", admin())).await.unwrap();
    let b = add(db, &by(1), person("b", Change { status: Some(Status::Disabled), ..admin() })).await.unwrap();
    add(db, &by(1), NewUser { corp_id: CorpId::new("dingb").unwrap(), ..person("c", admin()) }).await.unwrap();
    (a, b)
}

#[tokio::test]
async fn the_last_active_administrator_goes_only_if_somebody_says_so() {
    let (_folder, pools) = open_temporary().await;
    for way in ["disable", "demote", "remove", "import"] {
        let mut tx = pools.write().await.unwrap();
        let (a, b) = two_corps(&mut tx).await;
        let demoted = || Change { role: Some(Role::User), ..Change::default() };
        let mut tried = Vec::new();
        for last_admin in [LastAdmin::Stays, LastAdmin::MayGo] {
            let done = match way {
                "disable" => disable(&mut tx, &by(2), &a, last_admin).await.map(drop),
                "demote" => change(&mut tx, &by(2), &a, demoted(), last_admin).await.map(drop),
                "remove" => remove(&mut tx, &by(2), &a, last_admin).await.map(drop),
                _ => import(&mut tx, &by(2), vec![person("a", demoted())], last_admin, |_| {}).await.map(drop),
            };
            let left = users::has_active_admin(&mut tx, &a.corp_id, 0).await.unwrap();
            tried.push((matches!(done, Err(NotChanged::LastAdmin { .. })), left));
        }
        assert_eq!(tried, [(true, true), (false, false)], "{way}");
        // Neither another corp's administrator counts, nor a disabled one.
        remove(&mut tx, &by(3), &b, LastAdmin::Stays).await.unwrap();
    }
}

#[tokio::test]
async fn an_administrator_may_go_where_another_one_stays_or_comes_with_the_same_file() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let (a, b) = two_corps(&mut tx).await;
    let demoted = Change { role: Some(Role::User), ..Change::default() };
    let promoted = Change { status: Some(Status::Active), ..Change::default() };
    let people = vec![person("a", demoted), person("b", promoted)];
    import(&mut tx, &by(2), people, LastAdmin::Stays, |_| {}).await.unwrap();
    let again = find(&mut tx, "a").await;
    let admin = Change { role: Some(Role::Admin), ..Change::default() };
    change(&mut tx, &by(3), &again, admin, LastAdmin::Stays).await.unwrap();
    disable(&mut tx, &by(4), &a, LastAdmin::Stays).await.unwrap();
    let last = find(&mut tx, "b").await;
    let refused = remove(&mut tx, &by(5), &last, LastAdmin::Stays).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "corp dinga would have no active administrator any more; make another one first (\"miandeng users set USERID \
         --role admin\"), or add --force"
    );
    assert_eq!(find(&mut tx, "b").await.id, b.id);
}

#[tokio::test]
async fn a_preview_says_what_an_import_then_does_and_writes_nothing() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let (a, b) = two_corps(&mut tx).await;
    let file = || {
        vec![
            person("b", Change { title: Some(String::new()), ..named("A") }),
            person("new", Change { mobile: Some("138".to_owned()), ..named("N") }),
            person("a", Change { status: Some(Status::Disabled), title: Some("T".to_owned()), ..Change::default() }),
        ]
    };
    let plan = preview(&mut tx, file(), &by(2)).await.unwrap();
    assert_eq!(users::list(&mut tx, &Filter::default()).await.unwrap().len(), 3, "nothing was written");
    let told: Vec<_> = plan.people.iter().map(|p| (p.key.1.as_str(), p.is_new(), p.is_written())).collect();
    assert_eq!(told, [("b", false, false), ("new", true, true), ("a", false, true)]);
    let differences = |i: usize| -> Vec<_> {
        let texts = |d: Difference| (d.column, d.before.unwrap_or_default(), d.after.unwrap_or_default());
        plan.people[i].differences().into_iter().map(texts).collect()
    };
    let texts = |all: &[(&'static str, &str, &str)]| -> Vec<_> {
        all.iter().map(|(column, before, after)| (*column, (*before).to_owned(), (*after).to_owned())).collect()
    };
    assert_eq!(differences(0), []);
    let new = [("name", "", "N"), ("mobile", "", "138"), ("role", "", "user"), ("status", "", "active")];
    assert_eq!(differences(1), texts(&new));
    assert_eq!(differences(2), texts(&[("title", "", "T"), ("status", "active", "disabled")]));
    assert_eq!(plan.without_admin, std::slice::from_ref(&a.corp_id));
    let done = import(&mut tx, &by(2), file(), LastAdmin::MayGo, |_| {}).await.unwrap();
    assert_eq!(done, plan.counts());
    let after = preview(&mut tx, file(), &by(2)).await.unwrap();
    assert_eq!((after.counts().unchanged, after.without_admin.len()), (3, 0), "who has none loses none");
    assert_eq!(find(&mut tx, "b").await, b, "an untouched row");
}

async fn trail(db: &mut Conn) -> Vec<(String, String, serde_json::Value)> {
    let rows = audit::list(db, &audit::Filter { most: 1000, ..audit::Filter::default() }).await.unwrap();
    rows.into_iter().rev().map(|row| (row.event, row.userid, row.detail.into())).collect()
}

#[tokio::test]
async fn each_change_has_its_rows_in_the_trail_and_nothing_private_in_them() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let user = add(&mut tx, &by(1), person("one", named("A"))).await.unwrap();
    signs_in(&mut tx, &user, 2).await;
    let promoted = Change {
        name: Some("B".to_owned()),
        mobile: Some("13800000000".to_owned()),
        role: Some(Role::Admin),
        ..Change::default()
    };
    let user = change(&mut tx, &by(2), &user, promoted, LastAdmin::Stays).await.unwrap().user;
    let refused = disable(&mut tx, &by(3), &user, LastAdmin::Stays).await;
    assert!(matches!(refused, Err(NotChanged::LastAdmin { .. })));
    let user = disable(&mut tx, &by(3), &user, LastAdmin::MayGo).await.unwrap().user;
    disable(&mut tx, &by(4), &user, LastAdmin::MayGo).await.unwrap();
    let user = enable(&mut tx, &by(5), &user).await.unwrap().user;
    remove(&mut tx, &by(6), &user, LastAdmin::MayGo).await.unwrap();
    let (one, json) = ("one".to_owned(), |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap());
    let expected = [
        ("user-added", r#"{"name":"A","role":"user","status":"active"}"#),
        ("role-changed", r#"{"from":"user","to":"admin"}"#),
        ("user-changed", r#"{"changed":{"mobile":{},"name":{"from":"A","to":"B"}}}"#),
        ("user-disabled", r#"{"because":"import","sessions_ended":2}"#),
        ("user-enabled", "{}"),
        ("user-removed", r#"{"name":"B","sessions_ended":0}"#),
    ];
    let expected = expected.map(|(event, detail)| (event.to_owned(), one.clone(), json(detail)));
    assert_eq!(trail(&mut tx).await, expected);
}

#[tokio::test]
async fn an_import_has_a_row_for_each_person_that_it_changes_and_one_for_itself() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let file = || (0..MANY).map(|i| person(&format!("u{i}"), named("A"))).collect::<Vec<_>>();
    import(&mut tx, &by(1), file(), LastAdmin::Stays, |_| {}).await.unwrap();
    import(&mut tx, &by(2), file(), LastAdmin::Stays, |_| {}).await.unwrap();
    let rows = trail(&mut tx).await;
    let count = |event: &str| rows.iter().filter(|row| row.0 == event).count();
    assert_eq!((count("user-added"), count("imported"), rows.len()), (MANY, 2, MANY + 2));
    assert_eq!(rows.last().unwrap().2["unchanged"], MANY);
}

#[tokio::test]
async fn an_import_has_a_row_of_its_own_in_each_corp_that_its_administrators_see() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let (a, _) = two_corps(&mut tx).await;
    signs_in(&mut tx, &a, 2).await;
    let in_b = |userid: &str| NewUser { corp_id: CorpId::new("dingb").unwrap(), ..person(userid, named("B")) };
    let gone = person("a", Change { status: Some(Status::Disabled), ..Change::default() });
    let file = vec![in_b("new"), gone, in_b("newer"), person("b", named("A"))];
    let mut heard = Vec::new();
    let all = import(&mut tx, &by(2), file, LastAdmin::MayGo, |done| heard.push(done)).await.unwrap();
    assert_eq!(all, Imported { added: 2, changed: 1, unchanged: 1, disabled: 1, sessions_ended: 2 });
    assert!(heard.is_sorted() && heard.last() == Some(&4), "{heard:?}");
    let filter = audit::Filter { event: Some(Event::Imported), most: 10, ..audit::Filter::default() };
    let rows = audit::list(&mut tx, &filter).await.unwrap();
    let said = |row: &audit::Row| {
        let counts = ["added", "changed", "unchanged", "sessions_ended"].map(|name| row.detail[name].as_u64().unwrap());
        (row.corp_id.clone(), counts)
    };
    let rows: Vec<_> = rows.iter().map(said).collect();
    assert_eq!(rows, [("dingb".to_owned(), [2, 0, 0, 0]), ("dinga".to_owned(), [0, 1, 1, 2])]);
}

#[tokio::test]
async fn only_what_dingtalk_did_may_be_undone_by_a_return() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    let user = add(&mut tx, &by(1), person("one", named("A"))).await.unwrap();
    let disabled = disable(&mut tx, &by(2), &user, LastAdmin::Stays).await.unwrap().user;
    assert_eq!(disabled.disabled_because, Some(DisabledBecause::Import));
    db::query("UPDATE users SET disabled_because = 'left'").execute(&mut tx).await.unwrap();
    let left = find(&mut tx, "one").await;
    assert_eq!(left.disabled_because, Some(DisabledBecause::Left));
    let again = disable(&mut tx, &by(3), &left, LastAdmin::Stays).await.unwrap();
    assert!(again.changed && again.user.disabled_because == Some(DisabledBecause::Import));
    assert_eq!(enable(&mut tx, &by(4), &again.user).await.unwrap().user.disabled_because, None);
}
