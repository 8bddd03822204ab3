//! How fast an app may ask DingTalk: twenty calls a second of each API (90018 beyond that), whoever else asks as well.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Mutex;

use crate::clock::Clock;

/// Between two calls, in milliseconds. A little more than a twentieth of a second, because calls do not arrive as evenly as
/// they are sent.
const STEP_MS: i64 = 51;

/// The calls of one API. Each gets a moment of its own, and nobody catches up on what went by unused: after a pause of a busy
/// machine the calls that were due would all come at once.
pub struct Pace {
    clock: Clock,
    /// Locked by whoever waits for the next moment.
    next_ms: Mutex<i64>,
    held_until_ms: AtomicI64,
}

impl Pace {
    pub fn new(clock: &Clock) -> Self {
        let now = clock.monotonic_ms();
        Self { clock: clock.clone(), next_ms: Mutex::new(now), held_until_ms: AtomicI64::new(now) }
    }

    /// Waits for a moment to call.
    pub async fn turn(&self) {
        let mut next = self.next_ms.lock().await;
        loop {
            let at = (*next).max(self.held_until_ms.load(Ordering::Relaxed));
            if self.clock.monotonic_ms() >= at {
                break;
            }
            self.clock.wait_until(at).await;
        }
        *next = self.clock.monotonic_ms().saturating_add(STEP_MS);
    }

    /// DingTalk has had enough: no call begins before `wait_ms` from now.
    pub fn back_off(&self, wait_ms: i64) {
        self.held_until_ms.fetch_max(self.clock.monotonic_ms().saturating_add(wait_ms), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_second_has_more_than_twenty_calls_and_an_unused_moment_is_gone() {
        let clock = Clock::standing();
        let pace = Pace::new(&clock);
        let mut calls = Vec::new();
        for i in 0..100 {
            pace.turn().await;
            calls.push(clock.monotonic_ms());
            if i == 50 {
                clock.advance(60);
            }
        }
        assert_eq!(calls[0], 0, "the first waits for nothing");
        assert!(calls.windows(21).all(|few| few[20] - few[0] >= 1000), "{calls:?}");
        assert!(
            calls[50] <= 50 * 1000 / 19 && calls[99] <= 60_000 + 99 * 1000 / 19,
            "nor are there fewer than nineteen"
        );
    }

    #[tokio::test]
    async fn after_a_refusal_everybody_waits() {
        let clock = Clock::standing();
        let pace = Pace::new(&clock);
        pace.turn().await;
        pace.back_off(4_000);
        pace.back_off(1_000);
        pace.turn().await;
        assert_eq!(clock.monotonic_ms(), 4_000);
    }
}
