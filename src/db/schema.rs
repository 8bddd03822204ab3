//! The steps by which a database came to be what it is (migrations/README.md).

use sqlx::migrate::{MigrateError, Migrator};

use super::Conn;

/// The migrations that are inside this program.
pub fn migrations() -> Migrator {
    sqlx::migrate!()
}

/// The number of the newest one.
pub fn newest() -> i64 {
    migrations().iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Migrates a database that nobody else has open, as far as this number; what is there already stays.
///
/// # Errors
/// When the database fails, or has a step that this program does not know.
pub async fn migrate_to(db: &mut Conn, version: i64) -> Result<(), MigrateError> {
    migrations().run_direct(Some(version), db, false).await
}
