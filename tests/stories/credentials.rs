//! Tokens and tickets: fetched once, renewed early, kept over a restart, replaced when DingTalk rejects them.

use miandeng::simulator::{Fault, FaultKind};
use serde_json::json;

use crate::harness::{App, CORP, log_line};

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";

fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

fn errcode(path: &str, times: usize, code: i64) -> Fault {
    fault(path, times, FaultKind::Errcode { code, text: "simulated".into() })
}

/// Calls for tokens and for tickets.
fn calls(app: &App) -> (usize, usize) {
    (app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket"))
}

#[tokio::test]
async fn a_hundred_people_who_arrive_at_a_cold_start_cost_one_token_and_one_ticket() {
    let app = App::start().await;
    let people = (0..100).map(|_| {
        let mut phone = app.phone("zhangsan");
        tokio::spawn(async move { phone.opens_app().await.status })
    });
    for person in people.collect::<Vec<_>>() {
        assert_eq!(person.await.unwrap(), 200);
    }
    assert_eq!(calls(&app), (1, 1));
}

#[tokio::test]
async fn a_restart_asks_dingtalk_for_nothing() {
    let app = App::start().await;
    app.phone("zhangsan").is_signed_in().await;
    let app = app.restart().await;
    app.phone("zhangsan").is_signed_in().await;
    assert_eq!(calls(&app), (1, 1));
}

#[tokio::test]
async fn ten_minutes_before_expiry_the_old_one_is_served_while_a_new_one_is_fetched() {
    let app = App::start().await;
    app.phone("zhangsan").opens_app().await;
    app.clock.advance(7200 - 600 - 5);
    app.phone("zhangsan").opens_app().await;
    assert_eq!(calls(&app), (1, 1), "not yet");
    app.clock.advance(10);
    app.simulator.fault(fault("/gettoken", usize::MAX, FaultKind::Hang));
    app.simulator.fault(fault("/get_jsapi_ticket", usize::MAX, FaultKind::Hang));
    for _ in 0..20 {
        assert_eq!(app.phone("zhangsan").opens_app().await.status, 200, "nobody waits for the renewal");
    }
    assert!(app.simulator.calls("/get_jsapi_ticket") <= 2, "one renewal, however many ask");
}

#[tokio::test]
async fn a_renewal_takes_the_old_ones_place() {
    let app = App::start().await;
    app.phone("zhangsan").is_signed_in().await;
    for _ in 0..30 {
        app.clock.advance(6700);
        app.phone("zhangsan").is_signed_in().await;
        let renewed = app.simulator.calls("/get_jsapi_ticket");
        for _ in 0..400 {
            if app.simulator.calls("/get_jsapi_ticket") > renewed {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let (tokens, tickets) = calls(&app);
    assert!((25..=40).contains(&tokens) && (25..=40).contains(&tickets), "{tokens} {tickets}");
}

#[tokio::test]
async fn a_token_that_dingtalk_calls_invalid_is_renewed_and_the_call_repeated_once() {
    for code in [40014, 42001, 40001, 33001] {
        let app = App::start().await;
        let mut phone = app.phone("zhangsan");
        let (state, code_of_person) = (phone.opens_app().await.state(), phone.code());
        app.simulator.fault(errcode(EXCHANGE, 1, code));
        assert_eq!(phone.sends_code(&code_of_person, &state).await.status, 200, "{code}");
        assert_eq!((app.simulator.calls(EXCHANGE), app.simulator.calls("/gettoken")), (2, 2), "{code}");
    }
    let app = App::start().await;
    app.simulator.fault(errcode(EXCHANGE, usize::MAX, 40014));
    assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "dingtalk-refused", "once, not for ever");
    assert_eq!(app.simulator.calls(EXCHANGE), 2);
}

#[tokio::test]
async fn tokens_that_were_voided_in_mid_flight_cost_one_refresh_for_a_hundred_sign_ins() {
    let app = App::start().await;
    let mut phones = Vec::new();
    for _ in 0..100 {
        let mut phone = app.phone("zhangsan");
        let state = phone.opens_app().await.state();
        phones.push((phone, state));
    }
    app.simulator.void_tokens(CORP);
    let people = phones
        .into_iter()
        .map(|(mut phone, state)| tokio::spawn(async move { phone.sends_code(&phone.code(), &state).await.status }));
    for person in people.collect::<Vec<_>>() {
        assert_eq!(person.await.unwrap(), 200);
    }
    assert_eq!(app.simulator.calls("/gettoken"), 2);
}

#[tokio::test]
async fn a_hundred_people_who_wait_for_one_failing_refresh_all_hear_of_it_and_none_asks_again() {
    let app = App::start().await;
    app.simulator.fault(errcode("/gettoken", usize::MAX, 40096));
    let people = (0..100).map(|_| {
        let mut phone = app.phone("zhangsan");
        tokio::spawn(async move { phone.opens_app().await })
    });
    for person in people.collect::<Vec<_>>() {
        let page = person.await.unwrap();
        assert_eq!(page.status, 502);
        assert!(page.body.contains("40096") && page.body.contains("client_secret"), "{}", page.body);
    }
    assert_eq!(app.simulator.calls("/gettoken"), 1);
    app.simulator.clear_faults();
    app.clock.advance(3);
    assert_eq!(app.phone("zhangsan").opens_app().await.status, 200, "mended");
}

#[tokio::test]
async fn reads_are_tried_again_with_a_pause_and_a_code_is_never_sent_again() {
    let app = App::start().await;
    for kind in [
        FaultKind::Errcode { code: -1, text: "busy".into() },
        FaultKind::Errcode { code: 15, text: "isp.top-remote-connection-timeout".into() },
        FaultKind::Status(502),
        FaultKind::Reset,
    ] {
        app.clock.advance(7300);
        app.simulator.reset_calls();
        app.simulator.fault(fault("/gettoken", 2, kind.clone()));
        assert_eq!(app.phone("zhangsan").opens_app().await.status, 200, "{kind:?}");
        assert_eq!(app.simulator.calls("/gettoken"), 3, "{kind:?}");

        app.simulator.fault(fault(EXCHANGE, 1, kind.clone()));
        assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "dingtalk-unreachable", "{kind:?}");
        assert_eq!(app.simulator.calls(EXCHANGE), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_dingtalk_that_answers_nothing_is_given_up_in_time() {
    let app = App::with(|settings| settings["dingtalk"]["timeout"] = json!("2s")).await;
    for kind in [FaultKind::Hang, FaultKind::Delay(60_000), FaultKind::Drip { every_ms: 50 }] {
        let mut phone = app.phone("zhangsan");
        let (state, code) = (phone.opens_app().await.state(), phone.code());
        app.simulator.fault(fault(EXCHANGE, 1, kind.clone()));
        let answer = tokio::time::timeout(std::time::Duration::from_secs(20), phone.sends_code(&code, &state)).await;
        let answer = answer.expect("an answer in time");
        assert_eq!(answer.problem(), "dingtalk-unreachable", "{kind:?}");
        assert!(log_line(answer.request_id()).contains(EXCHANGE), "{kind:?}");
    }
}

#[tokio::test]
async fn while_dingtalk_is_down_the_server_starts_and_live_sessions_work() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.simulator.fault(fault("*", usize::MAX, FaultKind::Reset));
    app.clock.advance(7300);
    let app = app.restart().await;
    let mut again = app.phone("zhangsan");
    let newcomer = again.opens_app().await;
    assert_eq!((newcomer.status, newcomer.header("retry-after")), (503, "5"));
    assert_eq!(again.gets("/readyz").await.status, 503);
    again.cookies = phone.cookies;
    assert_eq!(again.gets("/home").await.status, 200);
    assert_eq!(again.gets("/healthz").await.status, 200);
    app.simulator.clear_faults();
    app.clock.advance(3);
    assert_eq!(app.phone("zhangsan").gets("/readyz").await.status, 200);
}

#[tokio::test]
async fn odd_lifetimes_neither_flood_dingtalk_nor_serve_a_value_for_ever() {
    for lifetime in ["0", "-1", "\"7200\"", "1e99", "null", "99999999999", "\"soon\""] {
        let app = App::start().await;
        let body = format!(r#"{{"errcode":0,"access_token":"odd-token","expires_in":{lifetime}}}"#);
        app.simulator.fault(fault("/gettoken", 1, FaultKind::Body(body)));
        let body = format!(r#"{{"errcode":0,"ticket":"odd-ticket","expires_in":{lifetime}}}"#);
        app.simulator.fault(fault("/get_jsapi_ticket", 1, FaultKind::Body(body)));
        for _ in 0..20 {
            assert_eq!(app.phone("zhangsan").opens_app().await.status, 200, "{lifetime}");
        }
        assert_eq!(calls(&app), (1, 1), "{lifetime}");
        app.clock.advance(7201);
        app.phone("zhangsan").is_signed_in().await;
        assert_eq!(calls(&app), (2, 2), "{lifetime}");
    }
}

#[tokio::test]
async fn an_old_corp_signs_in_with_its_corp_secret() {
    let app = App::with(|settings| {
        let old = &mut settings["apps"][0];
        old.as_object_mut().unwrap().retain(|key, _| !key.starts_with("client_"));
        old["corp_secret"] = json!("sample-corp-secret");
    })
    .await;
    let page = app.phone("zhangsan").opens_app().await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("data-client-id=\"\""));
    app.phone("zhangsan").is_signed_in().await;
}

#[tokio::test]
async fn a_changed_secret_does_not_find_the_old_ones_token() {
    let app = App::start().await;
    app.phone("zhangsan").opens_app().await;
    let kept = app.db_count("SELECT count(*) FROM credentials").await;
    let mut changed = app.restart_with(|settings| settings["apps"][0]["client_secret"] = json!("wrong-secret")).await;
    assert_eq!(changed.phone("zhangsan").opens_app().await.status, 502);
    assert_eq!(changed.db_count("SELECT count(*) FROM credentials").await, kept);
    changed = changed
        .restart_with(|settings| settings["apps"][0]["client_secret"] = json!(crate::harness::CLIENT_SECRET))
        .await;
    assert_eq!(changed.phone("zhangsan").opens_app().await.status, 200);
}
