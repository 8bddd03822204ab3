//! Pages for signed-in people and for administrators: nobody else reaches the page's handler.

use miandeng::{
    sessions::guard::{Admin, SignedIn},
    users::{Change, Role},
};
use reqwest::Method;
use rocket::{Route, get, post, routes};

use crate::harness::{App, Phone, log_line};

#[get("/admin-page/<_..>")]
fn admin_page(who: Admin) -> String {
    format!("admin {}", who.user.userid.as_str())
}

#[post("/admin-page")]
fn admin_form(who: Admin) -> String {
    format!("done by {}", who.user.userid.as_str())
}

#[get("/page")]
fn page(who: SignedIn) -> String {
    format!("{} by session {}", who.user.userid.as_str(), who.session.id)
}

fn pages() -> Vec<Route> {
    routes![admin_page, admin_form, page]
}

async fn with_pages() -> App {
    let app = App::start().await;
    app.second_with(|server| server.mount("/", pages())).await
}

async fn is_answered(phone: &mut Phone) -> u16 {
    phone.gets("/admin-page/x").await.status
}

#[tokio::test]
async fn a_stranger_is_led_to_the_sign_in_page_and_back_again() {
    let app = with_pages().await;
    let mut phone = app.phone("zhangsan");
    for (path, start) in [
        ("/page", "/?return_to=%2Fpage"),
        (
            "/admin-page/people?q=%E5%BC%A0&page=2",
            "/?return_to=%2Fadmin%2Dpage%2Fpeople%3Fq%3D%25E5%25BC%25A0%26page%3D2",
        ),
        ("/home", "/"),
    ] {
        let answer = phone.gets(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, start), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let form = phone.posts("/admin-page", &[]).await;
    assert_eq!((form.status, form.header("location")), (303, "/"), "a form is not posted again");

    phone.is_signed_in().await;
    let back = phone.gets("/?return_to=%2Fadmin%2Dpage%2Fpeople%3Fq%3D%25E5%25BC%25A0%26page%3D2").await;
    let wanted = "https://app.example.com/admin-page/people?q=%E5%BC%A0&page=2";
    assert_eq!((back.status, back.header("location")), (303, wanted));
    assert!(phone.gets("/page").await.body.starts_with("zhangsan by session "));
}

#[tokio::test]
async fn a_role_counts_from_the_request_after_it_was_given_or_taken() {
    let app = with_pages().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let role = |role| Change { role: Some(role), ..Change::default() };
    for _ in 0..3 {
        for method in [Method::GET, Method::POST] {
            let asked = phone.request(method, "/admin-page").header("Accept", "text/html");
            let refused = phone.sends(asked).await;
            assert_eq!(refused.status, 403);
            assert!(refused.body.contains("<html") && !refused.body.contains("zhangsan"), "{}", refused.body);
            assert!(log_line(refused.request_id()).contains("problem=\"not-allowed\""));
        }
        app.db_change("zhangsan", role(Role::Admin)).await;
        assert_eq!(phone.gets("/admin-page/x").await.body, "admin zhangsan");
        assert_eq!(phone.posts("/admin-page", &[]).await.body, "done by zhangsan");
        app.db_change("zhangsan", role(Role::User)).await;
    }
    app.db_change("zhangsan", role(Role::Admin)).await;
    assert_eq!(is_answered(&mut phone).await, 200);
    app.db_disable("zhangsan").await;
    assert_eq!(is_answered(&mut phone).await, 303);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_no_stranger() {
    let app = with_pages().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let broken = app.second_with(|server| server.mount("/", pages())).await;
    broken.pools.close().await;
    let mut elsewhere = broken.phone("zhangsan");
    elsewhere.cookies = phone.cookies.clone();
    for path in ["/home", "/page", "/admin-page/x"] {
        let page = elsewhere.gets(path).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{path}");
        assert!(page.body.contains("<html"), "{path}: {}", page.body);
        let line = log_line(page.request_id());
        assert!(line.contains("problem=\"unavailable\"") && line.contains("cause="), "{line}");
        let asked = elsewhere.request(Method::GET, path).header("Accept", "application/json");
        assert_eq!(elsewhere.sends(asked).await.problem(), "unavailable", "{path}");
    }
}
