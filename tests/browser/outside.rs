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
