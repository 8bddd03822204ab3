//! Backup while people sign in, and restore.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use miandeng::db::schema;
use rocket::{futures::future::join_all, tokio};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    faults::{assert_sound, gate},
    harness::{Server, Site, ends, on_postgres, one_line, program, program_after, text, until},
};

const PEOPLE: usize = 24;

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

async fn count(file: &Path, sql: &'static str) -> i64 {
    let mut db = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
    let count = sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap();
    db.close().await.unwrap();
    count
}

fn mode(file: &Path) -> u32 {
    file.metadata().unwrap().permissions().mode() & 0o777
}

fn files(folder: &Path, begin: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(begin)).collect()
}

/// The command fails with one line of this text, and changes nobody.
#[track_caller]
fn is_refused(site: &Site, arguments: &[&str], says: &str) {
    let message = one_line(&ends(program(site.path(), arguments)));
    assert!(message.contains(says), "{message}");
    assert_eq!(files(site.path(), "."), [] as [PathBuf; 0], "nothing half-done is left");
    assert_eq!(files(site.path(), "data.db.replaced"), [] as [PathBuf; 0]);
}

fn reads(site: &Site, arguments: &[&str]) -> Value {
    serde_json::from_str(&site.runs(arguments)).unwrap()
}

fn names(site: &Site) -> Vec<String> {
    let everybody = reads(site, &["users", "list", "--json"]);
    everybody.as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_people_sign_in_is_whole_and_has_everybody_who_was_in() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    let server = site.serves();
    for round in 0..4 {
        let mut known = site.phone(&server, "zhangsan");
        known.is_signed_in().await;
        let signing_in = join_all((0..PEOPLE).map(|_| async {
            let mut phone = site.phone(&server, "zhangsan");
            phone.signs_in().await
        }));
        let file = format!("{round}.db");
        let command = program(site.path(), &["backup", &file, "--json"]);
        let backup = tokio::task::spawn_blocking(move || ends(command));
        let (backup, answers) = tokio::join!(backup, signing_in);
        let backup = backup.unwrap();
        assert!(backup.status.success(), "{}", text(&backup.stderr));
        assert!(answers.iter().all(|answer| answer.status == 200), "sign-ins go on");
        let file = site.path().join(file);
        assert_sound(&file.to_string_lossy()).await;
        assert_eq!(mode(&file), 0o600);
        let sessions = count(&file, "SELECT COUNT(*) FROM sessions").await;
        assert!(sessions > round * PEOPLE as i64 || sessions >= 50 - PEOPLE as i64, "{sessions} in round {round}");
        let said: Value = serde_json::from_slice(&backup.stdout).unwrap();
        assert_eq!(
            (&said["sessions"], &said["people"], &said["schema"]),
            (&json!(sessions), &json!(1), &json!(schema::newest()))
        );
        assert_eq!(said["bytes"], file.metadata().unwrap().len());
    }
    assert_eq!(files(site.path(), "."), [] as [PathBuf; 0]);
}

/// Takes a while to copy.
async fn large() -> Site {
    let site = Site::new().await;
    let mut db = open(&site.db_file()).await;
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) \
         INSERT INTO users (corp_id, userid, name, title, source, created_at, updated_at) \
         SELECT 'dingother', 'u' || i, 'A', hex(zeroblob(200)), 'csv', 1, 1 FROM n",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    site
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_no_file_of_its_name_and_the_next_one_tidies_up() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = large().await;
    let wanted = site.path().join("copy.db");
    let mut killed = 0;
    for _ in 0..20 {
        let server = Server::spawn(program_after("umask 0", site.path(), &["backup", "copy.db"]));
        let has_begun =
            || files(site.path(), ".miandeng-backup.").iter().any(|part| part.metadata().is_ok_and(|m| m.len() > 0));
        until("the backup begins", async || has_begun() || wanted.exists()).await;
        server.kill();
        if !wanted.exists() {
            killed += 1;
            break;
        }
        // The backup was quicker than this test.
        fs::remove_file(&wanted).unwrap();
    }
    assert_eq!(killed, 1);
    let parts = files(site.path(), ".miandeng-backup.");
    assert!(!parts.is_empty() && parts.iter().all(|part| mode(part) == 0o600), "others never see what is in it");
    site.runs(&["backup", "copy.db"]);
    assert_eq!((files(site.path(), "."), mode(&wanted)), (vec![], 0o600));
    assert_eq!(count(&wanted, "SELECT COUNT(*) FROM users").await, 150_001);
}

