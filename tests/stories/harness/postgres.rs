//! A PostgreSQL server of this process's own, and a database in it for each story. `MIANDENG_TEST_DATABASE=postgres` runs
//! the stories on it.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use miandeng::db::{self, Conn, Pools};
use nix::unistd::User;
use tempfile::TempDir;

const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=1500",
    "max_wal_size=256MB",
    "shared_buffers=64MB",
    "logging_collector=off",
    "autovacuum=off",
];

/// Ends when its standard input is closed: with this process, however that ends. One that is halted goes on for it.
const KEEPS: &str = r#"
    trap '' INT TERM
    "$0" "$@" &
    read -r _
    kill -QUIT $!
    kill -CONT $!
    wait $!
    [ -z "$DATA" ] || rm -rf "$DATA"
"#;

/// Whether the stories run on PostgreSQL. One that is about SQLite's file is over at once:
/// `if on_postgres("the file's mode") { return }`.
pub fn on_postgres(why_not: &str) -> bool {
    let on = wanted();
    if on {
        eprintln!("not tried on PostgreSQL: {why_not}");
    }
    on
}

pub fn wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(|| match std::env::var("MIANDENG_TEST_DATABASE").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite" | "") | Err(_) => false,
        Ok(other) => panic!("MIANDENG_TEST_DATABASE = {other:?} is neither \"postgres\" nor \"sqlite\""),
    })
}

/// Of every table, as text, but of those in which servers tell each other that they are there.
pub async fn rows(db: &mut Conn) -> String {
    let tables = "SELECT CAST(tablename AS TEXT) FROM pg_tables \
                  WHERE schemaname = 'public' AND tablename NOT IN ('servers', 'leases') ORDER BY 1";
    let tables: Vec<String> = db::query_scalar(tables).fetch_all(&mut *db).await.expect("names");
    let mut rows = String::new();
    for table in tables {
        let all = format!(
            "SELECT COALESCE(string_agg(CAST(t AS TEXT), chr(10) ORDER BY CAST(t AS TEXT)), '') FROM {table} t"
        );
        let all: String = db::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(&mut *db).await.expect("rows");
        rows.push_str(&format!("{table}\n{all}\n"));
    }
    rows
}

/// Where Debian and others have its programs.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    found.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    next: AtomicU64,
    _keeper: Child,
}

/// A story's own database.
pub struct Database {
    name: String,
}

impl Database {
    /// A copy of one that is migrated.
    pub fn new() -> Self {
        let cluster = Cluster::get();
        let name = format!("story_{}", cluster.next.fetch_add(1, Ordering::Relaxed));
        cluster.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE miandeng STRATEGY file_copy"));
        Self { name }
    }

    /// One without tables.
    pub fn empty() -> Self {
        let cluster = Cluster::get();
        let name = format!("story_{}", cluster.next.fetch_add(1, Ordering::Relaxed));
        cluster.psql("postgres", &format!("CREATE DATABASE {name}"));
        Self { name }
    }

    pub fn url(&self) -> String {
        Cluster::get().url(&self.name)
    }

    /// As somebody with psql.
    pub fn psql(&self, sql: &str) -> String {
        Cluster::get().psql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Its files would fill the disk.
        Cluster::get().psql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

impl Cluster {
    fn get() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let (programs, folder) = (installed(), new_folder());
        make(&programs, &folder, &[]);
        let keeper = run(&programs, &folder, Some(&folder));
        let cluster = Self { folder, programs, next: AtomicU64::new(0), _keeper: keeper };
        cluster.psql("postgres", "CREATE DATABASE miandeng");
        let url = cluster.url("miandeng");
        let migrated = std::thread::spawn(|| {
            let runtime =
                rocket::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move { Pools::open(&url).await.expect("the tables").close().await });
        });
        migrated.join().expect("it is migrated");
        cluster
    }

    fn url(&self, database: &str) -> String {
        url(&self.folder, database)
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        psql(&self.programs, &self.folder, database, sql)
    }
}

pub(super) fn installed() -> PathBuf {
    programs().expect("PostgreSQL is not installed: apt-get install postgresql")
}

/// For the user as whom PostgreSQL runs.
pub(super) fn new_folder() -> PathBuf {
    let folder = TempDir::new().expect("a temporary folder").keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    let data = folder.join("data");
    fs::create_dir(&data).expect("a folder");
    if let Some(user) = unprivileged() {
        for path in [&folder, &data] {
            std::os::unix::fs::chown(path, Some(user.uid.as_raw()), None).expect("an owner");
        }
    }
    folder
}

pub(super) fn make(programs: &Path, folder: &Path, more: &[&str]) {
    let mut initdb = as_postgres(&programs.join("initdb"));
    initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]);
    let made = initdb.args(more).arg("-D").arg(folder.join("data")).current_dir(folder).output().expect("initdb runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Returns when it answers. It runs until the child's standard input is closed.
pub(super) fn run(programs: &Path, folder: &Path, removes: Option<&Path>) -> Child {
    let mut keeper = as_postgres(Path::new("sh"));
    keeper.args(["-c", KEEPS]).arg(programs.join("postgres")).arg("-D").arg(folder.join("data"));
    keeper.arg("-k").arg(folder);
    for setting in SETTINGS {
        keeper.args(["-c", setting]);
    }
    keeper.env("DATA", removes.unwrap_or(Path::new(""))).current_dir(folder);
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut keeper = keeper.spawn().expect("PostgreSQL runs");
    let mut says = BufReader::new(keeper.stderr.take().expect("what it says")).lines().map_while(Result::ok);
    assert!(says.any(|line| line.contains("ready to accept connections")), "PostgreSQL does not start");
    std::thread::spawn(move || says.for_each(drop));
    keeper
}

pub(super) fn url(folder: &Path, database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", folder.display())
}

pub(super) fn psql(programs: &Path, folder: &Path, database: &str, sql: &str) -> String {
    let mut psql = Command::new(programs.join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-h"]);
    let output = psql.arg(folder).args(["-c", sql]).output().expect("psql runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The user that PostgreSQL's packages make, if we are root, as whom it does not run.
pub fn unprivileged() -> Option<User> {
    let is_root = nix::unistd::geteuid().is_root();
    is_root.then(|| User::from_name("postgres").expect("the users").expect("a user postgres"))
}

pub(super) fn as_postgres(program: &Path) -> Command {
    match unprivileged() {
        None => Command::new(program),
        Some(_) => {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        }
    }
}
