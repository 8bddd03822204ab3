//! Attacks on no single feature.

use std::collections::BTreeSet;

use miandeng::{
    simulator::{Company, Fault, FaultKind},
    users::Change,
};
use reqwest::{Method, redirect::Policy};
use rocket::tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use serde_json::json;
use url::Url;

use crate::harness::{App, CORP, PUBLIC_URL, Phone, log_line, whole_log};

const EXCHANGE: &str = "/topapi/v2/user/getuserinfo";

/// Some reader takes each of these for another host, or for a script.
const ELSEWHERE: [&str; 26] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\n/evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%2fevil.example",
    "/%0d%0aLocation:https://evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "/a/../%2fevil.example",
    "..//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://app.example.com@evil.example/",
    "https://app.example.com.evil.example/",
    "https://app.example.com./",
    "https://app。example。com/",
    "https://app.example.com:8443/",
    "javascript:alert(1)",
    "data:text/html,x",
    "dingtalk://dingtalkclient/x",
];

fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// Sends exactly these bytes.
async fn raw(app: &App, request: &[u8]) -> String {
    let address = app.url("").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before all is sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let mut values =
        head.lines().filter_map(|line| line.split_once(": ")).filter(|(n, _)| n.eq_ignore_ascii_case(name));
    let value = values.next().unwrap_or_else(|| panic!("no {name}: {head}")).1;
    assert!(values.next().is_none(), "{head}");
    value
}

/// Through DingTalk's own page, on the way to `wanted`.
async fn signs_in_outside(browser: &mut Phone, wanted: &str) -> String {
    let answer = browser.gets(&format!("/login/dingtalk?{}", query("return_to", wanted))).await;
    let mut there = Url::parse(answer.header("location")).unwrap();
    there.query_pairs_mut().append_pair("simulated_person", "zhangsan");
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let back = http.get(there).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let back = back.strip_prefix(PUBLIC_URL).unwrap();
    browser.gets(&format!("{back}&{}", query("return_to", wanted))).await.header("location").to_owned()
}

#[tokio::test]
async fn no_entrance_leads_anybody_elsewhere() {
    let app = App::start().await;
    for wanted in ELSEWHERE {
        let wanted_query = query("return_to", wanted);
        // By the page, its form and its JSON.
        let mut phone = app.phone("zhangsan");
        let page = phone.gets(&format!("/?corpid={CORP}&{wanted_query}")).await;
        let (code, state) = (phone.code(), page.state());
        let fields = [("code", code.as_str()), ("state", &state), ("return_to", wanted)];
        assert_eq!(phone.posts("/userinfo", &fields).await.json()["redirect"], "/home", "form: {wanted:?}");
        let mut other = app.phone("zhangsan");
        let (state, code) = (other.opens_app().await.state(), other.code());
        let body = json!({ "code": code, "state": state, "return_to": wanted });
        let answer = other.sends(other.request(Method::POST, "/userinfo").json(&body)).await;
        assert_eq!(answer.json()["redirect"], "/home", "JSON: {wanted:?}");
        // By the query of a signed-in person, alone and beside a good one.
        for more in ["", "&return_to=/a"] {
            let on = phone.gets(&format!("/?{wanted_query}{more}")).await;
            assert_eq!((on.status, on.header("location")), (303, "/home"), "query: {wanted:?}{more}");
        }
        // By DingTalk's page and back, in the state and beside it.
        assert_eq!(signs_in_outside(&mut app.phone("zhangsan"), wanted).await, "/home", "state: {wanted:?}");
        // By a hand-over and by signing out, which have no such field.
        let token = phone.posts("/home/open-in-browser", &[]).await;
        let token = token.body.split("token=").nth(1).unwrap()[..64].to_owned();
        let (mut browser, fields) = (app.phone("x"), [("token", token.as_str()), ("return_to", wanted)]);
        let done = browser.posts(&format!("/handover?{wanted_query}"), &fields).await;
        assert_eq!(done.header("location"), "/home", "hand-over: {wanted:?}");
        phone.headers = vec![("Referer", "https://evil.example/".to_owned())];
        let out = phone.posts(&format!("/logout?{wanted_query}"), &[("return_to", wanted)]).await;
        assert_eq!((out.status, out.header("location")), (303, "/"), "sign-out: {wanted:?}");
        // A person may make a link each half minute.
        app.clock.advance(30);
    }
}

