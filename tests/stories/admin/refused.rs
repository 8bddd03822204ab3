//! From "refused" to "in": the request id that an employee reads out finds the line, and one click adds the person.

use miandeng::{
    audit::{Actor, Entry, Event, RequestOrigin},
    ids::{CorpId, DingUserId},
};

use super::{admin, deployment, last_act, posts, signed_in};
use crate::harness::{App, CORP};

pub const HOSTILE: &str = "<script>alert(1)</script>\"'&";

/// A refusal of somebody whom DingTalk vouches for, as the trail keeps it.
pub async fn db_refused(app: &App, corp_id: &str, userid: &str, name: &str, reason: &'static str, request_id: &str) {
    let (corp_id, person) = (CorpId::new(corp_id).unwrap(), DingUserId::new(userid).unwrap());
    let origin = RequestOrigin { app: "oa".into(), address: "192.0.2.7".into(), request_id: request_id.into() };
    let entry = Entry::new(Event::Refused, Actor::User(person.clone()), &app.clock).about(&corp_id, &person);
    let entry = entry.because(reason).by_request(origin).with("name", name);
    let mut transaction = app.pools.write().await.unwrap();
    entry.write(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_refused_employee_is_found_by_the_request_id_added_and_in_with_the_next_tap() {
    let app = deployment().await;
    let mut employee = app.phone("wangwu");
    let refusal = employee.signs_in().await;
    assert_eq!(refusal.problem(), "not-listed");
    let request_id = refusal.request_id().to_owned();
    db_refused(&app, CORP, "wangwu", "王五", "not-listed", &request_id).await;

    let mut phone = admin(&app).await;
    let found = phone.gets(&format!("/admin/refused?q={request_id}")).await;
    for part in ["王五", "wangwu", "不在用户表中", "添加", &*request_id, "<time datetime="] {
        assert!(found.body.contains(part), "{part}: {}", found.body);
    }
    let added = posts(&mut phone, "/admin/refused/add", &[("userid", "wangwu")]).await;
    assert_eq!((added.status, added.header("location")), (303, "/admin/refused?done=added"), "{}", added.body);
    assert_eq!(last_act(&app).await, ("user-added".into(), "zhangsan".into(), "wangwu".into()));
    signed_in(&app, "wangwu").await;
    let row = app.db_user("wangwu").await.unwrap();
    assert_eq!((row.name.as_str(), row.source.as_str()), ("王五", "admin"));
    assert!(row.unionid.is_some(), "what DingTalk tells of the person is in the row");

    let page = phone.gets(added.header("location")).await;
    assert!(page.body.contains("已添加") && page.body.contains("已在用户表中，可以登录"), "{}", page.body);
    assert!(page.body.contains(&format!("href=\"/admin/people/{CORP}/wangwu\"")), "{}", page.body);
    let again = posts(&mut phone, "/admin/refused/add", &[("userid", "wangwu")]).await;
    assert_eq!(again.header("location"), "/admin/refused?done=already-there");
}

#[tokio::test]
async fn somebody_of_whom_dingtalk_tells_nothing_is_added_by_name() {
    let app = deployment().await;
    let name = format!("{HOSTILE}陌生人");
    db_refused(&app, CORP, "nobody-there", &name, "not-listed", "00aa").await;
    let mut phone = admin(&app).await;
    let page = phone.gets("/admin/refused").await;
    assert!(page.body.contains("陌生人") && !page.body.contains("<script"), "{}", page.body);
    let added = posts(&mut phone, "/admin/refused/add", &[("userid", "nobody-there")]).await;
    assert_eq!(added.header("location"), "/admin/refused?done=added", "{}", added.body);
    assert_eq!(app.db_user("nobody-there").await.unwrap().name, name);
}

#[tokio::test]
async fn people_are_grouped_the_last_one_first_and_a_disabled_one_is_led_to_the_page() {
    let app = deployment().await;
    for request_id in ["01", "02", "03"] {
        db_refused(&app, CORP, "wangwu", "王五", "not-listed", request_id).await;
        app.clock.advance(60);
    }
    app.db_disable("lisi").await;
    db_refused(&app, CORP, "lisi", "李四", "disabled", "04").await;
    let mut phone = admin(&app).await;
    let page = phone.gets("/admin/refused").await;
    assert!(page.body.contains("3 次") && page.body.contains("1 次"), "{}", page.body);
    assert!(page.body.find("李四") < page.body.find("王五"), "{}", page.body);
    assert!(
        page.body.contains("已停用") && page.body.contains(&format!("/admin/people/{CORP}/lisi\"")),
        "{}",
        page.body
    );
    app.clock.advance(31 * 24 * 3600);
    let mut phone = admin(&app).await;
    assert!(phone.gets("/admin/refused").await.body.contains("没有人因此被拒"));
    let found = phone.gets("/admin/refused?q=02").await;
    assert!(found.body.contains("王五"), "a request id finds what is older: {}", found.body);
}

#[tokio::test]
async fn another_corps_people_are_neither_found_nor_added() {
    let app = deployment().await;
    db_refused(&app, "dingother0000000000001", "stranger", "别家的人", "not-listed", "00ff").await;
    let mut phone = admin(&app).await;
    for query in ["", "?q=00ff", "?q=stranger", "?q=%E5%88%AB", "?page=-1", "?q=%25&page=x", "?q=%00_%5C"] {
        let page = phone.gets(&format!("/admin/refused{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(
            !page.body.contains("别家的人") && !page.body.contains("value=\"stranger\" >"),
            "{query}: {}",
            page.body
        );
        assert!(!page.body.contains("<code>stranger"), "{query}: {}", page.body);
    }
    assert_eq!(phone.gets(&format!("/admin/refused?q={}", "x".repeat(5000))).await.status, 200);
    for userid in ["stranger", "zhangsan", "nobody"] {
        let added = posts(&mut phone, "/admin/refused/add", &[("userid", userid)]).await;
        assert_eq!(added.status, 404, "{userid}");
    }
    assert_eq!(posts(&mut phone, "/admin/refused/add", &[("userid", "a\nb")]).await.status, 400);
    assert!(app.db_user("stranger").await.is_none());
}

#[tokio::test]
async fn only_an_administrators_own_form_adds_anybody() {
    let app = deployment().await;
    db_refused(&app, CORP, "wangwu", "王五", "not-listed", "01").await;
    let mut phone = admin(&app).await;
    for token in ["", "x", &"0".repeat(64)] {
        let answer = phone.posts("/admin/refused/add", &[("token", token), ("userid", "wangwu")]).await;
        assert_eq!(answer.status, 403, "{token}");
    }
    let mut employee = signed_in(&app, "lisi").await;
    assert_eq!(employee.posts("/admin/refused/add", &[("userid", "wangwu")]).await.status, 403);
    assert_eq!(employee.gets("/admin/refused").await.status, 403);
    assert_eq!(app.phone("lisi").gets("/admin/refused").await.status, 303);
    assert!(app.db_user("wangwu").await.is_none());
}
