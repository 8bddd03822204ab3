//! Works on the inbox: for each event the person is read from DingTalk, and the row follows what DingTalk says now.
//!
//! Events are worked on one after the other, in the order of arrival, by one server at a time. For a moment a second one may
//! do the same beside us, so a row that has changed while DingTalk was asked is asked about again.

use std::time::Duration;

use tokio::time::sleep;

use super::{super::sync_due::sync_is_due, Directory, inbox, inbox::OpenEvent};
use crate::{
    audit::Event as Audited,
    db::Conn,
    dingtalk::{DingtalkApp, DingtalkError, EmployeeDetails, departments::DepartmentPath, events::EventKind},
    people::{self, LastAdmin, NotAdded, NotChanged},
    sessions,
    users::{self, Change, DisabledBecause, Status, User},
};

const AT_ONCE: u32 = 50;
/// While another server is at work.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// The longest wait between two tries, in milliseconds.
const LONGEST_WAIT_MS: i64 = 300_000;
/// So long, in milliseconds, DingTalk may be down before an event is left to the next sync.
const GIVEN_UP_MS: i64 = 3 * 86_400_000;
/// Tries where DingTalk answers, but refuses.
const MOST_REFUSALS: i64 = 5;
/// The source of rows whose status is DingTalk's.
const DINGTALK: &str = "dingtalk";

#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    NotAdded(#[from] NotAdded),
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
}

/// What DingTalk says now.
enum Fresh {
    /// With the paths of the departments, if they are known.
    There(Box<EmployeeDetails>, Option<Vec<DepartmentPath>>),
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    Added,
    Changed,
    Returned,
    Disabled,
    /// The row is not DingTalk's: only the sessions are.
    SessionsEnded,
}

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Returned => "returned",
            Self::Disabled => "disabled",
            Self::SessionsEnded => "sessions-ended",
        }
    }
}

