//! Events over a stream that the server opens.

use miandeng::{
    simulator::{DirectoryEvent, FaultKind, Pushed},
    users::Status,
};
use rocket::tokio;
use serde_json::json;

use super::{comes_true, is_out, joins, works};
use crate::{
    faults::{fault, gate},
    harness::{App, CLIENT_ID, CORP},
};

const OPEN: &str = "/v1.0/gateway/connections/open";
const LEFT: &str = "SELECT COUNT(*) FROM users WHERE userid = 'xinren' AND disabled_because = 'left'";

/// A deployment that listens to DingTalk's stream.
pub async fn listening() -> App {
    let app = App::with(|settings| settings["apps"][0]["events"] = json!("stream")).await;
    app.simulator.listened_to(CLIENT_ID, 1).await;
    app
}

#[tokio::test]
async fn a_leaver_is_refused_everywhere_once_the_event_is_acknowledged() {
    let app = listening().await;
    let mut phone = joins(&app, "xinren").await;
    assert_eq!(app.simulator.leaves(CORP, "xinren").await, [Pushed::Acknowledged]);
    is_out(&mut phone).await;
    works(&app).await;
    assert_eq!(app.db_user("xinren").await.unwrap().status, Status::Disabled);
    assert_eq!(app.simulator.returns(CORP, "xinren").await, [Pushed::Acknowledged]);
    works(&app).await;
    assert_eq!(app.db_user("xinren").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn an_event_whose_acknowledgement_is_lost_comes_again_without_effect() {
    let app = listening().await;
    app.simulator.lose_acknowledgements(3);
    let event = DirectoryEvent::of_people("user_leave_org", CORP, &["zhangsan"]);
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 1);
}

#[tokio::test]
async fn another_connection_is_opened_when_dingtalk_asks_or_one_breaks() {
    let app = listening().await;
    let mut phone = joins(&app, "xinren").await;
    app.simulator.ask_to_reconnect(CLIENT_ID);
    app.simulator.listened_to(CLIENT_ID, 2).await;
    app.simulator.cut_stream(CLIENT_ID);
    app.simulator.listened_to(CLIENT_ID, 3).await;
    // Longer than any frame may be.
    app.simulator.send_anything(CLIENT_ID, &"x".repeat(300 * 1024));
    app.simulator.listened_to(CLIENT_ID, 4).await;
    assert_eq!(app.simulator.leaves(CORP, "xinren").await, [Pushed::Acknowledged]);
    is_out(&mut phone).await;
}

#[tokio::test]
async fn what_was_missed_in_a_gap_is_fetched_and_a_sync_is_due() {
    let app = listening().await;
    joins(&app, "xinren").await;
    comes_true(&app, "SELECT COUNT(*) FROM sync_due WHERE reason = 'start'").await;
    app.simulator.fault(fault(OPEN, usize::MAX, FaultKind::Status(502)));
    app.simulator.cut_stream(CLIENT_ID);
    let left = app.simulator.leaves(CORP, "xinren").await;
    assert!(matches!(left[..], [Pushed::NotAcknowledged(_)]), "{left:?}");

    app.clock.advance(60);
    app.simulator.clear_faults();
    comes_true(&app, "SELECT COUNT(*) FROM sync_due WHERE reason = 'gap'").await;
    comes_true(&app, LEFT).await;
}

#[tokio::test]
async fn pings_are_answered_and_nonsense_is_passed_over() {
    let app = listening().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for text in ["", "{", "[]", "{\"type\":\"EVENT\"}", "{\"type\":\"SYSTEM\",\"headers\":{\"topic\":5}}"] {
        app.simulator.send_anything(CLIENT_ID, text);
    }
    assert!(app.simulator.ping_stream(CLIENT_ID).await);
    let foreign = DirectoryEvent::of_people("user_leave_org", "dingother", &["zhangsan"]);
    assert_eq!(app.simulator.push(CLIENT_ID, &foreign).await, Pushed::Acknowledged);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 0);
    assert_eq!(gate(&mut phone).await, 200);
    assert_eq!(app.simulator.calls(OPEN), 1, "one connection has heard it all");
}
