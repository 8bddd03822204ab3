//! Auth codes that were sent to DingTalk already: a process never sends a code twice.
//!
//! They are remembered in the process, and states that were taken are too (`super::state`). That suffices while one
//! server serves, because neither guards a session alone:
//!
//! - DingTalk takes a code once, and refuses it to whoever comes second. Marking it here saves that call, and lets one of
//!   several requests with the same code be the one that signs in.
//! - A state is bound to a browser's cookie and ten minutes. Taken a second time it starts no session: that takes another
//!   code, for which the browser could have opened another page.
//!
//! After a restart, then, a code is sent once more and refused, and a page that was open still signs its person in.
//!
//! A table would be no better and twice as dear: the mark must be on the disk before DingTalk is asked, which is a
//! transaction of its own beside the session's (measured with `synchronous = FULL`: 2.1 times the time of the session's
//! alone), and sign-ins are bound by such writes. Several servers on one database will need it; [`UsedCodes::spend`] and
//! `States::take` are the two places.

use std::time::Duration;

use moka::policy::EvictionPolicy;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// A code is good for five minutes; after twice that DingTalk knows it no more than we do.
const REMEMBER: Duration = Duration::from_secs(600);
const REMEMBER_MOST: u64 = 200_000;

/// Remembers digests of codes, not the codes.
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
    /// Marks a code of an app as spent. Of any number of callers with one code, one hears `true`.
    pub fn spend(&self, app: &str, code: &Secret) -> bool {
        let digest = Sha256::digest(format!("{app}|{}", code.expose()));
        self.0.entry(digest.into()).or_insert(()).is_fresh()
    }
}
