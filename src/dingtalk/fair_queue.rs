//! Whose turn it is to call DingTalk.
//!
//! Each address has one caller in the queue; its others wait behind that one. A flood of codes from one address delays
//! nobody elsewhere, and one address alone has every turn.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::{
    sync::{AcquireError, Mutex, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::DingtalkError;

/// Calls of one app under way at once. DingTalk allows 20 a second of each kind and app (90018), and a call's time
/// limit begins with its turn.
const AT_ONCE: usize = 20;
/// After this long in the queue, a caller hears that DingTalk does not keep up.
const LONGEST_QUEUE: Duration = Duration::from_secs(20);
/// Addresses with a line of their own. If a line is forgotten while somebody waits in it, its address has two callers
/// in the queue.
const LINES: u64 = 10_000;

pub(super) struct FairQueue {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    lines: Cache<IpAddr, Arc<Mutex<()>>>,
}

/// The right to make one call. Dropping it lets the next one go.
#[must_use]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl FairQueue {
    pub fn new() -> Self {
        let lines = Cache::builder().max_capacity(LINES).eviction_policy(EvictionPolicy::lru()).build();
        Self { free: Arc::new(Semaphore::new(AT_ONCE)), waiting: AtomicUsize::new(0), lines }
    }

    /// How many calls are under way, and how many wait for their turn.
    pub fn load(&self) -> (usize, usize) {
        (AT_ONCE - self.free.available_permits(), self.waiting.load(Ordering::Relaxed))
    }

    /// A turn for somebody at an address. `call` is for the error.
    pub async fn of(&self, address: IpAddr, call: &'static str) -> Result<Turn, DingtalkError> {
        let line = self.lines.get_with(address, Arc::default);
        let first_of_address = async {
            let _first = line.lock().await;
            self.free().await
        };
        self.in_time(first_of_address, call).await
    }

    /// A turn for a call that follows a good code, so nobody can multiply it at will.
    pub async fn next(&self, call: &'static str) -> Result<Turn, DingtalkError> {
        self.in_time(self.free(), call).await
    }

    async fn free(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.free).acquire_owned().await
    }

    async fn in_time(
        &self,
        permit: impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>>,
        call: &'static str,
    ) -> Result<Turn, DingtalkError> {
        let _waiting = Waiting::among(&self.waiting);
        match timeout(LONGEST_QUEUE, permit).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
            _ => Err(DingtalkError::Unreachable { call, why: "too many calls of this app wait already".into() }),
        }
    }
}

/// Counts one that waits until it has its turn, or gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::Ipv4Addr,
        pin::{Pin, pin},
    };

    use futures::FutureExt;

    use super::*;

    const CALL: &str = "a test";

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    fn so_far<T>(future: Pin<&mut impl Future<Output = Result<T, DingtalkError>>>) -> Option<T> {
        future.now_or_never().map(Result::unwrap)
    }

    #[tokio::test]
    async fn one_address_has_every_turn_while_nobody_else_asks() {
        let queue = FairQueue::new();
        let held: Vec<_> = (0..AT_ONCE).map(|_| so_far(pin!(queue.of(address(1), CALL)))).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(so_far(pin!(queue.of(address(1), CALL))).is_none(), "and not one more");
        drop(held);
        assert!(so_far(pin!(queue.of(address(1), CALL))).is_some());
    }

    #[tokio::test]
    async fn nobody_waits_behind_more_than_one_of_another_address() {
        let queue = FairQueue::new();
        let mut held: Vec<_> = (0..AT_ONCE).map(|_| so_far(pin!(queue.of(address(1), CALL))).unwrap()).collect();
        let mut crowd: Vec<_> = (0..100).map(|_| Box::pin(queue.of(address(1), CALL))).collect();
        assert!(crowd.iter_mut().all(|one| so_far(one.as_mut()).is_none()));
        let (mut other, mut following) = (pin!(queue.of(address(2), CALL)), pin!(queue.next(CALL)));
        assert!(so_far(other.as_mut()).is_none() && so_far(following.as_mut()).is_none());

        held.truncate(AT_ONCE - 1);
        assert!(so_far(other.as_mut()).is_none(), "the first of the crowd came earlier");
        let _first = so_far(crowd[0].as_mut()).unwrap();
        assert!(so_far(crowd[1].as_mut()).is_none());
        held.truncate(AT_ONCE - 3);
        assert!(so_far(other.as_mut()).is_some() && so_far(following.as_mut()).is_some());
    }
}
