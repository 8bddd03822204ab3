//! How often something may fail, or be done, by whom.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use moka::policy::EvictionPolicy;

use crate::clock::Clock;

/// Keys in one count, about 200 bytes each; the longest unused is forgotten first.
const REMEMBER: u64 = 50_000;

const LONGEST_WAIT: Duration = Duration::from_secs(60);

type Bucket = RateLimiter<NotKeyed, InMemoryState, OurClock, StateInformationMiddleware>;

/// Failures of one kind by key: a burst, and then one more after each refill. Failures that were under way already come
/// on top, and are waited for in the same measure.
pub struct Count<K> {
    clock: Clock,
    burst: NonZeroU32,
    /// How many come on top before no more are counted.
    on_top: u32,
    refill: Duration,
    keys: moka::sync::Cache<K, Arc<Failures>>,
}

struct Failures {
    bucket: Bucket,
    /// When the first was counted; the bucket knows no earlier time.
    since_ms: i64,
    barred_until_ms: AtomicI64,
}

impl<K: Hash + Eq + Send + Sync + 'static> Count<K> {
    pub fn new(clock: &Clock, burst: u32, refill: Duration) -> Self {
        let keys = moka::sync::Cache::builder().max_capacity(REMEMBER).eviction_policy(EvictionPolicy::lru()).build();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let on_top = (LONGEST_WAIT.as_millis() / refill.as_millis().max(1)).try_into().unwrap_or(u32::MAX);
        Self { clock: clock.clone(), burst, on_top, refill, keys }
    }

    /// How many seconds the next one must wait.
    pub fn wait<Q>(&self, key: &Q) -> Option<u64>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let left_ms = self.keys.get(key)?.barred_until_ms.load(Ordering::Relaxed) - self.clock.now_ms();
        // A longer wait means that the clock was set back, so it is not imposed.
        (1..=millis(LONGEST_WAIT)).contains(&left_ms).then(|| left_ms.unsigned_abs().div_ceil(1000))
    }

    /// Counts something that is limited even if it succeeds, unless it must wait.
    pub fn admit(&self, key: K) -> Option<u64>
    where
        K: Clone,
    {
        let wait = self.wait(&key);
        if wait.is_none() {
            self.failed(key);
        }
        wait
    }

    pub fn failed(&self, key: K)
    where
        K: Clone,
    {
        let failures = self.keys.get_with(key.clone(), || {
            let quota = Quota::with_period(self.refill).unwrap_or(Quota::per_second(NonZeroU32::MIN));
            let quota = quota.allow_burst(self.burst.saturating_add(self.on_top));
            let bucket = RateLimiter::direct_with_clock(quota, OurClock(self.clock.clone()));
            let (since_ms, barred_until_ms) = (self.clock.now_ms(), AtomicI64::new(0));
            Arc::new(Failures { bucket: bucket.with_middleware(), since_ms, barred_until_ms })
        });
        if self.clock.now_ms() < failures.since_ms {
            // The clock was set back, so the count means nothing.
            return self.keys.invalidate(&key);
        }
        let on_top = match failures.bucket.check() {
            Ok(state) => self.on_top.saturating_sub(state.remaining_burst_capacity()),
            Err(not_until) if not_until.wait_time_from(OurClock(self.clock.clone()).now()) <= self.refill => {
                self.on_top
            }
            // Set back as well, but not as far.
            Err(_) => return self.keys.invalidate(&key),
        };
        if on_top > 0 {
            let until_ms = self.clock.now_ms() + millis(self.refill * on_top);
            failures.barred_until_ms.store(until_ms, Ordering::Relaxed);
        }
    }
}

fn millis(duration: Duration) -> i64 {
    duration.as_millis().try_into().unwrap_or(i64::MAX)
}

#[derive(Clone, Debug)]
struct OurClock(Clock);

impl GovernorClock for OurClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Duration::from_millis(self.0.now_ms().try_into().unwrap_or_default()).into()
    }
}
