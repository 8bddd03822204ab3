//! The SQL of `handovers`, and nowhere else.

use super::key::Key;
use crate::{
    clock::{CLOCKS_DIFFER, UnixSeconds},
    db::{self, Conn},
};

/// Seconds.
pub const LIFETIME: i64 = 30;

#[derive(sqlx::FromRow)]
pub struct Link {
    pub session_id: i64,
    expires_at: UnixSeconds,
}

impl Link {
    /// Seconds.
    pub fn left(&self, now: UnixSeconds) -> i64 {
        (self.expires_at - now).clamp(0, LIFETIME)
    }

    /// A clock that was set back does not make an old link young again.
    fn is_in_time(&self, now: UnixSeconds) -> bool {
        (1..=LIFETIME + CLOCKS_DIFFER).contains(&(self.expires_at - now))
    }
}

/// Keeps a session's link, in place of an earlier one.
pub async fn keep(db: &mut Conn, key: &Key, session_id: i64, now: UnixSeconds) -> sqlx::Result<()> {
    db::query(
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
pub async fn find(db: &mut Conn, key: &Key) -> sqlx::Result<Option<Link>> {
    let link = db::query_as("SELECT session_id, expires_at FROM handovers WHERE token_hash = $1");
    link.bind(key.digest()).fetch_optional(db).await
}

pub async fn find_good(db: &mut Conn, key: &Key, now: UnixSeconds) -> sqlx::Result<Option<Link>> {
    Ok(find(db, key).await?.filter(|link| link.is_in_time(now)))
}

/// Deletes a link, and returns it if it is in time; one of any number of callers gets it.
pub async fn take(db: &mut Conn, key: &Key, now: UnixSeconds) -> sqlx::Result<Option<Link>> {
    let link = db::query_as("DELETE FROM handovers WHERE token_hash = $1 RETURNING session_id, expires_at");
    let link: Option<Link> = link.bind(key.digest()).fetch_optional(db).await?;
    Ok(link.filter(|link| link.is_in_time(now)))
}

/// Deletes the links that nobody used in time, and returns how many.
pub async fn sweep(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<u64> {
    Ok(db::query("DELETE FROM handovers WHERE expires_at <= $1").bind(now).execute(db).await?.rows_affected())
}
