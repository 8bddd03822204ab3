//! Making a backup while the server runs.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::{
    check::{BadCopy, Contents, check},
    part_of, remove_old_parts, resolved, sync_folder,
};
use crate::{
    audit::Entry,
    db::{self, Conn, connect_to},
};

const BETWEEN_REPORTS: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub bytes: u64,
    pub contents: Contents,
}

/// Why there is no copy. No new file has the wanted name.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    #[error("there is no database {0:?}")]
    NoDatabase(PathBuf),
    #[error("{0:?} is there already; add --force to write over it")]
    AlreadyThere(PathBuf),
    /// Something other than a file has the name.
    #[error("{0:?} is no regular file")]
    NoFile(PathBuf),
    /// The name is the database's own, or one of its companion files'.
    #[error("{0:?} is the database itself, or one of its files; name another file")]
    Itself(PathBuf),
    #[error("{file:?} cannot be written: {source}")]
    File { file: PathBuf, source: io::Error },
    #[error("the database cannot be copied: {source}; {}", crate::db::advice(source))]
    Copy { source: sqlx::Error },
    /// The trail could not be written.
    #[error("the backup cannot be noted in the audit trail: {source}; {}", crate::db::advice(source))]
    Note { source: sqlx::Error },
    /// The copy is not what was read.
    #[error("the copy {0}; the database itself may be damaged")]
    Bad(#[from] BadCopy),
}

/// Copies the database at `source` to `to`, as it is at one moment: SQLite reads in one transaction, and keeps nobody
/// from writing. The copy gets its name when it is whole and on disk; a file of that name is refused without `replace`.
///
/// `row` enters the trail of `source` before that. `progress` hears the bytes written, and about how many there are.
pub async fn make(
    source: &Path,
    to: &Path,
    replace: bool,
    row: Entry,
    progress: impl FnMut(u64, u64),
) -> Result<Made, NotMade> {
    let file = |source| NotMade::File { file: to.to_owned(), source };
    let source = source.canonicalize().map_err(|_| NotMade::NoDatabase(source.to_owned()))?;
    check_name(&source, to, replace)?;
    remove_old_parts(to);
    let part = part_of(to).map_err(file)?;

    let mut db = connect_to(&source).await.map_err(|source| NotMade::Copy { source })?;
    copy(&mut db, part.path(), progress).await.map_err(|source| NotMade::Copy { source })?;
    let mut copied = connect_to(part.path()).await.map_err(BadCopy::from)?;
    let contents = check(&mut copied).await?;
    copied.close().await.map_err(BadCopy::from)?;
    part.as_file().sync_all().map_err(file)?;
    row.write_if_there(&mut db).await.map_err(|source| NotMade::Note { source })?;
    // A failed close does not harm what was read.
    let _ = db.close().await;
    let bytes = part.as_file().metadata().map_err(file)?.len();
    let named = if replace { part.persist(to) } else { part.persist_noclobber(to) };
    named.map_err(|error| file(error.error))?;
    sync_folder(to).map_err(file)?;
    Ok(Made { bytes, contents })
}

fn check_name(source: &Path, to: &Path, replace: bool) -> Result<(), NotMade> {
    let itself = resolved(to).map_err(|source| NotMade::File { file: to.to_owned(), source })?;
    let files = ["", "-wal", "-shm", "-journal", "-lock"].map(|suffix| crate::db::with_suffix(source, suffix));
    if files.contains(&itself) {
        return Err(NotMade::Itself(to.to_owned()));
    }
    match to.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(there) if !there.is_file() => Err(NotMade::NoFile(to.to_owned())),
        Ok(_) if replace => Ok(()),
        Ok(_) => Err(NotMade::AlreadyThere(to.to_owned())),
    }
}

async fn copy(db: &mut Conn, to: &Path, mut progress: impl FnMut(u64, u64)) -> sqlx::Result<()> {
    let pages = "SELECT (page_count - freelist_count) * page_size \
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let all: i64 = db::query_scalar(pages).fetch_one(&mut *db).await?;
    // SQLite accepts an existing empty file, which has its mode before the first byte is in it.
    let to_text = to.to_string_lossy();
    let copying = db::query("VACUUM INTO $1").bind(to_text).execute(db);
    tokio::pin!(copying);
    let mut ticks = interval(BETWEEN_REPORTS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            done = &mut copying => return done.map(drop),
            _ = ticks.tick() => progress(to.metadata().map_or(0, |about| about.len()), all.unsigned_abs()),
        }
    }
}
