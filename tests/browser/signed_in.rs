//! Signed in: the demo, the list of sessions, and the ways out.

use super::{
    client::{Client, Platform},
    harness::{App, Jsapi, Setup},
    window::{Look, Window},
};
use crate::harness::CORP;

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn an_ordinary_browser_signs_in_through_the_simulators_chooser_however_long_the_choice_takes() {
    let app = App::with(Setup { jsapi: Jsapi::Simulated, ..Setup::default() }).await;
    let look = Look { hurry: true, ..Look::default() };
    let window = Window::with(&app, look).await;
    window.open(&app.url(OPENED)).await;
    window.until("document.querySelector('#simulated-dingtalk-chooser [data-person=\"zhangsan\"]')").await;
    // The page's patience passes twice: it asked for a script and a code, and looked at the dialog again.
    window.until("pauses.length >= 4").await;
    window.shows("working").await;
    window.click("#simulated-dingtalk-chooser [data-person=\"zhangsan\"]").await;
    window.lands_on("/home").await;
    assert_eq!(window.text("h1").await, "张三");
    assert!(app.simulator.config_checks().iter().all(|check| check.accepted()));
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn after_signing_out_the_back_button_shows_nothing_of_the_person() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    // Somebody else takes the phone, so its client gives no code for 张三 any more.
    app.simulator.remove_employee(CORP, "zhangsan");
    window.click("form[action='/logout'] button").await;
    window.shows("signed-out").await;
    assert_eq!(window.code_calls().len(), 1, "nobody is signed in again unasked");
    window.run("window.beforeBack = true; history.back()").await;
    window.until("!window.beforeBack").await;
    window.shows("client-refused").await;
    assert!(!window.text("html").await.contains("张三"));
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn who_has_signed_out_signs_in_again_with_a_tap() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Android)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window.click("form[action='/logout'] button").await;
    window.shows("signed-out").await;
    window.click("[data-message='signed-out'] a").await;
    window.lands_on("/home").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_person_sees_every_device_and_signs_out_all_others() {
    let app = App::start().await;
    let phone = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    phone.open(&app.url(OPENED)).await;
    phone.lands_on("/home").await;
    let desktop = Window::in_dingtalk(&app, Client::of(Platform::Pc)).await;
    desktop.open(&app.url(OPENED)).await;
    desktop.lands_on("/home").await;

    assert!(!desktop.text(".sessions").await.contains("127.0.0.1"), "numbers come on demand");
    desktop.run("document.querySelectorAll('.sessions details').forEach(details => details.open = true)").await;
    let list = desktop.text(".sessions").await;
    for words in ["钉钉 Windows 版", "钉钉 iPhone 版", "7.8.10", "本设备", "127.0.0.1"] {
        assert!(list.contains(words), "no {words} in {list}");
    }
    desktop.click("form[action='/home/sign-out-elsewhere'] button").await;
    desktop.until("document.querySelectorAll('.sessions li').length === 1").await;

    app.simulator.remove_employee(CORP, "zhangsan");
    phone.open(&app.url("/home")).await;
    phone.shows("client-refused").await;
    phone.close().await;
    desktop.close().await;
}
