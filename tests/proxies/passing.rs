//! What people and programs do all day, through each proxy.

use miandeng::users::Change;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    http::upgrade,
    recipe::{ORIGIN, Proxy, Recipe},
    site::{Site, miandeng_with},
    through_each_proxy,
};
use crate::harness::{CORP, whole_log};

through_each_proxy! {
    who_is_signed_in_reaches_the_app_under_their_own_name,
    a_name_in_plain_utf8_reaches_the_app_as_it_is,
    who_is_not_signed_in_is_sent_to_the_sign_in_page_and_back,
    a_script_is_told_where_to_sign_in,
    the_app_gets_every_cookie_but_ours,
    no_number_of_cookies_called_like_ours_shows_the_app_the_real_one,
    what_is_posted_arrives_once_and_whole,
    twenty_megabytes_arrive_or_are_refused,
    a_websocket_opens_for_who_is_signed_in,
    a_rule_in_the_proxys_block_keeps_others_out,
    an_apps_whole_request_gets_through_the_sign_in_page_and_back,
    a_person_who_is_refused_reads_our_page_and_a_script_a_problem,
    who_signs_out_or_is_disabled_is_refused_at_the_next_request,
}

async fn who_is_signed_in_reaches_the_app_under_their_own_name(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/a/%E6%8A%A5%E8%A1%A8?q=%E4%B8%AD&groups=x&users=y&empty="),
        ("HEAD", "/x"),
        ("DELETE", "/x%2Fy/z"),
        ("OPTIONS", "/x"),
    ] {
        let reply = visitor.navigates(method, target).await;
        assert_eq!(reply.status, 200, "{method} {target}: {}", reply.text());
        let seen = site.app.takes_one();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), (method, target));
        for name in ["Remote-User", "X-Auth-Request-User", "X-Auth-Request-Preferred-Username"] {
            assert_eq!(seen.folded(name), ["zhangsan"], "{name}");
        }
        assert_eq!(seen.folded("Remote-Name"), ["%E5%BC%A0%E4%B8%89"]);
        assert_eq!(seen.folded("X-Corp-Id"), [CORP]);
        assert_eq!(seen.folded("X-Miandeng-Identity").join("").split('.').count(), 3, "{seen:?}");
        for unknown in ["Remote-Email", "Remote-Groups", "X-Auth-Request-Email", "X-Auth-Request-Groups"] {
            assert!(seen.folded(unknown).is_empty(), "{unknown}: {seen:?}");
        }
    }
}

async fn a_name_in_plain_utf8_reaches_the_app_as_it_is(proxy: Proxy) {
    let miandeng = miandeng_with(|settings| settings["identity_encoding"] = json!("utf-8")).await;
    let change = Change { department: Some("研发部/后端组;财务".into()), ..Change::default() };
    miandeng.db_change("zhangsan", change).await;
    let site = Site::of(Recipe::of(proxy), miandeng).await;
    let reply = site.signed_in().await.navigates("GET", "/").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen = site.app.takes_one();
    assert_eq!(seen.folded("Remote-Name"), ["张三"]);
    assert_eq!(seen.folded("Remote-Groups"), ["研发部/后端组,财务"]);
    assert_eq!(seen.folded("X-Auth-Request-Groups"), ["研发部/后端组,财务"]);
}

async fn who_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.visitor();
    let target = "/a/%E6%8A%A5%E8%A1%A8;v=1?q=%E4%B8%AD%20x&b=1+2&c";
    let way_back = "%2Fa%2F%25E6%258A%25A5%25E8%25A1%25A8%3Bv%3D1%3Fq%3D%25E4%25B8%25AD%2520x%26b%3D1%2B2%26c";
    let address = format!("{ORIGIN}/_signin/?return_to=http%3A%2F%2Fapp.example.com%3A8080{way_back}");
    for (method, status) in [("GET", 302), ("HEAD", 302), ("POST", 303)] {
        let reply = visitor.navigates(method, target).await;
        assert_eq!((reply.status, reply.header("location")), (status, address.as_str()), "{method}");
    }
    assert!(site.app.seen().is_empty());
    let page = visitor.navigates("GET", address.strip_prefix(ORIGIN).unwrap()).await;
    assert_eq!(page.status, 200, "the sign-in page itself is open: {}", page.text());
    let back = site.signed_in().await.navigates("GET", address.strip_prefix(ORIGIN).unwrap()).await;
    assert_eq!((back.status, back.header("location")), (303, format!("{ORIGIN}{target}").as_str()));
}