#[tokio::test]
async fn a_backup_overwrites_nothing_unless_it_is_told_to() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    fs::write(site.path().join("copy.db"), "mine").unwrap();
    is_refused(&site, &["backup", "copy.db"], "\"copy.db\" is there already; add --force");
    assert_eq!(fs::read(site.path().join("copy.db")).unwrap(), b"mine");
    let said = site.runs(&["backup", "copy.db", "--force"]);
    assert!(said.contains("1 person, 0 sessions"), "{said}");
    for itself in ["data.db", "./data.db", "data.db-wal", "data.db-lock"] {
        is_refused(&site, &["backup", itself, "--force"], "is the database itself, or one of its files");
    }
    symlink("data.db", site.path().join("link.db")).unwrap();
    is_refused(&site, &["backup", "link.db", "--force"], "is the database itself");
    fs::create_dir(site.path().join("folder")).unwrap();
    is_refused(&site, &["backup", "folder", "--force"], "is no regular file");
    is_refused(&site, &["backup", "nowhere/copy.db"], "\"nowhere/copy.db\" cannot be written");
    assert_eq!(names(&site), ["张三"]);
    fs::remove_file(site.db_file()).unwrap();
    is_refused(&site, &["backup", "other.db"], "there is no database");
    assert!(!site.db_file().exists(), "none is made");
}

#[tokio::test]
async fn a_backup_does_not_migrate_what_it_copies() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::fresh().await;
    let mut db = SqliteConnectOptions::new().filename(site.db_file()).create_if_missing(true).connect().await.unwrap();
    schema::migrate_to(&mut db, 3).await.unwrap();
    db.close().await.unwrap();
    assert_eq!(reads(&site, &["backup", "copy.db", "--json"])["schema"], 3);
    assert_eq!(count(&site.db_file(), "SELECT MAX(version) FROM _sqlx_migrations").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_has_its_people_nobody_signed_in_and_the_replaced_file_beside_it() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;
    site.runs(&["backup", "copy.db"]);
    let copy = fs::read(site.path().join("copy.db")).unwrap();
    site.runs(&["users", "add", "lisi", "--name", "李四"]);
    is_refused(&site, &["restore", "copy.db"], "is in use by a server");
    assert_eq!((names(&site).len(), gate(&mut phone).await), (2, 200), "the server goes on");

    // A killed server leaves no lock, and its last writes in the log beside the file.
    server.kill();
    let said = reads(&site, &["restore", "copy.db", "--json"]);
    assert_eq!(
        (&said["people"], &said["sessions_ended"], &said["schema"], &said["schema_of_backup"]),
        (&json!(1), &json!(1), &json!(schema::newest()), &json!(schema::newest()))
    );
    assert_eq!(fs::read(site.path().join("copy.db")).unwrap(), copy, "the backup stays as it is");
    let kept = files(site.path(), "data.db.replaced-");
    assert_eq!((kept.len(), json!(kept[0].canonicalize().unwrap()), mode(&kept[0])), (1, said["kept"].clone(), 0o600));
    assert_eq!(count(&kept[0], "SELECT COUNT(*) FROM users").await, 2, "with what was in the log");
    assert_eq!((names(&site), mode(&site.db_file())), (vec!["张三".to_owned()], 0o600));
    assert_eq!(site.db_file().metadata().unwrap().nlink(), 1);

    let server = site.serves();
    let mut again = site.phone(&server, "zhangsan");
    again.cookies = phone.cookies.clone();
    assert_eq!(gate(&mut again).await, 401);
    again.is_signed_in().await;
    drop(server);

    site.runs(&["restore", "copy.db", "--keep-sessions"]);
    let server = site.serves();
    phone = {
        let mut same = site.phone(&server, "zhangsan");
        same.cookies = phone.cookies;
        same
    };
    assert_eq!(gate(&mut phone).await, 200);
    assert_eq!(files(site.path(), "data.db.replaced-").len(), 2);
    drop(server);
    // The replaced file is a backup like any other.
    let kept = kept[0].to_str().unwrap();
    site.runs(&["restore", kept]);
    assert_eq!(names(&site).len(), 2);
    assert_eq!(files(site.path(), "."), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn what_is_no_good_backup_is_refused_and_the_database_stays() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    site.runs(&["backup", "good.db"]);
    let good = fs::read(site.path().join("good.db")).unwrap();
    let write = |bytes: &[u8]| fs::write(site.path().join("copy.db"), bytes).unwrap();
    let refused = |says: &str| is_refused(&site, &["restore", "copy.db"], says);

    refused("\"copy.db\" cannot be read");
    write(b"userid,name\n");
    refused("\"copy.db\" is no SQLite database");
    write(&good[..good.len() / 2]);
    refused("\"copy.db\" is damaged");
    // The second page is a table, the third an index: every page's head is checked.
    for page in 1..good.len() / 4096 {
        let mut flipped = good.clone();
        flipped[page * 4096..page * 4096 + 8].iter_mut().for_each(|byte| *byte ^= 0xFF);
        write(&flipped);
        let message = one_line(&ends(program(site.path(), &["restore", "copy.db"])));
        assert!(message.contains("\"copy.db\" is damaged"), "page {page}: {message}");
    }

    write(b"");
    fs::remove_file(site.path().join("copy.db")).unwrap();
    let mut other = SqliteConnectOptions::new().filename(site.path().join("copy.db")).create_if_missing(true);
    other = other.page_size(4096);
    let mut db = other.connect().await.unwrap();
    sqlx::query("CREATE TABLE users (id INTEGER)").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    refused("\"copy.db\" is no database of miandeng's");

    for (change, says) in [
        (
            "INSERT INTO _sqlx_migrations VALUES (9999, 'later', 0, TRUE, x'00', 0)",
            "was written by a newer miandeng (migration 9999",
        ),
        (
            "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 3",
            "has a migration 3 that this miandeng does not know",
        ),
        (
            "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 7",
            "has a migration 7 that this miandeng does not know",
        ),
    ] {
        write(&good);
        let mut db = open(&site.path().join("copy.db")).await;
        sqlx::query(change).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        refused(says);
    }

    write(&good);
    fs::write(site.path().join("copy.db-wal"), "something").unwrap();
    refused("is no backup but a database in use");
    is_refused(&site, &["restore", "data.db"], "is the database itself");
    is_refused(&site, &["restore", "."], "cannot be read");
    assert_eq!(names(&site), ["张三"]);
}

#[tokio::test]
async fn another_program_that_has_the_file_open_is_noticed_too() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    site.runs(&["backup", "copy.db"]);
    let mut shell = open(&site.db_file()).await;
    sqlx::query("SELECT COUNT(*) FROM users").execute(&mut shell).await.unwrap();
    is_refused(&site, &["restore", "copy.db"], "is in use by a server, another command or another program");
    shell.close().await.unwrap();
    site.runs(&["restore", "copy.db"]);
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept_with_its_log() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    site.runs(&["backup", "copy.db"]);
    fs::write(site.db_file(), vec![b'x'; 8192]).unwrap();
    fs::set_permissions(site.db_file(), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(site.path().join("data.db-wal"), "log").unwrap();
    site.runs(&["restore", "copy.db"]);
    assert_eq!(names(&site), ["张三"]);
    let kept = files(site.path(), "data.db.replaced-");
    let log = kept.iter().find(|path| path.to_str().unwrap().ends_with("Z-wal")).expect("the log");
    assert_eq!(fs::read(log).unwrap(), b"log");
    assert!(kept.iter().any(|path| path.to_str().unwrap().ends_with('Z') && mode(path) == 0o600));
}

#[tokio::test]
async fn a_backup_makes_a_database_where_there_is_none_and_an_old_one_is_brought_up_to_date() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::fresh().await;
    let old = site.path().join("old.db");
    let mut db = SqliteConnectOptions::new().filename(&old).create_if_missing(true).connect().await.unwrap();
    schema::migrate_to(&mut db, 4).await.unwrap();
    let person = "INSERT INTO users (corp_id, userid, name, source, created_at, updated_at) VALUES ('dinga', 'u1', '老王', 'csv', 1, 1)";
    sqlx::query(person).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let said = reads(&site, &["restore", "old.db", "--json"]);
    assert_eq!(
        (&said["kept"], &said["schema_of_backup"], &said["schema"]),
        (&json!(null), &json!(4), &json!(schema::newest()))
    );
    assert_eq!(count(&old, "SELECT MAX(version) FROM _sqlx_migrations").await, 4, "the backup stays as it is");
    assert_eq!(names(&site), ["老王"]);
}

