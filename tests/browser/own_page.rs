//! A page of your own, on its own host, where `jsapi.js` calls dd.config.

use std::sync::{Arc, OnceLock};

use miandeng::simulator::ConfigCheck;
use rocket::{Config, State, config::LogLevel, fairing::AdHoc, get, http::ContentType, routes};
use tokio::sync::oneshot;

use super::{
    client::{Client, Platform},
    harness::{App, Setup},
    window::Window,
};
use crate::harness::{prepare, until};

/// One page at every address, with scripts before and after `jsapi.js`.
struct Front {
    url: String,
    page: Arc<Page>,
    shutdown: rocket::Shutdown,
}

struct Page {
    /// Its settings name this page's origin, so it starts later.
    server: OnceLock<String>,
    before: &'static str,
    after: &'static str,
}

#[get("/<_..>")]
fn page(page: &State<Arc<Page>>) -> (ContentType, String) {
    let Page { server, before, after } = &***page;
    let server = server.get().expect("a server");
    let html = format!(
        r#"<!doctype html><meta charset="utf-8"><title>a page of one's own</title><link rel="icon" href="data:,">
<script src="{server}/jsapi/dingtalk.js"></script>
<script>{before}</script>
<script src="{server}/static/js/jsapi.js" data-js-api-list="device.geolocation.get, biz.util.scan"></script>
<script>{after}</script>
<script>
miandengJsapi.ready.then(function () {{ document.title = 'ready'; }}, function (e) {{ document.title = 'failed: ' + (e.message || e.errorMessage); }});
</script>"#
    );
    (ContentType::HTML, html)
}

impl Front {
    async fn start(before: &'static str, after: &'static str) -> Self {
        prepare();
        let shown = Arc::new(Page { server: OnceLock::new(), before, after });
        let shutdown = rocket::config::Shutdown { ctrlc: false, signals: Default::default(), ..Default::default() };
        let config = Config { port: 0, log_level: LogLevel::Off, shutdown, ..Config::debug_default() };
        let (listening, heard) = oneshot::channel();
        let listening = AdHoc::on_liftoff("listening", |rocket| {
            listening.send(rocket.config().port).expect("somebody waits");
            Box::pin(async {})
        });
        let front = rocket::custom(config).manage(Arc::clone(&shown)).mount("/", routes![page]).attach(listening);
        let front = front.ignite().await.expect("a front end");
        let shutdown = front.shutdown();
        tokio::spawn(front.launch());
        let port = heard.await.expect("it listens");
        Self { url: format!("http://127.0.0.1:{port}"), page: shown, shutdown }
    }

    fn asks(&self, app: &App) {
        self.page.server.set(app.url("")).expect("one server");
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
    }
}

async fn deployment(before: &'static str, after: &'static str) -> (App, Front) {
    let front = Front::start(before, after).await;
    let app = App::with(Setup { origins: vec![front.url.clone()], ..Setup::default() }).await;
    front.asks(&app);
    (app, front)
}

/// Opens a path in a client until the page is ready, and returns DingTalk's verdicts on dd.config.
async fn opens(app: &App, front: &Front, platform: Platform, path: &str) -> Vec<ConfigCheck> {
    let window = Window::in_dingtalk(app, Client::of(platform)).await;
    window.open(&format!("{}{path}", front.url)).await;
    window.until("document.title === 'ready'").await;
    until("a verdict", async || !app.simulator.config_checks().is_empty()).await;
    window.close().await;
    app.simulator.config_checks()
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn five_lines_have_dd_config_done_for_a_page_with_a_chinese_query() {
    for platform in [Platform::Ios, Platform::Android, Platform::Harmony, Platform::Pc] {
        let (app, front) = deployment("", "").await;
        let checks = opens(&app, &front, platform, "/reports?name=%E5%BC%A0%E4%B8%89&q=a+b%2Bc#/route").await;
        assert!(matches!(checks.as_slice(), [check] if check.accepted()), "{platform:?}: {checks:#?}");
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn after_history_navigation_ios_is_signed_for_the_current_address_and_android_for_the_first() {
    let navigates = "history.pushState({}, '', '/second?page=2'); history.replaceState({}, '', '/third?page=3');";
    for (before, after) in [(navigates, ""), ("", navigates)] {
        for (platform, path) in [(Platform::Ios, "/third?page=3"), (Platform::Android, "/first?page=1")] {
            let (app, front) = deployment(before, after).await;
            let checks = opens(&app, &front, platform, "/first?page=1").await;
            let last = checks.last().expect("a verdict");
            assert!(last.accepted(), "{platform:?}: {checks:#?}");
            assert_eq!(last.url, format!("{}{path}", front.url), "{platform:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_page_that_is_not_listed_is_told_why() {
    let app = App::start().await;
    let front = Front::start("", "").await;
    front.asks(&app);
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&format!("{}/x", front.url)).await;
    window.until("document.title.indexOf('failed') === 0").await;
    window.shut().await;
    assert!(app.simulator.config_checks().is_empty());
}
