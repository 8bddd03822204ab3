//! The machine's clock is set forward and back.

use miandeng::simulator::FaultKind;
use serde_json::json;

use super::{fault, gate};
use crate::{
    gate::Proxy,
    harness::{App, Phone},
};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
const TEN_YEARS: i64 = 3650 * DAY;
const JUMPS: [i64; 6] = [DAY, -DAY, TEN_YEARS, -TEN_YEARS, -DAY, DAY];

#[tokio::test]
async fn after_each_jump_people_sign_in_at_once_and_old_sessions_are_judged_by_the_clock() {
    let app = App::start().await;
    let mut before = app.phone("zhangsan");
    before.is_signed_in().await;
    let mut shown = 0;
    for jump in JUMPS {
        app.clock.advance(jump);
        shown += jump;
        let expected = if shown == 0 { 200 } else { 401 };
        assert_eq!(gate(&mut before).await, expected, "{jump}");
        let mut phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        assert_eq!(gate(&mut phone).await, 200, "{jump}");
        assert_eq!(phone.gets("/home").await.status, 200, "{jump}");
        assert_eq!(app.phone("zhangsan").gets("/readyz").await.status, 200, "{jump}");
        // What this clock made is not good by the earlier one.
        app.clock.advance(-30 * DAY);
        assert_eq!(gate(&mut phone).await, 401, "{jump}");
        app.clock.advance(60 * DAY);
        assert_eq!(gate(&mut phone).await, 401, "{jump}");
        app.clock.advance(-30 * DAY);
        assert_eq!(gate(&mut phone).await, 200, "{jump}");
    }
}

#[tokio::test]
async fn a_revoked_session_stays_revoked_at_every_hour() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let mut thief = phone.clone();
    app.clock.advance(DAY / 6);
    assert_eq!(gate(&mut thief).await, 200, "it is remembered");
    assert_eq!(phone.posts("/logout", &[]).await.status, 303);
    for jump in JUMPS {
        assert_eq!(gate(&mut thief).await, 401, "{jump}");
        app.clock.advance(jump);
        assert_eq!(gate(&mut thief).await, 401, "{jump}");
    }
}

#[tokio::test]
async fn a_page_from_before_a_jump_is_refused_and_a_fresh_one_is_not() {
    for jump in JUMPS {
        let app = App::start().await;
        let mut phone = app.phone("zhangsan");
        let page = phone.opens_app().await;
        app.clock.advance(jump);
        let code = phone.code();
        let answer = phone.sends_code(&code, &page.state()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "state-mismatch"), "{jump}");
        phone.is_signed_in().await;
        app.clock.advance(-jump);
        let code = phone.code();
        let answer = phone.sends_code(&code, &page.state()).await;
        assert!(answer.status == 200, "its own time has come back, and it was never taken: {}", answer.body);
        let again = phone.sends_code(&phone.code(), &page.state()).await;
        assert_eq!(again.problem(), "state-mismatch", "once");
    }
}

#[tokio::test]
async fn a_token_from_another_time_is_fetched_anew_and_once() {
    let app = App::start().await;
    app.phone("zhangsan").is_signed_in().await;
    for jump in JUMPS {
        app.clock.advance(jump);
        app.simulator.reset_calls();
        for _ in 0..5 {
            app.phone("zhangsan").is_signed_in().await;
        }
        let calls = (app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket"));
        assert!(calls.0 <= 1 && calls.1 <= 1, "{jump}: {calls:?}");
    }
    // A failure of DingTalk is not remembered longer than it should be.
    app.clock.advance(7300);
    app.simulator.fault(fault("/gettoken", 3, FaultKind::Reset));
    assert_eq!(app.phone("zhangsan").opens_app().await.status, 503);
    app.clock.advance(-DAY);
    app.phone("zhangsan").is_signed_in().await;
}

#[tokio::test]
async fn nobody_is_barred_for_ever_by_a_clock_that_moved() {
    for jump in JUMPS {
        let app = App::start().await;
        let mut stranger = app.phone("lisi");
        let mut tries = 0;
        while stranger.posts("/userinfo", &[("code", "x")]).await.status != 429 {
            tries += 1;
            assert!(tries < 200, "a stranger who goes on is made to wait");
        }
        app.clock.advance(jump);
        assert_ne!(stranger.posts("/userinfo", &[("code", "x")]).await.status, 429, "{jump}");
        app.clock.advance(MINUTE);
        app.phone("zhangsan").is_signed_in().await;
    }
}

#[tokio::test]
async fn identities_are_signed_by_a_published_key_at_every_hour() {
    let app = App::with(|settings| settings["signed_identity"] = json!(true)).await;
    for jump in JUMPS {
        app.clock.advance(jump);
        let mut phone: Phone = app.phone("zhangsan");
        phone.is_signed_in().await;
        let answer = Proxy::Nginx.asks(&mut phone, "").await;
        assert_eq!(answer.status, 200, "{jump}");
        let (header, _) = answer.header("x-miandeng-identity").split_once('.').expect("a token");
        let header = base64_json(header);
        let published = phone.gets("/.well-known/jwks.json").await.json();
        let keys = published["keys"].as_array().unwrap();
        assert!(keys.iter().any(|key| key["kid"] == header["kid"]), "{jump}: {header} {published}");
    }
}

fn base64_json(text: &str) -> serde_json::Value {
    use base64::Engine;

    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
