//! The reports of a running server: one at a time, and none more often than once a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Finding;
use crate::{
    clock::{Clock, UnixSeconds},
    ids::CorpId,
    probe::Passes,
};

/// A younger report is answered again: each run calls DingTalk.
const PAUSE_MS: i64 = 60_000;

/// The last report for the administrators of each corp.
pub struct Reports {
    clock: Clock,
    database: String,
    passes: Passes,
    /// Held while a report is made.
    running: tokio::sync::Mutex<()>,
    last: Mutex<HashMap<CorpId, Arc<Report>>>,
}

/// What was found, and when.
#[derive(Debug)]
pub struct Report {
    /// When it was finished.
    pub at: UnixSeconds,
    /// What was found.
    pub findings: Vec<Finding>,
    finished_ms: i64,
}

impl Reports {
    /// No report has been made yet. `database` is how the settings name it; `passes` are for our own echo.
    pub fn new(clock: Clock, database: String, passes: Passes) -> Self {
        Self { clock, database, passes, running: tokio::sync::Mutex::default(), last: Mutex::default() }
    }

    /// The database, as the settings name it.
    pub fn database(&self) -> &str {
        &self.database
    }

    pub fn passes(&self) -> &Passes {
        &self.passes
    }

    /// The last report, if there is one.
    pub fn last(&self, corp_id: &CorpId) -> Option<Arc<Report>> {
        self.lock().get(corp_id).cloned()
    }

    /// Makes a report, unless there is one of this very minute.
    pub async fn run(&self, corp_id: &CorpId, examine: impl Future<Output = Vec<Finding>>) -> Arc<Report> {
        let _one_at_a_time = self.running.lock().await;
        let is_young = |report: &Arc<Report>| self.clock.monotonic_ms() - report.finished_ms < PAUSE_MS;
        if let Some(last) = self.last(corp_id).filter(is_young) {
            return last;
        }
        let findings = examine.await;
        let (at, finished_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let report = Arc::new(Report { at, findings, finished_ms });
        self.lock().insert(corp_id.clone(), Arc::clone(&report));
        report
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CorpId, Arc<Report>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::doctor::{Check, Fact};

    #[tokio::test]
    async fn however_many_ask_one_report_a_minute_is_made() {
        let clock = Clock::standing();
        let (reports, runs) =
            (Reports::new(clock.clone(), String::new(), Passes::new(&[7; 32], clock.clone())), AtomicUsize::new(0));
        let corp_id = CorpId::new("dinga").expect("a corp id");
        let run = || {
            reports.run(&corp_id, async {
                runs.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                vec![Finding::ok(Check::Clock, Fact::ClockAgrees)]
            })
        };
        assert!(reports.last(&corp_id).is_none());
        let _ = tokio::join!(run(), run(), run());
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        clock.advance(59);
        assert_eq!(run().await.findings.len(), 1);
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        clock.advance(1);
        run().await;
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        let others = CorpId::new("dingb").expect("a corp id");
        assert!(reports.last(&others).is_none(), "each corp has its own");
    }
}
