//! Who may pass, who must sign in, and who is turned away.

use reqwest::Method;
use serde_json::json;

use super::{PASSING, PROXIES, Proxy, WANTED, return_to};
use crate::harness::{App, CORP, log_line, whole_log};

#[tokio::test]
async fn who_is_signed_in_passes_every_gate_with_a_name_and_an_empty_body() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for proxy in PROXIES {
        let answer = proxy.asks(&mut phone, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{proxy:?}");
        let named = ["remote-user", "remote-name", "x-corp-id"].map(|name| answer.header(name).to_owned());
        assert_eq!(named, ["zhangsan", "%E5%BC%A0%E4%B8%89", CORP], "{proxy:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.all("set-cookie").is_empty(), "{proxy:?}");
    }
}

#[tokio::test]
async fn what_passes_is_left_to_the_proxys_log_and_what_is_refused_is_logged() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let refused = Proxy::Nginx.asks(&mut phone, "").await;
    assert!(log_line(refused.request_id()).contains("sign-in-required"));
    phone.is_signed_in().await;
    let passed = Proxy::Nginx.asks(&mut phone, "").await;
    assert_eq!((passed.status, passed.request_id().len()), (200, 16));
    assert!(!whole_log().contains(passed.request_id()));
    let refused = Proxy::Nginx.asks(&mut phone, "users=lisi").await;
    assert!(log_line(refused.request_id()).contains("userid=\"zhangsan\" name=\"张三\""));
}

#[tokio::test]
async fn nginx_learns_the_sign_in_address_from_a_401_for_people_and_for_scripts() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for answer in [Proxy::Nginx.asks(&mut phone, "").await, Proxy::Nginx.asks_for_script(&mut phone).await] {
        assert_eq!(answer.status, 401);
        assert_eq!(return_to(answer.header("location")), WANTED);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_person_is_redirected_and_comes_back_to_the_very_address() {
    for proxy in PASSING {
        let app = App::start().await;
        let mut phone = app.phone("zhangsan");
        let answer = proxy.asks(&mut phone, "").await;
        assert_eq!((answer.status, answer.header("cache-control")), (302, "no-store"), "{proxy:?}");
        let signin = answer.header("location").to_owned();
        assert_eq!(return_to(&signin), WANTED, "{proxy:?}");

        let path = signin.strip_prefix("https://app.example.com").unwrap();
        let page = phone.gets(path).await;
        let (code, state) = (phone.code(), page.state());
        let fields = [("code", code.as_str()), ("corpid", CORP), ("state", &state), ("return_to", WANTED)];
        assert_eq!(phone.posts("/userinfo", &fields).await.json()["redirect"], WANTED);
        assert_eq!(phone.gets(path).await.header("location"), WANTED, "who is signed in goes on at once");
        assert_eq!(proxy.asks(&mut phone, "").await.status, 200);
    }
}

#[tokio::test]
async fn what_was_posted_is_not_posted_to_the_sign_in_page() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for proxy in PASSING {
        for (method, status) in [("HEAD", 302), ("POST", 303), ("PUT", 303), ("DELETE", 303), ("OPTIONS", 303)] {
            let question = proxy.question(&phone, method, WANTED, "").header("Accept", "text/html");
            let answer = phone.sends(question).await;
            assert_eq!(answer.status, status, "{proxy:?} {method}");
            assert_eq!(return_to(answer.header("location")), WANTED);
        }
    }
}

#[tokio::test]
async fn a_script_is_told_in_json_where_to_sign_in() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let scripts: [&[(&str, &str)]; 6] = [
        &[],
        &[("Accept", "application/json")],
        &[("Accept", "*/*")],
        &[("Accept", "text/html"), ("X-Requested-With", "XMLHttpRequest")],
        &[("Accept", "text/html"), ("Sec-Fetch-Mode", "cors")],
        &[("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Mode", "no-cors")],
    ];
    for proxy in PASSING {
        for headers in scripts {
            let mut question = proxy.question(&phone, "GET", WANTED, "");
            for (name, value) in headers {
                question = question.header(*name, *value);
            }
            let answer = phone.sends(question).await;
            assert_eq!((answer.status, answer.problem().as_str()), (401, "sign-in-required"), "{proxy:?} {headers:?}");
            assert_eq!(return_to(answer.json()["signin_url"].as_str().unwrap()), WANTED);
            assert_eq!((answer.header("location"), answer.header("cache-control")), ("", "no-store"));
        }
    }
}

