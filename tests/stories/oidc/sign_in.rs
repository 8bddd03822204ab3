use serde_json::{Value, json};

use super::{
    app_side::{GRAFANA, SPA, VAULT, WIKI, goes_through_sign_in, read, userinfo},
    deployment, deployment_with, query,
};
use crate::{
    handover::makes_a_link,
    harness::{App, CORP, PUBLIC_URL, log_line, whole_log},
};
use miandeng::users::{Change, Role};

async fn trail(app: &App, event: &'static str) -> Vec<(String, String, String, String)> {
    let mut reader = app.pools.read().await.unwrap();
    let rows = "SELECT userid, app, actor, detail FROM audit WHERE event = $1 ORDER BY id";
    miandeng::db::query_as(rows).bind(event).fetch_all(&mut reader).await.unwrap()
}

#[tokio::test]
async fn an_employee_who_opens_an_app_is_in_it_and_the_app_knows_who_it_is() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    // Nobody is signed in, so the way leads over the sign-in page, and comes back by itself.
    let answer = GRAFANA.is_answered(&mut phone, &[]).await;
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("state-1", PUBLIC_URL));
    let tokens = GRAFANA.redeems(&app, &answer["code"], &[]).await;
    assert_eq!((tokens.status, tokens.header("content-type")), (200, "application/json"));
    assert_eq!((tokens.header("cache-control"), tokens.header("pragma")), ("no-store", "no-cache"));
    let tokens = tokens.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(1800)));
    assert_eq!(
        (&tokens["scope"], &tokens["refresh_token"]),
        (&json!("openid profile email phone groups"), &Value::Null)
    );

    let (header, id) = read(&app, tokens["id_token"].as_str().unwrap(), "grafana").await;
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &Value::Null));
    let now = app.clock.now();
    assert_eq!(id["sub"], json!(format!("{CORP}:zhangsan")));
    assert_eq!((&id["iat"], &id["exp"], &id["auth_time"]), (&json!(now), &json!(now + 1800), &json!(now)));
    assert_eq!((&id["nonce"], &id["amr"], &id["corp_id"]), (&json!("nonce-1"), &json!(["dingtalk"]), &json!(CORP)));
    assert!(id["sid"].as_str().is_some_and(|sid| sid.len() == 32) && id["at_hash"].is_string());
    assert_eq!(id["groups"], json!(["研发部/后端组", "财务"]));

    let (header, access) = read(&app, tokens["access_token"].as_str().unwrap(), PUBLIC_URL).await;
    assert_eq!((&header["typ"], &access["client_id"]), (&json!("at+jwt"), &json!("grafana")));

    let told = userinfo(&app, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!((told.status, told.header("cache-control")), (200, "no-store"));
    let told = told.json();
    let updated_at = app.db_user("zhangsan").await.unwrap().updated_at;
    assert_eq!(
        told,
        json!({
            "sub": format!("{CORP}:zhangsan"), "corp_id": CORP, "name": "张三", "preferred_username": "zhangsan",
            "updated_at": updated_at, "email": "zhangsan@example.com", "email_verified": false,
            "phone_number": "+8613800000000", "groups": ["研发部/后端组", "财务"],
        })
    );
    let rows = trail(&app, "client-signed-in").await;
    let [(userid, client, actor, detail)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((userid.as_str(), client.as_str(), actor.as_str()), ("zhangsan", "Grafana", "zhangsan"));
    assert_eq!(detail, r#"{"client":"Grafana"}"#);
}

#[tokio::test]
async fn the_second_app_asks_nobody_for_anything() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let answer = phone.gets(&GRAFANA.request(&[])).await;
    assert_eq!(answer.status, 303);
    let there = answer.header("location");
    assert!(there.starts_with(GRAFANA.redirect_uri), "{there}");
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    // Its address has a query of its own.
    let answer = phone.gets(&WIKI.request(&[])).await;
    let fields = query(answer.header("location"));
    assert_eq!((fields["tenant"].as_str(), fields["state"].as_str()), ("1", "state-1"));
}

#[tokio::test]
async fn each_app_gets_the_algorithm_and_the_scopes_that_it_asks_for() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for (party, alg) in [(WIKI, "ES256"), (SPA, "EdDSA")] {
        let tokens = party.signs_in(&app, &mut phone, &[("scope", "openid email unknown")]).await;
        assert_eq!(tokens["scope"], json!("openid email"));
        let (header, id) = read(&app, tokens["id_token"].as_str().unwrap(), party.client_id).await;
        assert_eq!((&header["alg"], &id["name"], &id["groups"]), (&json!(alg), &Value::Null, &Value::Null));
        assert_eq!(id["email_verified"], json!(party.client_id == "wiki"), "the operator vouches for the addresses");
        let told = userinfo(&app, tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!((&told["email"], &told["phone_number"]), (&json!("zhangsan@example.com"), &Value::Null));
    }
    let bare = GRAFANA.signs_in(&app, &mut phone, &[("scope", "openid"), ("nonce", "(none)")]).await;
    let told = userinfo(&app, bare["access_token"].as_str().unwrap()).await.json();
    assert_eq!(told, json!({"sub": format!("{CORP}:zhangsan"), "corp_id": CORP}));
    let (_, id) = read(&app, bare["id_token"].as_str().unwrap(), "grafana").await;
    assert_eq!(id["nonce"], Value::Null);
}

#[tokio::test]
async fn an_app_that_posts_its_request_is_answered_alike() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (_, form) = GRAFANA.request(&[]).split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    // A browser sends no cookies along with another site's form.
    let mut foreign = app.phone("zhangsan");
    let request = foreign
        .request(reqwest::Method::POST, "/oauth2/authorize")
        .header("Origin", "https://grafana.example.com")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let answer = foreign.sends(request).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let answer = phone.gets(answer.header("location")).await;
    assert!(query(answer.header("location")).contains_key("code"), "{}", answer.header("location"));
}

