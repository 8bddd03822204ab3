//! `directory_events`: what DingTalk has told us and is still to be worked on. The only place that knows the table's SQL.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::{
    config::App,
    db::{self, Conn, QueryBuilder},
    dingtalk::events::{Event, EventKind},
    hex_digits::hex_digits,
    ids::{CorpId, DingUserId},
};

/// Rows in one statement.
const BATCH: usize = 250;

/// An event as it arrives.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub app: &'a str,
    pub corp_id: &'a CorpId,
    pub event: &'a Event,
    pub now_ms: i64,
}

/// What an event says of one person, still to be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenEvent {
    pub id: i64,
    pub corp_id: CorpId,
    pub userid: DingUserId,
    pub kind: EventKind,
    pub app: String,
    pub received_at: i64,
    pub attempts: i64,
}

impl OpenEvent {
    pub fn is_from(&self, app: &App) -> bool {
        app.name == self.app && app.corp_id == self.corp_id
    }
}

/// Adds a row for each person concerned. Answers those who are not in the inbox by this event already.
pub(super) async fn add(db: &mut Conn, incoming: &Incoming<'_>) -> sqlx::Result<Vec<DingUserId>> {
    let mut new = Vec::new();
    for batch in incoming.event.users.chunks(BATCH) {
        let userids = batch.iter().map(DingUserId::as_str).collect::<Vec<_>>();
        for userid in insert(db, incoming, &userids, None).await? {
            new.extend(DingUserId::new(userid).ok());
        }
    }
    Ok(new)
}

/// Adds an event that needs no work. Answers whether it is not in the inbox already.
pub(super) async fn add_done(db: &mut Conn, incoming: &Incoming<'_>) -> sqlx::Result<bool> {
    Ok(!insert(db, incoming, &[""], Some(incoming.now_ms)).await?.is_empty())
}

async fn insert(
    db: &mut Conn,
    incoming: &Incoming<'_>,
    userids: &[&str],
    done_at: Option<i64>,
) -> sqlx::Result<Vec<String>> {
    let Incoming { app, corp_id, event, now_ms } = *incoming;
    let id = id(event);
    let mut sql = QueryBuilder::new(
        "INSERT INTO directory_events (corp_id, event_id, userid, event, app, received_at, due_at, done_at) ",
    );
    sql.push_values(userids, |mut row, userid| {
        row.push_bind(corp_id.as_str())
            .push_bind(&id)
            .push_bind(*userid)
            .push_bind(event.kind.as_str())
            .push_bind(app)
            .push_bind(now_ms)
            .push_bind(now_ms)
            .push_bind(done_at);
    });
    sql.push(" ON CONFLICT (corp_id, event_id, userid) DO NOTHING RETURNING userid");
    sql.build_query_scalar().fetch_all(db).await
}

/// The number of the event that arrived last. SQLite's one writer numbers events in the order in which they are committed.
pub async fn last_number(db: &mut Conn) -> sqlx::Result<i64> {
    db::query_scalar("SELECT COALESCE(MAX(id), 0) FROM directory_events").fetch_one(db).await
}

/// Whom events concern that arrived after this one.
pub async fn heard_of_since(db: &mut Conn, corp_id: &CorpId, number: i64) -> sqlx::Result<BTreeSet<DingUserId>> {
    let sql = "SELECT DISTINCT userid FROM directory_events WHERE id > $1 AND corp_id = $2 AND userid <> ''";
    let userids: Vec<String> = db::query_scalar(sql).bind(number).bind(corp_id.as_str()).fetch_all(db).await?;
    Ok(userids.into_iter().filter_map(|userid| DingUserId::new(userid).ok()).collect())
}

/// When the last event came by an app's subscription, to whichever server, in milliseconds since 1970. Unknown events and
/// those of more than a week ago are not counted.
///
/// # Errors
/// When the database fails.
pub async fn last_event(db: &mut Conn, app: &str) -> sqlx::Result<Option<i64>> {
    let sql = "SELECT MAX(received_at) FROM directory_events WHERE app = $1";
    db::query_scalar(sql).bind(app).fetch_one(db).await
}

/// What is due, in the order of arrival.
/// How many events are still to be worked on.
pub async fn waiting(db: &mut Conn) -> sqlx::Result<i64> {
    db::query_scalar("SELECT count(*) FROM directory_events WHERE done_at IS NULL").fetch_one(db).await
}

pub(super) async fn due(db: &mut Conn, now_ms: i64, most: u32) -> sqlx::Result<Vec<OpenEvent>> {
    type Row = (i64, String, String, String, String, i64, i64);
    let sql = "SELECT id, corp_id, userid, event, app, received_at, attempts FROM directory_events \
               WHERE done_at IS NULL AND due_at <= $1 ORDER BY id LIMIT $2";
    let rows: Vec<Row> = db::query_as(sql).bind(now_ms).bind(i64::from(most)).fetch_all(db).await?;
    let open = |(id, corp_id, userid, event, app, received_at, attempts): Row| {
        let (corp_id, userid) = (CorpId::new(corp_id).ok()?, DingUserId::new(userid).ok()?);
        Some(OpenEvent { id, corp_id, userid, kind: EventKind::of(&event), app, received_at, attempts })
    };
    Ok(rows.into_iter().filter_map(open).collect())
}

/// Answers whether it was still open: another server may have been quicker.
pub(super) async fn done(db: &mut Conn, id: i64, now_ms: i64) -> sqlx::Result<bool> {
    let sql = "UPDATE directory_events SET done_at = $2 WHERE id = $1 AND done_at IS NULL";
    Ok(db::query(sql).bind(id).bind(now_ms).execute(db).await?.rows_affected() > 0)
}

pub(super) async fn postpone(db: &mut Conn, id: i64, due_at: i64) -> sqlx::Result<()> {
    let sql = "UPDATE directory_events SET due_at = $2, attempts = attempts + 1 WHERE id = $1 AND done_at IS NULL";
    db::query(sql).bind(id).bind(due_at).execute(db).await?;
    Ok(())
}

/// Lets whatever else is due of a corp wait as well.
pub(super) async fn hold_up(db: &mut Conn, corp_id: &CorpId, due_at: i64) -> sqlx::Result<()> {
    let sql = "UPDATE directory_events SET due_at = $2 WHERE corp_id = $1 AND done_at IS NULL AND due_at < $2";
    db::query(sql).bind(corp_id.as_str()).bind(due_at).execute(db).await?;
    Ok(())
}

/// Deletes what was received before a time and is done, no more than `most` rows.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Conn, before_ms: i64, most: u32) -> sqlx::Result<u64> {
    let sql = "DELETE FROM directory_events WHERE id IN (SELECT id FROM directory_events \
               WHERE received_at < $1 AND done_at IS NOT NULL ORDER BY received_at LIMIT $2)";
    Ok(db::query(sql).bind(before_ms).bind(i64::from(most)).execute(db).await?.rows_affected())
}

/// DingTalk's id, or what makes an event itself where it gives none.
fn id(event: &Event) -> String {
    match &event.id {
        Some(id) => id.clone(),
        None => {
            let facts = format!("{:?}", (event.kind.as_str(), event.time_ms, &event.users, &event.departments));
            hex_digits(Sha256::digest(facts))
        }
    }
}
