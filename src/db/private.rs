//! Nobody but us reads or writes the database's files.
//!
//! In them are DingTalk's tokens, the keys that sign identities and everybody's data. SQLite gives `-wal` and `-shm` the
//! database's own mode; so a file that was once copied, restored or made by another program with mode 0644 stays open to
//! every user of the machine until somebody looks.

#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::open::with_suffix;

/// What SQLite writes at the beginning of every database (sqlite.org/fileformat.html, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Reading and writing by the group and by others.
#[cfg(unix)]
const BY_OTHERS: u32 = 0o066;

/// A file whose mode let others read or write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The file.
    pub file: PathBuf,
    /// The permissions that it had.
    pub old_mode: u32,
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, mode) = (self.file.display(), self.old_mode);
        write!(f, "other users of this machine could read or write {file} (mode {mode:04o}); only its owner can now")
    }
}

/// A file that others may read or write, and that is not ours to change.
#[derive(Debug, thiserror::Error)]
#[error("other users of this machine may read or write {} (mode {mode:04o}): {why}", file.display())]
pub struct NotPrivate {
    file: PathBuf,
    mode: u32,
    why: String,
}

/// Makes the database with mode 0600 unless it is there.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    open.mode(0o600);
    open.open(path)
}

/// Takes the database's files from everybody but their owner, if that is us. `database` is what [`create`] has opened at
/// `path`; beside `resolved`, where the links at `path` lead, SQLite puts its other files.
///
/// # Errors
/// When a file is not ours, or its mode does not change.
pub(super) fn keep(path: &Path, resolved: &Path, database: &File) -> Result<Vec<Repaired>, NotPrivate> {
    if !is_database(database) {
        // SQLite will say so. The mode of a file that was named by mistake is nobody's business here.
        return Ok(Vec::new());
    }
    let mut repaired = Vec::new();
    // The database first: what SQLite makes beside it from now on has its mode.
    repaired.extend(keep_one(path, Some(database))?);
    for suffix in ["-wal", "-shm", "-journal"] {
        repaired.extend(keep_one(&with_suffix(resolved, suffix), None)?);
    }
    Ok(repaired)
}

/// Whether it is a database, or empty and about to become one.
fn is_database(mut file: &File) -> bool {
    let mut start = [0; MAGIC.len()];
    match file.metadata() {
        Ok(about) if about.is_file() => about.len() == 0 || file.read_exact(&mut start).is_ok_and(|()| start == *MAGIC),
        _ => false,
    }
}

/// Where files have no such modes there is nothing to do.
#[cfg(not(unix))]
fn keep_one(_: &Path, _: Option<&File>) -> Result<Option<Repaired>, NotPrivate> {
    Ok(None)
}

#[cfg(unix)]
fn keep_one(path: &Path, open: Option<&File>) -> Result<Option<Repaired>, NotPrivate> {
    // Without following a link. A file that is not there, or has just gone, is nobody's to read.
    let Ok(here) = path.symlink_metadata() else { return Ok(None) };
    let meant = if here.is_symlink() { path.metadata() } else { Ok(here.clone()) };
    let Ok(meant) = meant else { return Ok(None) };
    let mode = meant.mode() & 0o777;
    if mode & BY_OTHERS == 0 || !meant.is_file() {
        return Ok(None);
    }
    let refuse = |why: String| Err(NotPrivate { file: path.to_owned(), mode, why });
    let file = path.display();
    // Whoever can change the link, or give one of our other files this name, could have that one closed to everybody.
    if here.is_symlink() {
        return refuse("it is a symbolic link, so its mode was not changed; chmod 600 the file it points to".into());
    }
    if meant.nlink() > 1 {
        return refuse(format!("it has other hard links, which may not be ours; chmod 600 {file}"));
    }
    let (owner, us) = (meant.uid(), nix::unistd::geteuid().as_raw());
    if owner != us {
        let cure = format!("chmod 600 {file}, and run miandeng as its owner");
        return refuse(format!("it belongs to user {owner}, but miandeng runs as {us}; {cure}"));
    }
    match change(path, open, &meant) {
        Ok(()) => Ok(Some(Repaired { file: path.to_owned(), old_mode: mode })),
        Err(error) => {
            refuse(format!("its mode cannot be changed ({error}); keep the database on a file system with file modes"))
        }
    }
}

/// Changes the mode of the very file that was looked at.
#[cfg(unix)]
fn change(path: &Path, open: Option<&File>, seen: &std::fs::Metadata) -> io::Result<()> {
    let opened;
    let file = match open {
        Some(file) => file,
        // Never closed: with any descriptor of a file go the locks that this process has on it, and so SQLite's, should
        // it have the file open already (sqlite.org/howtocorrupt, 2.2).
        None => {
            opened = Box::leak(Box::new(File::open(path)?));
            opened
        }
    };
    let is_it = |about: &std::fs::Metadata| (about.dev(), about.ino()) == (seen.dev(), seen.ino());
    if !is_it(&file.metadata()?) {
        return Err(io::Error::other("another file has just taken its place"));
    }
    file.set_permissions(std::fs::Permissions::from_mode(seen.mode() & 0o600))?;
    // Some file systems know no modes, and say nothing.
    match file.metadata()?.mode() & BY_OTHERS {
        0 => Ok(()),
        _ => Err(io::Error::other("it did not change")),
    }
}
