//! Syncs that administrators ask for on a page: first what one would do, then the same in earnest.
//!
//! They run beside the requests, because reading a large company takes minutes. Each corp has one at a time in this process;
//! the lease keeps other processes away from what is written.

use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{select, sync::Notify};

use super::{Mode, Report, Step, Sync, SyncError, runs};
use crate::{
    audit::{Actor, RequestOrigin},
    clock::Clock,
    db::Pools,
    dingtalk::{Dingtalk, DingtalkApp, Rights},
    ids::{CorpId, DingUserId},
    random,
};

/// For how long a plan can be carried out, and what came of it is shown, in milliseconds.
pub const KEPT_MS: i64 = 600_000;

/// What was asked for, and by whom.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Read with this app, by its name.
    pub app: String,
    pub actor: Actor,
    pub request: RequestOrigin,
}

/// The last one of a corp.
#[derive(Debug, Clone)]
pub struct Asked {
    pub app: String,
    pub actor: Actor,
    pub state: State,
    /// What the app may read, as the last plan has found it.
    pub rights: Option<Arc<Rights>>,
}

#[derive(Debug, Clone)]
pub enum State {
    /// Nothing is known yet until the first step.
    Running {
        in_earnest: bool,
        step: Option<Step>,
    },
    /// What a sync would do. The id is that of this plan alone.
    Planned {
        id: String,
        report: Arc<Report>,
    },
    Done {
        report: Arc<Report>,
    },
    Failed(Failure),
}

/// Why nothing came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Somebody else syncs the corp.
    Busy { actor: String },
    /// The database did not answer, or the server was stopped in between; the log has the cause.
    Broken,
}

/// A plan that is not to be had any more: somebody has carried it out, or it is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

struct Slot {
    asked: Asked,
    request: RequestOrigin,
    /// Whom the plan counts as having left.
    leavers: Arc<BTreeSet<DingUserId>>,
    force: bool,
    is_taken: bool,
    changed_ms: i64,
}

/// The syncs that were asked for, by corp.
pub struct AskedSyncs {
    pools: Pools,
    clock: Clock,
    /// The apps in force.
    dingtalk: Mutex<Dingtalk>,
    /// Held while what was asked for runs: after a reload of the settings, there is a second job for a while.
    running: tokio::sync::Mutex<()>,
    slots: Mutex<HashMap<CorpId, Slot>>,
    arrived: Arc<Notify>,
}

impl AskedSyncs {
    /// Of no app yet.
    pub fn new(pools: Pools, clock: Clock) -> Arc<Self> {
        let (dingtalk, running, slots) = (Mutex::default(), tokio::sync::Mutex::default(), Mutex::default());
        Arc::new(Self { pools, clock, dingtalk, running, slots, arrived: Arc::default() })
    }

    /// From now on with these apps.
    pub fn follow(&self, dingtalk: Dingtalk) {
        *self.dingtalk.lock().unwrap_or_else(PoisonError::into_inner) = dingtalk;
    }

    /// Wakes whoever runs them.
    pub fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    /// The last one of a corp, unless that is long ago.
    pub fn last(&self, corp_id: &CorpId) -> Option<Asked> {
        self.slots().get(corp_id).map(|slot| slot.asked.clone())
    }

    /// Whether the corp's plan disables somebody.
    pub fn disables(&self, corp_id: &CorpId, userid: &DingUserId) -> bool {
        self.slots().get(corp_id).is_some_and(|slot| slot.leavers.contains(userid))
    }

    /// Asks what a sync would do. While one is under way, that is the answer.
    pub fn plan(&self, corp_id: &CorpId, wish: Wish) {
        let mut slots = self.slots();
        if !slots.get(corp_id).is_some_and(Slot::is_running) {
            slots.insert(corp_id.clone(), self.slot(wish, false, None));
            self.arrived.notify_one();
        }
    }

    /// Asks for what a plan says: the directory is read again, and nobody is disabled whom the plan does not name. With
    /// force, however many these are.
    ///
    /// # Errors
    /// When this is not the corp's plan any more: two clicks ask for one sync.
    pub fn carry_out(&self, corp_id: &CorpId, id: &str, force: bool, by: (Actor, RequestOrigin)) -> Result<(), Stale> {
        let mut slots = self.slots();
        let slot = slots.get_mut(corp_id).filter(|slot| slot.plan_id() == Some(id)).ok_or(Stale)?;
        let (leavers, app, rights) = (Arc::clone(&slot.leavers), slot.asked.app.clone(), slot.asked.rights.clone());
        let wish = Wish { app, actor: by.0, request: by.1 };
        *slot = Slot { leavers, force, ..self.slot(wish, true, rights) };
        self.arrived.notify_one();
        Ok(())
    }

