use super::*;

#[rocket::async_test]
async fn everything_can_be_steered_over_http() {
    let world = World::new().await;
    let control = |method: Method, path: &str, body: Value| {
        let request = world.http.request(method, world.url(&format!("/_simulator/{path}"))).json(&body);
        async move { request.send().await.expect("an answer") }
    };
    let ask = json!({ "corp_id": CORP, "client_id": APP, "userid": "lisi" });
    let code = text(&json_of(control(Method::POST, "auth-code", ask.clone()).await).await, "code");
    let token = world.token().await;
    assert_eq!(world.exchange(&token, &code).await["result"]["userid"], "lisi");
    let code = text(&json_of(control(Method::POST, "auth-code", ask).await).await, "code");
    control(Method::POST, "clock", json!({ "advance_s": 300 })).await;
    assert_eq!(errcode(&world.exchange(&token, &code).await), 40078);

    let fault = json!({ "path": "/gettoken", "kind": "banned" });
    assert_eq!(control(Method::POST, "faults", fault.clone()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(world.get("/gettoken").await["status"], 1111);
    control(Method::POST, "faults", fault).await;
    control(Method::DELETE, "faults", json!({})).await;
    assert_eq!(errcode(&world.get("/gettoken").await), 40035);
    assert_eq!(world.get("/_simulator/calls").await["/gettoken"], 3);
    control(Method::DELETE, "calls", json!({})).await;
    assert_eq!(world.get("/_simulator/calls").await, json!({}));

    control(Method::POST, "void-tokens", json!({ "corp_id": CORP })).await;
    assert_eq!(errcode(&world.exchange(&token, "x").await), 40014);
    let new = json!({ "corp_id": CORP, "employee": { "userid": "new", "name": "新人" } });
    control(Method::POST, "employees", new).await;
    let company = world.get("/_simulator/company").await;
    assert!(company.to_string().contains("新人"));
    control(Method::DELETE, &format!("employees/{CORP}/new"), json!({})).await;
    assert!(!world.get("/_simulator/company").await.to_string().contains("新人"));
    let refused = control(Method::POST, "channel-code", json!({ "corp_id": CORP, "openid": "nobody" })).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[rocket::async_test]
async fn an_app_that_calls_too_often_is_refused_in_the_words_that_were_asked_for() {
    let world = World::new().await;
    let token = world.token().await;
    let limit = |method: Method, body: Value| {
        let request = world.http.request(method, world.url("/_simulator/limit")).json(&body);
        async move { assert_eq!(request.send().await.expect("an answer").status(), StatusCode::NO_CONTENT) }
    };
    for (words, code, sub_code) in [("app", 90018, ""), ("platform", 90002, ""), ("gateway", 88, "90018")] {
        limit(Method::POST, json!({ "per_second": 2, "answer": words })).await;
        for _ in 0..2 {
            assert_eq!(errcode(&world.exchange(&token, "x").await), 40078, "{words}");
        }
        let refused = world.exchange(&token, "x").await;
        assert_eq!((errcode(&refused), refused["sub_code"].as_str().unwrap_or_default()), (code, sub_code));
        assert_eq!(errcode(&world.post(&format!("/topapi/v2/user/get?access_token={token}"), json!({})).await), 400002);
        world.clock.advance(1);
    }
    limit(Method::DELETE, json!({})).await;
    for _ in 0..3 {
        assert_eq!(errcode(&world.exchange(&token, "x").await), 40078);
    }
}

#[rocket::async_test]
async fn the_page_shows_what_to_paste_and_hands_over_the_phone() {
    let world = World::new().await;
    let page = |language: &str| {
        let request = world.http.get(world.url("/")).header("Accept-Language", language);
        async move { request.send().await.expect("a page").text().await.expect("a page") }
    };
    let chinese = page("zh-CN,zh;q=0.9").await;
    assert!(chinese.contains("模拟钉钉"));
    assert!(chinese.contains(&format!("oapi_url  = \"{}\"", world.running.url())), "{chinese}");
    assert!(chinese.contains("client_secret = \"sample-client-secret\""));
    assert!(page("en").await.contains("Who holds the phone"));
    let hold = world.http.post(world.url("/_simulator/page/hold")).form(&[("person", "lisi")]).send().await;
    assert_eq!(hold.expect("an answer").status(), StatusCode::SEE_OTHER);
    assert_eq!(world.get("/_simulator/state").await["holder"], "lisi");
    let evil = world.http.post(world.url("/_simulator/page/hold")).header("Origin", "https://evil.example");
    let evil = evil.form(&[("person", "zhangsan")]).send().await.expect("an answer");
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
}

#[test]
fn a_company_file_needs_only_what_matters_and_a_typing_error_in_it_is_noticed() {
    let text = r#"{"corps":[{"corp_id":"dingx","apps":[{"client_id":"a","client_secret":"b","agent_id":"1"}],
                   "employees":[{"userid":"u","name":"N"}]}]}"#;
    let company: Company = serde_json::from_str(text).expect("a company");
    assert!(company.corps[0].apps[0].published && company.corps[0].employees[0].active);
    assert!(serde_json::from_str::<Company>(&text.replace("client_secret", "clientsecret")).is_err());
    let sample = serde_json::to_string(&Company::sample()).expect("JSON");
    assert_eq!(serde_json::from_str::<Company>(&sample).expect("a company"), Company::sample());
}
