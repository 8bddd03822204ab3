//! Service windows (服务窗): followers sign in as employees.

use miandeng::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{Answer, App, CORP, Phone, log_line};

const BY_CODE: &str = "/channel/user/get_by_code";
const BY_UNIONID: &str = "/topapi/user/getbyunionid";

fn channel(settings: &mut Value) {
    let app = &mut settings["apps"][0];
    app["name"] = json!("window");
    app["kind"] = json!("channel");
    app["agent_id"] = json!("200000001");
    app["channel_secret"] = json!("sample-channel-secret");
}

async fn deployment() -> App {
    let app = App::with(channel).await;
    app.db_add("wangwu", "王五").await;
    app
}

async fn signs_in(app: &App, phone: &mut Phone, openid: &str) -> Answer {
    let page = phone.opens_app().await;
    assert_eq!(page.status, 200, "{}", page.body);
    let code = app.simulator.channel_code(CORP, openid).expect("a code");
    phone.sends_code(&code, &page.state()).await
}

fn fault(path: &str, times: usize, code: i64) -> Fault {
    let kind = FaultKind::Errcode { code, text: "simulated".into() };
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

#[tokio::test]
async fn a_follower_signs_in_as_the_employee_that_they_are() {
    let app = deployment().await;
    let mut phone = app.phone("wangwu");
    let page = phone.opens_app().await;
    assert_eq!((&page.config()["type"], &page.config()["agentId"]), (&json!(1), &json!("200000001")));
    let answer = signs_in(&app, &mut phone, "open-wangwu").await;
    assert_eq!(answer.json()["userid"], "wangwu", "{}", answer.body);
    assert!(phone.gets("/home").await.body.contains("王五"));
    assert_eq!((app.simulator.calls(BY_CODE), app.simulator.calls(BY_UNIONID)), (1, 1));
}

#[tokio::test]
async fn the_page_is_signed_with_the_windows_own_ticket() {
    let app = deployment().await;
    let mut config = app.phone("wangwu").opens_app().await.config();
    let shown = format!("https://app.example.com/?corpid={CORP}");
    config["url"] = json!(shown);
    let judged = reqwest::Client::new().post(app.dingtalk_url("/_client/config")).json(&config).send().await.unwrap();
    assert_eq!(judged.json::<Value>().await.unwrap(), json!({"ok": true}));
}

#[tokio::test]
async fn a_row_with_the_unionid_decides_without_asking_dingtalk_a_second_time() {
    let app = deployment().await;
    app.db_set_unionid("wangwu", "union-wangwu").await;
    let answer = signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
    assert_eq!(answer.json()["userid"], "wangwu", "{}", answer.body);
    assert_eq!(app.simulator.calls(BY_UNIONID), 0);

    app.db_set_unionid("zhangsan", "union-wangwu").await;
    let answer = signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
    assert_eq!(answer.json()["userid"], "wangwu", "two rows claim it: DingTalk decides");
    assert_eq!(app.simulator.calls(BY_UNIONID), 1);
}

#[tokio::test]
async fn an_external_contact_an_unfollowed_and_an_unknown_follower_are_each_told_what_they_are() {
    let app = deployment().await;
    app.simulator.edit_corp(CORP, |corp| {
        let window = corp.channel.as_mut().unwrap();
        let mut stranger = window.followers[0].clone();
        (stranger.openid, stranger.unionid) = ("open-stranger".into(), "union-stranger".into());
        window.followers.push(stranger);
    });
    let cases = [("open-qianjiu", "员工"), ("open-wushi", "关注服务窗"), ("open-stranger", "加入该企业")];
    for (openid, hint) in cases {
        let answer = signs_in(&app, &mut app.phone("x"), openid).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "not-listed"), "{openid}");
        assert!(answer.json()["hint"].as_str().unwrap().contains(hint), "{openid}: {}", answer.body);
    }
    app.simulator.add_employee(
        CORP,
        miandeng::simulator::Employee {
            userid: "newcomer".into(),
            unionid: "union-stranger".into(),
            name: "新人".into(),
            ..Default::default()
        },
    );
    let answer = signs_in(&app, &mut app.phone("x"), "open-stranger").await;
    assert_eq!(answer.problem(), "not-listed", "an employee by now, but not in the table");
    assert!(log_line(answer.request_id()).contains("userid=\"newcomer\""));
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_disabled_follower_is_refused() {
    let app = deployment().await;
    app.db_disable("wangwu").await;
    assert_eq!(signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await.problem(), "disabled");
}

