//! The database: a SQLite file, or PostgreSQL where several servers share it.
//!
//! One connection writes and a few read. Writers queue in the process instead of failing with "database is locked", and
//! readers never wait for a writer. What must write (a sign-in, a sign-out) waits while an import holds the database.
//!
//! Which database it is, what a connection to it is and how it tells that something was committed is known in this
//! folder alone.

mod backend;
mod conn;
mod freshness;
mod group_commit;
mod leases;
mod open;
mod postgres;
mod query;
mod query_builder;
mod rocket_pool;
pub mod schema;
mod sqlite;
mod values;

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::Instant;

pub(crate) use self::sqlite::in_use;
use self::{backend::Backend, group_commit::GroupCommit};
pub use self::{
    conn::{Conn, Reader, Which},
    freshness::{Change, Stamp},
    leases::{Lease, sweep_leases},
    open::{Advice, NoLastingFile, OpenError, advice, file_of, with_suffix},
    postgres::{
        Address as ServerAddress, BadAddress as BadServerAddress, NotUsable as ServerNotUsable,
        begin as begin_on_server, commit as commit_on_server, connect as connect_to_server, is_address as is_server,
        without_password,
    },
    query::{Done, Query, QueryAs, QueryScalar, Row, Value, query, query_as, query_scalar},
    query_builder::{QueryBuilder, Separated},
    rocket_pool::Db,
    schema::has_table,
    sqlite::{NotPrivate, Repaired, WhyOpenToOthers, connect_to, give_to_owner_of, is_locked, kind_of},
    values::Values,
};
use crate::metrics::Histogram;

/// The connections to one database.
#[derive(Clone)]
pub struct Pools {
    backend: Backend,
    group: GroupCommit,
    checks: Arc<Checks>,
    waits: Arc<Waits>,
}

/// What is written together or not at all. Dropped without [`Transaction::commit`], it is undone.
pub struct Transaction {
    conn: Conn,
    backend: Backend,
}

/// How long callers waited for a connection.
pub struct Waits {
    pub read: Histogram,
    /// For the one writer, and for the database's lock.
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
        match &self.backend {
            Backend::Sqlite(file) => &file.repaired,
            Backend::Postgres(_) => &[],
        }
    }

    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// The connections that read, and the one that writes.
    pub fn connections(&self) -> [(&'static str, InUse); 2] {
        let of = |(open, idle): (u32, usize)| InUse {
            open,
            in_use: open.saturating_sub(u32::try_from(idle).unwrap_or(open)),
        };
        let [read, write] = self.backend.connections().map(of);
        [("read", read), ("write", write)]
    }

    /// This moment in the database's history, by its promises (`db::freshness`). It costs no query.
    pub fn stamp(&self) -> Option<Stamp> {
        self.backend.stamp()
    }

    /// Lets this process give stamps until this is dropped, if the database is one that several servers share.
    pub async fn hold_lease(&self) {
        self.backend.hold_lease().await;
    }

    /// A connection that only reads.
    pub async fn read(&self) -> sqlx::Result<Reader> {
        timed(&self.waits.read, self.backend.read()).await
    }

    /// A transaction that only reads, and reads everything as it was at its first statement.
    pub async fn snapshot(&self) -> sqlx::Result<Transaction> {
        timed(&self.waits.read, self.backend.snapshot()).await.map(|conn| self.begun(conn))
    }

    /// The writer, in a transaction that holds the database's write lock from its first statement on: nobody else
    /// writes until it has ended.
    ///
    /// # Errors
    /// When another process holds the lock for longer than five seconds, or the pool is closed.
    pub async fn write(&self) -> sqlx::Result<Transaction> {
        timed(&self.waits.write, self.backend.write()).await.map(|conn| self.begun(conn))
    }

    fn begun(&self, conn: Conn) -> Transaction {
        Transaction { conn, backend: self.backend.clone() }
    }

    /// Runs one statement that writes, in a commit of its own. On PostgreSQL it waits for no other writer: it is for statements
    /// that are atomic by themselves, about rows on which nothing in [`Pools::write`] relies.
    ///
    /// # Errors
    /// Those of [`Pools::write`] and of the statement. After an error it may have been carried out all the same.
    pub async fn write_one(&self, statement: Query<'_>) -> sqlx::Result<Done> {
        match &self.backend {
            Backend::Sqlite(_) => self.transaction(async |tx| statement.execute(tx).await).await,
            Backend::Postgres(server) => statement.execute(&mut server.write_one().await.map(Conn::from)?).await,
        }
    }

    /// Whether other servers may be at work on this database, each in a memory of its own. Several servers on one SQLite file
    /// are on one machine and for an upgrade; they have never shared what is in memory.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
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
        self.group.join(&self.backend, &self.waits.write, work).await
    }

    /// Whether the database can be read now.
    pub async fn check_read(&self) -> sqlx::Result<()> {
        self.backend.check_read().await
    }

    /// Whether something can be written now. The lock alone proves nothing: it can be taken on a full disk too. What is
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
        query(self.backend.writes_nothing_new()).execute(&mut transaction).await?;
        transaction.commit().await?;
        self.checks.good.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Closes both pools, after the last request has been answered.
    pub async fn close(&self) {
        self.backend.close().await;
    }
}

async fn timed<T>(waits: &Histogram, wait: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = wait.await;
    waits.observe(began.elapsed());
    done
}

impl Transaction {
    /// Commits. From its return on, no [`Stamp`] of any process is equal to one from before, if sessions changed.
    pub async fn commit(self) -> sqlx::Result<()> {
        let change = self.conn.commit().await?;
        self.backend.is_known_everywhere(change).await;
        Ok(())
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        self.conn.rollback().await
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

#[cfg(test)]
impl Pools {
    /// The connection that writes to the file, outside of a transaction.
    async fn file_writer(&self) -> Conn {
        let Backend::Sqlite(file) = &self.backend else { panic!("no file") };
        file.writer.acquire().await.expect("the writer").into()
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
