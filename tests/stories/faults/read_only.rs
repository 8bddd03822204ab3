//! A database that may not be written.

use std::{
    fs::{Permissions, set_permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::gate;
use crate::harness::{Server, Site, ends, on_postgres, one_line, program_at};

/// Owns nothing here. Root would ignore permissions.
pub(super) const NOBODY: u32 = 65_534;

pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The server as a user whom permissions bind.
pub(super) fn serve(site: &Site) -> Command {
    if !is_root() {
        return program_at(Path::new(env!("CARGO_BIN_EXE_miandeng")), site.path(), &["serve"]);
    }
    // That user may not look into the folder of the build.
    let copy = site.path().join("miandeng");
    if !copy.exists() {
        // By another process: a program that another story starts would inherit this one's open file, and the copy
        // could not be started ("Text file busy").
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_miandeng")).arg(&copy).status().unwrap();
        assert!(copied.success());
    }
    let mut command = program_at(&copy, site.path(), &["serve"]);
    command.uid(NOBODY).gid(NOBODY);
    command
}

/// The files belong to the server's user.
pub(super) async fn site() -> Site {
    let site = Site::new().await;
    if is_root() {
        serve(&site);
        // The command that made the database may have left the log beside it; the last to close it removes that.
        let mut last = SqliteConnectOptions::new().filename(site.db_file()).connect().await.unwrap();
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut last).await.unwrap();
        last.close().await.unwrap();
        let files = std::fs::read_dir(site.path()).unwrap().map(|entry| entry.unwrap().path());
        for path in files.chain([site.path().to_owned()]) {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    site
}

pub(super) fn mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_file_or_folder_without_write_access_stops_the_start_with_one_line() {
    if on_postgres("the file's folder") {
        return;
    }
    let site = site().await;
    let refused = || one_line(&ends(serve(&site)));
    mode(&site.db_file(), 0o400);
    let message = refused();
    for part in ["databases.miandeng.url", "data.db", "Permission denied", "writable"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    mode(&site.db_file(), 0o600);
    mode(site.path(), 0o500);
    let message = refused();
    for part in ["databases.miandeng.url", "data.db", "writable"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    mode(site.path(), 0o700);
    drop(Server::listening(serve(&site)));
}

#[tokio::test]
async fn a_file_that_becomes_read_only_under_a_running_server_breaks_nothing() {
    if on_postgres("the file's folder") {
        return;
    }
    let site = site().await;
    let server = Server::listening(serve(&site));
    let (mut phone, mut newcomer) = (site.phone(&server, "zhangsan"), site.phone(&server, "zhangsan"));
    phone.is_signed_in().await;
    for name in ["data.db", "data.db-wal", "data.db-shm"] {
        mode(&site.path().join(name), 0o400);
    }
    mode(site.path(), 0o500);
    assert_eq!(gate(&mut phone).await, 200);
    assert_eq!(phone.gets("/home").await.status, 200);
    assert_eq!(gate(&mut newcomer).await, 401);
    // A process keeps what it has open.
    newcomer.is_signed_in().await;
    assert_eq!(gate(&mut newcomer).await, 200);
    server.kill();
    assert!(one_line(&ends(serve(&site))).contains("data.db"));
    mode(site.path(), 0o700);
    for name in ["data.db", "data.db-wal", "data.db-shm"] {
        mode(&site.path().join(name), 0o600);
    }
    let server = Server::listening(serve(&site));
    let mut again = site.phone(&server, "zhangsan");
    again.cookies = newcomer.cookies;
    assert_eq!(gate(&mut again).await, 200, "nothing is lost");
}
