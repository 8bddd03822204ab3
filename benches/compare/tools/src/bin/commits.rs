//! `commits FILE SECONDS`: how many durable transactions of one row the disk and sqlx can do in a second, one after the
//! other, with the file opened as miandeng opens its own.

use std::time::{Duration, Instant};

use miandeng_compare::argument;
use sqlx::{
    Executor,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let limit = Duration::from_secs_f64(argument(2)?.parse()?);
    let options = SqliteConnectOptions::new()
        .filename(argument(1)?)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_with(options).await?;
    pool.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT").await?;

    let started = Instant::now();
    let mut commits = 0_u32;
    while started.elapsed() < limit {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO rows (value) VALUES ($1)")
            .bind("one row of about the size of a session's, which has a digest, an address and a client")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        commits += 1;
    }
    println!("{:.1}", f64::from(commits) / started.elapsed().as_secs_f64());
    pool.close().await;
    Ok(())
}
