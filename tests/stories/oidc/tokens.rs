//! What a code and a refresh token are good for, how often, and for whom.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    app_side::{CHALLENGE, GRAFANA, RelyingParty, SPA, VERIFIER, WIKI, userinfo},
    deployment, deployment_with,
};
use crate::{
    gate::Proxy,
    harness::{Answer, App},
};

fn error(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.body);
    let body = answer.json();
    assert!(body["error_description"].is_string(), "{body}");
    (answer.status, body["error"].as_str().unwrap().to_owned())
}

fn refused(status: u16, word: &str) -> (u16, String) {
    (status, word.to_owned())
}

async fn posts(app: &App, path: &str, header: Option<&str>, body: &str) -> Answer {
    let mut server = app.phone("nobody");
    let mut request = server.request(Method::POST, path).header("Content-Type", "application/x-www-form-urlencoded");
    if let Some(header) = header {
        request = request.header("Authorization", header);
    }
    server.sends(request.body(body.to_owned())).await
}

#[tokio::test]
async fn a_code_that_does_not_fit_is_refused_and_stays_good() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let code =
        GRAFANA.is_given_a_code(&mut phone, &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]).await;
    let invalid = refused(400, "invalid_grant");
    let fits = [("code_verifier", VERIFIER)];
    for (more, expected) in [
        (&[][..], &invalid),
        (&[("code_verifier", "")], &invalid),
        (&[("code_verifier", CHALLENGE)], &invalid),
        (&[("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX")], &invalid),
        (&[("code_verifier", VERIFIER), ("redirect_uri", "https://grafana.example.com/other")], &invalid),
        (&[("code_verifier", VERIFIER), ("code", "0")], &invalid),
        (&[("code_verifier", VERIFIER), ("redirect_uri", "(none)")], &refused(400, "invalid_request")),
        (&[("code_verifier", VERIFIER), ("code", "(none)")], &refused(400, "invalid_request")),
        (&[("code_verifier", VERIFIER), ("grant_type", "(none)")], &refused(400, "invalid_request")),
        (&[("code_verifier", VERIFIER), ("grant_type", "password")], &refused(400, "unsupported_grant_type")),
        (&[("code_verifier", VERIFIER), ("code", &code), ("code", &code)], &refused(400, "invalid_request")),
    ] {
        assert_eq!(&error(&GRAFANA.redeems(&app, &code, more).await), expected, "{more:?}");
    }
    // Another app's code.
    let stolen =
        WIKI.redeems(&app, &code, &[("redirect_uri", GRAFANA.redirect_uri), ("code_verifier", VERIFIER)]).await;
    assert_eq!(error(&stolen), invalid);
    // A failed authentication.
    let guess = RelyingParty { secret: Some("guess"), ..GRAFANA };
    assert_eq!(error(&guess.redeems(&app, &code, &fits).await), refused(401, "invalid_client"));
    assert_eq!(GRAFANA.redeems(&app, &code, &fits).await.status, 200);

    let without = GRAFANA.is_given_a_code(&mut phone, &[]).await;
    let downgraded = GRAFANA.redeems(&app, &without, &fits).await;
    assert_eq!(error(&downgraded), invalid, "somebody took the challenge away");
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let (first, second) =
        (GRAFANA.is_given_a_code(&mut phone, &[]).await, GRAFANA.is_given_a_code(&mut phone, &[]).await);
    app.clock.advance(59);
    assert_eq!(GRAFANA.redeems(&app, &first, &[]).await.status, 200);
    app.clock.advance(1);
    assert_eq!(error(&GRAFANA.redeems(&app, &second, &[]).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn a_code_used_twice_takes_back_what_it_gave() {
    let app = deployment().await;
    let other = app.second().await;
    let mut phone = app.phone("zhangsan");
    let code = GRAFANA.is_given_a_code(&mut phone, &[("scope", "openid offline_access")]).await;
    let tokens = GRAFANA.redeems(&app, &code, &[]).await.json();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(userinfo(&app, access).await.status, 200);
    assert_eq!(error(&GRAFANA.redeems(&other, &code, &[]).await), refused(400, "invalid_grant"));
    assert_eq!(userinfo(&app, access).await.status, 401);
    assert_eq!(error(&GRAFANA.refreshes(&app, refresh).await), refused(400, "invalid_grant"));
    assert!(!GRAFANA.is_active(&app, access).await && !GRAFANA.is_active(&app, refresh).await);
}

#[tokio::test]
async fn of_many_who_redeem_a_code_at_once_one_wins_at_the_most() {
    let app = deployment().await;
    let other = app.second().await;
    let mut phone = app.phone("zhangsan");
    let code = GRAFANA.is_given_a_code(&mut phone, &[]).await;
    let all = join_all((0..20).map(|i| GRAFANA.redeems(if i % 2 == 0 { &app } else { &other }, &code, &[]))).await;
    let good: Vec<_> = all.iter().filter(|answer| answer.status == 200).collect();
    assert!(good.len() <= 1, "{}", good.len());
    assert!(all.iter().all(|answer| answer.status == 200 || answer.status == 400));
    for answer in good {
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(userinfo(&app, &token).await.status, 401, "the others took it back");
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_used_one_kills_its_family() {
    let app = deployment().await;
    let other = app.second().await;
    let mut phone = app.phone("zhangsan");
    let offline = [("scope", "openid profile offline_access")];
    let first = GRAFANA.signs_in(&app, &mut phone, &offline).await;
    let mut last = first["refresh_token"].as_str().unwrap().to_owned();
    for server in [&app, &other, &app] {
        let next = GRAFANA.refreshes(server, &last).await;
        assert_eq!(next.status, 200, "{}", next.body);
        let next = next.json();
        assert_eq!(userinfo(&app, next["access_token"].as_str().unwrap()).await.json()["name"], json!("张三"));
        assert!(next["id_token"].is_string());
        last = next["refresh_token"].as_str().unwrap().to_owned();
    }
    // Another app, or a guess, has no part in it.
    assert_eq!(error(&WIKI.refreshes(&app, &last).await), refused(400, "invalid_grant"));
    for guess in ["", "x", &last[1..], &format!("{}.{}", "0".repeat(32), "0".repeat(64)), "a.b"] {
        let answer = GRAFANA.refreshes(&app, guess).await;
        assert_eq!(answer.status, 400, "{guess}");
    }
    let access = GRAFANA.refreshes(&app, &last).await.json();
    let newest = access["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(error(&GRAFANA.refreshes(&other, &last).await), refused(400, "invalid_grant"), "used already");
    assert_eq!(error(&GRAFANA.refreshes(&app, &newest).await), refused(400, "invalid_grant"), "its family is gone");
    assert_eq!(userinfo(&app, access["access_token"].as_str().unwrap()).await.status, 401);

    // A race is a replay.
    let again = GRAFANA.signs_in(&app, &mut phone, &offline).await;
    let token = again["refresh_token"].as_str().unwrap();
    let all = join_all((0..10).map(|i| GRAFANA.refreshes(if i % 2 == 0 { &app } else { &other }, token))).await;
    assert!(all.iter().filter(|answer| answer.status == 200).count() <= 1);
    for answer in all.iter().filter(|answer| answer.status == 200) {
        let next = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        assert_eq!(GRAFANA.refreshes(&app, &next).await.status, 400);
    }
}

#[tokio::test]
async fn a_refresh_asks_for_no_more_than_was_granted() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let tokens = GRAFANA.signs_in(&app, &mut phone, &[("scope", "openid email offline_access")]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = |scope| [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)];
    let more = GRAFANA.posts(&app, "/oauth2/token", &fields("openid email groups")).await;
    assert_eq!(error(&more), refused(400, "invalid_scope"));
    let less = GRAFANA.posts(&app, "/oauth2/token", &fields("openid")).await.json();
    let told = userinfo(&app, less["access_token"].as_str().unwrap()).await.json();
    assert_eq!(told["email"], Value::Null);
    let next = GRAFANA.refreshes(&app, less["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(next["scope"], json!("openid email offline_access"), "what was granted stays");
}

#[tokio::test]
async fn an_app_proves_itself_in_one_way_and_is_slowed_down_when_it_cannot() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let body = async |phone: &mut crate::harness::Phone| {
        let code = GRAFANA.is_given_a_code(phone, &[]).await;
        let uri = form_urlencoded::byte_serialize(GRAFANA.redirect_uri.as_bytes()).collect::<String>();
        format!("grant_type=authorization_code&code={code}&redirect_uri={uri}")
    };
    for good in ["grafana:grafana-secret-%25%2B1", "grafana:grafana-secret-%+1"] {
        let form = body(&mut phone).await;
        assert_eq!(posts(&app, "/oauth2/token", Some(&basic(good)), &form).await.status, 200, "{good}");
    }
    let form = body(&mut phone).await;
    let good = basic("grafana:grafana-secret-%25%2B1");
    for (header, more, expected) in [
        (Some(good.as_str()), "&client_secret=grafana-secret-%25%2B1", refused(400, "invalid_request")),
        (Some(&good), "&client_id=wiki", refused(400, "invalid_request")),
        (Some(&basic("grafana:")), "", refused(401, "invalid_client")),
        (Some(&basic("grafana:wiki-secret")), "", refused(401, "invalid_client")),
        (Some("Bearer x"), "&client_id=grafana&client_secret=grafana-secret-%25%2B1", refused(400, "invalid_request")),
        (None, "", refused(401, "invalid_client")),
        (None, "&client_id=grafana", refused(401, "invalid_client")),
        (None, "&client_id=grafana&client_secret=", refused(401, "invalid_client")),
        (None, "&client_id=nobody&client_secret=x", refused(401, "invalid_client")),
        (None, "&client_id=spa&client_secret=x", refused(401, "invalid_client")),
        (None, "&client_id=grafana&client_id=grafana", refused(400, "invalid_request")),
    ] {
        let answer = posts(&app, "/oauth2/token", header, &format!("{form}{more}")).await;
        assert_eq!(error(&answer), expected, "{header:?} {more}");
        assert_eq!(answer.status == 401, answer.header("www-authenticate").starts_with("Basic realm="));
    }
    let mut server = app.phone("nobody");
    let json = server.request(Method::POST, "/oauth2/token").json(&json!({"client_id": "grafana"}));
    assert_eq!(error(&server.sends(json).await), refused(400, "invalid_request"));
    assert_eq!(posts(&app, "/oauth2/token", Some(&good), &form).await.status, 200, "the code is not spent");

    let guess = basic("wiki:guess");
    for _ in 0..21 {
        assert_eq!(posts(&app, "/oauth2/token", Some(&guess), "grant_type=x").await.status, 401);
    }
    let waits = posts(&app, "/oauth2/token", Some(&guess), "grant_type=x").await;
    assert_eq!((waits.status, waits.header("retry-after")), (429, "3"));
    assert_eq!(GRAFANA.redeems(&app, "x", &[]).await.status, 400, "another app does not wait");
    app.clock.advance(3);
    assert_eq!(error(&WIKI.redeems(&app, "x", &[]).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn an_app_gives_back_its_own_tokens_and_nobody_elses() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let tokens = GRAFANA.signs_in(&app, &mut phone, &[("scope", "openid offline_access")]).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    for token in [access, refresh, "x", ""] {
        let answer = WIKI.posts(&app, "/oauth2/revoke", &[("token", token), ("token_type_hint", "x")]).await;
        assert_eq!(answer.status, if token.is_empty() { 400 } else { 200 }, "{token}");
    }
    assert!(GRAFANA.is_active(&app, access).await && GRAFANA.is_active(&app, refresh).await);
    assert!(!WIKI.is_active(&app, access).await && !WIKI.is_active(&app, refresh).await, "another app's is none");
    let spa = SPA.posts(&app, "/oauth2/introspect", &[("token", access)]).await;
    assert_eq!(error(&spa), refused(401, "invalid_client"));

    let introspected = GRAFANA.posts(&app, "/oauth2/introspect", &[("token", access)]).await.json();
    assert_eq!(
        (&introspected["username"], &introspected["scope"]),
        (&json!("zhangsan"), &json!("openid offline_access"))
    );
    assert_eq!(GRAFANA.posts(&app, "/oauth2/revoke", &[("token", access)]).await.status, 200);
    assert_eq!(userinfo(&app, access).await.status, 401);
    let next = GRAFANA.refreshes(&app, refresh).await.json();
    assert_eq!(
        GRAFANA.posts(&app, "/oauth2/revoke", &[("token", next["refresh_token"].as_str().unwrap())]).await.status,
        200
    );
    assert_eq!(userinfo(&app, next["access_token"].as_str().unwrap()).await.status, 401, "it came of that");
    assert_eq!(phone.gets("/home").await.status, 200, "the session is not the app's to end");
}

#[tokio::test]
async fn an_access_token_opens_userinfo_for_half_an_hour_and_by_its_header_or_form_alone() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let tokens = SPA.signs_in(&app, &mut phone, &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(posts(&app, "/oauth2/userinfo", None, &format!("access_token={access}")).await.status, 200);
    let both =
        posts(&app, "/oauth2/userinfo", Some(&format!("Bearer {access}")), &format!("access_token={access}")).await;
    assert_eq!(both.status, 400);
    let bare = app.phone("nobody").gets(&format!("/oauth2/userinfo?access_token={access}")).await;
    assert_eq!((bare.status, bare.header("www-authenticate")), (401, "Bearer realm=\"miandeng\""));
    for forged in
        [&access[1..], &format!("{access}="), &access.replace('.', ".."), tokens["id_token"].as_str().unwrap(), "x"]
    {
        let answer = userinfo(&app, forged).await;
        assert_eq!(error(&answer), refused(401, "invalid_token"));
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    app.clock.advance(1799);
    assert_eq!(userinfo(&app, access).await.status, 200);
    app.clock.advance(1);
    assert_eq!(userinfo(&app, access).await.status, 401);
}

/// Many programs leave out the encoding of RFC 6749, 2.3.1, so an id and a secret with signs of it come in either way.
#[tokio::test]
async fn an_id_or_a_secret_with_signs_of_a_form_is_taken_encoded_and_as_it_is() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    const ODD: RelyingParty =
        RelyingParty { client_id: "a+b%20c%zz", secret: Some("+s%2B%FF%"), redirect_uri: GRAFANA.redirect_uri };
    let app = deployment_with(|settings| {
        settings["clients"][0]["client_id"] = json!(ODD.client_id);
        settings["clients"][0]["client_secret"] = json!(ODD.secret);
    })
    .await;
    let mut phone = app.phone("zhangsan");
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (ODD.client_id, ODD.secret.unwrap());
    for basic in [
        format!("{id}:{secret}"),
        format!("{}:{}", encoded(id), encoded(secret)),
        format!("{}:{secret}", encoded(id)),
        format!("{id}:{}", encoded(secret)),
    ] {
        let code = ODD.is_given_a_code(&mut phone, &[]).await;
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={}", encoded(ODD.redirect_uri));
        let header = format!("Basic {}", STANDARD.encode(&basic));
        for more in [format!("&client_id={}", encoded("a b c")), "&client_id=wiki".to_owned()] {
            let other = posts(&app, "/oauth2/token", Some(&header), &format!("{form}{more}")).await;
            assert_eq!(error(&other), refused(400, "invalid_request"), "{basic}");
        }
        let form = format!("{form}&client_id={}", encoded(id));
        let answer = posts(&app, "/oauth2/token", Some(&header), &form).await;
        assert_eq!(answer.status, 200, "{basic}: {}", answer.body);
    }
}

/// A whole office has one address, and a browser's app has no secret that could be guessed.
#[tokio::test]
async fn nobody_keeps_out_an_app_without_a_secret() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for _ in 0..25 {
        let wrong = posts(&app, "/oauth2/token", None, "grant_type=x&client_id=spa&client_secret=x").await;
        assert_eq!(error(&wrong), refused(401, "invalid_client"));
    }
    assert!(SPA.signs_in(&app, &mut phone, &[]).await["access_token"].is_string());
}

#[tokio::test]
async fn the_gates_token_is_none_of_an_apps() {
    let app = deployment_with(|settings| settings["signed_identity"] = json!(true)).await;
    let mut phone = app.phone("zhangsan");
    let tokens = WIKI.signs_in(&app, &mut phone, &[]).await;
    let answer = Proxy::Nginx.asks(&mut phone, "").await;
    let identity = answer.header("x-miandeng-identity").to_owned();
    assert_eq!(identity.split('.').count(), 3, "{identity}");
    assert_eq!(error(&userinfo(&app, &identity).await), refused(401, "invalid_token"));
    assert!(!WIKI.is_active(&app, &identity).await);
    let hint = WIKI.is_answered(&mut phone, &[("prompt", "none"), ("id_token_hint", &identity)]).await;
    assert_eq!(hint["error"], "login_required");
    let logout = phone.gets(&format!("/oauth2/logout?id_token_hint={identity}")).await;
    assert_eq!(logout.status, 200, "the person is asked");
    // All are signed by the same keys, so the header says which kind it is.
    let header = |token: &str| jsonwebtoken::decode_header(token).unwrap();
    let id_token = header(tokens["id_token"].as_str().unwrap());
    assert_eq!((header(&identity).typ.as_deref(), id_token.typ), (Some("JWT"), None));
    assert_eq!(header(&identity).kid, id_token.kid);
    assert_eq!(header(tokens["access_token"].as_str().unwrap()).typ.as_deref(), Some("at+jwt"));
}
