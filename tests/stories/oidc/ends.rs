//! Whatever an app was given ends with the session, the person or the app's rules, at once.

use miandeng::users::{Change, Role, Status};
use serde_json::json;

use super::{
    app_side::{GRAFANA, VAULT, WIKI, userinfo},
    deployment,
};
use crate::harness::{App, Phone, session_ends};

struct Given {
    access: String,
    refresh: String,
    code: String,
}

async fn given(app: &App, phone: &mut Phone) -> Given {
    let offline = [("scope", "openid offline_access")];
    let tokens = GRAFANA.signs_in(app, phone, &offline).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    Given {
        access: text("access_token"),
        refresh: text("refresh_token"),
        code: GRAFANA.is_given_a_code(phone, &offline).await,
    }
}

async fn nothing_is_good(app: &App, given: &Given, why: &str) {
    assert_eq!(userinfo(app, &given.access).await.status, 401, "{why}");
    for token in [&given.access, &given.refresh] {
        assert!(!GRAFANA.is_active(app, token).await, "{why}");
    }
    for answer in [GRAFANA.refreshes(app, &given.refresh).await, GRAFANA.redeems(app, &given.code, &[]).await] {
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{why}");
    }
}

#[tokio::test]
async fn nothing_outlives_the_session_or_the_person() {
    let app = deployment().await;
    let other = app.second().await;
    for end in ["logout", "revoked", "command", "disabled", "row disabled", "removed", "idle"] {
        app.db_change("zhangsan", Change { status: Some(Status::Active), ..Change::default() }).await;
        let mut phone = app.phone("zhangsan");
        let given = given(&app, &mut phone).await;
        assert!(GRAFANA.is_active(&other, &given.access).await && GRAFANA.is_active(&other, &given.refresh).await);
        match end {
            "row disabled" => app.db_disable("zhangsan").await,
            "removed" => {
                let mut transaction = app.pools.write().await.unwrap();
                miandeng::db::query("DELETE FROM users WHERE userid = 'zhangsan'")
                    .execute(&mut transaction)
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
                app.db_add("zhangsan", "张三").await;
            }
            "idle" => app.clock.advance(8 * 3600),
            end => session_ends(&app, &mut phone, end).await,
        }
        nothing_is_good(&app, &given, end).await;
        nothing_is_good(&other, &given, end).await;
    }
}

#[tokio::test]
async fn a_refresh_is_no_use_of_the_session() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let mut refresh = given(&app, &mut phone).await.refresh;
    for _ in 0..7 {
        app.clock.advance(3600);
        let next = GRAFANA.refreshes(&app, &refresh).await;
        assert_eq!(next.status, 200, "{}", next.body);
        refresh = next.json()["refresh_token"].as_str().unwrap().to_owned();
        userinfo(&app, next.json()["access_token"].as_str().unwrap()).await;
    }
    app.clock.advance(3600);
    assert_eq!(GRAFANA.refreshes(&app, &refresh).await.status, 400, "nobody has used the session for eight hours");
    assert_eq!(phone.gets("/home").await.status, 303);
}

#[tokio::test]
async fn an_apps_rules_hold_whenever_it_asks() {
    let app = deployment().await;
    let role =
        async |app: &App, role| app.db_change("zhangsan", Change { role: Some(role), ..Change::default() }).await;
    role(&app, Role::Admin).await;
    app.db_add("lisi", "李四").await;
    app.db_change("lisi", Change { role: Some(Role::Admin), ..Change::default() }).await;
    let mut phone = app.phone("zhangsan");
    let offline = [("scope", "openid offline_access")];
    let tokens = VAULT.signs_in(&app, &mut phone, &offline).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let code = VAULT.is_given_a_code(&mut phone, &offline).await;
    assert_eq!(userinfo(&app, access).await.status, 200);
    role(&app, Role::User).await;
    assert_eq!(userinfo(&app, access).await.status, 401);
    assert!(!VAULT.is_active(&app, access).await && !VAULT.is_active(&app, refresh).await);
    assert_eq!(VAULT.redeems(&app, &code, &[]).await.status, 400);
    assert_eq!(VAULT.refreshes(&app, refresh).await.status, 400);
    role(&app, Role::Admin).await;
    assert_eq!(userinfo(&app, access).await.status, 200, "the rules are for the person again");

    let app = app.restart_with(|settings| settings["clients"][3]["groups"] = json!("财务,")).await;
    assert_eq!(userinfo(&app, access).await.status, 401, "an empty item lets nobody in");
    let app = app.restart_with(|settings| drop(settings["clients"].as_array_mut().unwrap().pop())).await;
    assert_eq!(userinfo(&app, access).await.status, 401, "the app is in the settings no more");
    assert_eq!(VAULT.refreshes(&app, refresh).await.status, 401);
}

#[tokio::test]
async fn what_has_expired_is_swept_and_an_app_cannot_fill_the_tables() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let kept = WIKI.signs_in(&app, &mut phone, &[("scope", "openid offline_access")]).await;
    for _ in 0..30 {
        GRAFANA.is_given_a_code(&mut phone, &[]).await;
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM oidc_grants WHERE client_id = 'grafana'").await, 20);
    for _ in 0..70 {
        app.clock.advance(60);
        phone.gets("/home").await;
        app.jobs.run("sweep").await.unwrap();
    }
    assert_eq!(app.db_count("SELECT COUNT(*) FROM oidc_grants WHERE client_id = 'grafana'").await, 0);
    assert_eq!(app.db_count("SELECT COUNT(*) FROM oidc_access_tokens").await, 0);
    assert_eq!(WIKI.refreshes(&app, kept["refresh_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn an_app_that_is_taken_out_of_the_settings_is_out_with_the_next_request() {
    let mut app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let tokens = WIKI.signs_in(&app, &mut phone, &[("scope", "openid offline_access")]).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let code = WIKI.is_given_a_code(&mut phone, &[]).await;
    let kept = given(&app, &mut phone).await;
    app.reloads(|settings| settings["clients"].as_array_mut().unwrap().truncate(1)).await;
    assert_eq!(userinfo(&app, access).await.status, 401);
    assert_eq!(WIKI.refreshes(&app, refresh).await.status, 401);
    assert_eq!(WIKI.redeems(&app, &code, &[]).await.status, 401);
    assert_eq!(phone.gets(&WIKI.request(&[])).await.status, 400);
    assert!(GRAFANA.is_active(&app, &kept.access).await && GRAFANA.is_active(&app, &kept.refresh).await);
    assert_eq!(phone.gets("/home").await.status, 200, "the person stays signed in");
}

/// A flood of codes that nobody redeems, which any page can have a browser ask for.
#[tokio::test]
async fn codes_that_are_never_redeemed_push_out_nothing_that_was() {
    let app = deployment().await;
    let mut phone = app.phone("zhangsan");
    let kept = given(&app, &mut phone).await;
    for _ in 0..25 {
        GRAFANA.is_given_a_code(&mut phone, &[]).await;
    }
    assert_eq!(userinfo(&app, &kept.access).await.status, 200);
    assert_eq!(GRAFANA.refreshes(&app, &kept.refresh).await.status, 200);
}
