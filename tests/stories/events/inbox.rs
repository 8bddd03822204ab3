//! What becomes of events when something fails.

use miandeng::{
    simulator::{Employee, FaultKind, Pushed},
    users::Status,
};
use rocket::tokio;

use super::{KEY, TOKEN, called_back, is_out, joins, open_events, status, subscribes_at, works};
use crate::{
    faults::fault,
    harness::{App, CORP, PUBLIC_URL, Settings, Site},
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