#[tokio::test]
async fn an_app_for_others_hears_that_access_is_denied_and_home_does_not_show_it() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let answer = VAULT.is_answered(&mut phone, &[]).await;
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "state-1"));
    assert_eq!(answer["iss"], PUBLIC_URL);
    let rows = trail(&app, "refused").await;
    assert!(rows.iter().any(|(userid, client, ..)| userid == "zhangsan" && client == "vault"), "{rows:?}");
    let home = phone.gets("/home").await.body;
    assert!(home.contains("https://grafana.example.com/login") && home.contains("打开 Grafana"), "{home}");
    assert!(!home.contains("vault"), "{home}");

    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    let tokens = VAULT.signs_in(&app, &mut phone, &[]).await;
    let told = userinfo(&app, tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(told["groups"], json!(["研发部/后端组", "财务", "role:admin"]));
    assert!(phone.gets("/home").await.body.contains("https://vault.example.com/"));
}

#[tokio::test]
async fn prompt_none_shows_nobody_a_page() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let asks = async |phone: &mut crate::harness::Phone, more: &[(&str, &str)]| {
        let answer = phone.gets(&GRAFANA.request(more)).await;
        query(answer.header("location"))
    };
    assert_eq!(asks(&mut phone, &[("prompt", "none")]).await["error"], "login_required");
    let tokens = GRAFANA.signs_in(&app, &mut phone, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap().to_owned();
    assert!(asks(&mut phone, &[("prompt", "none")]).await.contains_key("code"));
    assert!(asks(&mut phone, &[("prompt", "none"), ("id_token_hint", &hint)]).await.contains_key("code"));
    assert!(asks(&mut phone, &[("prompt", "consent")]).await.contains_key("code"), "there is nothing to consent to");
    for odd in ["x", "eyJhbGciOiJub25lIn0.e30.", tokens["access_token"].as_str().unwrap()] {
        let answer = asks(&mut phone, &[("prompt", "none"), ("id_token_hint", odd)]).await;
        assert_eq!(answer["error"], "login_required", "{odd}");
    }
    app.clock.advance(100);
    assert_eq!(asks(&mut phone, &[("prompt", "none"), ("max_age", "99")]).await["error"], "login_required");
    assert!(asks(&mut phone, &[("prompt", "none"), ("max_age", "100")]).await.contains_key("code"));

    app.db_add("lisi", "李四").await;
    let mut other = app.phone("lisi");
    other.is_signed_in().await;
    assert_eq!(asks(&mut other, &[("prompt", "none"), ("id_token_hint", &hint)]).await["error"], "login_required");
}

