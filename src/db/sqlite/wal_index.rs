//! How SQLite tells that something was committed: by the header of its index of the write-ahead log.
//!
//! The header (sqlite.org/walformat.html) is two copies of 48 bytes: a change counter, the number of frames and the log's
//! salts. Every process that uses the file maps the same index, and a commit writes the header before it returns.

use std::{fs::File, path::Path};

use crate::db::{freshness::Stamp, with_suffix};

/// The index of one database. It is never closed: closing any descriptor of a file drops the locks that this process, and so
/// SQLite, holds on it (sqlite.org/howtocorrupt, 2.2).
#[derive(Clone, Copy)]
pub(super) struct WalIndex(Option<&'static File>);

impl WalIndex {
    /// The index of the database at `path`, which somebody has opened and no link leads to.
    pub fn of(path: &Path) -> Self {
        Self(File::open(with_suffix(path, "-shm")).ok().map(|file| &*Box::leak(Box::new(file))))
    }

    /// One read of shared memory, no query.
    pub fn stamp(self) -> Option<Stamp> {
        let mut header = [0; 96];
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(self.0?, &mut header, 0).ok()?;
        #[cfg(not(unix))]
        return None;
        Some(Stamp::of_wal_index(header))
    }
}
