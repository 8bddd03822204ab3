//! What an app may ask, and what becomes of the rest.

use reqwest::Method;
use serde_json::json;

use super::{
    app_side::{GRAFANA, SPA, goes_through_sign_in},
    deployment, deployment_with, query,
};
use crate::harness::{PUBLIC_URL, Phone, log_line};

fn refused(answer: &crate::harness::Answer) -> (u16, &str) {
    assert_eq!(answer.header("location"), "", "nobody is sent anywhere");
    assert!(answer.body.contains("data-problem=\"invalid-request\""), "{}", answer.body);
    assert!(answer.header("content-security-policy").contains("frame-ancestors 'self'"));
    assert_eq!(answer.header("cache-control"), "no-store");
    (answer.status, answer.request_id())
}

#[tokio::test]
async fn an_unknown_app_or_address_is_a_page_and_nobody_is_asked_to_sign_in() {
    let app = deployment().await;
    let mut signed_in = app.phone("zhangsan");
    signed_in.is_signed_in().await;
    let addresses = [
        "(none)",
        "",
        "https://evil.example/",
        "https://grafana.example.com/login/generic_oauth/",
        "https://grafana.example.com/login/generic_oauth?x",
        "https://grafana.example.com/login/generic_oauth#",
        "https://grafana.example.com/login/../login/generic_oauth",
        "https://grafana.example.com/login/generic_oauth%0d%0aLocation:%20https://evil.example",
        "https://grafana.example.com:443/login/generic_oauth",
        "https://grafana.example.com./login/generic_oauth",
        "https://grafana.example.com@evil.example/login/generic_oauth",
        "https://user@grafana.example.com/login/generic_oauth",
        "https:\\\\grafana.example.com\\login\\generic_oauth",
        "https:/grafana.example.com/login/generic_oauth",
        "//grafana.example.com/login/generic_oauth",
        "http://grafana.example.com/login/generic_oauth",
        "HTTPS://grafana.example.com/login/generic_oauth",
        "https://GRAFANA.example.com/login/generic_oauth",
        "https://ｇrafana.example.com/login/generic_oauth",
        " https://grafana.example.com/login/generic_oauth",
        "https://grafana.example.com/login/generic_oauth\t",
        "https://wiki.example.com/cb?tenant=1",
        "javascript:alert(1)",
        "data:text/html,x",
        "/home",
    ];
    for address in addresses {
        for phone in [&mut app.phone("zhangsan"), &mut signed_in] {
            let path = GRAFANA.request(&[("redirect_uri", address)]);
            let answer = phone.gets(&path).await;
            let (status, id) = refused(&answer);
            assert_eq!(status, 400, "{address}");
            assert!(log_line(id).contains("Grafana"), "the operator learns which app it was");
            let (route, form) = path.split_once('?').unwrap();
            let request =
                phone.request(Method::POST, route).header("Content-Type", "application/x-www-form-urlencoded");
            let answer = phone.sends(request.body(form.to_owned())).await;
            assert_eq!(refused(&answer).0, 400, "{address}");
        }
    }
    for client_id in ["(none)", "", "Grafana", "grafana ", "grafana\0", "../grafana", "x"] {
        let answer = signed_in.gets(&GRAFANA.request(&[("client_id", client_id)])).await;
        assert_eq!(refused(&answer).0, 400, "{client_id}");
    }
    for twice in ["client_id=grafana", "client_id=wiki", "client_id=", "redirect_uri=https%3A%2F%2Fevil.example%2F"] {
        for path in
            [format!("{}&{twice}", GRAFANA.request(&[])), GRAFANA.request(&[]).replacen('?', &format!("?{twice}&"), 1)]
        {
            assert_eq!(refused(&signed_in.gets(&path).await).0, 400, "{twice}");
        }
    }
}

async fn error(phone: &mut Phone, path: &str) -> (String, Option<String>) {
    let answer = phone.gets(path).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    let there = answer.header("location");
    assert!(there.starts_with("https://"), "{there}");
    let mut fields = query(there);
    assert_eq!(fields["iss"], PUBLIC_URL, "{path}");
    (fields.remove("error").unwrap_or_else(|| panic!("{there}")), fields.remove("state"))
}

#[tokio::test]
async fn every_other_mistake_goes_back_to_the_app_before_anybody_is_asked_to_sign_in() {
    let app = deployment().await;
    let mut signed_in = app.phone("zhangsan");
    signed_in.is_signed_in().await;
    for phone in [&mut app.phone("zhangsan"), &mut signed_in] {
        for (more, expected) in [
            (("response_type", "token"), "unsupported_response_type"),
            (("response_type", "code id_token"), "unsupported_response_type"),
            (("response_type", "(none)"), "invalid_request"),
            (("response_mode", "form_post"), "invalid_request"),
            (("scope", "profile"), "invalid_scope"),
            (("scope", "(none)"), "invalid_scope"),
            (("request", "eyJ.e30."), "request_not_supported"),
            (("request_uri", "https://evil.example/request"), "request_uri_not_supported"),
            (("prompt", "none login"), "invalid_request"),
            (("prompt", "create"), "invalid_request"),
            (("max_age", "-1"), "invalid_request"),
            (("code_challenge", "x"), "invalid_request"),
            (("code_challenge_method", "S256"), "invalid_request"),
        ] {
            let (word, state) = error(phone, &GRAFANA.request(&[more])).await;
            assert_eq!((word.as_str(), state.as_deref()), (expected, Some("state-1")), "{more:?}");
        }
        let twice = format!("{}&nonce=x", GRAFANA.request(&[]));
        assert_eq!(error(phone, &twice).await.0, "invalid_request");
        let twice = format!("{}&state=x", GRAFANA.request(&[]));
        assert_eq!(error(phone, &twice).await, ("invalid_request".to_owned(), None));
        let giant = "openid ".repeat(2000);
        assert_eq!(error(phone, &GRAFANA.request(&[("scope", &giant)])).await.0, "invalid_request");
        for odd in [
            [("code_challenge", "(none)")],
            [("code_challenge_method", "plain")],
            [("code_challenge_method", "(none)")],
        ] {
            assert_eq!(error(phone, &SPA.request(&odd)).await.0, "invalid_request", "{odd:?}");
        }
    }
}

#[tokio::test]
async fn a_state_comes_back_as_it_was_and_becomes_no_markup() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let state = "\"><script>alert(1)</script>\r\nSet-Cookie: a=b\u{2028}#&state=x 钉 %00+";
    for more in [vec![("state", state)], vec![("state", state), ("prompt", "login")]] {
        let answer = phone.gets(&GRAFANA.request(&more)).await;
        let page = phone.gets(answer.header("location")).await;
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        let back = goes_through_sign_in(&mut phone, answer).await;
        let there = back.header("location");
        assert!(there.bytes().all(|b| b.is_ascii_graphic()), "{there}");
        assert_eq!(query(there)["state"], state);
    }
}

#[tokio::test]
async fn a_client_of_one_corp_asks_that_corp_to_sign_in_and_takes_nobody_elses_people() {
    let app = deployment_with(|settings| settings["clients"][0]["corpid"] = json!("dingothercorp")).await;
    let mut phone = app.phone("zhangsan");
    let answer = phone.gets(&GRAFANA.request(&[])).await;
    assert!(answer.header("location").contains("corpid=dingothercorp"), "{}", answer.header("location"));
    phone.is_signed_in().await;
    assert_eq!(error(&mut phone, &GRAFANA.request(&[])).await.0, "access_denied");
}
