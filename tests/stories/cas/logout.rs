use reqwest::Method;
use rocket::tokio;

use super::app_side::{WIKI, deployment, is_given_a_ticket, is_signed_in, login};
use crate::harness::{Answer, App, PUBLIC_URL, Phone};

fn path(service: &str) -> String {
    login(service, &[]).replace("/cas/login", "/cas/logout")
}

async fn comes(phone: &mut Phone, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    let request =
        headers.iter().fold(phone.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    phone.sends(request).await
}

async fn signed_in(app: &App) -> Phone {
    let mut phone = app.phone("zhangsan");
    is_given_a_ticket(&mut phone, WIKI, &[]).await;
    phone
}

#[tokio::test]
async fn an_app_signs_its_person_out_and_only_listed_addresses_are_gone_on_to() {
    let app = deployment().await;
    for (service, there) in [
        (WIKI, WIKI),
        ("https://wiki.example.com/", "https://wiki.example.com/"),
        ("https://evil.example/", "/"),
        ("https://wiki.example.com.evil.example/", "/"),
        ("//evil.example", "/"),
        ("https://wiki.example.com@evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let mut phone = signed_in(&app).await;
        let head = phone.request(Method::HEAD, &path(service));
        phone.sends(head).await;
        assert!(is_signed_in(&mut phone).await, "HEAD ends nothing");
        let answer = phone.gets(&path(service)).await;
        assert_eq!((answer.status, answer.header("location")), (303, there), "{service}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(!is_signed_in(&mut phone).await, "{service}");
        // A second time there is nobody to sign out.
        assert_eq!(phone.gets(&path(service)).await.header("location"), there);
    }
}

#[tokio::test]
async fn an_apps_own_page_needs_no_button() {
    let app = deployment().await;
    let wiki = ("Referer", "https://wiki.example.com/some/page");
    for headers in [
        &[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")][..],
        &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), wiki],
        &[("Sec-Fetch-Site", "same-site"), ("Referer", "https://wiki.example.com/")],
        &[("Sec-Fetch-Site", "same-origin"), ("Referer", &format!("{PUBLIC_URL}/home"))],
        &[wiki],
    ] {
        let mut phone = signed_in(&app).await;
        assert_eq!(comes(&mut phone, &path(WIKI), headers).await.status, 303, "{headers:?}");
        assert!(!is_signed_in(&mut phone).await, "{headers:?}");
    }
}

#[tokio::test]
async fn another_sites_page_ends_nothing_without_the_persons_button() {
    let app = deployment().await;
    let mut phone = signed_in(&app).await;
    for headers in [
        &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")][..],
        // The sign-in page that was told to lead here.
        &[("Sec-Fetch-Site", "same-origin"), ("Referer", &format!("{PUBLIC_URL}/?return_to=/cas/logout"))],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", "https://evil.example/")],
        &[("Sec-Fetch-Site", "same-site"), ("Referer", "https://other.example.com/")],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", "https://wiki.example.com.evil.example/")],
        &[("Sec-Fetch-Site", "cross-site"), ("Referer", "https://wiki.example.com:8443/")],
        &[("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Referer", "https://wiki.example.com/")],
        &[("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "same-site"), ("Referer", "https://wiki.example.com/")],
        &[("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Site", "none")],
        &[("Purpose", "prefetch")],
        &[("Referer", "https://evil.example/")],
        &[("Referer", "nonsense")],
    ] {
        let page = comes(&mut phone, &path(WIKI), headers).await;
        assert_eq!((page.status, page.body.matches("<button").count()), (200, 1), "{headers:?}");
        assert!(
            page.body.contains("张三") && page.header("content-security-policy").contains("frame-ancestors 'self'")
        );
        assert!(page.all("set-cookie").is_empty(), "{headers:?}");
        assert!(is_signed_in(&mut phone).await, "{headers:?}");
    }
    for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "null")] {
        let form = phone.form("/cas/logout", &[("confirm", "yes"), ("service", WIKI)]).header(name, value);
        assert_eq!(phone.sends(form).await.status, 403, "{name}: {value}");
    }
    assert!(is_signed_in(&mut phone).await);
    let answer = phone.posts("/cas/logout", &[("confirm", "yes"), ("service", WIKI)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, WIKI));
    assert!(!is_signed_in(&mut phone).await);
    let mut phone = signed_in(&app).await;
    let answer = phone.posts("/cas/logout", &[("confirm", "yes"), ("service", "https://evil.example/")]).await;
    assert_eq!(answer.header("location"), "/");
}
