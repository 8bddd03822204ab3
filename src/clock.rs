//! The only place that reads the system clock, so that tests can move time instead of waiting for it.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// When the process first asked how long it has been running.
static START: LazyLock<Instant> = LazyLock::new(|| Clock::default().stopwatch());

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixSeconds = i64;

/// How far, in seconds, the clocks of servers on one database may differ. What ends later than it can was made before a clock
/// was set back; within this it may be another server's.
pub const CLOCKS_DIFFER: i64 = 10;

/// How long the machine has been running, the time that it slept included. Nobody can set it, and no test moves it: it is
/// for what must be true of the time that really passes.
pub fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    if let Ok(passed) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME) {
        return passed.into();
    }
    START.elapsed()
}

/// The time of day. [`Clock::advance`] moves a clock and all its clones.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since 1970. `None` for a clock that runs.
    standing_at_ms: Option<i64>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }

    /// Stands still until it is moved, so that a test does not depend on how busy the machine is.
    pub fn standing() -> Self {
        Self { standing_at_ms: Some(Self::system().now_ms()), offset_ms: Arc::default() }
    }

    pub fn now(&self) -> UnixSeconds {
        self.now_ms().div_euclid(1000)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that the lint sends everybody to")]
    pub fn now_ms(&self) -> i64 {
        let since_epoch = self.standing_at_ms.unwrap_or_else(|| match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_millis().try_into().unwrap_or(i64::MAX),
            Err(before) => before.duration().as_millis().try_into().map_or(i64::MIN, |ms: i64| -ms),
        });
        since_epoch.saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// A point for measuring how long something took. It does not move with [`Clock::advance`].
    #[expect(clippy::disallowed_methods, reason = "this is the place that the lint sends everybody to")]
    pub fn stopwatch(&self) -> Instant {
        Instant::now()
    }

    /// Milliseconds since some moment of this process. Only [`Clock::advance`] moves them, not setting the machine's
    /// time.
    pub fn monotonic_ms(&self) -> i64 {
        let running = match self.standing_at_ms {
            Some(_) => 0,
            None => START.elapsed().as_millis().try_into().unwrap_or(i64::MAX),
        };
        self.offset_ms.load(Ordering::Relaxed).saturating_add(running)
    }

    /// Waits until [`Clock::monotonic_ms`] has come to `ms`. A clock that stands still is moved there at once, so that tests
    /// do not wait.
    pub async fn wait_until(&self, ms: i64) {
        match self.standing_at_ms {
            Some(_) => drop(self.offset_ms.fetch_max(ms, Ordering::Relaxed)),
            None => {
                let wait = ms.saturating_sub(self.monotonic_ms());
                tokio::time::sleep(Duration::from_millis(wait.try_into().unwrap_or(0))).await;
            }
        }
    }

    /// Moves this clock and all its clones by `seconds`; negative goes back.
    pub fn advance(&self, seconds: i64) {
        self.offset_ms.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
    }
}
