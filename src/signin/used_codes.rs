//! Auth codes that were sent to DingTalk already: no code is sent twice.
//!
//! They are remembered in the process, as are states that were taken (`super::state`). For one server that suffices,
//! because neither guards a session alone:
//!
//! - DingTalk takes a code once. Marking it here saves the second call, and lets one of several requests with the same
//!   code be the one that signs in.
//! - A state is bound to a browser's cookie and ten minutes. Taken a second time it starts no session without another
//!   code, for which the browser could as well have opened another page.
//!
//! After a restart a code may be sent once more and is refused, and a page that was open still signs its person in.
//!
//! A table costs twice as much: the mark must be on disk before DingTalk is asked, in a transaction of its own (with
//! `synchronous = FULL`, 2.1 times the time of the session's alone). So there is one only where several servers share the
//! database (`super::used_once`), and what memory knows is refused without asking it.

use std::time::Duration;

use moka::policy::EvictionPolicy;

use super::used_once;
use crate::{clock::UnixSeconds, db::Pools, secret::Secret};

/// Twice the five minutes that a code is good for.
const REMEMBER: Duration = Duration::from_secs(600);
const REMEMBER_MOST: u64 = 200_000;

/// Digests, not codes.
pub struct UsedCodes(moka::sync::Cache<[u8; 32], ()>);

impl Default for UsedCodes {
    fn default() -> Self {
        Self(
            moka::sync::Cache::builder()
                .eviction_policy(EvictionPolicy::lru())
                .max_capacity(REMEMBER_MOST)
                .time_to_live(REMEMBER)
                .build(),
        )
    }
}

impl UsedCodes {
    /// Marks a code as spent. Of any number of callers, on all servers, one gets `true`.
    ///
    /// # Errors
    /// When the database fails. The code counts as spent here: somebody may have marked it.
    pub async fn spend(&self, db: &Pools, app: &str, code: &Secret, now: UnixSeconds) -> sqlx::Result<bool> {
        let digest = used_once::digest("code", &format!("{app}|{}", code.expose()));
        Ok(self.0.entry(digest).or_insert(()).is_fresh() && used_once::mark(db, &digest, now).await?)
    }
}
