//! How often somebody may fail to sign in. Only failures count: a whole company arrives from one address in the morning,
//! and whoever succeeds costs nothing.
//!
//! Nobody is made to wait for what another did elsewhere:
//! - a try without a state of ours counts by address. It bars only further tries of this kind from there, and no good
//!   hand-over link;
//! - a code that DingTalk rejects counts by the browser that sent it;
//! - and by address, with room for an office, because browsers are easily made up and each try costs a call;
//! - and by corp, because addresses can be rented, and DingTalk counts the calls of a corp together. A corp's count
//!   bars nobody by itself: it takes the room from addresses that sent rejected codes, and from nobody else.

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
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use moka::policy::EvictionPolicy;

use crate::{clock::Clock, dingtalk::ids::CorpId, web::client::ClientAddress};

/// How many addresses or browsers one count remembers, about 200 bytes each; the longest unused is forgotten first.
const REMEMBER: u64 = 50_000;

/// The counts of failed sign-ins, and of reports.
pub struct Limits {
    strangers: Count<IpAddr>,
    browsers: Count<String>,
    addresses: Count<IpAddr>,
    /// Counts as `addresses` does, with room for one careless person: what holds while a corp is under attack.
    suspects: Count<IpAddr>,
    corps: Count<CorpId>,
    reports: Count<String>,
}

/// Who sends a code, with a state of ours.
pub struct Sender<'a> {
    /// The browser's half of the state.
    pub browser: &'a str,
    /// Where it comes from.
    pub address: ClientAddress,
    /// The corp whose code it is.
    pub corp_id: CorpId,
}

impl Limits {
    /// No failures yet.
    pub fn new(clock: &Clock) -> Self {
        let second = Duration::from_secs(1);
        Self {
            strangers: Count::new(clock, 60, second),
            browsers: Count::new(clock, 10, 6 * second),
            addresses: Count::new(clock, 300, second / 5),
            suspects: Count::new(clock, 5, 20 * second),
            corps: Count::new(clock, 600, second / 10),
            reports: Count::new(clock, 20, 10 * second),
        }
    }

    /// How many seconds a try without a state of ours must wait.
    pub fn stranger_waits(&self, client: ClientAddress) -> Option<u64> {
        self.strangers.wait(&client.prefix())
    }

    /// Counts a try without a state of ours.
    pub fn stranger_failed(&self, client: ClientAddress) {
        self.strangers.failed(client.prefix());
    }

    /// How many seconds somebody must wait before another code is taken.
    pub fn sender_waits(&self, sender: &Sender<'_>) -> Option<u64> {
        let prefix = sender.address.prefix();
        self.browsers.wait(sender.browser).or_else(|| self.addresses.wait(&prefix)).or_else(|| {
            self.corps.wait(&sender.corp_id)?;
            self.suspects.wait(&prefix)
        })
    }

    /// Counts a code that DingTalk rejects.
    pub fn code_failed(&self, sender: &Sender<'_>) {
        let prefix = sender.address.prefix();
        self.browsers.failed(sender.browser.to_owned());
        self.addresses.failed(prefix);
        self.suspects.failed(prefix);
        self.corps.failed(sender.corp_id.clone());
    }

    /// Counts a report of a page; answers how many seconds the next one must wait.
    pub fn reported(&self, browser: &str) -> Option<u64> {
        let wait = self.reports.wait(browser);
        self.reports.failed(browser.to_owned());
        wait
    }
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, OurClock, NoOpMiddleware<Nanos>>;

/// Failures of one kind by key: so many at once, and then one more each time that a refill has passed.
struct Count<K> {
    clock: Clock,
    burst: NonZeroU32,
    refill: Duration,
    keys: moka::sync::Cache<K, Arc<Failures>>,
}

struct Failures {
    bucket: Bucket,
    barred_until_ms: AtomicI64,
}

impl<K: Hash + Eq + Send + Sync + 'static> Count<K> {
    fn new(clock: &Clock, burst: u32, refill: Duration) -> Self {
        let keys = moka::sync::Cache::builder().max_capacity(REMEMBER).eviction_policy(EvictionPolicy::lru()).build();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        Self { clock: clock.clone(), burst, refill, keys }
    }

    /// Nobody waits longer than one refill takes. A longer wait means that the clock was set back: it is not imposed.
    fn longest_wait_ms(&self) -> i64 {
        i64::try_from(self.refill.as_millis()).unwrap_or(i64::MAX)
    }

