//! An improper question is answered 400, whoever is signed in.

use miandeng::users::Change;
use reqwest::Method;
use serde_json::json;

use super::{PROXIES, Proxy, WANTED};
use crate::harness::{Answer, App, Phone, log_line};

const NAMES: [&str; 4] = ["X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"];

async fn signed_in() -> (App, Phone) {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    (app, phone)
}

async fn ask(phone: &mut Phone, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = phone.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    phone.sends(request).await
}

#[tokio::test]
async fn every_header_is_needed_exactly_once() {
    let (_app, mut phone) = signed_in().await;
    let nginx = [("X-Original-Method", "GET"), ("X-Original-URL", WANTED)];
    let four = [(NAMES[0], "GET"), (NAMES[1], "https"), (NAMES[2], "app.example.com"), (NAMES[3], "/x")];
    for (path, headers) in [("/auth/nginx", &nginx[..]), ("/auth/traefik", &four), ("/auth/caddy", &four)] {
        assert_eq!(ask(&mut phone, path, headers).await.status, 200, "{path}");
        for i in 0..headers.len() {
            let (name, value) = headers[i];
            let with = |value| {
                let mut headers = headers.to_vec();
                headers[i] = (name, value);
                headers
            };
            let without: Vec<_> = headers.iter().copied().filter(|header| header.0 != name).collect();
            let joined = format!("{value}, {value}");
            let tight = format!("{value},{value}");
            let doubled: Vec<_> = headers.iter().copied().chain([headers[i]]).collect();
            for headers in [without, doubled, with(&joined), with(&tight), with("")] {
                let answer = ask(&mut phone, path, &headers).await;
                assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{path} {headers:?}");
                assert_eq!((answer.header("remote-user"), answer.header("cache-control")), ("", "no-store"));
            }
        }
    }
}

