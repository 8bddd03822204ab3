//! The `credentials` table: what DingTalk lent us, kept over a restart.

use async_trait::async_trait;

use crate::{
    db::{self, Pools},
    dingtalk::{Claim, Credential, Store},
    secret::Secret,
};

/// Keeps the caches of `dingtalk` in the database.
pub struct CredentialTable(pub Pools);

#[async_trait]
impl Store for CredentialTable {
    async fn load(&self, key: &str) -> Option<Credential> {
        load(&self.0, key).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a kept DingTalk credential could not be read; a new one is fetched");
            None
        })
    }

    async fn save(&self, key: &str, credential: &Credential) {
        if let Err(error) = save(&self.0, key, credential).await {
            tracing::warn!(%error, "a DingTalk credential could not be kept; a restart will fetch a new one");
        }
    }

    /// Where the database does not answer, each server asks DingTalk itself: a sign-in that works matters more than a call
    /// too many.
    async fn claim(&self, key: &str) -> Claim {
        if !self.0.is_shared() {
            return Claim::Alone;
        }
        match self.0.lease(key).await {
            Ok(Some(lease)) => Claim::Ours(Box::new(lease)),
            Ok(None) => Claim::Theirs,
            Err(error) => {
                tracing::warn!(%error, "the other servers cannot be heard; this one asks DingTalk for a credential itself");
                Claim::Alone
            }
        }
    }
}

async fn load(pools: &Pools, key: &str) -> sqlx::Result<Option<Credential>> {
    let row: Option<(String, i64, i64)> =
        db::query_as("SELECT value, first_seen_at, expires_at FROM credentials WHERE key = $1")
            .bind(key)
            .fetch_optional(&mut *pools.read().await?)
            .await?;
    Ok(row.map(|(value, first_seen_at, expires_at)| Credential {
        value: Secret::new(value),
        first_seen_at,
        expires_at,
    }))
}

async fn save(pools: &Pools, key: &str, credential: &Credential) -> sqlx::Result<()> {
    let statement = db::query(
        "INSERT INTO credentials (key, value, first_seen_at, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, first_seen_at = excluded.first_seen_at, \
         expires_at = excluded.expires_at",
    )
    .bind(key)
    .bind(credential.value.expose())
    .bind(credential.first_seen_at)
    .bind(credential.expires_at);
    pools.transaction(async |tx| statement.execute(tx).await.map(drop)).await
}
