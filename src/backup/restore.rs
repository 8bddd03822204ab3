//! Putting a backup in the database's place.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use sqlx::migrate::MigrateError;
use tempfile::NamedTempFile;

use super::{
    check::{BadCopy, Contents, check, is_known},
    folder_of, part_of, remove_old_parts, resolved, sync_folder,
};
use crate::{
    audit::Entry,
    clock::UnixSeconds,
    db::{
        self, Conn, connect_to, give_to_owner_of,
        in_use::{self, NotHeld},
        is_locked, schema, with_suffix,
    },
    i18n::utc,
    sessions,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub backup: Contents,
    /// The migration to which it was brought.
    pub schema: i64,
    pub sessions_ended: u64,
    /// The replaced file.
    pub kept: Option<PathBuf>,
}

/// Why nothing was restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotRestored {
    #[error("{file:?} cannot be read: {source}")]
    Backup { file: PathBuf, source: io::Error },
    #[error("{file:?} {source}")]
    Bad { file: PathBuf, source: BadCopy },
    /// A write-ahead log lies beside it, so the file is not the whole database.
    #[error(
        "{0:?} is no backup but a database in use: {0:?}-wal belongs to it; make one of it with \"miandeng backup\""
    )]
    HasLog(PathBuf),
    #[error("{0:?} is the database itself")]
    Itself(PathBuf),
    #[error("{0:?} is in use by a server, another command or another program; stop it first (systemctl stop miandeng)")]
    InUse(PathBuf),
    #[error("{file:?} cannot be replaced: {source}")]
    Target { file: PathBuf, source: io::Error },
    #[error("the backup cannot be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    #[error("the backup cannot be prepared: {0}")]
    Prepare(#[from] sqlx::Error),
}

/// Puts `backup` in the place of the database at `target`. Every step that can fail works on a copy beside it; the
/// replaced file keeps all its content under another name.
pub async fn restore(
    backup: &Path,
    target: &Path,
    keep_sessions: bool,
    row: Entry,
    now: UnixSeconds,
) -> Result<Restored, NotRestored> {
    let failed = |source| NotRestored::Target { file: target.to_owned(), source };
    let resolved = resolved(target).map_err(failed)?;
    let mut from = open_backup(backup, &resolved)?;
    let alone = in_use::alone(&resolved).map_err(|error| match error {
        NotHeld::ByAnother => NotRestored::InUse(target.to_owned()),
        NotHeld::File(error) => failed(error),
    })?;
    remove_old_parts(&resolved);
    let mut part = part_of(&resolved).map_err(failed)?;
    io::copy(&mut from, part.as_file_mut()).map_err(failed)?;
    let owner = if resolved.exists() { &*resolved } else { folder_of(&resolved) };
    give_to_owner_of(part.as_file(), owner).map_err(failed)?;

    let bad = |source| NotRestored::Bad { file: backup.to_owned(), source };
    let mut db = connect_to(part.path()).await.map_err(|error| bad(error.into()))?;
    let contents = check(&mut db).await.map_err(bad)?;
    is_known(&mut db).await.map_err(bad)?;
    let sessions_ended = prepare(&mut db, keep_sessions, row).await?;
    db.close().await?;
    part.as_file().sync_all().map_err(failed)?;

    if resolved.exists() {
        settle(&resolved).await.map_err(|InUse| NotRestored::InUse(target.to_owned()))?;
    }
    let kept = put(part, &resolved, now).map_err(failed)?;
    drop(alone);
    Ok(Restored { backup: contents, schema: schema::newest(), sessions_ended, kept })
}

