//! DingTalk's refusals: what the employee sees, what the log says, and what the operator is told to do.

use miandeng::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{Answer, App, CORP, log_line};

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";
const SHOWN: &str = "https://app.example.com/?corpid=dingsamplecorp00000001";

async fn deployment(change: impl FnOnce(&mut Value)) -> App {
    App::with(|settings| {
        settings["default_locale"] = json!("en");
        change(settings);
    })
    .await
}

fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

fn errcode(path: &str, times: usize, code: i64, text: &str) -> Fault {
    fault(path, times, FaultKind::Errcode { code, text: text.into() })
}

#[track_caller]
fn log_tells(answer: &Answer, parts: &[&str]) {
    let line = log_line(answer.request_id());
    for part in parts {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[track_caller]
fn employee_sees(answer: &Answer, status: u16, word: &str, parts: &[&str]) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, word), "{}", answer.body);
    for part in parts {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
}

/// DingTalk judges the page's dd.config at the address that the client shows, and the page's script reports the error.
async fn dd_config_fails(app: &App, shown: &str) -> (Value, Answer) {
    let mut phone = app.phone("zhangsan");
    let page = phone.opens_app().await;
    let mut call = page.config();
    call["url"] = json!(shown);
    let verdict = reqwest::Client::new().post(app.dingtalk_url("/_client/config")).json(&call).send().await.unwrap();
    let verdict: Value = verdict.json().await.unwrap();
    let message = verdict["errorMessage"].as_str().unwrap_or_else(|| panic!("accepted: {verdict}")).to_owned();
    let config = page.config();
    let fields = [
        ("kind", "dd.error"),
        ("message", &message),
        ("signed", config["url"].as_str().unwrap()),
        ("state", config["state"].as_str().unwrap()),
    ];
    let report = phone.posts("/signin/report", &fields).await;
    assert_eq!(report.status, 204);
    let code = phone.code();
    assert_eq!(phone.sends_code(&code, &page.state()).await.status, 200, "it does not block the sign-in");
    (verdict, report)
}

#[tokio::test]
async fn error_52019_the_agent_id_of_another_app() {
    let app = deployment(|settings| settings["apps"][0]["agent_id"] = json!("300000001")).await;
    app.simulator.edit_corp(CORP, |corp| {
        let mut other = corp.apps[0].clone();
        (other.agent_id, other.client_id) = ("300000001".into(), "dingother".into());
        corp.apps.push(other);
    });
    let (_, report) = dd_config_fails(&app, SHOWN).await;
    log_tells(&report, &["errcode=52019", "client-report", "app=\"oa\"", "copy AgentId and Client ID"]);
}

#[tokio::test]
async fn error_5202x_a_service_window_that_is_set_up_as_a_micro_app() {
    let app = deployment(|settings| settings["apps"][0]["agent_id"] = json!("200000001")).await;
    let (verdict, report) = dd_config_fails(&app, SHOWN).await;
    let text = verdict["errorMessage"].as_str().unwrap();
    assert!(text.contains("520"), "{text}");
    log_tells(&report, &["errcode=520", "kind = \\\"channel\\\""]);
}

#[tokio::test]
async fn error_52013_the_client_shows_another_address_than_was_signed() {
    let app = deployment(|_| ()).await;
    let shown = SHOWN.replace("https://", "http://");
    let (_, report) = dd_config_fails(&app, &shown).await;
    log_tells(&report, &["errcode=52013", &format!("DingTalk saw \\\"{shown}\\\""), SHOWN, "public_url"]);
}

#[tokio::test]
async fn error_52013_although_the_addresses_are_the_same() {
    let app = deployment(|_| ()).await;
    let mut phone = app.phone("zhangsan");
    let page = phone.opens_app().await;
    let message = format!("权限校验失败 Code:52013 - Message: 签名校验失败,url:[{SHOWN}],ticketList:[aC7X***]");
    let fields = [("kind", "dd.error"), ("message", message.as_str()), ("signed", SHOWN), ("state", &page.state())];
    let report = phone.posts("/signin/report", &fields).await;
    log_tells(&report, &["which is what was signed", "no other program fetches tickets"]);
}

#[tokio::test]
async fn error_40078_a_code_that_dingtalk_does_not_know() {
    let app = deployment(|_| ()).await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let answer = phone.sends_code("0123456789abcdef", &state).await;
    employee_sees(&answer, 401, "code-invalid", &["40078", "Try again. Administrators"]);
    log_tells(&answer, &["errcode=40078", "不存在的临时授权码", "dingtalk_request_id=", "from one app"]);
    assert!(!log_line(answer.request_id()).contains("0123456789abcdef"));
}

