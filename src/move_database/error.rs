//! Why nothing was moved.

use std::{
    io,
    path::{Path, PathBuf},
};

use sqlx::migrate::MigrateError;

use crate::{
    backup::BadCopy,
    db::{BadServerAddress, OpenError, ServerAddress, ServerNotUsable, advice, is_locked},
};

/// Why nothing was moved. Both databases are as they were, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    #[error("there is no database {0:?}")]
    NoDatabase(PathBuf),
    #[error("{0:?} is in use by a server, another command or another program; stop it first (systemctl stop miandeng)")]
    InUse(PathBuf),
    #[error("{file:?} cannot be locked: {source}")]
    File { file: PathBuf, source: io::Error },
    #[error("{file:?} cannot be read: {source}")]
    Unreadable { file: PathBuf, source: sqlx::Error },
    #[error("{file:?} is damaged ({how}); put a backup in its place first (miandeng restore)")]
    Damaged { file: PathBuf, how: String },
    #[error("{file:?} {source}")]
    Bad { file: PathBuf, source: BadCopy },
    /// It would have to be changed.
    #[error(
        "{file:?} is of an older version (migration {version}); make a backup, start this version once, and stop it again"
    )]
    Older { file: PathBuf, version: i64 },
    #[error(
        "{file:?}: {row}: the column {column} has a NUL character, which PostgreSQL cannot hold; replace it, or remove the row"
    )]
    Nul { file: PathBuf, row: String, column: String },
    #[error(
        "--to {0:?}: write the address of a PostgreSQL database, e.g. \"postgres://miandeng@db.example.com/miandeng\""
    )]
    NoServer(String),
    /// The address is not repeated: it may hold a password.
    #[error("--to: the PostgreSQL address {0}; write it as \"postgres://miandeng@db.example.com/miandeng\"")]
    Address(BadServerAddress),
    #[error("{address}: {source}; {}", advice(source))]
    Server { address: ServerAddress, source: sqlx::Error },
    #[error("{address}: {why}")]
    NotUsable { address: ServerAddress, why: ServerNotUsable },
    #[error("{address}: its texts are {encoding}; make the database with ENCODING 'UTF8'")]
    NotUtf8 { address: ServerAddress, encoding: String },
    #[error("{address} is not empty: the table {table} has rows; name an empty database")]
    NotEmpty { address: ServerAddress, table: &'static str },
    #[error("{address}: the tables cannot be made: {source}")]
    Migrate { address: ServerAddress, source: MigrateError },
    #[error("{address}: the table {table} cannot be written: {source}; {}", advice(source))]
    NotWritten { address: ServerAddress, table: &'static str, source: sqlx::Error },
    #[error(
        "{address}: the table {table} has not become what it is here ({here} rows here, {there} there), so nothing is kept \
         there; look for triggers and rules of that database"
    )]
    Differs { address: ServerAddress, table: &'static str, here: u64, there: u64 },
    /// All of it is there, or nothing.
    #[error(
        "{address}: no answer to the commit: {source}; run the command again: if all has arrived, it refuses that database"
    )]
    Commit { address: ServerAddress, source: sqlx::Error },
    #[error(transparent)]
    Open(OpenError),
}

impl NotMoved {
    pub(super) fn reading(file: &Path, source: sqlx::Error) -> Self {
        match is_locked(&source) {
            true => Self::InUse(file.to_owned()),
            false => Self::Unreadable { file: file.to_owned(), source },
        }
    }

    pub(super) fn writing(address: &ServerAddress, table: &'static str, source: sqlx::Error) -> Self {
        Self::NotWritten { address: address.clone(), table, source }
    }
}

impl From<OpenError> for NotMoved {
    /// Those of an address are said without the name of the setting.
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Address(why) => Self::Address(why),
            OpenError::Server { address, source } => Self::Server { address, source },
            OpenError::NotUsable { address, why } => Self::NotUsable { address, why },
            other => Self::Open(other),
        }
    }
}
