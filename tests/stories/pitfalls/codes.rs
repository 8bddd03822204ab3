//! What DingTalk's server refuses.

use miandeng::simulator::{Corp, Fault, FaultKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Deployment, log_says, page_says};
use crate::harness::{CORP, ends, program, text};

fn fault(path: &str, times: usize, code: i64, text: &str) -> Fault {
    let kind = FaultKind::Errcode { code, text: text.into() };
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

#[tokio::test]
async fn pitfall_6_a_code_is_sent_twice_or_is_another_apps() {
    let mut deployment = Deployment::start().await;
    let mut phone = deployment.app.phone("zhangsan");
    let (state, code) = (phone.opens_app().await.state(), phone.code());
    assert_eq!(phone.sends_code(&code, &state).await.status, 200);
    let mut phone = deployment.app.phone("zhangsan");
    let page = phone.opens_app().await;
    let answer = phone.sends_code(&code, &page.state()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "code-invalid"));
    log_says(&answer, &["DingTalk or this server rejected the auth code"]);

    deployment.app.simulator.edit_corp(CORP, |corp: &mut Corp| {
        let mut other = corp.apps[0].clone();
        (other.agent_id, other.client_id) = ("300000001".into(), "dingother".into());
        corp.apps.push(other);
    });
    let code = deployment.app.simulator.auth_code(CORP, Some("dingother"), "zhangsan").unwrap();
    let page = phone.opens_app().await;
    let answer = phone.sends_code(&code, &page.state()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "code-invalid"));
    assert_eq!(answer.json()["errcode"], 40078);
    page_says(&answer, &["40078", "DingTalk does not know this auth code", "no other app has the same domain"]);
    log_says(&answer, &["errcode=40078", "DingTalk does not know this auth code", "no other app has the same domain"]);
    deployment.doctor_says(&["(40078)", "(code-invalid)", "no other app has the same domain"], "不认这个免登码").await;
}

#[tokio::test]
async fn pitfall_7_the_servers_address_has_changed_while_a_token_was_good() {
    let mut deployment = Deployment::start().await;
    deployment.app.simulator.edit_corp(CORP, |corp| corp.apps[0].egress_ips = vec!["203.0.113.9".into()]);
    let answer = deployment.app.phone("zhangsan").signs_in().await;
    assert_eq!((answer.status, answer.problem().as_str()), (502, "dingtalk-refused"));
    let advice = "The address to add is 127.0.0.1. Add the address in DingTalk's message under 开发配置 > 安全设置 > 服务器出口IP.";
    assert!(answer.json()["hint"].as_str().unwrap().ends_with(advice), "{}", answer.body);
    page_says(&answer, &["60020", advice]);
    log_says(&answer, &["errcode=60020", advice]);
    let listed = "The address to add is 127.0.0.1.";
    deployment.doctor_says(&["dingtalk oa", "sign-ins oa", "(60020)", listed], "要添加的 IP 是 127.0.0.1。").await;
}

#[tokio::test]
async fn pitfall_13_a_permission_or_a_range_is_missing() {
    let mut deployment = Deployment::start().await;
    deployment.app.simulator.edit_corp(CORP, |corp| corp.apps[0].denied_permissions = vec!["qyapi_base".into()]);
    let answer = deployment.app.phone("zhangsan").signs_in().await;
    assert_eq!((answer.status, answer.problem().as_str()), (502, "dingtalk-refused"));
    page_says(&answer, &["60011", "The missing permission is qyapi_base.", "权限管理"]);
    log_says(&answer, &["errcode=60011", "The missing permission is qyapi_base."]);
    deployment.doctor_says(&["(60011)", "The missing permission is qyapi_base."], "缺少的权限是 qyapi_base。").await;

    let mut deployment = Deployment::start().await;
    deployment.app.simulator.edit_corp(CORP, |corp| corp.apps[0].authed_depts = vec![7]);
    deployment.app.simulator.fault(fault("/topapi/v2/user/getuserinfo", 1, 50002, "不在授权范围内"));
    let answer = deployment.app.phone("zhangsan").signs_in().await;
    page_says(&answer, &["50002", "可见范围"]);
    log_says(&answer, &["errcode=50002", "outside the app's range"]);
    deployment.doctor_says(&["only departments 7", "(50002)", "通讯录权限范围"], "通讯录权限范围").await;
}

