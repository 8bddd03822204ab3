//! Nobody but us reads or writes the database's files.
//!
//! They hold DingTalk's tokens, signing keys and everybody's data. A file that was copied or restored with mode 0644
//! would stay open to every user of the machine; SQLite gives its `-wal` and `-shm` the same mode.

#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::db::with_suffix;

/// The beginning of every database (sqlite.org/fileformat.html, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
#[cfg(unix)]
const BY_OTHERS: u32 = 0o066;

/// A file whose mode let others read or write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    pub file: PathBuf,
    pub old_mode: u32,
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, mode) = (self.file.display(), self.old_mode);
        write!(f, "other users of this machine could read or write {file} (mode {mode:04o}); only its owner can now")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("other users of this machine may read or write {} (mode {mode:04o}): {why}", file.display())]
pub struct NotPrivate {
    pub file: PathBuf,
    pub mode: u32,
    pub why: WhyOpenToOthers,
}

/// Why a file's mode stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum WhyOpenToOthers {
    #[error("it is a symbolic link, so its mode was not changed; chmod 600 the file it points to")]
    Link,
    #[error("it has other hard links, which may not be ours; chmod 600 {}", .0.display())]
    HardLinks(PathBuf),
    #[error(
        "it belongs to user {owner}, but miandeng runs as {us}; chmod 600 {}, and run miandeng as its owner",
        file.display()
    )]
    Owner { file: PathBuf, owner: u32, us: u32 },
    #[error("its mode cannot be changed ({0}); keep the database on a file system with file modes")]
    NotChanged(io::Error),
}

/// Makes the database with mode 0600 unless it is there.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    open.mode(0o600);
    open.open(path)
}

/// Where root makes a file beside somebody's database, that somebody can use it. SQLite does so with its own.
///
/// # Errors
/// When it cannot be given away.
#[cfg(unix)]
pub fn give_to_owner_of(file: &File, path: &Path) -> io::Result<()> {
    let owner = path.metadata()?;
    if nix::unistd::geteuid().is_root() && owner.uid() != 0 {
        std::os::unix::fs::fchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// Where files have no such owners there is nothing to do.
#[cfg(not(unix))]
pub fn give_to_owner_of(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Closes the database's files to everybody but their owner, if that is us. `database` is what [`create`] opened at
/// `path`; SQLite's other files are beside `resolved`, where the links at `path` lead.
pub(super) fn keep(path: &Path, resolved: &Path, database: &File) -> Result<Vec<Repaired>, NotPrivate> {
    if !is_database(database) {
        // SQLite will say so. A file that was named by mistake keeps its mode.
        return Ok(Vec::new());
    }
    let mut repaired = Vec::new();
    // First the database: what SQLite makes beside it gets its mode.
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

#[cfg(not(unix))]
fn keep_one(_: &Path, _: Option<&File>) -> Result<Option<Repaired>, NotPrivate> {
    Ok(None)
}

#[cfg(unix)]
fn keep_one(path: &Path, open: Option<&File>) -> Result<Option<Repaired>, NotPrivate> {
    // Without following a link.
    let Ok(here) = path.symlink_metadata() else { return Ok(None) };
    let meant = if here.is_symlink() { path.metadata() } else { Ok(here.clone()) };
    let Ok(meant) = meant else { return Ok(None) };
    let mode = meant.mode() & 0o777;
    if mode & BY_OTHERS == 0 || !meant.is_file() {
        return Ok(None);
    }
    let file = || path.to_owned();
    let refuse = |why| Err(NotPrivate { file: file(), mode, why });
    // Otherwise anyone who can change the link, or the names, could make us close another of our files.
    if here.is_symlink() {
        return refuse(WhyOpenToOthers::Link);
    }
    if meant.nlink() > 1 {
        return refuse(WhyOpenToOthers::HardLinks(file()));
    }
    let (owner, us) = (meant.uid(), nix::unistd::geteuid().as_raw());
    if owner != us {
        return refuse(WhyOpenToOthers::Owner { file: file(), owner, us });
    }
    match change(path, open, &meant) {
        Ok(()) => Ok(Some(Repaired { file: path.to_owned(), old_mode: mode })),
        Err(error) => refuse(WhyOpenToOthers::NotChanged(error)),
    }
}

/// Changes the mode of the very file that was looked at.
#[cfg(unix)]
fn change(path: &Path, open: Option<&File>, seen: &std::fs::Metadata) -> io::Result<()> {
    let opened;
    let file = match open {
        Some(file) => file,
        // Never closed: SQLite's locks on the file would go with it (sqlite.org/howtocorrupt, 2.2).
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
    // Some file systems have no modes and do not say so.
    match file.metadata()?.mode() & BY_OTHERS {
        0 => Ok(()),
        _ => Err(io::Error::other("it did not change")),
    }
}
