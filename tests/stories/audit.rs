//! The audit trail: whatever was answered has its row, and no row holds a secret.

use miandeng::audit::{self, Filter, Row};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{App, CORP, Phone, Site, ends, postgres, program};

async fn trail(app: &App) -> Vec<Row> {
    let filter = Filter { most: 10_000, ..Filter::default() };
    let mut rows = audit::list(&mut app.pools.read().await.unwrap(), &filter).await.unwrap();
    rows.reverse();
    rows
}

async fn events(app: &App) -> Vec<String> {
    trail(app).await.into_iter().map(|row| format!("{} {} by {}", row.event, row.userid, row.actor)).collect()
}

#[tokio::test]
async fn a_person_comes_and_goes_and_each_step_has_its_row() {
    let app = App::start().await;
    let (mut phone, mut other) = (app.phone("zhangsan"), app.phone("zhangsan"));
    let signed_in = phone.signs_in().await;
    other.is_signed_in().await;
    other.posts("/home/sign-out-elsewhere", &[]).await;
    other.posts("/logout", &[]).await;
    other.posts("/logout", &[]).await;
    assert_eq!(
        events(&app).await,
        [
            "user-added zhangsan by cli:tests",
            "signed-in zhangsan by zhangsan",
            "signed-in zhangsan by zhangsan",
            "session-revoked zhangsan by zhangsan",
            "signed-out zhangsan by zhangsan",
        ],
        "a second sign-out ends nothing and has no row"
    );
    let row = &trail(&app).await[1];
    assert_eq!((row.app.as_str(), row.corp_id.as_str(), row.address.as_str()), ("oa", CORP, "127.0.0.1"));
    assert_eq!(row.request_id, signed_in.request_id());
    assert_eq!(row.at, app.clock.now_ms());
    assert_eq!(Value::from(row.detail.clone()), json!({ "way": "client", "device": "DingTalk 7.8.1 · iPhone" }));
}

#[tokio::test]
async fn a_refused_person_is_found_by_the_number_that_they_read_out() {
    let app = App::start().await;
    let refused = app.phone("lisi").signs_in().await;
    assert_eq!(refused.problem(), "not-listed");
    let filter = Filter { refused_request: Some(refused.request_id().to_owned()), most: 2, ..Filter::default() };
    let rows = audit::list(&mut app.pools.read().await.unwrap(), &filter).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.event.as_str(), row.actor.as_str(), row.userid.as_str()), ("refused", "lisi", "lisi"));
    assert_eq!((&row.detail["reason"], &row.detail["name"]), (&json!("not-listed"), &json!("李四")));

    app.db_add("lisi", "李四").await;
    app.db_disable("lisi").await;
    assert_eq!(app.phone("lisi").signs_in().await.problem(), "disabled");
    assert_eq!(trail(&app).await.last().unwrap().detail["reason"], "disabled");
}

#[tokio::test]
async fn whoever_gets_a_row_by_signing_in_is_added_by_dingtalk() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    app.phone("lisi").is_signed_in().await;
    assert_eq!(events(&app).await[1..], ["user-added lisi by dingtalk", "signed-in lisi by lisi"]);
    let rows = trail(&app).await;
    assert_eq!(rows[1].request_id, rows[2].request_id, "both by one request");
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_a_sample_and_a_count() {
    let app = App::start().await;
    let mut stranger = app.phone("zhangsan");
    for _ in 0..100 {
        stranger.posts("/userinfo", &[("code", "nobody's")]).await;
    }
    app.phone("lisi").signs_in().await;
    let refused = |rows: &[Row], reason: &str| {
        let of = rows.iter().filter(|row| row.detail.get("reason").is_some_and(|is| is == reason));
        let times = |row: &Row| row.detail.get("times").and_then(Value::as_i64).unwrap_or(1);
        (of.clone().count(), of.map(times).sum::<i64>())
    };
    let before = trail(&app).await;
    assert_eq!(refused(&before, "not-listed"), (1, 1), "whom DingTalk vouches for is not lost in the flood");
    app.jobs.run("refusal-counts").await.unwrap();
    let after = trail(&app).await;
    let all = ["state-mismatch", "rate-limited"].map(|reason| refused(&after, reason));
    assert!(all.iter().all(|(rows, _)| *rows <= 61), "{all:?}");
    assert_eq!(all.iter().map(|(_, times)| times).sum::<i64>(), 100, "{all:?}");
}

