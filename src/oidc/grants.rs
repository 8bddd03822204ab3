//! `client_sessions`, `oidc_grants` and `oidc_access_tokens`: what apps were given. The only place that knows these tables'
//! SQL.

use super::secrets::Hash;
use crate::{
    clock::UnixSeconds,
    db::{self, Conn},
};

/// How many codes, and how many redeemed ones, of one app one session keeps: an app may sign the same person in again and again,
/// and pages of others may begin it, but not redeem what comes of it.
const MOST_OF_ONE: i64 = 20;

/// A code that is made.
pub struct NewGrant<'a> {
    pub session_id: i64,
    pub client_id: &'a str,
    pub sub: &'a str,
    pub code: Hash,
    pub redirect_uri: &'a str,
    /// "" without.
    pub code_challenge: &'a str,
    pub scope: String,
    pub nonce: Option<&'a str>,
    pub auth_time: UnixSeconds,
    pub address: &'a str,
    pub request_id: &'a str,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Grant {
    pub id: i64,
    pub session_id: i64,
    pub client_id: String,
    pub sid: String,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub auth_time: UnixSeconds,
    pub issued_at: UnixSeconds,
    pub spent_at: Option<UnixSeconds>,
    refresh_hash: Option<Vec<u8>>,
    pub address: String,
    pub request_id: String,
}

impl Grant {
    pub fn is_current(&self, refresh: &Hash) -> bool {
        self.refresh_hash.as_deref() == Some(refresh.as_slice())
    }
}

/// An access token, and what it came of.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Access {
    pub session_id: i64,
    pub client_id: String,
    pub scope: String,
    pub expires_at: UnixSeconds,
}

/// Keeps a new code. The session is a live one, or the foreign key refuses it.
pub async fn add(db: &mut Conn, grant: &NewGrant<'_>, now: UnixSeconds) -> sqlx::Result<()> {
    let sid = crate::random::hex::<16>();
    db::query(
        "INSERT INTO client_sessions (session_id, client_id, sid, sub) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (session_id, client_id) DO NOTHING",
    )
    .bind(grant.session_id)
    .bind(grant.client_id)
    .bind(sid)
    .bind(grant.sub)
    .execute(&mut *db)
    .await?;
    db::query(
        "INSERT INTO oidc_grants (session_id, client_id, code_hash, redirect_uri, code_challenge, scope, nonce, auth_time, \
         issued_at, address, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(grant.session_id)
    .bind(grant.client_id)
    .bind(grant.code.as_slice())
    .bind(grant.redirect_uri)
    .bind(grant.code_challenge)
    .bind(&grant.scope)
    .bind(grant.nonce)
    .bind(grant.auth_time)
    .bind(now)
    .bind(grant.address)
    .bind(grant.request_id)
    .execute(&mut *db)
    .await?;
    for is_spent in [false, true] {
        db::query(
            "DELETE FROM oidc_grants WHERE session_id = $1 AND client_id = $2 AND (spent_at IS NOT NULL) = $4 AND id <= \
             (SELECT id FROM oidc_grants WHERE session_id = $1 AND client_id = $2 AND (spent_at IS NOT NULL) = $4 \
             ORDER BY id DESC LIMIT 1 OFFSET $3)",
        )
        .bind(grant.session_id)
        .bind(grant.client_id)
        .bind(MOST_OF_ONE)
        .bind(is_spent)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// `SELECT` of the columns of [`Grant`], before the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.session_id, g.client_id, c.sid, g.redirect_uri, g.code_challenge, g.scope, g.nonce, ",
            "g.auth_time, g.issued_at, g.spent_at, g.refresh_hash, g.address, g.request_id FROM oidc_grants g ",
            "JOIN client_sessions c ON c.session_id = g.session_id AND c.client_id = g.client_id ",
            $rest
        )
    };
}

pub async fn of_code(db: &mut Conn, code: &Hash) -> sqlx::Result<Option<Grant>> {
    db::query_as(select!("WHERE g.code_hash = $1")).bind(code.as_slice()).fetch_optional(db).await
}

pub async fn of_family(db: &mut Conn, family: &Hash) -> sqlx::Result<Option<Grant>> {
    db::query_as(select!("WHERE g.family_hash = $1")).bind(family.as_slice()).fetch_optional(db).await
}

