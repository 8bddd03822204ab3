//! The administrators' reports: readable in every look, and without a violation of WCAG 2.2 AA that axe-core finds.

use std::path::Path;

use miandeng::{
    audit::{Actor, Entry, Event, RequestOrigin, write_all},
    clock::Clock,
    db::Pools,
    ids::{CorpId, DingUserId},
};

use super::{
    client::{Client, Platform},
    harness::App,
    looks::every_look,
    window::{Look, Window},
};
use crate::harness::{CORP, ends, program};

const OPENED: &str = "/?corpid=dingsamplecorp00000001";

/// 张三 becomes an administrator, and two weeks have passed.
async fn prepare(app: &App) {
    let output = ends(program(app.folder(), &["users", "set", "zhangsan", "--role", "admin"]));
    assert!(output.status.success(), "{output:?}");
    let pools = Pools::open(&app.folder().join("data.db").to_string_lossy()).await.expect("the database");
    let mut transaction = pools.write().await.expect("the writer");
    write_all(&mut transaction, past(Clock::system().now_ms())).await.expect("rows");
    transaction.commit().await.expect("committed");
    pools.close().await;
}

fn past(now_ms: i64) -> Vec<Entry> {
    let corp_id = CorpId::new(CORP).expect("a corp id");
    let entry = |event, userid: &str, ago_ms: i64| {
        let person = DingUserId::new(userid).expect("a userid");
        Entry::at(event, Actor::User(person.clone()), now_ms - ago_ms).about(&corp_id, &person)
    };
    let mut rows = Vec::new();
    for day in 0..14 {
        let sign_ins = [41, 38, 35, 44, 12, 3, 0, 47, 39, 36, 40, 8, 2, 1234][day];
        rows.extend((0..sign_ins).map(|_| entry(Event::SignedIn, "wangwu", 86_400_000 * day as i64)));
    }
    let refusals = [
        ("not-listed", "zhaoliu", "赵六", 12),
        ("disabled", "lisi", "李四", 4),
        ("not-listed", "somebody-with-a-very-long-userid-indeed-0123456789", "欧阳 <script>alert(1)</script>", 1),
        ("state-mismatch", "wangwu", "王五", 2),
    ];
    for (reason, userid, name, times) in refusals {
        for i in 0..times {
            let origin = RequestOrigin {
                app: "oa".into(),
                address: "203.0.113.7".into(),
                request_id: format!("{userid:.4}{i:012x}"),
            };
            let refused = entry(Event::Refused, userid, 3_600_000 * i).because(reason).by_request(origin);
            rows.push(refused.with("name", name));
        }
    }
    rows
}

/// No violation of WCAG 2.2, levels A and AA.
async fn is_accessible(window: &Window, what: &str) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).expect("npm ci --prefix tests/browser");
    window.run(&format!("{axe}; 0")).await;
    let violations = window
        .run(
            "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(found => \
             found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.target + ' ' + node.failureSummary).join('; ')))",
        )
        .await;
    assert_eq!(violations, serde_json::json!([]), "{what}");
}

async fn tour(languages: &'static str) {
    let app = App::start().await;
    prepare(&app).await;
    for platform in [Platform::Ios, Platform::Pc] {
        let window =
            Window::with(&app, Look { client: Some(Client::of(platform)), languages, ..Look::default() }).await;
        window.open(&app.url(OPENED)).await;
        window.lands_on("/home").await;
        let pages = [
            ("overview", "/admin"),
            ("refused", "/admin/refused"),
            ("refused-none", "/admin/refused?q=nobody"),
            ("trail", "/admin/audit?event=refused"),
            ("trail-bad", "/admin/audit?since=garbage"),
            ("doctor", "/admin/doctor"),
        ];
        for (name, path) in pages {
            window.open(&app.url(path)).await;
            window.until("document.querySelector('.admin-page h1')").await;
            if name == "doctor" {
                window.click("form[action='/admin/doctor'] button").await;
                window.until("document.querySelector('.findings')").await;
            }
            window.run("document.querySelectorAll('details').forEach(one => one.open = true)").await;
            every_look(&window, languages, &format!("admin-{name}")).await;
            is_accessible(&window, name).await;
        }
        window.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_administrators_reports_are_readable_and_accessible_in_chinese() {
    tour("zh-CN,zh;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn the_administrators_reports_are_readable_and_accessible_in_english() {
    tour("en-GB,en;q=0.9").await;
}

#[tokio::test]
#[ignore = "needs Chromium; CI runs it"]
async fn a_refused_person_is_added_with_a_click() {
    let app = App::start().await;
    prepare(&app).await;
    let window = Window::in_dingtalk(&app, Client::of(Platform::Ios)).await;
    window.open(&app.url(OPENED)).await;
    window.lands_on("/home").await;
    window.open(&app.url("/admin/refused?q=zhao000000000003")).await;
    window.click("form[action='/admin/refused/add'] button").await;
    window.until("document.querySelector('.notice') && !document.querySelector('form[action=\"/admin/refused/add\"] [value=zhaoliu]')").await;
    window.close().await;
}
