//! `server_keys`: the secrets that this deployment made for itself. The table's SQL is here and nowhere else.

use crate::{
    clock::{Clock, UnixSeconds},
    db::{self, Conn, Pools},
};

#[derive(sqlx::FromRow)]
pub(super) struct ServerKey {
    pub name: String,
    pub value: Vec<u8>,
    pub created_at: UnixSeconds,
}

/// Signs states; made at the first start.
pub async fn state_key(pools: &Pools, clock: &Clock) -> sqlx::Result<[u8; 32]> {
    let made_or_found = async |tx: &mut Conn| {
        add(tx, "state", &crate::random::bytes::<32>(), clock.now()).await?;
        db::query_scalar("SELECT value FROM server_keys WHERE name = 'state'").fetch_one(tx).await
    };
    let key: Vec<u8> = pools.transaction(made_or_found).await?;
    key.try_into().map_err(|_| sqlx::Error::Decode("the key \"state\" in server_keys is not 32 bytes long".into()))
}

/// The oldest first.
pub(super) async fn list(db: &mut Conn, prefix: &str) -> sqlx::Result<Vec<ServerKey>> {
    db::query_as(
        "SELECT name, value, created_at FROM server_keys WHERE substr(name, 1, length($1)) = $1 \
         ORDER BY created_at, name",
    )
    .bind(prefix)
    .fetch_all(db)
    .await
}

/// An existing name is left alone.
pub(super) async fn add(db: &mut Conn, name: &str, value: &[u8], now: UnixSeconds) -> sqlx::Result<()> {
    db::query("INSERT INTO server_keys (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(value)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn remove(db: &mut Conn, name: &str) -> sqlx::Result<()> {
    db::query("DELETE FROM server_keys WHERE name = $1").bind(name).execute(db).await.map(drop)
}