impl Directory {
    /// Works on everything that is due.
    ///
    /// # Errors
    /// When the database fails; what is not done is still in the inbox.
    pub async fn work(&self) -> Result<(), WorkError> {
        let mut alone = None;
        loop {
            let due = inbox::due(&mut *self.pools.read().await?, self.clock.now_ms(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            if alone.is_none() && self.pools.is_shared() {
                match self.pools.lease("directory-events").await? {
                    // What is due now may be done by now.
                    Some(lease) => alone = Some(lease),
                    None => sleep(LOOK_AGAIN).await,
                }
                continue;
            }
            for event in due {
                if !self.work_on(&event).await? {
                    // The corp's other events wait with it, and those of other corps do not.
                    break;
                }
            }
        }
    }

    /// Answers whether to go on with the corp: while DingTalk is down, its next event would only wait as long.
    async fn work_on(&self, event: &OpenEvent) -> Result<bool, WorkError> {
        let apps = self.dingtalk.apps();
        let same_corp = || apps.iter().find(|app| app.config.corp_id == event.corp_id);
        let Some(app) = apps.iter().find(|app| event.is_from(&app.config)).or_else(same_corp) else {
            // The corp has left the settings.
            self.pools.transaction(async |db: &mut Conn| inbox::done(db, event.id, self.clock.now_ms()).await).await?;
            return Ok(true);
        };
        let before = users::find(&mut *self.pools.read().await?, &event.corp_id, &event.userid).await?;
        let is_wanted = before.is_some() || event.kind == EventKind::UserAdded;
        match self.read(app, event, is_wanted).await {
            Ok(fresh) => {
                let apply = async |db: &mut Conn| self.apply(db, event, before.as_ref(), &fresh).await;
                // Where somebody else has changed the row, the event is still due.
                self.pools.transaction(apply).await?;
                Ok(true)
            }
            Err(error) => {
                self.try_later(event, &error).await?;
                Ok(!error.is_passing())
            }
        }
    }

    async fn read(&self, app: &DingtalkApp, event: &OpenEvent, with_paths: bool) -> Result<Fresh, DingtalkError> {
        let details = match app.employee(&event.userid).await {
            Ok(details) => details,
            Err(DingtalkError::NoSuchUser(_)) => return Ok(Fresh::Gone),
            Err(error) => return Err(error),
        };
        let paths = match with_paths {
            // A directory that is too large to walk through, or not to be seen, must not delay a person.
            true => self.paths.of(app, &details.departments).await.unwrap_or_else(|error| {
                tracing::warn!(%error, app = app.config.name, "an event: departments could not be read");
                None
            }),
            false => None,
        };
        Ok(Fresh::There(Box::new(details), paths))
    }

    async fn apply(
        &self,
        db: &mut Conn,
        event: &OpenEvent,
        before: Option<&User>,
        fresh: &Fresh,
    ) -> Result<(), WorkError> {
        let user = users::find(db, &event.corp_id, &event.userid).await?;
        if user.as_ref() != before || !inbox::done(db, event.id, self.clock.now_ms()).await? {
            return Ok(());
        }
        let is_known = user.is_some();
        let effect = match (fresh, user) {
            (Fresh::Gone, Some(user)) => self.leaves(db, event, &user).await?,
            (Fresh::Gone, None) => Effect::None,
            (Fresh::There(details, paths), Some(user)) => {
                self.is_there(db, event, &user, details, paths.as_deref()).await?
            }
            (Fresh::There(details, paths), None) if event.kind == EventKind::UserAdded => {
                let paths = paths.as_deref().unwrap_or_default();
                let newcomer = users::newcomer(event.corp_id.clone(), event.userid.clone(), details, paths);
                people::add(db, &self.by(&event.app), newcomer).await?;
                Effect::Added
            }
            (Fresh::There(..), None) => Effect::None,
        };
        // A move that was all that changed has no effect yet.
        let is_incomplete = matches!(fresh, Fresh::There(details, None) if !details.departments.is_empty())
            && (is_known || effect == Effect::Added);
        let is_contradicted = event.kind == EventKind::UserLeft && matches!(fresh, Fresh::There(..));
        if is_incomplete || is_contradicted {
            sync_is_due(db, &event.corp_id, "event-unclear", self.clock.now_ms()).await?;
        }
        if effect != Effect::None {
            self.note(db, event, effect.as_str()).await?;
        }
        Ok(())
    }

    async fn leaves(&self, db: &mut Conn, event: &OpenEvent, user: &User) -> Result<Effect, WorkError> {
        let by = self.by(&event.app);
        if user.source == DINGTALK && user.status == Status::Active {
            people::disable(db, &by, user, LastAdmin::MayGo).await?;
            return Ok(Effect::Disabled);
        }
        let ended = sessions::revoke_all_of(db, user, None, by.author()).await?;
        let has_left = event.kind == EventKind::UserLeft && user.status == Status::Active;
        Ok(if ended > 0 || has_left { Effect::SessionsEnded } else { Effect::None })
    }

    async fn is_there(
        &self,
        db: &mut Conn,
        event: &OpenEvent,
        user: &User,
        details: &EmployeeDetails,
        paths: Option<&[DepartmentPath]>,
    ) -> Result<Effect, WorkError> {
        let said = users::said_of(&user.userid, details, paths.unwrap_or_default());
        let returns = user.source == DINGTALK && user.disabled_because == Some(DisabledBecause::Left);
        let change = Change {
            department: said.department.filter(|_| paths.is_some()),
            status: returns.then_some(Status::Active),
            ..said
        };
        let changed = people::change(db, &self.by(&event.app), user, change, LastAdmin::Stays).await?;
        Ok(match (changed.changed, returns) {
            (true, true) => Effect::Returned,
            (true, false) => Effect::Changed,
            (false, _) => Effect::None,
        })
    }

    /// DingTalk could not be read.
    async fn try_later(&self, event: &OpenEvent, error: &DingtalkError) -> Result<(), WorkError> {
        let now_ms = self.clock.now_ms();
        let is_over = match error.is_passing() {
            true => now_ms - event.received_at > GIVEN_UP_MS,
            false => event.attempts + 1 >= MOST_REFUSALS,
        };
        if event.attempts == 0 || is_over {
            let (event, app, userid) = (event.kind.as_str(), &event.app, event.userid.as_str());
            tracing::warn!(event, app, userid, is_over, %error, "an event: the person could not be read from DingTalk");
        }
        let later = async |db: &mut Conn| {
            if !is_over {
                let due_at = now_ms + wait_ms(event.attempts);
                inbox::postpone(db, event.id, due_at).await?;
                return if error.is_passing() { inbox::hold_up(db, &event.corp_id, due_at).await } else { Ok(()) };
            }
            if inbox::done(db, event.id, now_ms).await? {
                sync_is_due(db, &event.corp_id, "event-not-read", now_ms).await?;
                self.note(db, event, "not-read").await?;
            }
            Ok(())
        };
        Ok(self.pools.transaction(later).await?)
    }

    async fn note(&self, db: &mut Conn, event: &OpenEvent, effect: &str) -> sqlx::Result<()> {
        let entry = self.by(&event.app).author().entry(Audited::DirectoryEvent).about(&event.corp_id, &event.userid);
        entry.with("event", event.kind.as_str()).with("effect", effect).write(db).await
    }
}

/// From one second on, twice as long each time.
fn wait_ms(attempts: i64) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.clamp(0, 30) as u32).unwrap_or(i64::MAX);
    doubled.saturating_mul(1_000).min(LONGEST_WAIT_MS)
}
