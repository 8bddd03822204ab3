//! Whether a file is a whole database of ours.

use crate::db::{self, Conn, kind_of, schema};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The number of its last migration.
    pub schema: i64,
    pub people: i64,
    /// Expired ones included.
    pub sessions: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum BadCopy {
    #[error("is no SQLite database")]
    NoDatabase,
    #[error("is damaged ({0}); use another backup")]
    Damaged(String),
    #[error("is no database of miandeng's")]
    Foreign,
    #[error(
        "was written by a newer miandeng (migration {version}, and this one knows those up to {}); use that version or a \
         newer one",
        schema::newest()
    )]
    Newer { version: i64 },
    /// A migration was not finished, or differs from ours of that number.
    #[error("has a migration {version} that this miandeng does not know as it is there; use the version that wrote it")]
    Other { version: i64 },
    #[error("cannot be read: {0}")]
    Unreadable(#[source] sqlx::Error),
}

/// Reads the whole file once.
pub async fn check(db: &mut Conn) -> Result<Contents, BadCopy> {
    let found: Vec<String> = db::query_scalar("PRAGMA quick_check").fetch_all(&mut *db).await?;
    if found != ["ok"] {
        return Err(BadCopy::Damaged(found.into_iter().next().unwrap_or_default().escape_debug().to_string()));
    }
    let steps =
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('_sqlx_migrations', 'users', 'sessions')";
    let ours: i64 = db::query_scalar(steps).fetch_one(&mut *db).await?;
    if ours != 3 {
        return Err(BadCopy::Foreign);
    }
    let count = "SELECT (SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations), (SELECT COUNT(*) FROM users), \
                 (SELECT COUNT(*) FROM sessions)";
    let (schema, people, sessions) = db::query_as(count).fetch_one(db).await?;
    Ok(Contents { schema, people, sessions })
}

/// Whether this program knows every migration in the database.
pub async fn is_known(db: &mut Conn) -> Result<(), BadCopy> {
    let sql = "SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version";
    let applied: Vec<(i64, Vec<u8>, bool)> = db::query_as(sql).fetch_all(db).await?;
    let migrations = schema::migrations();
    for (version, checksum, success) in applied {
        match migrations.iter().find(|migration| migration.version == version) {
            None if version > schema::newest() => return Err(BadCopy::Newer { version }),
            Some(ours) if success && *ours.checksum == checksum[..] => {}
            _ => return Err(BadCopy::Other { version }),
        }
    }
    Ok(())
}

impl From<sqlx::Error> for BadCopy {
    fn from(error: sqlx::Error) -> Self {
        match kind_of(&error) {
            Some(26) => Self::NoDatabase,
            Some(11) => Self::Damaged("its pages do not fit together".to_owned()),
            _ => Self::Unreadable(error),
        }
    }
}
