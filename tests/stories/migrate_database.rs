//! A SQLite file is moved to PostgreSQL. These stories run wherever that is installed, whatever the others run on.

use std::{collections::BTreeMap, fs, path::PathBuf};

use miandeng::db::{self, schema};
use rocket::tokio;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    faults::gate,
    harness::{PUBLIC_URL, Server, Settings, Site, ends, one_line, postgres::Database, program, text, until},
    postgres::is_missing,
};

const PASSWORD: &str = "hunter2-of-the-move";
const FILE: &str = "people.db";
/// Tables that are empty after a move.
const LEFT: [&str; 8] =
    ["credentials", "event_streams", "handovers", "leases", "servers", "session_changes", "sync_leases", "used_once"];
const OF_SESSIONS: [&str; 5] = ["cas_tickets", "client_sessions", "oidc_access_tokens", "oidc_grants", "sessions"];

/// A row of each table and more of some, with values that a careless copy changes.
const ROWS: [&str; 23] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234) \
     INSERT INTO users (corp_id, userid, name, email, source, created_at, updated_at) \
     SELECT 'dingother', 'u' || i, '员工' || i, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN 'a@example.com' END, 'csv', i, -i FROM n",
    "INSERT INTO users (id, corp_id, userid, name, title, department, source, created_at, updated_at, last_signed_in_at) \
     VALUES (9000, 'dingother', 'O''Brien', 'tab' || char(9) || 'back\\slash\\n' || char(10) || '\"quoted\" ~ | 😀 \\N', '', \
             '研发部/后端组;技术委员会', 'cli', -9223372036854775808, 9223372036854775807, 0)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2345) \
     INSERT INTO audit (at, event, actor, userid, detail) SELECT i, 'signed-in', 'u' || i, 'u' || i, '{\"n\":\"\\u0000' || i || '\"}' FROM n",
    "INSERT INTO credentials VALUES ('key', 'token', 1, 2)",
    "INSERT INTO server_keys VALUES ('of a story', x'0001ff5c7800', 3), ('another one', x'', 4)",
    "INSERT INTO departments VALUES ('dingother', 1, '研发部'), ('dingother', -2, ''), ('dinga', 3, 'x')",
    "INSERT INTO sync_leases VALUES ('dingother', 'x', 'system', 4)",
    "INSERT INTO sync_runs (corp_id, app, actor, started_at, finished_at, departments, people, plan, applied, adds) \
     VALUES ('c', 'oa', 'system', 1, 2, 3, 4, '{}', 0, 1), ('c', 'oa', 'system', 1, 2, 3, 4, '{}', 1, 0)",
    "INSERT INTO sync_due VALUES ('dingother', 1, 'stream', 2)",
    "INSERT INTO directory_events (corp_id, event_id, event, app, received_at, due_at, done_at) \
     VALUES ('dingother', 'e1', 'user_leave_org', 'oa', 1, 2, NULL), ('dingother', 'e2', 'user_leave_org', 'oa', 1, 2, 3)",
    "INSERT INTO servers VALUES ('x', 1, 2, 3)",
    "INSERT INTO leases VALUES ('stream', 'x', 4)",
    "INSERT INTO used_once VALUES (x'07', 4)",
    "INSERT INTO event_streams VALUES ('oa', 'x', NULL, '', 3)",
    "INSERT INTO troubles VALUES ('', 'errcode:52013', 7, 8, '{}')",
    "INSERT INTO logout_notices (client_id, sid, sub, address) VALUES ('old', 's0', 'c:u', 'https://a.example/')",
    "INSERT INTO sessions (id, token_hash, user_id, app, created_at, last_seen_at, address, user_agent) \
     SELECT 70000 + id, CAST('h' || id AS BLOB), id, 'oa', 1, 2, '2001:db8::1', 'DingTalk' FROM users WHERE corp_id = 'dingother'",
    "INSERT INTO handovers SELECT x'02', id, 130 FROM sessions WHERE user_id = 9000",
    "INSERT INTO client_sessions VALUES (79000, 'grafana', 'sid-1', 'dingother:u1', 100), (79000, 'gitlab', 'sid-2', 'x', NULL)",
    "INSERT INTO oidc_grants (session_id, client_id, code_hash, redirect_uri, scope, auth_time, issued_at, address, request_id) \
     VALUES (79000, 'grafana', x'04', 'https://a.example/', 'openid', 100, 100, '', '')",
    "INSERT INTO oidc_access_tokens SELECT x'0500', id, 'openid', 1900 FROM oidc_grants",
    "INSERT INTO cas_tickets (session_id, client, ticket_hash, service, logout_url, sub, from_sign_in, issued_at, ticket, \
     address, request_id) VALUES (79000, 'wiki', x'06', 'https://a.example/?%00', 'https://a.example/', 'x', 1, 100, 'ST-1', '', '')",
    "INSERT INTO sessions (id, token_hash, user_id, app, created_at, last_seen_at, address, user_agent) \
     VALUES (80000, x'99', 9000, 'oa', 1, 2, '', '')",
];

