//! Many people at once.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite};

use super::{Change, Filter, NewUser, Role, Status, User, list};
use crate::{
    clock::UnixSeconds,
    db::Conn,
    dingtalk::ids::{CorpId, DingUserId},
};

/// Rows in one statement. A statement costs a trip to the connection's thread; more rows than this gain nothing.
const BATCH: usize = 250;

/// What an import did to the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// People who were not there.
    pub added: usize,
    /// People of whom something is different now.
    pub changed: usize,
    /// People who were there like this already; their rows were not touched.
    pub unchanged: usize,
    /// How many of the changed were active and may no longer sign in.
    pub disabled: usize,
}

/// Adds and changes people, as [`super::save`] does for one. The caller's transaction must have begun as a writer's:
/// what is read here must still be true when it is written. Where `disabled` is not zero the caller ends sessions.
///
/// `progress` hears how many people have been dealt with, up to all of them.
///
/// # Errors
/// When a new person has no name, or the database fails.
pub async fn import(
    db: &mut Conn,
    people: Vec<NewUser>,
    source: &str,
    now: UnixSeconds,
    mut progress: impl FnMut(usize),
) -> sqlx::Result<Imported> {
    let existing: HashMap<(CorpId, DingUserId), User> = list(db, &Filter::default())
        .await?
        .into_iter()
        .map(|user| ((user.corp_id.clone(), user.userid.clone()), user))
        .collect();

    let mut imported = Imported::default();
    let mut writing = Vec::with_capacity(people.len());
    for person in people {
        let key = (person.corp_id, person.userid);
        let before = existing.get(&key).map(Values::of);
        let after = Values::of_change(person.change, before.as_ref());
        match before {
            None => imported.added += 1,
            Some(before) if before == after => {
                imported.unchanged += 1;
                continue;
            }
            Some(before) => {
                imported.changed += 1;
                imported.disabled += usize::from(before.status == Status::Active && after.status == Status::Disabled);
            }
        }
        writing.push((key, after));
    }

    let mut done = imported.unchanged;
    progress(done);
    for batch in writing.chunks(BATCH) {
        upsert(db, batch, source, now).await?;
        done += batch.len();
        progress(done);
    }
    Ok(imported)
}

/// Whether a change would leave anything different. The same rule as an import's.
pub fn would_change(user: &User, change: &Change) -> bool {
    let before = Values::of(user);
    Values::of_change(change.clone(), Some(&before)) != before
}

/// The columns that an operator writes, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Values {
    /// `None` fails at the table: a new person needs one.
    name: Option<String>,
    unionid: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    department: Option<String>,
    title: Option<String>,
    role: Role,
    status: Status,
}

impl Values {
    fn of(user: &User) -> Self {
        Self {
            name: Some(user.name.clone()),
            unionid: user.unionid.clone(),
            mobile: user.mobile.clone(),
            email: user.email.clone(),
            department: user.department.clone(),
            title: user.title.clone(),
            role: user.role,
            status: user.status,
        }
    }

    fn of_change(change: Change, before: Option<&Self>) -> Self {
        let column = |new: Option<String>, old: fn(&Self) -> &Option<String>| match new {
            None => before.and_then(|before| old(before).clone()),
            Some(text) => Some(text).filter(|text| !text.is_empty()),
        };
        Self {
            name: column(change.name, |before| &before.name),
            unionid: column(change.unionid, |before| &before.unionid),
            mobile: column(change.mobile, |before| &before.mobile),
            email: column(change.email, |before| &before.email),
            department: column(change.department, |before| &before.department),
            title: column(change.title, |before| &before.title),
            role: change.role.or(before.map(|before| before.role)).unwrap_or(Role::User),
            status: change.status.or(before.map(|before| before.status)).unwrap_or(Status::Active),
        }
    }
}

