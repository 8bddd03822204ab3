//! What changes a person: add, change, disable, enable, remove, import. Each is one call that does the row and the
//! sessions in the caller's transaction, so that nobody who is disabled or removed keeps a session because a caller forgot.
//! Commands, sign-ins and whatever else changes people come through here, and say who did it and why.

use std::{collections::HashMap, fmt};

use crate::{
    clock::UnixSeconds,
    db::Conn,
    ids::{CorpId, DingUserId},
    sessions,
    users::{self, Change, Columns, Filter, NewUser, Status, User},
};

/// Who changes a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody at the command line, by the name of the system's user.
    Cli(String),
    /// DingTalk, which vouches for a newcomer.
    Dingtalk,
    /// This program by itself.
    System,
}

/// On what occasion. The row of a new person keeps it as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A command about one person.
    Command,
    /// A file of people.
    Import,
    /// An employee who is not in the table yet signs in (`unknown_users = "create"`).
    FirstSignIn,
    /// The sample employees of `miandeng demo`.
    Demo,
}

/// Who changes a person, why, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: UnixSeconds,
}

/// What became of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The row as it is now.
    pub user: User,
    /// Whether anything is different.
    pub changed: bool,
    /// How many sessions ended by it.
    pub sessions_ended: u64,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// People who were not there.
    pub added: usize,
    /// People of whom something is different now.
    pub changed: usize,
    /// People who were there like this already; their rows were not touched.
    pub unchanged: usize,
    /// How many of the changed were active and may no longer sign in.
    pub disabled: usize,
    /// How many sessions ended by it.
    pub sessions_ended: u64,
}

/// Why a person was not added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// There is a row already.
    #[error("the person is in the user table already")]
    AlreadyThere,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Adds a person.
///
/// # Errors
/// When there is a row of that corp and userid, or the database fails, as it does for a person without a name.
pub async fn add(db: &mut Conn, by: &By, person: NewUser) -> Result<User, NotAdded> {
    let NewUser { corp_id, userid, change } = person;
    if users::find(db, &corp_id, &userid).await?.is_some() {
        return Err(NotAdded::AlreadyThere);
    }
    let user = write(db, by, (corp_id, userid), Columns::new(change)).await?;
    by.note("user-added", &user);
    Ok(user)
}

/// Changes a person. One who becomes disabled by it loses all sessions.
///
/// # Errors
/// When the database fails.
pub async fn change(db: &mut Conn, by: &By, user: &User, change: Change) -> sqlx::Result<Changed> {
    let before = Columns::of(user);
    let after = before.after(change);
    if after == before {
        return Ok(Changed { user: user.clone(), changed: false, sessions_ended: 0 });
    }
    let user = write(db, by, (user.corp_id.clone(), user.userid.clone()), after).await?;
    let sessions_ended = match user.status {
        Status::Disabled => sessions::end_all_of(db, user.id, None).await?,
        Status::Active => 0,
    };
    by.note("user-changed", &user);
    Ok(Changed { user, changed: true, sessions_ended })
}

/// Keeps a person from signing in, and ends all sessions, also of somebody who was disabled already.
///
/// # Errors
/// When the database fails.
pub async fn disable(db: &mut Conn, by: &By, user: &User) -> sqlx::Result<Changed> {
    let disabled = Change { status: Some(Status::Disabled), ..Change::default() };
    let mut changed = change(db, by, user, disabled).await?;
    changed.sessions_ended += sessions::end_all_of(db, user.id, None).await?;
    Ok(changed)
}

/// Lets a person sign in again.
///
/// # Errors
/// When the database fails.
pub async fn enable(db: &mut Conn, by: &By, user: &User) -> sqlx::Result<Changed> {
    change(db, by, user, Change { status: Some(Status::Active), ..Change::default() }).await
}

/// Removes a person and all sessions. Answers how many those were.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &mut Conn, by: &By, user: &User) -> sqlx::Result<u64> {
    let ended = sessions::end_all_of(db, user.id, None).await?;
    users::remove(db, user.id).await?;
    by.note("user-removed", user);
    Ok(ended)
}

/// Adds and changes many people, each as [`add`] and [`change`] do. The caller's transaction must have begun as a
/// writer's: what is read here must still be true when it is written.
///
/// `progress` hears how many people have been dealt with, up to all of them.
///
/// # Errors
/// When a new person has no name, or the database fails.
pub async fn import(
    db: &mut Conn,
    by: &By,
    people: Vec<NewUser>,
    mut progress: impl FnMut(usize),
) -> sqlx::Result<Imported> {
    let existing: HashMap<(CorpId, DingUserId), User> = users::list(db, &Filter::default())
        .await?
        .into_iter()
        .map(|user| ((user.corp_id.clone(), user.userid.clone()), user))
        .collect();

    let mut imported = Imported::default();
    let mut writing = Vec::with_capacity(people.len());
    for NewUser { corp_id, userid, change } in people {
        let key = (corp_id, userid);
        let before = existing.get(&key).map(Columns::of);
        let after = match &before {
            None => Columns::new(change),
            Some(before) => before.after(change),
        };
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

    let done = imported.unchanged;
    progress(done);
    users::upsert(db, &writing, by.reason.source(), by.at, |written| progress(done + written)).await?;
    if imported.disabled > 0 {
        imported.sessions_ended = sessions::end_all_of_disabled(db).await?;
    }
    Ok(imported)
}

async fn write(db: &mut Conn, by: &By, key: users::Key, columns: Columns) -> sqlx::Result<User> {
    let rows = [(key, columns)];
    users::upsert(db, &rows, by.reason.source(), by.at, |_| {}).await?;
    let [((corp_id, userid), _)] = &rows;
    users::find(db, corp_id, userid).await?.ok_or(sqlx::Error::RowNotFound)
}

impl By {
    /// What the log says of a change; of an import, which says itself how much it did, nothing.
    fn note(&self, event: &'static str, user: &User) {
        let (corp_id, userid) = (user.corp_id.as_str(), user.userid.as_str());
        tracing::info!(event, actor = %self.actor, reason = ?self.reason, corp_id, userid, "a person was changed");
    }
}

impl Reason {
    /// The word in the column `source` of people who are added for this reason.
    fn source(self) -> &'static str {
        match self {
            Self::Command => "cli",
            Self::Import => "csv",
            Self::FirstSignIn => "dingtalk",
            Self::Demo => "demo",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cli(user) => write!(f, "cli:{user}"),
            Self::Dingtalk => f.write_str("dingtalk"),
            Self::System => f.write_str("system"),
        }
    }
}

#[cfg(test)]
mod tests;
