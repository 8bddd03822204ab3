//! Redirect loops end with a page that says why; many tabs are no loop.

use serde_json::json;

use crate::harness::{Answer, App, Phone, log_line};

const LISTED: &str = "/?return_to=https%3A%2F%2Fbi.example.net%2Freports%3Fa%3D1";

async fn deployment() -> App {
    App::with(|settings| settings["allowed_return_hosts"] = json!(["bi.example.net"])).await
}

#[track_caller]
fn is_stopped(page: &Answer, words: &[&str]) {
    assert_eq!(page.status, 508, "{}", page.body);
    assert!(page.body.contains("data-problem=\"redirect-loop\""), "{}", page.body);
    for word in words {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert!(log_line(page.request_id()).contains("redirect-loop"));
}

/// Keeps the page's cookie and not the session's.
async fn signs_in_and_loses_it(phone: &mut Phone) -> Answer {
    let answer = phone.signs_in().await;
    phone.cookies.remove("__Host-miandeng");
    answer
}

#[tokio::test]
async fn three_rounds_to_a_host_that_the_cookie_does_not_reach_end_with_a_page_that_says_so() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    assert_eq!(phone.gets(LISTED).await.header("location"), "https://bi.example.net/reports?a=1");
    for round in 1..=2 {
        assert_eq!(phone.gets(LISTED).await.status, 303, "round {round}");
    }
    is_stopped(&phone.gets(LISTED).await, &["cookie_domain", "https://bi.example.net/reports"]);
    assert_eq!(phone.gets("/").await.status, 303, "other ways are open");
    app.clock.advance(6);
    assert_eq!(phone.gets(LISTED).await.status, 303, "and this one again, later");
}

#[tokio::test]
async fn on_a_host_that_the_cookie_reaches_the_page_names_the_other_causes() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for _ in 0..3 {
        assert_eq!(phone.gets("/?return_to=/reports").await.status, 303);
    }
    is_stopped(&phone.gets("/?return_to=/reports").await, &["public_url", "时间"]);
}

#[tokio::test]
async fn many_tabs_with_their_own_addresses_and_many_taps_on_the_icon_are_no_circle() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for tab in 0..20 {
        assert_eq!(phone.gets(&format!("/?return_to=/reports/{tab}")).await.status, 303);
        assert_eq!(phone.opens_app().await.status, 303);
    }
    for tab in 0..12 {
        assert_eq!(phone.gets("/?return_to=/same").await.status, 303, "{tab}, at its leisure");
        app.clock.advance(2);
    }
}

#[tokio::test]
async fn the_third_sign_in_of_a_browser_that_keeps_no_cookie_is_stopped_before_dingtalk_is_asked() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for _ in 0..2 {
        assert_eq!(signs_in_and_loses_it(&mut phone).await.status, 200);
    }
    let asked = app.simulator.calls("/topapi/v2/user/getuserinfo");
    let answer = signs_in_and_loses_it(&mut phone).await;
    assert_eq!((answer.status, answer.problem().as_str()), (508, "redirect-loop"));
    for word in ["Cookie", "public_url", "cookie_domain", "时间"] {
        assert!(answer.body.contains(word), "{word}: {}", answer.body);
    }
    assert_eq!(app.simulator.calls("/topapi/v2/user/getuserinfo"), asked);
    app.clock.advance(10);
    assert_eq!(phone.signs_in().await.status, 200, "later it may try again");
}

#[tokio::test]
async fn tabs_that_sign_in_at_once_are_no_circle() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    let mut states = Vec::new();
    for _ in 0..8 {
        states.push(phone.opens_app().await.state());
    }
    for state in &states {
        let mut tab = phone.clone();
        assert_eq!(tab.sends_code(&tab.code(), state).await.status, 200);
    }
}

#[tokio::test]
async fn signing_out_and_in_again_and_again_is_no_circle() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for _ in 0..6 {
        phone.is_signed_in().await;
        assert_eq!(phone.posts("/logout", &[]).await.status, 303);
    }
}