/// The sign-in page's address carries the app's request, escaped once more: longer than a page of memory.
async fn an_apps_whole_request_gets_through_the_sign_in_page_and_back(proxy: Proxy) {
    let callback = "https://wiki.example.com/callback";
    let miandeng = miandeng_with(|settings| {
        settings["clients"] = json!([
            {"name": "Wiki", "client_id": "wiki", "client_secret": "s", "redirect_uris": [callback]},
        ]);
    })
    .await;
    let site = Site::of(Recipe::of(proxy), miandeng).await;
    let state = "部".repeat(360);
    let fields = [
        ("client_id", "wiki"),
        ("redirect_uri", callback),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", &state),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let asked = format!("/_signin/oauth2/authorize?{query}");
    let reply = site.visitor().navigates("GET", &asked).await;
    assert_eq!(reply.status, 303, "{}{}", reply.text(), site.proxy.log());
    let there = reply.header("location").to_owned();
    assert!(there.starts_with("/_signin/?") && there.len() > 5_000, "{there}");
    let page = site.visitor().navigates("GET", &there).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let visitor = site.signed_in().await;
    let back = visitor.navigates("GET", &there).await;
    assert_eq!(back.status, 303, "{}", back.text());
    let back = back.header("location").strip_prefix(ORIGIN).expect("to the request");
    assert_eq!(back, asked);
    let answer = visitor.navigates("GET", back).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let answer = url::Url::parse(answer.header("location")).expect("the app's address");
    assert!(
        answer.as_str().starts_with(callback)
            && answer.query_pairs().any(|(name, value)| name == "state" && value == state)
    );
}

async fn a_script_is_told_where_to_sign_in(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let html = ("Accept", "text/html");
    for headers in [
        &[("Accept", "application/json")][..],
        &[html, ("X-Requested-With", "XMLHttpRequest")],
        &[html, ("Sec-Fetch-Mode", "cors")],
        &[],
    ] {
        let reply = site.visitor().sends("GET", "/api?x=1", headers, b"").await;
        assert_eq!((reply.status, reply.header("content-type")), (401, "application/problem+json"), "{headers:?}");
        assert_eq!(reply.json()["type"], "sign-in-required");
        let address = reply.json()["signin_url"].as_str().unwrap().to_owned();
        assert!(address.starts_with(&format!("{ORIGIN}/_signin/?return_to=")), "{address}");
        assert!(address.ends_with("%2Fapi%3Fx%3D1"), "{address}");
    }
    // Android's web view names its app on every page.
    let page = site.visitor().sends("GET", "/", &[html, ("X-Requested-With", "com.alibaba.android.rimet")], b"").await;
    assert_eq!(page.status, 302);
    assert!(site.app.seen().is_empty());
}

async fn the_app_gets_every_cookie_but_ours(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let ours = site.signed_in().await.cookie();
    assert!(ours.contains("miandeng="));
    for (cookie, wanted) in [
        (format!("a=1; {ours}; b=2"), "a=1; b=2"),
        (format!("{ours}; a=1"), "a=1"),
        (format!("__Host-miandeng=x; a=1; {ours}; xmiandeng=2; b=3"), "a=1; xmiandeng=2; b=3"),
        (format!("a=1; b=\"miandeng=x\"; {ours}"), "a=1; b=\"miandeng=x\""),
    ] {
        let reply = site.visitor().sends("GET", "/", &[("Cookie", &cookie)], b"").await;
        assert_eq!(reply.status, 200, "{cookie}");
        let seen = site.app.takes_one();
        let got = seen.folded("Cookie").join("; ");
        assert_eq!(got.trim_end_matches([';', ' ']), wanted, "of {cookie}");
    }
    let reply = site.visitor().sends("GET", "/", &[("Cookie", &ours)], b"").await;
    assert_eq!(reply.status, 200);
    assert!(site.app.takes_one().folded("Cookie").join("").is_empty());
}

/// An app that sets many cookies called like ours cannot get the real one past the recipe.
async fn no_number_of_cookies_called_like_ours_shows_the_app_the_real_one(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let ours = site.signed_in().await.cookie();
    let session = ours.split("; ").find_map(|pair| pair.strip_prefix("miandeng=")).unwrap();
    let many = |count: usize| (0..count).map(|i| format!("miandeng-{}=x", "a".repeat(i + 1))).collect::<Vec<_>>();
    for count in [1, 2, 3, 4, 20] {
        let others = many(count).join("; ");
        for cookie in [format!("{others}; {ours}"), format!("{ours}; {others}"), format!("a=1;{others};\t{ours};b=2")] {
            let reply = site.visitor().sends("GET", "/", &[("Cookie", &cookie)], b"").await;
            assert_eq!(reply.status, 200, "{cookie}");
            let seen = site.app.takes_one();
            assert!(!format!("{seen:?}").contains(session), "{cookie}: {seen:?}");
        }
    }
    let lines: Vec<_> = many(4).into_iter().chain([ours.clone()]).collect();
    let lines: Vec<_> = lines.iter().map(|line| ("Cookie", line.as_str())).collect();
    assert_eq!(site.visitor().sends("GET", "/", &lines, b"").await.status, 200);
    assert!(!format!("{:?}", site.app.takes_one()).contains(session));
}

async fn what_is_posted_arrives_once_and_whole(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let body = "name=张三&ünïcode=\0\r\n\r\n&end".as_bytes();
    for method in ["POST", "PUT", "PATCH"] {
        let reply = visitor.sends(method, "/form?x", &[("Content-Type", "text/plain")], body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = site.app.takes_one();
        assert_eq!((seen.method.as_str(), seen.length), (method, body.len()));
        assert_eq!(seen.digest, hex::encode(Sha256::digest(body)));
        assert_eq!(seen.folded("Content-Type"), ["text/plain"]);
    }
    let reply = site.visitor().sends("POST", "/form?x", &[], body).await;
    assert_eq!(reply.status, 401);
    assert!(site.app.seen().is_empty());
}

async fn twenty_megabytes_arrive_or_are_refused(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let body: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|i| (i % 251) as u8).collect();
    let reply = site.signed_in().await.sends("POST", "/upload", &[], &body).await;
    assert_eq!(reply.status, 200, "{}{}", reply.text(), site.proxy.log());
    let seen = site.app.takes_one();
    assert_eq!((seen.length, seen.digest), (body.len(), hex::encode(Sha256::digest(&body))));
    let reply = site.visitor().sends("POST", "/upload", &[], &body).await;
    assert_eq!(reply.status, 401);
    assert!(site.app.seen().is_empty());
}

async fn a_websocket_opens_for_who_is_signed_in(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let cookie = visitor.cookie();
    let (reply, mut socket) =
        upgrade(&site.proxy.address, "/ws?x=1", &visitor.all_headers(&cookie, &[])).await.unwrap();
    assert_eq!(reply.status, 101, "{}", site.proxy.log());
    socket.write_all("你好".as_bytes()).await.unwrap();
    let mut said = [0; 6];
    socket.read_exact(&mut said).await.unwrap();
    assert_eq!(said, "你好".as_bytes());
    let seen = site.app.takes_one();
    assert_eq!((seen.target.as_str(), seen.folded("Remote-User")), ("/ws?x=1", vec!["zhangsan"]));

    let (reply, _) = upgrade(&site.proxy.address, "/ws", &site.visitor().all_headers("", &[])).await.unwrap();
    assert_eq!(reply.status, 401);
    assert!(site.app.seen().is_empty());
}

async fn a_rule_in_the_proxys_block_keeps_others_out(proxy: Proxy) {
    let site = Site::with(Recipe::of(proxy).with("users=boss", "users=lisi")).await;
    site.miandeng.db_add("lisi", "李四").await;
    let (employee, mut boss) = (site.signed_in().await, site.visitor());
    boss.signs_in(&site.miandeng.simulator, "lisi").await;
    for target in ["/finance/x", "/finance/x?users=zhangsan", "/%66inance/x", "//finance/x"] {
        let reply = employee.navigates("GET", target).await;
        assert_eq!(reply.status, 403, "{target}: {}", reply.text());
    }
    assert_eq!(employee.navigates("GET", "/a/../finance/x").await.status, 400, "not every app resolves dots");
    assert!(site.app.seen().is_empty());
    assert_eq!(employee.navigates("GET", "/").await.status, 200);
    assert_eq!(site.app.takes_one().target, "/");
    assert_eq!(boss.navigates("GET", "/finance/x?q=1").await.status, 200);
    assert_eq!(site.app.takes_one().folded("Remote-User"), ["lisi"]);
    assert_eq!(site.visitor().navigates("GET", "/finance/").await.status, 302);
}

/// In the person's language, with the log's request id, and with its own style: the app's host has none of our files.
async fn a_person_who_is_refused_reads_our_page_and_a_script_a_problem(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let html = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")];
    for (language, says) in [("zh-CN", "管理员"), ("en", "dministrator")] {
        for (method, target, status, problem) in [
            ("GET", "/finance/salaries?year=2026", 403, "not-allowed"),
            ("POST", "/finance/salaries", 403, "not-allowed"),
            ("GET", "/a%5cb", 400, "invalid-request"),
        ] {
            let headers = [&html[..], &[("Accept-Language", language)]].concat();
            let reply = visitor.sends(method, target, &headers, b"").await;
            let page = reply.text();
            assert_eq!((reply.status, reply.header("cache-control")), (status, "no-store"), "{target}: {page}");
            assert!(page.contains(&format!("data-problem=\"{problem}\"")), "{page}");
            assert!(page.contains(&format!("lang=\"{language}\"")) && page.contains(says), "{page}");
            assert!(page.contains("<style>") && !page.contains("<link rel=\"stylesheet\""), "{page}");
            assert!(reply.header("content-security-policy").contains("style-src 'sha256-"), "{:?}", reply.headers);
            let (_, rest) = page.split_once("<code>").expect("a request id");
            let id = rest.split('<').next().unwrap();
            let log = whole_log();
            let line = log.lines().find(|line| line.contains(&format!(" request_id=\"{id}\"")));
            let line = line.unwrap_or_else(|| panic!("no line of {id}"));
            assert!(line.contains(problem), "{line}");
            assert!(status != 400 || line.contains("URL is malformed"), "{line}");
            if status == 403 {
                let wanted =
                    ["app.example.com:8080", "/finance/salaries", "groups=%E8%B4%A2%E5%8A%A1%E9%83%A8&users=boss"];
                assert!(wanted.iter().all(|wanted| line.contains(wanted)) && !line.contains("year"), "{line}");
            }
        }
    }
    let reply = visitor.fetches("GET", "/finance/salaries").await;
    assert_eq!((reply.status, reply.header("content-type")), (403, "application/problem+json"), "{}", reply.text());
    assert_eq!(reply.json()["type"], "not-allowed");
    assert!(site.app.seen().is_empty());
}

async fn who_signs_out_or_is_disabled_is_refused_at_the_next_request(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    assert_eq!(visitor.fetches("GET", "/").await.status, 200);
    let out = visitor.sends("POST", "/_signin/logout", &[("Origin", ORIGIN)], b"").await;
    assert_eq!(out.status, 303, "{}", out.text());
    assert_eq!(visitor.fetches("GET", "/").await.status, 401);

    let visitor = site.signed_in().await;
    assert_eq!(visitor.fetches("GET", "/").await.status, 200);
    site.miandeng.db_disable("zhangsan").await;
    assert_eq!(visitor.fetches("GET", "/").await.status, 401);
    assert_eq!(site.app.seen().len(), 2);
}