#[tokio::test]
async fn an_app_may_want_a_new_code_from_dingtalk_and_the_session_goes_on() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let first = GRAFANA.signs_in(&app, &mut phone, &[("scope", "openid offline_access")]).await;
    let (_, before) = read(&app, first["id_token"].as_str().unwrap(), "grafana").await;
    for more in [[("prompt", "login")], [("max_age", "0")], [("prompt", "select_account")], [("max_age", "5")]] {
        app.clock.advance(10);
        let cookies = phone.cookies.clone();
        let answer = phone.gets(&GRAFANA.request(&more)).await;
        let page = answer.header("location").to_owned();
        assert!(page.starts_with("/?again=1"), "{page}");
        // Whoever goes back without a sign-in is sent to it again.
        let fields = query(&format!("{PUBLIC_URL}{page}"));
        let unchanged = phone.gets(&fields["return_to"]).await;
        assert!(unchanged.header("location").starts_with("/?again=1"), "{}", unchanged.header("location"));

        let back = goes_through_sign_in(&mut phone, answer).await;
        assert_ne!(phone.cookies, cookies, "the cookie is another one");
        let code = query(back.header("location"))["code"].clone();
        let again = GRAFANA.redeems(&app, &code, &[]).await.json();
        let (_, after) = read(&app, again["id_token"].as_str().unwrap(), "grafana").await;
        assert_eq!(after["auth_time"], json!(app.clock.now()));
        assert_eq!(after["sid"], before["sid"], "it is the same session");
        let mut thief = app.phone("zhangsan");
        thief.cookies = cookies;
        assert_eq!(thief.gets("/home").await.status, 303, "the last cookie opens nothing any more");
    }
    assert_eq!(GRAFANA.refreshes(&app, first["refresh_token"].as_str().unwrap()).await.status, 200, "no app was told");
}

/// A mark from a browser in which nobody was signed in, made after the person's own sign-in.
#[tokio::test]
async fn another_browsers_way_to_the_sign_in_page_is_no_new_sign_in() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.clock.advance(10);
    for more in [("prompt", "login"), ("max_age", "5")] {
        let elsewhere = app.phone("zhangsan").gets(&GRAFANA.request(&[more])).await;
        let marked = query(&format!("{PUBLIC_URL}{}", elsewhere.header("location")))["return_to"].clone();
        assert!(marked.contains("miandeng_again="), "{marked}");
        let answer = phone.gets(&marked).await;
        assert!(answer.header("location").starts_with("/?again=1"), "{}", answer.header("location"));
    }
}

#[tokio::test]
async fn an_app_that_wants_a_sign_in_of_this_very_moment_gets_one_within_the_same_second() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let none = phone.gets(&GRAFANA.request(&[("max_age", "0"), ("prompt", "none")])).await;
    assert_eq!(query(none.header("location"))["error"], "login_required");
    let cookies = phone.cookies.clone();
    let answer = phone.gets(&GRAFANA.request(&[("max_age", "0")])).await;
    assert!(answer.header("location").starts_with("/?again=1"), "{}", answer.header("location"));
    let back = goes_through_sign_in(&mut phone, answer).await;
    assert!(query(back.header("location")).contains_key("code"), "{}", back.header("location"));
    assert_ne!(phone.cookies, cookies);
}

/// Whoever takes the sign-in to another browser has shown DingTalk nothing anew.
#[tokio::test]
async fn a_hand_over_is_no_new_sign_in() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let signed_in_at = app.clock.now();
    app.clock.advance(100);
    let mut browser = app.phone("zhangsan");
    let left = browser.gets(&GRAFANA.request(&[("prompt", "login")])).await;
    let marked = query(&format!("{PUBLIC_URL}{}", left.header("location")))["return_to"].clone();
    assert!(marked.contains("miandeng_again="), "{marked}");
    app.clock.advance(1);
    let (_, token) = makes_a_link(&mut phone).await;
    assert_eq!(browser.posts("/handover", &[("token", &token)]).await.status, 303);
    assert_eq!(browser.gets("/home").await.status, 200);
    for asked in [marked, GRAFANA.request(&[("prompt", "login")]), GRAFANA.request(&[("max_age", "100")])] {
        let answer = browser.gets(&asked).await;
        assert!(answer.header("location").starts_with("/?again=1"), "{}", answer.header("location"));
    }
    let tokens = GRAFANA.signs_in(&app, &mut browser, &[("max_age", "101")]).await;
    let (_, claims) = read(&app, tokens["id_token"].as_str().unwrap(), "grafana").await;
    assert_eq!(claims["auth_time"], json!(signed_in_at));
}

