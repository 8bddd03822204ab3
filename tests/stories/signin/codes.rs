//! Codes and states: each once, in the browser that opened the page.

use reqwest::Method;
use serde_json::json;

use super::EXCHANGE;
use crate::harness::{App, CORP, log_line};

#[tokio::test]
async fn a_code_is_taken_by_get_by_form_and_by_json() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (code, state) = (phone.code(), phone.opens_app().await.state());
    assert_eq!(phone.gets(&format!("/userinfo?code={code}&corpid={CORP}&state={state}")).await.status, 200);

    let mut phone = app.phone("zhangsan");
    let fields =
        json!({"code": phone.code(), "corpId": CORP, "agentid": 100000001, "state": phone.opens_app().await.state()});
    let request = phone.request(Method::POST, "/userinfo").json(&fields);
    assert_eq!(phone.sends(request).await.status, 200);
}

#[tokio::test]
async fn a_code_without_the_state_of_this_browser_is_refused_before_dingtalk_is_asked() {
    let app = App::start().await;
    let (mut phone, mut other) = (app.phone("zhangsan"), app.phone("zhangsan"));
    let (state, foreign) = (phone.opens_app().await.state(), other.opens_app().await.state());
    let code = phone.code();
    app.simulator.reset_calls();

    assert_eq!(phone.sends_code(&code, &foreign).await.problem(), "state-mismatch", "another browser's");
    assert_eq!(phone.sends_code(&code, "").await.problem(), "state-mismatch", "an empty one");
    assert_eq!(phone.posts("/userinfo", &[("code", &code)]).await.problem(), "state-mismatch", "none");
    assert_eq!(phone.sends_code(&code, &format!("{state}0")).await.problem(), "state-mismatch", "changed");
    app.clock.advance(601);
    let stale = phone.sends_code(&code, &state).await;
    assert_eq!((stale.status, stale.problem().as_str()), (403, "state-mismatch"), "stale");
    app.clock.advance(-601);
    let mut no_cookie = phone.clone();
    no_cookie.cookies.clear();
    assert_eq!(no_cookie.sends_code(&code, &state).await.problem(), "state-mismatch", "without its cookie");
    let mut planted = phone.clone();
    planted.headers = vec![("Cookie", format!("__Host-miandeng-signin={}", "0".repeat(32)))];
    assert_eq!(planted.sends_code(&code, &state).await.problem(), "state-mismatch", "the cookie twice");

    assert_eq!(app.simulator.calls(EXCHANGE), 0);
    assert_eq!(phone.sends_code(&code, &state).await.status, 200, "nothing was spent");
    assert_eq!(phone.sends_code(&phone.code(), &state).await.problem(), "state-mismatch", "repeated");
    assert_eq!(app.simulator.calls(EXCHANGE), 1);
}

#[tokio::test]
async fn several_tabs_of_one_browser_sign_in_side_by_side() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (first, second) = (phone.opens_app().await.state(), phone.opens_app().await.state());
    assert_eq!(phone.sends_code(&phone.code(), &first).await.status, 200);
    assert_eq!(phone.sends_code(&phone.code(), &second).await.status, 200);
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1, "the newer session took the older's place");
}

#[tokio::test]
async fn one_code_fifty_times_at_once_makes_one_session() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let code = phone.code();
    let mut tries = Vec::new();
    for _ in 0..50 {
        let state = phone.opens_app().await.state();
        let (mut phone, code) = (phone.clone(), code.clone());
        tries.push(tokio::spawn(async move { phone.sends_code(&code, &state).await }));
    }
    let mut outcomes = Vec::new();
    for one in tries {
        let answer = one.await.unwrap();
        outcomes.push(if answer.status == 200 { "in".to_owned() } else { answer.problem() });
    }
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "in").count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "code-invalid").count(), 49);
    assert_eq!(app.simulator.calls(EXCHANGE), 1, "a spent code is never sent twice");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn one_state_fifty_times_at_once_is_taken_once() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let tries = (0..50).map(|_| {
        let (mut phone, state, code) = (phone.clone(), state.clone(), phone.code());
        tokio::spawn(async move { phone.sends_code(&code, &state).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 403)), "{statuses:?}");
}

#[tokio::test]
async fn a_spent_an_expired_and_a_foreign_code_are_code_invalid() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let unknown = phone.sends_code("0123456789abcdef", &state).await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (401, "code-invalid"));
    assert_eq!(unknown.json()["errcode"], 40078);
    assert!(log_line(unknown.request_id()).contains("40078"));

    let state = phone.opens_app().await.state();
    let code = phone.code();
    app.clock.advance(301);
    assert_eq!(phone.sends_code(&code, &state).await.problem(), "code-invalid", "expired");

    app.simulator.edit_corp(CORP, |corp| {
        let mut crm = corp.apps[0].clone();
        (crm.agent_id, crm.client_id, crm.client_secret) = ("300000001".into(), "dingcrm".into(), "s".into());
        corp.apps.push(crm);
    });
    let foreign = app.simulator.auth_code(CORP, Some("dingcrm"), "zhangsan").unwrap();
    let state = phone.opens_app().await.state();
    assert_eq!(phone.sends_code(&foreign, &state).await.problem(), "code-invalid", "of another app");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_missing_a_repeated_and_a_malformed_field_are_named() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let long = "x".repeat(2000);
    let cases: [&[(&str, &str)]; 6] = [
        &[("state", &state)],
        &[("code", ""), ("state", &state)],
        &[("code", "a"), ("code", "b"), ("state", &state)],
        &[("code", "a b"), ("state", &state)],
        &[("code", "a\r\nX: y"), ("state", &state)],
        &[("code", &long), ("state", &state)],
    ];
    for fields in cases {
        let answer = phone.posts("/userinfo", fields).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{fields:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("code"), "{fields:?}");
    }
    for (kind, body) in [("application/json", "{"), ("application/json", "[]"), ("text/plain", "code=a"), ("", "")] {
        let request = phone.request(Method::POST, "/userinfo").header("Content-Type", kind).body(body);
        assert_eq!(phone.sends(request).await.problem(), "invalid-request", "{kind} {body}");
    }
    let request = phone.request(Method::POST, "/userinfo").json(&json!({"code": "x".repeat(100_000)}));
    assert_eq!(phone.sends(request).await.problem(), "invalid-request");
    assert_eq!(phone.sends_code(&phone.code(), &state).await.status, 200, "nothing was lost by any of it");
}

#[tokio::test]
async fn a_code_for_a_corp_that_is_not_configured_is_unknown_app() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (code, state) = (phone.code(), phone.opens_app().await.state());
    let fields = [("code", code.as_str()), ("corpid", "dingother"), ("state", &state)];
    let answer = phone.posts("/userinfo", &fields).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "unknown-app"));
    let placeholder = [("code", code.as_str()), ("corpid", "$CORPID$"), ("state", &state)];
    assert_eq!(phone.posts("/userinfo", &placeholder).await.problem(), "invalid-request");
}
