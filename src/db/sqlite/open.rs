//! Opens the SQLite file and brings its tables up to date.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::{
    in_use::{self, NotHeld},
    private::{self, Repaired},
    wal_index::WalIndex,
};
use crate::db::{
    Conn,
    freshness::Stamp,
    open::{OpenError, file_of},
    schema,
};

/// How long a statement waits for another process (the command line, a backup) to let go of the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before a locked file is opened again.
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(50);
const READERS: u32 = 4;
/// Each connection's own cache, in SQLite's form for KiB. The system caches the file anyway, and with 16 MiB each the
/// five connections could take 80 MiB, more than the rest of the process.
const CACHE: &str = "-4096";

/// The pools of one file.
pub(in crate::db) struct File {
    pub writer: SqlitePool,
    pub readers: SqlitePool,
    wal_index: WalIndex,
    pub repaired: Vec<Repaired>,
    /// Keeps a restore away while the file is open.
    _in_use: Option<in_use::Held>,
}

/// Opens the file, or makes it, and migrates it.
pub(in crate::db) async fn open(url: &str) -> Result<File, OpenError> {
    let path = file_of(url)?;
    let file = |source| OpenError::File { path: path.clone(), source };
    let database = private::create(&path).map_err(file)?;
    // SQLite follows links, and puts its other files beside what they lead to.
    let resolved = path.canonicalize().map_err(file)?;
    let repaired = private::keep(&path, &resolved, &database)
        .map_err(|source| OpenError::NotPrivate { path: path.clone(), source })?;
    for file in &repaired {
        tracing::warn!("{file}");
    }
    drop(database);
    let _in_use = in_use::shared(&resolved).await.map_err(|error| match error {
        NotHeld::ByAnother => OpenError::Restoring { path: path.clone() },
        NotHeld::File(error) => file(error),
    })?;
    let sqlite = |source| OpenError::Unusable { path: path.clone(), source };

    let writing = options(&path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let writer = connect(1, writing).await.map_err(sqlite)?;
    // Before the readers: they open read-only and must find the tables and the write-ahead log.
    migrate(&writer).await.map_err(|source| OpenError::Migrate { path: path.clone(), source })?;

    let readers = connect(READERS, reading(&path)).await.map_err(sqlite)?;
    Ok(File { writer, readers, wal_index: WalIndex::of(&resolved), repaired, _in_use })
}

impl File {
    /// This moment in the file's history, by `db::freshness`.
    pub fn stamp(&self) -> Option<Stamp> {
        self.wal_index.stamp()
    }

    /// A transaction that holds the file's write lock from its first statement on: two writers can then never deadlock
    /// by upgrading.
    pub async fn write(&self) -> sqlx::Result<sqlx::Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Whether the tables can be read.
    pub async fn check_read(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT count(*) FROM sqlite_master").fetch_one(&self.readers).await.map(drop)
    }

    /// Does not wait for another process that writes.
    pub async fn close(&self) {
        // SQLite tidies up when it closes (statistics, the write-ahead log). If another process has the write lock,
        // that is left to it: a command would hang for nothing. If this fails, the close only takes longer.
        let _ = sqlx::query("PRAGMA busy_timeout = 0").execute(&self.writer).await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// One connection to a file that is there, which is not migrated.
pub async fn connect_to(file: &Path) -> sqlx::Result<Conn> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    options.foreign_keys(true).busy_timeout(BUSY_TIMEOUT).connect().await.map(Conn::from)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // A local file's connection does not go stale, and a test costs each request a thread hop.
    SqlitePoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
}

/// On a full disk SQLite ends a transaction by itself (sqlite.org/lang_transaction.html, 2.1). sqlx then fails to roll
/// it back, believes the connection to be in it still, and would refuse every later one.
async fn is_out_of_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // A dropped transaction is rolled back by the time the connection answers.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn reading(path: &Path) -> SqliteConnectOptions {
    // Optimizing writes, so a read-only connection fails there, and nobody waits for the rest of its close.
    options(path).read_only(true).pragma("query_only", "on").optimize_on_close(false, None)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", CACHE)
        .pragma("temp_store", "memory")
        .optimize_on_close(true, None)
}

/// Processes that start together on a fresh file all set up its write-ahead log. Where two would wait for each other,
/// SQLite calls the file locked at once, so this tries again until SQLite's own time limit.
async fn connect(connections: u32, how: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let until = Instant::now() + BUSY_TIMEOUT;
    loop {
        match all_of(connections, how.clone()).await {
            Err(error) if is_locked(&error) && Instant::now() < until => sleep(BETWEEN_TRIES).await,
            connected => return connected,
        }
    }
}

/// sqlx opens some of them in a task of its own, which a close does not wait for: one that came after it would keep the
/// last close from emptying the write-ahead log into the database file.
async fn all_of(connections: u32, how: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let pool = pool(connections).connect_with(how).await?;
    let acquired = (0..connections).map(|_| pool.acquire());
    futures_util::future::try_join_all(acquired).await?;
    Ok(pool)
}

/// Whether another process has it to itself.
pub fn is_locked(error: &sqlx::Error) -> bool {
    matches!(kind_of(error), Some(5 | 6))
}

/// The kind of SQLite's answer (sqlite.org/rescode.html): the lowest byte of its code.
pub fn kind_of(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?;
    // A code of PostgreSQL's may look like one of these.
    error.try_downcast_ref::<SqliteError>()?;
    let code: u32 = error.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Processes that start together get in each other's way: one that fails tries once more, with the file to itself. The
/// lock is not taken at first, because most starts change nothing and must not wait for a writer.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    // Not `run`, whose future the compiler does not take for `Send`.
    let migrations = schema::migrations();
    if migrations.run_direct(None, &mut *writer.acquire().await?, false).await.is_ok() {
        return Ok(());
    }
    let mut alone = writer.begin_with("BEGIN IMMEDIATE").await?;
    migrations.run_direct(None, &mut *alone, false).await?;
    Ok(alone.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Pools, query, query_as, with_suffix};

    /// A close that fails part of the way is not waited for, and the last close then leaves the write-ahead log behind.
    #[tokio::test]
    async fn once_closed_the_file_alone_holds_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        for n in 0..20 {
            let pools = Pools::open(&path.to_string_lossy()).await.unwrap();
            let mut writing = pools.write().await.unwrap();
            let person = "INSERT INTO users (corp_id, userid, name, source, created_at, updated_at) \
                          VALUES ('c', $1, 'n', 'manual', 0, 0)";
            query(person).bind(n.to_string()).execute(&mut writing).await.unwrap();
            writing.commit().await.unwrap();
            let people = "SELECT name FROM users WHERE corp_id = 'c' AND unionid = '1'";
            let mut reader = Conn::from(reading(&path).connect().await.unwrap());
            query_as::<(String,)>(people).fetch_optional(&mut reader).await.unwrap();
            reader.close().await.unwrap();
            query_as::<(String,)>(people).fetch_optional(&mut pools.read().await.unwrap()).await.unwrap();
            pools.close().await;
            assert!(!with_suffix(&path, "-wal").exists(), "after {n} closes");
        }
    }
}
