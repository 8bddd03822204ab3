//! What nobody told us is made up for by a sync, although none is scheduled.

use miandeng::{
    simulator::{DirectoryEvent, Employee, FaultKind, Pushed},
    users::Status,
};
use rocket::{futures::future::join, tokio};
use serde_json::json;

use super::{called_back, comes_true, joins, status, stream, works};
use crate::{
    faults::fault,
    harness::{App, CLIENT_ID, CORP, until},
};

const OPEN: &str = "/v1.0/gateway/connections/open";
const USER: &str = "/topapi/v2/user/get";
const HOUR: i64 = 3_600;

/// The server looks whether a sync is due, as it does every few seconds.
async fn looks(app: &App) {
    app.jobs.run("directory-sync").await.expect("the job");
}

async fn runs(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM sync_runs").await
}

async fn people(app: &App) -> i64 {
    app.db_count("SELECT COUNT(*) FROM users").await
}

async fn is_due(app: &App) -> bool {
    app.db_count("SELECT COUNT(*) FROM sync_due").await == 1
}

/// A reason for a sync.
async fn departments_change(app: &App) {
    let event = DirectoryEvent::of_departments("org_dept_modify", CORP, &[110]);
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
}

#[tokio::test]
async fn whoever_left_unheard_is_disabled_soon_after_the_stream_is_back() {
    let app = stream::listening().await;
    let mut phone = joins(&app, "xinren").await;
    app.simulator.fault(fault(OPEN, usize::MAX, FaultKind::Status(502)));
    app.simulator.cut_stream(CLIENT_ID);
    app.simulator.remove_employee(CORP, "xinren");
    app.clock.advance(60);
    app.simulator.clear_faults();
    comes_true(&app, "SELECT COUNT(*) FROM sync_due WHERE reason = 'gap'").await;

    app.clock.advance(5);
    looks(&app).await;
    assert_eq!(status(&app.db_user("xinren").await.unwrap()), (Status::Disabled, Some("left")));
    assert_eq!(phone.gets("/home").await.status, 303);
    assert!(!is_due(&app).await);
}

#[tokio::test]
async fn nobody_is_added_before_somebody_has_asked_for_a_sync() {
    let app = called_back().await;
    departments_change(&app).await;
    app.clock.advance(5);
    looks(&app).await;
    assert_eq!((people(&app).await, runs(&app).await, is_due(&app).await), (1, 1, false));
    assert_eq!(app.db_user("zhangsan").await.unwrap().title.as_deref(), Some("总经理"), "but 张三 was compared");

    let app = app.restart_with(|settings| settings["apps"][0]["sync_every"] = json!("6h")).await;
    app.clock.advance(7 * HOUR);
    looks(&app).await;
    assert_eq!(people(&app).await, 6);
    let app = app.restart_with(|settings| settings["apps"][0]["sync_every"] = json!("")).await;
    super::settles(&app).await;
    super::subscribes_at(&app.simulator, &app.url(""));
    let employee = Employee { userid: "xinren".into(), name: "新人".into(), ..Employee::default() };
    app.simulator.add_employee(CORP, employee);
    departments_change(&app).await;
    app.clock.advance(5);
    looks(&app).await;
    assert_eq!(people(&app).await, 7);
}

#[tokio::test]
async fn a_storm_of_reasons_is_one_sync() {
    let app = called_back().await;
    for _ in 0..3 {
        departments_change(&app).await;
        looks(&app).await;
        app.clock.advance(1);
    }
    assert_eq!(runs(&app).await, 0);
    app.clock.advance(2);
    looks(&app).await;
    assert_eq!((runs(&app).await, is_due(&app).await), (1, false));
}

#[tokio::test]
async fn a_sync_that_is_refused_stays_due_and_is_tried_again_after_a_while() {
    let app = called_back().await;
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![100]);
    departments_change(&app).await;
    app.clock.advance(5);
    for (seconds, expected) in [(0, 1), (60, 1), (240, 2)] {
        app.clock.advance(seconds);
        looks(&app).await;
        assert_eq!((runs(&app).await, is_due(&app).await), (expected, true), "{seconds}");
    }
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![1]);
    app.clock.advance(300);
    looks(&app).await;
    assert_eq!((runs(&app).await, is_due(&app).await), (3, false));
}

/// Half of the directory was read before 新人 left, so that it still shows them.
#[tokio::test]
async fn whoever_leaves_while_the_directory_is_read_is_not_taken_for_returned() {
    let app = called_back().await;
    joins(&app, "xinren").await;
    joins(&app, "gone").await;
    app.simulator.remove_employee(CORP, "gone");
    departments_change(&app).await;
    app.simulator.reset_calls();
    // 'gone' is looked for by name after all pages are read.
    app.simulator.fault(fault(USER, 1, FaultKind::Delay(500)));
    app.clock.advance(5);
    let leaves = async {
        until("the person is read", async || app.simulator.calls(USER) > 0).await;
        app.simulator.leaves(CORP, "xinren").await;
        works(&app).await;
        assert_eq!(app.db_user("xinren").await.unwrap().status, Status::Disabled);
        // A department changes meanwhile: what was read may be of before.
        departments_change(&app).await;
    };
    join(looks(&app), leaves).await;
    for userid in ["xinren", "gone"] {
        assert_eq!(status(&app.db_user(userid).await.unwrap()), (Status::Disabled, Some("left")), "{userid}");
    }
    assert!(is_due(&app).await, "for the reason that came up since");
}
