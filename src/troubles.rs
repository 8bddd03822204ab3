//! What has gone wrong lately with sign-ins: one row for each app and entry of the catalogue, for `doctor`.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    catalogue::{Evidence, Trouble},
    clock::{Clock, UnixSeconds},
    db::{self, Conn, Pools},
};

/// Anybody can bring a refusal about, as often as they like: a row is written once in this time.
const PAUSE_MS: i64 = 60_000;
/// Longer ago is not lately. In seconds.
const DAY: i64 = 86_400;

/// Counts what is not written yet, in this process.
pub struct Troubles {
    clock: Clock,
    counts: Mutex<HashMap<(String, Trouble), Count>>,
}

struct Count {
    written_ms: i64,
    unwritten: i64,
}

/// How often, and what came last.
#[derive(Debug)]
pub struct Recent {
    /// Empty where the request meant no app.
    pub app: String,
    pub trouble: Trouble,
    pub times: i64,
    pub last_at: UnixSeconds,
    pub evidence: Option<Evidence>,
}

#[derive(sqlx::FromRow)]
struct Row {
    app: String,
    trouble: String,
    times: i64,
    last_at: i64,
    evidence: String,
}

impl Troubles {
    pub fn new(clock: Clock) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    /// Notes a trouble. What cannot be written is only missing from doctor's report.
    pub async fn note(&self, pools: &Pools, app: &str, trouble: Trouble, evidence: Option<&Evidence>) {
        let Some(times) = self.due(app, trouble) else { return };
        let now = self.clock.now();
        let written = pools.transaction(async |tx| write(tx, app, trouble, times, now, evidence).await).await;
        if let Err(error) = written {
            tracing::warn!(%error, app, trouble = trouble.id(), "a trouble is missing from doctor's report");
        }
    }

    /// How many are to be written now, if any.
    fn due(&self, app: &str, trouble: Trouble) -> Option<i64> {
        let now = self.clock.monotonic_ms();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts
            .entry((app.to_owned(), trouble))
            .or_insert(Count { written_ms: now.saturating_sub(PAUSE_MS), unwritten: 0 });
        count.unwritten += 1;
        if now - count.written_ms < PAUSE_MS {
            return None;
        }
        count.written_ms = now;
        Some(std::mem::take(&mut count.unwritten))
    }
}

async fn write(
    db: &mut Conn,
    app: &str,
    trouble: Trouble,
    times: i64,
    now: UnixSeconds,
    evidence: Option<&Evidence>,
) -> sqlx::Result<()> {
    let evidence = evidence.and_then(|evidence| serde_json::to_string(evidence).ok()).unwrap_or_default();
    let upsert = "INSERT INTO troubles (app, trouble, times, last_at, evidence) VALUES ($1, $2, $3, $4, $5) \
                  ON CONFLICT (app, trouble) DO UPDATE SET \
                  times = CASE WHEN troubles.last_at < $6 THEN excluded.times ELSE troubles.times + excluded.times END, \
                  last_at = excluded.last_at, evidence = excluded.evidence";
    let upsert = db::query(upsert).bind(app).bind(trouble.id()).bind(times).bind(now).bind(evidence);
    upsert.bind(now - DAY).execute(db).await?;
    Ok(())
}

/// What was noted within a day, the latest first. Entries of a later version are passed over.
pub async fn recent(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<Vec<Recent>> {
    let select = "SELECT app, trouble, times, last_at, evidence FROM troubles WHERE last_at >= $1 \
                  ORDER BY last_at DESC, app, trouble";
    let rows: Vec<Row> = db::query_as(select).bind(now - DAY).fetch_all(db).await?;
    Ok(rows.into_iter().filter_map(Recent::of).collect())
}

impl Recent {
    fn of(row: Row) -> Option<Self> {
        let Row { app, trouble, times, last_at, evidence } = row;
        let trouble = Trouble::of_id(&trouble)?;
        Some(Self { app, trouble, times, last_at, evidence: serde_json::from_str(&evidence).ok() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_is_one_row_that_counts_and_a_quiet_day_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let pools = Pools::open(&folder.path().join("x.db").to_string_lossy()).await.expect("a database");
        let clock = Clock::standing();
        let troubles = Troubles::new(clock.clone());
        let evidence = Evidence::Permissions { names: vec!["qyapi_x".to_owned()] };
        let recent = async || {
            let mut reader = pools.read().await.expect("a connection");
            recent(&mut reader, clock.now()).await.expect("rows")
        };
        for _ in 0..5 {
            troubles.note(&pools, "oa", Trouble::NoPermission, Some(&evidence)).await;
        }
        assert_eq!(recent().await[0].times, 1, "the others wait for the next");
        clock.advance(60);
        troubles.note(&pools, "oa", Trouble::NoPermission, Some(&evidence)).await;
        troubles.note(&pools, "", Trouble::CorpidPlaceholder, None).await;
        let found = recent().await;
        assert_eq!(found.len(), 2);
        let permission = found.iter().find(|one| one.app == "oa").expect("the row");
        assert_eq!((permission.trouble, permission.times), (Trouble::NoPermission, 6));
        assert_eq!(permission.evidence, Some(evidence));
        clock.advance(DAY + 1);
        assert!(recent().await.is_empty());
        troubles.note(&pools, "oa", Trouble::NoPermission, None).await;
        assert_eq!(recent().await[0].times, 1);
        pools.close().await;
    }
}
