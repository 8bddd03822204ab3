//! Apps hear of ended sessions.

use miandeng::{
    simulator::{Company, Employee},
    users::{Change, Status},
};
use rocket::tokio;
use serde_json::{Value, json};

use super::{
    app_side::{GRAFANA, WIKI, clients, read, userinfo},
    deployment_with,
    ear::Ear,
};
use crate::harness::{App, CORP, PUBLIC_URL, Phone, SESSION_ENDS, session_ends};

fn logout_token(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /backchannel HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    body.strip_prefix("logout_token=").unwrap().to_owned()
}

async fn two_apps() -> (App, Ear, Ear) {
    let (grafana, wiki) = (Ear::start().await, Ear::start().await);
    let app = deployment_with(|settings| {
        settings["clients"][0]["backchannel_logout_uri"] = json!(grafana.url);
        settings["clients"][1]["backchannel_logout_uri"] = json!(wiki.url);
    })
    .await;
    (app, grafana, wiki)
}

async fn tells(app: &App, client: &str) {
    app.jobs.run(&format!("back-channel-logout {client}")).await.unwrap();
}

async fn sid(app: &App, phone: &mut Phone) -> Value {
    let tokens = GRAFANA.signs_in(app, phone, &[]).await;
    read(app, tokens["id_token"].as_str().unwrap(), "grafana").await.1["sid"].clone()
}

#[tokio::test]
async fn every_end_of_a_session_is_told_to_the_apps_that_it_signed_in_to_and_to_no_other() {
    let (app, grafana, wiki) = two_apps().await;
    for end in SESSION_ENDS.into_iter().chain(["oauth2"]) {
        app.db_change("zhangsan", Change { status: Some(Status::Active), ..Change::default() }).await;
        let mut phone = app.phone("zhangsan");
        let sid = sid(&app, &mut phone).await;
        // A code that nobody redeems is no sign-in.
        WIKI.is_given_a_code(&mut phone, &[]).await;
        match end {
            "oauth2" => drop(phone.posts("/oauth2/logout", &[("confirm", "yes")]).await),
            end => session_ends(&app, &mut phone, end).await,
        }
        for client in ["Grafana", "维基"] {
            tells(&app, client).await;
        }
        let heard = grafana.heard();
        let [request] = &heard[..] else { panic!("{end}: {heard:?}") };
        let (header, claims) = read(&app, &logout_token(request), "grafana").await;
        assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("RS256")), "{end}");
        assert_eq!((&claims["sub"], &claims["sid"]), (&json!(format!("{CORP}:zhangsan")), &sid), "{end}");
        assert_eq!(claims["iss"], json!(PUBLIC_URL));
        assert_eq!(claims["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
        assert!(claims["jti"].is_string() && claims["exp"].is_i64() && claims["nonce"].is_null(), "{claims}");
        assert_eq!(wiki.heard().len(), 0, "{end}");
        tells(&app, "Grafana").await;
        assert_eq!(grafana.heard().len(), 0, "it is told once");
    }
    let told = "SELECT COUNT(*) FROM audit WHERE event = 'signed-out' AND actor = 'system' AND userid = 'zhangsan' \
                AND app = 'Grafana' AND detail LIKE '%\"told\":true%'";
    assert_eq!(app.db_count(told).await, 7);
}

#[tokio::test]
async fn an_app_that_fails_is_told_later_and_holds_up_no_other() {
    let (app, grafana, wiki) = two_apps().await;
    let mut phone = app.phone("zhangsan");
    sid(&app, &mut phone).await;
    WIKI.signs_in(&app, &mut phone, &[]).await;
    phone.posts("/logout", &[]).await;
    for (status, wait) in [(500, 2), (302, 4), (400, 8)] {
        grafana.says(status);
        tells(&app, "Grafana").await;
        assert_eq!(grafana.heard().len(), 1, "{status}");
        tells(&app, "Grafana").await;
        app.clock.advance(wait - 1);
        tells(&app, "Grafana").await;
        assert_eq!(grafana.heard().len(), 0, "not yet");
        if status == 400 {
            grafana.says(204);
        }
        app.clock.advance(1);
    }
    tells(&app, "维基").await;
    assert_eq!(wiki.heard().len(), 1, "each app has a job of its own");
    // A server that was restarted goes on.
    let app = app.restart().await;
    tells(&app, "Grafana").await;
    assert_eq!(grafana.heard().len(), 1);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0);
}

