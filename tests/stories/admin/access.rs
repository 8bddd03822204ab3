//! Who may open the pages and send their forms: an administrator, on our own hosts, from our own pages.

use miandeng::users::{Change, Role};
use reqwest::Method;
use serde_json::json;

use super::{admin, deployment, last_act, posts, signed_in, token, with};
use crate::harness::{App, PUBLIC_URL, Phone};

/// The row that a good form would write, sent with whatever a story changes.
async fn adds(phone: &mut Phone, token: &str, headers: &[(&str, &str)]) -> u16 {
    let form = [("token", token), ("userid", "wangwu"), ("name", "王五")];
    let mut request = phone.request(Method::POST, "/admin/people/add").form(&form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    phone.sends(request).await.status
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_session_and_our_own_origin() {
    let app = deployment().await;
    let (mut phone, mut elsewhere) = (admin(&app).await, admin(&app).await);
    let (ours, others) =
        (token(&phone.gets("/admin/people/add").await), token(&elsewhere.gets("/admin/people/add").await));
    assert_ne!(ours, others);
    let here = [("Origin", PUBLIC_URL), ("Sec-Fetch-Site", "same-origin")];
    for wrong in ["", "x", &ours[2..], &others, &format!("{ours}00")] {
        assert_eq!(adds(&mut phone, wrong, &here).await, 403, "{wrong:?}");
    }
    for headers in [
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
        [("Origin", "https://bi.example.com"), ("Sec-Fetch-Site", "same-site")],
        [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
        [("Origin", PUBLIC_URL), ("Sec-Fetch-Site", "same-site")],
    ] {
        assert_eq!(adds(&mut phone, &ours, &headers).await, 403, "{headers:?}");
    }
    let twice = phone.form("/admin/people/add", &[("token", &ours), ("token", &others), ("userid", "wangwu")]);
    assert_eq!(phone.sends(twice).await.status, 403);
    assert!(app.db_user("wangwu").await.is_none());
    assert_eq!(adds(&mut phone, &ours, &here).await, 303);
    assert!(app.db_user("wangwu").await.is_some());
}

#[tokio::test]
async fn the_trail_names_who_is_signed_in_whatever_a_form_says() {
    let app = deployment().await;
    let mut phone = admin(&app).await;
    let forged = [("actor", "lisi"), ("by", "system"), ("source", "cli"), ("corp_id", "dingother"), ("name", "王五")];
    let answer = posts(&mut phone, "/admin/people/add", &[&[("userid", "wangwu")], &forged[..]].concat()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(last_act(&app).await, ("user-added".into(), "zhangsan".into(), "wangwu".into()));
    let row = "SELECT COUNT(*) FROM audit WHERE event = 'user-added' AND userid = 'wangwu' AND address = '127.0.0.1' \
               AND length(request_id) = 16";
    assert_eq!(app.db_count(row).await, 1);
    assert_eq!(app.db_user("wangwu").await.unwrap().source, "admin");
}

#[tokio::test]
async fn anyone_who_is_disabled_or_demoted_is_out_at_the_next_request() {
    let app = deployment().await;
    app.db_change("lisi", Change { role: Some(Role::Admin), ..Change::default() }).await;
    let mut phone = signed_in(&app, "lisi").await;
    let good = token(&phone.gets("/admin/people/add").await);
    let here = [("Origin", PUBLIC_URL)];
    app.db_change("lisi", Change { role: Some(Role::User), ..Change::default() }).await;
    assert_eq!(phone.gets("/admin/people").await.status, 403);
    assert_eq!(adds(&mut phone, &good, &here).await, 403);
    app.db_change("lisi", Change { role: Some(Role::Admin), ..Change::default() }).await;
    assert_eq!(phone.gets("/admin/people").await.status, 200);
    app.db_disable("lisi").await;
    assert_eq!(phone.gets("/admin/people").await.header("location"), "/?return_to=%2Fadmin%2Fpeople");
    assert_eq!(adds(&mut phone, &good, &here).await, 303, "to the sign-in page");
    assert!(app.db_user("wangwu").await.is_none());
}

#[tokio::test]
async fn the_pages_are_not_at_the_hosts_of_apps() {
    let app = with(|settings| settings["allowed_return_hosts"] = json!(["bi.example.com", ".corp.example"])).await;
    let mut phone = admin(&app).await;
    let good = token(&phone.gets("/admin/people/add").await);
    for host in ["bi.example.com", "BI.example.com", "bi.example.com:8443", "bi.example.com.", "a.b.corp.example"] {
        for name in ["Host", "X-Forwarded-Host"] {
            for path in ["/admin", "/admin/people", "/admin/people/add"] {
                let asked = phone.request(Method::GET, path).header("Accept", "text/html").header(name, host);
                assert_eq!(phone.sends(asked).await.status, 404, "{name}: {host} {path}");
            }
            assert_eq!(adds(&mut phone, &good, &[("Origin", PUBLIC_URL), (name, host)]).await, 404, "{name}: {host}");
        }
    }
    for host in ["app.example.com", "127.0.0.1:8000", "corp.example"] {
        let asked = phone.request(Method::GET, "/admin/people").header("Host", host);
        assert_eq!(phone.sends(asked).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn the_setting_moves_the_pages_or_switches_them_off() {
    let off = with(|settings| settings["admin_path"] = json!("")).await;
    let mut phone = admin(&off).await;
    for path in ["/admin", "/admin/people", "/people", "/people/add"] {
        assert_eq!(phone.gets(path).await.status, 404, "{path}");
    }
    assert!(!phone.gets("/home").await.body.contains("/admin"));

    let moved = off
        .restart_with(|settings| {
            settings["admin_path"] = json!("/manage/people-admin");
            settings["base_path"] = json!("/_signin");
        })
        .await;
    let root = "/_signin/manage/people-admin";
    phone = moved_phone(&moved, &phone);
    assert_eq!(phone.gets("/admin/people").await.status, 404);
    assert!(phone.gets("/_signin/home").await.body.contains(&format!("href=\"{root}\"")));
    assert_eq!(phone.gets(root).await.status, 200);
    let form = phone.gets(&format!("{root}/people/add")).await;
    assert!(form.body.contains(&format!("action=\"{root}/people/add\"")), "{}", form.body);
    let fields = [("token", token(&form)), ("userid", "wangwu".to_owned()), ("name", "王五".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(phone.posts(&format!("{root}/people/add"), &fields).await.status, 303);
}

/// The same person at the restarted server.
fn moved_phone(app: &App, before: &Phone) -> Phone {
    let mut phone = app.phone(&before.userid);
    phone.cookies.clone_from(&before.cookies);
    phone
}

#[tokio::test]
async fn only_administrators_are_shown_the_way_in() {
    let app = deployment().await;
    assert!(admin(&app).await.gets("/home").await.body.contains("href=\"/admin\""));
    assert!(!signed_in(&app, "lisi").await.gets("/home").await.body.contains("/admin"));
}