#[tokio::test]
async fn pitfall_14_a_unionid_is_looked_up_with_another_kind_of_token() {
    let channel = |settings: &mut Value| {
        let mut window = settings["apps"][0].clone();
        window["name"] = json!("window");
        window["kind"] = json!("channel");
        window["agent_id"] = json!("200000001");
        window["channel_secret"] = json!("sample-channel-secret");
        settings["apps"].as_array_mut().unwrap().push(window);
    };
    let app = crate::harness::App::with(channel).await;
    let http = reqwest::Client::new();
    let get = async |path: String| {
        let answer = http.get(app.dingtalk_url(&path)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let token = format!("/channel/get_channel_token?corpid={CORP}&channel_secret=sample-channel-secret");
    let token = get(token).await["access_token"].as_str().unwrap().to_owned();
    let lookup = http.post(app.dingtalk_url(&format!("/topapi/user/getbyunionid?access_token={token}")));
    let refused: Value = lookup.json(&json!({ "unionid": "union-wangwu" })).send().await.unwrap().json().await.unwrap();
    let code = refused["errcode"].to_string();
    assert_eq!(code, "40014", "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let explained = text(&ends(program(folder.path(), &["explain", &code])).stdout);
    assert!(explained.contains("a service window's or a person's"), "{explained}");

    // Should it ever happen here, it is named as well.
    let mut window = app.phone("wangwu");
    let page = window.gets(&format!("/?corpid={CORP}&agentid=200000001")).await;
    app.simulator.fault(fault("/topapi/user/getbyunionid", 2, 40014, "不合法的access_token"));
    let code = app.simulator.channel_code(CORP, "open-wangwu").unwrap();
    let fields = [("code", &*code), ("corpid", CORP), ("agentid", "200000001"), ("state", &*page.state())];
    let answer = window.posts("/userinfo", &fields).await;
    assert_eq!((answer.status, answer.problem().as_str()), (502, "dingtalk-refused"), "{}", answer.body);
    page_says(&answer, &["40014", "access token"]);
    log_says(&answer, &["errcode=40014", "app=\"window\""]);
    app.db_change(
        "zhangsan",
        miandeng::users::Change { role: Some(miandeng::users::Role::Admin), ..Default::default() },
    )
    .await;
    let mut zhangsan = app.phone("zhangsan");
    let page = zhangsan.gets(&format!("/?corpid={CORP}&agentid=100000001")).await;
    let code = zhangsan.code();
    let fields = [("code", &*code), ("corpid", CORP), ("agentid", "100000001"), ("state", &*page.state())];
    assert_eq!(zhangsan.posts("/userinfo", &fields).await.status, 200);
    let mut deployment = Deployment { app, admin: zhangsan };
    deployment.doctor_says(&["sign-ins window", "(40014)"], "登录 window").await;
}

#[tokio::test]
async fn pitfall_15_events_are_sealed_for_another_owner() {
    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let mut deployment = Deployment::with(|settings| {
        settings["apps"][0]["events"] = json!("callback");
        settings["apps"][0]["event_token"] = json!("miandengToken");
        settings["apps"][0]["event_aes_key"] = json!(KEY);
    })
    .await;
    let simulator = &deployment.app.simulator;
    // Registered by the old call, not in the console: its owner is the corp, and not the app. The same secrets.
    simulator.edit_corp(CORP, |corp: &mut Corp| {
        let mut other = corp.apps[0].clone();
        (other.client_id, other.agent_id) = ("dinganotherapp".into(), "300000001".into());
        (other.event_token, other.event_aes_key) = ("miandengToken".into(), KEY.into());
        corp.apps.push(other);
    });
    let push = simulator.sealed("dinganotherapp", &json!({ "EventType": "check_url" }).to_string()).unwrap();
    let mut dingtalk = deployment.app.phone("nobody");
    let request = dingtalk.request(Method::POST, "/dingtalk/events/oa").query(&push.query).body(push.body);
    let answer = dingtalk.sends(request).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "event-refused"));
    log_says(&answer, &["dinganotherapp", "do not understand each other", "check client_id"]);
    deployment.doctor_says(&["do not understand each other", "(900004)"], "无法互认事件").await;
}
