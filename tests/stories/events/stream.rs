//! Events over a stream that the server opens.

use miandeng::{
    config::EventMode,
    directory::{self, StreamSeen},
    simulator::{Answers, DirectoryEvent, FaultKind, Pushed},
    users::Status,
};
use rocket::tokio;
use serde_json::json;

use super::{comes_true, is_out, joins, settles, trail, works};
use crate::{
    faults::{fault, gate},
    harness::{App, CLIENT_ID, CORP},
};

const OPEN: &str = "/v1.0/gateway/connections/open";
const LEFT: &str = "SELECT COUNT(*) FROM users WHERE userid = 'xinren' AND disabled_because = 'left'";

/// A deployment that listens to DingTalk's stream.
pub async fn listening() -> App {
    let app = App::with(|settings| {
        settings["apps"][0]["events"] = json!("stream");
        settings["apps"][0]["sync_disable_at_most"] = json!("50%");
    })
    .await;
    app.simulator.listened_to(CLIENT_ID, 1).await;
    settles(&app).await;
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
    app.simulator.mislay_acknowledgements(Answers { lost: 3, late: 0 });
    let event = DirectoryEvent::of_people("user_leave_org", CORP, &["zhangsan"]);
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 1);
}

/// DingTalk had given up waiting: the event is among those to be fetched, where it has no id.
#[tokio::test]
async fn an_event_whose_acknowledgement_is_late_is_fetched_without_effect() {
    let app = listening().await;
    joins(&app, "xinren").await;
    app.simulator.mislay_acknowledgements(Answers { lost: 0, late: 1 });
    let left = app.simulator.leaves(CORP, "xinren").await;
    assert_eq!(left, [Pushed::NotAcknowledged("too late".into())]);
    works(&app).await;
    let written = trail(&app).await;
    assert_eq!(written.len(), 5, "{written:?}");
    app.simulator.cut_stream(CLIENT_ID);
    app.clock.advance(60);
    app.simulator.listened_to(CLIENT_ID, 2).await;
    comes_true(
        &app,
        "SELECT CAST(CAST(COUNT(*) = 3 AS INTEGER) AS BIGINT) FROM directory_events WHERE done_at IS NOT NULL",
    )
    .await;
    assert_eq!(trail(&app).await, written);
}

#[tokio::test]
async fn a_click_on_the_simulators_page_moves_somebody_or_lets_them_leave_and_return() {
    let app = listening().await;
    let mut phone = joins(&app, "xinren").await;
    let clicks = async |person: &str| {
        let fields = [("corp_id", CORP), ("person", person)];
        let url = app.dingtalk_url("/_simulator/page/directory");
        let answer = reqwest::Client::new().post(url).form(&fields).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        let page = answer.text().await.expect("the home page");
        works(&app).await;
        page
    };
    for place in ["研发部", "研发部/后端组"] {
        let page = clicks("move:xinren").await;
        let shown = format!("xinren · {}", place.rsplit('/').next().unwrap());
        assert!(page.contains(&shown), "{shown}: {page}");
        assert_eq!(app.db_user("xinren").await.unwrap().department.as_deref(), Some(place));
    }
    clicks("leave:xinren").await;
    is_out(&mut phone).await;
    assert_eq!(app.db_user("xinren").await.unwrap().status, Status::Disabled);
    clicks("return:xinren").await;
    phone.is_signed_in().await;
}

#[tokio::test]
async fn it_is_known_how_a_stream_stands_inside_the_server_and_outside() {
    const STANDS: &str = "SELECT COUNT(*) FROM event_streams WHERE connected_since IS NOT NULL";
    let app = listening().await;
    let reception = || app.directory.reception("oa");
    comes_true(&app, STANDS).await;
    let since = app.clock.now_ms();
    let expected = (EventMode::Stream, Some(since), None);
    assert_eq!((reception().mode, reception().connected_since, reception().last_error), expected);
    let unknown = DirectoryEvent::of_people("bpms_task_change", CORP, &["zhangsan"]);
    app.simulator.push(CLIENT_ID, &unknown).await;
    assert_eq!((reception().last_event_at, reception().unknown), (Some(since), 1));
    assert_eq!(app.directory.reception("other").mode, EventMode::Off);

    let outside = async || {
        let db = &mut *app.pools.read().await.unwrap();
        let last = directory::last_event(db, "oa").await.unwrap();
        (directory::streams_seen(db, "oa", app.clock.now_ms()).await.unwrap(), last)
    };
    let stands = StreamSeen { connected_since: Some(since), last_error: None, seen_at: since };
    assert_eq!(outside().await, (vec![stands], None));
    app.clock.advance(1);
    app.simulator.changes(CORP, "zhangsan", |_| {}).await;
    assert_eq!(outside().await.1, Some(since + 1_000));

    app.simulator.fault(fault(OPEN, usize::MAX, FaultKind::Status(502)));
    app.simulator.cut_stream(CLIENT_ID);
    comes_true(&app, "SELECT COUNT(*) FROM event_streams WHERE connected_since IS NULL AND last_error LIKE '%502%'")
        .await;
    assert_eq!(reception().connected_since, None);
    assert!(reception().last_error.is_some_and(|error| error.contains("502")));
    assert_eq!(outside().await.0[0].connected_since, None);
    // Nobody writes for a server that was killed.
    let dead = app.clock.now_ms() + 200_000;
    let db = &mut *app.pools.read().await.unwrap();
    assert_eq!(directory::streams_seen(db, "oa", dead).await.unwrap(), []);
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
