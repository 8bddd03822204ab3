//! Pushes to our address.

use miandeng::{
    simulator::{DirectoryEvent, Pushed, SealedPush},
    users::Status,
};
use reqwest::Method;
use rocket::tokio;
use serde_json::json;

use super::{KEY, PATH, called_back, is_out, joins, open_events, status, trail, works};
use crate::{
    faults::gate,
    harness::{Answer, App, CLIENT_ID, CORP},
};

async fn posts(app: &App, path: &str, push: &SealedPush) -> Answer {
    let mut dingtalk = app.phone("nobody");
    let request = dingtalk.request(Method::POST, path).query(&push.query).body(push.body.clone());
    dingtalk.sends(request).await
}

fn left(userid: &str) -> DirectoryEvent {
    DirectoryEvent::of_people("user_leave_org", CORP, &[userid])
}

fn sealed_left(app: &App, corp: &str) -> SealedPush {
    let event = json!({ "EventType": "user_leave_org", "CorpId": corp, "eventId": "e1", "userId": ["zhangsan"] });
    app.simulator.sealed(CLIENT_ID, &event.to_string()).unwrap()
}

#[tokio::test]
async fn a_leaver_is_refused_everywhere_once_the_push_is_acknowledged() {
    let app = called_back().await;
    let mut phone = joins(&app, "xinren").await;
    let pushed = app.simulator.leaves(CORP, "xinren").await;
    assert_eq!(pushed, [Pushed::Acknowledged]);
    is_out(&mut phone).await;

    works(&app).await;
    let row = app.db_user("xinren").await.unwrap();
    assert_eq!(status(&row), (Status::Disabled, Some("left")));
    let written = ["user-added", "directory-event", "session-revoked", "user-disabled", "directory-event"];
    assert_eq!(trail(&app).await, written.map(|event| (event.to_owned(), "xinren".to_owned())));
}

