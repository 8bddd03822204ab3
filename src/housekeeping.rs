//! What is done beside the requests: expired sessions are swept, credentials kept fresh.

use std::time::Duration;

use rocket::{
    Orbit, Rocket,
    fairing::{Fairing, Info, Kind},
    tokio::time::{self, MissedTickBehavior},
};

use crate::{
    clock::{Clock, UnixSeconds},
    config::Config,
    db::Db,
    dingtalk::Dingtalk,
    sessions::{self, Policy},
    signin::handover,
};

/// So far the time of day may run off from what has really passed, in seconds, before it is taken to have been set.
const DRIFT: i64 = 600;
/// So long a time of day must hold before anything is deleted by it, in milliseconds.
const PROOF_MS: i64 = 3_600_000;

/// Does it again and again while the server runs.
pub struct Housekeeping {
    every: Duration,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self::every(Duration::from_secs(60))
    }
}

impl Housekeeping {
    /// Does it as often as this.
    pub fn every(every: Duration) -> Self {
        Self { every }
    }
}

#[rocket::async_trait]
impl Fairing for Housekeeping {
    fn info(&self) -> Info {
        Info { name: "housekeeping", kind: Kind::Liftoff }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (Some(config), Some(db), Some(clock)) =
            (rocket.state::<Config>(), rocket.state::<Db>(), rocket.state::<Clock>())
        else {
            return;
        };
        let (policy, db, clock) = (Policy::of(config), db.clone(), clock.clone());
        let dingtalk = rocket.state::<Dingtalk>().cloned();
        let (every, mut shutdown) = (self.every, rocket.shutdown());
        rocket::tokio::spawn(async move {
            let mut trust = Trust::new(clock.now(), clock.monotonic_ms());
            let mut ticks = time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rocket::tokio::select! {
                    _ = ticks.tick() => {}
                    () = &mut shutdown => return,
                }
                let trusted = trust.may_delete_by(clock.now(), clock.monotonic_ms());
                if trusted && let Err(error) = sweep(&db, &policy, &clock).await {
                    tracing::warn!(%error, "expired sessions could not be swept; they stay refused");
                }
                if let Some(dingtalk) = &dingtalk {
                    dingtalk.apps().iter().for_each(|app| app.keep_fresh());
                }
            }
        });
    }
}

/// Whether the time of day is to be trusted with deleting. A clock that was set forward by mistake makes every session
/// look expired: they are refused while it lasts, and good again when it is set right. What was deleted never is.
struct Trust {
    /// The last tick, by the time of day and by what really passes ([`Clock::monotonic_ms`]).
    last: (UnixSeconds, i64),
    /// Since when nothing is deleted: when the time of day was last set, or the server started, because a machine may
    /// start with a wrong clock.
    doubtful_since: Option<i64>,
}

impl Trust {
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

async fn sweep(db: &Db, policy: &Policy, clock: &Clock) -> sqlx::Result<()> {
    let mut transaction = db.write().await?;
    let swept = sessions::sweep(&mut transaction, policy, clock.now()).await?;
    handover::sweep(&mut transaction, clock.now()).await?;
    transaction.commit().await?;
    if swept > 0 {
        tracing::info!(swept, "expired sessions were swept");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_or_just_started_deletes_nothing_until_it_has_run_on_for_an_hour() {
        let (minute, mut now, mut watch) = (60, 1_000_000, 0);
        let mut trust = Trust::new(now, watch);
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
