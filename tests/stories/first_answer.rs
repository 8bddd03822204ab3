//! The first answer: whole, small, and compressed without telling a secret.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::json;

use crate::harness::{App, CORP, Phone};

/// What fits into the first window of a connection (RFC 6928), less what TLS and HTTP add.
const FIRST_WINDOW: usize = 14_000;

struct Received {
    status: u16,
    encoding: String,
    /// As it came.
    bytes: Vec<u8>,
    /// Names, values, and what stands between them.
    header_bytes: usize,
}

impl Received {
    async fn of(phone: &Phone, path: &str, accept_encoding: Option<&str>) -> Self {
        let request = phone.request(Method::GET, path).header("Accept", "text/html");
        let request =
            accept_encoding.into_iter().fold(request, |request, value| request.header("Accept-Encoding", value));
        let response = request.send().await.unwrap();
        let header_bytes = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let text = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, encoding) = (response.status().as_u16(), text("content-encoding"));
        Self { status, encoding, header_bytes, bytes: response.bytes().await.unwrap().into() }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        match self.encoding.as_str() {
            "gzip" => GzDecoder::new(&self.bytes[..]).read_to_string(&mut text).unwrap(),
            "" => (&self.bytes[..]).read_to_string(&mut text).unwrap(),
            other => panic!("{other}"),
        };
        text
    }
}

#[tokio::test]
async fn the_sign_in_page_and_every_refusal_fit_into_the_first_window() {
    let app = App::start().await;
    for language in ["zh-CN", "en"] {
        let mut phone = app.phone("zhangsan");
        phone.headers = vec![("Accept-Language", language.to_owned())];
        for (path, status) in [
            (format!("/?corpid={CORP}&return_to=/reports%3Fpage=2"), 200),
            ("/?corpid=dingother".to_owned(), 404),
            ("/login/dingtalk/callback?error=access_denied".to_owned(), 403),
            ("/handover?token=0123".to_owned(), 410),
            ("/nowhere".to_owned(), 404),
        ] {
            let answer = Received::of(&phone, &path, Some("gzip, deflate, br")).await;
            let size = answer.bytes.len() + answer.header_bytes;
            assert_eq!((answer.status, answer.encoding.as_str()), (status, "gzip"), "{path}");
            assert!(size <= FIRST_WINDOW, "{path} in {language}: {size} bytes");
            let page = answer.text();
            assert!(!page.contains(" src=") && !page.contains("stylesheet"), "{path} needs another answer: {page}");
        }
    }
}

#[tokio::test]
async fn an_answer_is_the_same_compressed_or_not() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for path in ["/home", "/static/js/jsapi.js", "/static/css/admin.css", "/?corpid=dingother"] {
        let plain = Received::of(&phone, path, None).await;
        let packed = Received::of(&phone, path, Some("gzip")).await;
        assert_eq!((plain.encoding.as_str(), packed.encoding.as_str()), ("", "gzip"), "{path}");
        assert!(packed.bytes.len() < plain.bytes.len(), "{path}");
        // What differs at each request: the request's id, and when a session was last seen.
        let same = |text: &str| text.split("<code>").next().unwrap_or_default().to_owned();
        assert_eq!(same(&packed.text()), same(&plain.text()), "{path}");
        assert_eq!(Received::of(&phone, path, Some("gzip;q=0")).await.encoding, "", "{path}");
    }
}

/// BREACH: an answer that is compressed together with a secret is shorter where the sender guesses a piece of it.
#[tokio::test]
async fn no_answers_length_tells_whether_a_guess_was_right() {
    let app = App::start().await;
    let phone = app.phone("zhangsan");
    let long = "x".repeat(600);
    // The agentid is in every page, and stands for whatever a page holds.
    let lengths = ["100000001", "999999998", "zqzqzqzqz"].map(async |guess| {
        let path = format!("/?corpid={CORP}&return_to=/{guess}{guess}{guess}{long}");
        Received::of(&phone, &path, Some("gzip")).await.bytes.len()
    });
    let [right, wrong, odd] = lengths;
    let (right, wrong, odd) = (right.await, wrong.await, odd.await);
    assert_eq!((right, right), (wrong, odd));
}

#[tokio::test]
async fn the_gates_answers_are_never_compressed() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    phone.headers = vec![
        ("X-Forwarded-Method", "GET".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
        ("X-Forwarded-Host", "app.example.com".to_owned()),
        ("X-Forwarded-Uri", "/".to_owned()),
    ];
    for (path, status) in [("/auth/caddy", 200), ("/auth/caddy?groups=nobody", 403)] {
        let answer = Received::of(&phone, path, Some("gzip")).await;
        assert_eq!((answer.status, answer.encoding.as_str()), (status, ""), "{path}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_gets_home_with_one_redirect_and_no_further_answer() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let opened = phone.opens_app().await;
    assert_eq!((opened.status, opened.header("location")), (303, "/home"));
    let home = Received::of(&phone, "/home", Some("gzip")).await;
    let page = home.text();
    assert_eq!(home.status, 200);
    assert!(!page.contains(" src=") && !page.contains("stylesheet"), "{page}");
    assert!(home.bytes.len() + home.header_bytes <= FIRST_WINDOW);
}

#[tokio::test]
async fn the_page_says_how_it_asks_for_a_code_and_loads_dingtalks_script_only_where_that_is_the_setting() {
    for (setting, preloads) in [(None, false), (Some("own"), false), (Some("official"), true)] {
        let app = App::with(|settings| {
            if let Some(setting) = setting {
                settings["bootstrap"] = json!(setting);
            }
        })
        .await;
        let page = app.phone("zhangsan").opens_app().await.body;
        let named = format!("data-bootstrap=\"{}\"", setting.unwrap_or("own"));
        assert!(page.contains(&named), "{page}");
        assert_eq!(page.contains("rel=\"preload\""), preloads, "{setting:?}");
    }
}