#[tokio::test]
async fn what_is_said_is_chinese_where_the_terminal_is() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    for (arguments, says) in [
        (&["backup", "copy.db"][..], "已备份到 \"copy.db\"，校验通过：1 人"),
        (&["restore", "copy.db"], "原文件保留为"),
    ] {
        let mut command = program(site.path(), arguments);
        command.env("LC_ALL", "zh_CN.UTF-8");
        let said = text(&ends(command).stdout);
        assert!(said.contains(says), "{said}");
    }
}

/// The two lines of `deploy/systemd/miandeng-backup.service`, in a shell.
#[tokio::test]
async fn the_nightly_service_makes_a_backup_and_keeps_the_newest_ones() {
    if on_postgres("a backup is of a file") {
        return;
    }
    let site = Site::new().await;
    let kept = tempfile::tempdir().unwrap();
    for day in 10..30 {
        fs::write(kept.path().join(format!("miandeng-202001{day}T023000Z.db")), "old").unwrap();
    }
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd/miandeng-backup.service");
    let unit = fs::read_to_string(unit).unwrap();
    let lines: Vec<_> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let line = line.replace("$$", "$").replace("%%", "%");
        let line = line.replace("exec miandeng", concat!("exec ", env!("CARGO_BIN_EXE_miandeng")));
        let line = line.replace("/var/backups/miandeng", kept.path().to_str().unwrap());
        let command = program_after(&format!("KEEP=14; export KEEP; {line}; exit"), site.path(), &[]);
        let output = ends(command);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let mut left = files(kept.path(), "miandeng-");
    left.sort();
    assert_eq!(left.len(), 14);
    assert_eq!(count(&left[13], "SELECT COUNT(*) FROM users").await, 1);
    assert!(left[0].ends_with("miandeng-20200117T023000Z.db"), "{left:?}");
}
