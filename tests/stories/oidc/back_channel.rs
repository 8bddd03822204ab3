//! Apps hear of ended sessions.

use std::sync::{Arc, Mutex};

use miandeng::users::{Change, Status};
use rocket::tokio::{
    self,
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use serde_json::{Value, json};

use super::{
    app_side::{GRAFANA, WIKI, read},
    deployment_with,
};
use crate::harness::{App, CORP, PUBLIC_URL, Phone};

/// An app's own server: keeps what it is sent, and answers as it is told.
struct Ear {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    status: Arc<Mutex<u16>>,
}

impl Ear {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/backchannel", listener.local_addr().unwrap());
        let (heard, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(200)));
        let (hears, says) = (Arc::clone(&heard), Arc::clone(&status));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    request.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&request);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.to_ascii_lowercase();
                    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
                    if length.and_then(|length| length.parse().ok()) == Some(body.len()) {
                        break;
                    }
                }
                hears.lock().unwrap().push(String::from_utf8(request).unwrap());
                let status = *says.lock().unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, heard, status }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    fn says(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }
}

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
    for end in ["logout", "oauth2", "revoked", "command", "disabled", "expired", "somebody else"] {
        app.db_change("zhangsan", Change { status: Some(Status::Active), ..Change::default() }).await;
        let mut phone = app.phone("zhangsan");
        let sid = sid(&app, &mut phone).await;
        // A code that nobody redeems is no sign-in.
        WIKI.is_given_a_code(&mut phone, &[]).await;
        match end {
            "logout" => drop(phone.posts("/logout", &[]).await),
            "oauth2" => drop(phone.posts("/oauth2/logout", &[("confirm", "yes")]).await),
            "revoked" => {
                let mut another = app.phone("zhangsan");
                another.is_signed_in().await;
                another.posts("/home/sign-out-elsewhere", &[]).await;
            }
            "command" => app.db_revoke_all().await,
            "disabled" => {
                app.db_change("zhangsan", Change { status: Some(Status::Disabled), ..Change::default() }).await;
            }
            "expired" => {
                for _ in 0..61 {
                    app.clock.advance(8 * 60);
                    app.jobs.run("sweep").await.unwrap();
                }
            }
            _ => {
                app.db_add("lisi", "李四").await;
                phone.userid = "lisi".to_owned();
                let page = phone.gets(&format!("/?again=1&corpid={CORP}")).await;
                let code = phone.code();
                assert_eq!(phone.sends_code(&code, &page.state()).await.status, 200);
            }
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