#[tokio::test]
async fn nobody_is_recognised_by_anything_but_the_userid() {
    let company = Company::sample();
    let lisi = company.corps[0].employees.iter().find(|one| one.userid == "lisi").expect("a sample").clone();
    let app = App::of(company, |settings| settings["allowed_return_hosts"] = json!([])).await;
    app.db_add("somebody", &lisi.name).await;
    let same = Change {
        name: Some(lisi.name),
        mobile: Some(lisi.mobile),
        email: Some(lisi.email),
        unionid: Some(lisi.unionid),
        title: Some(lisi.title),
        ..Change::default()
    };
    app.db_change("somebody", same).await;
    let refused = app.phone("lisi").signs_in().await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "not-listed"));
    let log = log_line(refused.request_id());
    assert!(log.contains("lisi") && !log.contains("somebody"), "{log}");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_userid_that_looks_like_something_else_is_a_userid() {
    let app = App::start().await;
    let answers = |userid: &str| Fault {
        path: EXCHANGE.into(),
        times: 1,
        corp_id: None,
        client_id: None,
        kind: FaultKind::Body(json!({ "errcode": 0, "result": { "userid": userid } }).to_string()),
    };
    for userid in ["admin", "root", "0", "null", "../x", "role:admin", "<b>x</b>", "=cmd|x", "张三", "%2C"] {
        app.simulator.fault(answers(userid));
        assert_eq!(app.phone("zhangsan").signs_in().await.problem(), "not-listed", "{userid}");
        app.db_add(userid, "Somebody").await;
        app.simulator.fault(answers(userid));
        let mut phone = app.phone("zhangsan");
        let welcome = phone.signs_in().await;
        assert_eq!(welcome.json()["userid"], userid);
        let home = phone.gets("/home").await;
        assert!(home.status == 200 && !home.body.contains("<b>x"), "{userid}: {}", home.body);
        let ask = |rules: &str| {
            let request = phone.request(Method::GET, &format!("/auth/nginx?{rules}"));
            request.header("X-Original-URL", "https://app.example.com/").header("X-Original-Method", "GET")
        };
        let (everybody, admins) = (ask(""), ask("groups=role:admin"));
        let passed = phone.sends(everybody).await;
        let named = percent_encoding::percent_decode_str(passed.header("remote-user")).decode_utf8_lossy().into_owned();
        assert_eq!((passed.status, named.as_str()), (200, userid));
        assert_eq!(phone.sends(admins).await.status, 403, "{userid} is no administrator");
    }
}

#[tokio::test]
async fn nothing_that_a_stranger_forwards_moves_an_address_a_cookie_or_the_list_of_sessions() {
    let app = App::with(|settings| settings["trusted_proxies"] = json!(["10.0.0.1/32"])).await;
    let mut phone = app.phone("zhangsan");
    let names = [
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Uri",
        "X-Forwarded-Prefix",
        "X-Forwarded-Server",
        "X-Real-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Forwarded",
        "Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
    ];
    phone.headers = names.map(|name| (name, "192.0.2.66".to_owned())).to_vec();
    let page = phone.opens_app().await;
    assert_eq!(page.config()["url"], format!("{PUBLIC_URL}/?corpid={CORP}"));
    let (code, state) = (phone.code(), page.state());
    let welcome = phone.sends_code(&code, &state).await;
    assert!(welcome.header("set-cookie").contains("; Secure"), "{}", welcome.header("set-cookie"));
    let home = phone.gets("/home").await;
    assert!(home.body.contains("127.0.0.1") && !home.body.contains("192.0.2.66"), "{}", home.body);
    assert!(!log_line(welcome.request_id()).contains("192.0.2.66"));
    assert_eq!(app.db_count("SELECT count(*) FROM sessions WHERE address = '127.0.0.1'").await, 1);
}