#[tokio::test]
async fn of_two_servers_one_tells_an_app() {
    let (app, grafana, _) = two_apps().await;
    let other = app.second().await;
    for _ in 0..10 {
        let mut phone = app.phone("zhangsan");
        sid(&app, &mut phone).await;
    }
    app.db_revoke_all().await;
    tokio::join!(tells(&app, "Grafana"), tells(&other, "Grafana"));
    tells(&app, "Grafana").await;
    assert_eq!(grafana.heard().len(), 10);
}

#[tokio::test]
async fn an_app_that_cannot_be_reached_keeps_nobody_from_signing_out() {
    let app = deployment_with(|settings| {
        settings["clients"][0]["backchannel_logout_uri"] = json!("http://127.0.0.1:1/");
    })
    .await;
    let mut phone = app.phone("zhangsan");
    sid(&app, &mut phone).await;
    assert_eq!(phone.posts("/logout", &[]).await.status, 303);
    tells(&app, "Grafana").await;
    assert_eq!(app.db_count("SELECT attempts FROM logout_notices").await, 1);
    let app = app.restart_with(|settings| settings["clients"][0]["backchannel_logout_uri"] = json!("")).await;
    for _ in 0..61 {
        app.clock.advance(60);
        app.jobs.run("sweep").await.unwrap();
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0, "nobody wants to hear it any more");
}

/// More sessions than an app is told of at once.
#[tokio::test]
async fn one_slow_answer_holds_up_none_of_the_others() {
    let (app, grafana, _) = two_apps().await;
    for _ in 0..40 {
        let mut phone = app.phone("zhangsan");
        sid(&app, &mut phone).await;
    }
    grafana.keeps_the_first_waiting_for(40);
    app.db_revoke_all().await;
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 40);
    tells(&app, "Grafana").await;
    assert_eq!(grafana.heard().len(), 40);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0, "each was told at the first attempt");
}

/// With one commit, however many they are.
#[tokio::test]
async fn when_a_sync_disables_many_their_tokens_are_dead_and_every_app_is_to_be_told() {
    let people: Vec<_> = (0..12).map(|i| format!("leaver{i}")).collect();
    let mut company = Company::sample();
    company.corps[0].employees.extend(people.iter().map(|userid| Employee {
        userid: userid.clone(),
        unionid: format!("union-{userid}"),
        name: userid.clone(),
        dept_ids: vec![1],
        ..Employee::default()
    }));
    let grafana = Ear::start().await;
    let app = App::of(company, |settings| {
        settings["clients"] = clients();
        settings["clients"][0]["backchannel_logout_uri"] = json!(grafana.url);
        settings["apps"][0]["sync_every"] = json!("1s");
        settings["apps"][0]["sync_disable_at_most"] = json!("100%");
    })
    .await;
    app.jobs.run("directory-sync").await.unwrap();
    let mut tokens = Vec::new();
    for userid in &people {
        let given = GRAFANA.signs_in(&app, &mut app.phone(userid), &[("scope", "openid offline_access")]).await;
        let text = |name: &str| given[name].as_str().unwrap().to_owned();
        tokens.push((text("access_token"), text("refresh_token")));
        app.simulator.remove_employee(CORP, userid);
    }
    app.clock.advance(2);
    app.jobs.run("directory-sync").await.unwrap();
    for (access, refresh) in &tokens {
        assert_eq!(userinfo(&app, access).await.status, 401);
        assert_eq!(GRAFANA.refreshes(&app, refresh).await.status, 400);
    }
    // The job of each second may have told them meanwhile.
    tells(&app, "Grafana").await;
    assert_eq!((grafana.heard().len(), app.db_count("SELECT COUNT(*) FROM logout_notices").await), (12, 0));
}

/// During a change of the settings, a server that knows nothing of a new app runs beside one that does.
#[tokio::test]
async fn a_server_without_the_app_leaves_its_notices_to_one_that_has_it() {
    let (app, grafana, _) = two_apps().await;
    let old = app.second_of(|settings| settings["clients"] = json!([])).await;
    let mut phone = app.phone("zhangsan");
    sid(&app, &mut phone).await;
    let sweeps = async || {
        app.clock.advance(60);
        old.jobs.run("sweep").await.unwrap();
    };
    for _ in 0..61 {
        sweeps().await;
    }
    // The job of each second may tell it, too.
    grafana.says(500);
    phone.posts("/logout", &[]).await;
    for _ in 0..3 {
        sweeps().await;
    }
    tells(&app, "Grafana").await;
    assert!(!grafana.heard().is_empty());
    grafana.says(200);
    for _ in 0..3 {
        sweeps().await;
    }
    tells(&app, "Grafana").await;
    assert!(!grafana.heard().is_empty());
    assert_eq!(app.db_count("SELECT COUNT(*) FROM logout_notices").await, 0);
}
