//! `sync_runs` and `sync_leases`: what the last syncs came to, and who may sync now. The only place that knows their SQL.

use super::{Counts, Refused};
use crate::{
    audit::Actor,
    db::{self, Conn},
    ids::CorpId,
};

/// How long a process that dies keeps others out, in milliseconds.
pub const LEASE_MS: i64 = 30_000;
/// How many runs of a corp are remembered.
const KEPT: i64 = 100;

/// One sync of one corp, done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub corp_id: CorpId,
    pub app: String,
    /// By whom, in the trail's words.
    pub actor: String,
    /// In milliseconds since 1970, like the end.
    pub started_ms: i64,
    pub finished_ms: i64,
    pub departments: usize,
    pub people: usize,
    pub counts: Counts,
    /// Whether people who were not in the table were to be added.
    pub adds: bool,
    /// Whether rows were written.
    pub applied: bool,
    pub refused: Option<Refused>,
    /// The departments that the app was allowed to see.
    pub scope: Vec<i64>,
}

/// When a corp's last run ended, in milliseconds since 1970; nothing before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastEnd(Option<i64>);

impl LastEnd {
    pub fn of(last: Option<&Run>) -> Self {
        Self(last.map(|last| last.finished_ms))
    }
}

impl Run {
    /// Writes the row, and forgets the oldest.
    pub async fn write(&self, db: &mut Conn) -> sqlx::Result<()> {
        let json = |value: serde_json::Result<String>| value.map_err(|error| sqlx::Error::Encode(error.into()));
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let refused = self.refused.as_ref().map(serde_json::to_string).transpose();
        let sql = "INSERT INTO sync_runs (corp_id, app, actor, started_at, finished_at, departments, people, plan, adds, \
                                          applied, refused, scope) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        db::query(sql)
            .bind(self.corp_id.as_str())
            .bind(&self.app)
            .bind(&self.actor)
            .bind(self.started_ms)
            .bind(self.finished_ms)
            .bind(number(self.departments))
            .bind(number(self.people))
            .bind(json(serde_json::to_string(&self.counts))?)
            .bind(self.adds)
            .bind(self.applied)
            .bind(json(refused.map(Option::unwrap_or_default))?)
            .bind(json(serde_json::to_string(&self.scope))?)
            .execute(&mut *db)
            .await?;
        let old = "DELETE FROM sync_runs WHERE corp_id = $1 AND id <= \
                   (SELECT id FROM sync_runs WHERE corp_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
        db::query(old).bind(self.corp_id.as_str()).bind(KEPT).execute(db).await?;
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct RunRow {
    corp_id: String,
    app: String,
    actor: String,
    started_at: i64,
    finished_at: i64,
    departments: i64,
    people: i64,
    plan: String,
    adds: bool,
    applied: bool,
    refused: String,
    scope: String,
}

impl RunRow {
    /// What a later version wrote in other words is left out.
    fn into_run(self) -> sqlx::Result<Run> {
        let number = |count: i64| usize::try_from(count).unwrap_or(0);
        Ok(Run {
            corp_id: CorpId::new(self.corp_id).map_err(|why| sqlx::Error::Decode(why.to_string().into()))?,
            app: self.app,
            actor: self.actor,
            started_ms: self.started_at,
            finished_ms: self.finished_at,
            departments: number(self.departments),
            people: number(self.people),
            counts: serde_json::from_str(&self.plan).unwrap_or_default(),
            adds: self.adds,
            applied: self.applied,
            refused: match self.refused.as_str() {
                "" => None,
                text => Some(serde_json::from_str(text).unwrap_or_else(|_| Refused::Unreadable {
                    error: text.to_owned(),
                    errcode: None,
                    call: String::new(),
                })),
            },
            scope: serde_json::from_str(&self.scope).unwrap_or_default(),
        })
    }
}

/// The last runs of a corp, the newest first.
pub async fn last_runs(db: &mut Conn, corp_id: &CorpId, most: u32) -> sqlx::Result<Vec<Run>> {
    let sql = "SELECT corp_id, app, actor, started_at, finished_at, departments, people, plan, adds, applied, \
                      refused, scope FROM sync_runs WHERE corp_id = $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<RunRow> = db::query_as(sql).bind(corp_id.as_str()).bind(i64::from(most)).fetch_all(db).await?;
    rows.into_iter().map(RunRow::into_run).collect()
}

/// Whether anybody has asked for a sync of this corp, or the settings have: since then the table is to hold all its people.
pub async fn is_followed(db: &mut Conn, corp_id: &CorpId) -> sqlx::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sync_runs WHERE corp_id = $1 AND adds = TRUE)";
    db::query_scalar(sql).bind(corp_id.as_str()).fetch_one(db).await
}

/// Takes the corp's lease if nobody else has it, or keeps it.
pub async fn take_lease(
    db: &mut Conn,
    corp_id: &CorpId,
    owner: &str,
    actor: &Actor,
    now_ms: i64,
) -> sqlx::Result<bool> {
    // A lease that ends in the far future is of before the clock was set back.
    let sql = "INSERT INTO sync_leases (corp_id, owner, actor, expires_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (corp_id) DO UPDATE SET owner = excluded.owner, actor = excluded.actor, \
                                                   expires_at = excluded.expires_at \
               WHERE sync_leases.owner = excluded.owner OR sync_leases.expires_at <= $5 \
                  OR sync_leases.expires_at > $6";
    let taken = db::query(sql)
        .bind(corp_id.as_str())
        .bind(owner)
        .bind(actor.to_string())
        .bind(now_ms.saturating_add(LEASE_MS))
        .bind(now_ms)
        .bind(now_ms.saturating_add(10 * LEASE_MS))
        .execute(db)
        .await?;
    Ok(taken.rows_affected() > 0)
}

/// Who has a corp's lease now.
pub async fn lease_holder(db: &mut Conn, corp_id: &CorpId, now_ms: i64) -> sqlx::Result<Option<String>> {
    let sql = "SELECT actor FROM sync_leases WHERE corp_id = $1 AND expires_at > $2 AND expires_at <= $3";
    let holder = db::query_scalar(sql).bind(corp_id.as_str()).bind(now_ms);
    holder.bind(now_ms.saturating_add(10 * LEASE_MS)).fetch_optional(db).await
}

pub async fn give_lease_back(db: &mut Conn, corp_id: &CorpId, owner: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM sync_leases WHERE corp_id = $1 AND owner = $2";
    db::query(sql).bind(corp_id.as_str()).bind(owner).execute(db).await?;
    Ok(())
}