#[tokio::test]
async fn a_page_in_an_android_client_is_no_script_although_it_names_its_app() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for proxy in PASSING {
        let question = proxy.question(&phone, "GET", WANTED, "").header("Accept", "text/html");
        let answer = phone.sends(question.header("X-Requested-With", "com.alibaba.android.rimet")).await;
        assert_eq!(answer.status, 302, "{proxy:?}");
    }
}

#[tokio::test]
async fn nothing_about_a_request_opens_the_gate_but_a_session() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for proxy in PROXIES {
        for (method, url, agent) in [
            ("GET", "https://app.example.com/healthz", "kube-probe/1.29"),
            ("GET", "https://app.example.com/", "GoogleHC/1.0"),
            ("OPTIONS", "https://app.example.com/api", "x"),
            ("GET", "https://app.example.com/static/app.css", "x"),
            ("GET", "https://app.example.com/favicon.ico", "x"),
            ("GET", "https://app.example.com/auth/nginx", "x"),
            ("TRACE", "https://app.example.com/x", "x"),
        ] {
            let question = proxy.question(&phone, method, url, "").header("User-Agent", agent);
            let answer = phone.sends(question).await;
            assert_eq!(answer.status, 401, "{proxy:?} {method} {url}");
        }
    }
}

#[tokio::test]
async fn who_is_signed_out_revoked_disabled_or_idle_is_refused_at_the_next_question() {
    for proxy in PROXIES {
        for end in ["signs out", "is revoked", "is disabled", "is idle", "outlives"] {
            let app = App::start().await;
            let mut phone = app.phone("zhangsan");
            phone.is_signed_in().await;
            assert_eq!(proxy.asks(&mut phone, "").await.status, 200);
            let mut thief = phone.clone();
            match end {
                "signs out" => drop(phone.posts("/logout", &[]).await),
                "is revoked" => app.db_revoke_all().await,
                "is disabled" => app.db_disable("zhangsan").await,
                "is idle" => app.clock.advance(8 * 3600),
                _ => app.clock.advance(7 * 86_400),
            }
            assert_eq!(proxy.asks_for_script(&mut thief).await.status, 401, "{proxy:?} {end}");
        }
    }
}

