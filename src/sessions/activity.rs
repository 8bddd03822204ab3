//! When a session was last used: noted at most once a minute each, never while somebody waits for it.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

use crate::{clock::UnixSeconds, db::Pools};

/// So long notes are collected, to be written in one transaction.
const COLLECT: Duration = Duration::from_millis(200);
/// So many notes go into one transaction: a sign-in waits for one of these at the most.
const AT_ONCE: usize = 1_000;
/// So long after a failure notes are written again, unless a new one comes before.
const AGAIN: Duration = Duration::from_secs(5);

/// Takes notes. Each session sends one a minute at the most, so that what waits is bounded by the live sessions.
#[derive(Clone)]
pub struct Activity(UnboundedSender<(i64, UnixSeconds)>);

/// Writes the notes. What cannot be written is kept: a session that was used while the disk was full or the file locked
/// must not look idle afterwards.
pub struct Writer {
    notes: UnboundedReceiver<(i64, UnixSeconds)>,
    /// The latest of each session that is not written yet.
    latest: HashMap<i64, UnixSeconds>,
    pools: Pools,
}

/// A taker of notes and their writer. The writer ends when the last taker is gone.
pub fn activity(pools: Pools) -> (Activity, Writer) {
    let (sender, notes) = unbounded_channel();
    (Activity(sender), Writer { notes, latest: HashMap::new(), pools })
}

impl Activity {
    /// Notes that a session is in use. Returns at once.
    pub fn note(&self, session_id: i64, now: UnixSeconds) {
        // Without a writer the server is stopping; the session merely looks a minute more idle.
        let _ = self.0.send((session_id, now));
    }
}

impl Writer {
    /// Writes notes until there can be none any more.
    pub async fn run(mut self) {
        loop {
            let next = match self.latest.is_empty() {
                true => Ok(self.notes.recv().await),
                false => timeout(AGAIN, self.notes.recv()).await,
            };
            match next {
                Ok(None) => return,
                Ok(Some((session, at))) => {
                    self.latest.insert(session, at);
                    sleep(COLLECT).await;
                }
                Err(_) => {}
            }
            self.write_all().await;
        }
    }

    async fn write_all(&mut self) {
        while let Ok((session, at)) = self.notes.try_recv() {
            self.latest.insert(session, at);
        }
        while !self.latest.is_empty() {
            let some: Vec<_> = self.latest.iter().take(AT_ONCE).map(|(session, at)| (*session, *at)).collect();
            if let Err(error) = self.write(&some).await {
                tracing::warn!(%error, "the last use of sessions could not be noted; it is tried again");
                return;
            }
            for (session, _) in some {
                self.latest.remove(&session);
            }
        }
        // The room that a rush took.
        self.latest.shrink_to(AT_ONCE);
    }

    async fn write(&self, notes: &[(i64, UnixSeconds)]) -> sqlx::Result<()> {
        let mut transaction = self.pools.write().await?;
        for (session, at) in notes {
            super::touch(&mut transaction, *session, *at).await?;
        }
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::open_temporary;

    async fn does(pools: &Pools, statement: &'static str) {
        let mut transaction = pools.write().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn number(pools: &Pools, question: &'static str) -> i64 {
        let mut reader = pools.read().await.unwrap();
        sqlx::query_scalar(question).fetch_one(&mut *reader).await.unwrap()
    }

    const USER: &str = "INSERT INTO users VALUES (1, 'c', 'u', NULL, 'n', NULL, NULL, NULL, NULL, 'user', 'active', 'cli', 0, 0, NULL)";

    #[tokio::test]
    async fn what_cannot_be_written_now_is_written_later() {
        let (folder, pools) = open_temporary().await;
        does(&pools, USER).await;
        does(&pools, "INSERT INTO sessions VALUES (1, x'00', 1, 'oa', 100, 100, '', '', NULL)").await;
        let last = async || number(&pools, "SELECT last_seen_at FROM sessions").await;
        let (activity, mut writer) = activity(pools.clone());
        let others = Pools::open(&folder.path().join("test.db").to_string_lossy()).await.unwrap();
        let locked = others.write().await.unwrap();
        activity.note(1, 160);
        writer.write_all().await;
        assert_eq!(last().await, 100, "another process has the file");
        locked.rollback().await.unwrap();
        writer.write_all().await;
        assert_eq!((last().await, writer.latest.len()), (160, 0));
        others.close().await;
    }

    #[tokio::test]
    async fn a_rush_is_written_a_thousand_at_a_time() {
        let (_folder, pools) = open_temporary().await;
        does(&pools, USER).await;
        does(
            &pools,
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
             INSERT INTO sessions SELECT i, CAST(i AS BLOB), 1, 'oa', 100, 100, '', '', NULL FROM n",
        )
        .await;
        // One transaction that wrote more would be undone as a whole.
        does(
            &pools,
            "CREATE TRIGGER no_more BEFORE UPDATE ON sessions
             WHEN (SELECT count(*) FROM sessions WHERE last_seen_at = 160) >= 1000
             BEGIN SELECT RAISE(ABORT, 'a thousand are written'); END",
        )
        .await;
        let written = async || number(&pools, "SELECT count(*) FROM sessions WHERE last_seen_at = 160").await;
        let (activity, mut writer) = activity(pools.clone());
        for session in 1..=2500 {
            activity.note(session, 160);
        }
        writer.write_all().await;
        assert_eq!((written().await, writer.latest.len()), (1000, 1500));
        does(&pools, "DROP TRIGGER no_more").await;
        writer.write_all().await;
        assert_eq!((written().await, writer.latest.len()), (2500, 0));
    }
}
