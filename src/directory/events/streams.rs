//! `event_streams`: whether each server's streams stand, for whoever asks from outside that server. The only place that knows
//! the table's SQL.

use super::Reception;
use crate::db::{self, Conn};

/// A row that no server has written for this long, in milliseconds, is of one that is gone: they are written each minute.
const ALIVE_MS: i64 = 180_000;

/// The stream of one app, as one server sees it. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSeen {
    /// Since when it stands; `None` while it does not.
    pub connected_since: Option<i64>,
    /// Why the last one ended, or did not come about.
    pub last_error: Option<String>,
    pub seen_at: i64,
}

/// The streams of an app, of each server that runs.
///
/// # Errors
/// When the database fails.
pub async fn streams_seen(db: &mut Conn, app: &str, now_ms: i64) -> sqlx::Result<Vec<StreamSeen>> {
    let sql = "SELECT connected_since, last_error, seen_at FROM event_streams WHERE app = $1 AND seen_at > $2 \
               ORDER BY seen_at DESC";
    let rows: Vec<(Option<i64>, String, i64)> =
        db::query_as(sql).bind(app).bind(now_ms.saturating_sub(ALIVE_MS)).fetch_all(db).await?;
    let seen = |(connected_since, last_error, seen_at): (_, String, _)| StreamSeen {
        connected_since,
        last_error: Some(last_error).filter(|error| !error.is_empty()),
        seen_at,
    };
    Ok(rows.into_iter().map(seen).collect())
}

/// Writes how an app's stream stands with this server, and forgets servers that are gone.
pub(super) async fn write(
    db: &mut Conn,
    app: &str,
    server: &str,
    reception: &Reception,
    now_ms: i64,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO event_streams (app, server, connected_since, last_error, seen_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (app, server) DO UPDATE SET connected_since = excluded.connected_since, \
                                                       last_error = excluded.last_error, seen_at = excluded.seen_at";
    db::query(sql)
        .bind(app)
        .bind(server)
        .bind(reception.connected_since)
        .bind(reception.last_error.as_deref().unwrap_or_default())
        .bind(now_ms)
        .execute(&mut *db)
        .await?;
    let gone = "DELETE FROM event_streams WHERE seen_at <= $1";
    db::query(gone).bind(now_ms.saturating_sub(ALIVE_MS)).execute(db).await?;
    Ok(())
}
