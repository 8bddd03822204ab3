//! Reading the trail: a page of it, and the numbers of the overview.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Event;
use crate::{
    db::{self, Conn, QueryBuilder},
    i18n::local_iso_8601_ms,
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Later rows have higher numbers.
    pub id: i64,
    /// Milliseconds since 1970.
    #[serde(serialize_with = "local_iso_8601_ms")]
    pub at: i64,
    /// What happened. A word of a later version stays as it is.
    pub event: String,
    pub actor: String,
    /// Whom it concerns; "" for nobody, here and in `userid`.
    pub corp_id: String,
    pub userid: String,
    pub app: String,
    pub address: String,
    pub request_id: String,
    /// Of a refusal also `reason`, and `times` if one row counts several.
    pub detail: Map<String, Value>,
}

/// A row must fit every field that is set. The default fits all, and asks for none.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub corp_id: Option<String>,
    /// About one of these people, or by one of them.
    pub people: Option<Vec<String>>,
    pub event: Option<Event>,
    /// Refusals only.
    pub refused_request: Option<String>,
    /// Milliseconds since 1970, this one included.
    pub since_ms: Option<i64>,
    /// Not included.
    pub until_ms: Option<i64>,
    /// Older than this row, by its time and number.
    pub before: Option<(i64, i64)>,
    pub skip: u64,
    pub most: u64,
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: i64,
    at: i64,
    event: String,
    actor: String,
    corp_id: String,
    userid: String,
    app: String,
    address: String,
    request_id: String,
    reason: String,
    times: i64,
    detail: String,
}

/// The newest first.
pub async fn list(db: &mut Conn, filter: &Filter) -> sqlx::Result<Vec<Row>> {
    // Indexes alone find the rows to show, so a page far back costs no more than reading those.
    let mut sql = QueryBuilder::new(
        "SELECT id, at, event, actor, corp_id, userid, app, address, request_id, reason, times, detail \
         FROM audit WHERE id IN (SELECT id FROM audit WHERE TRUE",
    );
    if let Some(corp_id) = &filter.corp_id {
        sql.push(" AND corp_id = ").push_bind(corp_id);
    }
    if let Some(people) = &filter.people {
        // Two searches of one index each; an OR would read the whole table.
        sql.push(" AND id IN (SELECT id FROM audit WHERE userid IN ");
        push_list(&mut sql, people);
        sql.push(" UNION ALL SELECT id FROM audit WHERE actor <> userid AND actor IN ");
        push_list(&mut sql, people);
        sql.push(")");
    }
    if let Some(event) = filter.event {
        sql.push(" AND event = ").push_bind(event.as_str());
    }
    if let Some(request_id) = &filter.refused_request {
        sql.push(" AND id IN (SELECT id FROM audit WHERE event = 'refused' AND request_id = ");
        sql.push_bind(request_id).push(")");
    }
    if let Some(since) = filter.since_ms {
        sql.push(" AND at >= ").push_bind(since);
    }
    if let Some(until) = filter.until_ms {
        sql.push(" AND at < ").push_bind(until);
    }
    if let Some((at, id)) = filter.before {
        sql.push(" AND (at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::try_from(filter.most).unwrap_or(i64::MAX));
    sql.push(" OFFSET ").push_bind(i64::try_from(filter.skip).unwrap_or(i64::MAX));
    sql.push(") ORDER BY at DESC, id DESC");
    let rows: Vec<Stored> = sql.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// The rows of these numbers, in no order.
pub(super) async fn rows_of(db: &mut Conn, ids: impl IntoIterator<Item = i64>) -> sqlx::Result<Vec<Row>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(Vec::new());
    }
    let mut sql = QueryBuilder::new(
        "SELECT id, at, event, actor, corp_id, userid, app, address, request_id, reason, times, detail \
         FROM audit WHERE id IN (",
    );
    let mut list = sql.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    sql.push(")");
    let rows: Vec<Stored> = sql.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

fn push_list(sql: &mut QueryBuilder, values: &[String]) {
    sql.push("(");
    let mut list = sql.separated(", ");
    for value in values {
        list.push_bind(value.clone());
    }
    sql.push(")");
}

impl From<Stored> for Row {
    fn from(row: Stored) -> Self {
        let mut detail = match serde_json::from_str(&row.detail) {
            Ok(Value::Object(detail)) => detail,
            // Another program wrote it.
            _ => Map::from_iter([("text".to_owned(), Value::String(row.detail))]),
        };
        if !row.reason.is_empty() {
            detail.insert("reason".to_owned(), row.reason.into());
        }
        if row.times != 1 {
            detail.insert("times".to_owned(), row.times.into());
        }
        Self {
            id: row.id,
            at: row.at,
            event: row.event,
            actor: row.actor,
            corp_id: row.corp_id,
            userid: row.userid,
            app: row.app,
            address: row.address,
            request_id: row.request_id,
            detail,
        }
    }
}

/// Hours since 1970.
pub async fn signed_in_between(db: &mut Conn, corp_id: &str, from_ms: i64, until_ms: i64) -> sqlx::Result<u64> {
    let sql = "SELECT COUNT(*) FROM audit WHERE corp_id = $1 AND event = 'signed-in' AND at >= $2 AND at < $3";
    let count: i64 = db::query_scalar(sql).bind(corp_id).bind(from_ms).bind(until_ms).fetch_one(db).await?;
    Ok(count.unsigned_abs())
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReasonCount {
    /// The problem's word.
    pub reason: String,
    pub count: i64,
}

/// A corp's refusals, and those from before a corp was known; the most frequent reason first.
pub async fn refusals_by_reason(db: &mut Conn, corp_id: &str, since_ms: i64) -> sqlx::Result<Vec<ReasonCount>> {
    db::query_as(
        "SELECT reason, CAST(SUM(times) AS BIGINT) AS count FROM audit \
         WHERE event = 'refused' AND at >= $1 AND corp_id IN ($2, '') GROUP BY reason ORDER BY 2 DESC, 1",
    )
    .bind(since_ms)
    .bind(corp_id)
    .fetch_all(db)
    .await
}
