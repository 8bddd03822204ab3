//! Backup and restore of the database, without settings and without the commands' texts.

mod check;
mod make;
mod restore;

pub use self::{
    check::{BadCopy, check, is_known},
    make::{Made, NotMade, make},
    restore::{NotRestored, Restored, restore},
};

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::db::with_suffix;

/// How the name of an unfinished copy begins and ends.
const PART: (&str, &str) = (".miandeng-backup.", ".part");

/// An empty file beside `finished`, readable by this user alone from its first byte, and deleted when dropped. A killed
/// process leaves it behind; the released lock says so to the next one.
fn part_of(finished: &Path) -> io::Result<NamedTempFile> {
    let part = tempfile::Builder::new().prefix(PART.0).suffix(PART.1).tempfile_in(folder_of(finished))?;
    part.as_file().try_lock()?;
    Ok(part)
}

/// Removes what killed processes have left in the folder.
fn remove_old_parts(finished: &Path) {
    let is_part = |name: &str| name.starts_with(PART.0) && name.ends_with(PART.1);
    for entry in std::fs::read_dir(folder_of(finished)).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file
            && entry.file_name().to_str().is_some_and(is_part)
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            // A leftover harms nobody if it cannot be removed. SQLite had a journal beside it.
            let _ = std::fs::remove_file(with_suffix(&entry.path(), "-journal"));
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Syncs the folder: a new name is safe only then.
fn sync_folder(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(file))?.sync_all()?;
    Ok(())
}

/// The path without links; of a file that does not exist yet, its folder's.
fn resolved(file: &Path) -> io::Result<PathBuf> {
    match file.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(folder_of(file).canonicalize()?.join(file.file_name().unwrap_or_default()))
        }
        resolved => resolved,
    }
}
