use miandeng::users::{Change, Role};
use rocket::tokio;
use serde_json::{Value, json};

use super::app_side::{
    BOARD, P3, VAULT, WIKI, deployment, is_given_a_ticket, login, outcome, said, ticket_in, validates,
};
use crate::{
    harness::{App, CORP, Phone},
    oidc::goes_through_sign_in,
    web_login,
};

async fn trail(app: &App, event: &'static str) -> Vec<(String, String, String, String)> {
    let mut reader = app.pools.read().await.unwrap();
    let rows = "SELECT userid, app, actor, detail FROM audit WHERE event = $1 ORDER BY id";
    miandeng::db::query_as(rows).bind(event).fetch_all(&mut reader).await.unwrap()
}

#[tokio::test]
async fn an_employee_who_opens_an_app_is_in_it_and_the_app_knows_who_it_is() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    // Nobody is signed in, so the way leads over the sign-in page, and comes back by itself.
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let answer = validates(&app, P3, WIKI, &ticket, &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let at = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(app.clock.now().unsigned_abs()),
    );
    assert_eq!(
        answer.body,
        format!(
            "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\"><cas:authenticationSuccess>\
             <cas:user>zhangsan</cas:user><cas:attributes><cas:authenticationDate>{at}</cas:authenticationDate>\
             <cas:longTermAuthenticationRequestTokenUsed>false</cas:longTermAuthenticationRequestTokenUsed>\
             <cas:isFromNewLogin>true</cas:isFromNewLogin><cas:corp_id>{CORP}</cas:corp_id><cas:name>张三</cas:name>\
             <cas:email>zhangsan@example.com</cas:email><cas:department>研发部/后端组</cas:department>\
             <cas:department>财务</cas:department></cas:attributes></cas:authenticationSuccess></cas:serviceResponse>"
        )
    );
    let rows = trail(&app, "client-signed-in").await;
    let [(userid, client, actor, detail)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((userid.as_str(), client.as_str(), actor.as_str()), ("zhangsan", "CAS 维基", "zhangsan"));
    assert_eq!(detail, r#"{"client":"CAS 维基"}"#);
}

#[tokio::test]
async fn outside_the_client_the_way_leads_over_dingtalks_page() {
    let app = deployment().await;
    let mut browser = app.phone("zhangsan");
    let answer = browser.gets(&login(BOARD, &[])).await;
    let page = answer.header("location");
    assert!(page.starts_with("/?return_to="), "{page}");
    let path = page.replacen("/?", "/login/dingtalk?", 1);
    let back = web_login::is_sent_back(&mut browser, &path).await;
    let done = browser.gets(&back).await;
    let there = done.header("location").strip_prefix(crate::harness::PUBLIC_URL).unwrap().to_owned();
    let ticket = ticket_in(&browser.gets(&there).await, BOARD);
    assert_eq!(outcome(&app, BOARD, &ticket, &[]).await, "zhangsan");
}

#[tokio::test]
async fn the_second_app_asks_nobody_for_anything() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for service in [WIKI, BOARD, "https://wiki.example.com", "https://wiki.example.com/页面?q=a b#x"] {
        let answer = phone.gets(&login(service, &[])).await;
        assert_eq!((answer.status, answer.header("referrer-policy")), (303, "no-referrer"), "{service}");
        assert_eq!(answer.header("cache-control"), "no-store");
        let there = url::Url::parse(answer.header("location")).unwrap();
        let ticket = there.query_pairs().find(|(name, _)| name == "ticket").unwrap().1.into_owned();
        let answer = validates(&app, P3, service, &ticket, &[]).await;
        assert_eq!(said(&answer), "zhangsan", "{service}");
        assert!(answer.body.contains("<cas:isFromNewLogin>false<"), "{}", answer.body);
    }
    assert_eq!(phone.gets("/cas/login").await.header("location"), "/", "without an app, home");
    assert_eq!(phone.gets("/cas/login?gateway=true&renew=true").await.header("location"), "/");
}

#[tokio::test]
async fn each_version_of_cas_and_json_are_answered() {
    let app = deployment().await;
    app.db_change("zhangsan", Change { email: Some(String::new()), ..Change::default() }).await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let answer = validates(&app, "/cas/validate", WIKI, &ticket, &[]).await;
    assert_eq!((answer.body.as_str(), answer.header("content-type")), ("yes\nzhangsan\n", "text/plain; charset=utf-8"));
    let answer = validates(&app, "/cas/validate", WIKI, &ticket, &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "no\n\n"));

    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let answer = validates(&app, "/cas/serviceValidate", WIKI, &ticket, &[("format", "XML")]).await;
    assert_eq!(said(&answer), "zhangsan");
    assert!(!answer.body.contains("cas:attributes"), "CAS 2.0 has none: {}", answer.body);

    let ticket = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    let answer = validates(&app, P3, WIKI, &ticket, &[("format", "JSON")]).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let success = &answer.json()["serviceResponse"]["authenticationSuccess"];
    assert_eq!(success["user"], json!("zhangsan"));
    let attributes = &success["attributes"];
    assert_eq!((&attributes["name"], &attributes["department"]), (&json!("张三"), &json!(["研发部/后端组", "财务"])));
    assert_eq!(attributes["email"], Value::Null, "what is not known is left out");
    let answer = validates(&app, "/cas/serviceValidate", WIKI, &ticket, &[("format", "json")]).await;
    assert_eq!(answer.json()["serviceResponse"]["authenticationFailure"]["code"], json!("INVALID_TICKET"));
}

