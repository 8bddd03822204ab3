//! The pages for administrators, in every look, and by keyboard and reader.

use super::{
    axe::is_accessible,
    client::{Client, Platform},
    harness::App,
    looks::{LOOKS, is_readable, picture, wear},
    window::{Look, Window},
};
use crate::harness::CORP;

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

/// A window of 张三, who is an administrator.
pub async fn admin_window(app: &App, languages: &'static str) -> Window {
    app.runs(&["users", "set", "zhangsan", "--role", "admin"]);
    let look = Look { client: Some(Client::of(Platform::Ios)), languages, hurry: false };
    let window = Window::with(app, look).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window
}

/// The page that is open is fit for everybody, in every look.
pub async fn is_fit(window: &Window, language: &str, page: &str) {
    for look in LOOKS {
        wear(window, look).await;
        let name = format!("{}-{}-{page}", look.0, &language[..2]);
        picture(window, &name).await;
        is_readable(window, &name).await;
        is_accessible(window, &name).await;
    }
}

/// Opens a page and looks at it.
pub async fn opens(app: &App, window: &Window, language: &str, path: &str, page: &str) {
    window.open(&app.url(path)).await;
    window.lands_on(path).await;
    is_fit(window, language, page).await;
}

/// Chooses a file as a person does, and sends it.
async fn sends_file(window: &Window, name: &str, text: &str) {
    let choose = format!(
        "(() => {{ const chosen = new DataTransfer();
            chosen.items.add(new File([{text:?}], {name:?}));
            const input = document.querySelector('#file');
            input.files = chosen.files;
            input.form.submit(); }})()"
    );
    window.run(&choose).await;
}

async fn tour(language: &'static str) {
    let app = App::start().await;
    let people: String = (0..70).map(|i| format!("staff{i:03},员工{i:03},研发部/后端组;市场部\n")).collect();
    app.imports(&format!("userid,name,department\n{people}"));
    let window = admin_window(&app, language).await;
    window.click("a[href='/admin']").await;
    window.until("location.pathname.startsWith('/admin')").await;
    opens(&app, &window, language, "/admin/people", "admin-people").await;
    opens(&app, &window, language, "/admin/people?q=nobody", "admin-people-none").await;
    opens(&app, &window, language, "/admin/people/add", "admin-add").await;
    window.run("document.querySelectorAll('[required]').forEach(i => i.required = false)").await;
    window.click("main form button").await;
    window.until("document.querySelector('[aria-invalid]')").await;
    is_fit(&window, language, "admin-add-wrong").await;
    let person = format!("/admin/people/{CORP}");
    opens(&app, &window, language, &format!("{person}/zhangsan"), "admin-person").await;
    opens(&app, &window, language, &format!("{person}/lisi"), "admin-person-disabled").await;
    opens(&app, &window, language, &format!("{person}/wangwu/disable"), "admin-confirm").await;
    opens(&app, &window, language, &format!("{person}/zhangsan/demote"), "admin-confirm-last").await;
    opens(&app, &window, language, "/admin/people/import", "admin-import").await;
    sends_file(&window, "people.csv", "userid,name,email\nqianjiu,钱九,x\n,无名,\n").await;
    window.until("document.querySelector('table')").await;
    is_fit(&window, language, "admin-import-wrong").await;
    sends_file(&window, "people.csv", "userid,name,role,status\nqianjiu,钱九,admin,\nwangwu,王五五,,disabled\n").await;
    window.until("document.querySelector('.counts')").await;
    is_fit(&window, language, "admin-import-preview").await;
    window.click("main form button").await;
    window.until("location.search === '?done=imported'").await;
    is_fit(&window, language, "admin-people-done").await;
    window.close_after_refusal().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_pages_are_fit_for_everybody_in_chinese() {
    tour("zh-CN,zh;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_pages_are_fit_for_everybody_in_english() {
    tour("en-GB,en;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_person_is_disabled_on_a_phone_with_two_taps() {
    let app = App::start().await;
    let window = admin_window(&app, "zh-CN").await;
    window.open(&app.url("/admin/people")).await;
    window.click(&format!("a[href='/admin/people/{CORP}/wangwu']")).await;
    window.click("a[href$='/wangwu/disable']").await;
    window.click("form[action$='/wangwu/disable'] button").await;
    window.lands_on(&format!("/admin/people/{CORP}/wangwu?done=disabled")).await;
    assert!(window.text("main").await.contains("停用（管理员操作）"));
    window.close().await;
}