async fn upsert(
    db: &mut Conn,
    batch: &[((CorpId, DingUserId), Values)],
    source: &str,
    now: UnixSeconds,
) -> sqlx::Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO users (corp_id, userid, name, unionid, mobile, email, department, title, role, status, source, \
                            created_at, updated_at) ",
    );
    sql.push_values(batch, |mut row, ((corp_id, userid), values)| {
        row.push_bind(corp_id.as_str())
            .push_bind(userid.as_str())
            .push_bind(&values.name)
            .push_bind(&values.unionid)
            .push_bind(&values.mobile)
            .push_bind(&values.email)
            .push_bind(&values.department)
            .push_bind(&values.title)
            .push_bind(values.role.as_str())
            .push_bind(values.status.as_str())
            .push_bind(source)
            .push_bind(now)
            .push_bind(now);
    });
    sql.push(
        " ON CONFLICT (corp_id, userid) DO UPDATE SET \
              name = excluded.name, \
              unionid = excluded.unionid, \
              mobile = excluded.mobile, \
              email = excluded.email, \
              department = excluded.department, \
              title = excluded.title, \
              role = excluded.role, \
              status = excluded.status, \
              updated_at = excluded.updated_at",
    );
    sql.build().execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::open_temporary,
        users::{find, save},
    };

    fn person(userid: &str, change: Change) -> NewUser {
        NewUser { corp_id: CorpId::new("dinga").unwrap(), userid: DingUserId::new(userid).unwrap(), change }
    }

    fn named(name: &str) -> Change {
        Change { name: Some(name.to_owned()), ..Change::default() }
    }

    #[tokio::test]
    async fn an_import_leaves_the_same_rows_as_saving_one_by_one() {
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
        for (now, change) in [(1, first), (2, second), (3, no_name)] {
            save(&mut tx, &person("one", change.clone()), "csv", now).await.unwrap();
            import(&mut tx, vec![person("many", change)], "csv", now, |_| {}).await.unwrap();
        }
        let one = find(&mut tx, &person("one", named("")).corp_id, &DingUserId::new("one").unwrap()).await;
        let many = find(&mut tx, &person("one", named("")).corp_id, &DingUserId::new("many").unwrap()).await;
        let (one, many) = (one.unwrap().unwrap(), many.unwrap().unwrap());
        let expected = User { id: many.id, userid: many.userid.clone(), ..one };
        assert_eq!(many, expected);
        assert_eq!((many.mobile, many.title.as_deref(), many.role), (None, Some("T"), Role::Admin));
        assert_eq!(many.name, "B");
        assert_eq!((many.created_at, many.updated_at), (1, 3));
    }

    #[tokio::test]
    async fn the_answer_counts_and_untouched_rows_keep_their_time() {
        let (_folder, pools) = open_temporary().await;
        let mut tx = pools.write().await.unwrap();
        let people = || (0..BATCH + 7).map(|i| person(&format!("u{i}"), named("A"))).collect::<Vec<_>>();
        let first = import(&mut tx, people(), "csv", 1, |_| {}).await.unwrap();
        assert_eq!(first.added, BATCH + 7);

        let mut again = people();
        again[0].change.name = Some("B".to_owned());
        again[1].change.status = Some(Status::Disabled);
        again.push(person("new", named("N")));
        let mut heard = 0;
        let second = import(&mut tx, again, "csv", 2, |done| heard = done).await.unwrap();
        let expected = Imported { added: 1, changed: 2, unchanged: BATCH + 5, disabled: 1 };
        assert_eq!((second, heard), (expected, BATCH + 8));
        let touched = list(&mut tx, &Filter::default()).await.unwrap();
        assert_eq!(touched.iter().filter(|user| user.updated_at == 2).count(), 3);
    }

    #[tokio::test]
    async fn a_new_person_without_a_name_is_refused_by_the_table() {
        let (_folder, pools) = open_temporary().await;
        let mut tx = pools.write().await.unwrap();
        assert!(import(&mut tx, vec![person("u1", Change::default())], "csv", 1, |_| {}).await.is_err());
    }
}
