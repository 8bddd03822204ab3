//! The list of people, and adding one.

use miandeng::users::Change;

use super::{admin, deployment, posts, signed_in};

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

#[tokio::test]
async fn people_are_found_filtered_and_turned_page_by_page() {
    let app = deployment().await;
    for i in 0..60 {
        app.db_add(&format!("u{i:02}"), &format!("员工{i:02}")).await;
    }
    let mut phone = admin(&app).await;
    let first = phone.gets("/admin/people?sort=userid").await;
    assert_eq!(first.status, 200);
    assert!(first.body.contains("共 62 人") && first.body.contains("第 1 页，共 2 页"), "{}", first.body);
    assert!(first.body.contains("href=\"/admin/people?sort=userid&#38;page=2\""), "{}", first.body);
    let second = phone.gets("/admin/people?sort=userid&page=2").await;
    assert!(second.body.contains("u59") && !second.body.contains("u01"), "{}", second.body);
    let beyond = phone.gets("/admin/people?sort=userid&page=4000000000").await;
    assert!(beyond.body.contains("第 2 页"), "the last page stands for those behind it");
    for query in ["q=%E5%BC%A0", "q=zs", "q=ZHANGSAN", "role=admin", "q=zhang&status=active&source=cli"] {
        let found = phone.gets(&format!("/admin/people?{query}")).await;
        assert!(found.body.contains("共 1 人") && found.body.contains("张三"), "{query}: {}", found.body);
    }
    for query in ["status=disabled", "q=100%25", "source=dingtalk"] {
        let found = phone.gets(&format!("/admin/people?{query}")).await;
        assert!(found.body.contains("共 0 人"), "{query}: {}", found.body);
    }
    for odd in ["page=-1", "page=x&sort=x&role=x&status=x", "q=%FF%00&q=b", "page=99999999999999999999", "%"] {
        assert_eq!(phone.gets(&format!("/admin/people?{odd}")).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn whatever_somebody_is_called_is_text() {
    let app = deployment().await;
    let change = Change {
        name: Some(HOSTILE.into()),
        department: Some("<img src=x onerror=alert(1)>".into()),
        title: Some(HOSTILE.into()),
        ..Change::default()
    };
    app.db_change("lisi", change).await;
    let mut phone = admin(&app).await;
    let list = phone.gets(&format!("/admin/people?q={}", "%3Cscript%3E")).await;
    assert!(list.body.contains("共 1 人") && list.body.contains("&#60;img src=x"), "{}", list.body);
    assert!(!list.body.contains("<script") && !list.body.contains("<img"), "{}", list.body);
    let page = phone.gets(&super::person("lisi")).await;
    assert!(page.body.contains("&#60;script&#62;alert(1)") && page.body.contains("&#60;img src=x"), "{}", page.body);
    assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    assert!(list.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn a_person_who_was_added_gets_in_with_the_next_tap() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let mut refused = app.phone("wangwu");
    assert_eq!(refused.signs_in().await.problem(), "not-listed");
    let fields = [("userid", " wangwu "), ("name", "王五"), ("department", "研发部/后端组"), ("role", "user")];
    let added = posts(&mut phone, "/admin/people/add", &fields).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let shown = phone.gets(added.header("location")).await;
    assert!(shown.body.contains("已添加") && shown.body.contains("王五"), "{}", shown.body);
    signed_in(&app, "wangwu").await;

    let again = posts(&mut phone, "/admin/people/add", &fields).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("已在用户表中") && again.body.contains("value=\"王五\""), "{}", again.body);
}

#[tokio::test]
async fn a_form_that_is_wrong_says_where_and_writes_nothing() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let rows = app.db_rows().await;
    for (fields, field) in [
        (vec![("userid", ""), ("name", "王五")], "userid"),
        (vec![("userid", "a b"), ("name", "王五")], "userid"),
        (vec![("userid", "wangwu"), ("name", " ")], "name"),
        (vec![("userid", "wangwu"), ("name", "王\u{1b}五")], "name"),
        (vec![("userid", "wangwu"), ("name", "王五"), ("email", "x")], "email"),
        (vec![("userid", "wangwu"), ("name", "王五"), ("department", "role:admin")], "department"),
    ] {
        let page = posts(&mut phone, "/admin/people/add", &fields).await;
        assert_eq!(page.status, 422, "{fields:?}: {}", page.body);
        let marked = format!("id=\"{field}\" name=\"{field}\"");
        let input = page.body.lines().find(|line| line.contains(&marked)).expect("the field");
        assert!(input.contains("aria-invalid"), "{fields:?}: {input}");
    }
    for fields in [vec![("userid", "wangwu"), ("name", "王五"), ("role", "root")], vec![("name", "a"), ("name", "b")]]
    {
        assert_eq!(posts(&mut phone, "/admin/people/add", &fields).await.status, 400, "{fields:?}");
    }
    assert_eq!(app.db_rows().await, rows);
}
