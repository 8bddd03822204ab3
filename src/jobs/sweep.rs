//! The sweep: what has outlived its time is deleted, unless the clock may be wrong.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    audit, cas, clients,
    clock::{Clock, UnixSeconds},
    config::Config,
    db::{Conn, Pools, sweep_leases},
    directory, oidc,
    sessions::{self, Policy},
    signin::{handover, used_once},
};

/// How far, in seconds, the time of day may run off from what has really passed before it is taken to have been set.
const DRIFT: i64 = 600;
/// How long, in milliseconds, a time of day must hold before anything is deleted by it.
const PROOF_MS: i64 = 3_600_000;

/// Rows of the trail that one sweep deletes at the most.
const AUDIT_ROWS: u32 = 1_000;
/// Directory events that one sweep deletes at the most.
const EVENTS: u32 = 1_000;

/// Deletes expired sessions, hand-over links and tokens of apps, which are refused until then all the same, marks of what was
/// used once, old rows of the trail, and directory events that are done.
pub struct Sweep {
    pools: Pools,
    policy: Policy,
    /// How long rows of the trail are kept, in milliseconds.
    audit_retention: i64,
    /// Those apps that are told of ended sessions.
    told: Vec<String>,
    clock: Clock,
    trust: Mutex<ClockTrust>,
}

impl Sweep {
    pub fn new(pools: Pools, config: &Config, clock: Clock) -> Arc<Self> {
        let audit_retention = config.audit_retention.as_millis().try_into().unwrap_or(i64::MAX);
        let trust = Mutex::new(ClockTrust::new(clock.now(), clock.monotonic_ms()));
        Arc::new(Self { pools, policy: Policy::of(config), audit_retention, told: told(config), clock, trust })
    }

    /// One sweep.
    ///
    /// # Errors
    /// When the database fails; then nothing was deleted.
    pub async fn run(self: Arc<Self>) -> sqlx::Result<()> {
        let now = self.clock.now();
        let trusted = {
            let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
            trust.may_delete_by(now, self.clock.monotonic_ms())
        };
        if !trusted {
            return Ok(());
        }
        let sweep = async |tx: &mut Conn| {
            handover::sweep(tx, now).await?;
            used_once::sweep(tx, now).await?;
            sweep_leases(&self.pools, tx).await?;
            oidc::sweep(tx, now).await?;
            cas::sweep(tx, self.clock.now_ms()).await?;
            clients::sweep(tx, &self.told, self.clock.now_ms()).await?;
            audit::sweep(tx, self.clock.now_ms().saturating_sub(self.audit_retention), AUDIT_ROWS).await?;
            directory::sweep(tx, self.clock.now_ms() - directory::REMEMBERED_MS, EVENTS).await?;
            sessions::sweep(tx, &self.policy, now).await
        };
        let swept = self.pools.transaction(sweep).await?;
        if swept > 0 {
            tracing::info!(swept, "expired sessions were swept");
        }
        Ok(())
    }
}

fn told(config: &Config) -> Vec<String> {
    let told = config.clients.iter().filter(|client| client.backchannel_logout_uri.is_some());
    let told = told.map(|client| client.client_id.clone());
    told.chain(config.cas_clients.iter().map(|client| cas::key(&client.name))).collect()
}

/// Whether the time of day is to be trusted with deleting. A clock that was set forward by mistake makes every session
/// look expired: they are refused while it lasts, and good again when it is set right. What was deleted never is.
struct ClockTrust {
    /// The last sweep, by the time of day and by what really passes ([`Clock::monotonic_ms`]).
    last: (UnixSeconds, i64),
    /// Since when nothing is deleted: the time of day was set then, or the server started, perhaps with a wrong clock.
    doubtful_since: Option<i64>,
}

impl ClockTrust {
    fn new(now: UnixSeconds, watch: i64) -> Self {
        Self { last: (now, watch), doubtful_since: Some(watch) }
    }

    fn may_delete_by(&mut self, now: UnixSeconds, watch: i64) -> bool {
        let (then, then_watch) = std::mem::replace(&mut self.last, (now, watch));
        let passed = watch.saturating_sub(then_watch) / 1000;
        if now.saturating_sub(then).saturating_sub(passed).saturating_abs() > DRIFT {
            tracing::warn!(
                seconds = now.saturating_sub(then).saturating_sub(passed),
                "the clock was set, or the machine slept; expired sessions are swept when it has run on for an hour"
            );
            self.doubtful_since = Some(watch);
        }
        if self.doubtful_since.is_some_and(|since| watch.saturating_sub(since) >= PROOF_MS) {
            self.doubtful_since = None;
        }
        self.doubtful_since.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_or_just_started_deletes_nothing_until_it_has_run_on_for_an_hour() {
        let (minute, mut now, mut watch) = (60, 1_000_000, 0);
        let mut trust = ClockTrust::new(now, watch);
        let mut tick = |set: i64| {
            now += minute + set;
            watch += 1000 * minute;
            trust.may_delete_by(now, watch)
        };
        assert!((1..60).all(|_| !tick(0)), "a machine may start with any time of day");
        assert!(tick(0) && tick(0) && tick(-30), "seconds of correction are none");
        for set in [10 * 365 * 86_400, -86_400] {
            assert!(!tick(set), "{set}");
            assert!(!tick(-set), "set right again, it was set again: {set}");
            assert!((1..60).all(|_| !tick(0)), "{set}");
            assert!(tick(0), "{set}");
        }
        assert!(!trust.may_delete_by(i64::MAX, watch));
        assert!(!trust.may_delete_by(i64::MIN, watch));
    }
}
