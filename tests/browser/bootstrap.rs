//! The page's own bootstrap: it asks each client exactly as DingTalk's script does, needs no CDN, and leaves the rest to that
//! script.

use std::{net::TcpListener, time::Duration};

use serde_json::Value;

use super::{
    client::{Client, Manner, Platform},
    framed,
    harness::{App, Jsapi, Setup},
    window::{Look, Window},
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";
const PLATFORMS: [Platform; 5] = [Platform::Ios, Platform::Android, Platform::Harmony, Platform::Pc, Platform::Mac];
const CHANNEL: &str = "kind = \"channel\"\nagent_id = \"200000001\"\nchannel_secret = \"sample-channel-secret\"";

/// What a page asks the client by, once it has asked. The address is the same for all deployments.
async fn questions(app: &App, window: &Window) -> Vec<(String, String)> {
    let asked = async {
        while window.code_questions().is_empty() {
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("the page asks for a code");
    let plain = |params: Value| params.to_string().replace(&app.url(""), "");
    window.code_questions().into_iter().map(|(method, params)| (method, plain(params))).collect()
}

/// The same client, asked by our bootstrap and by DingTalk's script.
async fn is_asked_the_same(apps: &[App; 2], client: Client) {
    let mut asked = Vec::new();
    for app in apps {
        let window = Window::in_dingtalk(app, client).await;
        window.open(&app.url(OPENED)).await;
        if client.holder == "zhangsan" {
            window.lands_on("/home").await;
        }
        asked.push(questions(app, &window).await);
        window.shut().await;
    }
    assert_eq!(asked[0], asked[1], "{client:?}");
}

async fn both(app: &'static str) -> [App; 2] {
    let with = |bootstrap| Setup { bootstrap, app, ..Setup::default() };
    [App::with(with("own")).await, App::with(with("official")).await]
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn every_client_is_asked_as_by_dingtalks_own_script() {
    let apps = both(Setup::default().app).await;
    for platform in PLATFORMS {
        for version in ["7.8.10", "6.5.0"] {
            is_asked_the_same(&apps, Client::of(platform).version(version)).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn every_client_that_lacks_the_newer_call_is_asked_as_by_dingtalks_own_script() {
    let apps = both(Setup::default().app).await;
    for platform in PLATFORMS {
        is_asked_the_same(&apps, Client::of(platform).that(Manner::OldCallOnly)).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_desktop_client_that_says_where_it_listens_is_asked_there_as_by_dingtalks_own_script() {
    let apps = both(Setup::default().app).await;
    is_asked_the_same(&apps, Client::of(Platform::Pc).that(Manner::Announces)).await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn every_client_is_asked_for_a_follower_as_by_dingtalks_own_script() {
    let apps = both(CHANNEL).await;
    for platform in [Platform::Ios, Platform::Android, Platform::Harmony] {
        is_asked_the_same(&apps, Client::of(platform).held_by("open-wangwu")).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_client_that_frames_the_page_is_asked_as_by_dingtalks_own_script() {
    let mut asked = Vec::new();
    for app in both(Setup::default().app).await {
        let window = framed::opens(&app).await;
        asked.push(questions(&app, &window).await);
        window.shut().await;
    }
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_page_signs_in_without_dingtalks_script_and_without_a_cdn() {
    for jsapi in [Jsapi::Package, Jsapi::Missing] {
        let app = App::with(Setup { jsapi, ..Setup::default() }).await;
        for platform in PLATFORMS {
            let window = Window::in_dingtalk(&app, Client::of(platform)).await;
            window.open(&app.url(OPENED)).await;
            window.lands_on("/home").await;
            assert_eq!(window.text("h1").await, "张三");
            window.close().await;
        }
        // Log lines may come late, but in order.
        app.server.logs(&["path=\"/home\""]).await;
        let log = app.server.log();
        assert!(!log.iter().any(|line| line.contains("dingtalk.js") || line.contains("client-report")), "{log:#?}");
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_ordinary_browser_waits_for_no_script() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    // With https it is nobody's simulator.
    let script = format!("https://{}/dingtalk.open.js", hangs.local_addr().unwrap());
    let app = App::with(Setup { jsapi: Jsapi::Elsewhere(script), ..Setup::default() }).await;
    let window = Window::ordinary(&app).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn what_is_not_a_verdict_on_the_person_is_tried_again_by_dingtalks_script_and_said_once_in_the_log() {
    let app = App::start().await;
    // The script calls both desktops one platform.
    let platforms = &PLATFORMS[..4];
    for &platform in platforms {
        for _ in 0..2 {
            let client = Client::of(platform).that(Manner::RefusesOnce("7", "no permission"));
            let window = Window::in_dingtalk(&app, client).await;
            window.open(&app.url(OPENED)).await;
            window.lands_on("/home").await;
            assert_eq!(window.code_calls().len(), 2, "{platform:?}");
            let configured =
                window.calls().iter().any(|call| call.method.ends_with("equestJsApis") || call.method == "config");
            assert!(configured, "{platform:?}: the ordinary way has dd.config in it");
            window.close().await;
        }
    }
    let name = |platform: Platform| format!("platform {}, version 7.8.10", format!("{platform:?}").to_lowercase());
    for &platform in platforms {
        app.server.logs(&["client-report", "bootstrap: 7 no permission", &name(platform)]).await;
        let said = app.server.log().iter().filter(|line| line.contains(&name(platform))).count();
        assert_eq!(said, 1, "{platform:?}");
    }
}

/// A client of whom the page's own call got no answer.
fn hurried(client: Client) -> Look {
    Look { client: Some(client), hurry: true, ..Look::default() }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn silence_for_a_second_and_a_half_is_the_scripts_turn() {
    for platform in PLATFORMS {
        let app = App::start().await;
        let window = Window::with(&app, hurried(Client::of(platform).that(Manner::SilentOnce))).await;
        window.open(&app.url(OPENED)).await;
        window.until("window.dd").await;
        assert_eq!(window.run("pauses[0]").await, 1500, "{platform:?}");
        window.lands_on("/home").await;
        app.server.logs(&["client-report", "no answer in 1500 ms"]).await;
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_late_answer_counts_and_while_the_script_hangs_nobody_is_asked_twice() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!("http://{}/dingtalk.open.js", hangs.local_addr().unwrap());
    let app = App::with(Setup { jsapi: Jsapi::Elsewhere(script), ..Setup::default() }).await;
    let window = Window::with(&app, hurried(Client::of(Platform::Ios).that(Manner::Late))).await;
    window.open(&app.url(OPENED)).await;
    window.shows("script-failed").await;
    window.release();
    window.lands_on("/home").await;
    assert_eq!(window.code_calls().len(), 1);
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn without_a_bridge_the_script_is_tried_and_then_the_page_says_so() {
    for platform in [Platform::Ios, Platform::Android, Platform::Harmony] {
        let app = App::start().await;
        let window = Window::with(&app, hurried(Client::of(platform).that(Manner::NoBridge))).await;
        window.open(&app.url(OPENED)).await;
        window.shows("no-bridge").await;
        assert_eq!(window.run("pauses.join()").await, "1500,8000,8000", "{platform:?}");
        app.server.logs(&["client-report", "bootstrap: no answer in 1500 ms", "version 7.8.10"]).await;
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_desktop_client_whose_window_has_lost_its_name_is_left_to_the_script() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Pc).that(Manner::NoBridge)).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    app.server.logs(&["client-report", "bootstrap", "platform unknown, version 7.8.10"]).await;
    app.server.logs(&["client-report", "4040 the script finds no client", "window.name"]).await;
    window.close().await;
}