#[tokio::test]
async fn envoy_needs_one_host_and_may_name_one_scheme() {
    let (app, mut phone) = signed_in().await;
    let host = ("Host", "app.example.com");
    assert_eq!(ask(&mut phone, "/auth/envoy/x", &[host]).await.status, 200, "the scheme is public_url's");
    assert_eq!(ask(&mut phone, "/auth/envoy/x", &[host, ("X-Forwarded-Proto", "https")]).await.status, 200);
    for proto in ["https, https", "ftp", "HTTPS", "wss", "javascript", "https:"] {
        assert_eq!(
            ask(&mut phone, "/auth/envoy/x", &[host, ("X-Forwarded-Proto", proto)]).await.status,
            400,
            "{proto}"
        );
    }
    assert_eq!(ask(&mut phone, "/auth/envoy", &[host]).await.status, 400, "no path");
    let cookie = &phone.cookies["__Host-miandeng"];
    for hosts in ["", "Host: app.example.com\r\nHost: app.example.com\r\n", "Host: a@app.example.com\r\n"] {
        let answer =
            raw(&app, &format!("GET /auth/envoy/x HTTP/1.1\r\n{hosts}Cookie: __Host-miandeng={cookie}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{hosts:?}: {answer}");
    }
}

#[tokio::test]
async fn an_address_that_two_readers_could_read_differently_is_malformed() {
    let (_app, mut phone) = signed_in().await;
    let long = format!("/{}", "x".repeat(65_536));
    let paths = [
        "",
        "x",
        "@evil.example/",
        "//evil.example\\",
        "/\\evil.example",
        "/a b",
        "/a\tb",
        "/%",
        "/%2",
        "/%zz",
        "/%00",
        "/?a=%00",
        "/?a=%z",
        "/%0d%0aSet-Cookie:x=1",
        "/%5cevil",
        "/a/../b",
        "/a/..",
        "/./a",
        "/a/%2e%2E/b",
        "/a%2f..%2fb",
        "/;/a",
        "/a/;x=1/b",
        "/a/..;/b",
        "/a/..;x=1/b",
        "/a/%2e%2E;/b",
        "/a/..%3b/b",
        "/.;",
        "/#x",
        "/a, /b",
        "/a,/b",
        &long,
    ];
    for path in paths {
        for proxy in PROXIES.into_iter().filter(|proxy| *proxy != Proxy::Envoy) {
            let url = format!("https://app.example.com{path}");
            let headers = [
                ("X-Original-Method", "GET"),
                ("X-Original-URL", url.as_str()),
                (NAMES[0], "GET"),
                (NAMES[1], "https"),
                (NAMES[2], "app.example.com"),
                (NAMES[3], path),
            ];
            let status = ask(&mut phone, proxy.path(), &headers).await.status;
            assert!(status == 400, "{proxy:?} {path:.40?}: {status}");
        }
    }
    for path in ["/%", "/%zz", "/%00", "/a?b=%0", "/%0a", "/%5c", "/a/..;/b", "/a%2f..%2fb", "/;x/b"] {
        let answer = ask(&mut phone, &format!("/auth/envoy{path}"), &[("Host", "app.example.com")]).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}

/// Programs behind CGI, WSGI or PHP read each of these as a header about the person or the request's origin.
#[tokio::test]
async fn a_header_that_passes_for_one_that_the_app_believes_is_refused() {
    let (_app, mut phone) = signed_in().await;
    for proxy in PROXIES {
        for name in
            ["Remote_User", "remote.user", "REMOTE~USER", "X-Auth_Request-Groups", "X`Corp`Id", "X_Forwarded_Host"]
        {
            let question = proxy.question(&phone, "GET", WANTED, "").header(name, "boss");
            let answer = phone.sends(question).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{proxy:?} {name}");
            assert_eq!(answer.header("remote-user"), "");
        }
        for harmless in ["X_Anything", "sec-ch-ua", "X.Y"] {
            let question = proxy.question(&phone, "GET", WANTED, "").header(harmless, "boss");
            assert_eq!(phone.sends(question).await.status, 200, "{proxy:?} {harmless}");
        }
    }
    let question = Proxy::Traefik.question(&phone, "GET", WANTED, "").header("Remote.User", "boss");
    let answer = phone.sends(question).await;
    let line = log_line(answer.header("x-request-id"));
    assert!(line.contains("remote.user") && line.contains("passes for Remote-User"), "{line}");
}

#[tokio::test]
async fn a_scheme_host_or_method_of_an_odd_form_is_malformed() {
    let (_app, mut phone) = signed_in().await;
    for url in [
        "/x",
        "//app.example.com/x",
        "app.example.com/x",
        "https:/app.example.com/x",
        "https:app.example.com/x",
        "https:///x",
        "HTTPS://app.example.com/x",
        "ftp://app.example.com/x",
        "javascript://app.example.com/x",
        "data:text/html,x",
        "blob:https://app.example.com/x",
        "dingtalk://app.example.com/x",
        "wss://app.example.com/x",
        "https://user@app.example.com/x",
        "https://app.example.com@evil.example/x",
        "https://app%2eexample.com/x",
        "https://app.example.com\\@evil.example/x",
        "https://app。example。com/x",
        "https://[::1/x",
        "https://app.example.com:x/x",
        "https://app.example.com:99999/x",
        "https://app.example.com",
        "https://app.example.com?x",
        " https://app.example.com/x",
    ] {
        let answer = ask(&mut phone, "/auth/nginx", &[("X-Original-Method", "GET"), ("X-Original-URL", url)]).await;
        // In HTTP, blanks around a value are no part of it.
        let expected = if url.starts_with(' ') { 200 } else { 400 };
        assert_eq!(answer.status, expected, "{url}");
    }
    for (i, values) in [
        (0, &["get", "GET POST", "GET,POST", "G\u{e9}T", "GET/x", "0", "-", "GET\tX", "<script>"][..]),
        (1, &["", "ftp", "HTTPS", "https:", "https://evil.example/?", "javascript", "https,http"]),
        (
            2,
            &[
                "",
                "app.example.com/evil",
                "a@app.example.com",
                "app.example.com,evil.example",
                "app.example.com#",
                "app.example.com?",
                "app.example.com\\",
                "app.example.com:443:443",
            ],
        ),
        (3, &["", "x", "https://app.example.com/x", "*", "@evil.example/"]),
    ] {
        for value in values {
            let mut headers = [(NAMES[0], "GET"), (NAMES[1], "https"), (NAMES[2], "app.example.com"), (NAMES[3], "/x")];
            headers[i].1 = value;
            for path in ["/auth/traefik", "/auth/caddy"] {
                assert_eq!(ask(&mut phone, path, &headers).await.status, 400, "{path} {} {value:?}", NAMES[i]);
            }
        }
    }
    let long = "A".repeat(65_536);
    for (path, name) in [("/auth/nginx", "X-Original-Method"), ("/auth/caddy", NAMES[0])] {
        let url = ("X-Original-URL", WANTED);
        let rest = [(NAMES[1], "https"), (NAMES[2], "app.example.com"), (NAMES[3], "/x"), url, (name, &long)];
        assert_eq!(ask(&mut phone, path, &rest).await.status, 400);
    }
}

#[tokio::test]
async fn plain_questions_of_all_kinds_are_understood() {
    let (_app, mut phone) = signed_in().await;
    let long = format!("/?q={}", "x".repeat(8000));
    for path in [
        "/",
        "/a%20b/%E5%BC%A0?q=100%25&next=https://evil.example/,x",
        "/a,b",
        "/a//b",
        "/张三",
        "/?a=b,/c",
        "/a/..b/.c/d..",
        "/x|y",
        &long,
    ] {
        for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
            let url = format!("https://app.example.com{path}");
            assert_eq!(phone.sends(proxy.question(&phone, "GET", &url, "")).await.status, 200, "{proxy:?} {path:.40}");
        }
    }
    for method in ["PROPFIND", "M-SEARCH", "VERSION-CONTROL", "CONNECT"] {
        for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
            assert_eq!(phone.sends(proxy.question(&phone, method, WANTED, "")).await.status, 200, "{proxy:?} {method}");
        }
    }
    let mut handshake = [(NAMES[0], "GET"), (NAMES[1], "wss"), (NAMES[2], "app.example.com"), (NAMES[3], "/live")];
    assert_eq!(ask(&mut phone, "/auth/traefik", &handshake).await.status, 200, "a WebSocket's handshake");
    assert_eq!(ask(&mut phone, "/auth/caddy", &handshake).await.status, 400);
    handshake[1].1 = "ws";
    assert_eq!(ask(&mut phone, "/auth/traefik", &handshake).await.status, 403, "not by https");
}

