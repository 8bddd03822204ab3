//! Group commit: short transactions that wait for the writer at the same time share one commit, and so one wait for the
//! disk. A morning's sign-ins would otherwise wait for it one after another.
//!
//! Each member works in a savepoint of its own inside the group's transaction, so what fails is undone alone. None
//! returns before the group is committed; if that fails, it fails for all.

use std::sync::Arc;

use tokio::{
    sync::{Mutex, oneshot},
    time::Instant,
};

use super::{Change, Conn, backend::Backend, query};
use crate::metrics::Histogram;

/// Handed from member to member in the order in which they asked.
#[derive(Clone, Default)]
pub(super) struct GroupCommit(Arc<Mutex<Option<Group>>>);

struct Group {
    transaction: Conn,
    /// A member is at work in the savepoint, or was cancelled there and left work that must still be undone.
    is_unfinished: bool,
    /// Those who have done their work.
    members: Vec<oneshot::Sender<sqlx::Result<()>>>,
}

impl GroupCommit {
    pub async fn join<T, E: From<sqlx::Error>>(
        &self,
        backend: &Backend,
        waits: &Histogram,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let mut open = self.0.lock().await;
        if open.is_none() {
            *open = Some(Group { transaction: backend.write().await?, is_unfinished: false, members: Vec::new() });
            tokio::spawn(self.clone().commit(backend.clone()));
        }
        waits.observe(began.elapsed());
        let Some(group) = open.as_mut() else { return Err(not_committed().into()) };
        let done = match group.begin().await {
            Ok(()) => work(&mut group.transaction).await,
            Err(error) => Err(error.into()),
        };
        let ended = match done {
            Ok(_) => group.keep().await,
            Err(_) => group.undo().await,
        };
        if let Err(error) = ended {
            // On a full disk SQLite ends the whole transaction by itself, and the next member's savepoint would be a
            // transaction of its own. The members fail as their senders are dropped.
            *open = None;
            return Err(error.into());
        }
        let done = done?;
        let (committed, outcome) = oneshot::channel();
        group.members.push(committed);
        drop(open);
        outcome.await.unwrap_or_else(|_| Err(not_committed()))?;
        Ok(done)
    }

    /// Queues for the group like its members: whoever asked before it is in.
    async fn commit(self, backend: Backend) {
        let mut open = self.0.lock().await;
        let Some(group) = open.take() else { return };
        let (members, outcome) = group.commit().await;
        drop(open);
        if let Ok(change) = outcome {
            backend.is_known_everywhere(change).await;
        }
        if let Err(error) = &outcome {
            tracing::error!(%error, "{} transactions could not be committed", members.len());
        }
        for member in members {
            // Whoever does not wait any more needs no answer.
            let _ = member.send(outcome.as_ref().map(|_| ()).map_err(|_| not_committed()));
        }
    }
}

impl Group {
    /// A member begins.
    async fn begin(&mut self) -> sqlx::Result<()> {
        self.undo_unfinished().await?;
        // A member cancelled here may leave an empty savepoint, which does no harm, or none, to which nothing could be
        // rolled back.
        query("SAVEPOINT member").execute(&mut self.transaction).await?;
        self.is_unfinished = true;
        Ok(())
    }

    async fn keep(&mut self) -> sqlx::Result<()> {
        // Before: whoever goes away now may have released it.
        self.is_unfinished = false;
        query("RELEASE SAVEPOINT member").execute(&mut self.transaction).await.map(drop)
    }

    async fn undo(&mut self) -> sqlx::Result<()> {
        query("ROLLBACK TO SAVEPOINT member").execute(&mut self.transaction).await?;
        self.keep().await
    }

    async fn undo_unfinished(&mut self) -> sqlx::Result<()> {
        if self.is_unfinished { self.undo().await } else { Ok(()) }
    }

    /// Whether the transaction still stands, with the work of its members and nothing else.
    async fn is_whole(&mut self) -> sqlx::Result<bool> {
        self.undo_unfinished().await?;
        self.transaction.is_in_transaction().await
    }

