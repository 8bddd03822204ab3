//! Who has the database open. Every process that opens it holds a shared lock on a file beside it. `miandeng restore` holds an
//! exclusive one while it replaces the database, and `miandeng migrate-database` while it copies it. The system releases a lock
//! with its process, however that ends.
//!
//! The file is never removed, because another process may just have opened it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use tokio::time::{Instant, sleep};

use super::open::{BETWEEN_TRIES, BUSY_TIMEOUT};
use crate::db::with_suffix;

/// A lock, until it is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "it is held, not looked at")] File);

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// Another process holds it.
    #[error("another process has the database open")]
    ByAnother,
    /// The file cannot be opened or locked.
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Marks the database as open in this process; `resolved` is its path without links. Waits for such a command as
/// statements do for each other. Where files cannot be locked there is no lock, and those commands refuse
/// to run.
///
/// # Errors
/// When it takes too long, or the file cannot be made.
pub(super) async fn shared(resolved: &Path) -> Result<Option<Held>, NotHeld> {
    let file = open(resolved)?;
    let until = Instant::now() + BUSY_TIMEOUT;
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(Some(Held(file))),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(BETWEEN_TRIES).await,
            Err(TryLockError::WouldBlock) => return Err(NotHeld::ByAnother),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// Keeps every other process from opening the database.
///
/// # Errors
/// When one has it open, or nobody can tell.
pub fn alone(resolved: &Path) -> Result<Held, NotHeld> {
    let file = open(resolved)?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(NotHeld::ByAnother),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn open(resolved: &Path) -> io::Result<File> {
    let path = with_suffix(resolved, "-lock");
    let mut new = OpenOptions::new();
    new.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(&path) {
        Ok(file) => {
            let folder = resolved.parent().unwrap_or(Path::new("."));
            super::private::give_to_owner_of(&file, if resolved.exists() { resolved } else { folder })?;
            Ok(file)
        }
        // To lock it, it need not be written.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open(&path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_have_a_database_open_or_one_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db");
        std::fs::write(&path, "").unwrap();
        let two = [shared(&path).await.unwrap(), shared(&path).await.unwrap()];
        assert!(matches!(alone(&path), Err(NotHeld::ByAnother)));
        let [one, other] = two;
        drop(one);
        assert!(matches!(alone(&path), Err(NotHeld::ByAnother)));
        drop(other);
        let alone = alone(&path).unwrap();
        let waiting = tokio::spawn(async move { shared(&path).await.is_ok() });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(alone);
        assert!(waiting.await.unwrap(), "whoever opens it meanwhile waits");
    }
}
