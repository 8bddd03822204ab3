//! Syncs by themselves (`sync_every`), each corp once however many servers there are.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{Mode, Run, Sync, SyncError, runs};
use crate::{
    audit::Actor,
    clock::Clock,
    db::Pools,
    dingtalk::{Dingtalk, DingtalkApp},
    i18n::Locale,
};

/// The longest and shortest wait between two looks at whether a sync is due.
const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(60));

pub struct Schedule {
    pools: Pools,
    clock: Clock,
    dingtalk: Dingtalk,
}

impl Schedule {
    pub fn new(pools: Pools, clock: Clock, dingtalk: Dingtalk) -> Arc<Self> {
        Arc::new(Self { pools, clock, dingtalk })
    }

    /// How often to look whether a sync is due; `None` if no app is ever synced by the server.
    pub fn interval(&self) -> Option<Duration> {
        let shortest = self.dingtalk.apps().iter().filter_map(|app| app.config.sync_every).min()?;
        Some((shortest / 10).clamp(LOOKS.0, LOOKS.1))
    }

    /// Runs the syncs that are due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(self: Arc<Self>) -> Result<(), SyncError> {
        let apps = self.dingtalk.apps().iter().filter_map(|app| Some((app, app.config.sync_every?)));
        let done = join_all(apps.map(|(app, every)| self.run_if_due(app, every))).await;
        done.into_iter().collect()
    }

    async fn run_if_due(&self, app: &DingtalkApp, every: Duration) -> Result<(), SyncError> {
        let last = runs::last_runs(&mut *self.pools.read().await?, &app.config.corp_id, 1).await?.pop();
        if !last.is_none_or(|last| is_due(&last, every, self.clock.now_ms())) {
            return Ok(());
        }
        let (pools, clock) = (&self.pools, &self.clock);
        let sync = Sync::new(pools, clock, app, Actor::System, Mode::Scheduled);
        let (app, corp_id) = (app.config.name.as_str(), app.config.corp_id.as_str());
        match sync.run(|_| {}).await {
            Ok(report) => match report.refused {
                Some(refused) => {
                    tracing::warn!(
                        app,
                        corp_id,
                        reason = refused.text(Locale::En),
                        "a sync was refused; nobody was disabled"
                    );
                }
                None if report.applied => {
                    tracing::info!(app, corp_id, counts = ?report.counts, "the directory was synced")
                }
                None => tracing::debug!(app, corp_id, "the directory was synced, nothing had changed"),
            },
            // Whoever is at it does it for us.
            Err(SyncError::Busy { .. } | SyncError::TakenOver(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn is_due(last: &Run, every: Duration, now_ms: i64) -> bool {
    // A run in the future is of before the clock was set back.
    now_ms >= due_ms(last, every) || now_ms < last.started_ms
}

/// When a corp is synced by itself again, in milliseconds since 1970: from nine to eleven tenths of the interval after the
/// last run, by whomever. Servers and corps of one size spread out.
pub fn due_ms(last: &Run, every: Duration) -> i64 {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let spread = every / 10 * (last.finished_ms.rem_euclid(100) * 2 - 99) / 100;
    last.finished_ms.saturating_add(every).saturating_add(spread)
}
