//! `sessions`: who is signed in where. The only place that knows the table's SQL.

mod activity;
mod cache;
pub mod cookie;
pub mod device;
mod ending;
pub mod guard;
mod invalidation;
mod policy;
mod refusal;
pub mod routes;

use sha2::{Digest, Sha256};

pub use self::{
    activity::{Activity, Writer, activity},
    cache::{Principal, SessionCache},
    ending::{revoke_all_of, revoke_by_id, revoke_everybodys, revoke_one, sign_out},
    policy::Policy,
};
use crate::{
    clock::UnixSeconds,
    db::{self, Conn, QueryBuilder},
    users::{self, User},
};

/// Seconds between two notes of a session's use in its row.
pub const TOUCH_INTERVAL: i64 = 60;
/// How many sessions one person can have. The next one ends the oldest.
const MOST_OF_ONE: i64 = 50;
/// How many expired sessions are deleted in one transaction: others wait for it.
const SWEPT_AT_ONCE: i64 = 2_000;

/// A session's secret: the cookie's value. Only its digest is stored.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// 256 random bits.
    pub fn random() -> Self {
        Self(crate::random::hex::<32>())
    }

    /// A cookie's value, if it has the form of ours. Anything else is refused before it is digested.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let ours = value.len() == 64 && value.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| Self(value.to_owned()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

/// A live session with the person it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The row's number, by which the person ends it from another device. It opens nothing.
    pub id: i64,
    pub user_id: i64,
    pub created_at: UnixSeconds,
    /// When it was last used, to the minute.
    pub last_seen_at: UnixSeconds,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, sqlx::FromRow)]
pub struct Listed {
    pub id: i64,
    pub corp_id: String,
    pub userid: String,
    pub app: String,
    pub created_at: UnixSeconds,
    /// When it was last used, to the minute.
    pub last_seen_at: UnixSeconds,
    pub address: String,
    pub user_agent: String,
    /// The one address that it is good for, if it is doctor's.
    pub only_for: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    created_at: UnixSeconds,
    last_seen_at: UnixSeconds,
    corp_id: String,
    only_for: Option<String>,
}

impl Row {
    fn is_live(&self, policy: &Policy, now: UnixSeconds) -> bool {
        let only_for = self.only_for.as_deref();
        policy.knows(&self.corp_id) && policy.is_in_time(only_for, self.created_at, self.last_seen_at, now)
    }

    fn into_session(self) -> Session {
        let Self { id, user_id, created_at, last_seen_at, .. } = self;
        Session { id, user_id, created_at, last_seen_at }
    }
}

/// Where a sign-in comes from, as shown to its owner.
#[derive(Debug, Clone)]
pub struct Origin {
    pub address: String,
    /// Its `User-Agent`, shortened.
    pub user_agent: String,
}

