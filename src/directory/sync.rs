//! One sync of one corp: reads the directory, plans, and writes in one transaction, where the plan is made anew from the table
//! as it is then. Whatever is not certain disables nobody.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{select, time::sleep};

use super::{
    Counts, Plan, Progress, Refused, Run, Snapshot, departments,
    pace::Pace,
    read::{Reader, patiently},
    runs,
};
use crate::{
    audit::{Actor, Author, Entry, Event, RequestOrigin},
    clock::Clock,
    config::App,
    db::{Conn, Pools},
    dingtalk::{DingtalkApp, ROOT},
    i18n::Locale,
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
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Reading(Progress),
    /// How many people are written.
    Writing(usize),
}

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub corp_id: CorpId,
    /// The root included.
    pub departments: usize,
    pub people: usize,
    pub counts: Counts,
    /// The first names of each group that is written: new, changed, left, returned.
    pub names: [Vec<String>; 4],
    /// Everybody who is counted as having left.
    pub leavers: BTreeSet<DingUserId>,
    /// Whether rows were written.
    pub applied: bool,
    pub sessions_ended: u64,
    pub refused: Option<Refused>,
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Another process is at it.
    #[error("corp {corp_id} is being synced by {actor} already")]
    Busy { corp_id: CorpId, actor: String },
    /// Nothing was written.
    #[error("another process has taken over the sync of corp {0}")]
    TakenOver(CorpId),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A directory that was read to its end.
struct Whole {
    snapshot: Snapshot,
    /// Nobody was looked for by name then.
    too_many: Option<Refused>,
}

/// How many names of a group a report has.
pub const NAMES: usize = 5;

impl<'a> Sync<'a> {
    pub fn new(pools: &'a Pools, clock: &'a Clock, app: &'a DingtalkApp, actor: Actor, mode: Mode) -> Self {
        Self { pools, clock, app, actor, mode, request: RequestOrigin::default(), leavers: None }
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
        let started_ms = self.clock.now_ms();
        let last = runs::last_runs(&mut *self.pools.read().await?, self.corp_id(), 1).await?.pop();
        let read = self.read(last.as_ref(), &mut progress).await?;
        if let Mode::DryRun { .. } = self.mode {
            let (report, _) = match &read {
                Ok(read) => self.judge(&mut *self.pools.read().await?, read).await?,
                Err(refused) => (self.refused(refused.clone()), Vec::new()),
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
            Err(refused) => self.refused(refused.clone()),
        };
        let scope = match (&read, &report.refused, &last) {
            (Ok(_), ..) => vec![ROOT],
            (_, Some(Refused::Scope { departments } | Refused::ScopeShrunk { departments }), _) => departments.clone(),
            (.., Some(last)) => last.scope.clone(),
            (.., None) => Vec::new(),
        };
        self.note(&mut tx, &report, last.as_ref(), started_ms, scope).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// The whole directory, or why it is not to be had.
    async fn read(
        &self,
        last: Option<&Run>,
        progress: &mut (impl FnMut(Step) + Send),
    ) -> Result<Result<Whole, Refused>, SyncError> {
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
        Ok(self.check_scope(last).await.map(|()| Whole { snapshot, too_many }))
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
        let Whole { snapshot, too_many } = read;
        let mut plan = self.plan(db, snapshot).await?;
        let mut refused = too_many.clone();
        if refused.is_none() {
            // Somebody may have joined, and signed in, while the directory was read.
            plan = plan.with_left(|userid| snapshot.gone.contains(userid) && self.may_go(userid));
            refused = self.too_many(&plan);
        }
        let names = |group: &[Planned]| group.iter().take(NAMES).map(|planned| planned.name().to_owned()).collect();
        let report = Report {
            corp_id: self.corp_id().clone(),
            departments: snapshot.departments.len(),
            people: snapshot.people.len(),
            counts: plan.counts(),
            names: [names(&plan.new), names(&plan.changed), names(&plan.left), names(&plan.returned)],
            leavers: plan.left.iter().map(|planned| planned.key.1.clone()).collect(),
            applied: false,
            sessions_ended: 0,
            refused,
        };
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

    fn refused(&self, refused: Refused) -> Report {
        Report {
            corp_id: self.corp_id().clone(),
            departments: 0,
            people: 0,
            counts: Counts::default(),
            names: Default::default(),
            leavers: BTreeSet::new(),
            applied: false,
            sessions_ended: 0,
            refused: Some(refused),
        }
    }

    /// Writes the run, and the trail's row.
    async fn note(
        &self,
        db: &mut Conn,
        report: &Report,
        last: Option<&Run>,
        started_ms: i64,
        scope: Vec<i64>,
    ) -> sqlx::Result<()> {
        let is_news = match &report.refused {
            Some(refused) => !last.and_then(|last| last.refused.as_ref()).is_some_and(|last| last.is_as(refused)),
            None => report.applied,
        };
        if is_news || self.mode != Mode::Scheduled {
            self.entry(report).write(db).await?;
        }
        let run = Run {
            corp_id: self.corp_id().clone(),
            app: self.config().name.clone(),
            actor: self.actor.to_string(),
            started_ms,
            finished_ms: self.clock.now_ms(),
            departments: report.departments,
            people: report.people,
            counts: report.counts,
            applied: report.applied,
            refused: report.refused.clone(),
            scope,
        };
        run.write(db).await
    }

    fn entry(&self, report: &Report) -> Entry {
        let event = if report.refused.is_some() { Event::SyncRefused } else { Event::Synced };
        let author = Author::new(self.actor.clone(), self.clock).by_request(self.origin());
        let Counts { new, changed, left, returned, kept, unchanged } = report.counts;
        let counts = [
            ("departments", report.departments),
            ("people", report.people),
            ("new", new),
            ("changed", changed),
            ("left", left),
            ("returned", returned),
            ("kept", kept),
            ("unchanged", unchanged),
        ];
        let entry = author.entry(event).in_corp(self.corp_id()).with("applied", report.applied);
        let entry = counts.into_iter().fold(entry, |entry, (word, count)| entry.with(word, count));
        let forced = self.mode == Mode::Asked { force: true };
        let entry = if forced { entry.with("forced", true) } else { entry };
        match &report.refused {
            Some(refused) => entry.with("reason", refused.text(Locale::En)),
            None => entry.with("sessions_ended", report.sessions_ended),
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
