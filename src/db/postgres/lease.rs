//! A server's lease: while it lasts, the server answers from memory.
//!
//! A server renews its lease several times before it ends. The statement that renews it also says which change of
//! sessions is the newest, so the holder of a lease knows each change that was committed before the renewal was sent.
//! The lease is reckoned from that moment, by a clock that nobody sets. So whatever the state of the network, of
//! PostgreSQL or of the server itself, an answer from memory is at most [`LEASE`] behind.
//!
//! Whoever revokes something waits that long after the commit, or until every server has shown that it knows
//! (`super::others`). ARCHITECTURE.md has the argument, `model` tries it.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::Notify, time::timeout};

use super::wait::in_time;
use crate::{clock::since_boot, db::freshness::Change, random};

/// How long what a renewal has read is good for, from the moment before it was sent.
pub(super) const LEASE: Duration = Duration::from_secs(2);
/// What clocks may differ by in that time. The holder's lease ends earlier than others believe.
const DRIFT: Duration = Duration::from_millis(100);
/// How long a server rests between two renewals, unless a change wakes it.
const REST: Duration = Duration::from_millis(400);
/// Before the next try, when PostgreSQL cannot be reached or did not answer in time.
const RETRY: Duration = Duration::from_millis(200);
const ANSWER: Duration = Duration::from_secs(2);
/// A listening connection that is silent for this long may be dead, and is replaced.
const QUIET: Duration = Duration::from_secs(60);

/// The row is written first, then a later statement gives the lease: whoever looks at the table after a change was
/// committed finds every server that holds a lease from before it.
const REGISTER: &str = "INSERT INTO servers (id, renewal, seen, seen_mark) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING";
/// Finds no row if others took this server for dead. Then what it reads gives no lease.
const RENEW: &str = "WITH renewed AS (\
                         UPDATE servers SET renewal = $2, seen = $3, seen_mark = $4 WHERE id = $1 RETURNING id) \
                     SELECT COALESCE(newest.id, 0), COALESCE(newest.mark, 0) FROM renewed LEFT JOIN (\
                         SELECT id, mark FROM session_changes ORDER BY id DESC LIMIT 1) newest ON TRUE";

pub(super) struct ServerLease {
    id: String,
    options: PgConnectOptions,
    held: RwLock<Option<Held>>,
    changed: Notify,
    /// Held while renewing: after a reload the old task may still be running, and would bring back what it had read.
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct Held {
    newest: Change,
    /// By `since_boot`.
    until: Duration,
}

/// What became of a renewal. All but one are followed by another at once.
#[derive(Debug, PartialEq, Eq)]
enum Renewal {
    /// Others see that this server knows everything.
    ShowsEverything,
    HasNews,
    OnlyRegistered,
}

impl ServerLease {
    pub fn new(options: PgConnectOptions) -> Self {
        let (held, changed, renewing) = Default::default();
        Self { id: random::hex::<16>(), options, held, changed, renewing }
    }

    /// The newest change, if it is known by a lease that lasts.
    pub fn newest(&self) -> Option<Change> {
        let held = *self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.filter(|held| since_boot() < held.until).map(|held| held.newest)
    }

    /// Lets the next renewal be sent at once.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Holds the lease until it is dropped. Each failure is made good by a new connection.
    pub async fn hold(&self) {
        let _one_at_a_time = self.renewing.lock().await;
        let mut has_failed = false;
        loop {
            let Err(error) = self.hold_by_one_connection(&mut has_failed).await;
            if !std::mem::replace(&mut has_failed, true) {
                tracing::warn!(%error, "PostgreSQL does not renew this server's lease; until it does, each answer asks the tables");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn hold_by_one_connection(&self, has_failed: &mut bool) -> sqlx::Result<std::convert::Infallible> {
        let mut db = in_time(ANSWER, self.options.connect()).await?;
        loop {
            let renewal = self.renew(&mut db).await?;
            if std::mem::take(has_failed) {
                tracing::info!("PostgreSQL renews this server's lease again");
            }
            if renewal == Renewal::ShowsEverything {
                // Without a connection that listens, a change is known this much later.
                let _ = timeout(REST, self.changed.notified()).await;
            }
        }
    }

    async fn renew(&self, db: &mut PgConnection) -> sqlx::Result<Renewal> {
        // What is shown to others is in force here: an answer given from now on has it.
        let known = self.newest().unwrap_or_default();
        let sent = since_boot();
        let renewal = i64::from_ne_bytes(random::bytes());
        let renew = sqlx::query_as(RENEW).bind(&self.id).bind(renewal).bind(known.id).bind(known.mark);
        match in_time(ANSWER, renew.fetch_optional(&mut *db)).await? {
            Some((id, mark)) => {
                let newest = Change { id, mark };
                self.hold_until(Some(Held { newest, until: sent + LEASE - DRIFT }));
                Ok(if newest == known { Renewal::ShowsEverything } else { Renewal::HasNews })
            }
            None => {
                in_time(ANSWER, sqlx::query(REGISTER).bind(&self.id).execute(db)).await?;
                Ok(Renewal::OnlyRegistered)
            }
        }
    }

    /// Wakes the renewal at each change, until it is dropped.
    pub async fn listen(&self) {
        loop {
            let _ = self.listen_by_one_connection().await;
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn listen_by_one_connection(&self) -> sqlx::Result<std::convert::Infallible> {
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(ANSWER);
        let pool = pool.connect_with(self.options.clone()).await?;
        let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await?;
        listener.listen("miandeng_changed").await?;
        loop {
            // One that may have come while nobody listened is not missed.
            self.wake();
            in_time(QUIET, listener.recv()).await?;
        }
    }

    /// Ends the lease, and lets nobody wait for this server.
    pub async fn give_up(&self) {
        self.hold_until(None);
        let farewell = async {
            let mut db = self.options.connect().await?;
            sqlx::query("DELETE FROM servers WHERE id = $1").bind(&self.id).execute(&mut db).await
        };
        // If it fails, others find out by themselves.
        let _ = in_time(ANSWER, farewell).await;
    }

    fn hold_until(&self, held: Option<Held>) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }
}
