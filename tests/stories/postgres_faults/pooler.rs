//! PgBouncer in front of PostgreSQL.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::tokio;
use crate::{
    harness::{PUBLIC_URL, PostgresServer, Settings, Site, ends, one_line, postgres::unprivileged, program, until},
    postgres::is_missing,
};

/// Killed when dropped.
struct PgBouncer {
    child: Child,
    folder: PathBuf,
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // On Debian only root's path leads to servers.
    let mut folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.find_map(|folder| Some(folder.join("pgbouncer")).filter(|program| program.exists()));
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "PgBouncer is not installed");
    if found.is_none() {
        eprintln!("PgBouncer is not installed (Debian: pgbouncer), so nothing is tried behind it");
    }
    found
}

impl PgBouncer {
    async fn before(program: &Path, postgres: &PostgresServer, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let (server, own) = (postgres.folder().display(), folder.display());
        let text = format!(
            "[databases]\nmiandeng = host={server} dbname=miandeng user=postgres\n[pgbouncer]\nlisten_addr =\n\
             listen_port = 6432\nunix_socket_dir = {own}\nauth_type = any\n{settings}\n"
        );
        fs::write(folder.join("pgbouncer.ini"), text).unwrap();
        let mut command = Command::new(program);
        command.arg(folder.join("pgbouncer.ini")).current_dir(&folder);
        if let Some(user) = unprivileged() {
            chown(&folder, Some(user.uid.as_raw()), None).unwrap();
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pgbouncer = Self { child, folder };
        let socket = pgbouncer.folder.join(".s.PGSQL.6432");
        until("PgBouncer listens", async || UnixStream::connect(&socket).is_ok()).await;
        pgbouncer
    }

    fn url(&self) -> String {
        format!("postgres://postgres@localhost:6432/miandeng?host={}", self.folder.display())
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn behind_a_pooler_that_keeps_settings_to_itself_nothing_starts_and_the_reason_is_said() {
    if is_missing() {
        return;
    }
    let Some(program_of_pooler) = installed() else { return };
    let postgres = PostgresServer::new();
    for settings in [
        // It refuses what it does not know.
        "pool_mode = transaction",
        "pool_mode = transaction\nignore_startup_parameters = extra_float_digits",
        // It leaves our settings out.
        "pool_mode = transaction\nignore_startup_parameters = extra_float_digits,options",
        "pool_mode = session\nignore_startup_parameters = extra_float_digits,options",
    ] {
        let pooler = PgBouncer::before(&program_of_pooler, &postgres, settings).await;
        let url = pooler.url();
        let site = Site::with(|dingtalk| Settings { database: url, ..Settings::least(0, PUBLIC_URL, dingtalk) }).await;
        for (language, advice) in [("C", "use PostgreSQL's own address"), ("zh_CN.UTF-8", "请直接写 PostgreSQL 的地址")]
        {
            let mut command = program(site.path(), &["serve"]);
            command.env("LC_ALL", language);
            let message = one_line(&ends(command));
            assert!(message.contains("PgBouncer") && message.contains(advice), "{settings}: {message}");
        }
    }
    assert_eq!(postgres.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0", "nothing is begun");
}
