//! Outside the DingTalk client: the QR code of DingTalk's page, and the way over from the client.

use super::{
    client::{Client, Platform},
    harness::App,
    window::Window,
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_ordinary_browser_signs_in_by_dingtalks_page_and_comes_back() {
    let app = App::start().await;
    let window = Window::ordinary(&app).await;
    window.open(&app.url(&format!("{OPENED}&return_to=/home%3Fa=1"))).await;
    window.shows("plain-browser").await;
    window.click("[data-message='plain-browser'] [data-web-login]").await;
    window.click("[data-person='zhangsan']").await;
    window.lands_on("/home?a=1").await;
    assert_eq!(window.text("h1").await, "张三");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_computers_browser_signs_in_by_the_code_on_the_page_itself() {
    let app = App::start().await;
    let window = Window::ordinary(&app).await;
    window.open(&app.url(&format!("{OPENED}&return_to=/home%3Fa=1"))).await;
    window.shows("plain-browser").await;
    window.until("document.querySelector('[data-qr] iframe')").await;
    // Nobody but DingTalk's frame is believed.
    window.run("postMessage({ success: true, redirectUrl: '/nowhere' }, '*')").await;
    let framed = "document.querySelector('[data-qr]').dataset.qr";
    let address = window.run(framed).await.as_str().expect("an address").to_owned();
    assert!(address.starts_with(&format!("{}/oauth2/auth?", app.dingtalk())) && address.ends_with("&iframe=true"));
    window.shows("plain-browser").await;
    // The frame asks again, with somebody who has scanned it.
    app.simulator.hold(Some("zhangsan"));
    window.run("(frame => { frame.src = frame.src })(document.querySelector('[data-qr] iframe'))").await;
    window.lands_on("/home?a=1").await;
    assert_eq!(window.text("h1").await, "张三");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_link_that_has_run_out_says_so_and_another_is_made_with_one_click() {
    let app = App::start().await;
    let client = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    client.open(&app.url(OPENED)).await;
    client.lands_on("/home").await;
    client.click("form[action='/home/open-in-browser'] button").await;
    client.until("document.querySelector('[data-copy]').hidden === false").await;
    let first = client.text("[data-link]").await;
    let seen = "getComputedStyle(document.querySelector('.once-expired')).visibility";
    assert_eq!(client.run(seen).await, "hidden");
    client.run("document.getAnimations().forEach(animation => animation.finish())").await;
    client.until(&format!("{seen} === 'visible'")).await;
    assert_eq!(client.run("getComputedStyle(document.querySelector('[data-link]')).visibility").await, "hidden");
    client.click(".once-expired button").await;
    client.until(&format!("document.querySelector('[data-link]').innerText !== '{first}'")).await;
    client.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_is_signed_in_in_the_client_goes_on_in_the_systems_browser_with_one_click() {
    let app = App::start().await;
    let client = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    client.open(&app.url(OPENED)).await;
    client.lands_on("/home").await;
    client.click("form[action='/home/open-in-browser'] button").await;
    client.until("document.querySelector('[data-copy]').hidden === false").await;
    let link = client.text("[data-link]").await;

    let browser = Window::ordinary(&app).await;
    browser.open(&link).await;
    // The page says whose link it is.
    browser.until("document.querySelector('dd').innerText === '张三'").await;
    browser.click("form[action='/handover'] button").await;
    browser.lands_on("/home").await;
    assert_eq!(browser.text("h1").await, "张三");
    browser.close().await;
    client.close().await;
}
