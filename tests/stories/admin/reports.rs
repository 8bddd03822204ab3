//! The overview and the doctor's report.

use miandeng::audit::{Actor, Entry, Event};
use reqwest::Method;

use super::{
    admin, deployment, posts,
    refused::{HOSTILE, db_refused},
    signed_in, with,
};
use crate::harness::{App, CLIENT_SECRET, CORP};

async fn db_write(app: &App, entry: Entry) {
    let mut transaction = app.pools.write().await.unwrap();
    entry.write(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn the_overview_shows_numbers_of_the_own_corp_as_pictures_and_tables() {
    let app = deployment().await;
    let (ours, theirs) = (CORP, "dingother0000000000001");
    for (corp, times) in [(ours, 3), (theirs, 7)] {
        let corp = miandeng::ids::CorpId::new(corp).unwrap();
        let person = miandeng::ids::DingUserId::new("somebody").unwrap();
        for _ in 0..times {
            let entry = Entry::new(Event::SignedIn, Actor::User(person.clone()), &app.clock).about(&corp, &person);
            db_write(&app, entry).await;
        }
    }
    db_refused(&app, ours, "wangwu", HOSTILE, "not-listed", "01").await;
    db_refused(&app, theirs, "stranger", "x", "disabled", "02").await;
    let mut phone = admin(&app).await;
    let page = phone.gets("/admin").await;
    assert_eq!(page.status, 200);
    for part in ["<svg class=\"chart\" role=\"img\"", "<desc", "不在用户表中", "jsapi_ticket", "有效，至"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains(">7<") && !page.body.contains("<td class=\"number\">7"), "{}", page.body);
    for secret in [CLIENT_SECRET, "ticket-", "token-"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    for outside in ["style=", "<script", "onclick"] {
        assert!(!page.body.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn the_doctor_checks_on_demand_and_once_a_minute_at_the_most() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    assert!(phone.gets("/admin/doctor").await.body.contains("还没有检查过"));
    let (tokens, tickets) = (app.simulator.calls("/gettoken"), app.simulator.calls("/get_jsapi_ticket"));
    let run = posts(&mut phone, "/admin/doctor", &[]).await;
    assert_eq!((run.status, run.header("location")), (303, "/admin/doctor"), "{}", run.body);
    let page = phone.gets("/admin/doctor").await;
    for part in ["access token、一次普通调用和 ticket 均正常", "✓", "正常", "域名", "public_url", "检查时间"]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let (_, text) = page.body.split_once("<pre").unwrap();
    assert!(text.contains("miandeng 0.") && text.contains("钉钉应用 oa"), "{text}");
    let english = phone.request(Method::GET, "/admin/doctor").header("Accept-Language", "en");
    let page = phone.sends(english.header("Accept", "text/html")).await;
    for part in ["access token, a second call and ticket work", "dingtalk oa"] {
        assert!(page.body.contains(part), "the same report in another language: {}", page.body);
    }
    assert!(!page.body.contains(CLIENT_SECRET) && !text.contains("张三"), "{}", page.body);
    assert_eq!(app.simulator.calls("/gettoken"), tokens + 1, "a token is asked for anew");
    assert_eq!(app.simulator.calls("/get_jsapi_ticket"), tickets, "the server's ticket lives on");
    posts(&mut phone, "/admin/doctor", &[]).await;
    assert_eq!(app.simulator.calls("/gettoken"), tokens + 1, "within the minute");
    app.clock.advance(61);
    posts(&mut phone, "/admin/doctor", &[]).await;
    assert_eq!(app.simulator.calls("/gettoken"), tokens + 2);
    assert_eq!(app.simulator.calls("/get_jsapi_ticket"), tickets);
}

#[tokio::test]
async fn a_report_tells_nothing_of_another_corps_apps() {
    let app = with(|settings| {
        let mut other = settings["apps"][0].clone();
        other["name"] = "theirs".into();
        other["corp_id"] = "dingother0000000000001".into();
        other["client_secret"] = "another-secret".into();
        settings["apps"].as_array_mut().unwrap().push(other);
    })
    .await;
    let mut phone = admin(&app).await;
    posts(&mut phone, "/admin/doctor", &[]).await;
    for path in ["/admin/doctor", "/admin"] {
        let page = phone.gets(path).await;
        assert!(page.body.contains("oa"), "{}", page.body);
        assert!(!page.body.contains("theirs") && !page.body.contains("dingother"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn only_administrators_have_reports() {
    let app = deployment().await;
    for path in ["/admin", "/admin/doctor"] {
        assert_eq!(app.phone("lisi").gets(path).await.status, 303);
        assert_eq!(signed_in(&app, "lisi").await.gets(path).await.status, 403);
    }
    let calls = app.simulator.calls("/gettoken");
    assert_eq!(signed_in(&app, "lisi").await.posts("/admin/doctor", &[]).await.status, 403);
    assert_eq!(admin(&app).await.posts("/admin/doctor", &[]).await.status, 403, "without a token");
    assert_eq!(app.simulator.calls("/gettoken"), calls);
}
