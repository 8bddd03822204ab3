//! A client that frames our page, as DingTalk in an ordinary browser does.
//!
//! The page may be framed, finds the bridge above it and gets its code. But the browser takes our cookies for another
//! site's: `SameSite=Lax` holds them back, and no state fits. The story pins that limit, so that a change to it is
//! seen.

use base64::Engine;
use serde_json::json;

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
    let mut paused = window.page.events("Fetch.requestPaused");
    window.page.must("Fetch.enable", json!({ "patterns": [{ "urlPattern": format!("{HOST}*") }] })).await;
    let page = window.page.clone();
    tokio::spawn(async move {
        while let Some(event) = paused.recv().await {
            let answer = json!({
                "requestId": event["requestId"],
                "responseCode": 200,
                "responseHeaders": [{ "name": "Content-Type", "value": "text/html" }],
                "body": base64::engine::general_purpose::STANDARD.encode(&host),
            });
            page.must("Fetch.fulfillRequest", answer).await;
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
