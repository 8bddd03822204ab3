//! Connects to PostgreSQL and brings the tables up to date.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres, Row, Transaction, pool::PoolConnection,
    postgres::PgDatabaseError,
};

use super::{
    address,
    lease::ServerLease,
    lock, others,
    pool::{Use, pool},
    wait::{STATEMENT, answered, in_time},
};
use crate::db::{Change, Conn, Stamp, open::OpenError, schema};

const READERS: u32 = 10;
const WATCHERS: u32 = 2;
/// For statements that are atomic by themselves ([`Pools::write_one`](crate::db::Pools::write_one)).
const SINGLE_WRITERS: u32 = 4;
/// How long a question waits for a connection before the database counts as out of reach, and how long a write waits for the one
/// writer.
const ACQUIRE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];
const OLDEST: u32 = 13;

/// What holds for every connection. A server of ours that is paused or cut off within a transaction must not keep the
/// others from writing for long.
pub(super) const ALWAYS: [(&str, &str); 3] =
    [("idle_in_transaction_session_timeout", LONGEST_REST), ("lock_timeout", "5s"), ("statement_timeout", "10s")];
const LONGEST_REST: &str = "20s";
const READING: [(&str, &str); 1] = [("default_transaction_read_only", "on")];

/// Why a PostgreSQL server cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    #[error("this PostgreSQL is older than {OLDEST}; miandeng needs {OLDEST} or later")]
    TooOld,
    /// What it answers is late, so a revoked session would still be good there.
    #[error("this PostgreSQL is a standby, whose data may lag; use the primary's address")]
    Standby,
    /// Between statements it gives the connection to others, and does not tell us what changed.
    #[error(
        "a connection pooler such as PgBouncer does not pass our connection settings on to PostgreSQL; \
         use PostgreSQL's own address, since miandeng pools its connections"
    )]
    Pooler,
    #[error("this PostgreSQL takes no writes (default_transaction_read_only)")]
    ReadOnly,
    #[error("this database does not hold every character; make it with ENCODING 'UTF8'")]
    NotUtf8,
}

/// The pools of one database.
#[derive(Clone)]
pub(in crate::db) struct Server {
    pub writer: PgPool,
    pub single_writers: PgPool,
    pub readers: PgPool,
    /// For those who wait until the other servers know of a change.
    watchers: PgPool,
    /// The last change that was waited for: no lease is older.
    settled: Arc<Mutex<Option<Change>>>,
    lease: Arc<ServerLease>,
}

/// Connects, and migrates.
pub(in crate::db) async fn open(url: &str) -> Result<Server, OpenError> {
    let (options, address) = address::parse(url).map_err(OpenError::Address)?;
    let options = options.application_name("miandeng").options(ALWAYS);
    let server = |source| match is_refused_by_pooler(&source) {
        true => OpenError::NotUsable { address: address.clone(), why: NotUsable::Pooler },
        false => OpenError::Server { address: address.clone(), source },
    };
    let mut first = options.connect().await.map_err(server)?;
    if let Some(why) = why_not(&mut first).await.map_err(server)? {
        return Err(OpenError::NotUsable { address, why });
    }
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut first).await.map_err(server)?;
    if encoding != "UTF8" {
        return Err(OpenError::NotUsable { address, why: NotUsable::NotUtf8 });
    }
    // Servers that start together wait for each other: sqlx takes a lock for it. That, and a migration, may take long.
    first.execute("SET lock_timeout = 0; SET statement_timeout = 0").await.map_err(server)?;
    let migrated = schema::postgres().run_direct(None, &mut first, false).await;
    migrated.map_err(|source| OpenError::MigrateServer { address: address.clone(), source })?;
    // A failed farewell harms nobody.
    let _ = first.close().await;
    let [to_read, to_write] = ACQUIRE;
    Ok(Server {
        writer: pool(1, Use::Writes).acquire_timeout(to_write).connect_lazy_with(options.clone()),
        single_writers: pool(SINGLE_WRITERS, Use::Writes).acquire_timeout(to_read).connect_lazy_with(options.clone()),
        readers: pool(READERS, Use::Reads).acquire_timeout(to_read).connect_lazy_with(options.clone().options(READING)),
        watchers: pool(WATCHERS, Use::Writes).acquire_timeout(to_read).connect_lazy_with(options.clone()),
        settled: Arc::default(),
        lease: Arc::new(ServerLease::new(options)),
    })
}

