//! A database that others may read or write: repaired if it is ours, refused otherwise.

use std::{
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::Path,
};

use super::{
    gate,
    read_only::{NOBODY, is_root, mode, serve, site},
};
use crate::harness::{Server, Site, ends, on_postgres, one_line, program, text};

fn mode_of(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_database_that_others_could_read_is_its_owners_alone_after_the_start_and_the_log_says_so() {
    if on_postgres("the file's mode") {
        return;
    }
    let site = site().await;
    let server = Server::listening(serve(&site));
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;
    // A killed server leaves the other two files beside the database.
    server.kill();
    let files = [("data.db", 0o644), ("data.db-wal", 0o664), ("data.db-shm", 0o606)];
    for (file, old) in files {
        mode(&site.path().join(file), old);
    }
    let server = Server::spawn(serve(&site));
    for (file, old) in files {
        let line = server.says("other users of this machine could read");
        assert!(line.contains("WARN") && line.contains(&format!("{file} (mode {old:04o})")), "{line}");
    }
    let server = server.listens();
    for (file, _) in files {
        assert_eq!(mode_of(&site.path().join(file)), 0o600, "{file}");
    }
    let mut again = site.phone(&server, "zhangsan");
    again.cookies = phone.cookies;
    assert_eq!(gate(&mut again).await, 200, "nothing is lost");
}

#[tokio::test]
async fn a_command_repairs_it_too_and_says_so_once() {
    if on_postgres("the file's mode") {
        return;
    }
    let site = Site::new().await;
    mode(&site.db_file(), 0o640);
    let list = || ends(program(site.path(), &["users", "list"]));
    let output = list();
    assert!(output.status.success() && text(&output.stdout).contains("zhangsan"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("data.db (mode 0640)"), "{}", text(&output.stderr));
    assert_eq!((mode_of(&site.db_file()), text(&list().stderr).as_str()), (0o600, ""));
}

#[tokio::test]
async fn a_database_of_somebody_elses_that_others_may_read_stops_the_start() {
    if on_postgres("the file's mode") {
        return;
    }
    if !is_root() {
        return;
    }
    let site = site().await;
    mode(&site.db_file(), 0o644);
    // Root could change the mode, but says whose file it is instead.
    let message = one_line(&ends(program(site.path(), &["users", "list"])));
    assert!(message.contains(&format!("belongs to user {NOBODY}, but miandeng runs as 0")), "{message}");
    // The server could not, although anybody may write the file.
    chown(site.db_file(), Some(0), Some(0)).unwrap();
    mode(&site.db_file(), 0o666);
    let message = one_line(&ends(serve(&site)));
    assert!(message.contains("belongs to user 0, but miandeng runs as 65534; chmod 600"), "{message}");
    assert_eq!(mode_of(&site.db_file()), 0o666);
    // Closed to others, the file is accepted from whoever may open it.
    mode(&site.db_file(), 0o600);
    assert!(ends(program(site.path(), &["users", "list"])).status.success());
}

#[tokio::test]
async fn no_mode_is_changed_through_a_link() {
    if on_postgres("the file's mode") {
        return;
    }
    let site = Site::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let meant = elsewhere.path().join("any.db");
    std::fs::rename(site.db_file(), &meant).unwrap();
    symlink(&meant, site.db_file()).unwrap();
    mode(&meant, 0o644);
    let by_itself = || one_line(&ends(program(site.path(), &["serve"])));
    let message = by_itself();
    assert!(message.contains("symbolic link") && message.contains("mode 0644"), "{message}");
    assert_eq!(mode_of(&meant), 0o644);
    // Once its mode is right, the link's target is a database like any other, with its companion files.
    mode(&meant, 0o600);
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;
    assert_eq!(gate(&mut phone).await, 200);
    assert!(elsewhere.path().join("any.db-wal").exists() && !site.path().join("data.db-wal").exists());
    drop(server);
    // Anybody may have given the file its second name.
    std::fs::remove_file(site.db_file()).unwrap();
    std::fs::hard_link(&meant, site.db_file()).unwrap();
    mode(&meant, 0o644);
    let message = by_itself();
    assert!(message.contains("hard links") && mode_of(&meant) == 0o644, "{message}");
}

#[tokio::test]
async fn a_file_that_is_named_by_mistake_keeps_its_mode() {
    if on_postgres("the file's mode") {
        return;
    }
    let site = Site::new().await;
    let settings = site.path().join("Rocket.toml");
    let text = std::fs::read_to_string(&settings).unwrap().replace("data.db", "Rocket.toml");
    std::fs::write(&settings, text).unwrap();
    mode(&settings, 0o644);
    let message = one_line(&ends(program(site.path(), &["serve"])));
    assert!(message.contains("Rocket.toml") && message.contains("the file cannot be used"), "{message}");
    assert_eq!(mode_of(&settings), 0o644);
}
