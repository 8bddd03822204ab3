use super::*;

#[rocket::async_test]
async fn a_page_gets_a_code_for_whoever_holds_the_phone() {
    let world = World::new().await;
    let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
    let people = world.post("/_client/code", question.clone()).await;
    assert_eq!(people["people"][0]["name"], "张三");
    let mut chosen = question.clone();
    chosen["person"] = json!("wangwu");
    assert!(world.post("/_client/code", chosen).await["code"].is_string());
    let code = text(&world.post("/_client/code", question.clone()).await, "code");
    assert_eq!(world.exchange(&world.token().await, &code).await["result"]["userid"], "wangwu");
    world.simulator.hold(Some("open-qianjiu"));
    let refused = world.post("/_client/code", question).await;
    assert_eq!(refused["errorMessage"], "1002,err msg uid is not in employee for orgid");
    let channel = json!({ "kind": "channel", "corpId": CORP, "url": "https://h.example/" });
    assert!(world.post("/_client/code", channel).await["code"].is_string());
}

#[rocket::async_test]
async fn a_page_on_a_host_that_no_app_has_registered_gets_no_code() {
    let world = World::new().await;
    world.simulator.hold(Some("lisi"));
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].domains = vec!["oa.example.com".into()]);
    let ask = |corp_id: &str, url: &str| {
        let question = json!({ "kind": "employee", "corpId": corp_id, "url": url });
        let world = &world;
        async move { world.post("/_client/code", question).await }
    };
    let refused = ask(CORP, "https://test.example.com/").await;
    assert_eq!(refused, json!({ "errorCode": "3", "errorMessage": "对应企业没有test.example.com域名微应用" }));
    assert!(ask(CORP, "https://oa.example.com/x").await["code"].is_string());
    assert_eq!(ask("", "https://oa.example.com/").await["errorMessage"], "1002 , corpId or redirectURI is blank");
    assert_eq!(ask("$CORPID$", "https://oa.example.com/").await["errorMessage"], "1002,corpId不合法");
}

#[rocket::async_test]
async fn of_several_apps_the_page_gets_a_code_for_the_one_it_names() {
    let mut company = Company::sample();
    let mut other = company.corps[0].apps[0].clone();
    (other.client_id, other.agent_id) = ("dingother".into(), "100000002".into());
    company.corps[0].apps.push(other);
    let world = World::with(company).await;
    world.simulator.hold(Some("lisi"));
    let other = text(&world.get(&format!("/gettoken?appkey=dingother&appsecret={SECRET}")).await, "access_token");
    for (question, for_other) in [
        (json!({ "kind": "employee", "corpId": CORP, "url": "https://h/?agentid=100000002" }), true),
        (json!({ "kind": "employee", "corpId": CORP, "url": "https://h/", "clientId": "dingother" }), true),
        (json!({ "kind": "employee", "corpId": CORP, "url": "https://h/" }), false),
    ] {
        let code = text(&world.post("/_client/code", question.clone()).await, "code");
        let fits = errcode(&world.exchange(&other, &code).await) == 0;
        assert_eq!(fits, for_other, "{question}");
    }
}

#[rocket::async_test]
async fn pages_of_any_origin_may_ask_but_not_on_behalf_of_another_page() {
    let world = World::new().await;
    world.simulator.hold(Some("lisi"));
    let ask = |origin: &str| {
        let question = json!({ "kind": "employee", "corpId": CORP, "url": "https://h.example/" });
        world.http.post(world.url("/_client/code")).header("Origin", origin).json(&question).send()
    };
    let answer = ask("https://h.example").await.expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(json_of(answer).await["code"].is_string());
    assert!(json_of(ask("https://evil.example").await.expect("an answer")).await.get("code").is_none());
}

#[rocket::async_test]
async fn the_script_knows_where_it_came_from() {
    let world = World::new().await;
    let path = world.url("/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js");
    let script = world.http.get(path).send().await.expect("an answer");
    assert!(script.headers()["content-type"].to_str().expect("text").contains("javascript"));
    let script = script.text().await.expect("a script");
    assert!(script.contains(&format!("'{}'", world.running.url())));
    assert!(!script.contains("{{"), "nothing is left to fill in");
}
