//! A PostgreSQL server of one story's own, which may be stopped, halted and filled.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::postgres::{as_postgres, installed, make, new_folder, psql, run, url};

const DATABASE: &str = "miandeng";

/// Stopped and removed when dropped.
pub struct PostgresServer {
    programs: PathBuf,
    folder: PathBuf,
    keeper: Option<Child>,
}

impl PostgresServer {
    /// With an empty database.
    pub fn new() -> Self {
        let (programs, folder) = (installed(), new_folder());
        // A limit on the size of files must leave room for those of its log, which are 16 MB each without this.
        make(&programs, &folder, &["--wal-segsize=1"]);
        let mut server = Self { programs, folder, keeper: None };
        server.starts();
        server.psql_at("postgres", &format!("CREATE DATABASE {DATABASE}"));
        server
    }

    /// On the same data.
    pub fn starts(&mut self) {
        self.keeper = Some(run(&self.programs, &self.folder, None));
    }

    /// At once, as in a crash.
    pub fn stops(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().expect("its end");
        }
    }

    /// Connections stay, nothing is answered.
    pub fn is_halted(&self) {
        // The postmaster first: it makes no more processes then.
        self.sends(Signal::SIGSTOP);
    }

    pub fn goes_on(&self) {
        self.sends(Signal::SIGCONT);
    }

    fn sends(&self, signal: Signal) {
        self.each_process(|process| {
            // One of a connection may have ended.
            let _ = kill(process, signal);
        });
    }

    /// Every connection to the database.
    pub fn cuts_connections(&self) {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ";
        self.psql_at("postgres", &format!("{cut}'{DATABASE}'"));
    }

    /// No file grows beyond this ("unlimited" ends it), as if the disk were full.
    pub fn has_room_for(&self, bytes: &str) {
        self.each_process(|process| {
            // Root may not do it in every container.
            let mut limit = as_postgres(Path::new("prlimit"));
            limit.arg(format!("--fsize={bytes}:unlimited")).args(["--pid", &process.to_string()]);
            // One of a connection may have ended.
            let _ = limit.output().expect("prlimit runs");
        });
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn url(&self) -> String {
        url(&self.folder, DATABASE)
    }

    /// As somebody with psql.
    pub fn psql(&self, sql: &str) -> String {
        self.psql_at(DATABASE, sql)
    }

    pub fn psql_at(&self, database: &str, sql: &str) -> String {
        psql(&self.programs, &self.folder, database, sql)
    }

    fn each_process(&self, does: impl Fn(Pid)) {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("the postmaster's file");
        let postmaster: i32 = file.lines().next().and_then(|line| line.parse().ok()).expect("its process");
        does(Pid::from_raw(postmaster));
        for entry in fs::read_dir("/proc").expect("processes").flatten() {
            let process = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(process) = process.filter(|_| parent(&entry.path()) == Some(postmaster)) {
                does(Pid::from_raw(process));
            }
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stops();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn parent(process: &Path) -> Option<i32> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}
