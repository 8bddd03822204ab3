//! Who gets in, under which name, and where they land.

use miandeng::simulator::FaultKind;
use serde_json::json;

use super::{EXCHANGE, errcode, fault};
use crate::harness::{App, CORP, Phone, log_line};

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
