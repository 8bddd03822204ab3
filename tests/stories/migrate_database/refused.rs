//! What is not moved, and what the operator is told.

use std::fs;

use miandeng::db::schema;
use rocket::tokio;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{FILE, PASSWORD, all_of_server, file, fill, is_refused, moves, names, open, owner, site, site_with};
use crate::{
    harness::{ends, one_line, postgres::Database, program, text},
    postgres::is_missing,
};

#[tokio::test]
async fn a_database_that_holds_anything_is_left_alone() {
    if is_missing() {
        return;
    }
    let site = site().await;
    let database = Database::new();
    for (table, row) in [
        (
            "users",
            "INSERT INTO users (corp_id, userid, name, source, created_at, updated_at) VALUES ('c', 'u', 'n', 'csv', 1, 1)",
        ),
        ("session_changes", "INSERT INTO session_changes (user_id) VALUES (1)"),
        ("credentials", "INSERT INTO credentials VALUES ('k', 'v', 1, 2)"),
    ] {
        database.psql(row);
        let there = all_of_server(&database).await;
        is_refused(
            &site,
            &database.url(),
            &format!("is not empty: the table {table} has rows"),
            &format!("不是空的：表 {table} 中有数据"),
        );
        assert_eq!(all_of_server(&database).await, there);
        database.psql(&format!("SET session_replication_role = replica; TRUNCATE {table} CASCADE"));
    }
    // Somebody else's.
    let database = Database::empty();
    database.psql("CREATE TABLE users (name TEXT)");
    is_refused(&site, &database.url(), "the tables cannot be made", "无法建立表");
    database.psql("INSERT INTO users VALUES ('x')");
    is_refused(&site, &database.url(), "is not empty: the table users has rows", "不是空的：表 users 中有数据");
    assert_eq!(database.psql("SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'"), "users");
    // Tables of these names elsewhere are no concern.
    let database = Database::empty();
    database.psql("CREATE SCHEMA auth; CREATE TABLE auth.users (name TEXT); INSERT INTO auth.users VALUES ('x')");
    moves(&site, &database.url(), &[]);
    is_refused(&site, &database.url(), "is not empty: the table users has rows", "不是空的：表 users 中有数据");
}

#[tokio::test]
async fn a_file_in_use_is_not_moved() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::empty());
    let mut server = site.serves();
    let (english, chinese) = ("is in use by a server", "正被服务器、另一个命令或其他程序使用");
    is_refused(&site, &database.url(), english, chinese);
    server.stop();
    let mut shell = open(&site).await;
    sqlx::query("SELECT COUNT(*) FROM users").execute(&mut shell).await.unwrap();
    // Not by `is_refused`, which reads the file: SQLite's locks of this process would go with that.
    let message = one_line(&ends(program(site.path(), &["migrate-database", "--to", &database.url()])));
    assert!(message.contains(english), "{message}");
    shell.close().await.unwrap();
    assert_eq!(database.psql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    // What a killed server has left in the log is moved as well.
    let server = site.serves();
    site.phone(&server, "zhangsan").is_signed_in().await;
    server.kill();
    moves(&site, &database.url(), &["--sessions"]);
    assert_eq!(database.psql("SELECT COUNT(*) FROM sessions"), "1");
}