/// One connection to a database that is there, which is not migrated.
pub async fn connect(url: &str) -> sqlx::Result<Conn> {
    let (options, _) = address::parse(url).map_err(|why| sqlx::Error::Configuration(why.into()))?;
    in_time(STATEMENT, options.application_name("miandeng").connect()).await.map(Conn::from)
}

pub(super) async fn why_not(db: &mut PgConnection) -> sqlx::Result<Option<NotUsable>> {
    // Compatible databases say no number.
    if db.server_version_num().is_some_and(|version| version < OLDEST * 10_000) {
        return Ok(Some(NotUsable::TooOld));
    }
    // A commit that PostgreSQL forgets when it crashes is no revocation.
    let sql = "SELECT pg_is_in_recovery(), current_setting('idle_in_transaction_session_timeout'), \
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', FALSE) END";
    // Without a prepared statement: a pooler may give its use to another connection, which does not know it.
    let row = sqlx::raw_sql(sql).fetch_one(db).await?;
    if row.try_get::<String, _>(1)? != LONGEST_REST {
        return Ok(Some(NotUsable::Pooler));
    }
    Ok(row.try_get::<bool, _>(0)?.then_some(NotUsable::Standby))
}

/// PgBouncer refuses settings that it does not know, unless it is told to leave them out.
fn is_refused_by_pooler(error: &sqlx::Error) -> bool {
    const PROTOCOL_VIOLATION: &str = "08P01";
    of_postgres(error)
        .is_some_and(|error| error.code() == PROTOCOL_VIOLATION && error.message().contains("startup parameter"))
}

impl Server {
    pub async fn read(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.readers.acquire().await
    }

    pub async fn snapshot(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        answered(self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await
    }

    /// A transaction beside which no other server writes.
    pub async fn write(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        let begun = self.writer.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED");
        let mut transaction = in_time(ACQUIRE[1] + STATEMENT, begun).await?;
        let lock = "SELECT pg_advisory_xact_lock($1)::TEXT, current_setting('transaction_read_only') = 'on'";
        let lock = sqlx::query_as(lock).bind(lock::WRITE);
        let (_, is_read_only): (String, bool) = answered(lock.fetch_one(&mut *transaction)).await?;
        match is_read_only {
            true => Err(sqlx::Error::Configuration(NotUsable::ReadOnly.into())),
            false => Ok(transaction),
        }
    }

    /// A connection that writes beside the one writer, each statement in a commit of its own.
    pub async fn write_one(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.single_writers.acquire().await
    }

    /// Whether the tables can be read.
    pub async fn check_read(&self) -> sqlx::Result<()> {
        answered(sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(&self.readers)).await.map(drop)
    }

    pub fn stamp(&self) -> Option<Stamp> {
        self.lease.newest().map(Stamp::of_change)
    }

    /// Lets this server answer from memory, until it is dropped.
    pub async fn hold_lease(&self) {
        tokio::join!(self.lease.hold(), self.lease.listen());
    }

    /// Returns when a change that was committed is in force on every server.
    pub async fn is_known_everywhere(&self, change: Change) {
        let settled = || self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if *settled() == Some(change) {
            return;
        }
        self.lease.wake();
        others::know(change.id, &self.watchers).await;
        *settled() = Some(change);
    }

    pub async fn close(&self) {
        self.lease.give_up().await;
        self.readers.close().await;
        self.single_writers.close().await;
        self.writer.close().await;
        self.watchers.close().await;
    }
}

/// Whether somebody else kept us waiting for too long.
pub fn is_locked(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const DEADLOCK: &str = "40P01";
    of_postgres(error).is_some_and(|error| [LOCK_NOT_AVAILABLE, DEADLOCK].contains(&error.code()))
}

/// Whether it is PostgreSQL's answer, or the lack of one.
pub fn is_from_server(error: &sqlx::Error) -> bool {
    // The last two are of a socket's file, or a certificate's.
    const OF_A_NETWORK: [ErrorKind; 10] = [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::TimedOut,
        ErrorKind::UnexpectedEof,
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
    ];
    match error {
        sqlx::Error::Io(error) => OF_A_NETWORK.contains(&error.kind()) || is_of_a_name(error),
        sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => true,
        error => of_postgres(error).is_some(),
    }
}

/// Whether a host's name has no address, for which Rust has no kind yet.
fn is_of_a_name(error: &std::io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
}

fn of_postgres(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}