    fn wait<Q>(&self, key: &Q) -> Option<u64>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let left_ms = self.keys.get(key)?.barred_until_ms.load(Ordering::Relaxed) - self.clock.now_ms();
        (1..=self.longest_wait_ms()).contains(&left_ms).then(|| left_ms.unsigned_abs().div_ceil(1000))
    }

    fn failed(&self, key: K)
    where
        K: Clone,
    {
        let failures = self.keys.get_with(key.clone(), || {
            let quota = Quota::with_period(self.refill).unwrap_or(Quota::per_second(NonZeroU32::MIN));
            let bucket = RateLimiter::direct_with_clock(quota.allow_burst(self.burst), OurClock(self.clock.clone()));
            Arc::new(Failures { bucket, barred_until_ms: AtomicI64::new(0) })
        });
        if let Err(not_until) = failures.bucket.check() {
            let wait = not_until.wait_time_from(OurClock(self.clock.clone()).now());
            match i64::try_from(wait.as_millis()) {
                Ok(ms) if ms <= self.longest_wait_ms() => {
                    failures.barred_until_ms.store(self.clock.now_ms() + ms, Ordering::Relaxed);
                }
                _ => self.keys.invalidate(&key),
            }
        }
    }
}

/// Our clock as governor reads it.
#[derive(Clone, Debug)]
struct OurClock(Clock);

impl GovernorClock for OurClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Duration::from_millis(self.0.now_ms().try_into().unwrap_or_default()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ip: &str) -> ClientAddress {
        ClientAddress(ip.parse().unwrap())
    }

    fn sender<'a>(browser: &'a str, ip: &str) -> Sender<'a> {
        Sender { browser, address: client(ip), corp_id: CorpId::new("dingcorp").unwrap() }
    }

    #[test]
    fn an_address_is_barred_after_a_burst_of_failures_and_only_for_a_while() {
        let clock = Clock::system();
        let limits = Limits::new(&clock);
        for _ in 0..60 {
            limits.stranger_failed(client("192.0.2.1"));
            assert_eq!(limits.stranger_waits(client("192.0.2.1")), None);
        }
        limits.stranger_failed(client("192.0.2.1"));
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), Some(1));
        assert_eq!(limits.stranger_waits(client("192.0.2.2")), None);
        assert_eq!(limits.sender_waits(&sender("browser", "192.0.2.1")), None, "who has a state of ours is not barred");
        clock.advance(2);
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), None);
    }

    #[test]
    fn a_browser_that_sends_bad_codes_waits_and_its_neighbours_do_not() {
        let limits = Limits::new(&Clock::system());
        for _ in 0..11 {
            limits.code_failed(&sender("one", "192.0.2.1"));
        }
        assert!(limits.sender_waits(&sender("one", "192.0.2.1")).is_some());
        assert_eq!(limits.sender_waits(&sender("two", "192.0.2.1")), None);
    }

    /// Rejected codes from so many addresses that the corp's count is full.
    fn attack(limits: &Limits, corp_id: &CorpId) {
        for i in 0..150 {
            for j in 0..6 {
                let browser = format!("{i}-{j}");
                let address = client(&format!("198.51.100.{i}"));
                limits.code_failed(&Sender { browser: &browser, address, corp_id: corp_id.clone() });
            }
        }
    }

    #[test]
    fn while_a_corp_is_under_attack_the_attacking_addresses_wait_and_nobody_else() {
        let clock = Clock::system();
        let limits = Limits::new(&clock);
        limits.code_failed(&sender("careless", "192.0.2.1"));
        let corp_id = CorpId::new("dingcorp").unwrap();
        attack(&limits, &corp_id);
        let waits = limits.sender_waits(&sender("fresh", "198.51.100.9"));
        assert!(waits.is_some_and(|seconds| seconds <= 20), "{waits:?}");
        assert_eq!(limits.sender_waits(&sender("employee", "192.0.2.2")), None);
        assert_eq!(limits.sender_waits(&sender("careless", "192.0.2.1")), None, "one wrong code is no attack");
        let other = Sender { corp_id: CorpId::new("dingother").unwrap(), ..sender("fresh", "198.51.100.9") };
        assert_eq!(limits.sender_waits(&other), None, "another corp is not under attack");
        clock.advance(20);
        assert_eq!(limits.sender_waits(&sender("fresh", "198.51.100.9")), None);
    }

    #[test]
    fn without_an_attack_an_office_may_get_more_codes_wrong_than_one_person() {
        let limits = Limits::new(&Clock::system());
        for browser in 0..100 {
            limits.code_failed(&sender(&browser.to_string(), "192.0.2.1"));
        }
        assert_eq!(limits.sender_waits(&sender("colleague", "192.0.2.1")), None);
    }

    #[test]
    fn a_clock_that_was_set_back_bars_nobody() {
        let clock = Clock::system();
        let limits = Limits::new(&clock);
        limits.stranger_failed(client("192.0.2.1"));
        clock.advance(-86_400);
        limits.stranger_failed(client("192.0.2.1"));
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), None);
    }

    #[test]
    fn ipv6_is_counted_by_64() {
        assert_eq!(client("2001:db8:1:2:3::4").prefix(), client("2001:db8:1:2:ffff::1").prefix());
        assert_ne!(client("2001:db8:1:2::").prefix(), client("2001:db8:1:3::").prefix());
    }
}
