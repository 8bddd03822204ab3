use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, App, CORP};

const FRONT: &str = "https://front.example:8443";

async fn deployment() -> App {
    App::with(|settings| {
        settings["jsapi_origins"] = json!([FRONT]);
        settings["allowed_return_hosts"] = json!([".corp.example"]);
    })
    .await
}

async fn asks(app: &App, origin: Option<&str>, url: &str) -> Answer {
    let mut phone = app.phone("zhangsan");
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("url", url).finish();
    let mut request = phone.request(Method::GET, &format!("/jsapi/config?{query}"));
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    phone.sends(request).await
}

#[tokio::test]
async fn a_listed_page_gets_a_signature_for_exactly_its_address() {
    let app = deployment().await;
    let pages = [
        (None, "https://app.example.com/reports?name=%E5%BC%A0&q=a+b%2Bc#/route"),
        (Some(FRONT), "https://front.example:8443/"),
        (Some("https://bi.corp.example"), "https://bi.corp.example/x?y=张三"),
    ];
    for (origin, url) in pages {
        let answer = asks(&app, origin, url).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut config = answer.json();
        let mut names: Vec<String> = config.as_object().unwrap().keys().cloned().collect();
        names.sort();
        let expected = ["agentId", "corpId", "jsApiList", "nonceStr", "signature", "timeStamp", "type", "url"];
        assert_eq!(names, expected, "the same as _config, less state");
        assert_eq!(config["corpId"], CORP);
        config["url"] = json!(url);
        let judged =
            reqwest::Client::new().post(app.dingtalk_url("/_client/config")).json(&config).send().await.unwrap();
        assert_eq!(judged.json::<Value>().await.unwrap(), json!({"ok": true}), "{url}");
    }
}

#[tokio::test]
async fn only_listed_origins_may_read_the_answer_with_cookies() {
    let app = deployment().await;
    let answer = asks(&app, Some(FRONT), &format!("{FRONT}/")).await;
    assert_eq!(answer.header("access-control-allow-origin"), FRONT);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.all("vary").contains(&"Origin"));
    assert_eq!(answer.header("cache-control"), "no-store");

    let unnamed = asks(&app, None, "https://app.example.com/").await;
    assert_eq!(unnamed.all("access-control-allow-origin"), Vec::<&str>::new());
    assert!(unnamed.all("vary").contains(&"Origin"), "also of an answer to nobody in particular");
}

#[tokio::test]
async fn nobody_else_gets_a_signature() {
    let app = deployment().await;
    let cases = [
        (Some("https://evil.example"), "https://app.example.com/"),
        (Some("https://evil.example"), "https://evil.example/"),
        (Some("null"), "https://app.example.com/"),
        (Some("https://front.example"), "https://front.example/"),
        (Some("https://corp.example"), "https://corp.example/"),
        (Some(FRONT), "https://app.example.com/"),
        (None, "https://evil.example/"),
        (None, "https://app.example.com@evil.example/"),
        (None, "http://app.example.com/"),
        (None, "https://app.example.com:8443/"),
    ];
    for (origin, url) in cases {
        let answer = asks(&app, origin, url).await;
        assert_eq!(answer.status, 403, "{origin:?} {url}");
        assert!(!answer.body.contains("signature"), "{}", answer.body);
        if origin != Some(FRONT) {
            assert_eq!(answer.all("access-control-allow-origin"), Vec::<&str>::new(), "{origin:?} {url}");
        }
    }
    let mut phone = app.phone("zhangsan");
    let twice = phone.request(Method::GET, "/jsapi/config?url=https://app.example.com/");
    let twice = twice.header("Origin", FRONT).header("Origin", "https://app.example.com");
    assert_eq!(phone.sends(twice).await.status, 403, "two origins are none");
    assert_eq!(app.simulator.calls("/get_jsapi_ticket"), 0);
}

#[tokio::test]
async fn a_wrong_question_is_answered_with_what_is_wrong() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for (query, status) in [
        ("", 400),
        ("?url=", 400),
        ("?url=https://app.example.com/&url=https://app.example.com/", 400),
        ("?url=nonsense", 400),
        ("?url=https://app.example.com/%0d%0a", 400),
        ("?url=https://app.example.com/&corpid=dingother", 404),
        ("?url=https://app.example.com/&agentid=", 400),
    ] {
        assert_eq!(phone.gets(&format!("/jsapi/config{query}")).await.status, status, "{query}");
    }
    let long = format!("/jsapi/config?url=https://app.example.com/{}", "x".repeat(60_000));
    assert!(matches!(phone.gets(&long).await.status, 400 | 414));
}

#[tokio::test]
async fn a_browser_that_asks_first_is_answered() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let ask = |origin: &'static str| (Method::OPTIONS, origin);
    for (method, origin) in [ask(FRONT), ask("https://evil.example")] {
        let request = phone.request(method, "/jsapi/config").header("Origin", origin);
        let answer = phone.sends(request.header("Access-Control-Request-Method", "GET")).await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), if origin == FRONT { FRONT } else { "" });
    }
}

#[tokio::test]
async fn the_copy_of_dingtalks_script_is_sent_once_and_small() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dingtalk.open.js");
    let whole = "var dd = { ready: function () {} };\n".repeat(500);
    std::fs::write(&file, &whole).unwrap();
    let app = App::with(|settings| settings["dingtalk"]["jsapi_file"] = json!(file)).await;
    let asks = async |headers: &[(&str, &str)]| {
        let mut request = reqwest::Client::new().get(app.url("/jsapi/dingtalk.js"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
    };

    let plain = asks(&[]).await;
    assert_eq!((plain.status().as_u16(), header(&plain, "content-encoding")), (200, String::new()));
    assert_eq!(header(&plain, "vary"), "Accept-Encoding");
    assert!(header(&plain, "cache-control").contains("max-age="), "{plain:?}");
    let etag = header(&plain, "etag");
    assert_eq!(plain.text().await.unwrap(), whole);

    let small = asks(&[("Accept-Encoding", "br, gzip;q=0.8")]).await;
    assert_eq!((header(&small, "content-encoding"), header(&small, "vary")), ("gzip".into(), "Accept-Encoding".into()));
    assert!(header(&small, "content-type").starts_with("text/javascript"), "{small:?}");
    let small_etag = header(&small, "etag");
    assert_ne!(small_etag, etag, "other bytes have another tag");
    let bytes = small.bytes().await.unwrap();
    assert!(bytes.len() * 5 < whole.len(), "{}", bytes.len());
    let mut unpacked = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut unpacked).unwrap();
    assert_eq!(unpacked, whole);

    for (known, status) in [
        (etag.clone(), 304),
        (small_etag.clone(), 304),
        (format!("\"x\", W/{etag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
    ] {
        let answer = asks(&[("If-None-Match", &known)]).await;
        assert_eq!(answer.status().as_u16(), status, "{known}");
        assert_eq!(header(&answer, "etag"), etag, "{known}");
        assert!(header(&answer, "cache-control").contains("max-age="));
        assert_eq!(answer.text().await.unwrap().is_empty(), status == 304);
    }
    for none in ["", "identity", "gzip;q=0", "gzip; q=0.000", "x-gzip", "*;q=0"] {
        assert_eq!(header(&asks(&[("Accept-Encoding", none)]).await, "content-encoding"), "", "{none}");
    }
}
