//! What readers have chosen or need: a few colours of their own, little motion, a keyboard.

use serde_json::{Value, json};

use super::{
    client::{Client, Manner, Platform},
    harness::{App, Setup},
    looks::{is_readable, picture},
    window::{Look, Window},
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

async fn deployment() -> App {
    App::with(Setup { miandeng: "title = \"星海审批\"\nadmin_contact = \"it@example.com\"", ..Setup::default() }).await
}

async fn prefers(window: &Window, name: &str, value: &str) {
    let media = json!({ "features": [{ "name": name, "value": value }] });
    window.page.must("Emulation.setEmulatedMedia", media).await;
}

/// The pages of an employee, one after another: in an ordinary browser, refused, at home, with a link, and the link's page.
async fn each_page(app: &App, mut look_at: impl AsyncFnMut(&Window, &str)) {
    let desk = Window::ordinary(app).await;
    desk.open(&app.url(OPENED)).await;
    desk.until("document.querySelector('[data-qr] iframe')").await;
    look_at(&desk, "sign-in").await;
    desk.close().await;

    let window = Window::in_dingtalk(app, Client::of(Platform::Ios).held_by("zhaoliu")).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    look_at(&window, "refused").await;
    window.close_after_refusal().await;

    let window = Window::in_dingtalk(app, Client::of(Platform::Ios)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    look_at(&window, "home").await;
    window.click("form[action='/home/open-in-browser'] button").await;
    window.until("document.querySelector('[data-copy]:not([hidden])')").await;
    look_at(&window, "handover-link").await;
    let link = window.text("[data-link]").await;
    window.open(&link).await;
    window.until("document.querySelector('form[action=\"/handover\"]')").await;
    look_at(&window, "handover").await;
    window.close_after_refusal().await;
}

/// As Windows' contrast themes do: backgrounds and shadows are gone, and what is left has to tell a button from a text.
#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn where_colours_are_forced_every_button_has_an_edge_and_every_text_is_read() {
    let app = deployment().await;
    each_page(&app, async |window, name| {
        prefers(window, "forced-colors", "active").await;
        picture(window, &format!("forced-zh-{name}")).await;
        assert_eq!(window.run(include_str!("bridges/edges.js")).await, json!([]), "{name}");
        is_readable(window, &format!("{name} in forced colours")).await;
    })
    .await;

    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios).that(Manner::Silent)).await;
    prefers(&window, "forced-colors", "active").await;
    window.open(&app.url(OPENED)).await;
    window.shows("working").await;
    let ring = "(s => s.borderTopColor !== s.borderBottomColor)(getComputedStyle(document.querySelector('.spinner')))";
    assert_eq!(window.run(ring).await, true, "a ring in one colour does not seem to turn");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn whoever_prefers_less_motion_sees_nothing_turn() {
    let app = deployment().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios).that(Manner::Silent)).await;
    for (preference, motion) in [("no-preference", "turn"), ("reduce", "breathe")] {
        prefers(&window, "prefers-reduced-motion", preference).await;
        window.open(&app.url(OPENED)).await;
        window.shows("working").await;
        // The page is there a moment before its style sheet.
        let moving = "document.getAnimations().map(a => a.animationName).filter(name => name !== 'come')";
        window.until(&format!("String({moving}) === '{motion}'")).await;
    }
    window.close().await;
}

async fn presses(window: &Window, key: &str, text: Option<&str>) {
    let code = if key == "Tab" { 9 } else { 13 };
    for kind in ["keyDown", "keyUp"] {
        let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
        if let Some(text) = text {
            event["text"] = text.into();
        }
        window.page.must("Input.dispatchKeyEvent", event).await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_keyboard_reaches_everything_in_order_and_shows_where_it_is() {
    let app = deployment().await;
    each_page(&app, async |window, name| {
        // What is in DingTalk's frame is DingTalk's.
        let find = "document.querySelectorAll('iframe').forEach(frame => frame.remove());
            window.reachable = [...document.querySelectorAll('a[href], button, summary')]
            .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled); reachable.length";
        let count = window.run(find).await.as_u64().expect("a number");
        assert!(count > 0, "{name}");
        for i in 0..count {
            presses(window, "Tab", None).await;
            let here = "(e => [reachable.indexOf(e), getComputedStyle(e).outlineStyle])(document.activeElement)";
            assert_eq!(window.run(here).await, json!([i, "solid"]), "{name}");
        }
    })
    .await;

    let look = Look { client: Some(Client::of(Platform::Ios)), ..Look::default() };
    let window = Window::with(&app, look).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window.run("document.querySelector('summary').focus()").await;
    presses(&window, "Enter", Some("\r")).await;
    assert_eq!(window.run("document.querySelector('details').open").await, Value::Bool(true));
    window.close().await;
}