    /// Runs what was asked for, and what is asked for meanwhile. What goes wrong is said to whoever has asked.
    pub async fn run(self: Arc<Self>) -> Result<(), Infallible> {
        let _one_at_a_time = self.running.lock().await;
        self.give_up_broken();
        let mut running = FuturesUnordered::new();
        loop {
            running.extend(self.take().into_iter().map(|corp_id| self.run_one(corp_id)));
            select! {
                ended = running.next() => if ended.is_none() { return Ok(()) },
                () = self.arrived.notified(), if !running.is_empty() => {}
            }
        }
    }

    async fn run_one(&self, corp_id: CorpId) {
        let dingtalk = self.dingtalk.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((app, sync)) = self.prepared(&dingtalk, &corp_id) else { return };
        let done = async {
            if let (Mode::DryRun { .. }, Some(actor)) =
                (sync.mode, runs::lease_holder(&mut *self.pools.read().await?, &corp_id, self.clock.now_ms()).await?)
            {
                // Two that read at once would ask DingTalk too often.
                return Err(SyncError::Busy { corp_id: corp_id.clone(), actor });
            }
            if let Mode::DryRun { .. } = sync.mode {
                let rights = Arc::new(app.rights().await);
                self.change(&corp_id, |slot| slot.asked.rights = Some(rights));
            }
            sync.run(|step| self.note(&corp_id, step)).await
        };
        let state = match done.await {
            Ok(report) => return self.report(&corp_id, report),
            Err(SyncError::Busy { actor, .. }) => Failure::Busy { actor },
            Err(error) => {
                tracing::warn!(app = app.config.name, corp_id = corp_id.as_str(), %error, "a sync that was asked for failed");
                Failure::Broken
            }
        };
        self.change(&corp_id, |slot| slot.asked.state = State::Failed(state));
    }

    fn prepared<'a>(&'a self, dingtalk: &'a Dingtalk, corp_id: &CorpId) -> Option<(&'a DingtalkApp, Sync<'a>)> {
        let slots = self.slots();
        let Slot { asked, request, leavers, force, .. } = slots.get(corp_id)?;
        let of_corp = |app: &&DingtalkApp| app.config.name == asked.app && app.config.corp_id == *corp_id;
        let app = dingtalk.apps().iter().find(of_corp)?;
        let State::Running { in_earnest, .. } = asked.state else { return None };
        let mode = if in_earnest { Mode::Asked { force: *force } } else { Mode::DryRun { force: false } };
        let sync = Sync::new(&self.pools, &self.clock, app, asked.actor.clone(), mode);
        let leavers = in_earnest.then(|| Arc::clone(leavers));
        Some((app, Sync { request: request.clone(), leavers, ..sync }))
    }

    fn report(&self, corp_id: &CorpId, mut report: Report) {
        self.change(corp_id, move |slot| {
            let leavers = mem::take(&mut report.leavers);
            let report = Arc::new(report);
            slot.asked.state = match slot.asked.state {
                State::Running { in_earnest: true, .. } => State::Done { report },
                _ => State::Planned { id: random::hex::<16>(), report },
            };
            slot.leavers = Arc::new(leavers);
        });
    }

    fn note(&self, corp_id: &CorpId, now: Step) {
        self.change(corp_id, |slot| {
            if let State::Running { step, .. } = &mut slot.asked.state {
                *step = Some(now);
            }
        });
    }

    /// Those that nobody has begun yet.
    fn take(&self) -> Vec<CorpId> {
        let mut slots = self.slots();
        let waiting = slots.iter_mut().filter(|(_, slot)| slot.is_running() && !slot.is_taken);
        waiting
            .map(|(corp_id, slot)| {
                slot.is_taken = true;
                corp_id.clone()
            })
            .collect()
    }

    /// What was under way when a run broke off will not end any more.
    fn give_up_broken(&self) {
        for slot in self.slots().values_mut().filter(|slot| slot.is_running() && slot.is_taken) {
            slot.asked.state = State::Failed(Failure::Broken);
        }
    }

    fn slot(&self, wish: Wish, in_earnest: bool, rights: Option<Arc<Rights>>) -> Slot {
        let Wish { app, actor, request } = wish;
        Slot {
            asked: Asked { app, actor, state: State::Running { in_earnest, step: None }, rights },
            request,
            leavers: Arc::default(),
            force: false,
            is_taken: false,
            changed_ms: self.clock.monotonic_ms(),
        }
    }

    fn change(&self, corp_id: &CorpId, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots().get_mut(corp_id) {
            change(slot);
            slot.changed_ms = self.clock.monotonic_ms();
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<CorpId, Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic_ms();
        slots.retain(|_, slot| slot.is_running() || now - slot.changed_ms < KEPT_MS);
        slots
    }
}

impl Slot {
    fn is_running(&self) -> bool {
        matches!(self.asked.state, State::Running { .. })
    }

    fn plan_id(&self) -> Option<&str> {
        match &self.asked.state {
            State::Planned { id, .. } => Some(id),
            _ => None,
        }
    }
}
