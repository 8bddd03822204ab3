//! An app that signs people in here: what its pages and its server do.

use miandeng::users::Change;
use serde_json::{Value, json};

use crate::{
    harness::{Answer, App, Phone},
    oidc::goes_through_sign_in,
};

pub const WIKI: &str = "https://wiki.example.com/start?x=1";
/// Listed as it is.
pub const BOARD: &str = "https://board.example.com/cas?tenant=1";
/// For administrators alone.
pub const VAULT: &str = "https://vault.example.com/";

pub const P3: &str = "/cas/p3/serviceValidate";

pub fn clients() -> Vec<Value> {
    let clients = json!([
        {
            "name": "CAS 维基", "protocol": "cas", "service_urls": ["https://wiki.example.com/"],
            "home_url": "https://wiki.example.com/start",
        },
        { "name": "board", "protocol": "cas", "service_urls": [BOARD] },
        {
            "name": "strongbox", "protocol": "cas", "service_urls": [VAULT], "groups": "role:admin",
            "home_url": "https://vault.example.com/cas",
        },
    ]);
    clients.as_array().unwrap().clone()
}

pub async fn deployment() -> App {
    deployment_with(|_| {}).await
}

pub async fn deployment_with(change: impl FnOnce(&mut Value)) -> App {
    let app = App::with(|settings| {
        settings["clients"] = json!(clients());
        change(settings);
    })
    .await;
    let details = Change {
        email: Some("zhangsan@example.com".into()),
        department: Some("研发部/后端组;财务".into()),
        ..Change::default()
    };
    app.db_change("zhangsan", details).await;
    app
}

fn address(path: &str, fields: &[(&str, &str)]) -> String {
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

/// The address to which an app sends a browser.
pub fn login(service: &str, more: &[(&str, &str)]) -> String {
    address("/cas/login", &[&[("service", service)], more].concat())
}

/// Sends a browser, which goes through the sign-in page if it must, and takes what comes back.
pub async fn is_given_a_ticket(phone: &mut Phone, service: &str, more: &[(&str, &str)]) -> String {
    let answer = phone.gets(&login(service, more)).await;
    let back = goes_through_sign_in(phone, answer).await;
    assert_eq!(back.status, 303, "{}", back.body);
    ticket_in(&back, service)
}

pub fn ticket_in(back: &Answer, service: &str) -> String {
    let there = back.header("location");
    let joint = if service.contains('?') { '&' } else { '?' };
    let ticket = there.strip_prefix(service).and_then(|rest| rest.strip_prefix(joint)?.strip_prefix("ticket="));
    let ticket = ticket.unwrap_or_else(|| panic!("{there}")).to_owned();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    assert!(ticket.starts_with("ST-") && ticket.bytes().all(is_plain), "{ticket}");
    ticket
}

/// From the app's server.
pub async fn validates(app: &App, path: &str, service: &str, ticket: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [&[("service", service), ("ticket", ticket)], more].concat();
    app.phone("nobody").gets(&address(path, &fields)).await
}

/// The word of a failure, or the userid.
pub async fn outcome(app: &App, service: &str, ticket: &str, more: &[(&str, &str)]) -> String {
    said(&validates(app, P3, service, ticket, more).await)
}

pub fn said(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8", "{}", answer.body);
    let between = |start: &str, end: &str| Some(answer.body.split_once(start)?.1.split_once(end)?.0.to_owned());
    let found = between("code=\"", "\"").or_else(|| between("<cas:user>", "</cas:user>"));
    found.unwrap_or_else(|| panic!("{}", answer.body))
}

/// The session as the browser has it.
pub async fn is_signed_in(phone: &mut Phone) -> bool {
    phone.gets("/home").await.status == 200
}
