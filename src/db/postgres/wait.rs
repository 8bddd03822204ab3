//! No wait for PostgreSQL is without an end. A server that is halted or cut off says nothing at all.

use std::{io::ErrorKind, time::Duration};

use tokio::time::timeout;

/// For any statement. PostgreSQL itself gives up at the same time (`statement_timeout`).
pub(super) const STATEMENT: Duration = Duration::from_secs(10);

/// The answer to a statement.
///
/// # Errors
/// Also when it is late, as if the connection were broken.
pub async fn answered<T>(answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    in_time(STATEMENT, answer).await
}

pub(super) async fn in_time<T>(longest: Duration, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(longest, answer).await.unwrap_or_else(|_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into())))
}
