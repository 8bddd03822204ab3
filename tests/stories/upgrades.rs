//! A database of any earlier version becomes one of this version, with everybody in it.

use miandeng::{
    clock::Clock,
    db::{self, Conn, Pools, schema},
    users::{self, Filter},
};
use rocket::tokio;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::harness::on_postgres;

/// Rows of each schema, in its columns. A migration that allows other rows adds them here.
const ROWS: [(i64, &[&str]); 10] = [
    (
        1,
        &[
            "INSERT INTO users VALUES (1, 'dinga', 'zhangsan', 'union1', '张三', '138', 'z@example.com', '研发部/后端组', '主管', \
             'admin', 'active', 'csv', 10, 20, 30)",
            "INSERT INTO users (corp_id, userid, name, status, source, created_at, updated_at) \
             VALUES ('dinga', 'lisi', '李四', 'disabled', 'cli', 11, 21)",
        ],
    ),
    (
        2,
        &["INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent) \
           SELECT x'01', id, 'oa', 100, 200, '192.0.2.1', 'DingTalk' FROM users WHERE userid = 'zhangsan'"],
    ),
    (3, &["INSERT INTO credentials VALUES ('key', 'token', 100, 7300)"]),
    (4, &["INSERT INTO server_keys VALUES ('state', x'0102', 100)"]),
    (5, &["INSERT INTO handovers SELECT x'02', id, 130 FROM sessions"]),
    (6, &["INSERT INTO session_changes (user_id) VALUES (1)"]),
    (
        7,
        &["INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent, only_for) \
           SELECT x'03', id, 'oa', 100, 200, '192.0.2.1', 'doctor', 'https://app.example.com/' FROM users \
           WHERE userid = 'zhangsan'"],
    ),
    (
        10,
        &[
            "INSERT INTO departments VALUES ('dinga', 100, '研发部')",
            "INSERT INTO sync_leases VALUES ('dinga', 'x', 'system', 400)",
        ],
    ),
    (
        13,
        &[
            "INSERT INTO client_sessions SELECT id, 'grafana', 'sid', 'dinga:zhangsan', 100 FROM sessions \
             WHERE only_for IS NULL",
            "INSERT INTO oidc_grants (session_id, client_id, code_hash, redirect_uri, scope, auth_time, issued_at, address, \
             request_id) SELECT session_id, client_id, x'04', 'https://a.example/', 'openid', 100, 100, '', '' \
             FROM client_sessions",
            "INSERT INTO oidc_access_tokens SELECT x'05', id, 'openid', 1900 FROM oidc_grants",
        ],
    ),
    (
        14,
        &[
            "INSERT INTO cas_tickets (session_id, client, ticket_hash, service, logout_url, sub, from_sign_in, issued_at, ticket, \
           address, request_id) SELECT id, 'wiki', x'06', 'https://a.example/', 'https://a.example/', 'dinga:zhangsan', 0, 100, \
           'ST-1', '', '' FROM sessions WHERE only_for IS NULL",
        ],
    ),
];

async fn written_by(version: i64, file: &std::path::Path) {
    let mut db = SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap();
    for number in 1..=version {
        schema::migrate_to(&mut db, number).await.unwrap();
        for statement in ROWS.iter().filter(|(since, _)| *since == number).flat_map(|(_, statements)| *statements) {
            sqlx::query(*statement).execute(&mut db).await.unwrap();
        }
    }
    let mut db = Conn::from(db);
    assert_eq!(count(&mut db, "SELECT MAX(version) FROM _sqlx_migrations").await, version);
    db.close().await.unwrap();
}

async fn count(db: &mut Conn, sql: &'static str) -> i64 {
    db::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn a_database_of_every_schema_becomes_the_newest_with_its_people_and_sessions() {
    if on_postgres("files of older versions") {
        return;
    }
    for version in 1..=schema::newest() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.db");
        written_by(version, &file).await;
        let pools = Pools::open(file.to_str().unwrap()).await.unwrap();
        let mut db = pools.read().await.unwrap();
        assert_eq!(count(&mut db, "SELECT MAX(version) FROM _sqlx_migrations").await, schema::newest());

        let people = users::list(&mut db, &Filter::default()).await.unwrap();
        let [lisi, zhangsan] = &people[..] else { panic!("{version}: {people:?}") };
        assert_eq!((lisi.name.as_str(), lisi.status, lisi.created_at), ("李四", users::Status::Disabled, 11));
        assert_eq!((zhangsan.id, zhangsan.role, zhangsan.last_signed_in_at), (1, users::Role::Admin, Some(30)));
        assert_eq!((zhangsan.department.as_deref(), zhangsan.updated_at), (Some("研发部/后端组"), 20));

        let sessions = count(&mut db, "SELECT COUNT(*) FROM sessions WHERE token_hash = x'01' AND user_id = 1").await;
        assert_eq!(sessions, i64::from(version >= 2), "{version}");
        let ordinary = "SELECT COUNT(*) FROM sessions WHERE only_for IS NULL";
        assert_eq!(count(&mut db, ordinary).await, i64::from(version >= 2), "no old session is for one address alone");
        for (table, since) in [
            ("SELECT COUNT(*) FROM credentials WHERE value = 'token'", 3),
            ("SELECT COUNT(*) FROM server_keys WHERE value = x'0102'", 4),
            ("SELECT COUNT(*) FROM departments WHERE path = '研发部'", 10),
            ("SELECT COUNT(*) FROM handovers h JOIN sessions s ON s.id = h.session_id", 5),
        ] {
            assert_eq!(count(&mut db, table).await, i64::from(version >= since), "{version}: {table}");
        }
        drop(db);
        let mut transaction = pools.write().await.unwrap();
        assert!(miandeng::sessions::end_all(&mut transaction).await.unwrap() >= u64::from(version >= 2));
        let notices = count(&mut transaction, "SELECT COUNT(*) FROM logout_notices WHERE sid = 'sid'").await;
        let left = count(&mut transaction, "SELECT COUNT(*) FROM oidc_access_tokens").await;
        assert_eq!((notices, left), (i64::from(version >= 13), 0), "apps are told, and keep nothing");
        let notices = "SELECT COUNT(*) FROM logout_notices WHERE sid = 'ST-1' AND client_id = 'cas:wiki'";
        assert_eq!(count(&mut transaction, notices).await, i64::from(version >= 14));
        let from = miandeng::sessions::Origin { address: "192.0.2.1".to_owned(), user_agent: String::new() };
        let now = Clock::standing().now();
        miandeng::sessions::start(&mut transaction, zhangsan, "oa", &from, now).await.unwrap();
        transaction.commit().await.unwrap();
        pools.close().await;
    }
}
