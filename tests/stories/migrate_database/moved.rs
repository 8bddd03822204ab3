//! What is moved is there, and people go on.

use std::fs;

use rocket::tokio;
use serde_json::{Value, json};

use super::{FILE, LEFT, OF_SESSIONS, all_of_file, all_of_server, file, fill, moves, names, owner, owner_of, site};
use crate::{faults::gate, harness::postgres::Database, postgres::is_missing};

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
