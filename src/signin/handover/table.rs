//! The only place that knows the SQL of `handovers`.

use super::key::Key;
use crate::{clock::UnixSeconds, db::Conn};

/// How long a link is good for, in seconds.
const LIFETIME: i64 = 30;

/// A link that was made in a session.
#[derive(sqlx::FromRow)]
pub struct Link {
    pub session_id: i64,
    expires_at: UnixSeconds,
}

impl Link {
    /// A clock that was set back makes an old link no younger.
    fn is_in_time(&self, now: UnixSeconds) -> bool {
        (1..=LIFETIME).contains(&(self.expires_at - now))
    }
}

/// Keeps a link of a session, in place of an earlier one.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &mut Conn, key: &Key, session_id: i64, now: UnixSeconds) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO handovers (token_hash, session_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (session_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
    )
    .bind(key.digest())
    .bind(session_id)
    .bind(now + LIFETIME)
    .execute(db)
    .await?;
    Ok(())
}

/// The link of a key, in time or not.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut Conn, key: &Key) -> sqlx::Result<Option<Link>> {
    let link = sqlx::query_as("SELECT session_id, expires_at FROM handovers WHERE token_hash = $1");
    link.bind(key.digest()).fetch_optional(db).await
}

/// The link of a key, if it is in time.
///
/// # Errors
/// When the database fails.
pub async fn find_good(db: &mut Conn, key: &Key, now: UnixSeconds) -> sqlx::Result<Option<Link>> {
    Ok(find(db, key).await?.filter(|link| link.is_in_time(now)))
}

/// Takes a link away, and gives it if it is in time; of any number of callers one gets it.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &mut Conn, key: &Key, now: UnixSeconds) -> sqlx::Result<Option<Link>> {
    let link = sqlx::query_as("DELETE FROM handovers WHERE token_hash = $1 RETURNING session_id, expires_at");
    let link: Option<Link> = link.bind(key.digest()).fetch_optional(db).await?;
    Ok(link.filter(|link| link.is_in_time(now)))
}

/// Deletes links that nobody used in time. Answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<u64> {
    Ok(sqlx::query("DELETE FROM handovers WHERE expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}
