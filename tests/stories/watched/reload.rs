//! The settings are read again (`SIGHUP`, `systemctl reload`) without losing a request.

use std::fs;

use miandeng::simulator::{Fault, FaultKind};
use nix::sys::signal::Signal;
use rocket::tokio;

use super::systemd::sends;
use crate::harness::{CLIENT_SECRET, CORP, Phone, Server, Site};

/// The person's id, which the server asks for with a code.
const CALL: &str = "/topapi/v2/user/getuserinfo";
const IN_FORCE: &str = "the settings were read again and are in force";

fn edit(site: &Site, change: impl FnOnce(String) -> String) {
    let file = site.path().join("Rocket.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, change(text)).unwrap();
}

fn reads_again(server: &Server) {
    sends(server, Signal::SIGHUP);
    server.says(IN_FORCE);
}

/// Lets DingTalk take its time with the next code.
fn holds_up(site: &Site) {
    let kind = FaultKind::Delay(2_000);
    site.simulator.fault(Fault { path: CALL.into(), times: 1, corp_id: None, client_id: None, kind });
}

/// Somebody whose code is at DingTalk now; what becomes of it.
async fn signs_in_slowly(site: &Site, server: &Server) -> tokio::task::JoinHandle<(u16, Phone)> {
    holds_up(site);
    let mut phone = site.phone(server, "zhangsan");
    let before = site.simulator.calls(CALL);
    let signing_in = tokio::spawn(async move {
        let answer = phone.signs_in().await;
        (answer.status, phone)
    });
    while site.simulator.calls(CALL) == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    signing_in
}

#[tokio::test]
async fn a_request_in_flight_ends_by_the_old_settings_and_new_ones_begin_by_the_new() {
    let site = Site::new().await;
    let server = site.serves();
    let slow = signs_in_slowly(&site, &server).await;
    edit(&site, |text| text.replace("[default.miandeng]", "[default.miandeng]\ntitle = \"审批中心\""));
    reads_again(&server);
    assert!(!slow.is_finished(), "its answer is still to come");
    let page = site.phone(&server, "zhangsan").opens_app().await;
    assert!(page.body.contains("审批中心"), "{}", page.body);
    let (status, mut phone) = slow.await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(phone.gets("/home").await.status, 200, "the session is good by the new settings too");
}

#[tokio::test]
async fn a_new_secret_is_used_at_once() {
    let site = Site::new().await;
    let server = site.serves();
    assert_eq!(site.phone(&server, "zhangsan").signs_in().await.status, 200);
    let tokens = site.simulator.calls("/gettoken");
    site.simulator.edit_corp(CORP, |corp| corp.apps[0].client_secret = "another-secret".into());
    edit(&site, |text| text.replace(CLIENT_SECRET, "another-secret"));
    reads_again(&server);
    assert_eq!(site.phone(&server, "zhangsan").signs_in().await.status, 200);
    assert_eq!(site.simulator.calls("/gettoken"), tokens + 1, "the old secret's token is of no more use");
}

#[tokio::test]
async fn people_of_a_corp_without_an_app_are_out() {
    let site = Site::new().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.signs_in().await;
    assert_eq!(phone.gets("/home").await.status, 200);
    edit(&site, |text| text.replace(CORP, "dinganothercorp"));
    reads_again(&server);
    assert_eq!(phone.gets("/home").await.status, 303);
    edit(&site, |text| text.replace("dinganothercorp", CORP));
    reads_again(&server);
    assert_eq!(phone.gets("/home").await.status, 200, "nobody has ended the session itself");
}

#[tokio::test]
async fn wrong_settings_change_nothing_and_are_named() {
    let site = Site::new().await;
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    phone.signs_in().await;
    edit(&site, |text| {
        text.replace("[default.miandeng]", "[default.miandeng]\nsession_idle = \"never\"\ntitle = \"新名字\"")
    });
    sends(&server, Signal::SIGHUP);
    let line = server.says("the settings were refused");
    assert!(line.contains("miandeng.session_idle") && line.contains("never"), "{line}");
    let home = phone.gets("/home").await;
    assert!(home.status == 200 && !home.body.contains("新名字"));
    // Nothing can be read of a file with a mistake in its form.
    edit(&site, |text| text + "\n[default\n");
    sends(&server, Signal::SIGHUP);
    server.says("the settings were refused");
    assert_eq!(site.phone(&server, "zhangsan").signs_in().await.status, 200);

    // Commands read the same file.
    edit(&site, |text| text.replace("\n[default\n", "").replace("session_idle = \"never\"", ""));
    let rows = loop {
        // The row is written after the line.
        let rows = site.runs(&["audit", "list", "--event", "settings-refused", "--json"]);
        let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
        if rows.as_array().unwrap().len() == 2 {
            break rows;
        }
        tokio::task::yield_now().await;
    };
    assert!(rows.to_string().contains("session_idle"), "{rows}");
}

#[tokio::test]
async fn what_takes_a_restart_is_named_and_stays() {
    let site = Site::new().await;
    let server = site.serves();
    edit(&site, |text| {
        let text = text.replace("[default]", "[default]\nkeep_alive = 7");
        let text =
            text.replace("[default.miandeng]", "[default.miandeng]\nbase_path = \"/_signin\"\nadmin_path = \"\"");
        text.replace("data.db", "other.db").replace("localhost/story", "localhost/other")
    });
    sends(&server, Signal::SIGHUP);
    for key in ["keep_alive", "databases.miandeng.url", "miandeng.base_path", "miandeng.admin_path"] {
        let line = server.says("takes a restart");
        assert!(line.contains(key), "{key} in {line}");
    }
    server.says(IN_FORCE);
    let mut phone = site.phone(&server, "zhangsan");
    assert_eq!(phone.signs_in().await.status, 200, "at the old address, from the old file");
    assert_eq!(phone.gets("/admin").await.status, 403);
    assert!(!site.path().join("other.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_request_fails() {
    let site = Site::new().await;
    let server = site.serves();
    let mut phones = Vec::new();
    for _ in 0..4 {
        let mut phone = site.phone(&server, "zhangsan");
        phone.signs_in().await;
        phones.push(phone);
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let people: Vec<_> = phones
        .into_iter()
        .map(|mut phone| {
            let stopped = stopped.clone();
            tokio::spawn(async move {
                let mut answers = 0;
                while !*stopped.borrow() {
                    assert_eq!(phone.gets("/home").await.status, 200);
                    assert_eq!(phone.gets("/?corpid=dingsamplecorp00000001").await.status, 303);
                    answers += 2;
                }
                answers
            })
        })
        .collect();
    for i in 0..10 {
        edit(&site, |text| match text.lines().find(|line| line.starts_with("title")) {
            Some(title) => text.replace(title, &format!("title = \"第{i}版\"")),
            None => text.replace("[default.miandeng]", "[default.miandeng]\ntitle = \"第0版\""),
        });
        reads_again(&server);
    }
    stop.send(true).unwrap();
    for person in people {
        assert!(person.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_has_begun() {
    let site = Site::new().await;
    let server = site.serves();
    let slow = signs_in_slowly(&site, &server).await;
    sends(&server, Signal::SIGTERM);
    let (status, _) = slow.await.unwrap();
    assert_eq!(status, 200);
    let server = site.serves();
    let mut phone = site.phone(&server, "zhangsan");
    assert_eq!(phone.signs_in().await.status, 200);
}
