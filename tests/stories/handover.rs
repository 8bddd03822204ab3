//! From the DingTalk client to the system's browser: one click spends a link, once, within seconds.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, App, CORP, PUBLIC_URL, Phone, whole_log};

const HOME: &str = "/home/open-in-browser";

/// Returns the link's path and its token.
pub async fn makes_a_link(phone: &mut Phone) -> (String, String) {
    let page = phone.posts(HOME, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let link = page.body.split("data-link>").nth(1).unwrap().split('<').next().unwrap();
    let path = link.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{link}")).to_owned();
    let token = path.split_once("token=").unwrap().1.to_owned();
    (path, token)
}

/// The page and its button both say that the link has expired.
async fn is_expired(app: &App, token: &str) {
    for method in [Method::GET, Method::HEAD] {
        let mut browser = app.phone("x");
        let request =
            browser.request(method.clone(), &format!("/handover?token={token}")).header("Accept", "text/html");
        let page = browser.sends(request).await;
        assert_eq!(page.status, 410, "{method}");
        assert!(method == Method::HEAD || page.body.contains("data-problem=\"link-expired\""), "{}", page.body);
        assert!(!page.body.contains("张三"), "{}", page.body);
    }
    is_refused(&app.phone("x").posts("/handover", &[("token", token)]).await, 410, "link-expired");
}

#[track_caller]
fn is_refused(page: &Answer, status: u16, word: &str) {
    assert_eq!(page.status, status, "{}", page.body);
    assert!(page.body.contains(&format!("data-problem=\"{word}\"")), "{}", page.body);
    assert!(page.all("set-cookie").is_empty());
}

#[tokio::test]
async fn a_person_takes_the_sign_in_to_another_browser_with_one_click() {
    let app = App::with(|settings| settings["apps"][0]["corp_name"] = json!("示例公司")).await;
    let (mut phone, mut browser) = (app.phone("zhangsan"), app.phone("nobody"));
    phone.is_signed_in().await;
    assert!(phone.gets("/home").await.body.contains(&format!("action=\"{HOME}\"")));
    let (path, token) = makes_a_link(&mut phone).await;
    let page = browser.gets(&path).await;
    assert!(page.status == 200 && page.body.contains(&format!("value=\"{token}\"")), "{}", page.body);
    for named in ["张三", "示例公司"] {
        assert!(
            page.body.contains(&format!("<dd>{named}</dd>")),
            "who is lured here sees whose link it is: {}",
            page.body
        );
    }
    assert!(!page.body.contains(CORP), "nobody reads an id: {}", page.body);
    assert_eq!(page.header("refresh"), "31", "the page says by itself that the link has expired");
    assert!(!page.body.contains("<script"), "nothing presses the button but a person");
    for (name, value) in [("referrer-policy", "strict-origin"), ("cache-control", "no-store")] {
        assert_eq!(page.header(name), value);
    }
    let done = browser.posts("/handover", &[("token", &token)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/home"));
    assert!(done.header("set-cookie").contains("__Host-miandeng="));
    assert!(browser.gets("/home").await.body.contains("张三"));
    assert!(phone.gets("/home").await.body.contains("张三"), "and stays signed in here");
    assert_ne!(phone.cookies["__Host-miandeng"], browser.cookies["__Host-miandeng"]);
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn robots_that_open_the_link_spend_nothing() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (path, token) = makes_a_link(&mut phone).await;
    let mut robot = app.phone("robot");
    for method in [Method::GET, Method::HEAD, Method::GET, Method::OPTIONS] {
        let request = robot.request(method, &path);
        assert!(robot.sends(request).await.all("set-cookie").is_empty());
    }
    let from_elsewhere = robot.request(Method::POST, "/handover").form(&[("token", &token)]);
    let from_elsewhere = from_elsewhere.header("Origin", "https://evil.example");
    assert_eq!(robot.sends(from_elsewhere).await.status, 403, "another site's form");
    let put_on = robot.request(Method::POST, &path).header("Origin", PUBLIC_URL);
    assert_ne!(robot.sends(put_on).await.status, 303, "the address alone is no form");
    assert_eq!(app.phone("x").posts("/handover", &[("token", &token)]).await.status, 303);
    is_expired(&app, &token).await;
}

#[tokio::test]
async fn a_link_is_good_once_even_for_fifty_at_once() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (_, token) = makes_a_link(&mut phone).await;
    let tries = (0..50).map(|_| {
        let (mut browser, token) = (app.phone("x"), token.clone());
        tokio::spawn(async move { browser.posts("/handover", &[("token", &token)]).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 410)), "{statuses:?}");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn a_link_is_good_for_thirty_seconds_and_only_the_newest() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (_, replaced) = makes_a_link(&mut phone).await;
    let (_, token) = makes_a_link(&mut phone).await;
    is_expired(&app, &replaced).await;
    app.clock.advance(31);
    assert_eq!(app.phone("x").gets(&format!("/handover?token={token}")).await.status, 410);
    let late = app.phone("x").posts("/handover", &[("token", &token)]).await;
    is_refused(&late, 410, "link-expired");
    assert!(late.body.contains("href=\"/\""), "the way in from here: {}", late.body);
    app.clock.advance(-31);
    is_refused(&app.phone("x").posts("/handover", &[("token", &token)]).await, 410, "link-expired");
    let (_, token) = makes_a_link(&mut phone).await;
    app.clock.advance(-3600);
    is_expired(&app, &token).await;
}

#[tokio::test]
async fn a_link_dies_with_its_session_and_with_its_person() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (_, token) = makes_a_link(&mut phone).await;
    phone.posts("/logout", &[]).await;
    is_expired(&app, &token).await;

    phone.is_signed_in().await;
    let (path, token) = makes_a_link(&mut phone).await;
    app.db_disable("zhangsan").await;
    is_refused(&app.phone("x").gets(&path).await, 410, "link-expired");
    is_refused(&app.phone("x").posts("/handover", &[("token", &token)]).await, 403, "disabled");
}

#[tokio::test]
async fn a_session_that_was_handed_over_is_no_younger_than_the_one_it_came_from() {
    let app = App::with(|settings| settings["session_idle"] = json!("7d")).await;
    let (mut phone, mut browser) = (app.phone("zhangsan"), app.phone("x"));
    phone.is_signed_in().await;
    app.clock.advance(6 * 86_400);
    let (_, token) = makes_a_link(&mut phone).await;
    assert_eq!(browser.posts("/handover", &[("token", &token)]).await.status, 303);
    assert_eq!(browser.gets("/home").await.status, 200);
    app.clock.advance(86_400);
    assert_eq!(browser.gets("/home").await.status, 303, "nobody stays for ever by handing over");
}

#[tokio::test]
async fn the_session_that_the_browser_had_is_gone() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let (mut phone, mut browser) = (app.phone("zhangsan"), app.phone("lisi"));
    phone.is_signed_in().await;
    browser.is_signed_in().await;
    let mut earlier = browser.clone();
    let (_, token) = makes_a_link(&mut phone).await;
    browser.posts("/handover", &[("token", &token)]).await;
    assert!(browser.gets("/home").await.body.contains("张三"));
    assert_eq!(earlier.gets("/home").await.status, 303);
}

#[tokio::test]
async fn a_link_works_over_a_restart_and_only_its_digest_is_stored() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (_, token) = makes_a_link(&mut phone).await;
    assert!(!String::from_utf8_lossy(&app.db_bytes().await).contains(&token));
    assert!(!whole_log().contains(&token));
    let app = app.restart().await;
    assert_eq!(app.phone("x").posts("/handover", &[("token", &token)]).await.status, 303);
    assert!(!whole_log().contains(&token));
}

