//! `used_once`: codes that were sent to DingTalk and states that were taken, where several servers share the database. The
//! only place that knows the table's SQL.

use sha2::{Digest, Sha256};

use crate::{
    clock::UnixSeconds,
    db::{self, Conn, Pools},
};

/// How long a row is kept, in seconds: a code or state is good for ten minutes at most, and servers' clocks may differ.
const KEPT: i64 = 3_600;

/// Of a thing of one kind, which no thing of another kind has.
pub fn digest(kind: &str, thing: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind}|{thing}")).into()
}

/// Marks something as used for all servers, in a commit of its own. Of any number of callers one gets `true`. Where the
/// database is not shared, memory suffices (`super::used_codes`): whoever calls this is the first in this process.
///
/// # Errors
/// When the database fails. Then nobody knows whether it is marked, and it must not be used.
pub async fn mark(pools: &Pools, digest: &[u8; 32], now: UnixSeconds) -> sqlx::Result<bool> {
    if !pools.is_shared() {
        return Ok(true);
    }
    let insert = "INSERT INTO used_once (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    let insert = db::query(insert).bind(digest.as_slice()).bind(now.saturating_add(KEPT));
    Ok(pools.write_one(insert).await?.rows_affected() > 0)
}

/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<()> {
    db::query("DELETE FROM used_once WHERE expires_at <= $1").bind(now).execute(db).await.map(drop)
}
