//! A copy in the database's place.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use sqlx::{Connection, migrate::MigrateError};
use tempfile::NamedTempFile;

use super::{
    check::{BadCopy, Contents, check, is_known},
    folder_of, part_of, remove_old_parts, resolved, sync_folder,
};
use crate::{
    audit::Entry,
    clock::UnixSeconds,
    db::{
        Conn, connect_to, give_to_owner_of,
        in_use::{self, NotHeld},
        is_locked, schema, with_suffix,
    },
    i18n::utc,
    sessions,
};

/// What was put in the database's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub backup: Contents,
    /// The schema that it was brought to.
    pub schema: i64,
    /// How many sessions were ended.
    pub sessions_ended: u64,
    /// Where the replaced file is, if there was one.
    pub kept: Option<PathBuf>,
}

/// Why nothing was restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotRestored {
    /// The backup cannot be read.
    #[error("{file:?} cannot be read: {source}")]
    Backup {
        /// The backup.
        file: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The backup is no good.
    #[error("{file:?} {source}")]
    Bad {
        /// The backup.
        file: PathBuf,
        /// What is wrong with it.
        source: BadCopy,
    },
    /// It is a database with a write-ahead log beside it, and so not the whole of it.
    #[error(
        "{0:?} is no backup but a database in use: {0:?}-wal belongs to it; make one of it with \"miandeng backup\""
    )]
    HasLog(PathBuf),
    /// It is the file that it would replace.
    #[error("{0:?} is the database itself")]
    Itself(PathBuf),
    /// Somebody has the database open.
    #[error("{0:?} is in use by a server, another command or another program; stop it first (systemctl stop miandeng)")]
    InUse(PathBuf),
    /// The database's folder cannot be used.
    #[error("{file:?} cannot be replaced: {source}")]
    Target {
        /// The database.
        file: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The copy cannot be brought up to date.
    #[error("the backup cannot be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// The copy cannot be written.
    #[error("the backup cannot be prepared: {0}")]
    Prepare(#[from] sqlx::Error),
}

/// Puts `backup` in the place of the database at `target`. All that can fail is done on a copy beside it; the replaced
/// file keeps all that it held, under another name.
///
/// # Errors
/// When the backup is no good, somebody has the database open, or the folder cannot be written.
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
    // A picture of ten gigabytes is not copied first.
    let mut start = [0; 16];
    if file.read_exact(&mut start).is_err() || start != *b"SQLite format 3\0" {
        return Err(NotRestored::Bad { file: backup.to_owned(), source: BadCopy::NoDatabase });
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Makes of the copy what the server starts on: one file, of the newest schema, with nobody signed in by what was true when
/// the backup was made.
async fn prepare(db: &mut Conn, keep_sessions: bool, row: Entry) -> Result<u64, NotRestored> {
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut *db).await?;
    schema::migrate_to(db, schema::newest()).await?;
    let mut transaction = db.begin().await?;
    let ended = if keep_sessions { 0 } else { sessions::end_all(&mut transaction).await? };
    row.with("sessions_ended", ended).write(&mut transaction).await?;
    transaction.commit().await?;
    Ok(ended)
}

struct InUse;

/// Brings all that was committed into the one file. SQLite leaves the write-ahead log only if nobody else has the database
/// open, be it an older server or another program. A damaged one, for which people restore, stays as it is.
async fn settle(target: &Path) -> Result<(), InUse> {
    let settled = async {
        let mut db = connect_to(target).await?;
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut db).await?;
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(&mut db).await?;
        db.close().await?;
        Ok(mode)
    };
    match settled.await {
        Ok(mode) if mode == "wal" => Err(InUse),
        Err(error) if is_locked(&error) => Err(InUse),
        _ => Ok(()),
    }
}

/// Gives the replaced file another name and the new one its own. There is a database under that name at every moment.
fn put(part: NamedTempFile, target: &Path, now: UnixSeconds) -> io::Result<Option<PathBuf>> {
    let take_the_place = || part.persist(target).map(drop).map_err(|error| error.error);
    let kept = if target.exists() { Some(keep(target, now)?) } else { None };
    let mut moved = Moved::new();
    let put = match &kept {
        None => take_the_place(),
        // Left there, SQLite would read the old one's log into the new one.
        Some(kept) => move_others(target, kept, &mut moved).and_then(|()| take_the_place()),
    };
    if put.is_err() {
        // What cannot be undone either is under the kept file's name. The error that is reported is the first one.
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

/// No server opens it again, to see to its mode.
fn close_to_others(kept: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(kept, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

type Moved = Vec<(PathBuf, PathBuf)>;

/// The log and the journal of a damaged database go with it; one that is whole has none any more.
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
