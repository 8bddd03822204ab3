//! Being signed in, and ceasing to be.

use miandeng::users::Change;
use reqwest::Method;
use serde_json::json;

use crate::{
    gate::Proxy,
    handover::makes_a_link,
    harness::{App, Phone},
};

const DAY: i64 = 86_400;

async fn is_in(phone: &mut Phone) -> bool {
    match phone.gets("/home").await.status {
        200 => true,
        303 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle_and_lives_while_it_is_used() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for _ in 0..4 {
        app.clock.advance(8 * 3600 - 60);
        assert!(is_in(&mut phone).await);
    }
    app.clock.advance(8 * 3600);
    assert!(!is_in(&mut phone).await);
}

#[tokio::test]
async fn a_session_ends_after_its_lifetime_however_busy_it_was() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for _ in 0..(7 * 24 / 4 - 1) {
        app.clock.advance(4 * 3600);
        assert!(is_in(&mut phone).await);
    }
    app.clock.advance(4 * 3600);
    assert!(!is_in(&mut phone).await);
}

#[tokio::test]
async fn a_clock_that_jumps_makes_no_session_immortal() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for jump in [DAY, 3650 * DAY, -DAY, -3650 * DAY] {
        app.clock.advance(jump);
        assert!(!is_in(&mut phone).await, "{jump}");
        app.clock.advance(-jump);
        assert!(is_in(&mut phone).await, "back again after {jump}");
    }
    app.clock.advance(-30);
    assert!(is_in(&mut phone).await, "a correction of seconds is none");
}

#[tokio::test]
async fn sign_out_ends_the_session_at_once_and_takes_the_cookie_back() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut thief = phone.clone();
    let answer = phone.posts("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let cookies = answer.all("set-cookie");
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("__Host-miandeng=")).unwrap();
    for part in ["__Host-miandeng=;", "Max-Age=0", "Secure", "Path=/", "HttpOnly"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!is_in(&mut thief).await, "a copy of the cookie opens nothing");
    assert!(phone.opens_app().await.body.contains("data-waits"), "in the client, the next page waits for a tap");
    assert!(!phone.opens_app().await.body.contains("data-waits"), "but only the next");
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn nothing_but_a_post_from_our_own_page_signs_out() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    assert_eq!(phone.gets("/logout").await.status, 404, "an image cannot");
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://app.example.com"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        for path in ["/logout", "/home/sign-out-elsewhere", "/home/sessions/1/sign-out"] {
            let request = phone.request(Method::POST, path).header(name, value);
            assert_eq!(phone.sends(request).await.status, 403, "{path} {name} {value}");
        }
    }
    let override_method = phone.request(Method::POST, "/logout").form(&[("_method", "GET")]).header("Origin", "null");
    assert_ne!(phone.sends(override_method).await.status, 303);
    assert!(is_in(&mut phone).await);
    let program = phone.request(Method::POST, "/logout");
    assert_eq!(phone.sends(program).await.status, 303, "a program sends no Origin");
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_those_elsewhere() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let (mut phone, mut tablet, mut laptop) = (app.phone("zhangsan"), app.phone("zhangsan"), app.phone("zhangsan"));
    let mut other = app.phone("lisi");
    for phone in [&mut phone, &mut tablet, &mut laptop, &mut other] {
        phone.is_signed_in().await;
    }
    let home = phone.gets("/home").await.body;
    let theirs: Vec<&str> = home.split("/home/sessions/").skip(1).map(|rest| rest.split('/').next().unwrap()).collect();
    assert_eq!((theirs.len(), home.matches("本设备").count()), (2, 1), "{home}");

    let foreign =
        app.db_count("SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE userid = 'lisi'").await;
    phone.posts(&format!("/home/sessions/{foreign}/sign-out"), &[]).await;
    assert!(is_in(&mut other).await, "nobody ends a session of somebody else");

    let answer = phone.posts(&format!("/home/sessions/{}/sign-out", theirs[0]), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/home"));
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 3);
    phone.posts("/home/sign-out-elsewhere", &[]).await;
    assert!(is_in(&mut phone).await && !is_in(&mut tablet).await && !is_in(&mut laptop).await);
    assert!(is_in(&mut other).await);
}

#[tokio::test]
async fn a_person_has_fifty_sessions_at_the_most_and_the_oldest_makes_room() {
    const MOST: i64 = 50;
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let mut other = app.phone("lisi");
    other.is_signed_in().await;
    let mut phones = Vec::new();
    for _ in 0..MOST {
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        assert_eq!(Proxy::Nginx.asks(&mut phone, "").await.status, 200);
        phones.push(phone);
    }
    assert_eq!(Proxy::Nginx.asks(&mut phones[0], "").await.status, 200, "fifty is not too many");
    // By the clock, the next one is the oldest.
    app.clock.advance(-30);
    let mut next = app.phone("zhangsan");
    next.is_signed_in().await;
    assert_eq!(Proxy::Nginx.asks(&mut phones[0], "").await.status, 401);
    assert_eq!(Proxy::Nginx.asks(&mut phones[1], "").await.status, 200);
    let (_, token) = makes_a_link(&mut next).await;
    let mut browser = app.phone("x");
    assert_eq!(browser.posts("/handover", &[("token", &token)]).await.status, 303);
    assert_eq!(Proxy::Nginx.asks(&mut phones[1], "").await.status, 401);
    for phone in phones[2..].iter_mut().chain([&mut next, &mut browser, &mut other]) {
        assert!(is_in(phone).await);
    }
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, MOST + 1);
}

