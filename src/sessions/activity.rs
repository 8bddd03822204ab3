//! When a session was last used: noted at most once a minute for each, while nobody waits for it.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::{
    clock::UnixSeconds,
    db::{Conn, Pools},
};

/// How many notes go into one transaction: a sign-in waits for one of these at the most.
const AT_ONCE: usize = 1_000;

/// Takes notes: one a minute from each session at the most, so the live sessions bound what waits.
#[derive(Clone)]
pub struct Activity(UnboundedSender<(i64, UnixSeconds)>);

/// Writes the notes. What cannot be written is kept for the next time: a session that was used while the disk was full must
/// not look idle afterwards.
pub struct Writer {
    pools: Pools,
    notes: Mutex<Notes>,
}

struct Notes {
    new: UnboundedReceiver<(i64, UnixSeconds)>,
    /// The latest of each session that is not written yet.
    latest: HashMap<i64, UnixSeconds>,
}

pub fn activity(pools: Pools) -> (Activity, Arc<Writer>) {
    let (sender, new) = unbounded_channel();
    (Activity(sender), Arc::new(Writer { pools, notes: Mutex::new(Notes { new, latest: HashMap::new() }) }))
}

impl Activity {
    pub fn note(&self, session_id: i64, now: UnixSeconds) {
        // Without a writer the server is stopping, and the session merely looks a minute more idle.
        let _ = self.0.send((session_id, now));
    }
}

impl Writer {
    pub async fn write_all(self: Arc<Self>) -> sqlx::Result<()> {
        let mut notes = self.notes.lock().await;
        let Notes { new, latest } = &mut *notes;
        while let Ok((session, at)) = new.try_recv() {
            latest.insert(session, at);
        }
        while !latest.is_empty() {
            let some: Vec<_> = latest.iter().take(AT_ONCE).map(|(session, at)| (*session, *at)).collect();
            self.pools.transaction(async |tx: &mut Conn| super::touch(tx, &some).await).await?;
            for (session, _) in some {
                latest.remove(&session);
            }
        }
        // The room that a rush took.
        latest.shrink_to(AT_ONCE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{self, open_temporary};

    async fn does(pools: &Pools, statement: &'static str) {
        let mut transaction = pools.write().await.unwrap();
        db::query(statement).execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn number(pools: &Pools, question: &'static str) -> i64 {
        let mut reader = pools.read().await.unwrap();
        db::query_scalar(question).fetch_one(&mut reader).await.unwrap()
    }

    async fn left(writer: &Writer) -> usize {
        writer.notes.lock().await.latest.len()
    }

    const USER: &str = "INSERT INTO users (id, corp_id, userid, name, source, created_at, updated_at) VALUES (1, 'c', 'u', 'n', 'cli', 0, 0)";

    #[tokio::test]
    async fn what_cannot_be_written_now_is_written_later() {
        let (folder, pools) = open_temporary().await;
        does(&pools, USER).await;
        does(&pools, "INSERT INTO sessions VALUES (1, x'00', 1, 'oa', 100, 100, '', '', NULL)").await;
        let last = async || number(&pools, "SELECT last_seen_at FROM sessions").await;
        let (activity, writer) = activity(pools.clone());
        let others = Pools::open(&folder.path().join("test.db").to_string_lossy()).await.unwrap();
        let locked = others.write().await.unwrap();
        activity.note(1, 160);
        assert!(Arc::clone(&writer).write_all().await.is_err());
        assert_eq!(last().await, 100, "another process has the file");
        locked.rollback().await.unwrap();
        Arc::clone(&writer).write_all().await.unwrap();
        assert_eq!((last().await, left(&writer).await), (160, 0));
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
        let (activity, writer) = activity(pools.clone());
        for session in 1..=2500 {
            activity.note(session, 160);
        }
        assert!(Arc::clone(&writer).write_all().await.is_err());
        assert_eq!((written().await, left(&writer).await), (1000, 1500));
        does(&pools, "DROP TRIGGER no_more").await;
        Arc::clone(&writer).write_all().await.unwrap();
        assert_eq!((written().await, left(&writer).await), (2500, 0));
    }
}