/// Spends a code. Answers whether it was there and unspent.
pub async fn spend(db: &mut Conn, id: i64, now: UnixSeconds) -> sqlx::Result<bool> {
    let spent = db::query("UPDATE oidc_grants SET spent_at = $2 WHERE id = $1 AND spent_at IS NULL");
    Ok(spent.bind(id).bind(now).execute(db).await?.rows_affected() == 1)
}

/// Notes that an app has signed a person in: from now on it is told when the session ends.
pub async fn signed_in(db: &mut Conn, grant: &Grant, now: UnixSeconds) -> sqlx::Result<()> {
    db::query(
        "UPDATE client_sessions SET signed_in_at = $3 WHERE session_id = $1 AND client_id = $2 AND signed_in_at IS NULL",
    )
    .bind(grant.session_id)
    .bind(&grant.client_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps the first refresh token of a grant.
pub async fn set_refresh(db: &mut Conn, id: i64, family: &Hash, own: &Hash) -> sqlx::Result<()> {
    let kept = db::query("UPDATE oidc_grants SET family_hash = $2, refresh_hash = $3 WHERE id = $1");
    kept.bind(id).bind(family.as_slice()).bind(own.as_slice()).execute(db).await.map(drop)
}

/// Puts the next refresh token in the place of the last. Answers whether that was still the last.
pub async fn rotate(db: &mut Conn, id: i64, last: &Hash, next: &Hash) -> sqlx::Result<bool> {
    let rotated = db::query("UPDATE oidc_grants SET refresh_hash = $3 WHERE id = $1 AND refresh_hash = $2");
    Ok(rotated.bind(id).bind(last.as_slice()).bind(next.as_slice()).execute(db).await?.rows_affected() == 1)
}

/// Takes back everything that came of a code.
pub async fn remove(db: &mut Conn, id: i64) -> sqlx::Result<()> {
    db::query("DELETE FROM oidc_grants WHERE id = $1").bind(id).execute(db).await.map(drop)
}

/// Keeps an access token, and forgets the grant's expired ones.
pub async fn add_access(
    db: &mut Conn,
    grant_id: i64,
    token: &Hash,
    scope: &str,
    expires_at: UnixSeconds,
    now: UnixSeconds,
) -> sqlx::Result<()> {
    db::query("DELETE FROM oidc_access_tokens WHERE grant_id = $1 AND expires_at <= $2")
        .bind(grant_id)
        .bind(now)
        .execute(&mut *db)
        .await?;
    db::query("INSERT INTO oidc_access_tokens (token_hash, grant_id, scope, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(token.as_slice())
        .bind(grant_id)
        .bind(scope)
        .bind(expires_at)
        .execute(db)
        .await
        .map(drop)
}

pub async fn of_access(db: &mut Conn, token: &Hash) -> sqlx::Result<Option<Access>> {
    db::query_as(
        "SELECT g.session_id, g.client_id, a.scope, a.expires_at \
         FROM oidc_access_tokens a JOIN oidc_grants g ON g.id = a.grant_id WHERE a.token_hash = $1",
    )
    .bind(token.as_slice())
    .fetch_optional(db)
    .await
}

pub async fn remove_access(db: &mut Conn, token: &Hash) -> sqlx::Result<()> {
    db::query("DELETE FROM oidc_access_tokens WHERE token_hash = $1").bind(token.as_slice()).execute(db).await.map(drop)
}

/// What an app calls a session; none if the app has no part in it.
pub async fn sid(db: &mut Conn, session_id: i64, client_id: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT sid FROM client_sessions WHERE session_id = $1 AND client_id = $2";
    db::query_scalar(sql).bind(session_id).bind(client_id).fetch_optional(db).await
}

/// Deletes expired access tokens, and codes that nobody has redeemed.
pub async fn sweep(db: &mut Conn, unspent_before: UnixSeconds, now: UnixSeconds) -> sqlx::Result<()> {
    db::query("DELETE FROM oidc_access_tokens WHERE expires_at <= $1").bind(now).execute(&mut *db).await?;
    let unspent = "DELETE FROM oidc_grants WHERE spent_at IS NULL AND issued_at <= $1";
    db::query(unspent).bind(unspent_before).execute(db).await.map(drop)
}
