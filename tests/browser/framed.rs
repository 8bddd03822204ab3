//! A client that frames our page, as DingTalk in an ordinary browser does.
//!
//! The page may be framed, finds the bridge above it and gets its code. But the browser takes our cookies for another
//! site's: `SameSite=Lax` holds them back, and no state fits. The story pins that limit, so that a change to it is
//! seen.

use base64::Engine;
use chromiumoxide::cdp::browser_protocol::fetch::{
    EnableParams, EventRequestPaused, FulfillRequestParams, HeaderEntry, RequestPattern,
};
use futures::StreamExt;

use super::{
    client::{Client, Platform},
    harness::App,
    window::Window,
};

const HOST: &str = "https://fake.dingtalk.com/";

/// Opens the app in such a client.
pub async fn opens(app: &App) -> Window {
    let window = Window::in_dingtalk(app, Client::of(Platform::Pc)).await;
    let host = include_str!("bridges/framed.html").replace("{{page}}", &app.url("/?corpid=dingsamplecorp00000001"));
    let mut paused = window.page.event_listener::<EventRequestPaused>().await.expect("a listener");
    let pattern = RequestPattern::builder().url_pattern(format!("{HOST}*")).build();
    window.page.execute(EnableParams::builder().pattern(pattern).build()).await.expect("interception");
    let page = window.page.clone();
    tokio::spawn(async move {
        while let Some(event) = paused.next().await {
            let answer = FulfillRequestParams::builder()
                .request_id(event.request_id.clone())
                .response_code(200)
                .response_header(HeaderEntry::new("Content-Type", "text/html"))
                .body(base64::engine::general_purpose::STANDARD.encode(&host));
            page.execute(answer.build().expect("all is given")).await.expect("an answer");
        }
    });
    window.open(HOST).await;
    window
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn in_a_frame_of_another_site_the_code_comes_but_the_browser_keeps_our_cookie_back() {
    let app = App::start().await;
    let window = opens(&app).await;
    let line = app.server.logs(&["POST", "/userinfo"]).await;
    assert_eq!(window.code_calls(), ["runtime.permission.requestAuthCodeV2"]);
    assert!(app.simulator.config_checks().iter().all(|check| check.accepted()));
    assert!(line.contains("state-mismatch") && line.contains("cookie is missing"), "{line}");
    window.close_after_refusal().await;
}