    async fn commit(mut self) -> (Vec<oneshot::Sender<sqlx::Result<()>>>, sqlx::Result<Option<Change>>) {
        let outcome = match self.is_whole().await {
            Ok(true) => self.transaction.commit().await,
            Ok(false) => Err(not_committed()),
            Err(error) => Err(error),
        };
        (self.members, outcome)
    }
}

fn not_committed() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other("the transaction was not committed"))
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Poll};

    use super::super::{Conn, Pools, open_temporary, query, query_as, query_scalar};
    use futures_util::future::{join_all, poll_immediate};

    async fn add(db: &mut Conn, user: i64) -> sqlx::Result<()> {
        query("INSERT INTO session_changes (user_id) VALUES ($1)").bind(user).execute(db).await.map(drop)
    }

    async fn users(pools: &Pools) -> Vec<i64> {
        let mut db = pools.read().await.unwrap();
        query_scalar("SELECT user_id FROM session_changes ORDER BY user_id").fetch_all(&mut db).await.unwrap()
    }

    #[tokio::test]
    async fn who_waits_at_the_same_time_shares_a_commit_and_who_fails_is_undone_alone() {
        let (_folder, pools) = open_temporary().await;
        query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut pools.file_writer().await).await.unwrap();
        let held = pools.write().await.unwrap();
        let all = join_all((1..=20).map(|user| {
            pools.group_commit(async move |db| {
                add(db, user).await?;
                if user % 10 == 0 { Err(sqlx::Error::RowNotFound) } else { Ok(user) }
            })
        }));
        let mut all = pin!(all);
        assert!(poll_immediate(&mut all).await.is_none());
        let before = pools.stamp();
        held.rollback().await.unwrap();
        let answers = all.await;
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!((failed, users(&pools).await.len()), (2, 18));
        assert_ne!(pools.stamp(), before);
        // The log's frames are those of one transaction: the table's page once, not eighteen times.
        let (_, frames, _): (i64, i64, i64) =
            query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut pools.file_writer().await).await.unwrap();
        assert!(frames < 18, "{frames} frames");
    }

    /// As SQLite does by itself on a full disk.
    #[tokio::test]
    async fn whose_group_is_rolled_back_beneath_them_are_told_and_the_next_have_a_group_of_their_own() {
        let (_folder, pools) = open_temporary().await;
        let held = pools.write().await.unwrap();
        let first = pools.group_commit(async |db| add(db, 1).await);
        let fails = pools.group_commit(async |db| {
            query("ROLLBACK").execute(&mut *db).await?;
            Ok::<_, sqlx::Error>(())
        });
        let third = pools.group_commit(async |db| add(db, 3).await);
        let all = futures_util::future::join3(first, fails, third);
        let mut all = pin!(all);
        assert!(poll_immediate(&mut all).await.is_none());
        held.rollback().await.unwrap();
        let (first, fails, third) = all.await;
        assert!(first.is_err() && fails.is_err(), "{first:?} {fails:?}");
        third.unwrap();
        assert_eq!(users(&pools).await, [3]);
    }

    #[tokio::test]
    async fn nobody_sees_the_work_before_its_answer_and_who_gives_up_takes_nobody_along() {
        let (_folder, pools) = open_temporary().await;
        let (go, waits) = tokio::sync::oneshot::channel::<()>();
        let mut first = Box::pin(pools.group_commit(async |db| add(db, 1).await));
        let mut second = Box::pin(pools.group_commit(async |db| {
            add(db, 2).await?;
            let _ = waits.await;
            Ok::<_, sqlx::Error>(())
        }));
        // The first has the group and works; the second comes while it does.
        let mut answered = false;
        futures_util::future::poll_fn(|context| {
            answered = first.as_mut().poll(context).is_ready();
            let _ = second.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        assert!(!answered);
        assert!(users(&pools).await.is_empty());
        drop(go);
        drop(second);
        first.await.unwrap();
        assert_eq!(users(&pools).await, [1]);
        pools.group_commit(async |db| add(db, 3).await).await.unwrap();
        assert_eq!(users(&pools).await, [1, 3]);
    }
}
