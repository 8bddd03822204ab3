//! Recently seen sessions, kept in memory and exact all the same.
//!
//! A look-up in the database costs four thread hops, and a proxy asks at every request, so sessions are cached. Before
//! each answer the database's stamp tells whether anything was committed since; if so, the changes to sessions are read
//! (`invalidation`) and those sessions forgotten. Any revocation is in force once it is committed.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use moka::{policy::EvictionPolicy, sync::Cache};

use super::{
    Policy, Session, TOUCH_INTERVAL, Token,
    activity::Activity,
    invalidation::{self, Since},
};
use crate::{
    clock::UnixSeconds,
    db::{Change, Pools, Stamp},
    users::{self, User},
};

/// How many sessions are remembered; the longest unused is forgotten first. One takes about a kilobyte.
const MOST: u64 = 50_000;

/// For how many people the last change is kept. Beyond that, everything that was read before is stale.
const MOST_CHANGED: usize = 10_000;

pub struct SessionCache {
    pools: Pools,
    policy: Policy,
    activity: Activity,
    remembered: Cache<[u8; 32], Arc<Remembered>>,
    changed: RwLock<Changed>,
    /// The number of the last change that was read. It changes only while `reading` is held.
    seen: AtomicI64,
    /// The last change that was read.
    reading: tokio::sync::Mutex<Change>,
    /// How many times the changes could not be read.
    failures: AtomicU64,
}

#[derive(Default)]
struct Changed {
    /// The database's stamp when the changes were last read.
    stamp: Option<Stamp>,
    /// Whose sessions changed, and by which change last.
    users: HashMap<i64, i64>,
    /// Everything that was read before this change is stale.
    floor: i64,
}

impl Changed {
    /// Whether nothing was committed since this was written. Without a stamp the database is asked each time.
    fn is_current(&self, stamp: Option<Stamp>) -> bool {
        stamp.is_some() && self.stamp == stamp
    }

    fn is_fresh(&self, remembered: &Remembered) -> bool {
        let last = self.users.get(&remembered.signed_in.user.id).copied().unwrap_or(self.floor);
        remembered.as_of >= last.max(self.floor)
    }

    fn vouches_for(&self, remembered: &Remembered, stamp: Option<Stamp>) -> bool {
        self.is_current(stamp) && self.is_fresh(remembered)
    }
}

/// The person who is signed in, and the session that says so.
#[derive(Debug, Clone)]
pub struct Principal {
    pub user: User,
    pub session: Session,
}

struct Remembered {
    signed_in: Arc<Principal>,
    /// The one address that the session is good for, if there is one.
    only_for: Option<String>,
    /// The last change known before it was read. A later one may concern it.
    as_of: i64,
    last_seen_at: AtomicI64,
}

impl SessionCache {
    pub async fn new(pools: Pools, policy: Policy, activity: Activity) -> sqlx::Result<Self> {
        let seen = invalidation::last(&mut *pools.read().await?).await?;
        Ok(Self {
            pools,
            policy,
            activity,
            remembered: Cache::builder().max_capacity(MOST).eviction_policy(EvictionPolicy::lru()).build(),
            changed: RwLock::default(),
            seen: AtomicI64::new(seen.id),
            reading: seen.into(),
            failures: AtomicU64::new(0),
        })
    }

    /// The person signed in by this cookie. A session that is good for one address alone signs nobody in here.
    pub async fn find(&self, token: &Token, now: UnixSeconds) -> sqlx::Result<Option<Arc<Principal>>> {
        let found = self.find_any(token, now).await?.filter(|found| found.only_for.is_none());
        Ok(found.map(|found| self.in_use(&found, now)))
    }

    /// The person signed in by this cookie at one address. That is compared as the text that the proxy sent: read as an
    /// address, it might not be what the proxy has read.
    pub async fn find_at(
        &self,
        token: &Token,
        address: &str,
        now: UnixSeconds,
    ) -> sqlx::Result<Option<Arc<Principal>>> {
        let Some(found) = self.find_any(token, now).await? else { return Ok(None) };
        Ok(match &found.only_for {
            None => Some(self.in_use(&found, now)),
            // It ends by its age, so its use is not noted.
            Some(only) => (address == only).then(|| Arc::clone(&found.signed_in)),
        })
    }

