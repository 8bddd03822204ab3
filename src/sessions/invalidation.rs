//! The `session_changes` table: whose sessions other processes, and this one, have changed.

use crate::db::Conn;

/// So many changes are read one by one; if there are more, everything is forgotten instead.
const MOST: i64 = 500;
/// So many changes are kept for processes that have not read them yet.
const KEEP: i64 = 100_000;

/// What happened after a given change.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Nothing,
    /// These people's sessions changed; the number is the last change's.
    Users(Vec<i64>, i64),
    /// More than is worth reading, or more than was kept; the number is the last change's.
    TooMuch(i64),
}

/// The number of the last change.
///
/// # Errors
/// When the database fails.
pub async fn last(db: &mut Conn) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM session_changes").fetch_one(db).await
}

/// What happened after the change `seen`.
///
/// # Errors
/// When the database fails.
pub async fn since(db: &mut Conn, seen: i64) -> sqlx::Result<Since> {
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, user_id FROM session_changes WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(seen)
            .bind(MOST)
            .fetch_all(&mut *db)
            .await?;
    match (rows.first(), rows.last()) {
        (Some((first, _)), Some((newest, _))) if *first == seen + 1 && rows.len() < MOST as usize => {
            Ok(Since::Users(rows.iter().map(|(_, user_id)| *user_id).collect(), *newest))
        }
        (Some(_), _) => Ok(Since::TooMuch(last(db).await?)),
        // A file that was put back has fewer changes than were seen.
        (None, _) => match last(db).await? {
            newest if newest < seen => Ok(Since::TooMuch(newest)),
            _ => Ok(Since::Nothing),
        },
    }
}

/// Removes what every process has read long since.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Conn) -> sqlx::Result<()> {
    let newest = last(db).await?;
    sqlx::query("DELETE FROM session_changes WHERE id <= $1").bind(newest - KEEP).execute(db).await?;
    Ok(())
}
