//! Every page in every look: nothing may stick out, jump, or be too faint to read. `MIANDENG_SCREENSHOTS=FOLDER` keeps
//! pictures for a person to look at.

use base64::Engine;
use serde_json::json;

use super::{
    axe::is_accessible,
    client::{Client, Manner, Platform},
    harness::{App, Setup},
    window::{Look, Window},
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";
const MESSAGES: [&str; 8] =
    ["working", "done", "script-failed", "no-bridge", "plain-browser", "client-refused", "server-silent", "refused"];

/// Name, width, height, theme, and the reader's text size in percent.
pub const LOOKS: [(&str, u32, u32, &str, u32); 5] = [
    ("phone-light", 390, 844, "light", 100),
    ("phone-dark", 390, 844, "dark", 100),
    ("small-large-text", 320, 568, "light", 200),
    ("desktop-light", 1280, 800, "light", 100),
    ("desktop-dark", 1280, 800, "dark", 100),
];

pub async fn wear(window: &Window, (_, width, height, theme, text): (&str, u32, u32, &str, u32)) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 1000 });
    window.page.must("Emulation.setDeviceMetricsOverride", size).await;
    let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
    window.page.must("Emulation.setEmulatedMedia", theme).await;
    window.run(&format!("document.documentElement.style.fontSize = '{text}%'")).await;
}

pub async fn picture(window: &Window, name: &str) {
    let Some(folder) = std::env::var_os("MIANDENG_SCREENSHOTS") else { return };
    let size = window.run("[document.documentElement.clientWidth, document.documentElement.scrollHeight]").await;
    let whole = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
    let picture = json!({ "clip": whole, "captureBeyondViewport": true });
    let picture = window.page.must("Page.captureScreenshot", picture).await;
    let picture = base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().expect("a picture"));
    let picture = picture.expect("base64");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).expect("a file");
}

/// Nothing sticks out to the side, no two buttons touch, and every text has the contrast of WCAG 2, level AA.
pub async fn is_readable(window: &Window, what: &str) {
    let wide = window.run("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
    assert_eq!(wide, 0, "{what} is wider than the screen");
    let crowded = window.run(include_str!("bridges/crowded.js")).await;
    assert_eq!(crowded, json!([]), "{what} has buttons that touch");
    let faint = window.run(include_str!("bridges/contrast.js")).await;
    assert_eq!(faint, json!([]), "{what} has text too faint to read");
}

pub async fn every_look(window: &Window, language: &str, page: &str) {
    for look in LOOKS {
        wear(window, look).await;
        let name = format!("{}-{}-{page}", look.0, &language[..2]);
        picture(window, &name).await;
        is_readable(window, &name).await;
        if !look.0.starts_with("small") {
            is_accessible(window, &name).await;
        }
        if look.0.starts_with("desktop") {
            let broken = "[...document.querySelectorAll('button, .button')].filter(b => b.offsetHeight > 60).map(b => b.innerText)";
            assert_eq!(window.run(broken).await, json!([]), "{name} has buttons of two lines");
        }
    }
}

/// The page as it is with this message.
fn with_message(message: &str) -> String {
    format!(
        "document.querySelectorAll('[data-message]').forEach(m => m.hidden = m.dataset.message !== '{message}');
        (busy => {{
            document.querySelector('main').setAttribute('aria-busy', busy);
            document.querySelector('main').dataset.shown = '{message}';
            document.querySelector('main').dataset.next = '{message}' === 'refused' ? 'once-fixed' : 'try-again';
            const again = document.querySelector('[data-retry]');
            again.textContent = '{message}' === 'refused' ? again.dataset.reopen : again.dataset.again;
            again.parentNode.insertBefore(again,
                '{message}' === 'refused' ? again.parentNode.lastElementChild : again.parentNode.firstElementChild);
            document.querySelector('[data-failed]').hidden = busy || '{message}' === 'plain-browser';
            document.querySelector('[data-admin]').hidden = busy || ['plain-browser', 'refused'].includes('{message}');
            document.querySelector('[data-admin]').open = '{message}' === 'client-refused';
        }})(['working', 'done'].includes('{message}'))"
    )
}

async fn tour(language: &'static str) {
    let setup = Setup {
        miandeng: "title = \"星海审批\"\nadmin_contact = \"it@example.com\"",
        app: "agent_id = \"100000001\"\ncorp_name = \"星海科技\"",
        ..Setup::default()
    };
    let app = App::with(setup).await;
    let client = Some(Client::of(Platform::Ios).that(Manner::Refuses("3", "对应企业没有127.0.0.1域名微应用")));
    let window = Window::with(&app, Look { client, languages: language, ..Look::default() }).await;
    window.open(&app.url(OPENED)).await;
    window.shows("client-refused").await;
    let refusal =
        "document.querySelector('[data-title]').textContent = zh ? '您还没有访问权限' : `You don't have access yet`;
        document.querySelector('[data-detail]').textContent = zh ? '钉钉确认了您的身份，但您的账号尚未加入本系统。'
            : `DingTalk knows who you are, but you haven't been given access to this system yet.`;
        document.querySelector('[data-hint]').textContent = zh ? '请联系管理员添加，并提供请求编号。'
            : 'Ask your administrator to add you, and give them the request ID.';
        document.querySelector('[data-account] strong').textContent = '李四';
        document.querySelector('[data-account]').hidden = false";
    let refusal = &format!("const zh = document.documentElement.lang === 'zh-CN'; {refusal}");
    window.run(refusal).await;
    for look in LOOKS {
        wear(&window, look).await;
        let mut tops = Vec::new();
        for message in MESSAGES {
            window.run(&with_message(message)).await;
            let name = format!("{}-{}-{message}", look.0, &language[..2]);
            picture(&window, &name).await;
            is_readable(&window, &name).await;
            if look.0.starts_with("phone") {
                is_accessible(&window, &name).await;
            }
            let heading = format!("document.querySelector('[data-message={message}] h1').getBoundingClientRect().top");
            tops.push(window.run(&heading).await);
        }
        assert!(tops.iter().all(|top| *top == tops[0]), "the heading jumps: {tops:?}");
    }
    window.close().await;

    let desk = Window::with(&app, Look { client: None, languages: language, hurry: false }).await;
    desk.open(&app.url(OPENED)).await;
    desk.until("document.querySelector('[data-qr] iframe')").await;
    every_look(&desk, language, "sign-in").await;
    desk.close().await;

    let phone = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    phone.open(&app.url(OPENED)).await;
    phone.lands_on("/home").await;
    phone.close().await;

    let window =
        Window::with(&app, Look { client: Some(Client::of(Platform::Pc)), languages: language, hurry: false }).await;
    for (name, address) in [("problem", "/?corpid=%24CORPID%24"), ("not-found", "/nowhere")] {
        window.open(&app.url(address)).await;
        window.until("document.querySelector('[data-problem]')").await;
        every_look(&window, language, name).await;
    }
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    every_look(&window, language, "home").await;
    window.click("form[action='/home/open-in-browser'] button").await;
    window.until("document.querySelector('[data-copy]:not([hidden])')").await;
    every_look(&window, language, "handover-link").await;
    let link = window.text("[data-link]").await;
    window.open(&link).await;
    window.until("document.querySelector('form[action=\"/handover\"]')").await;
    every_look(&window, language, "handover").await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn every_page_is_readable_on_phone_and_desktop_in_light_and_dark_in_chinese() {
    tour("zh-CN,zh;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn every_page_is_readable_on_phone_and_desktop_in_light_and_dark_in_english() {
    tour("en-GB,en;q=0.9").await;
}
