//! The SQLite file: opening it, migrating it, and the two ways to reach it.
//!
//! One connection writes and a few read. Writers queue in the process instead of failing with "database is locked",
//! and reading never waits for writing. What must write (a sign-in, a sign-out) waits while an import holds the file.

mod private;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rocket_db_pools::Database;
use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::MigrateError,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

pub use self::private::{NotPrivate, Repaired};

/// How long a statement waits for another process (the command line, a backup) to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after a refusal the file is asked for again while it is opened.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
const READERS: u32 = 4;
/// Pages that a connection keeps for itself, in KiB as SQLite wants it. There are five connections, and the system
/// caches the file anyway: with 16 MiB each they could come to 80 MiB, more than all the rest of the process.
const CACHE: &str = "-4096";

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The setting names no file.
    #[error("databases.miandeng.url = {url:?}: {why}; write a file's path, e.g. \"miandeng.db\"")]
    Url {
        /// The setting's value.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file or its folder cannot be used.
    #[error(
        "databases.miandeng.url = {path:?}: the file cannot be opened for writing: {source}; miandeng needs one writable folder"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Others may read or write the file.
    #[error("databases.miandeng.url = {path:?}: {source}")]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Whose it is, and what to do.
        source: NotPrivate,
    },
    /// SQLite refused the file.
    #[error("databases.miandeng.url = {path:?}: the file cannot be used: {source}; {}", cure(source))]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's answer.
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("databases.miandeng.url = {path:?}: the tables cannot be brought up to date: {source}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What the migration said.
        source: MigrateError,
    },
}

/// The connections to one SQLite file.
#[derive(Clone)]
pub struct Pools {
    writer: SqlitePool,
    readers: SqlitePool,
    /// The index of the write-ahead log, which every process that uses the file shares. It is never closed: closing any
    /// descriptor of a file drops the locks that this process, and so SQLite, holds on it (sqlite.org/howtocorrupt, 2.2).
    wal_index: Option<&'static File>,
    checks: Arc<Checks>,
    repaired: Arc<[Repaired]>,
}

/// Checks whether the file can be written.
#[derive(Default)]
struct Checks {
    running: tokio::sync::Mutex<()>,
    /// How many have found that it can.
    good: AtomicU64,
}

/// What changes whenever anything is committed to the file, by whichever process.
///
/// It is the header of SQLite's index of the write-ahead log (two copies of 48 bytes, sqlite.org/walformat.html): its
/// change counter, its number of frames and its salts. Opaque to us; only equality counts.
pub type ChangeStamp = [u8; 96];

impl Pools {
    /// Opens the file that `databases.miandeng.url` names and migrates it. The file is made with mode 0600 if it is absent,
    /// and brought to it if it is there.
    ///
    /// # Errors
    /// One case each for a setting that names no file, a file or folder without write access, a file that others may
    /// read and that is not ours to change, a file that is no SQLite database, and a failed migration.
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
        let sqlite = |source| OpenError::Sqlite { path: path.clone(), source };

        let writing = options(&path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let writer = connect(1, writing).await.map_err(sqlite)?;
        // Before the readers: they open read-only and must find the tables and the write-ahead log.
        migrate(&writer).await.map_err(|source| OpenError::Migrate { path: path.clone(), source })?;

        let reading = options(&path).read_only(true).pragma("query_only", "on");
        let readers = connect(READERS, reading).await.map_err(sqlite)?;
        let wal_index = File::open(with_suffix(&resolved, "-shm")).ok().map(|file| &*Box::leak(Box::new(file)));
        Ok(Self { writer, readers, wal_index, checks: Arc::default(), repaired: repaired.into() })
    }

    /// The files that others could read or write until they were opened here.
    pub fn repaired(&self) -> &[Repaired] {
        &self.repaired
    }

    /// The file's change stamp: one read of memory that the processes share, no query. `None` where this machine has no
    /// such file; then nothing may be taken for unchanged.
    pub fn change_stamp(&self) -> Option<ChangeStamp> {
        let mut stamp = [0; 96];
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(self.wal_index?, &mut stamp, 0).ok()?;
        #[cfg(not(unix))]
        return None;
        Some(stamp)
    }

