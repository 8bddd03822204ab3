//! From the code to the session, and every refusal on the way.

use std::collections::BTreeSet;

use miandeng::simulator::{Fault, FaultKind};
use reqwest::Method;
use serde_json::json;

use crate::harness::{App, CORP, Phone, log_line, whole_log};

fn fault(path: &str, times: usize, kind: FaultKind) -> Fault {
    Fault { path: path.into(), times, corp_id: None, client_id: None, kind }
}

fn errcode(path: &str, code: i64) -> Fault {
    fault(path, 1, FaultKind::Errcode { code, text: "simulated".into() })
}

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";

#[tokio::test]
async fn an_employee_taps_the_icon_and_is_in() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let answer = phone.signs_in().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"userid": "zhangsan", "name": "张三", "corpid": CORP, "redirect": "/home"}));
    let cookie = answer.header("set-cookie");
    for part in ["__Host-miandeng=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let home = phone.gets("/home").await;
    assert!(
        home.body.contains("张三") && home.body.contains("钉钉 iPhone 版") && home.body.contains("<dd>7.8.1</dd>"),
        "{}",
        home.body
    );
    let again = phone.opens_app().await;
    assert_eq!((again.status, again.header("location")), (303, "/home"), "no page for who is in");
    assert!(app.db_user("zhangsan").await.unwrap().last_signed_in_at.is_some());
}

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
async fn who_is_not_in_the_table_is_refused_and_the_log_says_who() {
    let app = App::start().await;
    let answer = app.phone("lisi").signs_in().await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "not-listed"));
    assert!(answer.all("set-cookie").is_empty());
    assert!(log_line(answer.request_id()).contains("userid=\"lisi\" name=\"李四\""));
    assert_eq!(app.db_user("lisi").await, None);
}