/// A site on a file, which no server has open.
async fn site() -> Site {
    let site = site_with("signed_identity = true").await;
    site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
    site
}

async fn site_with(line: &str) -> Site {
    let miandeng = format!("public_url = {PUBLIC_URL:?}\n{line}");
    Site::with(|dingtalk| Settings { database: FILE.to_owned(), miandeng, ..Settings::least(0, PUBLIC_URL, dingtalk) })
        .await
}

fn file(site: &Site) -> PathBuf {
    site.path().join(FILE)
}

async fn open(site: &Site) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file(site)).foreign_keys(true).connect().await.unwrap()
}

async fn fill(site: &Site) {
    let mut db = open(site).await;
    for row in ROWS {
        sqlx::query(row).execute(&mut db).await.expect(row);
    }
    // The highest number of a session was given and is gone.
    sqlx::query("DELETE FROM sessions WHERE id = 80000").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// A user that owns this database and no other.
fn owner(database: &Database) -> String {
    let name = database.psql("SELECT current_database()");
    database.psql(&format!("CREATE ROLE {name}_owner LOGIN PASSWORD '{PASSWORD}'"));
    database.psql(&format!("ALTER DATABASE {name} OWNER TO {name}_owner"));
    database.url().replace("postgres@", &format!("{name}_owner:{PASSWORD}@"))
}

fn moves(site: &Site, to: &str, more: &[&str]) -> Value {
    let arguments = [&["migrate-database", "--to", to, "--json"], more].concat();
    let said = site.runs(&arguments);
    assert!(!said.contains(PASSWORD), "{said}");
    serde_json::from_str(&said).unwrap()
}

/// As the operator edits the settings.
fn names(site: &Site, url: &str) {
    let settings = site.path().join("Rocket.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(settings, text.replace(&format!("{FILE:?}"), &format!("{url:?}"))).unwrap();
}

type Tables = BTreeMap<String, Vec<String>>;

/// Every row, each value in a form that both databases can write.
async fn all_of_file(site: &Site) -> Tables {
    let mut db = open(site).await;
    let names = "SELECT t.name, group_concat('CASE typeof(' || c.name || ') WHEN ''null'' THEN ''(null)'' WHEN ''blob'' THEN \
                 lower(hex(' || c.name || ')) ELSE CAST(' || c.name || ' AS TEXT) END', ' || '' , '' || ' ORDER BY c.name) \
                 FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> '_sqlx_migrations' GROUP BY t.name";
    let names: Vec<(String, String)> = sqlx::query_as(names).fetch_all(&mut db).await.unwrap();
    let mut tables = Tables::new();
    for (table, row) in names {
        let rows = AssertSqlSafe(format!("SELECT {row} AS r FROM {table} ORDER BY r"));
        let mut rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut db).await.unwrap();
        rows.sort();
        tables.insert(table, rows);
    }
    db.close().await.unwrap();
    tables
}

async fn all_of_server(database: &Database) -> Tables {
    let mut db = db::connect_to_server(&database.url()).await.unwrap();
    let names = "SELECT CAST(table_name AS TEXT), string_agg('COALESCE(' || CASE data_type \
                 WHEN 'bytea' THEN 'encode(' || column_name || ', ''hex'')' \
                 WHEN 'boolean' THEN 'CAST(CAST(' || column_name || ' AS INT) AS TEXT)' \
                 ELSE 'CAST(' || column_name || ' AS TEXT)' END || ', ''(null)'')', ' || '' , '' || ' \
                 ORDER BY CAST(column_name AS TEXT) COLLATE \"C\") \
                 FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' GROUP BY 1";
    let names: Vec<(String, String)> = db::query_as(names).fetch_all(&mut db).await.unwrap();
    let mut tables = Tables::new();
    for (table, row) in names {
        let rows = AssertSqlSafe(format!("SELECT {row} FROM {table}"));
        let mut rows: Vec<String> = db::query_scalar(rows).fetch_all(&mut db).await.unwrap();
        rows.sort();
        tables.insert(table, rows);
    }
    db.close().await.unwrap();
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_is_there_and_with_sessions_people_stay_signed_in() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::empty());
    let mut server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;
    let keys = phone.gets("/.well-known/jwks.json").await.json();
    assert!(!keys["keys"].as_array().unwrap().is_empty());
    server.stop();
    fill(&site).await;
    let (before, bytes) = (all_of_file(&site).await, fs::read(file(&site)).unwrap());
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
    assert!(empty.is_empty(), "a new table has no row here: {empty:?}");

    let to = owner(&database);
    let said = moves(&site, &to, &["--sessions"]);
    let rows = |name: &str| {
        said["tables"].as_array().unwrap().iter().find(|table| table["name"] == name).unwrap()["rows"].clone()
    };
    assert_eq!((rows("users"), rows("sessions"), &said["sessions_ended"]), (json!(1236), json!(1236), &json!(0)));
    assert!(!file(&site).with_extension("db-wal").exists());
    assert_eq!(fs::read(file(&site)).unwrap(), bytes, "the file is as it was");
    let mut after = all_of_server(&database).await;
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let moved =
        after.get_mut("audit").unwrap().extract_if(.., |row| row.contains("database-moved")).collect::<Vec<_>>();
    assert!(moved.len() == 1 && moved[0].contains("cli:") && moved[0].contains(FILE), "{moved:?}");
    for (table, rows) in after {
        if LEFT.contains(&table.as_str()) {
            assert_eq!(rows, [""; 0], "{table}");
        } else {
            assert!(rows == before[&table], "{table} differs");
        }
    }

    names(&site, &to);
    let server = site.serves();
    let mut again = site.phone(&server, "zhangsan");
    again.cookies = phone.cookies;
    assert_eq!(gate(&mut again).await, 200, "the session goes on");
    assert_eq!(again.gets("/.well-known/jwks.json").await.json(), keys, "a token from before can be verified");
    site.runs(&["users", "add", "lisi", "--name", "李四"]);
    site.phone(&server, "lisi").is_signed_in().await;
    assert_eq!(database.psql("SELECT id FROM users WHERE userid = 'lisi'"), "9001");
    assert_eq!(database.psql("SELECT MAX(id) FROM sessions"), "80001", "no number is given twice");
    let newest =
        database.psql("SELECT COUNT(*) FROM audit WHERE id <= (SELECT id FROM audit WHERE event = 'database-moved')");
    assert_eq!(newest, (before["audit"].len() + 1).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_sessions_people_sign_in_again_and_apps_are_told() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::new());
    let mut server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.is_signed_in().await;
    server.stop();
    fill(&site).await;
    let trail = site.runs(&["audit", "export", "--json"]);
    let to = owner(&database);
    for table in database.psql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").lines() {
        database.psql(&format!("ALTER TABLE {table} OWNER TO {}", owner_of(&to)));
    }
    let said = moves(&site, &to, &[]);
    assert_eq!(said["sessions_ended"], 1236);
    let there = all_of_server(&database).await;
    for table in OF_SESSIONS {
        assert_eq!(there[table], [""; 0], "{table}");
    }
    let told = database.psql("SELECT string_agg(client_id || ' ' || sid, ', ' ORDER BY client_id) FROM logout_notices");
    assert_eq!(told, "cas:wiki ST-1, grafana sid-1, old s0");

    names(&site, &to);
    let server = site.serves();
    let mut again = site.phone(&server, "zhangsan");
    again.cookies = phone.cookies;
    assert_eq!(gate(&mut again).await, 401);
    again.is_signed_in().await;
    assert_eq!(gate(&mut again).await, 200);
    assert_eq!(database.psql("SELECT MAX(id) FROM sessions"), "80001");
    let now: Value = serde_json::from_str(&site.runs(&["audit", "export", "--json"])).unwrap();
    let trail: Value = serde_json::from_str(&trail).unwrap();
    let (now, trail) = (now.as_array().unwrap(), trail.as_array().unwrap());
    assert!(now.ends_with(trail), "the trail goes on");
    assert_eq!(now[now.len() - trail.len() - 1]["event"], "database-moved");
    assert_eq!(now[now.len() - trail.len() - 1]["detail"]["sessions_ended"], 1236);
}