#[tokio::test]
async fn an_address_too_long_to_come_back_to_leads_to_its_host() {
    let app = App::with(|settings| settings["allowed_return_hosts"] = json!(["bi.example.com"])).await;
    let mut nobody = app.phone("zhangsan");
    for path in [format!("/{}", "x".repeat(5000)), "//double".into()] {
        let url = format!("https://bi.example.com{path}");
        for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
            let answer = nobody.sends(proxy.question(&nobody, "GET", &url, "")).await;
            let problem = answer.json();
            let back = super::return_to(problem["signin_url"].as_str().unwrap());
            assert_eq!((answer.status, back.as_str()), (401, "https://bi.example.com/"), "{proxy:?}");
        }
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_is_answered() {
    let app = App::with(|settings| settings["trusted_proxies"] = json!(["10.0.0.0/8"])).await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut nobody = app.phone("zhangsan");
    for proxy in PROXIES {
        for phone in [&mut phone, &mut nobody] {
            let question = proxy.question(phone, "GET", WANTED, "").header("X-Forwarded-For", "10.0.0.1");
            let answer =
                phone.sends(question.header("X-Real-IP", "10.0.0.1").header("Forwarded", "for=10.0.0.1")).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{proxy:?}");
            assert!(answer.body.contains("trusted_proxies"), "{}", answer.body);
            assert!(log_line(answer.request_id()).contains("127.0.0.1 is not in trusted_proxies"));
            assert_eq!(answer.header("location"), "");
        }
    }
}

#[tokio::test]
async fn each_endpoint_reads_its_own_proxys_headers_only() {
    let (_app, mut phone) = signed_in().await;
    let nginx = [("X-Original-Method", "GET"), ("X-Original-URL", WANTED)];
    let four = [(NAMES[0], "GET"), (NAMES[1], "https"), (NAMES[2], "app.example.com"), (NAMES[3], "/x")];
    assert_eq!(ask(&mut phone, "/auth/nginx", &four).await.status, 400);
    assert_eq!(ask(&mut phone, "/auth/traefik", &nginx).await.status, 400);
    assert_eq!(ask(&mut phone, "/auth/caddy", &nginx).await.status, 400);
    assert_eq!(ask(&mut phone, "/auth/envoy/x", &nginx).await.status, 403, "the test's own host is not listed");

    // Other headers change nothing.
    let mut nobody = phone.clone();
    nobody.cookies.clear();
    let mixed: Vec<_> =
        nginx.into_iter().chain([(NAMES[2], "evil.example"), ("Forwarded", "host=evil.example")]).collect();
    let answer = ask(&mut nobody, "/auth/nginx", &mixed).await;
    assert_eq!((answer.status, super::return_to(answer.header("location")).as_str()), (401, WANTED));
}

/// Rocket routes other spellings alike, but a proxy that closes the endpoint to visitors may let them through.
#[tokio::test]
async fn an_endpoint_has_one_spelling() {
    let (app, phone) = signed_in().await;
    let cookie = &phone.cookies["__Host-miandeng"];
    let asks = async |path: &str| {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: app.example.com\r\nX-Original-URL: {WANTED}\r\nX-Original-Method: GET\r\n\
             X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: app.example.com\r\n\
             X-Forwarded-Uri: /\r\nCookie: __Host-miandeng={cookie}\r\n"
        );
        raw(&app, &request).await[9..12].to_owned()
    };
    for path in ["/auth/nginx", "/auth/traefik", "/auth/caddy", "/auth/envoy/x"] {
        assert_eq!(asks(path).await, "200", "{path}");
    }
    for path in ["//auth/nginx", "/auth//nginx", "/%61uth/nginx", "/auth/nginx/", "/auth/caddy/", "/auth%2fnginx"] {
        assert_eq!(asks(path).await, "404", "{path}");
    }
    for path in ["/auth/envoy/../../y", "/auth/envoy/x/../y", "/auth/envoy/%2e%2e/y", "/auth/envoy/./y"] {
        assert_eq!(asks(path).await, "400", "{path}");
    }
}

#[tokio::test]
async fn a_rule_may_stand_unescaped_in_the_proxys_settings() {
    let (app, phone) = signed_in().await;
    app.db_change("zhangsan", Change { department: Some("总部/财务".into()), ..Change::default() }).await;
    let cookie = &phone.cookies["__Host-miandeng"];
    let question = |rules: &str| {
        format!(
            "GET /auth/nginx?{rules} HTTP/1.1\r\nHost: x\r\nX-Original-URL: {WANTED}\r\nX-Original-Method: GET\r\n\
             Cookie: __Host-miandeng={cookie}\r\n"
        )
    };
    assert!(raw(&app, &question("groups=财务,role:admin")).await.starts_with("HTTP/1.1 200"));
    assert!(raw(&app, &question("groups=财")).await.starts_with("HTTP/1.1 403"));
    assert!(raw(&app, &question("users=zhangsan")).await.starts_with("HTTP/1.1 200"));
}

impl Proxy {
    fn path(self) -> &'static str {
        match self {
            Self::Nginx => "/auth/nginx",
            Self::Traefik => "/auth/traefik",
            Self::Caddy => "/auth/caddy",
            Self::Envoy => "/auth/envoy",
        }
    }
}

async fn raw(app: &App, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let address = app.url("").trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