#[tokio::test]
async fn whatever_cannot_be_a_target_is_named() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::empty());
    let url = database.url().replace("postgres@", &format!("postgres:{PASSWORD}@"));
    let name = database.psql("SELECT current_database()");
    for (to, english, chinese) in [
        ("other.db".to_owned(), "--to \"other.db\": write the address", "请写 PostgreSQL 数据库的地址"),
        (format!("mysql://me:{PASSWORD}@db/x"), "--to \"mysql://…\"", "--to \"mysql://…\""),
        (
            format!("postgres://me:{PASSWORD}@db:port/x"),
            "--to: the PostgreSQL address cannot be read",
            "--to：PostgreSQL 的地址无法识别",
        ),
        (url.replace("?host=", "?hots="), "has a parameter that is not known", "有不认识的参数"),
        (
            url.replace("?host=", "?host=/nowhere"),
            "check that PostgreSQL runs there",
            "请确认那里的 PostgreSQL 正在运行",
        ),
        (
            format!("postgres://me:{PASSWORD}@no-such-host.invalid/x"),
            "check that PostgreSQL runs there",
            "请确认那里的 PostgreSQL 正在运行",
        ),
        (url.replace(&name, "no_such_story"), "no_such_story", "no_such_story"),
    ] {
        is_refused(&site, &to, english, chinese);
    }
    // A standby and an old server, as far as they can be told from another.
    database.psql(&format!("ALTER DATABASE {name} SET search_path = public, pg_catalog"));
    database.psql("CREATE FUNCTION public.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'SELECT true'");
    is_refused(&site, &url, "this PostgreSQL is a standby", "是备库");
    database.psql(&format!(
        "CREATE DATABASE {name}_latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    ));
    is_refused(&site, &url.replace(&name, &format!("{name}_latin1")), "its texts are LATIN1", "编码是 LATIN1");
    database.psql(&format!("DROP DATABASE {name}_latin1"));
    names(&site, &url);
    is_refused(&site, &url, "the settings name PostgreSQL already", "已经是 PostgreSQL");
}

#[tokio::test]
async fn a_file_that_cannot_be_moved_as_it_is_is_named() {
    if is_missing() {
        return;
    }
    let database = Database::empty();
    let refused = async |change: &'static str, english: &str, chinese: &str| {
        let site = site().await;
        let mut db = open(&site).await;
        sqlx::query(change).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        is_refused(&site, &database.url(), english, chinese);
    };
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'later', 0, TRUE, x'00', 0)";
    refused(newer, "was written by a newer miandeng", "由更新的 miandeng 写成").await;
    let nul = "UPDATE users SET title = 'a' || char(0) WHERE userid = 'zhangsan'";
    refused(nul, "users with id = 1: the column title has a NUL", "users with id = 1：title 列含有 NUL").await;

    let site = site().await;
    fill(&site).await;
    let mut damaged = fs::read(file(&site)).unwrap();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 8].iter_mut().for_each(|byte| *byte ^= 0xFF);
    fs::write(file(&site), damaged).unwrap();
    is_refused(&site, &database.url(), "\"people.db\" is damaged", "\"people.db\" 已损坏");
    assert_eq!(database.psql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

#[tokio::test]
async fn what_to_do_next_is_said_and_no_file_is_made_or_brought_up_to_date() {
    if is_missing() {
        return;
    }
    let site = site_with("").await;
    let database = Database::empty();
    is_refused(&site, &database.url(), "there is no database", "没有数据库");
    assert!(!file(&site).exists());
    let mut db = SqliteConnectOptions::new().filename(file(&site)).create_if_missing(true).connect().await.unwrap();
    schema::migrate_to(&mut db, 9).await.unwrap();
    db.close().await.unwrap();
    is_refused(&site, &database.url(), "is of an older version (migration 9)", "属于旧版本（迁移 9）");
    fs::write(file(&site), vec![b'x'; 8192]).unwrap();
    is_refused(&site, &database.url(), "is no SQLite database", "不是 SQLite 数据库");
    fs::remove_file(file(&site)).unwrap();
    site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
    for (language, says) in [("C", "1 person, 1 row of the audit trail"), ("zh_CN.UTF-8", "1 人，1 条审计记录")]
    {
        let database = Database::empty();
        let to = owner(&database);
        let mut command = program(site.path(), &["migrate-database", "--to", &to]);
        command.env("LC_ALL", language);
        let output = ends(command);
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(said.contains(says) && said.contains("databases.miandeng.url") && said.contains(FILE), "{said}");
        assert!(!said.contains(PASSWORD) && errors.is_empty(), "no progress bar where nobody looks: {errors}");
        assert_eq!(said.lines().count(), 2);
    }
}
