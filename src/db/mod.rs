//! The database: a SQLite file, and the two ways to reach it.
//!
//! One connection writes and a few read. Writers queue in the process instead of failing with "database is locked", and
//! readers never wait for a writer. What must write (a sign-in, a sign-out) waits while an import holds the file.
//!
//! Which database it is, what a connection to it is and how it tells that something was committed is known in this
//! folder alone.

mod freshness;
mod group_commit;
pub(crate) mod in_use;
mod open;
mod private;
mod rocket_pool;
pub mod schema;
mod wal_index;

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::time::Instant;

pub use self::{
    freshness::Stamp,
    open::{Advice, NoLastingFile, OpenError, advice, connect_to, file_of, is_locked, kind_of, with_suffix},
    private::{NotPrivate, Repaired, WhyOpenToOthers, give_to_owner_of},
    rocket_pool::Db,
};
use self::{group_commit::GroupCommit, wal_index::WalIndex};
use crate::metrics::Histogram;

/// A connection, as the query functions beside each table take it.
pub type Conn = SqliteConnection;

/// Builds a statement of as many rows as there are.
pub type QueryBuilder = sqlx::QueryBuilder<Sqlite>;

/// The connections to one database.
#[derive(Clone)]
pub struct Pools {
    writer: SqlitePool,
    readers: SqlitePool,
    wal_index: WalIndex,
    group: GroupCommit,
    checks: Arc<Checks>,
    waits: Arc<Waits>,
    repaired: Arc<[Repaired]>,
    /// Keeps a restore away while the file is open.
    _in_use: Arc<Option<in_use::Held>>,
}

/// What is written together or not at all. Dropped without [`Transaction::commit`], it is undone.
pub struct Transaction(sqlx::Transaction<'static, Sqlite>);

/// How long callers waited for a connection.
pub struct Waits {
    pub read: Histogram,
    /// For the one writer, and for the file's lock.
    pub write: Histogram,
}

impl Default for Waits {
    fn default() -> Self {
        Self { read: Histogram::of_answers(), write: Histogram::of_answers() }
    }
}

/// The connections of a pool.
#[derive(Debug, Clone, Copy)]
pub struct InUse {
    pub open: u32,
    pub in_use: u32,
}

/// Checks whether the database can be written.
#[derive(Default)]
struct Checks {
    running: tokio::sync::Mutex<()>,
    /// How many have found that it can.
    good: AtomicU64,
}

impl Pools {
    /// The files that others could read or write until they were opened here.
    pub fn repaired(&self) -> &[Repaired] {
        &self.repaired
    }

    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// The connections that read, and the one that writes.
    pub fn connections(&self) -> [(&'static str, InUse); 2] {
        let of = |pool: &SqlitePool| {
            let open = pool.size();
            InUse { open, in_use: open.saturating_sub(u32::try_from(pool.num_idle()).unwrap_or(open)) }
        };
        [("read", of(&self.readers)), ("write", of(&self.writer))]
    }

    /// This moment in the database's history, by its promises (`db::freshness`). It costs no query.
    pub fn stamp(&self) -> Option<Stamp> {
        self.wal_index.stamp()
    }

    /// A connection that only reads.
    pub async fn read(&self) -> sqlx::Result<PoolConnection<Sqlite>> {
        timed(&self.waits.read, self.readers.acquire()).await
    }

    /// A transaction that only reads, and reads everything as it was at its first statement.
    pub async fn snapshot(&self) -> sqlx::Result<Transaction> {
        timed(&self.waits.read, self.readers.begin()).await.map(Transaction)
    }

    /// The writer, in a transaction that holds the file's write lock from its first statement on: two writers can
    /// then never deadlock by upgrading.
    ///
    /// # Errors
    /// When another process holds the lock for longer than five seconds, or the pool is closed.
    pub async fn write(&self) -> sqlx::Result<Transaction> {
        timed(&self.waits.write, begin_write(&self.writer)).await.map(Transaction)
    }

    /// Does some work in one transaction, and commits it if it succeeds.
    ///
    /// # Errors
    /// Those of the work, which is then undone, and those of [`Pools::write`] and of the commit.
    pub async fn transaction<T, E: From<sqlx::Error>>(
        &self,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut transaction = self.write().await?;
        let done = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// As [`Pools::transaction`], for work that is short and comes in crowds: whoever waits for the writer at the same
    /// time shares one commit. Long work would hold up everybody's answer.
    ///
    /// # Errors
    /// Those of [`Pools::transaction`]. If the commit fails, it fails for everybody who shares it.
    pub async fn group_commit<T, E: From<sqlx::Error>>(
        &self,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.group.join(&self.writer, &self.waits.write, work).await
    }

    /// Whether the database can be read now.
    pub async fn check_read(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT count(*) FROM sqlite_master").fetch_one(&mut *self.read().await?).await.map(drop)
    }

    /// Whether something can be written now. The lock alone does not tell: it is to be had on a full disk too. What is
    /// written changes nothing.
    ///
    /// # Errors
    /// As for [`Pools::write`], and when there is no room.
    pub async fn check_write(&self) -> sqlx::Result<()> {
        let seen = self.checks.good.load(Ordering::Acquire);
        let _one_at_a_time = self.checks.running.lock().await;
        if self.checks.good.load(Ordering::Acquire) > seen {
            // Another check has succeeded since this one was asked for. However many ask, sign-ins wait for one at the
            // most.
            return Ok(());
        }
        let mut transaction = self.write().await?;
        // A number in the file's head that SQLite leaves to applications, and which we leave at 0.
        sqlx::query("PRAGMA user_version = 0").execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.checks.good.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Closes both pools, after the last request has been answered. Does not wait for another process that writes.
    pub async fn close(&self) {
        // SQLite tidies up when it closes (statistics, the write-ahead log). If another process has the write lock,
        // that is left to it: a command would hang for nothing. If this fails, the close only takes longer.
        let _ = sqlx::query("PRAGMA busy_timeout = 0").execute(&self.writer).await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn timed<T>(waits: &Histogram, wait: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = wait.await;
    waits.observe(began.elapsed());
    done
}

async fn begin_write(writer: &SqlitePool) -> sqlx::Result<sqlx::Transaction<'static, Sqlite>> {
    writer.begin_with("BEGIN IMMEDIATE").await
}

impl Transaction {
    /// Commits. From its return on, no [`Stamp`] is equal to one from before.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit().await
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        self.0.rollback().await
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// A fresh database in a folder of its own, which goes when the folder is dropped.
#[cfg(test)]
pub(crate) async fn open_temporary() -> (tempfile::TempDir, Pools) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("test.db");
    let pools = Pools::open(&file.to_string_lossy()).await.expect("a fresh database");
    (folder, pools)
}
