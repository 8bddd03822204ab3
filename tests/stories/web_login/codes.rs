//! Codes and states: each once, in the browser that set out.

use miandeng::simulator::FaultKind;
use url::Url;

use super::{EXCHANGE, answers, fault, is_refused, query, scans, sets_out, signs_in};
use crate::harness::{App, CLIENT_ID, CLIENT_SECRET, CORP, PUBLIC_URL, log_line, whole_log};

#[tokio::test]
async fn a_code_without_the_state_of_this_browser_is_refused_before_dingtalk_is_asked() {
    let app = App::start().await;
    let (mut browser, mut other) = (app.phone("zhangsan"), app.phone("lisi"));
    let back = scans(&sets_out(&mut browser, "/login/dingtalk?return_to=/x").await, "zhangsan").await;
    let foreign = query(&sets_out(&mut other, "/login/dingtalk").await)["state"].clone();
    let code = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    let page_state = browser.opens_app().await.state();
    let own = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["state"].clone();
    let (front, _) = own.rsplit_once('.').unwrap();

    let at = |state: &str| format!("/login/dingtalk/callback?code={code}&authCode={code}&state={state}");
    let altered = format!("{front}.aHR0cHM6Ly9ldmlsLmV4YW1wbGUv");
    for state in [foreign.as_str(), &page_state, &altered, front, "x", "...."] {
        is_refused(&browser.gets(&at(state)).await, 403, "state-mismatch");
    }
    let none = browser.gets(&format!("/login/dingtalk/callback?authCode={code}")).await;
    is_refused(&none, 403, "state-mismatch");
    is_refused(&browser.gets(&format!("{back}&state={own}")).await, 400, "invalid-request");
    is_refused(&other.gets(&back).await, 403, "state-mismatch");
    let mut without_cookies = browser.clone();
    without_cookies.cookies.clear();
    is_refused(&without_cookies.gets(&back).await, 403, "state-mismatch");
    app.clock.advance(601);
    is_refused(&browser.gets(&back).await, 403, "state-mismatch");
    app.clock.advance(-601);
    assert_eq!(app.simulator.calls(EXCHANGE), 0);
    let sent = browser.sends_code(&code, &own).await;
    assert_eq!(sent.problem(), "state-mismatch", "nor is it a page's state");

    assert_eq!(browser.gets(&back).await.status, 303, "nothing was spent");
    let again = browser.gets(&back).await;
    is_refused(&again, 403, "state-mismatch");
    assert!(again.body.contains("href=\"/\""), "a fresh try begins elsewhere: {}", again.body);
    assert_eq!(app.simulator.calls(EXCHANGE), 1);
}

