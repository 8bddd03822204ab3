//! Failures: each says what happened and what to do, and one tap tries again.

use serde_json::json;

use super::{
    client::{Client, Manner, Platform},
    harness::{App, Jsapi, Setup},
    window::{Look, Window},
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

/// The page's long pauses are cut short.
fn in_a_hurry(client: Client) -> Look {
    Look { client: Some(client), hurry: true, ..Look::default() }
}

/// Every failure has a focused heading, a way on, and the id that is in the log.
async fn is_a_proper_failure(app: &App, window: &Window) {
    window.until("document.activeElement.matches('h1') && document.activeElement.offsetParent").await;
    window.until("document.querySelector('[data-retry]').offsetParent").await;
    window.until("!document.querySelector('.spinner').offsetParent").await;
    let id = window.text(".request-id code").await;
    assert_eq!(id.len(), 16, "{id}");
    app.server.logs(&[&id]).await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_client_that_stays_silent_for_eight_seconds_gets_its_message() {
    for (platform, manner) in [
        (Platform::Ios, Manner::Silent),
        (Platform::Pc, Manner::Silent),
        (Platform::Ios, Manner::NoBridge),
        (Platform::Android, Manner::NoBridge),
        (Platform::Harmony, Manner::NoBridge),
    ] {
        let app = App::official().await;
        let window = Window::with(&app, in_a_hurry(Client::of(platform).that(manner))).await;
        window.open(&app.url(OPENED)).await;
        window.shows("no-bridge").await;
        assert_eq!(window.run("pauses.every(ms => ms === 8000)").await, true, "{platform:?}");
        is_a_proper_failure(&app, &window).await;
        app.server.logs(&["client-report", "no-bridge", "version 7.8.10"]).await;
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_ordinary_browser_gets_a_page_to_sign_in_on_and_no_failure() {
    let app = App::start().await;
    let window = Window::ordinary(&app).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    assert_eq!(window.text("[data-message='plain-browser'] h1").await, "登录 oa");
    window.until("document.activeElement.matches('h1') && document.activeElement.offsetParent").await;
    let buttons = "[...document.querySelectorAll('button, .button')].filter(b => b.getClientRects().length)
        .filter(b => getComputedStyle(b).visibility === 'visible').map(b => b.innerText)";
    assert_eq!(window.run(buttons).await, json!(["用钉钉登录"]));
    let page = window.text("main").await;
    assert!(page.contains("二维码") && page.contains("或在钉钉工作台打开") && !page.contains("请求编号"), "{page}");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_messages_come_in_english_to_whoever_reads_english() {
    let app = App::start().await;
    let look = Look { languages: "en-GB,en;q=0.9", ..Look::default() };
    let window = Window::with(&app, look).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    assert_eq!(window.text("[data-message='plain-browser'] h1").await, "Sign in to oa");
    assert_eq!(window.run("document.documentElement.lang").await, "en");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_script_of_dingtalk_that_cannot_be_loaded_gets_its_message() {
    for jsapi in [Jsapi::Missing, Jsapi::SomethingElse] {
        let app = App::with(Setup { jsapi, bootstrap: "official", ..Setup::default() }).await;
        let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
        window.open(&app.url(OPENED)).await;
        window.shows("script-failed").await;
        is_a_proper_failure(&app, &window).await;
        app.server.logs(&["client-report", "script-failed"]).await;
        window.shut().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_refusal_of_the_client_is_shown_in_its_own_words_as_text() {
    const WORDS: &str = "对应企业没有<img src=x onerror=alert(1)>域名微应用";
    for platform in [Platform::Ios, Platform::Android, Platform::Harmony, Platform::Pc] {
        for app in [App::start().await, App::official().await] {
            let client = Client::of(platform).that(Manner::Refuses("3", WORDS));
            let window = Window::in_dingtalk(&app, client).await;
            window.open(&app.url(OPENED)).await;
            window.shows("client-refused").await;
            window.click("[data-admin] summary").await;
            assert_eq!(window.text("[data-said]").await, format!("3 {WORDS}"), "{platform:?}");
            assert_eq!(window.code_calls().len(), 1, "a refusal is not asked again");
            is_a_proper_failure(&app, &window).await;
            app.server.logs(&["client-report", "client-refused", "域名微应用"]).await;
            window.close().await;
        }
    }
}

/// Both the employee and the administrator read what concerns them: one what to do, the other what DingTalk said.
#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn what_the_client_said_is_named_for_administrators_and_folded_away() {
    for (platform, code, said, names, advice) in [
        (Platform::Ios, "3", "对应企业没有127.0.0.1域名微应用", "3 · 该企业没有使用这个域名的应用", "端内免登地址"),
        (Platform::Pc, "3", "1002,err msg uid is not in employee for orgid", "3 · 此人不是该企业的员工", "切换"),
    ] {
        let app = App::start().await;
        let window = Window::in_dingtalk(&app, Client::of(platform).that(Manner::Refuses(code, said))).await;
        window.open(&app.url(OPENED)).await;
        window.shows("client-refused").await;
        window.until("document.querySelector('[data-admin] strong')").await;
        assert_eq!(window.run("document.querySelector('[data-admin]').open").await, false, "folded away");
        assert!(!window.text("main").await.contains(said), "no employee reads this unasked");
        window.click("[data-admin] summary").await;
        let told = window.text("[data-admin]").await;
        for part in [names, advice, &format!("{code} {said}")] {
            assert!(told.contains(part), "{part}: {told}");
        }
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn what_dd_config_failed_for_is_named_there_too() {
    let app = App::official().await;
    let client = Client::of(Platform::Ios).behind_https().that(Manner::Refuses("3", "对应企业没有h域名微应用"));
    let window = Window::in_dingtalk(&app, client).await;
    window.open(&app.url(OPENED)).await;
    window.shows("client-refused").await;
    window.until("document.querySelectorAll('[data-admin] strong').length === 2").await;
    window.click("[data-admin] summary").await;
    let told = window.text("[data-admin]").await;
    for part in ["52013 · 页面签名不一致", "https://", "3 · 该企业没有使用这个域名的应用"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_cancels_in_the_client_can_try_again() {
    let app = App::start().await;
    let client = Client::of(Platform::Ios).that(Manner::Refuses("-1", "用户取消"));
    let window = Window::in_dingtalk(&app, client).await;
    window.open(&app.url(OPENED)).await;
    window.shows("client-refused").await;
    is_a_proper_failure(&app, &window).await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_is_not_listed_reads_why_and_is_let_in_by_a_retry_once_the_administrator_has_added_them() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios).held_by("zhaoliu")).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    assert_eq!(window.text("[data-title]").await, "您还没有访问权限");
    assert!(window.text("[data-hint]").await.contains("管理员"));
    assert_eq!(window.text("[data-account] strong").await, "赵六");
    assert_eq!(window.text("[data-retry]").await, "已处理好？重新进入", "no retry before somebody has acted");
    is_a_proper_failure(&app, &window).await;
    // The refusal's id, not the page's.
    let id = window.text(".request-id code").await;
    app.server.logs(&[&id, "not-listed", "/userinfo"]).await;

    app.add("zhaoliu", "赵六");
    window.click("[data-retry]").await;
    window.lands_on("/home").await;
    assert_eq!(window.text("h1").await, "赵六");
    window.close_after_refusal().await;
}

/// By how much the page has moved since it was opened (cumulative layout shift).
const SHIFTS: &str = "new Promise(tell => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value }))
        .observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => setTimeout(() => tell(sum), 100));
})";

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn nothing_on_the_page_moves_between_the_tap_and_the_answer() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios).held_by("zhaoliu")).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    assert_eq!(window.run(SHIFTS).await, 0, "up to the refusal");
    app.add("zhaoliu", "赵六");
    window.click("[data-retry]").await;
    window.lands_on("/home").await;
    assert_eq!(window.run(SHIFTS).await, 0, "at home");
    window.close_after_refusal().await;

    let window = Window::ordinary(&app).await;
    window.open(&app.url(OPENED)).await;
    window.until("document.querySelector('[data-qr] iframe')").await;
    assert_eq!(window.run(SHIFTS).await, 0, "in an ordinary browser");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_sign_in_that_takes_longer_than_usual_says_so_after_two_seconds() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios).that(Manner::Late)).await;
    window.open(&app.url(OPENED)).await;
    window.shows("working").await;
    assert!(window.text("main").await.contains("oa"), "the system's name is there meanwhile");
    let slow = "document.querySelector('[data-message=working] .slow')";
    let delay = format!("{slow}.getAnimations()[0].effect.getTiming().delay");
    assert_eq!(window.run(&delay).await, 2000);
    window.run(&format!("{slow}.getAnimations()[0].finish()")).await;
    assert_eq!(window.run(&format!("getComputedStyle({slow}).visibility")).await, "visible");
    assert_eq!(window.text("[data-message=working] .slow").await, "比平时慢一些，请稍候…");
    window.release();
    window.lands_on("/home").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_is_added_meanwhile_gets_in_at_the_next_tap_on_the_icon() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Android).held_by("zhaoliu")).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    app.add("zhaoliu", "赵六");
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_disabled_person_reads_that_their_access_is_disabled() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Android).held_by("lisi")).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    assert_eq!(window.text("[data-title]").await, "您的账号已停用");
    is_a_proper_failure(&app, &window).await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_server_that_goes_away_in_mid_sign_in_gets_its_message() {
    let mut app = App::official().await;
    let client = Client::of(Platform::Ios).that(Manner::Late);
    let window = Window::in_dingtalk(&app, client).await;
    window.open(&app.url(OPENED)).await;
    window.until("performance.getEntriesByName(document.querySelector('main').dataset.jsapiUrl, 'resource')").await;
    window.until("window.dd").await;
    app.server.stop();
    window.release();
    window.shows("server-silent").await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_page_whose_own_script_does_not_run_says_so_too() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    // As in a web view that does not know what the script is written in.
    let broken = "document.getElementById = () => { throw new SyntaxError('Unexpected token'); }";
    window.page.run_first(broken).await;
    window.open(&app.url(OPENED)).await;
    window.until("document.getAnimations().some(a => a.animationName === 'come')").await;
    let seen = "getComputedStyle(document.querySelector('[data-stalled]')).visibility";
    assert_eq!(window.run(seen).await, "hidden", "not before its time");
    window.run("document.getAnimations().forEach(a => a.animationName === 'come' && a.finish())").await;
    window.until(&format!("{seen} === 'visible'")).await;
    window.shut().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn without_javascript_the_page_says_what_is_missing() {
    let app = App::start().await;
    let window = Window::ordinary(&app).await;
    window.open(&app.url(OPENED)).await;
    window.shows("plain-browser").await;
    window.page.must("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    window.page.must("Page.reload", json!({})).await;
    window.until("document.querySelector('noscript h1').offsetParent").await;
    window.until("!document.querySelector('.spinner').offsetParent").await;
    window.close().await;
}