#[tokio::test]
async fn dingtalks_words_are_inert_on_the_page_and_in_the_log() {
    let app = App::start().await;
    let words = "</script><script>alert(1)</script>\r\n\u{1b}[2J\u{9b}31m INFO forged line \u{2028}\"=cmd|x'!A0";
    for path in [EXCHANGE, "/gettoken"] {
        app.clock.advance(7300);
        let kind = FaultKind::Errcode { code: 60011, text: words.into() };
        app.simulator.fault(Fault { path: path.into(), times: 1, corp_id: None, client_id: None, kind });
        let mut phone = app.phone("zhangsan");
        let page = phone.opens_app().await;
        let answer = if page.status == 200 { phone.sends_code(&phone.code(), &page.state()).await } else { page };
        assert_eq!(answer.status, 502, "{path}");
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains('\u{1b}'), "{}", answer.body);
        let log = log_line(answer.request_id());
        assert!(log.contains("60011") && log.contains("forged line"), "{log}");
        assert!(!log.contains(|c: char| c.is_control()), "{log:?}");
    }
}

/// A float that compares with nothing made a sort panic, before any handler ran.
#[tokio::test]
async fn no_language_header_keeps_anybody_from_an_answer() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let odd = (0..90).map(|i| format!("l{i};q={}", ["NaN", "0.3", "-inf", "1e9", "0.7"][i % 5])).collect::<Vec<_>>();
    for header in [odd.join(","), "q=1;;;q,=;q=".into(), ",".repeat(8000), "zh;q=".repeat(1000), "é".into()] {
        phone.headers = vec![("Accept-Language", header)];
        assert_eq!(phone.opens_app().await.status, 200);
        assert_eq!(phone.gets("/nowhere").await.status, 404);
    }
}

#[tokio::test]
async fn odd_bytes_in_a_request_are_answered_and_the_next_request_is_served() {
    let app = App::start().await;
    let cookies = format!("Cookie: {}\r\n", "a=b; ".repeat(10_000)).into_bytes();
    let bytes = [
        &b"Cookie: __Host-miandeng=\xff\xfe; \x80=\x81\r\nAccept-Language: \xff;q=\xfe\r\n"[..],
        b"User-Agent: \xff\r\n",
    ];
    let bytes = bytes.concat();
    let many = (0..90).flat_map(|i| format!("X-Forwarded-For: 1.2.3.{i}, x\r\n").into_bytes()).collect::<Vec<_>>();
    let mut statuses = BTreeSet::new();
    for headers in [&cookies, &bytes, &many] {
        for path in
            ["/", "/home", "/auth/nginx", "/auth/envoy/x", "/jsapi/config?url=x", "/userinfo?code=x", "/nowhere"]
        {
            let line = format!("GET {path} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n");
            let answer = raw(&app, &[line.as_bytes(), headers, b"\r\n"].concat()).await;
            assert!((200..500).contains(&status(&answer)), "{path}: {answer}");
            assert!(!answer.contains("__Host-miandeng="), "{answer}");
            statuses.insert(status(&answer));
        }
    }
    assert!(statuses.contains(&200) && statuses.contains(&404), "{statuses:?}");
    let long = format!("GET /?x={} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x".repeat(1 << 20));
    let answer = raw(&app, long.as_bytes()).await;
    assert!(answer.is_empty() || (400..500).contains(&status(&answer)), "{answer:.200}");
    assert_eq!(app.phone("zhangsan").signs_in().await.status, 200);
}