#[tokio::test]
async fn one_way_back_fifty_times_at_once_signs_in_once() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let tries = (0..50).map(|_| {
        let (mut browser, back) = (browser.clone(), back.clone());
        tokio::spawn(async move { browser.gets(&back).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!((app.simulator.calls(EXCHANGE), app.db_count("SELECT count(*) FROM sessions").await), (1, 1));
}

#[tokio::test]
async fn a_code_is_sent_once_whatever_states_come_with_it() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let back = Url::parse(&format!("{PUBLIC_URL}{}", scans(&there, "zhangsan").await)).unwrap();
    let code = query(&back)["code"].clone();
    // Without an answer, nobody knows whether the code was spent.
    app.simulator.fault(fault(EXCHANGE, FaultKind::Reset));
    let lost = browser.gets(&format!("{}?{}", back.path(), back.query().unwrap())).await;
    is_refused(&lost, 503, "dingtalk-unreachable");
    let state = query(&sets_out(&mut browser, "/login/dingtalk?return_to=/x").await)["state"].clone();
    let again = browser.gets(&format!("/login/dingtalk/callback?code={code}&state={state}")).await;
    is_refused(&again, 401, "code-invalid");
    let retry = again.body.split("href=\"/login/dingtalk?").nth(1).expect("a fresh try");
    assert!(retry.split('"').next().unwrap().contains("return_to=https%3A%2F%2Fapp.example.com%2Fx"), "{retry}");
    assert_eq!(app.simulator.calls(EXCHANGE), 1);
}

#[tokio::test]
async fn an_unknown_an_expired_and_another_apps_code_are_code_invalid() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let state = query(&sets_out(&mut browser, "/login/dingtalk").await)["state"].clone();
    let page = browser.gets(&format!("/login/dingtalk/callback?authCode=0123456789abcdef&state={state}")).await;
    is_refused(&page, 401, "code-invalid");
    let line = log_line(page.request_id());
    assert!(line.contains("invalidParameter.authCode.notFound") && !line.contains("0123456789abcdef"), "{line}");

    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    app.clock.advance(301);
    is_refused(&browser.gets(&back).await, 401, "code-invalid");

    app.simulator.edit_corp(CORP, |corp| {
        let mut crm = corp.apps[0].clone();
        (crm.agent_id, crm.client_id, crm.client_secret) = ("300000001".into(), "dingcrm".into(), "s".into());
        corp.apps.push(crm);
    });
    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let theirs = Url::parse(&there.as_str().replace(CLIENT_ID, "dingcrm")).unwrap();
    is_refused(&browser.gets(&scans(&theirs, "zhangsan").await).await, 401, "code-invalid");

    let there = sets_out(&mut browser, "/login/dingtalk").await;
    let (code, state) = (browser.code(), query(&there)["state"].clone());
    let page = browser.gets(&format!("/login/dingtalk/callback?code={code}&state={state}")).await;
    is_refused(&page, 401, "code-invalid");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0, "a code of the client is none of this way");
}

#[tokio::test]
async fn who_fails_too_often_without_a_page_of_ours_waits_and_nobody_else_does() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let mut stranger = app.phone("lisi");
    for _ in 0..61 {
        stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    }
    let page = stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    is_refused(&page, 429, "rate-limited");
    assert_eq!(page.header("retry-after"), "1");
    assert!(page.body.contains(">请等待 <span>1</span> 秒后再试。<"), "in words, without a script: {}", page.body);
    assert_eq!(
        browser.gets(&back).await.status,
        303,
        "at the same address, who set out from our page is not made to wait"
    );
    app.clock.advance(2);
    let page = stranger.gets("/login/dingtalk/callback?authCode=x&state=x").await;
    is_refused(&page, 403, "state-mismatch");
}

#[tokio::test]
async fn no_secret_reaches_a_page_a_log_or_the_database() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let code = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    app.simulator.fault(answers(EXCHANGE, r#"{"accessToken":"user-token-1","refreshToken":"refresh-1"}"#));
    let page = browser.gets(&back).await;
    is_refused(&page, 502, "dingtalk-refused");
    let back = scans(&sets_out(&mut browser, "/login/dingtalk").await, "zhangsan").await;
    let quoted = query(&Url::parse(&format!("{PUBLIC_URL}{back}")).unwrap())["code"].clone();
    let text = format!("DingTalk quotes {quoted} and {CLIENT_SECRET}");
    app.simulator.fault(fault(EXCHANGE, FaultKind::Errcode { code: 7, text }));
    let refused = browser.gets(&back).await;
    is_refused(&refused, 502, "dingtalk-refused");
    assert!(log_line(refused.request_id()).contains("DingTalk quotes [secret] and [secret]"));
    assert_eq!(signs_in(&mut browser, "/login/dingtalk").await.status, 303);
    let (log, database) = (whole_log(), app.db_bytes().await);
    let database = String::from_utf8_lossy(&database);
    for secret in [&code, &quoted, CLIENT_SECRET, "user-token-1", "refresh-1"] {
        assert!(!page.body.contains(secret) && !log.contains(secret) && !database.contains(secret), "{secret}");
    }
}