#[tokio::test]
async fn a_name_in_the_log_commands_no_terminal() {
    let app = App::start().await;
    app.simulator.edit_corp(CORP, |corp| {
        let employee = corp.employees.iter_mut().find(|employee| employee.userid == "lisi").unwrap();
        employee.name = "李\u{1b}[2J\u{202e}四\nstatus=200".into();
    });
    let answer = app.phone("lisi").signs_in().await;
    assert_eq!(answer.problem(), "not-listed");
    let line = log_line(answer.request_id());
    assert!(line.contains(r#"name="李\u{1b}[2J\u{202e}四\nstatus=200""#), "{line}");
}

#[tokio::test]
async fn who_is_disabled_is_refused_even_with_a_valid_code() {
    let app = App::start().await;
    app.db_disable("zhangsan").await;
    let answer = app.phone("zhangsan").signs_in().await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "disabled"));
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn who_is_disabled_while_dingtalk_is_being_asked_gets_no_session() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (code, state) = (phone.code(), phone.opens_app().await.state());
    app.simulator.fault(fault(EXCHANGE, 1, FaultKind::Delay(300)));
    let mut asking = phone.clone();
    let asking = tokio::spawn(async move { asking.sends_code(&code, &state).await });
    while app.simulator.calls(EXCHANGE) == 0 {
        tokio::task::yield_now().await;
    }
    app.db_disable("zhangsan").await;
    assert_eq!(asking.await.unwrap().problem(), "disabled");
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

#[tokio::test]
async fn who_fails_too_often_waits_and_nobody_else_does() {
    let app = App::start().await;
    let (mut attacker, mut colleague) = (app.phone("lisi"), app.phone("zhangsan"));
    attacker.headers = vec![("X-Forwarded-For", "203.0.113.7".into())];
    colleague.headers = vec![("X-Forwarded-For", "198.51.100.7".into())];
    let mut last = attacker.posts("/userinfo", &[("code", "x")]).await;
    for _ in 0..100 {
        if last.status == 429 {
            break;
        }
        last = attacker.posts("/userinfo", &[("code", "x")]).await;
    }
    assert_eq!(last.problem(), "rate-limited");
    let wait: u64 = last.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    colleague.is_signed_in().await;
    let mut neighbour = app.phone("zhangsan");
    neighbour.headers = attacker.headers.clone();
    neighbour.is_signed_in().await;
    app.clock.advance(i64::try_from(wait).unwrap());
    assert_ne!(attacker.posts("/userinfo", &[("code", "x")]).await.status, 429);
}

#[tokio::test]
async fn while_many_addresses_try_codes_of_a_corp_its_people_get_in() {
    let app = App::start().await;
    let tries = async |network: u8| {
        let mut attacker = app.phone("lisi");
        let mut barred = false;
        for i in 0..1000 {
            attacker.headers = vec![("X-Forwarded-For", format!("2001:db8:{network}:{:x}::{i:x}", i % 16))];
            attacker.cookies.clear();
            let state = attacker.opens_app().await.state();
            let answer = attacker.sends_code(&format!("{network:08x}{i:08x}"), &state).await;
            assert!([401, 429].contains(&answer.status), "{}", answer.body);
            barred |= answer.status == 429;
            if barred {
                break;
            }
        }
        barred
    };
    let barred = futures::future::join_all((0..8).map(tries)).await;
    assert!(barred.into_iter().all(|barred| barred), "each of the attacking networks waits sooner or later");
    for address in ["192.0.2.1", "2001:db8:ff::1"] {
        let mut employee = app.phone("zhangsan");
        employee.headers = vec![("X-Forwarded-For", address.into())];
        employee.is_signed_in().await;
    }
}

#[tokio::test]
async fn a_forged_forwarded_address_from_a_stranger_does_not_dodge_the_limit() {
    let app = App::with(|settings| settings["trusted_proxies"] = json!(["10.0.0.0/8"])).await;
    let mut attacker = app.phone("lisi");
    let mut statuses = BTreeSet::new();
    for i in 0..100 {
        attacker.headers = vec![("X-Forwarded-For", format!("203.0.113.{i}")), ("X-Real-IP", format!("192.0.2.{i}"))];
        statuses.insert(attacker.posts("/userinfo", &[("code", "x")]).await.status);
    }
    assert_eq!(statuses, BTreeSet::from([403, 429]));
}

#[tokio::test]
async fn each_way_dingtalk_refuses_has_its_type_its_status_and_its_cure() {
    let app = App::with(|settings| settings["default_locale"] = json!("en")).await;
    let mut phone = app.phone("zhangsan");
    let refused = |code: i64, cure: &'static str| (errcode(EXCHANGE, code), 502, "dingtalk-refused", Some(code), cure);
    let down = |kind: FaultKind| (fault(EXCHANGE, 1, kind), 503, "dingtalk-unreachable", None, "Wait a moment");
    let cases = [
        refused(60020, "服务器出口IP"),
        refused(60011, "权限管理"),
        refused(50002, "可见范围"),
        refused(40035, "parameter"),
        refused(99999, "全局错误码"),
        (errcode(EXCHANGE, 40078), 401, "code-invalid", Some(40078), "Try again. Administrators"),
        (errcode(EXCHANGE, 90018), 503, "dingtalk-unreachable", Some(90018), "Wait a moment"),
        (
            fault(EXCHANGE, 1, FaultKind::SubCode { sub_code: "60011".into(), sub_msg: "no permission".into() }),
            502,
            "dingtalk-refused",
            Some(60011),
            "权限管理",
        ),
        down(FaultKind::Html),
        down(FaultKind::Banned),
        down(FaultKind::Status(502)),
        down(FaultKind::Reset),
        (fault(EXCHANGE, 1, FaultKind::Garbage), 502, "dingtalk-refused", None, "administrator"),
        (fault(EXCHANGE, 1, FaultKind::Endless), 502, "dingtalk-refused", None, "administrator"),
        (fault(EXCHANGE, 1, FaultKind::Redirect(app.url("/healthz"))), 502, "dingtalk-refused", None, "administrator"),
    ];
    for (misbehaviour, status, word, code, cure) in cases {
        let what = format!("{misbehaviour:?}");
        app.simulator.fault(misbehaviour);
        let answer = phone.signs_in().await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, word), "{what}");
        let problem = answer.json();
        assert_eq!(problem["errcode"].as_i64(), code, "{what}");
        assert!(problem["hint"].as_str().unwrap().contains(cure), "{what}: {problem}");
        assert_eq!(answer.header("retry-after").is_empty(), status != 503, "{what}");
        assert!(log_line(answer.request_id()).contains("cause="), "{what}");
    }
    phone.is_signed_in().await;
}

