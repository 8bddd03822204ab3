//! The `session_changes` table: whose sessions this process or another one has changed. What is read here is right by
//! what a database promises about numbered changes (`db::freshness`, 4 to 6).

use crate::db::{self, Conn};

/// How many changes are read one by one. If there are more, everything is forgotten instead.
const MOST: i64 = 500;
/// How many changes are kept for processes that have not read them yet.
const KEEP: i64 = 100_000;

/// What happened after a given change.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    Nothing,
    /// These people's sessions changed; the number is the last change's.
    Users(Vec<i64>, i64),
    /// More than is worth reading, or more than was kept; the number is the last change's.
    TooMuch(i64),
}

pub async fn last(db: &mut Conn) -> sqlx::Result<i64> {
    db::query_scalar("SELECT COALESCE(MAX(id), 0) FROM session_changes").fetch_one(db).await
}

pub async fn since(db: &mut Conn, seen: i64) -> sqlx::Result<Since> {
    let rows: Vec<(i64, i64)> =
        db::query_as("SELECT id, user_id FROM session_changes WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(seen)
            .bind(MOST)
            .fetch_all(&mut *db)
            .await?;
    match (rows.first(), rows.last()) {
        (Some((first, _)), Some((newest, _))) if *first == seen + 1 && rows.len() < MOST as usize => {
            Ok(Since::Users(rows.iter().map(|(_, user_id)| *user_id).collect(), *newest))
        }
        (Some(_), _) => Ok(Since::TooMuch(last(db).await?)),
        // An older database was put back.
        (None, _) => match last(db).await? {
            newest if newest < seen => Ok(Since::TooMuch(newest)),
            _ => Ok(Since::Nothing),
        },
    }
}

/// Removes what every process read long ago.
pub async fn sweep(db: &mut Conn) -> sqlx::Result<()> {
    let newest = last(db).await?;
    db::query("DELETE FROM session_changes WHERE id <= $1").bind(newest - KEEP).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Pools, open_temporary};

    async fn changes(pools: &Pools, users: impl IntoIterator<Item = i64>) {
        let mut transaction = pools.write().await.unwrap();
        for user in users {
            let change = db::query("INSERT INTO session_changes (user_id) VALUES ($1)").bind(user);
            change.execute(&mut transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    async fn after(pools: &Pools, seen: i64) -> Since {
        since(&mut pools.read().await.unwrap(), seen).await.unwrap()
    }

    #[tokio::test]
    async fn changes_are_read_in_their_order_and_one_that_was_rolled_back_leaves_no_gap() {
        let (_folder, pools) = open_temporary().await;
        assert_eq!(after(&pools, 0).await, Since::Nothing);
        changes(&pools, [7]).await;
        let mut undone = pools.write().await.unwrap();
        db::query("INSERT INTO session_changes (user_id) VALUES (8)").execute(&mut undone).await.unwrap();
        assert_eq!(after(&pools, 0).await, Since::Users(vec![7], 1), "it may never be committed");
        undone.rollback().await.unwrap();
        changes(&pools, [9, 7]).await;
        assert_eq!(after(&pools, 0).await, Since::Users(vec![7, 9, 7], 3));
        assert_eq!(after(&pools, 3).await, Since::Nothing);
    }

    #[tokio::test]
    async fn whoever_misses_a_change_that_was_removed_forgets_everything() {
        let (_folder, pools) = open_temporary().await;
        changes(&pools, 1..=5).await;
        let mut transaction = pools.write().await.unwrap();
        db::query("DELETE FROM session_changes WHERE id <= 3").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(after(&pools, 3).await, Since::Users(vec![4, 5], 5));
        assert_eq!(after(&pools, 2).await, Since::TooMuch(5));
        changes(&pools, 0..MOST).await;
        assert_eq!(after(&pools, 5).await, Since::TooMuch(5 + MOST), "more than is worth reading");
    }

    #[tokio::test]
    async fn an_older_database_that_was_put_back_is_noticed() {
        let (_folder, pools) = open_temporary().await;
        changes(&pools, [1, 2]).await;
        assert_eq!(after(&pools, 9).await, Since::TooMuch(2));
    }
}
