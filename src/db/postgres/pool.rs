//! Pools of connections that may break at any time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection, Row, postgres::PgPoolOptions};

use super::{open::why_not, wait::in_time};
use crate::clock::since_boot;

/// A connection that has rested longer is tried before it is used: the server may have been started anew.
const RESTED: Duration = Duration::from_secs(1);
/// How long a connection that answers at all takes to do so.
const ALIVE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Reads,
    Writes,
}

pub(super) fn pool(connections: u32, used: Use) -> PgPoolOptions {
    let last_look = Moment::default();
    let broken = Moment::default();
    let broken_in_use = broken.clone();
    PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .before_acquire(move |connection, state| {
            let is_doubtful = state.idle_for > RESTED || broken.is_since(state.idle_for);
            let looks = used == Use::Writes && (is_doubtful || last_look.is_due());
            let broken = broken.clone();
            Box::pin(async move {
                let tried = match (looks, is_doubtful) {
                    // A connection keeps what was set when it was made, also when PostgreSQL takes writes again.
                    (true, _) => in_time(ALIVE, takes_writes(connection)).await,
                    (false, true) => in_time(ALIVE, connection.ping()).await.map(|()| true),
                    (false, false) => Ok(true),
                };
                tried.inspect_err(|_| broken.is_now())
            })
        })
        // The pool's own check has no timeout if the network is silent, and the connection would be missing meanwhile.
        .after_release(move |connection, _| {
            let broken = broken_in_use.clone();
            Box::pin(async move {
                let tried = in_time(ALIVE, connection.ping()).await;
                tried.map(|()| true).inspect_err(|_| broken.is_now())
            })
        })
        // After a failover the address may lead elsewhere.
        .after_connect(|connection, _| {
            Box::pin(async move {
                match why_not(connection).await? {
                    None => Ok(()),
                    Some(why) => Err(sqlx::Error::Configuration(why.into())),
                }
            })
        })
}

async fn takes_writes(db: &mut PgConnection) -> sqlx::Result<bool> {
    let row = sqlx::raw_sql("SELECT current_setting('transaction_read_only')").fetch_one(db).await?;
    Ok(row.try_get::<String, _>(0)? == "off")
}

/// In milliseconds since the machine's start; 0: never.
#[derive(Clone, Default)]
struct Moment(Arc<AtomicU64>);

impl Moment {
    fn is_now(&self) {
        self.0.store(now(), Ordering::Relaxed);
    }

    /// Whether it came while a connection was idle: what broke one connection has most often broken all.
    fn is_since(&self, idle_for: Duration) -> bool {
        let idle_since = now().saturating_sub(millis(idle_for));
        match self.0.load(Ordering::Relaxed) {
            0 => false,
            moment => moment >= idle_since,
        }
    }

    /// Once in [`RESTED`], however busy the pool is.
    fn is_due(&self) -> bool {
        let (now, seen) = (now(), self.0.load(Ordering::Relaxed));
        now.saturating_sub(seen) > millis(RESTED)
            && self.0.compare_exchange(seen, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

fn now() -> u64 {
    millis(since_boot())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
