//! The page that an employee meets first.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::{App, CLIENT_SECRET, CORP, PUBLIC_URL, Phone};

/// DingTalk's verdict on dd.config when the client shows this address.
async fn judged(app: &App, config: &serde_json::Value, shown: &str) -> serde_json::Value {
    let mut call = config.clone();
    call["url"] = json!(shown);
    let answer = reqwest::Client::new().post(app.dingtalk_url("/_client/config")).json(&call).send().await.unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_page_carries_a_config_that_dingtalk_accepts() {
    let app = App::start().await;
    let page = app.phone("zhangsan").opens_app().await;
    assert_eq!(page.status, 200);
    let config = page.config();
    let mut names: Vec<&String> = config.as_object().unwrap().keys().collect();
    names.sort();
    let expected = ["agentId", "corpId", "jsApiList", "nonceStr", "signature", "state", "timeStamp", "type", "url"];
    assert_eq!(names, expected);
    assert_eq!((&config["agentId"], &config["corpId"]), (&json!("100000001"), &json!(CORP)));
    assert_eq!((&config["type"], config["timeStamp"].as_i64().unwrap()), (&json!(0), app.clock.now()));
    assert_eq!(config["signature"].as_str().unwrap().len(), 40);
    assert_eq!(judged(&app, &config, &format!("{PUBLIC_URL}/?corpid={CORP}")).await, json!({"ok": true}));
}

#[tokio::test]
async fn a_query_with_chinese_and_escaped_signs_is_signed_as_the_client_shows_it() {
    let app = App::start().await;
    for query in ["name=%E5%BC%A0%E4%B8%89", "q=a+b%2Bc%26d", "x=%25&y=%e5%bc%a0", "name=张三", "a==&&b"] {
        let path = format!("/?corpid={CORP}&{query}");
        let raw = reqwest::Client::new();
        // reqwest escapes what is not ASCII, as iOS does.
        let page = raw.get(app.url(&path)).send().await.unwrap().text().await.unwrap();
        let page = crate::harness::Answer { status: 200, headers: Default::default(), body: page };
        let shown = format!("{PUBLIC_URL}{path}");
        assert_eq!(judged(&app, &page.config(), &shown).await, json!({"ok": true}), "{query}");
    }
}

#[tokio::test]
async fn the_hash_is_the_one_that_the_app_is_set_to() {
    let app = App::with(|settings| settings["apps"][0]["signature"] = json!("sha256")).await;
    let config = app.phone("zhangsan").opens_app().await.config();
    assert_eq!(config["signature"].as_str().unwrap().len(), 64);
    assert_eq!(judged(&app, &config, &format!("{PUBLIC_URL}/?corpid={CORP}")).await, json!({"ok": true}));
}

#[tokio::test]
async fn each_page_has_a_nonce_and_a_state_of_its_own_and_no_page_has_the_ticket() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let (one, two) = (phone.opens_app().await, phone.opens_app().await);
    assert_ne!(one.config()["nonceStr"], two.config()["nonceStr"]);
    assert_ne!(one.state(), two.state());
    let mut reader = app.pools.read().await.unwrap();
    let secrets: Vec<String> =
        miandeng::db::query_scalar("SELECT value FROM credentials").fetch_all(&mut reader).await.unwrap();
    assert_eq!(secrets.len(), 2, "a token and a ticket");
    for secret in secrets.iter().map(String::as_str).chain([CLIENT_SECRET]) {
        assert!(!one.body.contains(secret));
    }
}

#[tokio::test]
async fn an_address_that_names_no_app_gets_a_page_that_says_what_to_do() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let cases = [
        ("/?corpid=$CORPID$", 400, "工作台"),
        ("/?corpid=%24CORPID%24", 400, "工作台"),
        ("/?corpid=dingother", 404, "corp_id"),
        (&format!("/?corpid={CORP}&agentid=7"), 404, "agent_id"),
        ("/?corpid=", 400, "corpid"),
        (&format!("/?corpid={CORP}&corpId={CORP}"), 400, "corpid"),
        (&format!("/?corpid={CORP}&agentid="), 400, "agentid"),
    ];
    for (path, status, says) in cases {
        let page = phone.gets(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.body.contains(says) && page.body.contains(page.request_id()), "{path}: {}", page.body);
        assert!(!page.body.contains("_config"), "{path}");
    }
    assert_eq!(app.simulator.calls("/gettoken"), 0, "none of them costs a call to DingTalk");
}

