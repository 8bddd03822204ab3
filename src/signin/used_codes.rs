//! Auth codes that were sent to DingTalk already: a spent code is never sent twice.

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
