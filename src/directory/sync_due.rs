//! `sync_due`: corps whose people must be compared with the directory, since something may have been missed. The only
//! place that knows the table's SQL.

use crate::{
    db::{self, Conn},
    ids::CorpId,
};

/// A sync is due, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDue {
    /// Of the first reason since the last sync, in milliseconds since 1970.
    pub since_ms: i64,
    /// A word for the last one, such as `departments-changed`.
    pub reason: String,
    /// How many reasons there have been.
    reasons: i64,
}

/// Notes that a sync is due.
///
/// # Errors
/// When the database fails.
pub async fn sync_is_due(db: &mut Conn, corp_id: &CorpId, reason: &str, now_ms: i64) -> sqlx::Result<()> {
    let sql = "INSERT INTO sync_due (corp_id, since, reason, reasons) VALUES ($1, $2, $3, 1) \
               ON CONFLICT (corp_id) DO UPDATE SET reason = excluded.reason, reasons = sync_due.reasons + 1";
    db::query(sql).bind(corp_id.as_str()).bind(now_ms).bind(reason).execute(db).await?;
    Ok(())
}

/// Whether a sync is due, and why.
///
/// # Errors
/// When the database fails.
pub async fn sync_needed(db: &mut Conn, corp_id: &CorpId) -> sqlx::Result<Option<SyncDue>> {
    let sql = "SELECT since, reason, reasons FROM sync_due WHERE corp_id = $1";
    let row: Option<(i64, String, i64)> = db::query_as(sql).bind(corp_id.as_str()).fetch_optional(db).await?;
    Ok(row.map(|(since_ms, reason, reasons)| SyncDue { since_ms, reason, reasons }))
}

/// Notes that a sync which knew these reasons at its beginning is done. It stays due if another has come up since: that
/// counts on no clock, not even another server's.
///
/// # Errors
/// When the database fails.
pub(super) async fn sync_is_done(db: &mut Conn, corp_id: &CorpId, due: &SyncDue) -> sqlx::Result<()> {
    let sql = "DELETE FROM sync_due WHERE corp_id = $1 AND reasons = $2";
    db::query(sql).bind(corp_id.as_str()).bind(due.reasons).execute(db).await?;
    Ok(())
}