#[tokio::test]
async fn the_only_app_is_meant_where_the_address_names_none() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for path in ["/", "/?", "/?agentid=100000001", &format!("/?corpId={CORP}")] {
        assert_eq!(phone.gets(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn nothing_in_the_address_breaks_out_of_the_page() {
    let app = App::start().await;
    let hostile = "%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E%3C!--%E2%80%A8\"'";
    let page = app.phone("zhangsan").gets(&format!("/?corpid={CORP}&x={hostile}&return_to={hostile}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body.matches("<script").count(), 2, "ours alone");
    let (_, script) = page.body.split_once("var _config").unwrap();
    let (script, markup) = script.split_once("</script>").unwrap();
    assert!(!script.contains(['<', '>', '&', '\u{2028}']), "{script}");
    assert!(!markup.contains("<!--") && !markup.contains("alert(1)</script>"), "{markup}");
    assert!(page.config()["url"].as_str().unwrap().contains("</script><script>alert(1)</script><!--\u{2028}"));
}

/// The source of an element's text in a policy.
fn digest(page: &str, start: &str, end: &str, nth: usize) -> String {
    let text = page.split(start).nth(nth + 1).and_then(|rest| rest.split(end).next()).expect("an element");
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[tokio::test]
async fn the_policy_lets_only_our_own_and_dingtalks_script_run() {
    let app = App::start().await;
    let page = app.phone("zhangsan").opens_app().await;
    let policy = page.header("content-security-policy");
    let (_, nonce) = policy.split_once("'nonce-").unwrap();
    let nonce = nonce.split('\'').next().unwrap();
    assert!(page.body.contains(&format!("<script nonce=\"{nonce}\">")));
    let frames = "frame-ancestors 'self' https://*.dingtalk.com https://*.7ding.ai";
    let (own, dingtalk) = (format!("'nonce-{nonce}'"), app.dingtalk_url(""));
    let script = format!("{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js");
    let directives: Vec<&str> = policy.split("; ").collect();
    let [style, no_script] = [0, 1].map(|nth| digest(&page.body, "<style>", "</style>", nth));
    let signin = digest(&page.body, "<script>", "</script>", 0);
    assert_eq!(
        directives,
        [
            "default-src 'none'",
            "img-src data:",
            "base-uri 'none'",
            frames,
            &format!("style-src {style} {no_script}"),
            &format!("script-src {signin} {own} {script}"),
            &format!("connect-src 'self' {dingtalk}/_client/"),
            "form-action 'none'",
        ]
    );
    assert!(!page.body.contains(" src=") && !page.body.contains("stylesheet"), "one answer holds all: {}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.all("x-frame-options"), Vec::<&str>::new());
}

#[tokio::test]
async fn of_the_cdn_that_everybody_uses_dingtalks_script_alone_may_run_and_nothing_may_be_asked() {
    const SCRIPT: &str = "https://g.alicdn.com/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js";
    let app = App::with(|settings| settings["dingtalk"]["jsapi_url"] = json!(SCRIPT)).await;
    let page = app.phone("zhangsan").opens_app().await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("' {SCRIPT}; connect-src 'self'; ")), "{policy}");
    assert_eq!(policy.matches("alicdn").count(), 1, "{policy}");
    let problem = app.phone("zhangsan").gets("/?corpid=dingother").await;
    let policy = problem.header("content-security-policy");
    let scripts = policy.split_once("script-src ").and_then(|(_, rest)| rest.strip_suffix("; form-action 'none'"));
    let digest = scripts.and_then(|source| source.strip_prefix("'sha256-")?.strip_suffix("='"));
    assert!(digest.is_some_and(|digest| digest.len() == 43), "only what copies the request id runs there: {policy}");
}

#[tokio::test]
async fn the_language_follows_the_browser_and_then_the_settings() {
    let app = App::start().await;
    let speaks = async |app: &App, language: Option<&str>| {
        let mut phone = app.phone("zhangsan");
        phone.headers.extend(language.map(|tag| ("Accept-Language", tag.to_owned())));
        let (page, problem) = (phone.opens_app().await, phone.gets("/userinfo").await);
        let chinese = page.body.contains("<html lang=\"zh-CN\">") && page.body.contains("正在登录");
        let english = page.body.contains("<html lang=\"en\">") && page.body.contains("Signing you in");
        assert_eq!(chinese, problem.json()["title"] == "请求不完整");
        assert_eq!(english, problem.json()["title"] == "The request is incomplete");
        if chinese {
            "zh"
        } else if english {
            "en"
        } else {
            "?"
        }
    };
    assert_eq!(speaks(&app, None).await, "zh");
    assert_eq!(speaks(&app, Some("en-GB,en;q=0.9,zh;q=0.8")).await, "en");
    assert_eq!(speaks(&app, Some("fr")).await, "zh");
    let english = App::with(|settings| settings["default_locale"] = json!("en")).await;
    assert_eq!(speaks(&english, Some("fr")).await, "en");
}

#[tokio::test]
async fn forwarded_headers_move_neither_the_signed_address_nor_a_link() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for name in ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-URL", "Forwarded"] {
        phone.headers = vec![(name, "evil.example".to_owned())];
        let page = phone.opens_app().await;
        assert_eq!(page.config()["url"], format!("{PUBLIC_URL}/?corpid={CORP}"), "{name}");
        assert!(!page.body.contains("evil.example"), "{name}");
        assert!(page.header("set-cookie").contains("Secure"), "{name}");
    }
}

#[tokio::test]
async fn all_routes_stand_behind_base_path() {
    let app = App::with(|settings| settings["base_path"] = json!("/_signin")).await;
    let mut phone = app.phone("zhangsan");
    let page = phone.gets(&format!("/_signin/?corpid={CORP}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.config()["url"], format!("{PUBLIC_URL}/_signin/?corpid={CORP}"));
    assert_eq!(phone.gets("/_signin?corpid=dingother").await.status, 404);
    let code = phone.code();
    let answer = phone.posts("/_signin/userinfo", &[("code", &code), ("state", &page.state())]).await;
    assert_eq!(answer.json()["redirect"], "/_signin/home");
    assert_eq!(phone.gets("/_signin/home").await.status, 200);
    assert_eq!(phone.posts("/_signin/logout", &[]).await.header("location"), "/_signin/");
    assert_eq!(phone.gets("/home").await.status, 404);
    assert_eq!(phone.gets("/_signin/static/js/jsapi.js").await.status, 200);
    assert_eq!(phone.gets("/static/js/jsapi.js").await.status, 404);
}

#[tokio::test]
async fn the_bundled_files_may_be_kept_for_ever_by_their_digest() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let version = phone.gets("/static/js/jsapi.js").await.header("etag").trim_matches('"').to_owned();
    let script = format!("/static/js/jsapi.js?v={version}");
    let asset = phone.gets(&script).await;
    assert_eq!((asset.status, asset.header("cache-control")), (200, "public, max-age=31536000, immutable"));
    let again = phone.request(Method::GET, &script).header("If-None-Match", asset.header("etag"));
    assert_eq!(phone.sends(again).await.status, 304);
    assert_eq!(phone.gets("/static/js/jsapi.js?v=0").await.header("cache-control"), "no-cache");
    for path in [
        "/static/../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static/js/none.js",
        "/static/js/signin.js",
        "/static/js/signin/client.js",
        "/static/",
    ] {
        assert_eq!(phone.gets(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_dd_error_says_reaches_the_log_with_both_addresses() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let message = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n],timestamp:[1],url:[http://app.example.com/],ticketList:[aC7X***]";
    let fields =
        [("kind", "dd.error"), ("message", message), ("signed", "https://app.example.com/"), ("state", &state)];
    let answer = phone.posts("/signin/report", &fields).await;
    assert_eq!(answer.status, 204);
    let line = crate::harness::log_line(answer.request_id());
    for part in ["errcode=52013", "DingTalk saw", "http://app.example.com/", "https://app.example.com/", "public_url"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let mut stranger: Phone = app.phone("zhangsan");
    assert_eq!(stranger.posts("/signin/report", &fields).await.problem(), "state-mismatch");
}

#[tokio::test]
async fn that_dingtalks_script_had_to_be_loaded_is_in_the_log_once_for_each_client() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let state = phone.opens_app().await.state();
    let mut reports = async |version: &str| {
        let message = "no answer in 1500 ms";
        let client = [("platform", "android"), ("version", version)];
        let fields = [("kind", "bootstrap"), ("message", message), ("state", &state)];
        let answer = phone.posts("/signin/report", &[&fields[..], &client[..]].concat()).await;
        assert_eq!(answer.status, 204);
        answer.request_id().to_owned()
    };
    let first = crate::harness::log_line(&reports("7.8.10").await);
    for part in ["client-report", "no answer in 1500 ms", "platform android, version 7.8.10", "script was loaded"] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let again = reports("7.8.10").await;
    let other = crate::harness::log_line(&reports("7.8.11").await);
    assert!(other.contains("version 7.8.11"), "{other}");
    assert!(!crate::harness::whole_log().contains(&again), "the same again is no news");
}