    async fn find_any(&self, token: &Token, now: UnixSeconds) -> sqlx::Result<Option<Arc<Remembered>>> {
        let digest = token.digest();
        let known = self.remembered.get(&digest);
        // Read after `known`: whatever was committed before this moment makes that stale.
        let stamp = self.pools.stamp();
        let found = match known.filter(|known| self.known().vouches_for(known, stamp)) {
            Some(known) => Some(known),
            None => {
                self.catch_up().await?;
                match self.remembered.get(&digest).filter(|known| self.known().is_fresh(known)) {
                    Some(known) => Some(known),
                    None => self.read(token, digest, now).await?,
                }
            }
        };
        let Some(found) = found else { return Ok(None) };
        match self.is_in_time(&found, now) {
            true => Ok(Some(found)),
            // Another server may have noted a later use, so the database decides.
            false => self.read(token, digest, now).await,
        }
    }

    fn in_use(&self, found: &Remembered, now: UnixSeconds) -> Arc<Principal> {
        let last_seen_at = found.last_seen_at.load(Ordering::Relaxed);
        if now - last_seen_at >= TOUCH_INTERVAL {
            // One request a minute notes it.
            let first = found.last_seen_at.compare_exchange(last_seen_at, now, Ordering::Relaxed, Ordering::Relaxed);
            if first.is_ok() {
                self.activity.note(found.signed_in.session.id, now);
            }
        }
        Arc::clone(&found.signed_in)
    }

    fn is_in_time(&self, found: &Remembered, now: UnixSeconds) -> bool {
        let last_seen_at = found.last_seen_at.load(Ordering::Relaxed);
        self.policy.is_in_time(found.only_for.as_deref(), found.signed_in.session.created_at, last_seen_at, now)
    }

    /// Forgets what has changed since the changes were last read.
    async fn catch_up(&self) -> sqlx::Result<()> {
        if self.is_current(self.pools.stamp()) {
            return Ok(());
        }
        let failures = self.failures.load(Ordering::Acquire);
        let mut seen = self.reading.lock().await;
        // Before the changes are read: whatever is committed from here on changes the stamp.
        let stamp = self.pools.stamp();
        if self.is_current(stamp) {
            return Ok(());
        }
        if self.failures.load(Ordering::Acquire) != failures {
            // Whoever waited for a read that failed does not wait for another one.
            return Err(sqlx::Error::PoolTimedOut);
        }
        let read = async { invalidation::since(&mut *self.pools.read().await?, *seen).await };
        let since = read.await.inspect_err(|_| {
            self.failures.fetch_add(1, Ordering::AcqRel);
        })?;
        let mut changed = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        match since {
            Since::Nothing => {}
            Since::Users(users, newest) if changed.users.len() + users.len() <= MOST_CHANGED => {
                changed.users.extend(users.into_iter().map(|user| (user, newest.id)));
                *seen = newest;
            }
            Since::Users(_, newest) | Since::TooMuch(newest) => {
                changed.users.clear();
                changed.floor = newest.id;
                *seen = newest;
                self.remembered.invalidate_all();
            }
        }
        self.seen.store(seen.id, Ordering::Release);
        changed.stamp = stamp;
        Ok(())
    }

    fn is_current(&self, stamp: Option<Stamp>) -> bool {
        self.known().is_current(stamp)
    }

    fn known(&self) -> RwLockReadGuard<'_, Changed> {
        self.changed.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, token: &Token, digest: [u8; 32], now: UnixSeconds) -> sqlx::Result<Option<Arc<Remembered>>> {
        // Before the rows are read: a change that comes in between makes them stale, not fresh.
        let as_of = self.seen.load(Ordering::Acquire);
        let mut snapshot = self.pools.snapshot().await?;
        let Some(mut row) = super::find_any(&mut snapshot, token, &self.policy, now).await? else { return Ok(None) };
        let Some(user) = users::get(&mut snapshot, row.user_id).await? else { return Ok(None) };
        snapshot.rollback().await?;
        let (only_for, last_seen_at) = (row.only_for.take(), AtomicI64::new(row.last_seen_at));
        let signed_in = Arc::new(Principal { user, session: row.into_session() });
        let found = Arc::new(Remembered { signed_in, only_for, as_of, last_seen_at });
        self.remembered.insert(digest, Arc::clone(&found));
        Ok(Some(found))
    }
}
