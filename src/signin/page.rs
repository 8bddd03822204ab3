//! The sign-in page: `_config`, signed for the address at which the client opened it.

use askama::Template;
use rocket::http::Status;
use serde::Serialize;

use crate::{
    clock::Clock,
    config::{AppKind, Config, Secret},
    dingtalk::{DingtalkApp, jsapi},
    web::{
        page::{Frame, Page},
        script_json::script_json,
        visit::Visit,
    },
};

/// What the page's script may call without asking again. Old desktop clients refuse a call that is not listed.
const MICRO_APP_APIS: [&str; 2] = ["runtime.permission.requestAuthCode", "runtime.permission.requestOperateAuthCode"];
const CHANNEL_APIS: [&str; 1] = ["channel.permission.requestAuthCode"];

/// The global `_config`, with the names that dd.config has for them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsapiConfig<'a> {
    agent_id: &'a str,
    corp_id: &'a str,
    /// Seconds since 1970.
    time_stamp: i64,
    nonce_str: String,
    signature: String,
    /// The address in its signed form, to be compared with the one in DingTalk's error text.
    url: String,
    /// 0 for a micro-app, 1 for a service window.
    #[serde(rename = "type")]
    kind: u8,
    js_api_list: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

impl<'a> JsapiConfig<'a> {
    /// Signs `url` for an app. `state` is for the sign-in page alone.
    pub fn sign(app: &'a DingtalkApp, ticket: &Secret, url: &str, state: Option<&'a str>, clock: &Clock) -> Self {
        let nonce_str = crate::random::hex::<8>();
        let time_stamp = clock.now();
        let (kind, js_api_list): (u8, &[&str]) = match app.config.kind {
            AppKind::MicroApp => (0, &MICRO_APP_APIS),
            AppKind::Channel { .. } => (1, &CHANNEL_APIS),
        };
        Self {
            agent_id: &app.config.agent_id,
            corp_id: app.config.corp_id.as_str(),
            time_stamp,
            signature: jsapi::sign(app.config.signature, ticket.expose(), &nonce_str, time_stamp, url),
            nonce_str,
            url: jsapi::signed_form(url).into_owned(),
            kind,
            js_api_list,
            state,
        }
    }
}

/// The page. Its script fills nothing in that is not here already: every message is in the HTML, hidden.
#[derive(Template)]
#[template(path = "signin/page.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    config_json: String,
    nonce: &'a str,
    jsapi_url: &'a str,
    client_id: &'a str,
    return_to: &'a str,
}

/// Renders the page for an app.
///
/// # Errors
/// 500 when the template fails.
pub fn render(
    visit: &Visit,
    config: &Config,
    app: &DingtalkApp,
    jsapi_config: &JsapiConfig<'_>,
    return_to: Option<&str>,
) -> Result<Page, Status> {
    let nonce = crate::random::hex::<16>();
    let own_script;
    let (jsapi_url, jsapi_origin) = match &config.dingtalk.jsapi_file {
        Some(_) => {
            own_script = config.path("/jsapi/dingtalk.js");
            (own_script.as_str(), "'self'".to_owned())
        }
        None => (config.dingtalk.jsapi_url.as_str(), config.dingtalk.jsapi_url.origin().ascii_serialization()),
    };
    let page = SignInPage {
        frame: Frame::new(visit, config),
        config_json: script_json(jsapi_config).map_err(|_| Status::InternalServerError)?,
        nonce: &nonce,
        jsapi_url,
        client_id: app.config.client_id().unwrap_or_default(),
        return_to: return_to.unwrap_or_default(),
    };
    let policy = format!("script-src 'self' 'nonce-{nonce}' {jsapi_origin}; connect-src 'self' {jsapi_origin}");
    Page::with_policy(Status::Ok, &page, &policy)
}
