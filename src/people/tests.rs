use super::*;
use crate::{db::open_temporary, sessions::Origin, users::Role};

/// More than one statement's worth.
const MANY: usize = 257;

fn by(at: UnixSeconds) -> By {
    By { actor: Actor::Cli("root".to_owned()), reason: Reason::Import, at }
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

/// Starts so many sessions of a person.
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
            "disable" => disable(&mut tx, &by(2), &user).await.unwrap().sessions_ended,
            "change" => change(&mut tx, &by(2), &user, disabling.clone()).await.unwrap().sessions_ended,
            "remove" => remove(&mut tx, &by(2), &user).await.unwrap(),
            _ => {
                let people = vec![person(way, disabling.clone())];
                import(&mut tx, &by(2), people, |_| {}).await.unwrap().sessions_ended
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
    let same = change(&mut tx, &by(2), &user, named("A")).await.unwrap();
    assert_eq!((same.changed, same.sessions_ended, same.user.updated_at), (false, 0, 1));
    let enabled = enable(&mut tx, &by(2), &user).await.unwrap();
    assert!(!enabled.changed);
    let other = change(&mut tx, &by(3), &user, named("B")).await.unwrap();
    assert_eq!((other.changed, other.sessions_ended, other.user.updated_at), (true, 0, 3));
    assert_eq!(other.user.source, "csv", "where the row came from stays");
    let twice = disable(&mut tx, &by(4), &other.user).await.unwrap();
    let again = disable(&mut tx, &by(5), &twice.user).await.unwrap();
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
                change(&mut tx, &by(now), &user, values.clone()).await.unwrap();
            }
        }
        import(&mut tx, &by(now), vec![person("many", values)], |_| {}).await.unwrap();
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
    let first = import(&mut tx, &by(1), people(), |_| {}).await.unwrap();
    assert_eq!(first.added, MANY);

    let mut again = people();
    again[0].change.name = Some("B".to_owned());
    again[1].change.status = Some(Status::Disabled);
    again.push(person("new", named("N")));
    let mut heard = 0;
    let second = import(&mut tx, &by(2), again, |done| heard = done).await.unwrap();
    let expected = Imported { added: 1, changed: 2, unchanged: MANY - 2, disabled: 1, sessions_ended: 0 };
    assert_eq!((second, heard), (expected, MANY + 1));
    let touched = users::list(&mut tx, &Filter::default()).await.unwrap();
    assert_eq!(touched.iter().filter(|user| user.updated_at == 2).count(), 3);
}

#[tokio::test]
async fn a_new_person_without_a_name_is_refused_by_the_table() {
    let (_folder, pools) = open_temporary().await;
    let mut tx = pools.write().await.unwrap();
    assert!(import(&mut tx, &by(1), vec![person("u1", Change::default())], |_| {}).await.is_err());
}
