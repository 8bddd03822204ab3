//! One person: what is shown, what can be done, and what is refused.

use miandeng::{
    simulator::Company,
    users::{Change, Role, Status},
};
use serde_json::json;

use super::{admin, deployment, last_act, person, posts, signed_in};
use crate::harness::{App, CORP};

#[tokio::test]
async fn a_page_tells_what_is_known_and_where_it_came_from() {
    let app = deployment().await;
    signed_in(&app, "lisi").await;
    let mut phone = admin(&app).await;
    let fields = [("name", "李四"), ("mobile", "13800000002"), ("title", ""), ("department", "研发部/后端组")];
    let saved = posts(&mut phone, &person("lisi"), &fields).await;
    assert_eq!(saved.header("location"), format!("{}?done=changed", person("lisi")), "{}", saved.body);
    let page = phone.gets(saved.header("location")).await;
    for shown in
        ["已保存", "13800000002", "研发部/后端组", "iPhone", "127.0.0.1", "添加人员", "更改资料", "命令行（tests）"]
    {
        assert!(page.body.contains(shown), "no {shown} in {}", page.body);
    }
    let mobile = page.body.lines().find(|line| line.contains("<dd>13800000002")).expect("the number");
    assert!(mobile.contains("<small>zhangsan，"), "{mobile}");
    let name = page.body.lines().find(|line| line.contains("<dd>李四")).expect("the name");
    assert!(name.contains("<small>命令行（tests），"), "{name}");
    assert!(!page.body.contains("alert"), "{}", page.body);
}

#[tokio::test]
async fn a_disabled_person_is_signed_out_at_once_and_enabled_again() {
    let app = deployment().await;
    let (mut phone, mut theirs) = (admin(&app).await, signed_in(&app, "lisi").await);
    signed_in(&app, "lisi").await;
    let asked = phone.gets(&format!("{}/disable", person("lisi"))).await;
    assert!(asked.body.contains("停用李四？") && asked.body.contains("2 个登录立即结束"), "{}", asked.body);
    assert_eq!(theirs.gets("/home").await.status, 200, "asked, not done");
    let done = posts(&mut phone, &format!("{}/disable", person("lisi")), &[]).await;
    assert_eq!(done.header("location"), format!("{}?done=disabled", person("lisi")));
    assert_eq!(last_act(&app).await, ("user-disabled".into(), "zhangsan".into(), "lisi".into()));
    assert_eq!(theirs.gets("/home").await.status, 303);
    assert!(phone.gets(&person("lisi")).await.body.contains("停用（管理员操作）"));
    assert_eq!(posts(&mut phone, &format!("{}/enable", person("lisi")), &[]).await.status, 303);
    signed_in(&app, "lisi").await;
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let mut theirs = [signed_in(&app, "lisi").await, signed_in(&app, "lisi").await, signed_in(&app, "lisi").await];
    let page = phone.gets(&person("lisi")).await;
    let (_, newest) = page.body.split_once("/sessions/").expect("a session");
    let newest = newest.split('/').next().unwrap();
    let end = format!("{}/sessions/{newest}/end", person("zhangsan"));
    assert_eq!(posts(&mut phone, &end, &[]).await.status, 303);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sessions").await, 4, "it is not 张三's");
    assert_eq!(posts(&mut phone, &format!("{}/sessions/{newest}/end", person("lisi")), &[]).await.status, 303);
    assert_eq!(last_act(&app).await, ("session-revoked".into(), "zhangsan".into(), "lisi".into()));
    assert_eq!(app.db_count("SELECT COUNT(*) FROM sessions").await, 3);
    assert_eq!(posts(&mut phone, &format!("{}/end-sessions", person("lisi")), &[]).await.status, 303);
    for phone in &mut theirs {
        assert_eq!(phone.gets("/home").await.status, 303);
    }
    assert_eq!(phone.gets("/admin/people").await.status, 200);
}

