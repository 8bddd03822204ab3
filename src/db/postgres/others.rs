//! Waits until a change of sessions is in force on every server.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::time::{sleep, timeout};

use super::lease::LEASE;
use crate::clock::since_boot;

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// A lease, and time for the statements.
const LONGEST: Duration = LEASE.saturating_add(Duration::from_millis(500));

/// Servers that have not shown that they know a change, each with its last renewal. One that shows another mark has read
/// a database that was lost in a failover.
const BEHIND: &str = "SELECT id, renewal FROM servers WHERE seen < $1 OR NOT EXISTS (\
                          SELECT 1 FROM session_changes c WHERE c.id = servers.seen AND c.mark = servers.seen_mark)";

/// Returns when no server answers from memory without knowing the change, which has been committed: each one has shown
/// that it knows, or no older lease is left. If PostgreSQL cannot be asked, it waits for as long as a lease lasts.
pub(super) async fn know(change: i64, pool: &PgPool) {
    let committed = since_boot();
    if let Ok(Ok(())) = timeout(LONGEST, watch(change, pool)).await {
        return;
    }
    sleep(LEASE.saturating_sub(since_boot().saturating_sub(committed))).await;
}

/// All by one connection: rows of another one, after a failover, may be older.
async fn watch(change: i64, pool: &PgPool) -> sqlx::Result<()> {
    let mut db = pool.acquire().await?;
    let mut first_look = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let behind: Vec<(String, i64)> = sqlx::query_as(BEHIND).bind(change).fetch_all(&mut *db).await?;
        if behind.is_empty() {
            return Ok(());
        }
        let (since, behind) = first_look.get_or_insert_with(|| (since_boot(), behind));
        if since_boot().saturating_sub(*since) >= LEASE {
            return forget_the_dead(behind, &mut db).await;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Removes those who have renewed nothing since a look that was longer ago than any lease lasts, so that the next change
/// does not wait for them. One of them that is alive registers again before it has another lease.
async fn forget_the_dead(behind: &[(String, i64)], db: &mut PgConnection) -> sqlx::Result<()> {
    for (id, renewal) in behind {
        let dead = sqlx::query("DELETE FROM servers WHERE id = $1 AND renewal = $2").bind(id).bind(renewal);
        dead.execute(&mut *db).await?;
    }
    Ok(())
}
