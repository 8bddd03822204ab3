//! One long transaction on a database where no server runs yet.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection};

use super::{
    address::{self, Address},
    lock,
    open::{ALWAYS, why_not},
    pool::{Use, pool},
};
use crate::db::{Conn, open::OpenError};

const ACQUIRE: Duration = Duration::from_secs(5);
/// Reading a table back to the end is one statement, however long the table is.
const PATIENT: [(&str, &str); 1] = [("statement_timeout", "0")];

/// A transaction beside which no server of ours writes. The tables may be older, or missing.
///
/// # Errors
/// Those of a server's start, and when another writes for longer than five seconds.
pub async fn begin(url: &str) -> Result<(Conn, Address), OpenError> {
    let (options, address) = address::parse(url).map_err(OpenError::Address)?;
    let options = options.application_name("miandeng").options(ALWAYS).options(PATIENT);
    let server = |source| OpenError::Server { address: address.clone(), source };
    // A pool would try again for as long as it may.
    let mut first = options.connect().await.map_err(server)?;
    if let Some(why) = why_not(&mut first).await.map_err(server)? {
        return Err(OpenError::NotUsable { address, why });
    }
    let _ = first.close().await;
    let pool = pool(1, Use::Writes).acquire_timeout(ACQUIRE).connect_lazy_with(options);
    let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(server)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock::WRITE);
    lock.execute(&mut *transaction).await.map_err(server)?;
    // It rests while the source is read.
    let rests = sqlx::query("SET LOCAL idle_in_transaction_session_timeout = 0");
    rests.execute(&mut *transaction).await.map_err(server)?;
    Ok((transaction.into(), address))
}

/// Commits. No server has to be waited for.
pub async fn commit(transaction: Conn) -> sqlx::Result<()> {
    transaction.commit().await.map(drop)
}
