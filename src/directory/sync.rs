//! One sync of one corp: reads the directory, plans, and writes in one transaction, where the plan is made anew from the table
//! as it is then. Whatever is not certain disables nobody.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{select, time::sleep};

use super::{
    Plan, Progress, Refused, Report, Run, Snapshot, SyncDue, departments, events,
    pace::Pace,
    read::{Reader, patiently},
    runs::{self, LastEnd},
    sync_due,
};
use crate::{
    audit::{Actor, Author, RequestOrigin},
    clock::Clock,
    config::App,
    db::{Conn, Pools},
    dingtalk::{DingtalkApp, ROOT},
    ids::{CorpId, DingUserId},
    people::{self, By, Planned, Reason},
    random,
    users::{self, Filter},
};

/// How often the lease is prolonged.
const RENEWAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By the schedule: what changed nothing, or is refused for the same reason again, has no row in the trail.
    Scheduled,
    /// By the schedule, since something may have been missed in a corp that nobody has ever synced: the people of the table
    /// are brought into line, and nobody is added.
    Missed,
    /// Somebody asked for it; with force, however many have left.
    Asked { force: bool },
    /// Writes nothing.
    DryRun { force: bool },
}

/// A sync to be run.
pub struct Sync<'a> {
    pub pools: &'a Pools,
    pub clock: &'a Clock,
    pub app: &'a DingtalkApp,
    pub actor: Actor,
    pub mode: Mode,
    /// The request that asked for it; empty for commands and the schedule.
    pub request: RequestOrigin,
    /// Nobody else is disabled: whoever asked has seen these.
    pub leavers: Option<Arc<BTreeSet<DingUserId>>>,
    /// The last run, after which this one is due. Another one since has made it needless.
    pub due_after: Option<LastEnd>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Reading(Progress),
    /// How many people are written.
    Writing(usize),
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Another process is at it.
    #[error("corp {corp_id} is being synced by {actor} already")]
    Busy { corp_id: CorpId, actor: String },
    /// Nothing was written.
    #[error("another process has taken over the sync of organisation {0}")]
    TakenOver(CorpId),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What was there before the directory was read.
struct Before {
    started_ms: i64,
    last: Option<Run>,
    due: Option<SyncDue>,
    /// The number of the last event.
    heard_until: i64,
}

/// A directory that was read to its end.
struct Whole {
    snapshot: Snapshot,
    heard_until: i64,
    /// Nobody was looked for by name then.
    too_many: Option<Refused>,
}

impl<'a> Sync<'a> {
    pub fn new(pools: &'a Pools, clock: &'a Clock, app: &'a DingtalkApp, actor: Actor, mode: Mode) -> Self {
        Self { pools, clock, app, actor, mode, request: RequestOrigin::default(), leavers: None, due_after: None }
    }

    /// Runs it. Refusals are reports.
    ///
    /// # Errors
    /// When another process syncs this corp, or the database fails; nothing was written then.
    pub async fn run(&self, progress: impl FnMut(Step) + Send) -> Result<Report, SyncError> {
        if let Mode::DryRun { .. } = self.mode {
            return self.work("", progress).await;
        }
        let owner = random::hex::<16>();
        if !self.lease(&owner).await? {
            let holder =
                runs::lease_holder(&mut *self.pools.read().await?, self.corp_id(), self.clock.now_ms()).await?;
            return Err(SyncError::Busy { corp_id: self.corp_id().clone(), actor: holder.unwrap_or_default() });
        }
        let done = select! {
            done = self.work(&owner, progress) => done,
            lost = self.keep_lease(&owner) => Err(lost),
        };
        let mut tx = self.pools.write().await?;
        runs::give_lease_back(&mut tx, self.corp_id(), &owner).await?;
        tx.commit().await?;
        done
    }

