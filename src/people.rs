//! Every change of a person: row, sessions and trail in one call, in the caller's transaction, with who did it and why.
//! No caller can forget the sessions of a person who is disabled or removed.

mod plan;
mod trail;

pub use self::plan::{Plan, Planned, preview};
use crate::{
    audit::{self, Actor, Author, RequestOrigin},
    clock::{Clock, UnixSeconds},
    db::Conn,
    ids::CorpId,
    sessions,
    users::{self, Change, Columns, DisabledBecause, NewUser, Role, Status, User},
};

/// People whose rows, and rows of the trail, are written together.
const BATCH: usize = 250;

/// A new row keeps it as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Command,
    Import,
    /// The person signs in for the first time (`unknown_users = "create"`).
    FirstSignIn,
    Page,
    /// DingTalk's directory says so.
    Sync,
    /// DingTalk says that something has changed in its directory.
    DirectoryEvent,
    Demo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    author: Author,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub user: User,
    pub changed: bool,
    pub sessions_ended: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Of the changed, those who were active and may no longer sign in.
    pub disabled: usize,
    pub sessions_ended: u64,
}

impl Imported {
    /// The number of sessions that would end is not known yet.
    fn of(people: &[Planned]) -> Self {
        let mut counts = Self::default();
        for planned in people {
            counts.added += usize::from(planned.is_new());
            counts.unchanged += usize::from(!planned.is_written());
            counts.changed += usize::from(planned.is_written() && !planned.is_new());
            counts.disabled += usize::from(planned.is_disabled());
        }
        counts
    }

    fn add(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.disabled += more.disabled;
        self.sessions_ended += more.sessions_ended;
    }

    fn people(&self) -> usize {
        self.added + self.changed + self.unchanged
    }
}

/// What happens if a change would take a corp's last active administrator away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastAdmin {
    Stays,
    /// Somebody has confirmed it.
    MayGo,
}

#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    #[error(
        "corp {corp} would have no active administrator any more; make another one first (\"miandeng users set USERID \
         --role admin\"), or add --force"
    )]
    LastAdmin { corp: CorpId },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    #[error("the person is in the user table already")]
    AlreadyThere,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub async fn add(db: &mut Conn, by: &By, person: NewUser) -> Result<User, NotAdded> {
    let NewUser { corp_id, userid, change } = person;
    if users::find(db, &corp_id, &userid).await?.is_some() {
        return Err(NotAdded::AlreadyThere);
    }
    let user = write(db, by, (corp_id, userid), Columns::new(change, by.because())).await?;
    by.record(db, &user, trail::added(&user)).await?;
    Ok(user)
}

/// A person who becomes disabled is signed out.
pub async fn change(
    db: &mut Conn,
    by: &By,
    user: &User,
    change: Change,
    last_admin: LastAdmin,
) -> Result<Changed, NotChanged> {
    let before = Columns::of(user);
    let after = before.after(change, by.because());
    if after == before {
        return Ok(Changed { user: user.clone(), changed: false, sessions_ended: 0 });
    }
    if !after.is_active_admin() {
        may_go(db, user, last_admin).await?;
    }
    let acts = trail::changed(&before, &after);
    let user = write(db, by, (user.corp_id.clone(), user.userid.clone()), after).await?;
    let sessions_ended = match user.status {
        Status::Disabled => sessions::end_all_of(db, user.id, None).await?,
        Status::Active => 0,
    };
    by.record(db, &user, trail::with_sessions(acts, sessions_ended)).await?;
    Ok(Changed { user, changed: true, sessions_ended })
}

/// Ends all sessions, even if the person was disabled already.
pub async fn disable(db: &mut Conn, by: &By, user: &User, last_admin: LastAdmin) -> Result<Changed, NotChanged> {
    let disabled = Change { status: Some(Status::Disabled), ..Change::default() };
    let mut changed = change(db, by, user, disabled, last_admin).await?;
    if !changed.changed {
        changed.sessions_ended = sessions::end_all_of(db, user.id, None).await?;
        if changed.sessions_ended > 0 {
            by.record(db, user, trail::disabled_again(changed.sessions_ended)).await?;
        }
    }
    Ok(changed)
}

pub async fn enable(db: &mut Conn, by: &By, user: &User) -> Result<Changed, NotChanged> {
    let enabled = Change { status: Some(Status::Active), ..Change::default() };
    change(db, by, user, enabled, LastAdmin::Stays).await
}

