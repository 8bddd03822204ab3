//! The pools as Rocket hands them to a handler: `Connection<Db>` to one that only reads, and at once; `&State<Db>` to one
//! that writes, or that first waits for something else. Four connections read, and a guard keeps its own until the answer
//! is made.
//!
//! rocket_db_pools' own drivers and its `Db::init()` are not used. Its sqlx is older than ours, and the database is open
//! before there is a Rocket: the command line opens the same pools, and tells people itself why it cannot.

use std::path::PathBuf;

use super::{OpenError, Pools, Reader};
use rocket_db_pools::Database;

/// The pools in Rocket's hands.
#[derive(Database, Clone)]
#[database("miandeng")]
pub struct Db(Pools);

/// `#[rocket::async_trait]` is what the trait was declared with; under another name it is the same macro.
#[async_trait::async_trait]
impl rocket_db_pools::Pool for Pools {
    type Error = OpenError;
    type Connection = Reader;

    async fn init(figment: &figment::Figment) -> Result<Self, Self::Error> {
        Self::open(&figment.extract_inner::<String>("url").unwrap_or_default()).await
    }

    /// Rocket answers a failure with 503 and drops its reason, so that is logged here.
    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        self.read().await.map_err(|source| {
            tracing::warn!(error = %source, "no connection to the database came free");
            OpenError::Unusable { path: PathBuf::new(), source }
        })
    }

    /// Does nothing: rocket_db_pools calls it while requests are still being answered. `cli::serve` closes the pools
    /// after the last one.
    async fn close(&self) {}
}