#[tokio::test]
async fn an_answer_of_an_unknown_kind_of_contact_signs_nobody_in() {
    let app = deployment().await;
    let body = r#"{"errcode":0,"result":{"contact_type":0}}"#;
    let kind = FaultKind::Body(body.into());
    app.simulator.fault(Fault { path: BY_UNIONID.into(), times: 1, corp_id: None, client_id: None, kind });
    let answer = signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
    assert_eq!(answer.problem(), "not-listed", "no userid");
    for result in [r#"{"userid":"wangwu"}"#, r#"{"userid":"wangwu","contact_type":2}"#] {
        let kind = FaultKind::Body(format!(r#"{{"errcode":0,"result":{result}}}"#));
        app.simulator.fault(Fault { path: BY_UNIONID.into(), times: 1, corp_id: None, client_id: None, kind });
        let answer = signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
        assert_eq!(answer.problem(), "dingtalk-refused", "{result}");
    }
    for body in [r#"{"errcode":0,"subscribe":1}"#, r#"{"errcode":0,"subscribe":1,"unionid":7}"#] {
        let kind = FaultKind::Body(body.into());
        app.simulator.fault(Fault { path: BY_CODE.into(), times: 1, corp_id: None, client_id: None, kind });
        let answer = signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
        assert_eq!(answer.problem(), "dingtalk-refused", "{body}");
    }
}

#[tokio::test]
async fn the_two_tokens_live_and_die_apart() {
    let app = deployment().await;
    let tokens = || (app.simulator.calls("/gettoken"), app.simulator.calls("/channel/get_channel_token"));
    signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await;
    assert_eq!(tokens(), (1, 1));
    app.simulator.fault(fault(BY_CODE, 1, 42001));
    assert_eq!(signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await.status, 200);
    assert_eq!(tokens(), (1, 2), "the channel's alone was renewed");
    app.simulator.fault(fault(BY_UNIONID, 1, 40014));
    assert_eq!(signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await.status, 200);
    assert_eq!(tokens(), (2, 2), "the corp's alone was renewed");
    let app = app.restart().await;
    assert_eq!(signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await.status, 200);
    assert_eq!(app.simulator.calls("/channel/get_channel_token"), 2, "both outlive a restart");
}

#[tokio::test]
async fn a_micro_apps_code_is_none_of_the_windows_and_the_reverse() {
    let app = deployment().await;
    let mut phone = app.phone("wangwu");
    let state = phone.opens_app().await.state();
    assert_eq!(phone.sends_code(&phone.code(), &state).await.problem(), "code-invalid");
    let micro = App::start().await;
    let mut phone = micro.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let code = micro.simulator.channel_code(CORP, "open-wangwu").unwrap();
    assert_eq!(phone.sends_code(&code, &state).await.problem(), "code-invalid");
}

#[tokio::test]
async fn a_followed_newcomer_is_created_if_the_settings_say_so() {
    let app = App::with(|settings| {
        channel(settings);
        settings["unknown_users"] = json!("create");
    })
    .await;
    assert_eq!(signs_in(&app, &mut app.phone("wangwu"), "open-wangwu").await.json()["name"], "王五");
    assert_eq!(app.db_user("wangwu").await.unwrap().unionid.as_deref(), Some("union-wangwu"));
    assert_eq!(signs_in(&app, &mut app.phone("x"), "open-qianjiu").await.problem(), "not-listed");
}
