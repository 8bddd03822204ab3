//! Opens the SQLite file and brings its tables up to date.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::{
    Conn, Pools,
    group_commit::GroupCommit,
    in_use::{self, NotHeld},
    private::{self, NotPrivate},
    wal_index::WalIndex,
};

/// How long a statement waits for another process (the command line, a backup) to let go of the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before a locked file is opened again.
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(50);
const READERS: u32 = 4;
/// Each connection's own cache, in SQLite's form for KiB. The system caches the file anyway, and with 16 MiB each the
/// five connections could take 80 MiB, more than the rest of the process.
const CACHE: &str = "-4096";

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("databases.miandeng.url = {url:?}: {why}; write a file's path, e.g. \"miandeng.db\"")]
    Url { url: String, why: NoLastingFile },
    #[error(
        "databases.miandeng.url = {path:?}: the file cannot be opened for writing: {source}; miandeng needs a writable folder"
    )]
    File { path: PathBuf, source: io::Error },
    #[error("databases.miandeng.url = {path:?}: {source}")]
    NotPrivate { path: PathBuf, source: NotPrivate },
    #[error("databases.miandeng.url = {path:?}: miandeng restore is replacing the file; try again when that is done")]
    Restoring { path: PathBuf },
    #[error("databases.miandeng.url = {path:?}: the file cannot be used: {source}; {}", advice(source))]
    Unusable { path: PathBuf, source: sqlx::Error },
    #[error("databases.miandeng.url = {path:?}: the tables cannot be brought up to date: {source}")]
    Migrate { path: PathBuf, source: MigrateError },
}

/// Why an address names no file that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLastingFile {
    #[error("names no file")]
    None,
    #[error("a database in memory is lost at each restart")]
    InMemory,
    #[error("is not the path of a SQLite file")]
    NoPath,
}

impl Pools {
    /// Opens the file that `databases.miandeng.url` names, or makes it, with mode 0600, and migrates it.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
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
        let in_use = in_use::shared(&resolved).await.map_err(|error| match error {
            NotHeld::ByAnother => OpenError::Restoring { path: path.clone() },
            NotHeld::File(error) => file(error),
        })?;
        let sqlite = |source| OpenError::Unusable { path: path.clone(), source };

        let writing = options(&path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let writer = connect(1, writing).await.map_err(sqlite)?;
        // Before the readers: they open read-only and must find the tables and the write-ahead log.
        migrate(&writer).await.map_err(|source| OpenError::Migrate { path: path.clone(), source })?;

        let readers = connect(READERS, reading(&path)).await.map_err(sqlite)?;
        let wal_index = WalIndex::of(&resolved);
        let (repaired, _in_use) = (repaired.into(), Arc::new(in_use));
        Ok(Self {
            writer,
            readers,
            wal_index,
            group: GroupCommit::default(),
            checks: Arc::default(),
            waits: Arc::default(),
            repaired,
            _in_use,
        })
    }
}

/// One connection to a file that is there, which is not migrated.
pub async fn connect_to(file: &Path) -> sqlx::Result<Conn> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    options.foreign_keys(true).busy_timeout(BUSY_TIMEOUT).connect().await
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

/// A file beside the database, by what SQLite or we put behind its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
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

fn reading(path: &Path) -> SqliteConnectOptions {
    // To optimize, a connection writes: one that may not fails there, and nobody waits for the rest of its close.
    options(path).read_only(true).pragma("query_only", "on").optimize_on_close(false, None)
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
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Processes that start together get in each other's way: one that fails tries once more, with the file to itself. The
/// lock is not taken at first, because most starts change nothing and must not wait for a writer.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    // Not `run`, whose future the compiler does not take for `Send`.
    let migrations = sqlx::migrate!();
    if migrations.run_direct(None, &mut *writer.acquire().await?, false).await.is_ok() {
        return Ok(());
    }
    let mut alone = writer.begin_with("BEGIN IMMEDIATE").await?;
    migrations.run_direct(None, &mut *alone, false).await?;
    Ok(alone.commit().await?)
}

/// What helps against SQLite's answer, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    Wait,
    Restore,
    MakeRoom,
}

pub fn advice(error: &sqlx::Error) -> Advice {
    match kind_of(error) {
        Some(5 | 6) => Advice::Wait,
        Some(11 | 26) => Advice::Restore,
        _ => Advice::MakeRoom,
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait => "another process has locked it: try again when that one is done",
            Self::Restore => "restore it from a backup, or name another file",
            Self::MakeRoom => "miandeng needs a writable folder on a disk with free space",
        })
    }
}

pub fn file_of(url: &str) -> Result<PathBuf, OpenError> {
    let refuse = |why| Err(OpenError::Url { url: url.to_owned(), why });
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if path.is_empty() {
        return refuse(NoLastingFile::None);
    }
    if path.contains(":memory:") {
        return refuse(NoLastingFile::InMemory);
    }
    if path.contains("://") || path.contains('?') {
        return refuse(NoLastingFile::NoPath);
    }
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_names_no_lasting_file_is_refused() {
        for url in ["", "sqlite:", ":memory:", "sqlite::memory:", "postgres://host/db", "miandeng.db?mode=ro"] {
            assert!(file_of(url).is_err(), "{url}");
        }
        assert_eq!(file_of("sqlite:data/m.db").unwrap(), PathBuf::from("data/m.db"));
    }
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
            sqlx::query(person).bind(n.to_string()).execute(&mut *writing).await.unwrap();
            writing.commit().await.unwrap();
            let people = "SELECT name FROM users WHERE corp_id = 'c' AND unionid = '1'";
            let mut reader = reading(&path).connect().await.unwrap();
            sqlx::query(people).fetch_optional(&mut reader).await.unwrap();
            reader.close().await.unwrap();
            sqlx::query(people).fetch_optional(&mut *pools.read().await.unwrap()).await.unwrap();
            pools.close().await;
            assert!(!with_suffix(&path, "-wal").exists(), "after {n} closes");
        }
    }
}