    /// A connection that only reads.
    ///
    /// # Errors
    /// When the pool is closed, or no connection came free in time.
    pub async fn read(&self) -> sqlx::Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await
    }

    /// The writer, in a transaction that holds the file's write lock from its first statement on: two writers can
    /// then never deadlock by upgrading.
    ///
    /// # Errors
    /// When another process holds the lock for longer than five seconds, or the pool is closed.
    pub async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
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
            // Somebody else's was, since this was asked: however many ask, sign-ins wait for one at the most.
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
        // SQLite tidies up when it closes (statistics, the write-ahead log). Where another process has the write lock
        // that is the other's to do later; an answer on the command line would hang for nothing. If this fails, the
        // close only takes longer.
        let _ = sqlx::query("PRAGMA busy_timeout = 0").execute(&self.writer).await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The pools as Rocket hands them to a route: `Connection<Db>` reads, `&State<Db>` also writes.
#[derive(Database, Clone)]
#[database("miandeng")]
pub struct Db(Pools);

/// `#[rocket::async_trait]` is what the trait was declared with; under another name it is the same macro.
#[async_trait::async_trait]
impl rocket_db_pools::Pool for Pools {
    type Error = OpenError;
    type Connection = PoolConnection<Sqlite>;

    async fn init(figment: &figment::Figment) -> Result<Self, Self::Error> {
        let url = figment.extract_inner::<String>("url").unwrap_or_default();
        Self::open(&url).await
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        self.read().await.map_err(|source| OpenError::Sqlite { path: PathBuf::new(), source })
    }

    /// Does nothing: rocket_db_pools calls it while requests are still being answered. `cli::serve` closes the pools
    /// after the last one.
    async fn close(&self) {}
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // A local file's connection does not go stale; testing one costs a thread hop on every request.
    SqlitePoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
}

/// Whether a connection that comes back may be used again.
///
/// Where the disk is full, SQLite ends a transaction by itself (sqlite.org/lang_transaction.html, 2.1). sqlx then fails to
/// roll it back and takes the connection for being in it for ever: every later transaction would be refused.
async fn is_out_of_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // One that was dropped is rolled back by the time that the connection answers.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
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

/// Opens connections. Processes that start at once on a fresh file all set up its write-ahead log, and where two of them
/// would wait for each other, SQLite calls the file locked without waiting at all. So it is asked again for as long as
/// it would have waited.
async fn connect(connections: u32, how: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let until = Instant::now() + BUSY_TIMEOUT;
    loop {
        match pool(connections).connect_with(how.clone()).await {
            Err(error) if is_locked(&error) && Instant::now() < until => sleep(BETWEEN_TRIES).await,
            connected => return connected,
        }
    }
}

fn is_locked(error: &sqlx::Error) -> bool {
    matches!(kind_of(error), Some(5 | 6))
}

/// The kind of SQLite's answer (sqlite.org/rescode.html): the lowest byte of its code.
fn kind_of(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Brings the tables up to date. Processes that start at once on one file get in each other's way: whoever fails tries
/// once more with the file to itself, and finds done what another one did.
///
/// The lock is not taken at first, because most starts change nothing and must not wait for a writer.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    // Not `run`: what it borrows, the compiler takes for a future that may not be sent.
    let migrations = sqlx::migrate!();
    if migrations.run_direct(None, &mut *writer.acquire().await?, false).await.is_ok() {
        return Ok(());
    }
    let mut alone = writer.begin_with("BEGIN IMMEDIATE").await?;
    migrations.run_direct(None, &mut *alone, false).await?;
    Ok(alone.commit().await?)
}

/// What helps against SQLite's answer, for the operator.
pub fn cure(error: &sqlx::Error) -> &'static str {
    match kind_of(error) {
        Some(5 | 6) => "another process has it to itself: try again when that is done",
        Some(11 | 26) => "restore it from a backup, or name another file",
        _ => "miandeng needs one writable folder on a disk that has room",
    }
}

/// The file that `databases.miandeng.url` names.
///
/// # Errors
/// When it names none.
pub fn file_of(url: &str) -> Result<PathBuf, OpenError> {
    let refuse = |why| Err(OpenError::Url { url: url.to_owned(), why });
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if path.is_empty() {
        return refuse("names no file");
    }
    if path.contains(":memory:") {
        return refuse("a database in memory is forgotten at each restart");
    }
    if path.contains("://") || path.contains('?') {
        return refuse("is not the path of a SQLite file");
    }
    Ok(PathBuf::from(path))
}

/// A fresh database in a folder of its own, which goes when the folder is dropped.
#[cfg(test)]
pub(crate) async fn open_temporary() -> (tempfile::TempDir, Pools) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("test.db");
    let pools = Pools::open(&file.to_string_lossy()).await.expect("a fresh database");
    (folder, pools)
}

/// A connection, as the query functions beside each table take it.
pub type Conn = SqliteConnection;

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
}
