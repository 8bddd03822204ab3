//! Who is refused, and why.

use miandeng::simulator::FaultKind;
use serde_json::json;

use super::{EXCHANGE, ME, answers, fault, is_refused, query, scans, sets_out, signs_in};
use crate::harness::{App, CORP, log_line};

#[tokio::test]
async fn who_refuses_at_dingtalk_is_told_so_and_may_begin_anew() {
    let app = App::start().await;
    let mut browser = app.phone("zhangsan");
    let there = sets_out(&mut browser, "/login/dingtalk?return_to=/x").await;
    for person in ["", "open-qianjiu"] {
        let there = if person.is_empty() { there.clone() } else { sets_out(&mut browser, "/login/dingtalk").await };
        let page = browser.gets(&scans(&there, person).await).await;
        is_refused(&page, 403, "login-refused");
        assert!(page.body.contains("href=\"/login/dingtalk?"), "{}", page.body);
        assert!(log_line(page.request_id()).contains("access_denied"));
    }
    let state = query(&sets_out(&mut browser, "/login/dingtalk").await)["state"].clone();
    let odd = format!("/login/dingtalk/callback?state={state}&error=%3Cscript%3E%0d%0a{}", "x".repeat(5000));
    let page = browser.gets(&odd).await;
    is_refused(&page, 403, "login-refused");
    assert_eq!(page.body.matches("<script").count(), 1, "ours: {}", page.body);
    assert!(log_line(page.request_id()).len() < 1000);
    let forged = browser.gets("/login/dingtalk/callback?error=access_denied&state=x").await;
    is_refused(&forged, 403, "state-mismatch");
    assert_eq!(app.simulator.calls(EXCHANGE), 0);
}

#[tokio::test]
async fn a_dingtalk_account_outside_the_corp_and_an_external_contact_are_refused() {
    let app = App::start().await;
    app.db_set_unionid("zhangsan", "union-elsewhere").await;
    for (unionid, hint) in [("union-elsewhere", "加入该企业"), ("union-qianjiu", "员工")] {
        app.simulator.fault(answers(ME, &json!({"unionId": unionid, "nick": "张三"}).to_string()));
        let page = signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await;
        is_refused(&page, 403, "not-listed");
        assert!(page.body.contains(hint), "not even a row with that unionid vouches for {unionid}: {}", page.body);
    }
    app.simulator.fault(answers(EXCHANGE, r#"{"accessToken":"t0ken","expireIn":7200,"corpId":"dingother"}"#));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 403, "not-listed");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn who_is_not_in_the_table_or_disabled_is_refused_and_the_log_says_who() {
    let app = App::start().await;
    let page = signs_in(&mut app.phone("lisi"), "/login/dingtalk").await;
    is_refused(&page, 403, "not-listed");
    assert!(log_line(page.request_id()).contains("userid=\"lisi\""));
    app.db_disable("zhangsan").await;
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 403, "disabled");
}

#[tokio::test]
async fn a_newcomer_is_created_if_the_settings_say_so() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    assert_eq!(signs_in(&mut app.phone("lisi"), "/login/dingtalk").await.status, 303);
    let row = app.db_user("lisi").await.unwrap();
    assert_eq!((row.name.as_str(), row.unionid.as_deref()), ("李四", Some("union-lisi")));
}

#[tokio::test]
async fn odd_answers_sign_nobody_in() {
    let app = App::start().await;
    let long = "x".repeat(10_000);
    let odd = ["{}", r#"{"unionId":null}"#, r#"{"unionId":7}"#, r#"{"unionId":["union-zhangsan"]}"#, "[]"];
    let mut bodies: Vec<String> = odd.map(str::to_owned).into();
    bodies.extend([json!({"unionId": "a\r\nb"}).to_string(), json!({"unionId": long}).to_string(), String::new()]);
    for body in &bodies {
        app.simulator.fault(answers(ME, body));
        is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    }
    for body in ["{}", r#"{"accessToken":7}"#, r#"{"accessToken":"a\r\nX-Y: z"}"#] {
        app.simulator.fault(answers(EXCHANGE, body));
        is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    }
    app.simulator.fault(fault(EXCHANGE, FaultKind::Redirect("http://127.0.0.1:1/".into())));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 502, "dingtalk-refused");
    app.simulator.fault(fault(EXCHANGE, FaultKind::Status(500)));
    is_refused(&signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await, 503, "dingtalk-unreachable");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn an_app_without_the_permission_tells_the_operator_which_one() {
    let app = App::with(|settings| settings["default_locale"] = json!("en")).await;
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].denied_permissions = vec!["Contact.User.Read".into()]);
    let page = signs_in(&mut app.phone("zhangsan"), "/login/dingtalk").await;
    is_refused(&page, 502, "dingtalk-refused");
    assert!(page.body.contains("AccessTokenPermissionDenied") && page.body.contains("权限管理"), "{}", page.body);
    let line = log_line(page.request_id());
    assert!(line.contains("Contact.User.Read") && line.contains("lacks an API permission"), "{line}");
    let app = App::with(|settings| settings["apps"][0]["client_secret"] = json!("wrong")).await;
    let mut browser = app.phone("zhangsan");
    let page = signs_in(&mut browser, "/login/dingtalk").await;
    is_refused(&page, 502, "dingtalk-refused");
    assert!(log_line(page.request_id()).contains("invalidClientIdOrSecret"));
}

#[tokio::test]
async fn an_app_without_a_client_id_offers_no_qr_code_and_says_so() {
    let app = App::with(|settings| {
        let app = settings["apps"][0].as_object_mut().unwrap();
        app.retain(|key, _| !key.starts_with("client_"));
        app.insert("corp_secret".into(), json!("sample-corp-secret"));
    })
    .await;
    let mut browser = app.phone("zhangsan");
    let page = browser.opens_app().await;
    assert!(page.status == 200 && !page.body.contains("/login/dingtalk"), "{}", page.body);
    let page = browser.gets("/login/dingtalk").await;
    is_refused(&page, 404, "unknown-app");
    assert!(page.body.contains("client_id"), "{}", page.body);
}
