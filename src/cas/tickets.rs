//! `cas_tickets`: what apps were given. The only place that knows the table's SQL.

use crate::{
    clients::Hash,
    db::{self, Conn},
};

/// How many tickets that are not redeemed yet one app has in one session.
const MOST_UNSPENT: i64 = 20;
/// How many redeemed ones. The next one ends the oldest, and the app is told.
const MOST_SPENT: i64 = 100;

pub struct NewTicket<'a> {
    pub session_id: i64,
    pub client: &'a str,
    pub hash: Hash,
    pub service: &'a str,
    pub logout_url: String,
    pub sub: String,
    pub from_sign_in: bool,
    pub issued_at_ms: i64,
    pub address: &'a str,
    pub request_id: &'a str,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Ticket {
    pub id: i64,
    pub session_id: i64,
    pub client: String,
    pub service: String,
    from_sign_in: i64,
    pub issued_at: i64,
    is_spent: bool,
    pub address: String,
    pub request_id: String,
}

impl Ticket {
    pub fn is_from_sign_in(&self) -> bool {
        self.from_sign_in != 0
    }

    pub fn is_spent(&self) -> bool {
        self.is_spent
    }
}

/// Keeps a new ticket. The session is a live one, or the foreign key refuses it.
pub async fn add(db: &mut Conn, ticket: &NewTicket<'_>) -> sqlx::Result<()> {
    db::query(
        "INSERT INTO cas_tickets (session_id, client, ticket_hash, service, logout_url, sub, from_sign_in, issued_at, address, \
         request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(ticket.session_id)
    .bind(ticket.client)
    .bind(ticket.hash.as_slice())
    .bind(ticket.service)
    .bind(&ticket.logout_url)
    .bind(&ticket.sub)
    .bind(i64::from(ticket.from_sign_in))
    .bind(ticket.issued_at_ms)
    .bind(ticket.address)
    .bind(ticket.request_id)
    .execute(&mut *db)
    .await?;
    db::query(
        "DELETE FROM cas_tickets WHERE session_id = $1 AND client = $2 AND ticket IS NULL AND id <= \
         (SELECT id FROM cas_tickets WHERE session_id = $1 AND client = $2 AND ticket IS NULL \
         ORDER BY id DESC LIMIT 1 OFFSET $3)",
    )
    .bind(ticket.session_id)
    .bind(ticket.client)
    .bind(MOST_UNSPENT)
    .execute(db)
    .await
    .map(drop)
}

pub async fn find(db: &mut Conn, ticket: &Hash) -> sqlx::Result<Option<Ticket>> {
    db::query_as(
        "SELECT id, session_id, client, service, from_sign_in, issued_at, \
         ticket IS NOT NULL AS is_spent, address, request_id \
         FROM cas_tickets WHERE ticket_hash = $1",
    )
    .bind(ticket.as_slice())
    .fetch_optional(db)
    .await
}

/// Redeems a ticket. Answers whether it was there and unspent.
pub async fn redeem(db: &mut Conn, ticket: &Ticket, text: &str) -> sqlx::Result<bool> {
    let redeemed = db::query("UPDATE cas_tickets SET ticket = $2 WHERE id = $1 AND ticket IS NULL");
    if redeemed.bind(ticket.id).bind(text).execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(false);
    }
    db::query(
        "DELETE FROM cas_tickets WHERE session_id = $1 AND client = $2 AND ticket IS NOT NULL AND id <= \
         (SELECT id FROM cas_tickets WHERE session_id = $1 AND client = $2 AND ticket IS NOT NULL \
         ORDER BY id DESC LIMIT 1 OFFSET $3)",
    )
    .bind(ticket.session_id)
    .bind(&ticket.client)
    .bind(MOST_SPENT)
    .execute(db)
    .await?;
    Ok(true)
}

/// Spends a ticket that nobody may redeem any more.
pub async fn remove_unspent(db: &mut Conn, id: i64) -> sqlx::Result<()> {
    db::query("DELETE FROM cas_tickets WHERE id = $1 AND ticket IS NULL").bind(id).execute(db).await.map(drop)
}

pub async fn sweep(db: &mut Conn, unspent_before_ms: i64) -> sqlx::Result<()> {
    let unspent = "DELETE FROM cas_tickets WHERE ticket IS NULL AND issued_at <= $1";
    db::query(unspent).bind(unspent_before_ms).execute(db).await.map(drop)
}
