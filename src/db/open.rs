//! Opens the database that `databases.miandeng.url` names, and says why it cannot.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::migrate::MigrateError;

use super::{
    Pools,
    backend::Backend,
    group_commit::GroupCommit,
    postgres::{self, Address, NotUsable},
    sqlite::{self, NotPrivate},
};

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
    #[error(
        "databases.miandeng.url = {path:?}: miandeng restore or migrate-database has the file to itself; try again when \
         that is done"
    )]
    Restoring { path: PathBuf },
    #[error("databases.miandeng.url = {path:?}: the file cannot be used: {source}; {}", advice(source))]
    Unusable { path: PathBuf, source: sqlx::Error },
    #[error("databases.miandeng.url = {path:?}: the tables cannot be brought up to date: {source}")]
    Migrate { path: PathBuf, source: MigrateError },
    /// The address is not repeated: it may hold a password.
    #[error(
        "databases.miandeng.url: the PostgreSQL address {0}; write it as \"postgres://miandeng@db.example.com/miandeng\""
    )]
    Address(postgres::BadAddress),
    #[error("databases.miandeng.url = {address}: {source}; {}", advice(source))]
    Server { address: Address, source: sqlx::Error },
    #[error("databases.miandeng.url = {address}: {why}")]
    NotUsable { address: Address, why: NotUsable },
    #[error("databases.miandeng.url = {address}: the tables cannot be brought up to date: {source}")]
    MigrateServer { address: Address, source: MigrateError },
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
    /// Opens the database that `databases.miandeng.url` names, and migrates it. A file that is not there is made, with
    /// mode 0600.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let backend = match postgres::is_address(url) {
            true => Backend::Postgres(postgres::open(url).await?),
            false => Backend::Sqlite(Arc::new(sqlite::open(url).await?)),
        };
        Ok(Self { backend, group: GroupCommit::default(), checks: Arc::default(), waits: Arc::default() })
    }
}

/// The file that `databases.miandeng.url` names.
///
/// # Errors
/// When it names none. [`super::is_server`] tells beforehand whether it names PostgreSQL.
pub fn file_of(url: &str) -> Result<PathBuf, OpenError> {
    let refuse = |why| Err(OpenError::Url { url: postgres::without_password(url), why });
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if path.is_empty() {
        return refuse(NoLastingFile::None);
    }
    if path.contains(":memory:") {
        return refuse(NoLastingFile::InMemory);
    }
    if path.contains("://") || path.contains('?') || postgres::holds_password(path) {
        return refuse(NoLastingFile::NoPath);
    }
    Ok(PathBuf::from(path))
}

/// A file beside the database, by what SQLite or we put behind its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What helps against the database's answer, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    Wait,
    Restore,
    MakeRoom,
    /// PostgreSQL cannot be reached, or lets nobody in.
    LookAtServer,
}

pub fn advice(error: &sqlx::Error) -> Advice {
    match (sqlite::kind_of(error), postgres::is_locked(error)) {
        (Some(5 | 6), _) | (_, true) => Advice::Wait,
        (Some(11 | 26), _) => Advice::Restore,
        _ if postgres::is_from_server(error) => Advice::LookAtServer,
        _ => Advice::MakeRoom,
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait => "another process has locked it: try again when that one is done",
            Self::Restore => "restore it from a backup, or name another file",
            Self::MakeRoom => "miandeng needs a writable folder on a disk with free space",
            Self::LookAtServer => "check that PostgreSQL runs there, and that this user may write to this database",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_names_no_lasting_file_is_refused() {
        for url in ["", "sqlite:", ":memory:", "sqlite::memory:", "mysql://host/db", "miandeng.db?mode=ro"] {
            assert!(file_of(url).is_err(), "{url}");
        }
        assert_eq!(file_of("sqlite:data/m.db").unwrap(), PathBuf::from("data/m.db"));
    }
}