#[tokio::test]
async fn gateway_shows_nobody_a_page() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let answer = phone.gets(&login(WIKI, &[("gateway", "true")])).await;
    assert_eq!((answer.status, answer.header("location")), (303, WIKI), "without a ticket");
    let answer = phone.gets(&login(WIKI, &[("gateway", "false")])).await;
    assert!(answer.header("location").starts_with("/?"), "{}", answer.header("location"));
    phone.is_signed_in().await;
    let answer = phone.gets(&login(WIKI, &[("gateway", "true")])).await;
    assert_eq!(outcome(&app, WIKI, &ticket_in(&answer, WIKI), &[]).await, "zhangsan");
}

async fn renewed(phone: &mut Phone) -> String {
    let answer = phone.gets(&login(WIKI, &[("renew", "true"), ("gateway", "true")])).await;
    let page = answer.header("location");
    assert!(page.starts_with(&format!("/?again=1&corpid={CORP}&")), "a new code is asked for: {page}");
    let back = goes_through_sign_in(phone, answer).await;
    ticket_in(&back, WIKI)
}

#[tokio::test]
async fn renew_takes_a_new_sign_in() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    app.clock.advance(100);
    let old = is_given_a_ticket(&mut phone, WIKI, &[]).await;
    assert_eq!(outcome(&app, WIKI, &old, &[("renew", "true")]).await, "INVALID_TICKET");
    assert_eq!(outcome(&app, WIKI, &old, &[]).await, "INVALID_TICKET", "the try has spent it");
    let new = renewed(&mut phone).await;
    assert_eq!(outcome(&app, WIKI, &new, &[("renew", "true")]).await, "zhangsan");
    // Nor is the same sign-in new for the next app.
    let next = is_given_a_ticket(&mut phone, BOARD, &[]).await;
    assert_eq!(outcome(&app, BOARD, &next, &[("renew", "true")]).await, "INVALID_TICKET");
    app.clock.advance(1);
    let new = renewed(&mut phone).await;
    assert_eq!(outcome(&app, WIKI, &new, &[("renew", "true")]).await, "zhangsan");
}

#[tokio::test]
async fn an_address_from_the_history_is_no_new_sign_in() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    let answer = phone.gets(&login(WIKI, &[("renew", "true")])).await;
    let page = answer.header("location").to_owned();
    let here = url::Url::parse(&format!("https://x{page}")).unwrap();
    let here = here.query_pairs().find(|(name, _)| name == "return_to").unwrap().1.into_owned();
    let is_asked = |answer: &crate::harness::Answer| answer.header("location").starts_with("/?again=1");
    assert!(is_asked(&phone.gets(&here).await), "nobody has signed in since");
    let back = goes_through_sign_in(&mut phone, answer).await;
    ticket_in(&back, WIKI);
    assert!(!is_asked(&phone.gets(&here).await), "at once, as after a reload");
    app.clock.advance(60);
    assert!(is_asked(&phone.gets(&here).await), "a minute later it takes another sign-in");
    // Another app's mark, and another browser's.
    assert!(is_asked(&phone.gets(&here.replace("x%3D1", "x%3D2")).await));
    let mut other = app.phone("zhangsan");
    other.is_signed_in().await;
    app.clock.advance(61);
    assert!(is_asked(&other.gets(&here).await));
}

#[tokio::test]
async fn an_app_for_others_shows_a_page_and_home_does_not_show_it() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    for more in [&[][..], &[("gateway", "true")], &[("renew", "true")]] {
        let answer = phone.gets(&login(VAULT, more)).await;
        let page = goes_through_sign_in(&mut phone, answer).await;
        assert_eq!(page.status, 403, "{}", page.body);
        assert!(page.body.contains("您不能使用这个应用"), "{}", page.body);
        assert!(page.header("content-security-policy").contains("frame-ancestors"));
    }
    let rows = trail(&app, "refused").await;
    assert!(rows.iter().any(|(userid, client, ..)| userid == "zhangsan" && client == "strongbox"), "{rows:?}");
    let home = phone.gets("/home").await.body;
    assert!(home.contains("https://wiki.example.com/start") && home.contains("打开 CAS 维基"), "{home}");
    assert!(!home.contains("vault"), "{home}");

    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    let ticket = is_given_a_ticket(&mut phone, VAULT, &[]).await;
    assert_eq!(outcome(&app, VAULT, &ticket, &[]).await, "zhangsan");
    assert!(phone.gets("/home").await.body.contains("https://vault.example.com/cas"));
}
