//! What becomes of events when something fails.

use miandeng::{
    db::Pools,
    simulator::{Company, DirectoryEvent, Employee, FaultKind, Pushed},
    users::Status,
};
use rocket::tokio;
use serde_json::json;

use super::{KEY, TOKEN, called_back, is_out, joins, open_events, status, subscribes_at, works};
use crate::{
    faults::fault,
    harness::{App, CLIENT_ID, CORP, PUBLIC_URL, Settings, Site, postgres, until, whole_log},
};

fn dingtalk_fails(app: &App, kind: FaultKind) {
    app.simulator.fault(fault("/topapi/v2/user/get", usize::MAX, kind));
}

#[tokio::test]
async fn while_dingtalk_is_down_a_leaver_is_out_all_the_same_and_the_row_follows_later() {
    let app = called_back().await;
    let mut phone = joins(&app, "xinren").await;
    dingtalk_fails(&app, FaultKind::Status(502));
    assert_eq!(app.simulator.leaves(CORP, "xinren").await, [Pushed::Acknowledged]);
    is_out(&mut phone).await;
    works(&app).await;
    assert_eq!((status(&app.db_user("xinren").await.unwrap()).0, open_events(&app).await), (Status::Active, 1));

    app.simulator.clear_faults();
    works(&app).await;
    assert_eq!(open_events(&app).await, 1, "not before its time");
    app.clock.advance(2);
    works(&app).await;
    assert_eq!((status(&app.db_user("xinren").await.unwrap()).0, open_events(&app).await), (Status::Disabled, 0));
}

#[tokio::test]
async fn what_dingtalk_refuses_again_and_again_is_left_to_a_sync() {
    let app = called_back().await;
    joins(&app, "xinren").await;
    dingtalk_fails(&app, FaultKind::SubCode { sub_code: "60011".into(), sub_msg: "no".into() });
    app.simulator.leaves(CORP, "xinren").await;
    for _ in 0..5 {
        works(&app).await;
        app.clock.advance(60);
    }
    assert_eq!(open_events(&app).await, 0);
    assert_eq!(
        app.db_user("xinren").await.unwrap().status,
        Status::Active,
        "nobody is disabled for a missing permission"
    );
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_due WHERE reason = 'event-not-read'").await, 1);
}

#[tokio::test]
async fn a_restart_loses_no_event() {
    let app = called_back().await;
    joins(&app, "xinren").await;
    dingtalk_fails(&app, FaultKind::Status(502));
    app.simulator.leaves(CORP, "xinren").await;
    works(&app).await;
    let app = app.restart().await;
    app.simulator.clear_faults();
    app.clock.advance(2);
    works(&app).await;
    assert_eq!(app.db_user("xinren").await.unwrap().status, Status::Disabled);
}

#[tokio::test]
async fn killed_between_acknowledgement_and_work_a_server_has_lost_nothing() {
    let keys = format!("events = \"callback\"\nevent_token = {TOKEN:?}\nevent_aes_key = {KEY:?}");
    let site = Site::with(|dingtalk| {
        let mut settings = Settings::least(0, PUBLIC_URL, dingtalk);
        settings.app = format!("{}\n{keys}", settings.app);
        settings
    })
    .await;
    site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
    let server = site.serves();
    subscribes_at(&site.simulator, server.url());
    let employee = Employee { userid: "xinren".into(), name: "新人".into(), ..Employee::default() };
    assert_eq!(site.simulator.joins(CORP, employee).await, [Pushed::Acknowledged]);
    server.logs(&["user-added", "xinren"]).await;
    let mut phone = site.phone(&server, "xinren");
    phone.is_signed_in().await;

    // It asks DingTalk, which does not answer, when it dies.
    site.simulator.fault(fault("/topapi/v2/user/get", usize::MAX, FaultKind::Hang));
    assert_eq!(site.simulator.leaves(CORP, "xinren").await, [Pushed::Acknowledged]);
    server.kill();
    site.simulator.clear_faults();
    let server = site.serves();
    server.logs(&["user-disabled", "xinren"]).await;
    let cookies = phone.cookies.clone();
    phone = site.phone(&server, "xinren");
    phone.cookies = cookies;
    is_out(&mut phone).await;
}

/// The row must not keep the old department unnoticed.
#[tokio::test]
async fn a_move_to_departments_that_cannot_be_read_makes_a_sync_due() {
    let app = called_back().await;
    joins(&app, "xinren").await;
    app.simulator.edit_employee(CORP, "xinren", |xinren| xinren.dept_ids = vec![110]);
    app.simulator.fault(fault("/topapi/v2/department/listsub", usize::MAX, FaultKind::Status(502)));
    let moved = DirectoryEvent::of_people("user_modify_org", CORP, &["xinren"]);
    assert_eq!(app.simulator.push(CLIENT_ID, &moved).await, Pushed::Acknowledged);
    works(&app).await;
    assert_eq!(app.db_user("xinren").await.unwrap().department, None);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_due WHERE reason = 'event-unclear'").await, 1);

    app.simulator.clear_faults();
    app.clock.advance(5);
    app.jobs.run("directory-sync").await.unwrap();
    assert_eq!(app.db_user("xinren").await.unwrap().department.as_deref(), Some("研发部/后端组"));
}

