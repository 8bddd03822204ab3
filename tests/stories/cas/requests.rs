use rocket::tokio;

use super::app_side::{BOARD, WIKI, deployment, is_signed_in, login};

const UNLISTED: [&str; 24] = [
    "https://evil.example/",
    "//wiki.example.com/",
    "/home",
    "https:wiki.example.com",
    "https:\\\\wiki.example.com/",
    "HTTPS://wiki.example.com/",
    "http://wiki.example.com/",
    "https://wiki.example.com.evil.example/",
    "https://wiki.example.comevil.example/",
    "https://wiki.example.com./",
    "https://wiki.example.com:8443/",
    "https://wiki.example.com@evil.example/",
    "https://evil.example\\@wiki.example.com/",
    "https://wiki。example。com/",
    "https://wiki.example.com/\r\nSet-Cookie: x=1",
    "https://wiki.example.com/%0d%0a",
    "https://wiki.example.com/..;/x",
    "https://wiki.example.com/%252e%252e/x",
    " https://wiki.example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://board.example.com/cas",
    "https://board.example.com/cas?tenant=1&x",
    "https://board.example.com/cas?tenant=1#x",
];

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_listed() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for signed_in in [false, true] {
        if signed_in {
            phone.is_signed_in().await;
        }
        for service in UNLISTED {
            for more in [&[][..], &[("gateway", "true")], &[("renew", "true")], &[("method", "POST")]] {
                let page = phone.gets(&login(service, more)).await;
                assert_eq!(page.status, 400, "{service} {more:?}");
                assert!(page.body.contains("这个应用还没有接入"), "{}", page.body);
                assert!(page.all("location").is_empty() && !page.body.contains("evil.example"), "{}", page.body);
                assert!(page.header("content-security-policy").contains("frame-ancestors"), "{:?}", page.headers);
            }
        }
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM cas_tickets").await, 0);
}

#[tokio::test]
async fn a_parameter_that_came_twice_means_nothing() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for more in [
        &[("service", WIKI)][..],
        &[("service", "https://evil.example/")],
        &[("gateway", "true"), ("gateway", "false")],
        &[("renew", "true"), ("renew", "false")],
        &[("x", "1"), ("x", "1")],
    ] {
        let page = phone.gets(&login(WIKI, more)).await;
        assert_eq!((page.status, page.all("location").len()), (400, 0), "{more:?}");
        let twice = login(WIKI, more).replace("/cas/login", "/cas/logout");
        assert_eq!(phone.gets(&twice).await.status, 400, "{more:?}");
    }
    assert!(is_signed_in(&mut phone).await);
}

#[tokio::test]
async fn a_request_that_is_too_long_or_no_text_ends_on_a_page() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let long = format!("{WIKI}{}", "a".repeat(3000));
    assert_eq!(phone.gets(&login(&long, &[])).await.status, 400);
    assert_eq!(phone.gets(&login(WIKI, &[("x", &"a".repeat(3000))])).await.status, 400);
    for odd in ["%00", "%ff%fe", "%", "%zz", "+", "%F0%9F"] {
        for path in ["/cas/login", "/cas/logout", "/cas/validate", "/cas/serviceValidate", "/cas/p3/serviceValidate"] {
            let status = phone.gets(&format!("{path}?service={odd}&ticket={odd}")).await.status;
            assert!(status < 500, "{path} {odd}: {status}");
        }
    }
}

#[tokio::test]
async fn where_the_database_fails_nobody_is_let_in() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let ticket = super::app_side::is_given_a_ticket(&mut phone, BOARD, &[]).await;
    app.pools.close().await;
    let answer = super::app_side::validates(&app, super::app_side::P3, BOARD, &ticket, &[]).await;
    assert_eq!((answer.status, super::app_side::said(&answer).as_str()), (503, "INTERNAL_ERROR"));
    let answer = super::app_side::validates(&app, "/cas/validate", BOARD, &ticket, &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "no\n\n"));
    let page = phone.gets(&login(BOARD, &[])).await;
    assert_eq!((page.status, page.all("location").len()), (503, 0));
}
