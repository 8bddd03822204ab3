//! A SQLite file is moved to PostgreSQL. These stories run wherever that is installed, whatever the others run on.

mod midway;
mod moved;
mod refused;

use std::{collections::BTreeMap, fs, path::PathBuf};

use miandeng::db;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::harness::{PUBLIC_URL, Settings, Site, ends, one_line, postgres::Database, program};

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
