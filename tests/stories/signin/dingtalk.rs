//! What DingTalk refuses or answers oddly, and what of it nobody may read.

use miandeng::simulator::FaultKind;
use serde_json::json;

use super::{EXCHANGE, errcode, fault};
use crate::harness::{App, log_line, whole_log};

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
        miandeng::db::query_scalar::<String>("SELECT value FROM credentials").fetch_all(&mut reader).await.unwrap(),
    );
    codes.push(crate::harness::CLIENT_SECRET.to_owned());
    let everything = seen + &whole_log();
    assert!(codes.len() > 5);
    for secret in codes {
        assert!(!everything.contains(&secret), "{secret}");
    }
}