#[tokio::test]
async fn only_who_is_signed_in_makes_a_link_and_only_from_our_own_page() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    assert_eq!(phone.posts(HOME, &[]).await.header("location"), "/");
    phone.is_signed_in().await;
    let request = phone.request(Method::POST, HOME).header("Origin", "https://evil.example");
    assert_eq!(phone.sends(request).await.status, 403);
    assert_eq!(phone.gets(HOME).await.status, 404);
    assert_eq!(app.db_count("SELECT count(*) FROM handovers").await, 0);
}

#[tokio::test]
async fn a_person_makes_ten_links_at_once_and_then_one_each_half_minute() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let (mut phone, mut other) = (app.phone("zhangsan"), app.phone("lisi"));
    phone.is_signed_in().await;
    other.is_signed_in().await;
    // Each of these sessions makes the next link, so the limit must count by person.
    for _ in 0..10 {
        let (_, token) = makes_a_link(&mut phone).await;
        assert_eq!(phone.posts("/handover", &[("token", &token)]).await.status, 303);
    }
    let links = app.db_count("SELECT count(*) FROM handovers").await;
    let mut second = app.phone("zhangsan");
    second.is_signed_in().await;
    for phone in [&mut phone, &mut second] {
        let page = phone.posts(HOME, &[]).await;
        is_refused(&page, 429, "rate-limited");
        assert_eq!(page.header("retry-after"), "30");
        assert!(page.body.contains("链接"), "{}", page.body);
        assert!(page.body.contains(">请等待 <span>30</span> 秒后再试。<") && page.body.contains("最近的链接"));
    }
    assert_eq!(app.db_count("SELECT count(*) FROM handovers").await, links);
    makes_a_link(&mut other).await;
    app.clock.advance(29);
    assert_eq!(phone.posts(HOME, &[]).await.header("retry-after"), "1");
    app.clock.advance(1);
    makes_a_link(&mut phone).await;
    is_refused(&phone.posts(HOME, &[]).await, 429, "rate-limited");
    app.clock.advance(300);
    for _ in 0..10 {
        makes_a_link(&mut phone).await;
    }
    is_refused(&phone.posts(HOME, &[]).await, 429, "rate-limited");
}

