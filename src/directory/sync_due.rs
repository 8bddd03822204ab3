//! `sync_due`: corps whose people must be compared with the directory, since something may have been missed. The only
//! place that knows the table's SQL.

use crate::{db::Conn, ids::CorpId};

/// Why a sync is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDue {
    /// Of the last reason, in milliseconds since 1970.
    pub since_ms: i64,
    /// A word, such as `departments-changed`.
    pub reason: String,
}

/// Notes that a sync is due.
///
/// # Errors
/// When the database fails.
pub async fn sync_is_due(db: &mut Conn, corp_id: &CorpId, reason: &str, now_ms: i64) -> sqlx::Result<()> {
    let sql = "INSERT INTO sync_due (corp_id, since, reason) VALUES ($1, $2, $3) \
               ON CONFLICT (corp_id) DO UPDATE SET since = excluded.since, reason = excluded.reason";
    sqlx::query(sql).bind(corp_id.as_str()).bind(now_ms).bind(reason).execute(db).await?;
    Ok(())
}

/// Whether a sync is due, and why.
///
/// # Errors
/// When the database fails.
pub async fn sync_needed(db: &mut Conn, corp_id: &CorpId) -> sqlx::Result<Option<SyncDue>> {
    let sql = "SELECT since, reason FROM sync_due WHERE corp_id = $1";
    let row: Option<(i64, String)> = sqlx::query_as(sql).bind(corp_id.as_str()).fetch_optional(db).await?;
    Ok(row.map(|(since_ms, reason)| SyncDue { since_ms, reason }))
}

/// Notes that a sync which began at this time has read everything. What came up since stays due.
///
/// # Errors
/// When the database fails.
pub async fn sync_is_done(db: &mut Conn, corp_id: &CorpId, began_ms: i64) -> sqlx::Result<()> {
    let sql = "DELETE FROM sync_due WHERE corp_id = $1 AND since < $2";
    sqlx::query(sql).bind(corp_id.as_str()).bind(began_ms).execute(db).await?;
    Ok(())
}
