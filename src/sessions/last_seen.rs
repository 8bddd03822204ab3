//! When a session was last used: noted at most once a minute each, never while somebody waits for it.

use std::{collections::HashMap, time::Duration};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{clock::UnixSeconds, db::Pools};

/// So long notes are collected, to be written in one transaction.
const COLLECT: Duration = Duration::from_millis(200);

/// Takes notes. Each session sends one a minute at the most, so that what waits is bounded by the live sessions.
#[derive(Clone)]
pub struct LastSeen(UnboundedSender<(i64, UnixSeconds)>);

/// Writes the notes.
pub struct Writer {
    notes: UnboundedReceiver<(i64, UnixSeconds)>,
    pools: Pools,
}

/// A taker of notes and their writer. The writer ends when the last taker is gone.
pub fn last_seen(pools: Pools) -> (LastSeen, Writer) {
    let (sender, notes) = unbounded_channel();
    (LastSeen(sender), Writer { notes, pools })
}

impl LastSeen {
    /// Notes that a session is in use. Returns at once.
    pub fn note(&self, session_id: i64, now: UnixSeconds) {
        // Without a writer the server is stopping; the session merely looks a minute more idle.
        let _ = self.0.send((session_id, now));
    }
}

impl Writer {
    /// Writes notes until there can be none any more.
    pub async fn run(mut self) {
        while let Some(first) = self.notes.recv().await {
            tokio::time::sleep(COLLECT).await;
            let mut latest = HashMap::from([first]);
            while let Ok((session, at)) = self.notes.try_recv() {
                latest.insert(session, at);
            }
            if let Err(error) = self.write(latest).await {
                tracing::warn!(%error, "the last use of sessions could not be noted");
            }
        }
    }

    async fn write(&self, latest: HashMap<i64, UnixSeconds>) -> sqlx::Result<()> {
        let mut transaction = self.pools.write().await?;
        for (session, at) in latest {
            super::touch(&mut transaction, session, at).await?;
        }
        transaction.commit().await
    }
}