#[tokio::test]
async fn a_robot_that_looks_at_an_apps_address_is_given_no_code() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for more in [&[][..], &[("prompt", "login")], &[("redirect_uri", "https://evil.example/")]] {
        let head = phone.request(reqwest::Method::HEAD, &GRAFANA.request(more));
        let answer = phone.sends(head).await;
        assert_eq!((answer.status, answer.header("location")), (404, ""), "{more:?}");
        assert!(answer.all("set-cookie").is_empty());
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM oidc_grants").await, 0);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM client_sessions").await, 0);
    assert_eq!(phone.gets("/home").await.status, 200);
}

/// An ID token tells who somebody is: it is in no address of ours, on no page, and does not reach DingTalk.
#[tokio::test]
async fn whom_an_app_means_is_remembered_on_the_way_without_its_token() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let tokens = GRAFANA.signs_in(&app, &mut phone, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap().to_owned();
    app.clock.advance(10);
    app.db_add("lisi", "李四").await;
    for (userid, expected) in [("zhangsan", "code"), ("lisi", "error")] {
        let mut fresh = app.phone(userid);
        let answer = fresh.gets(&GRAFANA.request(&[("id_token_hint", &hint)])).await;
        let leaves = answer.header("location").to_owned();
        assert!(leaves.starts_with("/?") && !leaves.contains(&hint[..20]), "{leaves}");
        let back = goes_through_sign_in(&mut fresh, answer).await;
        assert!(query(back.header("location")).contains_key(expected), "{userid}: {}", back.header("location"));
    }
}

#[tokio::test]
async fn where_several_apps_are_configured_the_way_leads_to_one_of_them() {
    let app = deployment_with(|settings| {
        let mut second = settings["apps"][0].clone();
        (second["name"], second["agent_id"]) = (json!("second"), json!("100000002"));
        settings["apps"].as_array_mut().unwrap().push(second);
    })
    .await;
    let mut phone = app.phone("zhangsan");
    assert!(GRAFANA.is_answered(&mut phone, &[]).await.contains_key("code"));
    app.clock.advance(10);
    assert!(GRAFANA.is_answered(&mut phone, &[("prompt", "login")]).await.contains_key("code"));
}

#[tokio::test]
async fn an_app_may_choose_the_language_of_the_pages() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for (locales, lang) in [("en", "en"), ("fr en-GB zh", "en"), ("zh-TW", "zh-CN"), ("fr", "zh-CN")] {
        let answer = phone.gets(&GRAFANA.request(&[("ui_locales", locales)])).await;
        let page = phone.gets(answer.header("location")).await;
        assert!(page.body.contains(&format!("<html lang=\"{lang}\">")), "{locales}");
    }
}

#[tokio::test]
async fn behind_a_path_everything_stays_below_it() {
    let app = deployment_with(|settings| settings["base_path"] = json!("/_signin")).await;
    let mut phone = app.phone("zhangsan");
    let metadata = phone.gets("/_signin/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], json!(format!("{PUBLIC_URL}/_signin")));
    assert_eq!(metadata["token_endpoint"], json!(format!("{PUBLIC_URL}/_signin/oauth2/token")));
    let answer = phone.gets(&format!("/_signin{}", GRAFANA.request(&[]))).await;
    let there = answer.header("location");
    assert!(there.starts_with("/_signin/?"), "{there}");
    assert_eq!(phone.gets(&GRAFANA.request(&[])).await.status, 404);
}

#[tokio::test]
async fn no_code_token_or_secret_is_in_the_log_or_the_database() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let code = GRAFANA.is_given_a_code(&mut phone, &[("scope", "openid offline_access")]).await;
    let answer = GRAFANA.redeems(&app, &code, &[]).await;
    let line = log_line(answer.request_id());
    assert!(line.contains("Grafana") && line.contains("zhangsan"), "{line}");
    let tokens = answer.json();
    let secrets: Vec<String> = ["access_token", "refresh_token", "id_token"]
        .iter()
        .map(|name| tokens[name].as_str().unwrap().to_owned())
        .collect();
    GRAFANA.refreshes(&app, &secrets[1]).await;
    userinfo(&app, &secrets[0]).await;
    GRAFANA.redeems(&app, &code, &[]).await;
    let (log, bytes) = (whole_log(), app.db_bytes().await);
    let own = secrets[1].split('.').next_back().unwrap().to_owned();
    for secret in secrets.iter().chain([&code, &own, &GRAFANA.secret.unwrap().to_owned()]) {
        assert!(!log.contains(secret.as_str()), "{secret}");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}
