use std::collections::BTreeMap;

use reqwest::Method;

use super::{
    app_side::{GRAFANA, WIKI},
    deployment, query,
};
use crate::harness::{Answer, App, Phone};

const BYE: &str = "https://grafana.example.com/bye";

fn path(fields: &[(&str, &str)]) -> String {
    format!("/oauth2/logout?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

async fn is_signed_in(phone: &mut Phone) -> bool {
    phone.gets("/home").await.status == 200
}

async fn hint(app: &App, phone: &mut Phone) -> String {
    GRAFANA.signs_in(app, phone, &[]).await["id_token"].as_str().unwrap().to_owned()
}

/// The button on the page.
async fn presses(phone: &mut Phone, page: &Answer) -> Answer {
    assert_eq!((page.status, page.body.matches("<button").count()), (200, 1), "{}", page.body);
    assert!(page.header("content-security-policy").contains("frame-ancestors 'self'"));
    let fields: Vec<(String, String)> = page
        .body
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            let value = rest.split_once('"').unwrap().0;
            (
                name.to_owned(),
                value.replace("&#38;", "&").replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\""),
            )
        })
        .collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    phone.posts("/oauth2/logout", &fields).await
}

#[tokio::test]
async fn an_app_signs_its_person_out_by_an_id_token_of_this_session_even_an_expired_one() {
    let app = deployment().await;
    for (more, there) in [
        (&[][..], "/"),
        (&[("post_logout_redirect_uri", BYE)], BYE),
        (&[("post_logout_redirect_uri", BYE), ("state", "a b\"&")], "https://grafana.example.com/bye?state=a+b%22%26"),
        (&[("post_logout_redirect_uri", BYE), ("client_id", "grafana")], BYE),
        (&[("post_logout_redirect_uri", "https://evil.example/")], "/"),
        (&[("post_logout_redirect_uri", "https://grafana.example.com/bye/")], "/"),
        (&[("post_logout_redirect_uri", "https://wiki.example.com/bye?x=1")], "/"),
    ] {
        let mut phone = app.phone("zhangsan");
        let hint = hint(&app, &mut phone).await;
        app.clock.advance(3600);
        let fields: Vec<_> = more.iter().copied().chain([("id_token_hint", hint.as_str())]).collect();
        let head = phone.request(Method::HEAD, &path(&fields));
        phone.sends(head).await;
        assert!(is_signed_in(&mut phone).await, "HEAD ends nothing");
        let answer = phone.gets(&path(&fields)).await;
        assert_eq!((answer.status, answer.header("location")), (303, there), "{}", answer.body);
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(!is_signed_in(&mut phone).await, "{more:?}");
        // A second time there is nobody to sign out.
        assert_eq!(phone.gets(&path(&fields)).await.header("location"), there);
    }
}

#[tokio::test]
async fn otherwise_the_person_is_asked() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let own = hint(&app, &mut phone).await;
    let mut elsewhere = app.phone("zhangsan");
    let foreign = hint(&app, &mut elsewhere).await;
    let access = GRAFANA.signs_in(&app, &mut phone, &[]).await["access_token"].as_str().unwrap().to_owned();
    let [head, claims, _] = own.split('.').collect::<Vec<_>>()[..] else { panic!("{own}") };
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let forged = format!("{head}.{claims}.AAAA");
    for fields in [
        &[][..],
        &[("client_id", "grafana"), ("post_logout_redirect_uri", BYE), ("state", "s")],
        &[("id_token_hint", &foreign)],
        &[("id_token_hint", &access)],
        &[("id_token_hint", &unsigned)],
        &[("id_token_hint", &forged)],
        &[("id_token_hint", "x")],
        &[("id_token_hint", &own), ("client_id", "wiki")],
    ] {
        let page = phone.gets(&path(fields)).await;
        assert_eq!(page.status, 200, "{fields:?}");
        assert!(page.body.contains("张三"), "{}", page.body);
        assert!(is_signed_in(&mut phone).await, "{fields:?}");
    }
    let twice = format!("{}&client_id=grafana", path(&[("client_id", "grafana"), ("id_token_hint", &own)]));
    assert_eq!(phone.gets(&twice).await.status, 400);

    let page =
        phone.gets(&path(&[("client_id", "grafana"), ("post_logout_redirect_uri", BYE), ("state", "\"><b>")])).await;
    let answer = presses(&mut phone, &page).await;
    assert_eq!(query(answer.header("location")), BTreeMap::from([("state".to_owned(), "\"><b>".to_owned())]));
    assert!(!is_signed_in(&mut phone).await);
    assert!(is_signed_in(&mut elsewhere).await, "another session is not meant");
}

#[tokio::test]
async fn another_sites_form_signs_nobody_out_by_itself() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for fields in
        [&[("confirm", "yes")][..], &[("confirm", "yes"), ("client_id", "grafana"), ("post_logout_redirect_uri", BYE)]]
    {
        for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "null")]
        {
            // Some browsers send cookies along for the first two minutes.
            for with_cookies in [true, false] {
                let mut browser = if with_cookies { phone.clone() } else { app.phone("zhangsan") };
                let request = browser.request(Method::POST, "/oauth2/logout").form(fields).header(name, value);
                let page = browser.sends(request).await;
                assert_eq!(page.status, 200, "{}", page.body);
                assert!(page.all("set-cookie").is_empty());
            }
        }
        let image = phone.gets(&path(fields)).await;
        assert_eq!(image.status, 200, "a GET confirms nothing");
    }
    assert!(is_signed_in(&mut phone).await);
}

#[tokio::test]
async fn an_app_that_posts_its_logout_needs_one_button() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let hint = WIKI.signs_in(&app, &mut phone, &[]).await["id_token"].as_str().unwrap().to_owned();
    let back = "https://wiki.example.com/bye?x=1";
    let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", back), ("state", "s")];
    let mut without_cookies = app.phone("zhangsan");
    let form = without_cookies.request(Method::POST, "/oauth2/logout").form(&fields);
    let page = without_cookies.sends(form.header("Origin", "https://wiki.example.com")).await;
    let answer = presses(&mut phone, &page).await;
    assert_eq!((answer.status, answer.header("location")), (303, "https://wiki.example.com/bye?x=1&state=s"));
    assert!(!is_signed_in(&mut phone).await);
}