/// Starts a session, and ends the oldest of more than fifty. The caller's transaction has checked that the person may
/// sign in.
pub async fn start(db: &mut Conn, user: &User, app: &str, from: &Origin, now: UnixSeconds) -> sqlx::Result<Token> {
    let token = Token::random();
    db::query(
        "INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(token.digest().as_slice())
    .bind(user.id)
    .bind(app)
    .bind(now)
    .bind(&from.address)
    .bind(&from.user_agent)
    .execute(&mut *db)
    .await?;
    end_oldest(db, user.id).await?;
    Ok(token)
}

/// Goes on with a session after its person has signed in anew in the same browser: from now on it is as old as this
/// sign-in, and has another token. What belongs to it stays.
pub async fn renew(
    db: &mut Conn,
    session: &Session,
    app: &str,
    from: &Origin,
    now: UnixSeconds,
) -> sqlx::Result<Token> {
    let token = Token::random();
    let renewed = db::query(
        "UPDATE sessions SET token_hash = $2, app = $3, created_at = $4, last_seen_at = $4, address = $5, user_agent = $6 \
         WHERE id = $1",
    )
    .bind(session.id)
    .bind(token.digest().as_slice())
    .bind(app)
    .bind(now)
    .bind(&from.address)
    .bind(&from.user_agent)
    .execute(db)
    .await?;
    if renewed.rows_affected() == 1 { Ok(token) } else { Err(sqlx::Error::RowNotFound) }
}

/// Starts a session that is good for one address alone: only the gate takes it, for a question about exactly that
/// address, and for five minutes. It does not count among the fifty.
pub async fn start_for(
    db: &mut Conn,
    user: &User,
    app: &str,
    from: &Origin,
    only_for: &str,
    now: UnixSeconds,
) -> sqlx::Result<Token> {
    let token = Token::random();
    db::query(
        "INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent, only_for) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
    )
    .bind(token.digest().as_slice())
    .bind(user.id)
    .bind(app)
    .bind(now)
    .bind(&from.address)
    .bind(&from.user_agent)
    .bind(only_for)
    .execute(db)
    .await?;
    Ok(token)
}

/// The oldest session is the one with the lowest number, because clocks can be set back.
async fn end_oldest(db: &mut Conn, user_id: i64) -> sqlx::Result<()> {
    db::query(
        "DELETE FROM sessions WHERE user_id = $1 AND only_for IS NULL AND id <= \
         (SELECT id FROM sessions WHERE user_id = $1 AND only_for IS NULL ORDER BY id DESC LIMIT 1 OFFSET $2)",
    )
    .bind(user_id)
    .bind(MOST_OF_ONE)
    .execute(db)
    .await?;
    Ok(())
}

/// The live session behind a cookie: not of a disabled person, nor of a corp without an app, nor for one address alone.
pub async fn find(db: &mut Conn, token: &Token, policy: &Policy, now: UnixSeconds) -> sqlx::Result<Option<Session>> {
    let row = find_any(db, token, policy, now).await?;
    Ok(row.filter(|row| row.only_for.is_none()).map(Row::into_session))
}

/// The same, and sessions for one address: the caller compares that.
async fn find_any(db: &mut Conn, token: &Token, policy: &Policy, now: UnixSeconds) -> sqlx::Result<Option<Row>> {
    let row: Option<Row> = db::query_as(
        "SELECT s.id, s.user_id, s.created_at, s.last_seen_at, s.only_for, u.corp_id \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1 AND u.status = 'active'",
    )
    .bind(token.digest().as_slice())
    .fetch_optional(db)
    .await?;
    Ok(row.filter(|row| row.is_live(policy, now)))
}

/// Anyone's session by its number, if it is within its lifetime and of a corp that has an app; none for one address
/// alone. The caller checks whether it was idle, which the table learns a little late, and whether its person is
/// disabled.
pub async fn find_by_id(db: &mut Conn, id: i64, policy: &Policy, now: UnixSeconds) -> sqlx::Result<Option<Session>> {
    let row: Option<Row> = db::query_as(
        "SELECT s.id, s.user_id, s.created_at, s.last_seen_at, s.only_for, u.corp_id \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND s.only_for IS NULL",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    let in_use = |row: Row| Row { last_seen_at: now, ..row };
    Ok(row.map(in_use).filter(|row| row.is_live(policy, now)).map(Row::into_session))
}

/// The live person and session behind a session's number: what apps ask about, which have no cookie. A use that was noted
/// a second ago may not be in the table yet.
pub async fn find_principal(
    db: &mut Conn,
    id: i64,
    policy: &Policy,
    now: UnixSeconds,
) -> sqlx::Result<Option<Principal>> {
    let row: Option<Row> = db::query_as(
        "SELECT s.id, s.user_id, s.created_at, s.last_seen_at, s.only_for, u.corp_id \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND s.only_for IS NULL AND u.status = 'active'",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row.filter(|row| row.is_live(policy, now)) else { return Ok(None) };
    let user = users::get(db, row.user_id).await?;
    Ok(user.map(|user| Principal { user, session: row.into_session() }))
}

/// Starts a session beside another one of the same person, in another browser, unless that one has ended. It is as old as
/// that one: DingTalk vouched for the person then, not now.
pub async fn start_beside(
    db: &mut Conn,
    other: &Session,
    from: &Origin,
    now: UnixSeconds,
) -> sqlx::Result<(Token, String)> {
    let token = Token::random();
    let app = db::query_scalar(
        "INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent) \
         SELECT $2, user_id, app, created_at, $3, $4, $5 FROM sessions \
         WHERE id = $1 AND only_for IS NULL RETURNING app",
    )
    .bind(other.id)
    .bind(token.digest().as_slice())
    .bind(now)
    .bind(&from.address)
    .bind(&from.user_agent)
    .fetch_one(&mut *db)
    .await?;
    end_oldest(db, other.user_id).await?;
    Ok((token, app))
}

/// Notes when sessions were last used, in one statement: others wait for it. One that has ended stays ended.
pub async fn touch(db: &mut Conn, uses: &[(i64, UnixSeconds)]) -> sqlx::Result<()> {
    if uses.is_empty() {
        return Ok(());
    }
    let mut update = QueryBuilder::new("UPDATE sessions SET last_seen_at = used.column2 FROM (");
    update.push_values(uses, |mut row, (session_id, at)| {
        row.push_bind(*session_id).push_bind(*at);
    });
    update.push(") AS used WHERE sessions.id = used.column1 AND sessions.last_seen_at < used.column2");
    update.build().execute(db).await.map(drop)
}

/// Ends the session behind a cookie. Answers whose it was, and of which app.
pub async fn end(db: &mut Conn, token: &Token) -> sqlx::Result<Option<(i64, String)>> {
    let ended = db::query_as("DELETE FROM sessions WHERE token_hash = $1 RETURNING user_id, app");
    ended.bind(token.digest().as_slice()).fetch_optional(db).await
}

/// Ends one session of a person by its number. Somebody else's number ends nothing.
pub async fn end_one_of(db: &mut Conn, user_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = db::query("DELETE FROM sessions WHERE user_id = $1 AND id = $2").bind(user_id).bind(id);
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Ends all sessions of a person, or all but one.
pub async fn end_all_of(db: &mut Conn, user_id: i64, but: Option<i64>) -> sqlx::Result<u64> {
    let done = db::query("DELETE FROM sessions WHERE user_id = $1 AND id <> COALESCE($2, -1)").bind(user_id).bind(but);
    Ok(done.execute(db).await?.rows_affected())
}

/// The DingTalk app that a session was started by; none if it has ended.
pub async fn app_of(db: &mut Conn, id: i64) -> sqlx::Result<Option<String>> {
    db::query_scalar("SELECT app FROM sessions WHERE id = $1").bind(id).fetch_optional(db).await
}

async fn owner_of(db: &mut Conn, id: i64) -> sqlx::Result<Option<i64>> {
    db::query_scalar("SELECT user_id FROM sessions WHERE id = $1").bind(id).fetch_optional(db).await
}

/// In portions: each end runs triggers, and no statement on PostgreSQL may take longer than ten seconds.
pub async fn end_all(db: &mut Conn) -> sqlx::Result<u64> {
    let (mut ended, mut behind) = (0, i64::MIN);
    loop {
        let last = "SELECT MAX(id) FROM (SELECT id FROM sessions WHERE id > $1 ORDER BY id LIMIT 2000) AS portion";
        let last: Option<i64> = db::query_scalar(last).bind(behind).fetch_one(db).await?;
        let Some(last) = last else { return Ok(ended) };
        let portion = db::query("DELETE FROM sessions WHERE id > $1 AND id <= $2").bind(behind).bind(last);
        ended += portion.execute(db).await?.rows_affected();
        behind = last;
    }
}

/// An import calls this after it has disabled many people.
pub async fn end_all_of_disabled(db: &mut Conn) -> sqlx::Result<u64> {
    let done = db::query("DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE status = 'disabled')");
    Ok(done.execute(db).await?.rows_affected())
}

/// The live sessions of a person, or of everybody, most recently used first.
pub async fn list(db: &mut Conn, user_id: Option<i64>, policy: &Policy, now: UnixSeconds) -> sqlx::Result<Vec<Listed>> {
    let rows: Vec<Listed> = db::query_as(
        "SELECT s.id, u.corp_id, u.userid, s.app, s.created_at, s.last_seen_at, s.address, s.user_agent, s.only_for \
         FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE ($1 IS NULL OR s.user_id = $1) AND u.status = 'active' ORDER BY s.last_seen_at DESC, s.id DESC",
    )
    .bind(user_id)
    .fetch_all(db)
    .await?;
    let is_live = |row: &Listed| {
        let only_for = row.only_for.as_deref();
        policy.knows(&row.corp_id) && policy.is_in_time(only_for, row.created_at, row.last_seen_at, now)
    };
    Ok(rows.into_iter().filter(is_live).collect())
}

/// How many live sessions the people of a corp have; none for one address alone.
pub async fn count(db: &mut Conn, corp_id: &str, policy: &Policy, now: UnixSeconds) -> sqlx::Result<u64> {
    if !policy.knows(corp_id) {
        return Ok(0);
    }
    let sql = "SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id \
               WHERE u.corp_id = $1 AND u.status = 'active' AND s.only_for IS NULL \
               AND s.created_at > $2 AND s.last_seen_at > $3";
    let (created, seen) = (now.saturating_sub(policy.absolute), now.saturating_sub(policy.idle));
    let count: i64 = db::query_scalar(sql).bind(corp_id).bind(created).bind(seen).fetch_one(db).await?;
    Ok(count.unsigned_abs())
}

/// Deletes expired sessions, some at a time, and changes that every process has read. Answers how many sessions.
pub async fn sweep(db: &mut Conn, policy: &Policy, now: UnixSeconds) -> sqlx::Result<u64> {
    // The last use is written a little late.
    let idle = policy.idle.saturating_add(2 * TOUCH_INTERVAL);
    let outlived = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
                    WHERE created_at <= $1 OR last_seen_at <= $2 OR (only_for IS NOT NULL AND created_at <= $3) LIMIT $4)";
    let done = db::query(outlived)
        .bind(now.saturating_sub(policy.absolute))
        .bind(now.saturating_sub(idle))
        .bind(now.saturating_sub(policy::FOR_ONE_ADDRESS))
        .bind(SWEPT_AT_ONCE)
        .execute(&mut *db)
        .await?;
    invalidation::sweep(db).await?;
    Ok(done.rows_affected())
}
