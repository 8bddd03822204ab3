//! How often one network address may fail to sign in.
//!
//! Only failures count: a whole company arrives from one address in the morning, and whoever succeeds costs nothing.

use std::{
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

use crate::{clock::Clock, web::client::ClientAddress};

/// So many failures at once, and then one more each second.
const BURST: NonZeroU32 = NonZeroU32::new(60).expect("is not zero");
const PER_SECOND: NonZeroU32 = NonZeroU32::new(1).expect("is not zero");
/// Nobody waits longer than one refill takes. A longer wait means that the clock was set back: it is not imposed.
const LONGEST_WAIT_MS: i64 = 1000;
/// How many addresses are remembered, about 200 bytes each; the longest unused is forgotten first.
const ADDRESSES: u64 = 50_000;

type Failures = RateLimiter<NotKeyed, InMemoryState, OurClock, NoOpMiddleware<Nanos>>;

/// Counts failed sign-ins by address; of IPv6 by /64, which one customer has at the least.
pub struct Limits {
    clock: Clock,
    addresses: moka::sync::Cache<IpAddr, Arc<Address>>,
}

struct Address {
    failures: Failures,
    barred_until_ms: AtomicI64,
}

impl Limits {
    /// No failures yet.
    pub fn new(clock: Clock) -> Self {
        let addresses = moka::sync::Cache::builder().max_capacity(ADDRESSES).build();
        Self { clock, addresses }
    }

    /// How many seconds an address must wait, if it has failed too often.
    pub fn wait(&self, client: ClientAddress) -> Option<u64> {
        let address = self.addresses.get(&client.prefix())?;
        let left_ms = address.barred_until_ms.load(Ordering::Relaxed) - self.clock.now_ms();
        (1..=LONGEST_WAIT_MS).contains(&left_ms).then(|| left_ms.unsigned_abs().div_ceil(1000))
    }

    /// Counts a failure.
    pub fn failed(&self, client: ClientAddress) {
        let address = self.addresses.get_with(client.prefix(), || {
            let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
            let failures = RateLimiter::direct_with_clock(quota, OurClock(self.clock.clone()));
            Arc::new(Address { failures, barred_until_ms: AtomicI64::new(0) })
        });
        if let Err(not_until) = address.failures.check() {
            let wait = not_until.wait_time_from(OurClock(self.clock.clone()).now());
            match i64::try_from(wait.as_millis()) {
                Ok(ms) if ms <= LONGEST_WAIT_MS => {
                    address.barred_until_ms.store(self.clock.now_ms() + ms, Ordering::Relaxed);
                }
                _ => self.addresses.invalidate(&client.prefix()),
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

    #[test]
    fn an_address_is_barred_after_a_burst_of_failures_and_only_for_a_while() {
        let clock = Clock::system();
        let limits = Limits::new(clock.clone());
        let client = ClientAddress("192.0.2.1".parse().unwrap());
        for _ in 0..BURST.get() {
            limits.failed(client);
            assert_eq!(limits.wait(client), None);
        }
        limits.failed(client);
        assert_eq!(limits.wait(client), Some(1));
        assert_eq!(limits.wait(ClientAddress("192.0.2.2".parse().unwrap())), None);
        clock.advance(2);
        assert_eq!(limits.wait(client), None);
    }

    #[test]
    fn a_clock_that_was_set_back_bars_nobody() {
        let clock = Clock::system();
        let limits = Limits::new(clock.clone());
        let client = ClientAddress("192.0.2.1".parse().unwrap());
        limits.failed(client);
        clock.advance(-86_400);
        limits.failed(client);
        assert_eq!(limits.wait(client), None);
    }

    #[test]
    fn ipv6_is_counted_by_64() {
        let prefix = |ip: &str| ClientAddress(ip.parse().unwrap()).prefix();
        assert_eq!(prefix("2001:db8:1:2:3::4"), prefix("2001:db8:1:2:ffff::1"));
        assert_ne!(prefix("2001:db8:1:2::"), prefix("2001:db8:1:3::"));
    }
}
