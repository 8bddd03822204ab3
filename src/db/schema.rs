//! The steps by which a database came to be what it is (migrations/README.md).

use sqlx::{
    SqliteConnection,
    migrate::{MigrateError, Migrator},
};

use super::{Conn, Which, query_scalar};

/// The migrations that are inside this program, for SQLite.
pub fn migrations() -> Migrator {
    sqlx::migrate!()
}

/// The same steps for PostgreSQL.
pub(super) fn postgres() -> Migrator {
    sqlx::migrate!("migrations/postgres")
}

/// The number of the newest one.
pub fn newest() -> i64 {
    migrations().iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Whether there is a table of this name: the database may be older than the table.
pub async fn has_table(db: &mut Conn, name: &str) -> sqlx::Result<bool> {
    let there = match db.which() {
        Which::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_schema WHERE name = $1",
        Which::Postgres(_) => "SELECT COUNT(*) WHERE to_regclass($1) IS NOT NULL",
    };
    Ok(query_scalar::<i64>(there).bind(name).fetch_one(db).await? > 0)
}

/// Migrates a file that nobody else has open; what is there already stays.
///
/// # Errors
/// When the database fails, or has a step that this program does not know.
pub async fn migrate(db: &mut Conn) -> Result<(), MigrateError> {
    match db.which() {
        Which::Sqlite(db) => migrate_to(db, newest()).await,
        Which::Postgres(db) => postgres().run_direct(None, db, false).await,
    }
}

/// The same as far as a number, for the tests of older files.
///
/// # Errors
/// As for [`migrate`].
pub async fn migrate_to(db: &mut SqliteConnection, version: i64) -> Result<(), MigrateError> {
    migrations().run_direct(Some(version), db, false).await
}
