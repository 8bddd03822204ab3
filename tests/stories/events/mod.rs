//! DingTalk tells us of its directory: who left is out at once, and rows follow what DingTalk says now.

mod callback;
mod gaps;
mod inbox;
mod latency;
mod shared;
mod stream;
mod year;

use miandeng::{
    simulator::{Corp, Employee, Simulator},
    users::{Status, User},
};
use serde_json::{Value, json};

use crate::{
    faults::gate,
    harness::{App, CORP, Phone, until},
};

const TOKEN: &str = "miandengToken";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const PATH: &str = "/dingtalk/events/oa";

/// A deployment to whose address DingTalk pushes events.
async fn called_back() -> App {
    called_back_with(|_| {}).await
}

/// With other settings.
async fn called_back_with(change: impl FnOnce(&mut Value)) -> App {
    let app = App::with(|settings| {
        settings["apps"][0]["events"] = json!("callback");
        settings["apps"][0]["event_token"] = json!(TOKEN);
        settings["apps"][0]["event_aes_key"] = json!(KEY);
        settings["apps"][0]["sync_disable_at_most"] = json!("50%");
        change(settings);
    })
    .await;
    subscribes_at(&app.simulator, &app.url(""));
    settles(&app).await;
    app
}

/// The sync that is due at a start is not part of these stories.
async fn settles(app: &App) {
    comes_true(app, "SELECT COUNT(*) FROM sync_due WHERE reason = 'start'").await;
    let mut tx = app.pools.write().await.unwrap();
    miandeng::db::query("DELETE FROM sync_due").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// What an administrator enters in the console, for a server at this address.
fn subscribes_at(simulator: &Simulator, server: &str) {
    simulator.edit_corp(CORP, |corp: &mut Corp| {
        let [app] = &mut corp.apps[..] else { panic!("one app") };
        (app.callback_url, app.event_token, app.event_aes_key) = (format!("{server}{PATH}"), TOKEN.into(), KEY.into());
    });
}

/// Somebody whose row came from DingTalk, signed in.
async fn joins(app: &App, userid: &str) -> Phone {
    let employee = Employee {
        userid: userid.into(),
        unionid: format!("union-{userid}"),
        name: "新人".into(),
        ..Employee::default()
    };
    app.simulator.joins(CORP, employee).await;
    works(app).await;
    let mut phone = app.phone(userid);
    phone.is_signed_in().await;
    assert_eq!(gate(&mut phone).await, 200);
    phone
}

/// Everything that is due has been worked on.
async fn works(app: &App) {
    app.jobs.run("directory-events").await.expect("the job");
}

async fn open_events(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM directory_events WHERE done_at IS NULL").await
}

async fn is_out(phone: &mut Phone) {
    assert_ne!(gate(phone).await, 200);
    assert_eq!(phone.gets("/home").await.status, 303, "led to the sign-in page");
}

fn status(user: &User) -> (Status, Option<&'static str>) {
    (user.status, user.disabled_because.map(|because| because.as_str()))
}

/// What DingTalk has done by itself, and to whom.
async fn trail(app: &App) -> Vec<(String, String)> {
    let mut reader = app.pools.read().await.unwrap();
    let rows = "SELECT event, userid FROM audit WHERE actor = 'dingtalk' ORDER BY id";
    miandeng::db::query_as(rows).fetch_all(&mut reader).await.unwrap()
}

/// Returns when a statement counts something, which happens beside us.
async fn comes_true(app: &App, count: &'static str) {
    until(count, async || app.db_count(count).await > 0).await;
}
