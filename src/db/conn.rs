//! A connection to either database.
//!
//! One type that owns what it is: a trait object in its place would do the same, but the compiler does not see that an
//! `async` closure taking `&mut dyn …` may be sent to another thread.

use std::ops::{Deref, DerefMut};

use sqlx::{Connection, PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolConnection};

use super::{freshness::Change, postgres::answered};

/// A connection, as the query functions beside each table take it.
pub struct Conn(Kind);

enum Kind {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(sqlx::Transaction<'static, Sqlite>),
    /// From no pool, like `Server`.
    File(SqliteConnection),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(sqlx::Transaction<'static, Postgres>),
    Server(PgConnection),
}

/// What a connection is connected to. Statements ask (`db::query`); nobody else needs to.
pub enum Which<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Conn {
    pub fn which(&mut self) -> Which<'_> {
        match &mut self.0 {
            Kind::Sqlite(connection) => Which::Sqlite(connection),
            Kind::SqliteTransaction(transaction) => Which::Sqlite(transaction),
            Kind::File(connection) => Which::Sqlite(connection),
            Kind::Postgres(connection) => Which::Postgres(connection),
            Kind::PostgresTransaction(transaction) => Which::Postgres(transaction),
            Kind::Server(connection) => Which::Postgres(connection),
        }
    }

    /// Returns once it is closed: SQLite tidies up beside the file. A pooled connection goes back to its pool.
    pub async fn close(self) -> sqlx::Result<()> {
        match self.0 {
            Kind::File(connection) => connection.close().await,
            Kind::Server(connection) => connection.close().await,
            _ => Ok(()),
        }
    }

    /// Whether the database has not ended the transaction by itself, as SQLite does on a full disk.
    pub(super) async fn is_in_transaction(&mut self) -> sqlx::Result<bool> {
        match self.which() {
            Which::Sqlite(db) => {
                // Its end is known once the connection answers.
                db.ping().await?;
                Ok(db.is_in_transaction())
            }
            // `commit` asks.
            Which::Postgres(_) => Ok(true),
        }
    }

    /// Commits, and says up to which change others must be waited for: also where this transaction made none, since another
    /// one may have done it already and still be waiting.
    pub(super) async fn commit(self) -> sqlx::Result<Option<Change>> {
        match self.0 {
            Kind::SqliteTransaction(transaction) => transaction.commit().await.map(|()| None),
            Kind::PostgresTransaction(mut transaction) => {
                // After a statement that failed, PostgreSQL answers a COMMIT with a ROLLBACK, which sqlx takes for
                // success. Every other statement fails then.
                let newest = sqlx::query_as("SELECT id, mark FROM session_changes ORDER BY id DESC LIMIT 1");
                let newest = answered(newest.fetch_optional(&mut *transaction)).await?;
                answered(transaction.commit()).await?;
                Ok(newest)
            }
            _ => Ok(None),
        }
    }

    pub(super) async fn rollback(self) -> sqlx::Result<()> {
        match self.0 {
            Kind::SqliteTransaction(transaction) => transaction.rollback().await,
            Kind::PostgresTransaction(transaction) => transaction.rollback().await,
            _ => Ok(()),
        }
    }
}

impl From<PoolConnection<Sqlite>> for Conn {
    fn from(connection: PoolConnection<Sqlite>) -> Self {
        Self(Kind::Sqlite(connection))
    }
}

impl From<sqlx::Transaction<'static, Sqlite>> for Conn {
    fn from(transaction: sqlx::Transaction<'static, Sqlite>) -> Self {
        Self(Kind::SqliteTransaction(transaction))
    }
}

impl From<SqliteConnection> for Conn {
    fn from(connection: SqliteConnection) -> Self {
        Self(Kind::File(connection))
    }
}

impl From<PoolConnection<Postgres>> for Conn {
    fn from(connection: PoolConnection<Postgres>) -> Self {
        Self(Kind::Postgres(connection))
    }
}

impl From<sqlx::Transaction<'static, Postgres>> for Conn {
    fn from(transaction: sqlx::Transaction<'static, Postgres>) -> Self {
        Self(Kind::PostgresTransaction(transaction))
    }
}

impl From<PgConnection> for Conn {
    fn from(connection: PgConnection) -> Self {
        Self(Kind::Server(connection))
    }
}

/// A connection that only reads, until it is dropped.
pub struct Reader(pub(super) Conn);

impl Deref for Reader {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
