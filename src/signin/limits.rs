//! How often somebody may fail to sign in. Only failures count: a whole company arrives from one address in the
//! morning.
//!
//! The limits are asked twice, when a code comes and when its turn to be sent has come ([`crate::dingtalk::Turn`]),
//! since others of the same sender may have been rejected meanwhile. Sending codes all at once is therefore no way
//! round them: codes that DingTalk is answering when a count is full come on top, and are waited for.
//!
//! Nobody waits for what happened at another address. Somebody who shares an address with a flood of rejected codes
//! does wait, with a good code too, a minute at a time at most: made-up browsers cannot be told from a colleague's. A
//! sealed mark could show that a browser has signed in before, but every employee could have marks made without end.
//! - A try without a state of ours counts by address. It bars only further tries of this kind from there, and no good
//!   hand-over link.
//! - A rejected code counts by browser;
//! - by address, with room for an office, because browsers are easily made up and each try costs a call;
//! - by corp, because addresses can be rented, and DingTalk counts the calls of a corp together. A corp's count bars
//!   nobody by itself: it only takes the room from addresses that sent rejected codes.
//!
//! Reports of pages (by browser) and hand-over links (by person) count although they succeed. Each link starts a
//! session that can make the next link, so counting links by session would be pointless.

use std::{
    hash::Hash,
    net::IpAddr,
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

use super::state::VerifiedState;
use crate::{clock::Clock, dingtalk::DingtalkApp, ids::CorpId, web::client_ip::ClientIp};

/// Addresses or browsers in one count, about 200 bytes each; the longest unused is forgotten first.
const REMEMBER: u64 = 50_000;

const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub struct Limits {
    strangers: Count<IpAddr>,
    browsers: Count<String>,
    addresses: Count<IpAddr>,
    /// By address, with room for one careless person only: it applies while a corp is under attack.
    suspects: Count<IpAddr>,
    corps: Count<CorpId>,
    reports: Count<String>,
    /// By the person's row.
    handovers: Count<i64>,
}

pub struct Sender<'a> {
    browser: &'a str,
    address: ClientIp,
    corp_id: CorpId,
}

impl<'a> Sender<'a> {
    pub fn new(app: &DingtalkApp, state: &VerifiedState<'a>, address: ClientIp) -> Self {
        Self { browser: state.browser(), address, corp_id: app.config.corp_id.clone() }
    }
}

impl Limits {
    pub fn new(clock: &Clock) -> Self {
        let second = Duration::from_secs(1);
        Self {
            strangers: Count::new(clock, 60, second),
            browsers: Count::new(clock, 10, 6 * second),
            addresses: Count::new(clock, 300, second / 5),
            suspects: Count::new(clock, 5, 20 * second),
            corps: Count::new(clock, 600, second / 10),
            reports: Count::new(clock, 20, 10 * second),
            // The tenth is the first to make the next one wait.
            handovers: Count::new(clock, 9, 30 * second),
        }
    }

    /// How many seconds a try without a state of ours must wait.
    pub fn stranger_waits(&self, client: ClientIp) -> Option<u64> {
        self.strangers.wait(&client.prefix())
    }

    pub fn stranger_failed(&self, client: ClientIp) {
        self.strangers.failed(client.prefix());
    }

    /// How many seconds a sender must wait before another code is taken.
    pub fn sender_waits(&self, sender: &Sender<'_>) -> Option<u64> {
        let prefix = sender.address.prefix();
        self.browsers.wait(sender.browser).or_else(|| self.addresses.wait(&prefix)).or_else(|| {
            self.corps.wait(&sender.corp_id)?;
            self.suspects.wait(&prefix)
        })
    }

    pub fn code_failed(&self, sender: &Sender<'_>) {
        let prefix = sender.address.prefix();
        self.browsers.failed(sender.browser.to_owned());
        self.addresses.failed(prefix);
        self.suspects.failed(prefix);
        self.corps.failed(sender.corp_id.clone());
    }

    /// Counts a page's report, and returns how many seconds the next one must wait.
    pub fn reported(&self, browser: &str) -> Option<u64> {
        self.reports.admit(browser.to_owned())
    }

    /// Counts a person's hand-over link, and returns how many seconds the next one must wait.
    pub fn handed_over(&self, user_id: i64) -> Option<u64> {
        self.handovers.admit(user_id)
    }
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, OurClock, StateInformationMiddleware>;

/// Failures of one kind by key: a burst, and then one more after each refill. Failures that were under way already come
/// on top, and are waited for in the same measure.
struct Count<K> {
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
    fn new(clock: &Clock, burst: u32, refill: Duration) -> Self {
        let keys = moka::sync::Cache::builder().max_capacity(REMEMBER).eviction_policy(EvictionPolicy::lru()).build();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let on_top = (LONGEST_WAIT.as_millis() / refill.as_millis().max(1)).try_into().unwrap_or(u32::MAX);
        Self { clock: clock.clone(), burst, on_top, refill, keys }
    }

    fn wait<Q>(&self, key: &Q) -> Option<u64>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let left_ms = self.keys.get(key)?.barred_until_ms.load(Ordering::Relaxed) - self.clock.now_ms();
        // A longer wait means that the clock was set back, so it is not imposed.
        (1..=millis(LONGEST_WAIT)).contains(&left_ms).then(|| left_ms.unsigned_abs().div_ceil(1000))
    }

    /// Counts something that is limited even if it succeeds, unless it must wait.
    fn admit(&self, key: K) -> Option<u64>
    where
        K: Clone,
    {
        let wait = self.wait(&key);
        if wait.is_none() {
            self.failed(key);
        }
        wait
    }

    fn failed(&self, key: K)
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

#[cfg(test)]
mod tests;
