//! `logout_notices`: ended sessions that apps are still to be told of. The only place that knows the table's SQL; its rows
//! are written by triggers.

use crate::db::{self, Conn};

/// Longer than the longest wait between two attempts.
const ORPHANED_MS: i64 = 3_600_000;

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Notice {
    pub id: i64,
    pub sid: String,
    pub sub: String,
    /// With the one that begins now.
    pub attempts: i64,
    /// Where the app is told, if it has more than one address.
    pub address: Option<String>,
}

pub async fn is_any_due(db: &mut Conn, client_id: &str, now_ms: i64) -> sqlx::Result<bool> {
    let sql =
        "SELECT COUNT(*) FROM (SELECT 1 FROM logout_notices WHERE client_id = $1 AND due_at <= $2 LIMIT 1) AS due";
    let due: i64 = db::query_scalar(sql).bind(client_id).bind(now_ms).fetch_one(db).await?;
    Ok(due > 0)
}

/// Takes some of an app's notices that are due, the oldest first. Until `again_ms` no other server takes them.
pub async fn claim(db: &mut Conn, client_id: &str, now_ms: i64, again_ms: i64, most: i64) -> sqlx::Result<Vec<Notice>> {
    db::query_as(
        "UPDATE logout_notices SET due_at = $3, attempts = attempts + 1 WHERE id IN \
         (SELECT id FROM logout_notices WHERE client_id = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $4) \
         RETURNING id, sid, sub, attempts, address",
    )
    .bind(client_id)
    .bind(now_ms)
    .bind(again_ms)
    .bind(most)
    .fetch_all(db)
    .await
}

pub async fn remove(db: &mut Conn, id: i64) -> sqlx::Result<()> {
    db::query("DELETE FROM logout_notices WHERE id = $1").bind(id).execute(db).await.map(drop)
}

pub async fn put_off(db: &mut Conn, id: i64, due_ms: i64) -> sqlx::Result<()> {
    db::query("UPDATE logout_notices SET due_at = $2 WHERE id = $1").bind(id).bind(due_ms).execute(db).await.map(drop)
}

/// Removes the notices of apps that cannot be told, once nobody has tried for as long as [`ORPHANED_MS`]: another server, with
/// newer settings, may know the app.
pub async fn sweep(db: &mut Conn, told: &[String], now_ms: i64) -> sqlx::Result<()> {
    let clients: Vec<String> =
        db::query_scalar("SELECT DISTINCT client_id FROM logout_notices").fetch_all(&mut *db).await?;
    for client_id in clients.iter().filter(|client_id| !told.contains(client_id)) {
        // From here on it is known how long they have waited; they are as due as before.
        let seen = "UPDATE logout_notices SET due_at = $2 WHERE client_id = $1 AND due_at = 0";
        db::query(seen).bind(client_id).bind(now_ms).execute(&mut *db).await?;
        let gone = "DELETE FROM logout_notices WHERE client_id = $1 AND due_at <= $2";
        db::query(gone).bind(client_id).bind(now_ms - ORPHANED_MS).execute(&mut *db).await?;
    }
    Ok(())
}
