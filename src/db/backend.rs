//! Which database it is.

use std::sync::Arc;

use super::{
    Stamp,
    conn::{Conn, Reader},
    freshness::Change,
    postgres, sqlite,
};

#[derive(Clone)]
pub(super) enum Backend {
    Sqlite(Arc<sqlite::File>),
    Postgres(postgres::Server),
}

impl Backend {
    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Sqlite(file) => file.stamp(),
            Self::Postgres(server) => server.stamp(),
        }
    }

    pub async fn read(&self) -> sqlx::Result<Reader> {
        match self {
            Self::Sqlite(file) => Ok(Reader(file.readers.acquire().await?.into())),
            Self::Postgres(server) => Ok(Reader(server.read().await?.into())),
        }
    }

    pub async fn snapshot(&self) -> sqlx::Result<Conn> {
        match self {
            Self::Sqlite(file) => file.readers.begin().await.map(Conn::from),
            Self::Postgres(server) => server.snapshot().await.map(Conn::from),
        }
    }

    pub async fn write(&self) -> sqlx::Result<Conn> {
        match self {
            Self::Sqlite(file) => file.write().await.map(Conn::from),
            Self::Postgres(server) => server.write().await.map(Conn::from),
        }
    }

    /// Lets this process give stamps, until it is dropped.
    pub async fn hold_lease(&self) {
        match self {
            // Its index is always at hand.
            Self::Sqlite(_) => std::future::pending().await,
            Self::Postgres(server) => server.hold_lease().await,
        }
    }

    /// Returns when a change that was committed is known to every process that answers from memory.
    pub async fn is_known_everywhere(&self, change: Option<Change>) {
        if let (Self::Postgres(server), Some(change)) = (self, change) {
            server.is_known_everywhere(change).await;
        }
    }

    pub async fn check_read(&self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(file) => file.check_read().await,
            Self::Postgres(server) => server.check_read().await,
        }
    }

    /// A statement that writes and changes nothing.
    pub fn writes_nothing_new(&self) -> &'static str {
        match self {
            // A number in the file's head that SQLite leaves to applications, and which we leave at 0.
            Self::Sqlite(_) => "PRAGMA user_version = 0",
            Self::Postgres(_) => "UPDATE server_keys SET created_at = created_at WHERE name = 'state'",
        }
    }

    /// How many connections read and how many write, and how many of each have nothing to do.
    pub fn connections(&self) -> [(u32, usize); 2] {
        match self {
            Self::Sqlite(file) => {
                let (readers, writer) = (&file.readers, &file.writer);
                [(readers.size(), readers.num_idle()), (writer.size(), writer.num_idle())]
            }
            Self::Postgres(server) => {
                let (readers, writer) = (&server.readers, &server.writer);
                [(readers.size(), readers.num_idle()), (writer.size(), writer.num_idle())]
            }
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(server) => server.close().await,
        }
    }
}
