use reqwest::Method;
use serde_json::json;

use super::{
    app_side::{GRAFANA, WIKI, read},
    deployment,
};
use crate::harness::{App, PUBLIC_URL};

#[tokio::test]
async fn an_apps_library_finds_everything_by_the_issuer() {
    let app = deployment().await;
    let mut server = app.phone("nobody");
    let answer = server.gets("/.well-known/openid-configuration").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let metadata = answer.json();
    assert_eq!(server.gets("/.well-known/oauth-authorization-server").await.json(), metadata);
    assert_eq!(metadata["issuer"], json!(PUBLIC_URL));
    for (name, route) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("end_session_endpoint", "/oauth2/logout"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(metadata[name], json!(format!("{PUBLIC_URL}{route}")), "{name}");
    }
    for (name, value) in [
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query"])),
        ("subject_types_supported", json!(["public"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("id_token_signing_alg_values_supported", json!(["RS256", "ES256", "EdDSA"])),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("token_endpoint_auth_methods_supported", json!(["client_secret_basic", "client_secret_post", "none"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
        ("backchannel_logout_supported", json!(true)),
        ("backchannel_logout_session_supported", json!(true)),
    ] {
        assert_eq!(metadata[name], value, "{name}");
    }
    let keys = server.gets("/.well-known/jwks.json").await.json();
    let algorithms: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].clone()).collect();
    assert_eq!(algorithms, [json!("RS256"), json!("ES256"), json!("EdDSA")], "from the start");
}

/// Apps verify for half an hour what was signed just before.
#[tokio::test]
async fn a_key_stays_published_when_no_app_wants_its_algorithm_any_more() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let (wiki, grafana) = (WIKI.signs_in(&app, &mut phone, &[]).await, GRAFANA.signs_in(&app, &mut phone, &[]).await);
    let app = app.restart_with(|settings| settings["clients"][1]["signing_alg"] = json!("RS256")).await;
    for (tokens, client_id, alg) in [(&wiki, "wiki", "ES256"), (&grafana, "grafana", "RS256")] {
        let (header, claims) = read(&app, tokens["id_token"].as_str().unwrap(), client_id).await;
        assert_eq!((&header["alg"], &claims["preferred_username"]), (&json!(alg), &json!("zhangsan")));
    }
    // The hint of such a token still says which session is meant.
    let hint = wiki["id_token"].as_str().unwrap();
    let answer = phone.clone();
    let mut phone = app.phone("zhangsan");
    phone.cookies = answer.cookies;
    let answer = phone.gets(&format!("/oauth2/logout?id_token_hint={hint}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let again = WIKI.signs_in(&app, &mut phone, &[]).await;
    assert_eq!(read(&app, again["id_token"].as_str().unwrap(), "wiki").await.0["alg"], json!("RS256"));
    let app = app.restart_with(|settings| settings["clients"] = json!([])).await;
    let (_, claims) = read(&app, again["id_token"].as_str().unwrap(), "wiki").await;
    assert_eq!(claims["preferred_username"], json!("zhangsan"), "nor when there is no app at all");
}

#[tokio::test]
async fn without_an_app_there_is_no_provider() {
    let app = App::start().await;
    let mut server = app.phone("nobody");
    assert_eq!(server.gets("/.well-known/openid-configuration").await.status, 404);
    assert_eq!(server.gets("/oauth2/authorize?client_id=x&redirect_uri=https://x.example/").await.status, 400);
    let request = server.request(Method::POST, "/oauth2/token").form(&[("client_id", "x")]);
    assert_eq!(server.sends(request).await.status, 401);
}

#[tokio::test]
async fn pages_of_any_origin_may_read_what_needs_no_cookie_and_nothing_else() {
    let app = deployment().await;
    let mut page = app.phone("zhangsan");
    page.is_signed_in().await;
    let cases = [
        (Method::GET, "/.well-known/openid-configuration", true),
        (Method::OPTIONS, "/.well-known/openid-configuration", true),
        (Method::OPTIONS, "/.well-known/oauth-authorization-server", true),
        (Method::GET, "/.well-known/jwks.json", true),
        (Method::OPTIONS, "/.well-known/jwks.json", true),
        (Method::OPTIONS, "/oauth2/token", true),
        (Method::POST, "/oauth2/token", true),
        (Method::OPTIONS, "/oauth2/userinfo", true),
        (Method::GET, "/oauth2/userinfo", true),
        (Method::OPTIONS, "/oauth2/revoke", true),
        (Method::POST, "/oauth2/revoke", true),
        (Method::POST, "/oauth2/introspect", false),
        (Method::GET, "/oauth2/authorize", false),
        (Method::OPTIONS, "/oauth2/authorize", false),
        (Method::GET, "/oauth2/logout", false),
    ];
    for (method, path, is_open) in cases {
        let request = page.request(method.clone(), path).header("Origin", "https://spa.example.com");
        let answer = page.sends(request).await;
        let expected = if is_open { "*" } else { "" };
        assert_eq!(answer.header("access-control-allow-origin"), expected, "{method} {path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{method} {path}");
        assert!(
            method != Method::OPTIONS
                || !is_open
                || answer.header("access-control-allow-headers").contains("Authorization")
        );
    }
}