#[tokio::test]
async fn a_cookie_that_came_twice_or_is_not_ours_opens_nothing() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let good = phone.cookies.remove("__Host-miandeng").unwrap();
    for proxy in PROXIES {
        for cookie in [
            format!("__Host-miandeng=attacker; __Host-miandeng={good}"),
            format!("__Host-miandeng={good}; __Host-miandeng={good}"),
            format!("miandeng={good}"),
            format!("__Host-miandeng={}", &good[1..]),
            format!("__Host-miandeng={}", "x".repeat(8192)),
        ] {
            let question = proxy.question(&phone, "GET", WANTED, "").header("Cookie", &cookie);
            assert_eq!(phone.sends(question).await.status, 401, "{proxy:?} {cookie}");
        }
        let question = proxy.question(&phone, "GET", WANTED, "").header("Cookie", format!("__Host-miandeng={good}"));
        assert_eq!(phone.sends(question).await.status, 200, "{proxy:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_tell_closes_every_gate() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.pools.close().await;
    for proxy in PROXIES {
        let (person, script) = (proxy.asks(&mut phone, "").await, proxy.asks_for_script(&mut phone).await);
        for answer in [&person, &script] {
            assert_eq!(answer.status, 503, "{proxy:?}");
            assert_eq!((answer.header("cache-control"), answer.header("retry-after")), ("no-store", "5"));
        }
        assert_eq!(script.problem(), "unavailable");
        let page = if proxy == Proxy::Nginx { "application/problem+json" } else { "text/html; charset=utf-8" };
        assert_eq!(person.header("content-type"), page);
    }
}

#[tokio::test]
async fn every_method_reaches_the_gate_and_no_body_is_read() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for path in ["/auth/nginx", "/auth/traefik", "/auth/caddy", "/auth/envoy/x"] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let ask = |phone: &crate::harness::Phone| {
                phone
                    .request(Method::from_bytes(method.as_bytes()).unwrap(), path)
                    .header("X-Original-URL", WANTED)
                    .header("X-Original-Method", method)
                    .header("X-Forwarded-Method", method)
                    .header("X-Forwarded-Proto", "https")
                    .header("X-Forwarded-Host", "app.example.com")
                    .header("X-Forwarded-Uri", "/x")
                    .header("Host", "app.example.com")
            };
            assert_eq!(phone.sends(ask(&phone)).await.status, 200, "{method} {path}");
            let mut nobody = app.phone("zhangsan");
            assert_eq!(nobody.sends(ask(&nobody)).await.status, 401, "{method} {path}");
            if method == "POST" {
                let other = ask(&nobody).form(&[("_method", "PUT"), ("code", "x")]);
                assert_eq!(nobody.sends(other).await.status, 401, "{path}");
            }
        }
        for method in ["PROPFIND", "get", "M-SEARCH", "QUERY"] {
            let request = phone.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let answer = phone.sends(request.header("X-Original-URL", WANTED)).await;
            assert_eq!(answer.status, 400, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_app_may_be_on_another_listed_host_and_on_no_other() {
    let app = App::with(|settings| {
        settings["cookie_domain"] = json!("example.com");
        settings["allowed_return_hosts"] = json!(["bi.example.com", ".corp.example.com", "dev.example.com:8443"]);
    })
    .await;
    let mut phone = app.phone("zhangsan");
    let mut nobody = app.phone("zhangsan");
    phone.is_signed_in().await;
    for proxy in PROXIES {
        for url in ["https://bi.example.com/x", "https://a.corp.example.com/x", "https://dev.example.com:8443/x"] {
            assert_eq!(phone.sends(proxy.question(&phone, "GET", url, "")).await.status, 200, "{proxy:?} {url}");
            let answer = nobody.sends(proxy.question(&nobody, "GET", url, "")).await;
            let problem = answer.json();
            assert_eq!((answer.status, return_to(problem["signin_url"].as_str().unwrap()).as_str()), (401, url));
        }
        for url in [
            "https://evil.example/x",
            "https://evilcorp.example.com/x",
            "https://corp.example.com/x",
            "https://bi.example.com:8443/x",
            "https://bi.example.com./x",
            "http://bi.example.com/x",
            "http://app.example.com/x",
            "https://app.example.com.evil.example/x",
        ] {
            for phone in [&mut phone, &mut nobody] {
                let answer = phone.sends(proxy.question(phone, "GET", url, "")).await;
                assert_eq!((answer.status, answer.problem().as_str()), (403, "unlisted-host"), "{proxy:?} {url}");
                assert_eq!(answer.header("location"), "");
            }
        }
    }
    let answer = phone.sends(Proxy::Nginx.question(&phone, "GET", "https://evil.example/x", "")).await;
    let line = log_line(answer.request_id());
    assert!(line.contains("https://evil.example is neither public_url nor listed"), "{line}");
}

#[tokio::test]
async fn the_gate_stands_behind_base_path_and_so_does_the_sign_in_page() {
    let app = App::with(|settings| settings["base_path"] = json!("/_signin")).await;
    let mut phone = app.phone("zhangsan");
    let question = phone.request(Method::GET, "/_signin/auth/envoy/a/b?c=d").header("Host", "app.example.com");
    let answer = phone.sends(question.header("Accept", "text/html")).await;
    let location = answer.header("location");
    let expected = "https://app.example.com/_signin/?return_to=https%3A%2F%2Fapp.example.com%2Fa%2Fb%3Fc%3Dd";
    assert_eq!((answer.status, location), (302, expected));
}