#[tokio::test]
async fn a_role_is_given_and_taken_by_its_own_page_alone() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    assert_eq!(posts(&mut phone, &person("lisi"), &[("name", "李四"), ("role", "admin")]).await.status, 303);
    assert_eq!(app.db_user("lisi").await.unwrap().role, Role::User);
    assert_eq!(posts(&mut phone, &format!("{}/promote", person("lisi")), &[]).await.status, 303);
    assert_eq!(last_act(&app).await, ("role-changed".into(), "zhangsan".into(), "lisi".into()));
    let asked = phone.gets(&format!("{}/demote", person("zhangsan"))).await;
    assert!(asked.body.contains("这是您自己"), "{}", asked.body);
    assert_eq!(posts(&mut phone, &format!("{}/demote", person("zhangsan")), &[]).await.status, 303);
    assert_eq!(phone.gets("/admin/people").await.status, 403);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = deployment().await;
    app.db_change("lisi", Change { role: Some(Role::Admin), status: Some(Status::Disabled), ..Change::default() })
        .await;
    let mut phone = admin(&app).await;
    let rows = app.db_rows().await;
    for act in ["disable", "demote", "remove"] {
        let address = format!("{}/{act}", person("zhangsan"));
        let asked = phone.gets(&address).await;
        assert!(asked.body.contains("最后一位管理员") && !asked.body.contains("<form"), "{act}: {}", asked.body);
        let refused = posts(&mut phone, &address, &[]).await;
        assert_eq!(refused.status, 409, "{act}");
        assert!(refused.body.contains("data-problem=\"last-admin\""), "{}", refused.body);
    }
    assert_eq!(app.db_rows().await, rows);
}

#[tokio::test]
async fn a_removed_person_is_gone_with_all_sessions() {
    let app = deployment().await;
    let (mut phone, mut theirs) = (admin(&app).await, signed_in(&app, "lisi").await);
    let done = posts(&mut phone, &format!("{}/remove", person("lisi")), &[]).await;
    assert_eq!(done.header("location"), "/admin/people?done=removed");
    assert!(phone.gets(done.header("location")).await.body.contains("已删除"));
    assert!(app.db_user("lisi").await.is_none());
    assert_eq!(theirs.gets("/home").await.status, 303);
    assert_eq!(phone.gets(&person("lisi")).await.status, 404);
    assert_eq!(posts(&mut phone, &format!("{}/remove", person("lisi")), &[]).await.status, 404);
}

#[tokio::test]
async fn people_of_another_corp_are_nobody_here() {
    let other = "dingother000000000002";
    let mut company = Company::sample();
    let mut second = company.corps[0].clone();
    second.corp_id = other.into();
    second.apps[0].client_id = "dingotherclient".into();
    company.corps.push(second);
    let app = App::of(company, |settings| {
        let app = json!({
            "name": "other", "corp_id": other, "agent_id": "100000001",
            "client_id": "dingotherclient", "client_secret": "sample-client-secret",
        });
        settings["apps"].as_array_mut().expect("a list").push(app);
    })
    .await;
    app.db_add("zhangsan", "张三").await;
    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    app.db_add_to(other, "wangwu", "别家的王五").await;
    let mut phone = admin(&app).await;
    assert!(!phone.gets("/admin/people?q=wangwu").await.body.contains("别家"));
    let rows = app.db_rows().await;
    let there = format!("/admin/people/{other}/wangwu");
    let nobody = format!("/admin/people/{other}/nobody");
    let mut seen = Vec::new();
    let alias = format!("/admin/people/{other}/zhangsan");
    for address in [there, nobody, alias, person("wangwu"), "/admin/people/ding%2F..%2F/x".into()] {
        let page = phone.gets(&address).await;
        assert_eq!(page.status, 404, "{address}");
        seen.push(page.body.replace(page.request_id(), ""));
        for act in ["", "/disable", "/promote", "/remove", "/end-sessions", "/sessions/1/end"] {
            let form = posts(&mut phone, &format!("{address}{act}"), &[("name", "x")]).await;
            assert_eq!(form.status, 404, "{address}{act}");
        }
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "nothing tells whether somebody is there");
    assert_eq!(app.db_rows().await, rows);
}

#[tokio::test]
async fn odd_userids_have_a_page() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    for (userid, path) in
        [("a/b?c#d%&+", "a%2Fb%3Fc%23d%25%26%2B"), ("../x", "%2E%2E%2Fx"), ("张三三", "%E5%BC%A0%E4%B8%89%E4%B8%89")]
    {
        app.db_add(userid, "怪人").await;
        let link = format!("/admin/people/{CORP}/{path}");
        assert!(phone.gets("/admin/people?q=%E6%80%AA").await.body.contains(&format!("href=\"{link}\"")), "{userid}");
        assert_eq!(phone.gets(&link).await.status, 200, "{userid}");
        let removed = posts(&mut phone, &format!("{link}/remove"), &[]).await;
        assert_eq!((removed.status, app.db_user(userid).await), (303, None), "{userid}");
    }
}
