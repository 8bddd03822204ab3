//! Who has tried too often: how long it takes is counted down, and the way on opens when it is over.

use super::{
    client::{Client, Platform},
    harness::App,
    looks::{is_readable, picture},
    window::Window,
};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";
const CALLBACK: &str = "/login/dingtalk/callback?authCode=x&state=x";

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_sign_in_page_counts_down_and_then_tries_again() {
    let app = App::start().await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    // The first answer is made up, because a real wait runs on while a busy machine opens the page.
    let barred = "(fetch => {
        const refusal = { title: '尝试过于频繁', page: { hint: '请稍等片刻再试。', wait: 47, next: 'try-again' } };
        const isBarred = url => url.includes('userinfo') && !sessionStorage.tried;
        window.fetch = (url, options) => isBarred(url)
            ? Promise.resolve(new Response(JSON.stringify(refusal), { status: 429 })) : fetch(url, options);
    })(window.fetch)";
    window.page.run_first(barred).await;
    window.open(&app.url(OPENED)).await;
    window.shows("refused").await;
    let says = window.text("[data-wait]").await;
    assert!(says.starts_with("请等待 4") && says.ends_with(" 秒后再试。"), "{says}");
    assert_eq!(window.text("[data-hint]").await, "", "once is enough");
    assert_eq!(window.run("document.querySelector('[data-retry]').disabled").await, true);
    picture(&window, "phone-light-zh-wait").await;
    is_readable(&window, "a page that waits").await;
    window
        .run("sessionStorage.tried = 'yes'; Date.now = (now => now() + 46_000).bind(null, Date.now.bind(Date))")
        .await;
    window.until("!document.querySelector('[data-retry]').disabled").await;
    assert_eq!(window.text("[data-wait]").await, "现在可以重试了。");
    window.click("[data-retry]").await;
    window.lands_on("/home").await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn so_does_the_page_of_a_refusal() {
    let app = App::start().await;
    let window = Window::ordinary(&app).await;
    let (flood, is_barred) = (
        format!("Promise.all([...Array(70)].map(() => fetch('{CALLBACK}'))).then(() => 0)"),
        "document.readyState === 'complete' && document.querySelector('[data-problem]').dataset.problem",
    );
    window.open(&app.url("/static/js/jsapi.js")).await;
    window.until("document.readyState === 'complete'").await;
    window.run(&flood).await;
    window.open(&app.url(CALLBACK)).await;
    window.until(is_barred).await;
    assert_eq!(window.run(is_barred).await, "rate-limited");
    window.until("document.querySelector('.way-on[href]:not([aria-disabled])')").await;
    assert_eq!(window.text("[data-wait]").await, "现在可以重试了。");
    window.close_after_refusal().await;
}
