//! Apps hear of ended sessions.

use miandeng::users::{Change, Status};
use rocket::tokio;
use serde_json::json;

use super::app_side::{clients, is_given_a_ticket, outcome};
use crate::{
    harness::{App, Phone, SESSION_ENDS, session_ends},
    oidc::Ear,
};

/// Two apps' servers, at addresses below those that are listed.
async fn two_apps() -> (App, Ear, Ear) {
    let (wiki, board) = (Ear::start().await, Ear::start().await);
    let app = App::with(|settings| {
        settings["clients"] = json!(clients());
        settings["clients"][0]["service_urls"] = json!([wiki.url.replace("backchannel", "")]);
        settings["clients"][1]["service_urls"] = json!([board.url]);
    })
    .await;
    (app, wiki, board)
}

async fn tells(app: &App, client: &str) {
    app.jobs.run(&format!("back-channel-logout {client}")).await.unwrap();
}

async fn signs_in(app: &App, phone: &mut Phone, service: &str) -> String {
    let ticket = is_given_a_ticket(phone, service, &[]).await;
    assert_eq!(outcome(app, service, &ticket, &[]).await, "zhangsan");
    ticket
}

/// The path that was posted to, and the message.
fn message(request: &str) -> (String, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let path = head.strip_prefix("POST ").and_then(|rest| rest.split_once(" HTTP/1.1\r\n")).unwrap().0.to_owned();
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    let fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let [(name, value)] = &fields[..] else { panic!("{fields:?}") };
    assert_eq!(name, "logoutRequest");
    (path, value.clone())
}

#[tokio::test]
async fn every_end_of_a_session_is_told_to_each_service_that_it_signed_in_to_and_to_no_other() {
    let (app, wiki, board) = two_apps().await;
    for end in SESSION_ENDS.into_iter().chain(["cas"]) {
        app.db_change("zhangsan", Change { status: Some(Status::Active), ..Change::default() }).await;
        let mut phone = app.phone("zhangsan");
        let first = signs_in(&app, &mut phone, &wiki.url).await;
        let second = signs_in(&app, &mut phone, &wiki.url.replace("backchannel", "other?x=1")).await;
        // A ticket that nobody redeems is no sign-in.
        is_given_a_ticket(&mut phone, &board.url, &[]).await;
        match end {
            "cas" => drop(phone.gets("/cas/logout").await),
            end => session_ends(&app, &mut phone, end).await,
        }
        for client in ["CAS 维基", "board"] {
            tells(&app, client).await;
        }
        let mut heard: Vec<_> = wiki.heard().iter().map(|request| message(request)).collect();
        heard.sort();
        let [(path, message), (other_path, other)] = &heard[..] else { panic!("{end}: {heard:?}") };
        assert_eq!((path.as_str(), other_path.as_str()), ("/backchannel", "/other?x=1"), "{end}");
        for (message, ticket) in [(message, &first), (other, &second)] {
            assert!(message.starts_with("<samlp:LogoutRequest "), "{message}");
            assert!(
                message.contains(&format!("<samlp:SessionIndex>{ticket}</samlp:SessionIndex>")),
                "{end}: {message}"
            );
            assert!(message.contains(">zhangsan</saml:NameID>"), "{message}");
        }
        assert_eq!(board.heard().len(), 0, "{end}");
        tells(&app, "CAS 维基").await;
        assert_eq!(wiki.heard().len(), 0, "it is told once");
    }
    let told = "SELECT COUNT(*) FROM audit WHERE event = 'signed-out' AND actor = 'system' AND userid = 'zhangsan' \
                AND app = 'CAS 维基' AND detail LIKE '%\"told\":true%'";
    assert_eq!(app.db_count(told).await, 14);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM cas_tickets").await, 0);
}

