//! What is done beside the requests: expired sessions are swept, credentials kept fresh.

use std::time::{Duration, Instant};

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
    sessions::{self, Lifetimes},
    signin::handover,
};

const EVERY: Duration = Duration::from_secs(60);
/// So far the time of day may run off from what has really passed, in seconds, before it is taken to have been set.
const DRIFT: i64 = 600;
/// So long a time of day that was set must hold before anything is deleted by it.
const PROOF: Duration = Duration::from_secs(3600);

/// Does it every minute while the server runs.
pub struct Housekeeping;

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
        let (lifetimes, db, clock) = (Lifetimes::of(config), db.clone(), clock.clone());
        let dingtalk = rocket.state::<Dingtalk>().cloned();
        let mut shutdown = rocket.shutdown();
        rocket::tokio::spawn(async move {
            let mut trust = Trust::new(clock.now(), clock.stopwatch());
            let mut ticks = time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rocket::tokio::select! {
                    _ = ticks.tick() => {}
                    () = &mut shutdown => return,
                }
                let trusted = trust.may_delete_by(clock.now(), clock.stopwatch());
                if trusted && let Err(error) = sweep(&db, lifetimes, &clock).await {
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
    /// The last tick, by the time of day and by what really passes.
    last: (UnixSeconds, Instant),
    /// Since when nothing is deleted: when the time of day was last set.
    doubtful_since: Option<Instant>,
}

impl Trust {
    fn new(now: UnixSeconds, watch: Instant) -> Self {
        Self { last: (now, watch), doubtful_since: None }
    }

    fn may_delete_by(&mut self, now: UnixSeconds, watch: Instant) -> bool {
        let (then, then_watch) = std::mem::replace(&mut self.last, (now, watch));
        let passed = i64::try_from(watch.saturating_duration_since(then_watch).as_secs()).unwrap_or(i64::MAX);
        if now.saturating_sub(then).saturating_sub(passed).saturating_abs() > DRIFT {
            tracing::warn!(
                seconds = now.saturating_sub(then).saturating_sub(passed),
                "the clock was set, or the machine slept; expired sessions are swept when it has run on for an hour"
            );
            self.doubtful_since = Some(watch);
        }
        if self.doubtful_since.is_some_and(|since| watch.saturating_duration_since(since) >= PROOF) {
            self.doubtful_since = None;
        }
        self.doubtful_since.is_none()
    }
}

async fn sweep(db: &Db, lifetimes: Lifetimes, clock: &Clock) -> sqlx::Result<()> {
    let mut transaction = db.write().await?;
    let swept = sessions::sweep(&mut transaction, lifetimes, clock.now()).await?;
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
    fn a_clock_that_was_set_deletes_nothing_until_it_has_run_on_for_an_hour() {
        let (minute, mut now, mut watch) = (EVERY.as_secs().cast_signed(), 1_000_000, Clock::system().stopwatch());
        let mut trust = Trust::new(now, watch);
        let mut tick = |set: i64| {
            now += minute + set;
            watch += EVERY;
            trust.may_delete_by(now, watch)
        };
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