/// Returns how many sessions ended.
pub async fn remove(db: &mut Conn, by: &By, user: &User, last_admin: LastAdmin) -> Result<u64, NotChanged> {
    may_go(db, user, last_admin).await?;
    let ended = sessions::end_all_of(db, user.id, None).await?;
    users::remove(db, user.id).await?;
    by.record(db, user, trail::removed(user, ended)).await?;
    Ok(ended)
}

/// As [`add`] and [`change`] for many people. The transaction must be a writer's from its start: what is read must
/// still be true when it is written. `progress` hears how many people are done.
pub async fn import(
    db: &mut Conn,
    by: &By,
    people: Vec<NewUser>,
    last_admin: LastAdmin,
    mut progress: impl FnMut(usize),
) -> Result<Imported, NotChanged> {
    let plan = preview(db, people, by).await?;
    if let (LastAdmin::Stays, Some(corp)) = (last_admin, plan.without_admin.first()) {
        return Err(NotChanged::LastAdmin { corp: corp.clone() });
    }
    let mut all = Imported::default();
    // A row of the trail for each corp: its administrators see no other.
    for (corp_id, people) in plan.by_corp() {
        let before = all.people();
        let mut imported = Imported::of(&people);
        progress(before + imported.unchanged);
        let (unchanged, written) = (imported.unchanged, people.into_iter().filter(Planned::is_written).collect());
        imported.sessions_ended = apply(db, by, written, |done| progress(before + unchanged + done)).await?;
        by.entry(trail::imported(&imported)).in_corp(&corp_id).write(db).await?;
        all.add(imported);
    }
    Ok(all)
}

/// Writes what was planned from the table as it is in this transaction, whichever administrators go by it. Answers how many
/// sessions ended; `progress` hears how many people are done.
pub async fn apply(
    db: &mut Conn,
    by: &By,
    planned: Vec<Planned>,
    mut progress: impl FnMut(usize),
) -> sqlx::Result<u64> {
    let disables = planned.iter().any(Planned::is_disabled);
    let (mut done, mut planned) = (0, planned.into_iter().peekable());
    // The trail's rows of a large company would take more room than its people.
    while planned.peek().is_some() {
        let batch: Vec<_> = planned.by_ref().take(BATCH).collect();
        let trail = batch.iter().flat_map(|planned| by.entries_of(&planned.key, planned.acts())).collect();
        let rows: Vec<_> = batch.into_iter().map(Planned::into_row).collect();
        users::upsert(db, &rows, by.reason.source(), by.at(), |_| {}).await?;
        audit::write_all(db, trail).await?;
        done += rows.len();
        progress(done);
    }
    match disables {
        true => sessions::end_all_of_disabled(db).await,
        false => Ok(0),
    }
}

async fn may_go(db: &mut Conn, user: &User, last_admin: LastAdmin) -> Result<(), NotChanged> {
    let is_admin = (user.role, user.status) == (Role::Admin, Status::Active);
    if last_admin == LastAdmin::MayGo || !is_admin || users::has_active_admin(db, &user.corp_id, user.id).await? {
        return Ok(());
    }
    Err(NotChanged::LastAdmin { corp: user.corp_id.clone() })
}

async fn write(db: &mut Conn, by: &By, key: users::Key, columns: Columns) -> sqlx::Result<User> {
    let rows = [(key, columns)];
    users::upsert(db, &rows, by.reason.source(), by.at(), |_| {}).await?;
    let [((corp_id, userid), _)] = &rows;
    users::find(db, corp_id, userid).await?.ok_or(sqlx::Error::RowNotFound)
}

impl By {
    pub fn new(actor: Actor, reason: Reason, clock: &Clock) -> Self {
        Self { author: Author::new(actor, clock), reason }
    }

    #[must_use]
    pub fn by_request(self, origin: RequestOrigin) -> Self {
        Self { author: self.author.by_request(origin), ..self }
    }

    pub fn author(&self) -> &Author {
        &self.author
    }

    fn at(&self) -> UnixSeconds {
        self.author.at()
    }

    fn because(&self) -> DisabledBecause {
        match self.reason {
            Reason::Import => DisabledBecause::Import,
            Reason::Page => DisabledBecause::Admin,
            Reason::Sync | Reason::DirectoryEvent => DisabledBecause::Left,
            Reason::Command | Reason::FirstSignIn | Reason::Demo => DisabledBecause::Cli,
        }
    }
}

impl Reason {
    /// The column `source` of people who are added for this reason.
    fn source(self) -> &'static str {
        match self {
            Self::Command => "cli",
            Self::Import => "csv",
            Self::FirstSignIn | Self::Sync | Self::DirectoryEvent => "dingtalk",
            Self::Page => "admin",
            Self::Demo => "demo",
        }
    }
}

#[cfg(test)]
mod tests;
