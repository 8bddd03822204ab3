//! The file that is moved.

use std::path::{Path, PathBuf};

use super::{error::NotMoved, tables::Table};
use crate::{
    backup::{self, BadCopy},
    db::{
        self, Conn, connect_to,
        in_use::{self, Held, NotHeld},
        schema,
    },
};

pub struct Source {
    pub file: PathBuf,
    pub db: Conn,
    /// Keeps servers and commands away.
    _alone: Held,
}

impl Source {
    /// Checks the whole file, and from then on reads it as it is.
    pub async fn open(file: &Path) -> Result<Self, NotMoved> {
        let resolved = file.canonicalize().map_err(|_| NotMoved::NoDatabase(file.to_owned()))?;
        let _alone = in_use::alone(&resolved).map_err(|error| match error {
            NotHeld::ByAnother => NotMoved::InUse(file.to_owned()),
            NotHeld::File(source) => NotMoved::File { file: file.to_owned(), source },
        })?;
        let db = connect_to(&resolved).await.map_err(|source| NotMoved::reading(file, source))?;
        let mut source = Self { file: file.to_owned(), db, _alone };
        // SQLite then lets nobody else in, and refuses if another program, or a server older than our lock, has it open.
        for pragma in ["PRAGMA busy_timeout = 0", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA query_only = on"] {
            source.run(pragma).await?;
        }
        let contents = match backup::check(&mut source.db).await {
            Ok(contents) => contents,
            Err(BadCopy::Damaged(how)) => return Err(NotMoved::Damaged { file: source.file, how }),
            Err(BadCopy::Unreadable(error)) => return Err(NotMoved::reading(file, error)),
            Err(bad) => return Err(NotMoved::Bad { file: source.file, source: bad }),
        };
        let bad = |source| NotMoved::Bad { file: file.to_owned(), source };
        backup::is_known(&mut source.db).await.map_err(bad)?;
        if contents.schema < schema::newest() {
            return Err(NotMoved::Older { file: source.file, version: contents.schema });
        }
        source.run("BEGIN").await?;
        Ok(source)
    }

    pub async fn count(&mut self, table: &Table) -> Result<u64, NotMoved> {
        let count = format!("SELECT COUNT(*) FROM {}", table.name);
        let count = db::query_scalar::<i64>(sqlx::AssertSqlSafe(count)).fetch_one(&mut self.db).await;
        count.map(i64::unsigned_abs).map_err(|source| NotMoved::reading(&self.file, source))
    }

    /// The highest number that a row of the table has, or once had.
    pub async fn highest_id(&mut self, table: &Table) -> Result<i64, NotMoved> {
        let highest = format!(
            "SELECT MAX((SELECT COALESCE(MAX(id), 0) FROM {0}), \
                        (SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '{0}'))",
            table.name
        );
        let highest = db::query_scalar(sqlx::AssertSqlSafe(highest)).fetch_one(&mut self.db).await;
        highest.map_err(|source| NotMoved::reading(&self.file, source))
    }

    /// What was read is not harmed if this fails.
    pub async fn close(self) {
        let _ = self.db.close().await;
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), NotMoved> {
        db::query(sql).execute(&mut self.db).await.map(drop).map_err(|source| NotMoved::reading(&self.file, source))
    }
}