#[tokio::test]
async fn a_refusal_stands_when_its_row_cannot_be_written() {
    let app = App::start().await;
    let mut phone = app.phone("lisi");
    let (state, code) = (phone.opens_app().await.state(), phone.code());
    let mut tx = app.pools.write().await.unwrap();
    let no_room = match postgres::wanted() {
        false => "CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END",
        true => "ALTER TABLE audit ADD CONSTRAINT no_room CHECK (FALSE) NOT VALID",
    };
    miandeng::db::query(no_room).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(phone.sends_code(&code, &state).await.problem(), "not-listed");
    // And nobody is signed in, or out, without a row.
    let mut phone = app.phone("zhangsan");
    assert_eq!(phone.signs_in().await.status, 503);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn old_rows_are_deleted_and_no_others() {
    let app = App::with(|settings| settings["audit_retention"] = json!("30d")).await;
    app.phone("lisi").signs_in().await;
    // The sweep trusts a clock that has run on for an hour.
    for _ in 0..62 {
        app.clock.advance(60);
        app.jobs.run("sweep").await.unwrap();
    }
    assert_eq!(trail(&app).await.len(), 2);
    for _ in 0..30 * 24 * 7 {
        app.clock.advance(515);
        app.jobs.run("sweep").await.unwrap();
    }
    app.phone("lisi").signs_in().await;
    assert_eq!(trail(&app).await.len(), 1);
}

/// Secrets of a whole day: none is in any row.
#[tokio::test]
async fn no_row_holds_a_secret() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (state, code) = (phone.opens_app().await.state(), phone.code());
    phone.sends_code(&code, &state).await;
    let cookie: Vec<String> = phone.cookies.values().cloned().collect();
    phone.sends_code(&code, &state).await;
    phone.sends_code("spent", "forged").await;
    phone.gets(&format!("/login/dingtalk/callback?error={}", "s3cr3t".repeat(50))).await;
    phone.sends(phone.request(Method::POST, "/logout")).await;
    let text = serde_json::to_string(&trail(&app).await).unwrap();
    assert!(text.contains("signed-out"), "{text}");
    for secret in [&code, &state, &"s3cr3t".to_owned()].into_iter().chain(&cookie).filter(|secret| !secret.is_empty()) {
        assert!(!text.contains(secret.as_str()), "{secret} in {text}");
    }
}

#[tokio::test]
async fn the_command_line_lists_and_exports_the_trail() {
    let site = Site::new().await;
    site.runs(&["users", "add", "u1", "--name", "=cmd()"]);
    site.runs(&["users", "set", "u1", "--role", "admin"]);
    site.runs(&["users", "disable", "u1", "--force"]);
    site.runs(&["users", "add", "u2", "--name", "B"]);
    let rows: Value = serde_json::from_str(&site.runs(&["audit", "list", "--json", "--user", "u1"])).unwrap();
    let events: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["user-disabled", "role-changed", "user-added"]);
    let first = &rows[2];
    assert!(first["actor"].as_str().unwrap().starts_with("cli:"), "{first}");
    assert_eq!(first["detail"], json!({ "name": "=cmd()", "role": "user", "status": "active" }));
    assert!(first["at"].as_str().unwrap().len() == "2026-11-02T16:00:00.250+08:00".len(), "{first}");

    let csv = site.runs(&["audit", "export"]);
    assert_eq!(csv.lines().count(), 6, "{csv}");
    assert!(csv.starts_with("\"id\",\"at\",\"event\",\"actor\",") && !csv.contains(",\"="), "{csv}");
    let exported: Value = serde_json::from_str(&site.runs(&["audit", "export", "--json"])).unwrap();
    assert_eq!(exported.as_array().unwrap().len(), 5);
    let since = site.runs(&["audit", "list", "--json", "--since", "1h", "--event", "role-changed"]);
    assert_eq!(serde_json::from_str::<Value>(&since).unwrap().as_array().unwrap().len(), 1);
    assert_eq!(site.runs(&["audit", "list", "--json", "--until", "2020-01-01"]).trim(), "[]");
    for wrong in [["--since", "garbage"], ["--event", "nothing"]] {
        let output = ends(program(site.path(), &["audit", "list", wrong[0], wrong[1]]));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[tokio::test]
async fn a_start_that_wrong_settings_stop_is_in_the_trail() {
    let site = Site::new().await;
    site.runs(&["users", "list"]);
    let mut command = program(site.path(), &["serve"]);
    command.env("ROCKET_MIANDENG", "{session_idle=\"never\"}");
    let output = ends(command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let rows: Value = serde_json::from_str(&site.runs(&["audit", "list", "--json"])).unwrap();
    assert_eq!((&rows[0]["event"], &rows[0]["actor"]), (&json!("settings-refused"), &json!("system")));
    assert!(rows[0]["detail"]["error"].as_str().unwrap().contains("session_idle"), "{rows}");
}

#[tokio::test]
async fn whoever_ends_sessions_on_the_command_line_is_named() {
    let site = Site::new().await;
    let server = site.serves();
    let mut phones: Vec<Phone> = (0..3).map(|_| site.phone(&server, "zhangsan")).collect();
    for phone in &mut phones {
        phone.is_signed_in().await;
    }
    let sessions: Value = serde_json::from_str(&site.runs(&["sessions", "list", "--json"])).unwrap();
    site.runs(&["sessions", "revoke", &sessions[0]["id"].to_string()]);
    site.runs(&["sessions", "revoke", "--user", "zhangsan"]);
    site.runs(&["sessions", "revoke", "--all", "--yes"]);
    let rows = site.runs(&["audit", "list", "--json", "--event", "session-revoked"]);
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let ended: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["detail"]["sessions_ended"].clone()).collect();
    assert_eq!(ended, [json!(0), json!(2), json!(1)], "{rows}");
    assert_eq!((&rows[0]["userid"], &rows[1]["userid"]), (&json!(""), &json!("zhangsan")));
}