#[tokio::test]
async fn an_answer_without_a_usable_userid_signs_nobody_in() {
    let app = App::start().await;
    app.db_add("null", "Null").await;
    app.db_add("0", "Zero").await;
    let long = "x".repeat(10_000);
    for userid in
        ["null", "0", "7", "[\"zhangsan\"]", "{}", "\"\"", "\"zhang\\r\\nsan\"", "\"a,b\"", &format!("\"{long}\"")]
    {
        let body = format!(r#"{{"errcode":0,"errmsg":"ok","result":{{"userid":{userid}}}}}"#);
        app.simulator.fault(fault(EXCHANGE, 1, FaultKind::Body(body)));
        assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "dingtalk-refused", "{userid}");
    }
    for body in [r#"{"errcode":0}"#, r#"{"errcode":0,"result":null}"#, r#"{"errcode":0,"userid":"zhangsan"}"#, "null"] {
        app.simulator.fault(fault(EXCHANGE, 1, FaultKind::Body(body.into())));
        assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "dingtalk-refused", "{body}");
    }
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn only_the_very_same_userid_is_the_same_person() {
    let app = App::start().await;
    app.db_add("é", "composed").await;
    for twin in ["Zhangsan", "ZHANGSAN", "ｚhangsan", "e\u{301}", "zhangsan\u{200b}"] {
        let body = format!(r#"{{"errcode":"0","result":{{"userid":"{twin}"}}}}"#);
        app.simulator.fault(fault(EXCHANGE, 1, FaultKind::Body(body)));
        assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "not-listed", "{twin}");
    }
    app.db_add_to("dingothercorp", "lisi", "the other corp's 李四").await;
    assert_eq!(app.phone("lisi").signs_in().await.problem(), "not-listed", "the same userid in another corp");
}

#[tokio::test]
async fn an_employee_who_is_unknown_is_created_with_details_if_the_settings_say_so() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    let mut phone = app.phone("lisi");
    phone.is_signed_in().await;
    let user = app.db_user("lisi").await.unwrap();
    assert_eq!((user.name.as_str(), user.source.as_str()), ("李四", "dingtalk"));
    assert_eq!(user.unionid.as_deref(), Some("union-lisi"));
    assert_eq!(user.mobile.as_deref(), Some("13800000002"));
    assert_eq!(user.email.as_deref(), Some("lisi@example.com"));
    assert_eq!(user.title.as_deref(), Some("研发主管"));
    assert_eq!(user.department.as_deref(), Some("研发部;研发部/后端组"));

    app.db_disable("lisi").await;
    assert_eq!(app.phone("lisi").signs_in().await.problem(), "disabled", "a disabled row is never made anew");
    let details = app.simulator.calls("/topapi/v2/user/get");
    app.phone("zhangsan").is_signed_in().await;
    assert_eq!(app.simulator.calls("/topapi/v2/user/get"), details, "who is known costs no second call");
}

#[tokio::test]
async fn a_newcomer_whose_details_cannot_be_read_is_not_half_created() {
    let app = App::with(|settings| settings["unknown_users"] = json!("create")).await;
    app.simulator.fault(errcode("/topapi/v2/user/get", 60011));
    assert_eq!(app.phone("lisi").signs_in().await.problem(), "dingtalk-refused");
    assert_eq!(app.db_user("lisi").await, None);
    app.simulator.fault(errcode("/topapi/v2/department/listsub", 60011));
    app.phone("lisi").is_signed_in().await;
    assert_eq!(app.db_user("lisi").await.unwrap().department, None, "departments need a permission of their own");
}

#[tokio::test]
async fn a_newcomer_does_not_wait_for_a_directory_that_has_no_end() {
    let app = App::with(|settings| {
        settings["unknown_users"] = json!("create");
        settings["dingtalk"]["timeout"] = json!("2s");
    })
    .await;
    // A chain of departments, each answer as slow as it may be.
    for id in 2..40 {
        let body = json!({ "errcode": 0, "result": [{ "dept_id": id * 1000, "name": "部" }] });
        app.simulator.fault(fault("/topapi/v2/department/listsub", 1, FaultKind::Delay(400)));
        app.simulator.fault(fault("/topapi/v2/department/listsub", 1, FaultKind::Body(body.to_string())));
    }
    app.phone("lisi").is_signed_in().await;
    assert_eq!(app.db_user("lisi").await.unwrap().department, None, "nothing is guessed from half a tree");
    let asked = app.simulator.calls("/topapi/v2/department/listsub");
    assert!(asked < 30, "{asked} calls");
}