#[tokio::test]
async fn a_corp_whose_directory_cannot_be_read_holds_up_no_other() {
    let mut company = Company::sample();
    let mut other = company.corps[0].clone();
    (other.corp_id, other.channel) = ("dingother".into(), None);
    other.apps[0].client_id = "other-key".into();
    other.apps[0].agent_id = "9".into();
    company.corps.push(other);
    let app = App::of(company, |settings| {
        let keys = [("events", "callback"), ("event_token", TOKEN), ("event_aes_key", KEY)];
        let theirs = [("name", "theirs"), ("corp_id", "dingother"), ("client_id", "other-key"), ("agent_id", "9")];
        let mut second = settings["apps"][0].clone();
        for (key, value) in theirs.into_iter().chain(keys) {
            second[key] = json!(value);
        }
        for (key, value) in keys {
            settings["apps"][0][key] = json!(value);
        }
        settings["apps"].as_array_mut().unwrap().push(second);
    })
    .await;
    subscribes_at(&app.simulator, &app.url(""));
    app.simulator.edit_corp("dingother", |corp| {
        let address = app.url("/dingtalk/events/theirs");
        let [app] = &mut corp.apps[..] else { panic!("one app") };
        (app.callback_url, app.event_token, app.event_aes_key) = (address, TOKEN.into(), KEY.into());
    });
    app.db_add("lisi", "李四").await;
    app.db_add("wangwu", "王五").await;
    app.db_add_to("dingother", "lisi", "李四").await;
    // The three tries of the first event's call.
    app.simulator.fault(fault("/topapi/v2/user/get", 3, FaultKind::Status(502)));
    for (corp, client_id, userid) in
        [(CORP, CLIENT_ID, "lisi"), (CORP, CLIENT_ID, "wangwu"), ("dingother", "other-key", "lisi")]
    {
        let changed = DirectoryEvent::of_people("user_modify_org", corp, &[userid]);
        assert_eq!(app.simulator.push(client_id, &changed).await, Pushed::Acknowledged);
    }
    works(&app).await;
    let done = "SELECT COUNT(*) FROM directory_events WHERE done_at IS NOT NULL AND corp_id = 'dingother'";
    assert_eq!((app.db_count(done).await, open_events(&app).await), (1, 2));
    app.clock.advance(2);
    works(&app).await;
    assert_eq!(open_events(&app).await, 0);
}

async fn runs(pools: &Pools, statement: &'static str) {
    let mut tx = pools.write().await.unwrap();
    miandeng::db::query(statement).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// DingTalk does not tell the rest of a page again.
#[tokio::test]
async fn a_page_of_undelivered_events_is_written_whole_or_asked_about_until_it_is() {
    let app = called_back().await;
    app.db_add("lisi", "李四").await;
    let mut app = app;
    app.stops().await;
    for userid in ["lisi", "zhangsan"] {
        let changed = DirectoryEvent::of_people("user_modify_org", CORP, &[userid]);
        assert_ne!(app.simulator.push(CLIENT_ID, &changed).await, Pushed::Acknowledged);
    }
    let [second_fails, no_more] = match postgres::wanted() {
        false => [
            "CREATE TRIGGER fails BEFORE INSERT ON directory_events WHEN NEW.userid = 'zhangsan' \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DROP TRIGGER fails",
        ],
        true => [
            "ALTER TABLE directory_events ADD CONSTRAINT fails CHECK (userid <> 'zhangsan')",
            "ALTER TABLE directory_events DROP CONSTRAINT fails",
        ],
    };
    let pools = Pools::open(&app.db_url()).await.unwrap();
    runs(&pools, second_fails).await;
    let app = app.second().await;
    until("it fails", async || whole_log().contains("events could not be written down")).await;
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 0, "the first alone is not stored");
    runs(&pools, no_more).await;
    until("they are stored", async || app.db_count("SELECT COUNT(*) FROM directory_events").await == 2).await;
}

#[tokio::test]
async fn events_that_are_done_are_forgotten_after_a_week() {
    let app = called_back().await;
    app.simulator.leaves(CORP, "lisi").await;
    works(&app).await;
    for (days, left) in [(6, 1), (2, 0)] {
        app.clock.advance(days * 86_400);
        for _ in 0..2 {
            let _ = app.jobs.run("sweep").await;
            app.clock.advance(3_700);
        }
        assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, left, "{days}");
    }
}
