//! The `session_changes` table: whose sessions this process or another one has changed. What is read here is right by
//! what a database promises about numbered changes (`db::freshness`, 4 to 6).

use crate::db::{self, Change, Conn};

/// How many changes are read one by one. If there are more, everything is forgotten instead.
const MOST: i64 = 500;
/// How many changes are kept for processes that have not read them yet.
const KEEP: i64 = 100_000;

/// What happened after a given change.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    Nothing,
    /// These people's sessions changed; the change is the last one.
    Users(Vec<i64>, Change),
    /// More than is worth reading, more than was kept, or those of another history; the change is the last one.
    TooMuch(Change),
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    #[sqlx(flatten)]
    change: Change,
    user_id: i64,
}

pub async fn last(db: &mut Conn) -> sqlx::Result<Change> {
    let newest = db::query_as("SELECT id, mark FROM session_changes ORDER BY id DESC LIMIT 1").fetch_optional(db);
    Ok(newest.await?.unwrap_or_default())
}

pub async fn since(db: &mut Conn, seen: Change) -> sqlx::Result<Since> {
    // The one that was seen last as well: where it is not there any more, neither may others be.
    let sql = "SELECT id, mark, user_id FROM session_changes WHERE id >= $1 ORDER BY id LIMIT $2";
    let mut rows: Vec<ChangeRow> = db::query_as(sql).bind(seen.id).bind(MOST).fetch_all(&mut *db).await?;
    let is_all = rows.len() < MOST as usize;
    let follows = match rows.first() {
        Some(first) if first.change == seen => {
            rows.remove(0);
            true
        }
        Some(first) => seen == Change::default() && first.change.id == 1,
        None => seen == Change::default(),
    };
    match rows.last() {
        _ if !follows || !is_all => Ok(Since::TooMuch(last(db).await?)),
        None => Ok(Since::Nothing),
        Some(newest) => Ok(Since::Users(rows.iter().map(|row| row.user_id).collect(), newest.change)),
    }
}

/// Removes what every process read long ago.
pub async fn sweep(db: &mut Conn) -> sqlx::Result<()> {
    let newest = last(db).await?.id;
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

    /// As in SQLite's file, where marks tell nothing.
    fn change(id: i64) -> Change {
        Change { id, mark: 0 }
    }

    async fn after(pools: &Pools, seen: i64) -> Since {
        since(&mut pools.read().await.unwrap(), change(seen)).await.unwrap()
    }

    #[tokio::test]
    async fn changes_are_read_in_their_order_and_one_that_was_rolled_back_leaves_no_gap() {
        let (_folder, pools) = open_temporary().await;
        assert_eq!(after(&pools, 0).await, Since::Nothing);
        changes(&pools, [7]).await;
        let mut undone = pools.write().await.unwrap();
        db::query("INSERT INTO session_changes (user_id) VALUES (8)").execute(&mut undone).await.unwrap();
        assert_eq!(after(&pools, 0).await, Since::Users(vec![7], change(1)), "it may never be committed");
        undone.rollback().await.unwrap();
        changes(&pools, [9, 7]).await;
        assert_eq!(after(&pools, 0).await, Since::Users(vec![7, 9, 7], change(3)));
        assert_eq!(after(&pools, 3).await, Since::Nothing);
    }

    #[tokio::test]
    async fn whoever_misses_a_change_that_was_removed_forgets_everything() {
        let (_folder, pools) = open_temporary().await;
        changes(&pools, 1..=5).await;
        let mut transaction = pools.write().await.unwrap();
        db::query("DELETE FROM session_changes WHERE id <= 3").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(after(&pools, 4).await, Since::Users(vec![5], change(5)));
        assert_eq!(after(&pools, 3).await, Since::TooMuch(change(5)), "nor may the one before be the one it was");
        assert_eq!(after(&pools, 2).await, Since::TooMuch(change(5)));
        changes(&pools, 0..MOST).await;
        assert_eq!(after(&pools, 5).await, Since::TooMuch(change(5 + MOST)), "more than is worth reading");
    }

    #[tokio::test]
    async fn an_older_database_that_was_put_back_is_noticed() {
        let (_folder, pools) = open_temporary().await;
        changes(&pools, [1, 2]).await;
        assert_eq!(after(&pools, 9).await, Since::TooMuch(change(2)));
        let mut reader = pools.read().await.unwrap();
        let other = since(&mut reader, Change { id: 1, mark: 7 }).await.unwrap();
        assert_eq!(other, Since::TooMuch(change(2)), "the same number, of another change");
    }
}
