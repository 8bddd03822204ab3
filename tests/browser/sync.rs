//! `/admin/sync`: a person watches a sync go on and confirms it, in every look.

use miandeng::simulator::FaultKind;

use super::{
    admin::{admin_window, is_fit, opens},
    harness::App,
    window::Window,
};
use crate::{faults::fault, harness::CORP, sync::LIST};

/// Asks what a sync would do, and waits until the page says so by itself.
async fn checks(app: &App, window: &Window, shown: &str) {
    window.open(&app.url("/admin/sync")).await;
    is_shown(window, "document.querySelector('form[action=\"/admin/sync/plan\"] button')").await;
    window.click("form[action='/admin/sync/plan'] button").await;
    is_shown(window, shown).await;
}

/// The page that shows something has been loaded, with its style.
async fn is_shown(window: &Window, shown: &str) {
    window.until(&format!("{shown} && document.readyState === 'complete'")).await;
}

async fn tour(language: &'static str) {
    let app = App::start().await;
    let window = admin_window(&app, language).await;
    opens(&app, &window, language, "/admin/sync", "admin-sync").await;
    // Longer than the page takes to appear, and shorter than the story's patience.
    app.simulator.fault(fault(LIST, usize::MAX, FaultKind::Delay(5_000)));
    checks(&app, &window, "document.querySelector('[data-progress]')").await;
    // The page would go on by itself while it is looked at.
    window.run("XMLHttpRequest.prototype.send = () => {}").await;
    is_fit(&window, language, "admin-sync-running").await;
    app.simulator.clear_faults();
    window.open(&app.url("/admin/sync")).await;
    is_shown(&window, "document.querySelector('[name=plan]')").await;
    is_fit(&window, language, "admin-sync-plan").await;
    window.click("form[action='/admin/sync/apply'] button").await;
    is_shown(&window, "document.querySelector('#now table') && !document.querySelector('[name=plan]')").await;
    is_fit(&window, language, "admin-sync-done").await;

    app.simulator.edit_corp(CORP, |corp| corp.apps[0].user_fields = vec!["mobile".into()]);
    for userid in ["sunqi", "zhouba"] {
        app.simulator.remove_employee(CORP, userid);
    }
    checks(&app, &window, "document.querySelector('a[href*=insist]')").await;
    is_fit(&window, language, "admin-sync-too-many").await;
    window.click("a[href*=insist]").await;
    is_shown(&window, "document.querySelector('[name=insist]')").await;
    is_fit(&window, language, "admin-sync-insist").await;
    window.click("main form button").await;
    is_shown(&window, "document.querySelector('#now table') && !document.querySelector('a[href*=insist]')").await;

    app.simulator.edit_corp(CORP, |corp| {
        corp.apps[0].authed_depts = vec![100, 200];
        corp.apps[0].denied_permissions = vec!["qyapi_get_department_member".into()];
    });
    checks(&app, &window, "document.querySelector('.notice.bad')").await;
    is_fit(&window, language, "admin-sync-scope").await;
    opens(&app, &window, language, "/admin", "admin-overview-synced").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_sync_is_watched_and_confirmed_in_chinese() {
    tour("zh-CN,zh;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_sync_is_watched_and_confirmed_in_english() {
    tour("en-GB,en;q=0.9").await;
}
