//! The `server_keys` table: keys that this deployment made for itself.

use crate::{clock::Clock, db::Pools};

/// The key that signs states; made at the first start.
///
/// # Errors
/// When the database fails, or holds a key of another length.
pub async fn state_key(pools: &Pools, clock: &Clock) -> sqlx::Result<[u8; 32]> {
    let mut transaction = pools.write().await?;
    sqlx::query(
        "INSERT INTO server_keys (name, value, created_at) VALUES ('state', $1, $2) ON CONFLICT (name) DO NOTHING",
    )
    .bind(crate::random::bytes::<32>().to_vec())
    .bind(clock.now())
    .execute(&mut *transaction)
    .await?;
    let (key,): (Vec<u8>,) =
        sqlx::query_as("SELECT value FROM server_keys WHERE name = 'state'").fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    key.try_into().map_err(|_| sqlx::Error::Decode("the key \"state\" in server_keys is not 32 bytes long".into()))
}