fn owner_of(url: &str) -> &str {
    url.strip_prefix("postgres://").unwrap().split(':').next().unwrap()
}

/// The command fails with one line, in each language, and the file is as it was.
#[track_caller]
fn is_refused(site: &Site, to: &str, english: &str, chinese: &str) {
    let bytes = fs::read(file(site)).unwrap_or_default();
    for (language, says) in [("C", english), ("zh_CN.UTF-8", chinese)] {
        let mut command = program(site.path(), &["migrate-database", "--to", to]);
        command.env("LC_ALL", language).env("MIANDENG_LOG", "debug");
        let message = one_line(&ends(command));
        assert!(message.contains(says), "{message}");
        assert!(!message.contains(PASSWORD), "{message}");
    }
    assert!(fs::read(file(site)).unwrap_or_default() == bytes, "{english}: the file has changed");
}

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
async fn what_fails_midway_leaves_nothing() {
    if is_missing() {
        return;
    }
    let (site, database) = (site().await, Database::new());
    fill(&site).await;
    let nothing = all_of_server(&database).await;
    assert!(nothing.values().all(Vec::is_empty));
    let trigger = |body: &str| {
        database.psql(&format!(
            "CREATE OR REPLACE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.id = 2000 THEN {body}; END IF; RETURN NEW; END $$"
        ));
        database.psql(
            "CREATE OR REPLACE TRIGGER meanwhile BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION meanwhile()",
        );
    };
    trigger("RAISE EXCEPTION 'the disk is full'");
    is_refused(&site, &database.url(), "the table audit cannot be written", "无法写入表 audit");
    assert_eq!(all_of_server(&database).await, nothing);
    trigger("NEW.userid := upper(NEW.userid)");
    is_refused(&site, &database.url(), "the table audit has not become what it is here", "表 audit 与文件中的不一致");
    assert_eq!(all_of_server(&database).await, nothing);
    trigger("RETURN NULL");
    is_refused(&site, &database.url(), "rows here, 2345 there", "那里 2345 行");
    assert_eq!(all_of_server(&database).await, nothing);

    trigger("PERFORM pg_sleep(120)");
    let sleeping = "SELECT COALESCE(string_agg(CAST(pid AS TEXT), ''), '') FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
    for by in ["the database", "the operator"] {
        let moving = Server::spawn(program(site.path(), &["migrate-database", "--to", &database.url()]));
        until("it is in the middle", async || !database.psql(sleeping).is_empty()).await;
        let backend = database.psql(sleeping);
        let terminate = || database.psql(&format!("SELECT pg_terminate_backend({backend})"));
        if by == "the operator" {
            moving.kill();
            terminate();
        } else {
            terminate();
            moving.says("the table audit cannot be written");
        }
        until("the connection is gone", async || database.psql(sleeping).is_empty()).await;
        assert_eq!(all_of_server(&database).await, nothing, "{by}");
    }
    database.psql("DROP TRIGGER meanwhile ON audit");
    moves(&site, &database.url(), &[]);
    assert_eq!(database.psql("SELECT COUNT(*) FROM users"), "1236");
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