/// Rocket logs nearly everything that is wrong with a request, so anybody could fill a disk.
#[tokio::test]
async fn no_request_however_broken_adds_more_than_its_own_line_to_the_log() {
    let app = App::start().await;
    let odd = (0..90).flat_map(|i| [format!("X-Odd-{i}: ").as_bytes(), b"\xff\r\n"].concat()).collect::<Vec<_>>();
    let form = &b"Content-Type: application/x-www-form-urlencoded\r\n"[..];
    let json = &b"Content-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"code\": [[[[[[[[["[..];
    let chunks = &b"Transfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\nno number\r\n"[..];
    let long = [b"Content-Length: 20000\r\n\r\n", &[b'x'; 20_000][..]].concat();
    let requests: [(&str, Vec<u8>); 12] = [
        ("GET /healthz", odd.clone()),
        ("GET /home", odd.clone()),
        ("GET /auth/nginx", odd),
        ("GET /nowhere", vec![]),
        ("GET /home?%ff=%fe&a&=&&", b"Cookie: =; ;a;__Host-miandeng=%ff\r\n".to_vec()),
        ("GET /static/..%2f", b"Accept: ,;/\r\nContent-Type: /\r\nHost: [\r\n".to_vec()),
        ("POST /home/sessions/%ff/sign-out", form.to_vec()),
        ("POST /userinfo", [form, chunks].concat()),
        ("POST /handover", [form, chunks].concat()),
        ("POST /userinfo", json.to_vec()),
        ("POST /userinfo", [form, &long].concat()),
        ("POST /signin/report", [form, &long].concat()),
    ];
    for (request, rest) in requests {
        let line = format!("{request} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n");
        let answer = raw(&app, &[line.as_bytes(), &rest, b"\r\n"].concat()).await;
        let id = header(&answer, "x-request-id").to_owned();
        assert!(!whole_log().contains(&id) || log_line(&id).contains("miandeng::access"), "{request}");
    }
    let log = whole_log();
    let rockets = |line: &&str| {
        let target = line.split_whitespace().nth(2).unwrap_or_default();
        target.starts_with("rocket") || target.ends_with("::_:") || line.contains("x-odd")
    };
    assert_eq!(log.lines().filter(rockets).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_request_that_is_malformed_as_a_whole_is_answered_and_logged_like_any_other() {
    let app = App::start().await;
    for (request, accept) in [
        ("PROPFIND /home", "application/json"),
        ("PROPFIND /home", "text/html"),
        ("CONNECT app.example.com:443", "*/*"),
    ] {
        let line =
            format!("{request} HTTP/1.1\r\nHost: app.example.com\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
        let answer = raw(&app, line.as_bytes()).await;
        assert_eq!((status(&answer), header(&answer, "x-content-type-options")), (400, "nosniff"), "{answer}");
        let id = header(&answer, "x-request-id");
        assert_eq!(answer.matches(id).count(), 2, "in the header and for the reader: {answer}");
        let line = log_line(id);
        assert!(line.contains("INFO") && line.contains("status=400") && line.contains("cause=\"no HTTP"), "{line}");
        assert!(line.contains("problem=\"invalid-request\""), "{line}");
    }
    // A request without a route is caught too, but is no such case.
    let nowhere = app.phone("zhangsan").gets("/nowhere").await;
    assert_eq!((nowhere.status, nowhere.all("x-request-id").len()), (404, 1));
    assert!(!log_line(nowhere.request_id()).contains("no HTTP"));
}

#[tokio::test]
async fn nothing_outside_the_bundled_files_is_read() {
    let app = App::start().await;
    for path in [
        "/static/../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static/..%2fCargo.toml",
        "/static/js/..%2f..%2f..%2fetc%2fpasswd",
        "/static/js/..%5cjsapi.js",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/js/jsapi.js%00.txt",
        "/static/js",
        "/static/",
        "/static/js/jsapi.js/",
    ] {
        let answer = raw(&app, format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await;
        let is_itself = answer.contains("javascript") && path.ends_with("jsapi.js/");
        assert!(matches!(status(&answer), 400 | 404) || is_itself, "{path}: {answer:.200}");
        assert!(!answer.contains("[package]") && !answer.contains("root:"), "{path}");
    }
}