#[tokio::test]
async fn errors_40014_and_42001_in_the_middle_of_a_sign_in_are_not_noticed() {
    for code in [40014, 42001] {
        let app = deployment(|_| ()).await;
        let mut phone = app.phone("zhangsan");
        let (state, auth_code) = (phone.opens_app().await.state(), phone.code());
        app.simulator.fault(errcode(EXCHANGE, 1, code, "不合法的access_token"));
        assert_eq!(phone.sends_code(&auth_code, &state).await.status, 200, "{code}");

        app.simulator.fault(errcode(EXCHANGE, 2, code, "不合法的access_token"));
        let answer = app.phone("zhangsan").signs_in().await;
        employee_sees(&answer, 502, "dingtalk-refused", &[&code.to_string()]);
        log_tells(&answer, &[&format!("errcode={code}"), "server's clock"]);
    }
}

#[tokio::test]
async fn error_88_is_named_by_its_sub_code() {
    let app = deployment(|_| ()).await;
    let kind = FaultKind::SubCode { sub_code: "60011".into(), sub_msg: "应用尚未开通所需的权限".into() };
    app.simulator.fault(fault(EXCHANGE, 1, kind));
    let answer = app.phone("zhangsan").signs_in().await;
    employee_sees(&answer, 502, "dingtalk-refused", &["60011", "权限管理"]);
    log_tells(&answer, &["errcode=60011", "应用尚未开通所需的权限", "权限管理"]);
}

#[tokio::test]
async fn error_60020_names_the_address_to_be_listed() {
    let app = deployment(|_| ()).await;
    app.simulator.edit_corp(CORP, |corp| corp.apps[0].egress_ips = vec!["203.0.113.9".into()]);
    let page = app.phone("zhangsan").opens_app().await;
    assert_eq!(page.status, 502, "a token is fetched all the same; the ticket is not: {}", page.body);
    assert!(page.body.contains("60020") && page.body.contains("服务器出口IP"), "{}", page.body);
    log_tells(&page, &["errcode=60020", "127.0.0.1", "服务器出口IP"]);
    assert_eq!(app.simulator.calls("/gettoken"), 1);
}

#[tokio::test]
async fn error_90018_asks_the_employee_to_wait_and_the_operator_to_look_around() {
    let app = deployment(|_| ()).await;
    app.simulator.fault(errcode(EXCHANGE, 1, 90018, "您的服务器调用钉钉开放平台当前接口的频率过高"));
    let answer = app.phone("zhangsan").signs_in().await;
    employee_sees(&answer, 503, "dingtalk-unreachable", &["90018", "Wait a moment"]);
    assert_eq!(answer.header("retry-after"), "5");
    log_tells(&answer, &["errcode=90018", "what else calls DingTalk with its key"]);
}

#[tokio::test]
async fn a_wrong_secret_is_told_on_the_page_before_any_code_is_asked_for() {
    let app = deployment(|settings| settings["apps"][0]["client_secret"] = json!("not-the-secret")).await;
    let page = app.phone("zhangsan").opens_app().await;
    assert_eq!(page.status, 502);
    assert!(page.body.contains("40096") && page.body.contains("client_secret"), "{}", page.body);
    log_tells(&page, &["errcode=40096", "published version"]);
}

#[tokio::test]
async fn no_answer_at_all_is_told_as_such() {
    let app = deployment(|settings| settings["dingtalk"]["oapi_url"] = json!("http://127.0.0.1:9")).await;
    let page = app.phone("zhangsan").opens_app().await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
    assert!(page.body.contains("DingTalk is not responding"), "{}", page.body);
    log_tells(&page, &["Connection refused", "DNS, firewall, proxy"]);
}

#[tokio::test]
async fn two_chinese_sentences_stand_together_and_two_english_ones_apart() {
    for (language, between) in [("zh-CN", "。钉钉返回错误码"), ("en", ". DingTalk returned")] {
        let app = App::with(|settings| settings["default_locale"] = json!(language)).await;
        let mut phone = app.phone("zhangsan");
        let state = phone.opens_app().await.state();
        let answer = phone.sends_code("0123456789abcdef", &state).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(between), "{detail}");
    }
}
