//! What people are searched by, for rows that were written before there was a search. Once that is done, it does nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{db::Pools, users};

/// Rows in one transaction: a sign-in waits for one of these at the most.
const AT_ONCE: u32 = 1_000;

pub struct PeopleSearch {
    pools: Pools,
    is_done: AtomicBool,
}

impl PeopleSearch {
    pub fn new(pools: Pools) -> Arc<Self> {
        Arc::new(Self { pools, is_done: AtomicBool::new(false) })
    }

    /// One portion.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(self: Arc<Self>) -> sqlx::Result<()> {
        if self.is_done.load(Ordering::Relaxed) {
            return Ok(());
        }
        let filled = self.pools.transaction(async |tx| users::fill_search(tx, AT_ONCE).await).await?;
        self.is_done.store(filled < u64::from(AT_ONCE), Ordering::Relaxed);
        Ok(())
    }
}