#[tokio::test]
async fn an_app_that_fails_is_told_later_and_holds_up_no_other() {
    let (app, wiki, board) = two_apps().await;
    let mut phone = app.phone("zhangsan");
    signs_in(&app, &mut phone, &wiki.url).await;
    signs_in(&app, &mut phone, &board.url).await;
    phone.posts("/logout", &[]).await;
    for (status, wait) in [(500, 2), (404, 4), (503, 8)] {
        wiki.says(status);
        tells(&app, "CAS 维基").await;
        assert_eq!(wiki.heard().len(), 1, "{status}");
        app.clock.advance(wait - 1);
        tells(&app, "CAS 维基").await;
        assert_eq!(wiki.heard().len(), 0, "not yet");
        app.clock.advance(1);
    }
    tells(&app, "board").await;
    assert_eq!(board.heard().len(), 1, "each app has a job of its own");
    // A server that was restarted goes on. An app that has heard it may send the request on to its sign-in.
    wiki.says(302);
    let app = app.restart().await;
    tells(&app, "CAS 维基").await;
    assert_eq!(wiki.heard().len(), 1);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0);
}

#[tokio::test]
async fn an_app_that_knows_nothing_of_it_is_left_alone_after_some_minutes() {
    let (app, wiki, _) = two_apps().await;
    let mut phone = app.phone("zhangsan");
    signs_in(&app, &mut phone, &wiki.url).await;
    phone.posts("/logout", &[]).await;
    wiki.says(405);
    for _ in 0..20 {
        tells(&app, "CAS 维基").await;
        app.clock.advance(300);
    }
    assert_eq!(wiki.heard().len(), 8);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0);
    let given_up = "SELECT COUNT(*) FROM audit WHERE event = 'signed-out' AND detail LIKE '%\"told\":false%'";
    assert_eq!(app.db_count(given_up).await, 1);
}

#[tokio::test]
async fn a_session_keeps_a_hundred_sign_ins_of_an_app_and_ends_those_before() {
    let (app, wiki, _) = two_apps().await;
    let mut phone = app.phone("zhangsan");
    let first = signs_in(&app, &mut phone, &wiki.url).await;
    for _ in 0..100 {
        app.clock.advance(1);
        signs_in(&app, &mut phone, &wiki.url).await;
    }
    tells(&app, "CAS 维基").await;
    let heard = wiki.heard();
    let [request] = &heard[..] else { panic!("{}", heard.len()) };
    assert!(message(request).1.contains(&first), "the oldest");
}

#[tokio::test]
async fn an_address_that_is_in_the_settings_no_more_is_told_nothing() {
    let (app, wiki, _) = two_apps().await;
    let stays = wiki.url.replace("backchannel", "stays/");
    let mut phone = app.phone("zhangsan");
    signs_in(&app, &mut phone, &wiki.url).await;
    signs_in(&app, &mut phone, &stays).await;
    phone.posts("/logout", &[]).await;
    let app = app.restart_with(|settings| settings["clients"][0]["service_urls"] = json!([stays])).await;
    for _ in 0..10 {
        tells(&app, "CAS 维基").await;
        app.clock.advance(600);
    }
    let told: Vec<_> = wiki.heard().iter().map(|request| message(request).0).collect();
    assert_eq!(told, ["/stays/"]);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0);
    let given_up = "SELECT COUNT(*) FROM audit WHERE event = 'signed-out' AND detail LIKE '%\"told\":false%'";
    assert_eq!(app.db_count(given_up).await, 1);
}

#[tokio::test]
async fn an_app_that_is_in_the_settings_no_more_is_told_nothing() {
    let (app, wiki, board) = two_apps().await;
    let mut phone = app.phone("zhangsan");
    signs_in(&app, &mut phone, &wiki.url).await;
    signs_in(&app, &mut phone, &board.url).await;
    phone.posts("/logout", &[]).await;
    let app = app.restart_with(|settings| settings["clients"] = json!([clients()[0]])).await;
    for _ in 0..122 {
        app.clock.advance(60);
        app.jobs.run("sweep").await.unwrap();
    }
    let left = "SELECT COUNT(*) FROM logout_notices WHERE client_id = 'cas:CAS 维基'";
    assert_eq!(app.db_count(left).await, 1);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 1);
    assert!(board.heard().is_empty());
}
