//! The sign-in page: `_config`, signed for the address at which the client opened it.

use std::sync::OnceLock;

use askama::Template;
use rocket::http::Status;
use serde::Serialize;
use url::Position;

use super::web_login;
use crate::{
    config::{App, Config},
    dingtalk::jsapi::PageConfig,
    text::{Locale, Texts},
    web::{
        page::{Frame, Page},
        script_json::script_json,
        visit::Visit,
    },
};

/// The global `_config`: what dd.config wants, and the state that goes along with the code.
#[derive(Serialize)]
struct SignInConfig<'a> {
    #[serde(flatten)]
    page: &'a PageConfig<'a>,
    state: &'a str,
}

/// What the page may have to say, in one language.
#[derive(Template)]
#[template(path = "signin/messages.html")]
struct Messages {
    t: &'static Texts,
}

impl Messages {
    /// Rendered once for each language: it is half of the page, and the same for everybody.
    fn rendered(locale: Locale) -> &'static str {
        static RENDERED: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
        let [chinese, english] = &RENDERED;
        let rendered = match locale {
            Locale::ZhCn => chinese,
            Locale::En => english,
        };
        // It has no part that could fail; a page without it would still sign people in.
        rendered.get_or_init(|| Self { t: locale.texts() }.render().unwrap_or_default())
    }
}

/// The page. Its script fills nothing in that is not here already: every message is in the HTML, hidden.
#[derive(Template)]
#[template(path = "signin/page.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    config_json: String,
    messages: &'static str,
    nonce: &'a str,
    jsapi_url: &'a str,
    client_id: &'a str,
    return_to: &'a str,
    /// Where the sign-in outside the client begins, if the app can do that.
    web_login: Option<String>,
    waits: bool,
}

/// How the page was asked for.
pub struct Asked<'a> {
    /// The page's state.
    pub state: &'a str,
    /// Where the person wants to go.
    pub return_to: Option<&'a str>,
    /// Whether the page waits for a tap, because the person has just signed out.
    pub waits: bool,
}

/// Renders the page for an app.
///
/// # Errors
/// 500 when the template fails.
pub fn render(
    visit: &Visit,
    config: &Config,
    app: &App,
    page: &PageConfig<'_>,
    asked: Asked<'_>,
) -> Result<Page, Status> {
    let nonce = crate::random::hex::<16>();
    let own_script;
    let (jsapi_url, jsapi_origin) = match &config.dingtalk.jsapi_file {
        Some(_) => {
            own_script = config.path("/jsapi/dingtalk.js");
            (own_script.as_str(), "'self'")
        }
        None => (config.dingtalk.jsapi_url.as_str(), &config.dingtalk.jsapi_url[..Position::BeforePath]),
    };
    let page = SignInPage {
        frame: Frame::new(visit, config),
        config_json: script_json(&SignInConfig { page, state: asked.state })
            .map_err(|_| Status::InternalServerError)?,
        messages: Messages::rendered(visit.locale),
        nonce: &nonce,
        jsapi_url,
        client_id: app.client_id().unwrap_or_default(),
        return_to: asked.return_to.unwrap_or_default(),
        web_login: web_login::start(config, app, asked.return_to),
        waits: asked.waits,
    };
    let policy = format!("script-src 'self' 'nonce-{nonce}' {jsapi_origin}; connect-src 'self' {jsapi_origin}");
    Page::with_policy(Status::Ok, &page, &policy)
}