#[tokio::test]
async fn after_sign_in_the_person_lands_where_they_wanted_if_that_is_ours() {
    let app = App::with(|settings| settings["allowed_return_hosts"] = json!(["bi.example.com"])).await;
    let cases = [
        ("/reports?q=张三#top", "https://app.example.com/reports?q=%E5%BC%A0%E4%B8%89#top"),
        ("https://bi.example.com/x", "https://bi.example.com/x"),
        ("//evil.com", "/home"),
        ("/\\evil.com", "/home"),
        ("/\t/evil.com", "/home"),
        ("/%09/evil.com", "/home"),
        ("https:evil.com", "/home"),
        ("https://app.example.com@evil.com/", "/home"),
        ("https://app。example。com/", "/home"),
        ("javascript:alert(1)", "/home"),
    ];
    for (wanted, expected) in cases {
        let mut phone = app.phone("zhangsan");
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", wanted).finish();
        let page = phone.gets(&format!("/?corpid={CORP}&{query}")).await;
        let (code, state) = (phone.code(), page.state());
        let fields = [("code", code.as_str()), ("state", &state), ("return_to", wanted)];
        assert_eq!(phone.posts("/userinfo", &fields).await.json()["redirect"], expected, "{wanted}");
        let again = phone.gets(&format!("/?corpid={CORP}&{query}")).await;
        assert_eq!((again.status, again.header("location")), (303, expected), "{wanted}");
        let twice = phone.gets(&format!("/?return_to=/a&{query}")).await;
        assert_eq!(twice.header("location"), "/home", "given twice: {wanted}");
    }
}

#[tokio::test]
async fn two_hundred_people_at_once_get_their_own_name_and_return_address() {
    let app = App::start().await;
    for i in 0..200 {
        let userid = format!("worker{i}");
        app.simulator.add_employee(
            CORP,
            miandeng::simulator::Employee {
                userid: userid.clone(),
                unionid: format!("union-{userid}"),
                name: format!("员工{i}"),
                ..Default::default()
            },
        );
        app.db_add(&userid, &format!("员工{i}")).await;
    }
    app.simulator.fault(fault(EXCHANGE, usize::MAX, FaultKind::RandomDelay { up_to_ms: 300 }));
    let people = (0..200).map(|i| {
        let mut phone: Phone = app.phone(&format!("worker{i}"));
        tokio::spawn(async move {
            let (state, code) = (phone.opens_app().await.state(), phone.code());
            let return_to = format!("/desk/{i}");
            let fields = [("code", code.as_str()), ("state", &state), ("return_to", &return_to)];
            let answer = phone.posts("/userinfo", &fields).await.json();
            assert_eq!(answer["userid"], format!("worker{i}"));
            assert_eq!(answer["name"], format!("员工{i}"));
            assert_eq!(answer["redirect"], format!("https://app.example.com/desk/{i}"));
            assert!(phone.gets("/home").await.body.contains(&format!("<dd>worker{i}</dd>")));
        })
    });
    for person in people.collect::<Vec<_>>() {
        person.await.unwrap();
    }
    assert_eq!(app.simulator.calls("/gettoken"), 1);
}

#[tokio::test]
async fn no_secret_reaches_a_page_an_error_or_the_log_whatever_fails() {
    let app = App::start().await;
    let mut seen = String::new();
    let mut codes = Vec::new();
    for kind in [
        FaultKind::Errcode { code: 40014, text: "token bad".into() },
        FaultKind::Errcode { code: 60020, text: "ip".into() },
        FaultKind::Garbage,
        FaultKind::Reset,
        FaultKind::Status(500),
    ] {
        for path in ["/gettoken", "/get_jsapi_ticket", EXCHANGE] {
            app.clock.advance(7300);
            app.simulator.fault(fault(path, 4, kind.clone()));
            let mut phone = app.phone("zhangsan");
            let page = phone.opens_app().await;
            seen.push_str(&page.body);
            if page.status == 200 {
                let code = phone.code();
                seen.push_str(&phone.sends_code(&code, &page.state()).await.body);
                seen.push_str(&phone.gets(&format!("/userinfo?code={code}&state=x")).await.body);
                codes.push(code);
            }
            codes.extend(phone.cookies.into_values());
            app.simulator.clear_faults();
        }
    }
    let mut reader = app.pools.read().await.unwrap();
    codes.extend(
        sqlx::query_scalar::<_, String>("SELECT value FROM credentials").fetch_all(&mut *reader).await.unwrap(),
    );
    codes.push(crate::harness::CLIENT_SECRET.to_owned());
    let everything = seen + &whole_log();
    assert!(codes.len() > 5);
    for secret in codes {
        assert!(!everything.contains(&secret), "{secret}");
    }
}
