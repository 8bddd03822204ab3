//! The sessions that were seen lately, remembered in the process, and exact all the same.
//!
//! A look-up in SQLite costs four thread hops; a proxy asks at every request. So what was read is kept, and before each
//! answer the database file is asked, by one small read, whether anything at all was committed since. If so, the
//! changes that concern sessions are read (`session_changes`) and what they concern is forgotten. No answer outlives a
//! revocation, whoever made it: it is in force when it is committed.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use moka::sync::Cache;

use super::{
    Lifetimes, Session, TOUCH_INTERVAL, Token,
    changes::{self, Since},
    last_seen::LastSeen,
};
use crate::{
    clock::UnixSeconds,
    db::{ChangeStamp, Pools},
    users::{self, User},
};

/// How many sessions are remembered; the longest unused is forgotten first. One takes about a kilobyte.
const MOST: u64 = 50_000;

type Digest = [u8; 32];

/// Finds live sessions.
pub struct LiveSessions {
    pools: Pools,
    lifetimes: Lifetimes,
    last_seen: LastSeen,
    remembered: Cache<Digest, Arc<Remembered>>,
    /// Which of them are whose.
    by_user: Arc<Mutex<HashMap<i64, HashSet<Digest>>>>,
    /// What the file's stamp was when the changes were last read.
    stamp: RwLock<Option<ChangeStamp>>,
    /// The last change that was read. It changes only while `reading` is held.
    seen: AtomicI64,
    reading: tokio::sync::Mutex<()>,
}

/// Who is signed in, and by which session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub user: User,
    /// The session.
    pub session: Session,
}

struct Remembered {
    signed_in: Arc<SignedIn>,
    last_seen_at: AtomicI64,
}

impl LiveSessions {
    /// Remembers nothing yet. `last_seen` is told which sessions are in use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(pools: Pools, lifetimes: Lifetimes, last_seen: LastSeen) -> sqlx::Result<Self> {
        let seen = changes::last(&mut *pools.read().await?).await?;
        let by_user: Arc<Mutex<HashMap<i64, HashSet<Digest>>>> = Arc::default();
        let index = Arc::clone(&by_user);
        let forgotten = move |digest: Arc<Digest>, gone: Arc<Remembered>, cause: moka::notification::RemovalCause| {
            // What was replaced by its like is still there under the same key.
            if cause == moka::notification::RemovalCause::Replaced {
                return;
            }
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(theirs) = index.get_mut(&gone.signed_in.user.id) {
                theirs.remove(&*digest);
                if theirs.is_empty() {
                    index.remove(&gone.signed_in.user.id);
                }
            }
        };
        let remembered = Cache::builder().max_capacity(MOST).eviction_listener(forgotten).build();
        Ok(Self {
            pools,
            lifetimes,
            last_seen,
            remembered,
            by_user,
            stamp: RwLock::default(),
            seen: AtomicI64::new(seen),
            reading: tokio::sync::Mutex::default(),
        })
    }

    /// Who is signed in by this cookie.
    ///
    /// # Errors
    /// When the database fails. Nobody is then taken for signed in.
    pub async fn find(&self, token: &Token, now: UnixSeconds) -> sqlx::Result<Option<Arc<SignedIn>>> {
        self.catch_up().await?;
        let digest = token.digest();
        let found = match self.remembered.get(&digest) {
            Some(remembered) => Some(remembered),
            None => self.read(token, digest, now).await?,
        };
        let Some(found) = found else { return Ok(None) };
        let last_seen_at = found.last_seen_at.load(Ordering::Relaxed);
        if !self.lifetimes.allow(found.signed_in.session.created_at, last_seen_at, now) {
            return Ok(None);
        }
        if now - last_seen_at >= TOUCH_INTERVAL {
            // Of all requests in this minute, one says so.
            let first = found.last_seen_at.compare_exchange(last_seen_at, now, Ordering::Relaxed, Ordering::Relaxed);
            if first.is_ok() {
                self.last_seen.note(found.signed_in.session.id, now);
            }
        }
        Ok(Some(Arc::clone(&found.signed_in)))
    }

    /// Forgets what has changed in the file since it was last asked.
    async fn catch_up(&self) -> sqlx::Result<()> {
        if self.is_current(self.pools.change_stamp()) {
            return Ok(());
        }
        let _one_at_a_time = self.reading.lock().await;
        // Before the changes are read: whatever is committed from here on makes another stamp.
        let stamp = self.pools.change_stamp();
        if self.is_current(stamp) {
            return Ok(());
        }
        let mut reader = self.pools.read().await?;
        match changes::since(&mut reader, self.seen.load(Ordering::Acquire)).await? {
            Since::Nothing => {}
            Since::Users(users, newest) => {
                // First the number, then the forgetting: see `remember`.
                self.seen.store(newest, Ordering::Release);
                let stale: Vec<Digest> = {
                    let index = self.by_user();
                    users.iter().filter_map(|user| index.get(user)).flatten().copied().collect()
                };
                stale.iter().for_each(|digest| self.remembered.invalidate(digest));
            }
            Since::TooMuch(newest) => {
                self.seen.store(newest, Ordering::Release);
                let all: Vec<Digest> = self.by_user().values().flatten().copied().collect();
                all.iter().for_each(|digest| self.remembered.invalidate(digest));
            }
        }
        *self.stamp.write().unwrap_or_else(PoisonError::into_inner) = stamp;
        Ok(())
    }

    /// A file whose stamp cannot be read is never current: it is asked each time.
    fn is_current(&self, stamp: Option<ChangeStamp>) -> bool {
        stamp.is_some() && *self.stamp.read().unwrap_or_else(PoisonError::into_inner) == stamp
    }

    async fn read(&self, token: &Token, digest: Digest, now: UnixSeconds) -> sqlx::Result<Option<Arc<Remembered>>> {
        let seen = self.seen.load(Ordering::Acquire);
        let mut reader = self.pools.read().await?;
        let Some(session) = super::find(&mut reader, token, self.lifetimes, now).await? else { return Ok(None) };
        let Some(user) = users::get(&mut reader, session.user_id).await? else { return Ok(None) };
        let last_seen_at = AtomicI64::new(session.last_seen_at);
        let found = Arc::new(Remembered { signed_in: Arc::new(SignedIn { user, session }), last_seen_at });
        self.remember(digest, &found, seen);
        Ok(Some(found))
    }

    /// Keeps what was read, unless changes were read meanwhile: they may concern it, and have forgotten it already.
    fn remember(&self, digest: Digest, found: &Arc<Remembered>, seen: i64) {
        let user_id = found.signed_in.user.id;
        self.by_user().entry(user_id).or_default().insert(digest);
        self.remembered.insert(digest, Arc::clone(found));
        // A change that was read after `seen` has either found it here, or is noticed now.
        if self.seen.load(Ordering::Acquire) != seen {
            self.remembered.invalidate(&digest);
        }
    }

    fn by_user(&self) -> MutexGuard<'_, HashMap<i64, HashSet<Digest>>> {
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
