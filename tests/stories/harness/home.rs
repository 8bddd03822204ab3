//! Where a story's database is.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::postgres::{self, Database};

/// A folder, in which is the file if the stories run on SQLite.
pub struct Home {
    folder: TempDir,
    file: &'static str,
    server: Option<Database>,
}

impl Home {
    pub fn new(file: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, file, server: postgres::wanted().then(Database::new) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What `databases.miandeng.url` says.
    pub fn url(&self) -> String {
        match &self.server {
            None => self.file().display().to_string(),
            Some(server) => server.url(),
        }
    }

    /// SQLite's file. A story that needs it asks `on_postgres` first.
    #[track_caller]
    pub fn file(&self) -> PathBuf {
        assert!(self.server.is_none(), "there is no file: begin with `if on_postgres(…) {{ return; }}`");
        self.path().join(self.file)
    }
}
