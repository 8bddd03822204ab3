//! Syncs by themselves, each corp once however many servers there are: every so often (`sync_every`), and when something may
//! have been missed of what DingTalk tells (`sync_due`).

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{
    Mode, Run, Sync, SyncDue, SyncError,
    runs::{self, LastEnd},
    sync_needed,
};
use crate::{
    audit::Actor,
    clock::Clock,
    config::{App, EventMode},
    db::Pools,
    dingtalk::{Dingtalk, DingtalkApp},
    i18n::Locale,
};

/// The longest and shortest wait between two looks at whether a sync is due.
const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(60));
/// How often to look for what may have been missed.
const LOOK_FOR_DUE: Duration = Duration::from_secs(2);
/// How long, in milliseconds, a sync that is due waits for more reasons: they rarely come alone.
const SETTLED_MS: i64 = 5_000;
/// How long, in milliseconds, it waits after one that was refused.
const REFUSED_MS: i64 = 300_000;

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
        let looks = self.dingtalk.apps().iter().flat_map(|app| {
            let every = app.config.sync_every.map(|every| every / 10);
            [every, listens(&app.config).then_some(LOOK_FOR_DUE)]
        });
        Some(looks.flatten().min()?.clamp(LOOKS.0, LOOKS.1))
    }

    /// Runs the syncs that are due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(self: Arc<Self>) -> Result<(), SyncError> {
        let apps = self.dingtalk.apps().iter();
        let synced = apps.filter(|app| app.config.sync_every.is_some() || listens(&app.config));
        let done = join_all(synced.map(|app| self.run_if_due(app))).await;
        done.into_iter().collect()
    }

    /// The sync of this app's corp, if it is due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due<'a>(&'a self, app: &'a DingtalkApp) -> sqlx::Result<Option<Sync<'a>>> {
        let corp_id = &app.config.corp_id;
        let (last, due, is_followed) = {
            let db = &mut *self.pools.read().await?;
            let last = runs::last_runs(db, corp_id, 1).await?.pop();
            (last, sync_needed(db, corp_id).await?, runs::is_followed(db, corp_id).await?)
        };
        let (last, now_ms) = (last.as_ref(), self.clock.now_ms());
        let is_time = app.config.sync_every.is_some_and(|every| last.is_none_or(|last| is_due(last, every, now_ms)));
        if !is_time && !due.is_some_and(|due| is_needed(&due, last, now_ms)) {
            return Ok(None);
        }
        let mode = if is_time || is_followed { Mode::Scheduled } else { Mode::Missed };
        let sync = Sync::new(&self.pools, &self.clock, app, Actor::System, mode);
        Ok(Some(Sync { due_after: Some(LastEnd::of(last)), ..sync }))
    }

    async fn run_if_due(&self, app: &DingtalkApp) -> Result<(), SyncError> {
        let Some(sync) = self.due(app).await? else { return Ok(()) };
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

/// When a corp is synced regularly again, in milliseconds since 1970: from nine to eleven tenths of the interval after the
/// last run, by whomever. Servers and corps of one size spread out.
fn due_ms(last: &Run, every: Duration) -> i64 {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let spread = every / 10 * (last.finished_ms.rem_euclid(100) * 2 - 99) / 100;
    last.finished_ms.saturating_add(every).saturating_add(spread)
}

fn listens(app: &App) -> bool {
    app.events.mode() != EventMode::Off
}

/// When a corp is to be synced by itself next, in milliseconds since 1970: by `sync_every`, or earlier because something may
/// have been missed. `None`: not before something happens.
pub fn next_ms(app: &App, last: Option<&Run>, due: Option<&SyncDue>) -> Option<i64> {
    let regular = app.sync_every.map(|every| last.map_or(i64::MIN, |last| due_ms(last, every)));
    let needed = due.filter(|_| listens(app)).map(|due| settled_ms(due).max(rested_ms(last)));
    regular.into_iter().chain(needed).min()
}

fn is_needed(due: &SyncDue, last: Option<&Run>, now_ms: i64) -> bool {
    // What lies in the future is of before the clock was set back.
    let is_settled = now_ms >= settled_ms(due) || now_ms < due.since_ms;
    is_settled && (now_ms >= rested_ms(last) || last.is_some_and(|last| now_ms < last.started_ms))
}

/// When no more reasons are expected.
fn settled_ms(due: &SyncDue) -> i64 {
    due.since_ms.saturating_add(SETTLED_MS)
}

/// A while after the last run: as long as that took, so that a storm of reasons does not keep DingTalk busy, and much longer if it
/// was refused, since a person has to do something about that.
fn rested_ms(last: Option<&Run>) -> i64 {
    last.map_or(i64::MIN, |last| {
        let took_ms = (last.finished_ms - last.started_ms).max(0);
        let rest_ms = if last.refused.is_some() { REFUSED_MS.max(took_ms.saturating_mul(10)) } else { took_ms };
        last.finished_ms.saturating_add(rest_ms)
    })
}
