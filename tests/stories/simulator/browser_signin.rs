use super::*;

#[rocket::async_test]
async fn a_browser_sign_in_leads_back_with_a_code_that_names_the_person() {
    let world = World::new().await;
    let start = |scope: &str| {
        world.url(&format!(
            "/oauth2/auth?client_id={APP}&response_type=code&scope={scope}&state=a%26b&prompt=consent\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1"
        ))
    };
    let page = world.http.get(start("openid%20corpid")).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.expect("a page").contains("simulated_person=wangwu"));

    world.simulator.hold(Some("wangwu"));
    let back = location(world.http.get(start("openid%20corpid")).send().await.expect("a redirect"));
    let query: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!((query["x"].as_str(), query["state"].as_str()), ("1", "a&b"));
    assert_eq!(query["code"], query["authCode"]);
    let exchange = json!({
        "clientId": APP, "clientSecret": SECRET, "code": query["authCode"], "grantType": "authorization_code",
    });
    let person = world.post("/v1.0/oauth2/userAccessToken", exchange.clone()).await;
    assert_eq!((text(&person, "corpId"), person["expireIn"].as_i64()), (CORP.into(), Some(7200)));
    let spent = world.post("/v1.0/oauth2/userAccessToken", exchange).await;
    assert_eq!(text(&spent, "code"), "invalidParameter.authCode.notFound");

    let me = |token: String| {
        world.http.get(world.url("/v1.0/contact/users/me")).header("x-acs-dingtalk-access-token", token).send()
    };
    let known = json_of(me(text(&person, "accessToken")).await.expect("an answer")).await;
    assert_eq!((text(&known, "unionId"), text(&known, "nick")), ("union-wangwu".into(), "王五".into()));
    let app = me(world.token().await).await.expect("an answer");
    assert_eq!(app.status(), StatusCode::BAD_REQUEST);
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].denied_permissions = vec!["Contact.User.Read".into()]);
    let denied = me(text(&person, "accessToken")).await.expect("an answer");
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let denied = json_of(denied).await;
    assert_eq!(denied["accessdenieddetail"]["requiredScopes"], json!(["Contact.User.Read"]));
}

#[rocket::async_test]
async fn a_browser_sign_in_that_is_refused_says_so() {
    let world = World::new().await;
    world.simulator.edit_corp(CORP, |corp| corp.apps[0].redirect_urls = vec!["https://app.example/back".into()]);
    let go = |client: &str, uri: &str, rest: &str| {
        let path = format!("/oauth2/auth?client_id={client}&redirect_uri={uri}&state=s&{rest}");
        world.http.get(world.url(&path)).send()
    };
    let sound = "response_type=code&scope=openid";
    for (client, uri) in [("nobody", "https://app.example/back"), (APP, "https://evil.example/")] {
        assert_eq!(go(client, uri, sound).await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    }
    world.simulator.hold(Some("open-qianjiu"));
    for (rest, error) in [
        (sound, "access_denied"),
        ("response_type=token&scope=openid", "unsupported_response_type"),
        ("response_type=code&scope=email", "invalid_scope"),
    ] {
        let back = location(go(APP, "https://app.example/back", rest).await.expect("an answer"));
        assert_eq!(back.as_str(), format!("https://app.example/back?error={error}&state=s"));
    }
}

#[rocket::async_test]
async fn in_a_frame_the_page_around_it_is_told_where_to_go() {
    let world = World::new().await;
    let start = world.url(&format!(
        "/oauth2/auth?client_id={APP}&response_type=code&scope=openid&state=s&iframe=true\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fback"
    ));
    let choice = world.http.get(&start).send().await.expect("a page");
    let policy = choice.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(!policy.contains("frame-ancestors") && choice.headers().get("x-frame-options").is_none(), "{policy}");
    assert!(choice.text().await.expect("a page").contains("iframe=true&#38;redirect_uri"));
    world.simulator.hold(Some("wangwu"));
    let done = world.http.get(&start).send().await.expect("a page").text().await.expect("a page");
    assert!(done.contains("data-back=\"https://app.example/back?code=") && done.contains("frame.js"), "{done}");
}

fn location(response: Response) -> url::Url {
    assert_eq!(response.status(), StatusCode::FOUND);
    let text = response.headers()["location"].to_str().expect("text");
    url::Url::parse(text).expect("an address")
}
