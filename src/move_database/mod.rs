//! A move from the SQLite file to PostgreSQL, without settings and without the command's texts.
//!
//! The file is only read, by us alone. What is written there is one transaction: all of it, compared row by row, or nothing.

mod copy;
mod digest;
mod error;
mod rows;
mod source;
mod tables;
mod target;

use std::path::Path;

pub use self::{copy::Copied, error::NotMoved};
use self::{source::Source, target::Target};
use crate::audit::Entry;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where to, without a password.
    pub address: String,
    pub tables: Vec<Copied>,
    pub sessions_ended: u64,
}

impl Moved {
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.iter().find(|copied| copied.table == table).map_or(0, |copied| copied.rows)
    }
}

/// Copies the database in `file` to the empty one at `to`, compares both and only then commits. `row` enters the trail there.
/// `progress` hears how many rows were copied or compared, and how many there are.
///
/// Sessions are copied to be ended, unless they are kept: triggers then tell apps of the end.
pub async fn move_database(
    file: &Path,
    to: &str,
    keep_sessions: bool,
    row: Entry,
    progress: impl FnMut(u64, u64),
) -> Result<Moved, NotMoved> {
    let mut source = Source::open(file).await?;
    let mut target = Target::open(to).await?;
    let tables = copy::copy(&mut source, &mut target, progress).await?;
    let sessions_ended = if keep_sessions { 0 } else { target.end_sessions().await? };
    let row = row.with("sessions_ended", sessions_ended).write(&mut target.db).await;
    row.map_err(|source| target.failed("audit", source))?;
    let address = target.commit().await?;
    source.close().await;
    Ok(Moved { address, tables, sessions_ended })
}
