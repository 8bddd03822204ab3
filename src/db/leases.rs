//! Leases: what one server does while the others leave it alone. The only place that knows the table `leases`.
//!
//! A lease lasts five seconds by the database's clock and is renewed each second for as long as it is held. A server that
//! dies, is paused or loses the database holds it no longer than that. It is lost for its holder once somebody else has it,
//! or once it has ended by the holder's own monotonic clock, reckoned from before the renewal was sent.
//!
//! Two servers can hold one at the same time for a moment: one that was paused goes on before it learns that it has lost
//! its lease. So a lease saves work that would be done twice, and never guards what must not be.
//!
//! Where the database is not shared, there is nobody to keep away: a lease is had at once, costs nothing and is never lost.

use std::time::Duration;

use tokio::{
    runtime::Handle,
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};

use super::{Conn, Pools, Query, query};
use crate::random;

const LASTS: Duration = Duration::from_secs(5);
const RENEWAL: Duration = Duration::from_secs(1);
/// How long to wait for a database that may be gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// By the database's clock, so that the servers' own may differ. A lease that ends in the far future dates from before that clock
/// was set back.
const TAKE: &str = "INSERT INTO leases (name, owner, expires_at) \
     VALUES ($1, $2, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3) \
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at \
     WHERE leases.expires_at <= excluded.expires_at - $3 OR leases.expires_at > excluded.expires_at + $3";
/// One that has ended but that nobody else has taken is good again.
const RENEW: &str = "UPDATE leases SET expires_at = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3 \
     WHERE name = $1 AND owner = $2";
const GIVE_BACK: &str = "DELETE FROM leases WHERE name = $1 AND owner = $2";
const SWEEP: &str =
    "DELETE FROM leases WHERE expires_at < CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - $1";

/// Something that this server alone does until it drops this.
#[must_use = "it is given back when it is dropped"]
pub struct Lease(Option<Held>);

struct Held {
    of: Row,
    lost: watch::Receiver<bool>,
    renewing: AbortHandle,
}

#[derive(Clone)]
struct Row {
    pools: Pools,
    name: String,
    owner: String,
}

impl Pools {
    /// Takes a lease if no other server, and nobody else in this one, has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease(&self, name: &str) -> sqlx::Result<Option<Lease>> {
        if !self.is_shared() {
            return Ok(Some(Lease(None)));
        }
        let of = Row { pools: self.clone(), name: name.to_owned(), owner: random::hex::<16>() };
        let sent = Instant::now();
        let taken = timeout(PATIENCE, of.changes(TAKE)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if !taken? {
            return Ok(None);
        }
        let (loses, lost) = watch::channel(false);
        let renewing = tokio::spawn(of.clone().renew(sent, loses)).abort_handle();
        Ok(Some(Lease(Some(Held { of, lost, renewing }))))
    }

    /// Waits for a lease, also while the database is gone.
    pub async fn wait_for_lease(&self, name: &str) -> Lease {
        loop {
            match self.lease(name).await {
                Ok(Some(lease)) => return lease,
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, name, "a lease could not be asked for; trying again"),
            }
            sleep(RENEWAL).await;
        }
    }
}

impl Lease {
    /// Returns when it is lost.
    pub async fn lost(&self) {
        match &self.0 {
            // Whoever renews it ends only with it.
            Some(held) => drop(held.lost.clone().wait_for(|lost| *lost).await),
            None => std::future::pending().await,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(held) = self.0.take() else { return };
        held.renewing.abort();
        // Without a runtime the process is ending, and the lease expires soon after.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = held.of.gives_back().await {
                    tracing::debug!(%error, name = held.of.name, "a lease could not be given back; it ends by itself");
                }
            });
        }
    }
}

impl Row {
    /// Renews it until it is lost.
    async fn renew(self, taken: Instant, loses: watch::Sender<bool>) {
        let (mut sent, mut ends) = (taken, taken + LASTS);
        loop {
            sleep_until(sent + RENEWAL).await;
            sent = Instant::now();
            match timeout_at(ends, self.changes(RENEW)).await {
                Ok(Ok(true)) => ends = sent + LASTS,
                Ok(Ok(false)) => break,
                Ok(Err(_)) | Err(_) if Instant::now() >= ends => break,
                Ok(Err(error)) => {
                    tracing::debug!(%error, name = self.name, "a lease could not be renewed; trying again")
                }
                Err(_) => {}
            }
        }
        tracing::debug!(name = self.name, "a lease was lost");
        loses.send_replace(true);
    }

    /// Whether it changed the row.
    async fn changes(&self, sql: &'static str) -> sqlx::Result<bool> {
        let lasts = i64::try_from(LASTS.as_millis()).unwrap_or(i64::MAX);
        let changed = self.pools.write_one(self.query(sql).bind(lasts)).await?;
        Ok(changed.rows_affected() > 0)
    }

    async fn gives_back(&self) -> sqlx::Result<()> {
        self.pools.write_one(self.query(GIVE_BACK)).await.map(drop)
    }

    fn query(&self, sql: &'static str) -> Query<'_> {
        query(sql).bind(&self.name).bind(&self.owner)
    }
}

/// Deletes leases that ended a while ago and that nobody wants any more.
///
/// # Errors
/// When the database fails.
pub async fn sweep_leases(pools: &Pools, db: &mut Conn) -> sqlx::Result<()> {
    const A_MINUTE: i64 = 60_000;
    if pools.is_shared() {
        query(SWEEP).bind(A_MINUTE).execute(db).await?;
    }
    Ok(())
}