#[tokio::test]
async fn who_is_disabled_or_removed_is_out_at_the_next_request() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.db_disable("zhangsan").await;
    assert!(!is_in(&mut phone).await);
    let page = phone.opens_app().await;
    assert_eq!(page.status, 200, "the sign-in page, not the way home");
}

#[tokio::test]
async fn every_sign_in_gives_a_fresh_session_and_a_planted_one_does_not_survive() {
    let app = App::start().await;
    app.db_add("lisi", "李四").await;
    let mut attacker = app.phone("lisi");
    attacker.is_signed_in().await;
    let planted = attacker.cookies["__Host-miandeng"].clone();

    // 李四's session is planted in 张三's browser; 张三 signs in on a page that was opened before.
    let mut victim = app.phone("zhangsan");
    let state = victim.opens_app().await.state();
    victim.cookies.insert("__Host-miandeng".into(), planted.clone());
    let answer = victim.sends_code(&victim.code(), &state).await;
    assert_eq!(answer.json()["userid"], "zhangsan");
    assert_ne!(victim.cookies["__Host-miandeng"], planted);
    assert!(victim.gets("/home").await.body.contains("<dd>zhangsan</dd>"));
    assert!(!is_in(&mut attacker).await, "signing in as B where A was signed in ends A's session");
}

#[tokio::test]
async fn a_cookie_that_is_not_exactly_ours_opens_nothing() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let good = phone.cookies.remove("__Host-miandeng").unwrap();
    let flipped = good.replacen(good.chars().next().unwrap(), if good.starts_with('0') { "1" } else { "0" }, 1);
    let wrong =
        [flipped, good[..63].to_owned(), format!("{good}0"), good.to_uppercase(), "x".repeat(8000), "%00".into()];
    for value in wrong.iter().filter(|value| **value != good) {
        phone.headers = vec![("Cookie", format!("__Host-miandeng={value}"))];
        assert!(!is_in(&mut phone).await, "{value}");
    }
    phone.headers = vec![("Cookie", format!("__Host-miandeng=attacker; __Host-miandeng={good}"))];
    assert!(!is_in(&mut phone).await, "twice, the attacker's first");
    phone.headers = vec![("Cookie", format!("miandeng={good}"))];
    assert!(!is_in(&mut phone).await, "without the prefix that proves where it was set");
    phone.headers = vec![("Cookie", format!("__Host-miandeng={good}"))];
    assert!(is_in(&mut phone).await);
}

#[tokio::test]
async fn the_cookie_is_shared_with_sub_domains_only_where_the_settings_say_so() {
    let app = App::with(|settings| settings["cookie_domain"] = json!("example.com")).await;
    let mut phone = app.phone("zhangsan");
    let cookie = phone.signs_in().await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("miandeng=") && cookie.contains("Domain=example.com"), "{cookie}");
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");
    let gone = phone.posts("/logout", &[]).await;
    let gone = gone.all("set-cookie").into_iter().find(|cookie| cookie.starts_with("miandeng=;")).unwrap();
    assert!(gone.contains("Domain=example.com"), "{gone}");

    let plain = App::with(|settings| settings["public_url"] = json!("http://app.example.com")).await;
    let cookie = plain.phone("zhangsan").signs_in().await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("miandeng=") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn a_stolen_database_holds_no_cookie() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let cookie = phone.cookies["__Host-miandeng"].clone();
    assert!(cookie.len() >= 32, "at least 128 bits");
    let bytes = app.db_bytes().await;
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(cookie.as_bytes()) && !holds(&hex::decode(&cookie).unwrap()));
}

#[tokio::test]
async fn pages_of_signed_in_people_are_never_kept_by_the_browser() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let (home, redirect) = (phone.gets("/home").await, phone.opens_app().await);
    assert_eq!((home.header("cache-control"), redirect.header("cache-control")), ("no-store", "no-store"));
    let nobody = app.phone("zhangsan").gets("/home").await;
    assert_eq!((nobody.status, nobody.header("location")), (303, "/"));
}

#[tokio::test]
async fn names_and_clients_that_hold_html_are_inert() {
    let app = App::start().await;
    let name = Change { name: Some("<img src=x onerror=alert(1)>".into()), ..Change::default() };
    app.db_change("zhangsan", name).await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let home = phone.gets("/home").await.body;
    assert!(!home.contains("<img") && home.contains("&#60;img"), "{home}");
}

#[tokio::test]
async fn sessions_outlive_a_restart_and_so_do_pages_that_are_open() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut waiting = app.phone("zhangsan");
    let (state, code) = (waiting.opens_app().await.state(), waiting.code());
    let app = app.restart().await;
    let moved = |old: &Phone| {
        let mut new = app.phone(&old.userid);
        new.cookies = old.cookies.clone();
        new
    };
    assert!(is_in(&mut moved(&phone)).await);
    assert_eq!(moved(&waiting).sends_code(&code, &state).await.status, 200);
}

#[tokio::test]
async fn what_has_outlived_its_time_is_swept() {
    let app = App::start().await;
    app.phone("zhangsan").is_signed_in().await;
    app.clock.advance(DAY);
    app.phone("zhangsan").is_signed_in().await;
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 2);
    // A server that has just started must assume that its clock is wrong by a day.
    let started = app.second().await;
    let sweep = async || started.jobs.run("sweep").await.expect("a sweep");
    sweep().await;
    app.clock.advance(3599);
    sweep().await;
    assert_eq!(app.db_count("SELECT count(*) FROM sessions").await, 2);
    app.clock.advance(1);
    sweep().await;
    assert_eq!(
        app.db_count("SELECT count(*) FROM sessions").await,
        1,
        "the expired one is gone, the live one is there"
    );
}