#[tokio::test]
async fn guesses_are_refused_and_counted() {
    let app = App::start().await;
    let mut browser = app.phone("x");
    let long = "a".repeat(5000);
    for guess in ["", "x", &"A".repeat(64), &"0".repeat(63), &long] {
        is_refused(&browser.posts("/handover", &[("token", guess)]).await, 410, "link-expired");
        is_refused(&browser.gets(&format!("/handover?token={guess}")).await, 410, "link-expired");
    }
    is_refused(&browser.gets("/handover").await, 410, "link-expired");
    for _ in 0..60 {
        browser.posts("/handover", &[("token", &"0".repeat(64))]).await;
    }
    is_refused(&browser.posts("/handover", &[("token", &"0".repeat(64))]).await, 429, "rate-limited");
}

#[tokio::test]
async fn a_link_works_where_others_have_guessed_too_often() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut guesser = app.phone("x");
    for _ in 0..61 {
        guesser.posts("/handover", &[("token", &"0".repeat(64))]).await;
    }
    is_refused(&guesser.posts("/handover", &[("token", &"0".repeat(64))]).await, 429, "rate-limited");
    let (_, token) = makes_a_link(&mut phone).await;
    let mut browser = app.phone("x");
    assert_eq!(browser.posts("/handover", &[("token", &token)]).await.status, 303);
    assert!(browser.gets("/home").await.body.contains("张三"));
    is_refused(&app.phone("x").posts("/handover", &[("token", &token)]).await, 429, "rate-limited");
}

#[tokio::test]
async fn guesses_keep_nobody_from_writing() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (path, _) = makes_a_link(&mut phone).await;
    let _writing = app.pools.write().await.unwrap();
    is_expired(&app, &"0".repeat(64)).await;
    assert_eq!(app.phone("x").gets(&path).await.status, 200, "nor does looking at a good one");
}
