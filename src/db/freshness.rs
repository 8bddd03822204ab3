//! "Has anything been committed since?", asked before each answer that is given from memory.
//!
//! What a database must promise, so that a cache of what it holds is exact:
//!
//! 1. *Equal stamps:* between two reads of one and the same [`Stamp`], no change of sessions was committed, by whichever
//!    process.
//! 2. *A commit is seen:* a stamp that is read after the commit of such a change has returned differs from every stamp
//!    read before that commit began.
//! 3. *No stamp means "ask":* where there is none, nothing in memory may be used before the tables were read.
//!
//! What changed is then read from a table of numbered changes (`sessions::invalidation`). Of its numbers the database
//! must promise:
//!
//! 4. *Order:* a reader that sees a change sees every change with a lower number that was not removed. After reading up
//!    to a number, nobody misses a lower one that is committed later.
//! 5. *No gaps:* a missing number belongs to a change that was removed, never to one that is still to come or was
//!    rolled back. A reader that misses the number after its last one forgets everything.
//! 6. *An older database that was put back* ends at a lower number than was known, or has another mark at it. A reader
//!    that finds this forgets everything.
//!
//! SQLite keeps 1 to 3 by its index of the write-ahead log (`wal_index`), 4 and 5 because one connection writes at a
//! time and takes its numbers in its own transaction.
//!
//! On PostgreSQL a stamp is the newest change, known by a lease; without one there is no stamp (`postgres::lease`). A
//! commit returns when every server knows its changes or has no lease from before it (`postgres::others`), which keeps 1
//! and 2. It keeps 4 and 5 because whoever changes a session holds the write lock until the commit can be seen
//! (`postgres::lock`), and the trigger numbers a change by the highest number there, not by a sequence, which would leave
//! a gap after a rollback.

/// A moment in the database's history. Opaque: only equality counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Moment);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    WalIndex([u8; 96]),
    Change(Change),
}

impl Stamp {
    pub(super) fn of_wal_index(header: [u8; 96]) -> Self {
        Self(Moment::WalIndex(header))
    }

    pub(super) fn of_change(newest: Change) -> Self {
        Self(Moment::Change(newest))
    }
}

/// A numbered change of sessions. The mark tells it from another one of the same number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    pub id: i64,
    pub mark: i64,
}

#[cfg(test)]
mod tests {
    use super::super::{Pools, open_temporary, query, query_scalar};

    async fn other_process(folder: &tempfile::TempDir) -> Pools {
        Pools::open(&folder.path().join("test.db").to_string_lossy()).await.expect("the same file")
    }

    async fn writes(pools: &Pools) -> super::super::Transaction {
        let mut transaction = pools.write().await.unwrap();
        let write = query("INSERT INTO session_changes (user_id) VALUES (1)");
        write.execute(&mut transaction).await.unwrap();
        transaction
    }

    #[tokio::test]
    async fn a_commit_changes_the_stamp_of_every_process_by_the_time_that_it_returns() {
        let (folder, pools) = open_temporary().await;
        let other = other_process(&folder).await;
        let mut seen = Vec::new();
        for writer in [&pools, &other, &pools, &other] {
            seen.push(pools.stamp().expect("a stamp"));
            writes(writer).await.commit().await.unwrap();
            let stamp = pools.stamp().expect("a stamp");
            assert!(!seen.contains(&stamp), "after {} commits", seen.len());
            assert_eq!(other.stamp(), Some(stamp));
        }
        // The log starts anew.
        query("PRAGMA wal_checkpoint(RESTART)").execute(&mut pools.file_writer().await).await.unwrap();
        writes(&other).await.commit().await.unwrap();
        assert!(!seen.contains(&pools.stamp().expect("a stamp")));
    }

    #[tokio::test]
    async fn what_commits_nothing_leaves_the_stamp() {
        let (_folder, pools) = open_temporary().await;
        let stamp = pools.stamp();
        writes(&pools).await.rollback().await.unwrap();
        let mut snapshot = pools.snapshot().await.unwrap();
        let changes: i64 = query_scalar("SELECT count(*) FROM session_changes").fetch_one(&mut snapshot).await.unwrap();
        assert_eq!((changes, pools.stamp()), (0, stamp));
        assert!(stamp.is_some());
    }
}