#[tokio::test]
async fn a_return_is_let_in_again_and_a_row_by_hand_stays_as_it_is() {
    let app = called_back().await;
    joins(&app, "xinren").await;
    app.simulator.leaves(CORP, "xinren").await;
    works(&app).await;
    app.simulator.returns(CORP, "xinren").await;
    works(&app).await;
    assert_eq!(status(&app.db_user("xinren").await.unwrap()), (Status::Active, None));
    app.phone("xinren").is_signed_in().await;

    // 张三 was added by hand.
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.simulator.leaves(CORP, "zhangsan").await;
    is_out(&mut phone).await;
    works(&app).await;
    assert_eq!(app.db_user("zhangsan").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn a_change_is_read_from_dingtalk_and_what_it_leaves_out_is_kept() {
    let app = called_back().await;
    app.simulator
        .changes(CORP, "zhangsan", |employee| {
            employee.name = "张三丰".into();
            employee.dept_ids = vec![110];
            employee.title = String::new();
        })
        .await;
    works(&app).await;
    let row = app.db_user("zhangsan").await.unwrap();
    assert_eq!((row.name.as_str(), row.department.as_deref()), ("张三丰", Some("研发部/后端组")));
    assert_eq!((row.title.as_deref(), row.source.as_str()), (None, "cli"));

    // Somebody who is not in the table is not added by a change.
    app.simulator.changes(CORP, "lisi", |employee| employee.name = "李四四".into()).await;
    works(&app).await;
    assert!(app.db_user("lisi").await.is_none());
}

#[tokio::test]
async fn check_url_and_unknown_events_are_acknowledged_and_leave_nothing() {
    let app = called_back().await;
    for event in [DirectoryEvent::default(), DirectoryEvent::of_people("bpms_task_change", CORP, &["zhangsan"])] {
        assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 0);
}

#[tokio::test]
async fn departments_that_change_make_a_sync_due_once() {
    let app = called_back().await;
    let event = DirectoryEvent::of_departments("org_dept_modify", CORP, &[110]);
    for _ in 0..3 {
        assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sync_due").await, 1);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM audit WHERE event = 'directory-event'").await, 1);
}

#[tokio::test]
async fn a_push_that_comes_twice_has_one_effect() {
    let app = called_back().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let event = left("zhangsan");
    app.simulator.push(CLIENT_ID, &event).await;
    is_out(&mut phone).await;
    // It was a mistake of DingTalk's, and 张三 is in again: the repetition throws nobody out.
    phone.is_signed_in().await;
    assert_eq!(app.simulator.push(CLIENT_ID, &event).await, Pushed::Acknowledged);
    works(&app).await;
    assert_eq!(gate(&mut phone).await, 200);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM directory_events").await, 1);
}

#[tokio::test]
async fn forged_foreign_and_oversized_pushes_are_refused_and_leave_nothing() {
    let app = called_back().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let rows = app.db_rows().await;
    let good = sealed_left(&app, CORP);
    let changed = |name: &str, value: &str| {
        let change = |(key, old): &(String, String)| {
            (key.clone(), if key.contains(name) { value.to_owned() } else { old.clone() })
        };
        SealedPush { query: good.query.iter().map(change).collect(), body: good.body.clone() }
    };
    let with_body = |body: String| SealedPush { query: good.query.clone(), body };
    let without = |name: &str| SealedPush {
        query: good.query.iter().filter(|(key, _)| key != name).cloned().collect(),
        body: good.body.clone(),
    };
    for (case, push, expected) in [
        ("another signature", changed("signature", &"0".repeat(40)), 403),
        ("no signature that is one", changed("signature", "x"), 403),
        ("another time", changed("timestamp", "1"), 403),
        ("another nonce", changed("nonce", "x"), 403),
        ("no time", without("timestamp"), 400),
        ("no nonce", without("nonce"), 400),
        ("another text", with_body(json!({ "encrypt": "AAAA" }).to_string()), 403),
        ("no JSON", with_body("hello".into()), 400),
        ("nothing", with_body(String::new()), 400),
        ("much", with_body("x".repeat(256 * 1024 + 1)), 413),
        ("another corp's", sealed_left(&app, "dingother"), 403),
    ] {
        let answer = posts(&app, PATH, &push).await;
        assert_eq!(answer.status, expected, "{case}: {}", answer.body);
        assert!(!answer.body.contains(KEY) && !answer.body.contains(super::TOKEN), "{case}");
    }
    assert_eq!(posts(&app, "/dingtalk/events/other", &good).await.status, 404);
    assert_eq!(app.db_rows().await, rows, "nothing was written");
    assert_eq!(gate(&mut phone).await, 200);

    assert_eq!(posts(&app, PATH, &without("msg_signature")).await.status, 200, "an older push");
    assert_ne!(gate(&mut phone).await, 200);
}

/// As where a call registered the address instead of the console.
#[tokio::test]
async fn a_push_that_names_the_corp_in_place_of_the_app_is_taken_and_answered_in_its_name() {
    let app = called_back().await;
    let push = app.simulator.sealed_for(CORP, CLIENT_ID, "{\"EventType\":\"check_url\"}").unwrap();
    let answer = posts(&app, PATH, &push).await;
    assert_eq!(answer.status, 200);
    assert!(app.simulator.is_acknowledged_by(CORP, CLIENT_ID, &answer.body));
    let push = app.simulator.sealed_for("dingother", CLIENT_ID, "{\"EventType\":\"check_url\"}").unwrap();
    assert_eq!(posts(&app, PATH, &push).await.status, 403);
}

#[tokio::test]
async fn an_app_that_takes_no_pushes_has_no_address() {
    let app = App::start().await;
    super::subscribes_at(&app.simulator, &app.url(""));
    let push = app.simulator.sealed(CLIENT_ID, "{\"EventType\":\"check_url\"}").unwrap();
    assert_eq!(posts(&app, PATH, &push).await.status, 404);
}

#[tokio::test]
async fn a_storm_of_pushes_in_any_order_ends_in_what_dingtalk_says() {
    let app = called_back().await;
    for userid in ["a", "b", "c"] {
        joins(&app, userid).await;
    }
    app.simulator.remove_employee(CORP, "b");
    let kinds = ["user_leave_org", "user_add_org", "user_modify_org", "user_active_org"];
    let pushes = (0..240).map(|i| {
        let event = DirectoryEvent::of_people(kinds[i * 7 % 4], CORP, &[["a", "b", "c"][i % 3]]);
        let simulator = app.simulator.clone();
        async move { simulator.push(CLIENT_ID, &event).await }
    });
    let pushed = rocket::futures::future::join_all(pushes).await;
    assert!(pushed.iter().all(|pushed| *pushed == Pushed::Acknowledged));
    works(&app).await;
    assert_eq!(open_events(&app).await, 0);
    let mut found = Vec::new();
    for userid in ["a", "b", "c"] {
        found.push(app.db_user(userid).await.unwrap().status);
    }
    assert_eq!(found, [Status::Active, Status::Disabled, Status::Active]);
}
