//! The audit trail: what happened, to whom, by whom. The SQL of `audit` is here and nowhere else.
//!
//! A change of a person or a session writes its row in the same transaction, so nothing that was answered lacks its
//! row. Rows are never changed; the oldest are deleted after `audit_retention`.

mod author;
mod event;
mod list;
mod refusals;
mod refused;
mod sheet;

use std::fmt;

use serde_json::{Map, Value};

pub use self::{
    author::{Author, RequestOrigin},
    event::Event,
    list::{Filter, ReasonCount, Row, list, refusals_by_reason, signed_in_between},
    refusals::{Allowance, Refusals},
    refused::{RefusedPerson, RefusedSearch, last_refusal, refusal_of_request, refused_people},
    sheet::write_csv,
};
use crate::{
    clock::Clock,
    db::{self, Conn, QueryBuilder},
    ids::{CorpId, DingUserId},
};

/// Characters in one column: enough for every userid, address and app name.
const LONGEST: usize = 300;

const BATCH: usize = 250;
const INTO: &str =
    "INSERT INTO audit (at, event, actor, corp_id, userid, app, address, request_id, reason, times, detail) ";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Through a page.
    User(DingUserId),
    /// The name of the system's user.
    Cli(String),
    /// A first sign-in, a sync, an event.
    Dingtalk,
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(userid) => userid.fmt(f),
            Self::Cli(user) => write!(f, "cli:{user}"),
            Self::Dingtalk => f.write_str("dingtalk"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Empty for a command.
#[derive(Debug, Clone)]
pub struct Entry {
    at_ms: i64,
    event: Event,
    actor: Actor,
    corp_id: String,
    userid: String,
    origin: RequestOrigin,
    reason: &'static str,
    times: u64,
    detail: Map<String, Value>,
}

impl Entry {
    pub fn new(event: Event, actor: Actor, clock: &Clock) -> Self {
        Self::at(event, actor, clock.now_ms())
    }

    pub fn at(event: Event, actor: Actor, at_ms: i64) -> Self {
        Self {
            at_ms,
            event,
            actor,
            corp_id: String::new(),
            userid: String::new(),
            origin: RequestOrigin::default(),
            reason: "",
            times: 1,
            detail: Map::new(),
        }
    }

    #[must_use]
    pub fn about(mut self, corp_id: &CorpId, userid: &DingUserId) -> Self {
        self.corp_id = corp_id.to_string();
        self.userid = userid.to_string();
        self
    }

    #[must_use]
    pub fn in_corp(mut self, corp_id: &CorpId) -> Self {
        self.corp_id = corp_id.to_string();
        self
    }

    #[must_use]
    pub fn by_request(mut self, origin: RequestOrigin) -> Self {
        self.origin = origin;
        self
    }

    /// Adds to the row, but never a secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    pub async fn write(self, db: &mut Conn) -> sqlx::Result<()> {
        write_all(db, vec![self]).await
    }

    /// The same for a database that may be older than the trail.
    pub async fn write_if_there(self, db: &mut Conn) -> sqlx::Result<()> {
        match db::has_table(db, "audit").await? {
            true => self.write(db).await,
            false => Ok(()),
        }
    }
}

pub async fn write_all(db: &mut Conn, entries: Vec<Entry>) -> sqlx::Result<()> {
    for batch in entries.chunks(BATCH) {
        let mut sql = QueryBuilder::new(INTO);
        sql.push_values(batch, |mut row, entry| {
            row.push_bind(entry.at_ms)
                .push_bind(entry.event.as_str())
                .push_bind(cut(&entry.actor.to_string()))
                .push_bind(cut(&entry.corp_id))
                .push_bind(cut(&entry.userid))
                .push_bind(cut(&entry.origin.app))
                .push_bind(cut(&entry.origin.address))
                .push_bind(cut(&entry.origin.request_id))
                .push_bind(entry.reason)
                .push_bind(i64::try_from(entry.times).unwrap_or(i64::MAX))
                .push_bind(serde_json::to_string(&entry.detail).unwrap_or_default());
        });
        sql.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// Deletes rows from before a time, the oldest first, and returns how many. `most` keeps others from waiting long to
/// write.
pub async fn sweep(db: &mut Conn, before_ms: i64, most: u32) -> sqlx::Result<u64> {
    let done = db::query("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)");
    Ok(done.bind(before_ms).bind(i64::from(most)).execute(db).await?.rows_affected())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