    async fn work(&self, owner: &str, mut progress: impl FnMut(Step) + Send) -> Result<Report, SyncError> {
        let before = self.before().await?;
        if self.due_after.is_some_and(|last| last != LastEnd::of(before.last.as_ref())) {
            // Another server had the lease and has given it back since.
            return Err(SyncError::TakenOver(self.corp_id().clone()));
        }
        let read = self.read(&before, &mut progress).await?;
        if let Mode::DryRun { .. } = self.mode {
            let (report, _) = match &read {
                Ok(read) => self.judge(&mut *self.pools.read().await?, read).await?,
                Err(refused) => (Report::unread(self.corp_id(), refused.clone()), Vec::new()),
            };
            return Ok(report);
        }
        let mut tx = self.pools.write().await?;
        // From here on nobody else can take it before this is committed.
        if !runs::take_lease(&mut tx, self.corp_id(), owner, &self.actor, self.clock.now_ms()).await? {
            return Err(SyncError::TakenOver(self.corp_id().clone()));
        }
        let report = match &read {
            Ok(read) => self.apply(&mut tx, read, progress).await?,
            Err(refused) => Report::unread(self.corp_id(), refused.clone()),
        };
        let scope = match (&read, &report.refused, &before.last) {
            (Ok(_), ..) => vec![ROOT],
            (_, Some(Refused::Scope { departments } | Refused::ScopeShrunk { departments }), _) => departments.clone(),
            (.., Some(last)) => last.scope.clone(),
            (.., None) => Vec::new(),
        };
        self.note(&mut tx, &report, &before, scope).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn before(&self) -> sqlx::Result<Before> {
        let db = &mut *self.pools.read().await?;
        Ok(Before {
            started_ms: self.clock.now_ms(),
            last: runs::last_runs(db, self.corp_id(), 1).await?.pop(),
            due: sync_due::sync_needed(db, self.corp_id()).await?,
            heard_until: events::last_number(db).await?,
        })
    }

    /// The whole directory, or why it is not to be had.
    async fn read(
        &self,
        before: &Before,
        progress: &mut (impl FnMut(Step) + Send),
    ) -> Result<Result<Whole, Refused>, SyncError> {
        let last = before.last.as_ref();
        if let Err(refused) = self.check_scope(last).await {
            return Ok(Err(refused));
        }
        let reader = Reader::new(self.app, self.clock);
        let mut snapshot = match reader.read(|read| progress(Step::Reading(read))).await {
            Ok(snapshot) if snapshot.people.is_empty() => return Ok(Err(Refused::Empty)),
            Ok(snapshot) => snapshot,
            Err(refused) => return Ok(Err(refused)),
        };
        let plan = self.plan(&mut *self.pools.read().await?, &snapshot).await?;
        let too_many = self.too_many(&plan);
        if too_many.is_none() {
            let missing = self.missing(plan);
            if let Err(refused) = reader.look_for(missing, &mut snapshot).await {
                return Ok(Err(refused));
            }
        }
        // It may have shrunk while we were reading.
        let heard_until = before.heard_until;
        Ok(self.check_scope(last).await.map(|()| Whole { snapshot, heard_until, too_many }))
    }

    async fn check_scope(&self, last: Option<&Run>) -> Result<(), Refused> {
        let scopes = patiently(&Pace::new(self.clock), || self.app.scopes()).await?;
        if scopes.whole_corp() {
            return Ok(());
        }
        let departments = scopes.departments;
        Err(match last {
            Some(last) if last.scope.contains(&ROOT) => Refused::ScopeShrunk { departments },
            _ => Refused::Scope { departments },
        })
    }

    async fn plan(&self, db: &mut Conn, snapshot: &Snapshot) -> sqlx::Result<Plan> {
        let corp = Filter { corp_id: Some(self.corp_id().clone()), ..Filter::default() };
        Ok(Plan::of(self.corp_id(), &users::list(db, &corp).await?, snapshot))
    }

    fn too_many(&self, plan: &Plan) -> Option<Refused> {
        let (left, active, at_most) = (plan.left.len(), plan.active, self.config().sync_disable_at_most);
        let forced = matches!(self.mode, Mode::Asked { force: true } | Mode::DryRun { force: true });
        (!forced && at_most.is_exceeded_by(left, active)).then(|| Refused::TooMany {
            left,
            active,
            at_most: at_most.to_string(),
        })
    }

    /// The plan for the table as it is now, and what of it is to be written.
    async fn judge(&self, db: &mut Conn, read: &Whole) -> sqlx::Result<(Report, Vec<Planned>)> {
        let Whole { snapshot, heard_until, too_many } = read;
        // What was heard of these people since may be newer than what was read; a fresh read follows it.
        let heard = events::heard_of_since(db, self.corp_id(), *heard_until).await?;
        let mut plan = self.plan(db, snapshot).await?.without(&heard);
        let mut refused = too_many.clone();
        if refused.is_none() {
            // Somebody may have joined, and signed in, while the directory was read.
            plan = plan.with_left(|userid| snapshot.gone.contains(userid) && self.may_go(userid));
            refused = self.too_many(&plan);
        }
        if self.mode == Mode::Missed {
            plan.new.clear();
        }
        let report = Report::planned(self.corp_id(), snapshot, &plan, refused);
        if report.refused.is_some() {
            // Each of the others was read for certain.
            plan.left.clear();
        }
        Ok((report, plan.into_written()))
    }

    async fn apply(&self, db: &mut Conn, read: &Whole, mut progress: impl FnMut(Step) + Send) -> sqlx::Result<Report> {
        let (mut report, written) = self.judge(db, read).await?;
        let by = By::new(Actor::Dingtalk, Reason::Sync, self.clock).by_request(self.origin());
        report.applied = !written.is_empty();
        report.sessions_ended = people::apply(db, &by, written, |done| progress(Step::Writing(done))).await?;
        departments::write(db, self.corp_id(), &read.snapshot).await?;
        Ok(report)
    }

    /// Writes the run and the trail's row, and that a sync is no longer due.
    async fn note(&self, db: &mut Conn, report: &Report, before: &Before, scope: Vec<i64>) -> sqlx::Result<()> {
        let last = before.last.as_ref();
        let is_news = match &report.refused {
            Some(refused) => !last.and_then(|last| last.refused.as_ref()).is_some_and(|last| last.is_as(refused)),
            None => report.applied,
        };
        if is_news || !matches!(self.mode, Mode::Scheduled | Mode::Missed) {
            let author = Author::new(self.actor.clone(), self.clock).by_request(self.origin());
            report.entry(&author, self.mode == Mode::Asked { force: true }).write(db).await?;
        }
        let run = Run {
            corp_id: self.corp_id().clone(),
            app: self.config().name.clone(),
            actor: self.actor.to_string(),
            started_ms: before.started_ms,
            finished_ms: self.clock.now_ms(),
            departments: report.departments,
            people: report.people,
            counts: report.counts,
            adds: self.mode != Mode::Missed,
            applied: report.applied,
            refused: report.refused.clone(),
            scope,
        };
        run.write(db).await?;
        match (&before.due, &report.refused) {
            // A plan that was confirmed leaves out who left since: another sync is to find them.
            (Some(due), None) if self.leavers.is_none() => sync_due::sync_is_done(db, self.corp_id(), due).await,
            _ => Ok(()),
        }
    }

    async fn lease(&self, owner: &str) -> sqlx::Result<bool> {
        let mut tx = self.pools.write().await?;
        let taken = runs::take_lease(&mut tx, self.corp_id(), owner, &self.actor, self.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Ends when somebody else has the lease.
    async fn keep_lease(&self, owner: &str) -> SyncError {
        loop {
            sleep(RENEWAL).await;
            // Where the database does not answer, the transaction that writes finds out.
            if let Ok(false) = self.lease(owner).await {
                return SyncError::TakenOver(self.corp_id().clone());
            }
        }
    }

    /// Who is to be asked for by name.
    fn missing(&self, plan: Plan) -> Vec<DingUserId> {
        plan.left.into_iter().map(|planned| planned.key.1).filter(|userid| self.may_go(userid)).collect()
    }

    fn may_go(&self, userid: &DingUserId) -> bool {
        self.leavers.as_ref().is_none_or(|seen| seen.contains(userid))
    }

    fn origin(&self) -> RequestOrigin {
        RequestOrigin { app: self.config().name.clone(), ..self.request.clone() }
    }

    fn config(&self) -> &App {
        &self.app.config
    }

    fn corp_id(&self) -> &CorpId {
        &self.config().corp_id
    }
}