fn open_backup(backup: &Path, target: &Path) -> Result<File, NotRestored> {
    let failed = |source| NotRestored::Backup { file: backup.to_owned(), source };
    let resolved = backup.canonicalize().map_err(failed)?;
    if resolved == target {
        return Err(NotRestored::Itself(backup.to_owned()));
    }
    if with_suffix(&resolved, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
        return Err(NotRestored::HasLog(backup.to_owned()));
    }
    let mut file = File::open(&resolved).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    // Ten gigabytes of something else are refused before they are copied.
    let mut start = [0; 16];
    if file.read_exact(&mut start).is_err() || start != *b"SQLite format 3\0" {
        return Err(NotRestored::Bad { file: backup.to_owned(), source: BadCopy::NoDatabase });
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Makes the copy what a server can start on: one file, of the newest schema, without the sessions of that time.
async fn prepare(db: &mut Conn, keep_sessions: bool, row: Entry) -> Result<u64, NotRestored> {
    db::query("PRAGMA journal_mode = DELETE").execute(&mut *db).await?;
    schema::migrate(db).await?;
    // If something fails, the copy is thrown away.
    db::query("BEGIN").execute(&mut *db).await?;
    let ended = if keep_sessions { 0 } else { sessions::end_all(&mut *db).await? };
    row.with("sessions_ended", ended).write(&mut *db).await?;
    db::query("COMMIT").execute(db).await?;
    Ok(ended)
}

fn is_database(file: &Path) -> bool {
    let mut start = [0; 16];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"SQLite format 3\0"
}

struct InUse;

/// Moves all that was committed into the one file. SQLite leaves the write-ahead log only if nobody else has the
/// database open, be it an older server or another program. A damaged database, the reason for many a restore, stays as
/// it is.
async fn settle(target: &Path) -> Result<(), InUse> {
    if !is_database(target) {
        // SQLite would remove the log beside it, now or as it closes.
        return Ok(());
    }
    let mut db = match connect_to(target).await {
        Ok(db) => db,
        Err(error) if is_locked(&error) => return Err(InUse),
        Err(_) => return Ok(()),
    };
    // If this fails, a locked file is only noticed later.
    let _ = db::query("PRAGMA busy_timeout = 0").execute(&mut db).await;
    let mode: sqlx::Result<String> = db::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(&mut db).await;
    // Awaited: as it closes, SQLite tidies up beside the file that is about to be moved.
    let _ = db.close().await;
    match mode {
        Ok(mode) if mode == "wal" => Err(InUse),
        Err(error) if is_locked(&error) => Err(InUse),
        _ => Ok(()),
    }
}

/// Renames the replaced file and the new one. A database has that name at every moment.
fn put(part: NamedTempFile, target: &Path, now: UnixSeconds) -> io::Result<Option<PathBuf>> {
    let take_the_place = || part.persist(target).map(drop).map_err(|error| error.error);
    let kept = if target.exists() { Some(keep(target, now)?) } else { None };
    let mut moved = Moved::new();
    let put = match &kept {
        None => take_the_place(),
        // Left there, SQLite would apply the old database's log to the new one.
        Some(kept) => move_others(target, kept, &mut moved).and_then(|()| take_the_place()),
    };
    if put.is_err() {
        // What cannot be undone stays under the kept file's name. The first error is the one to report.
        let _ = moved.into_iter().try_for_each(|(from, to)| std::fs::rename(to, from));
        let _ = kept.as_ref().map(std::fs::remove_file);
    }
    put?;
    sync_folder(target)?;
    Ok(kept)
}

/// A second name for the target: `miandeng.db.replaced-20261125T205300Z`.
fn keep(target: &Path, now: UnixSeconds) -> io::Result<PathBuf> {
    let at = utc(now).replace(['-', ':'], "");
    for more in 1_u32.. {
        let suffix = if more == 1 { format!(".replaced-{at}") } else { format!(".replaced-{at}-{more}") };
        let kept = with_suffix(target, &suffix);
        match std::fs::hard_link(target, &kept) {
            Ok(()) => {
                close_to_others(&kept)?;
                return Ok(kept);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// No server will open it again and repair its mode.
fn close_to_others(kept: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(kept, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

type Moved = Vec<(PathBuf, PathBuf)>;

/// A damaged database's log and journal go with it; a whole one has none any more.
fn move_others(target: &Path, kept: &Path, moved: &mut Moved) -> io::Result<()> {
    for suffix in ["-wal", "-journal", "-shm"] {
        let (from, to) = (with_suffix(target, suffix), with_suffix(kept, suffix));
        match std::fs::rename(&from, &to) {
            Ok(()) => moved.push((from, to)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
