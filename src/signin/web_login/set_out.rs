//! The way to DingTalk's page: to all of it, or to its QR code in a frame of ours.

use url::{Position, Url};

use super::addresses;
use crate::{
    dingtalk::{DingtalkApp, web_login},
    signin::{Services, attempt::Attempt, return_to, state::Browser},
};

/// DingTalk's QR code, to be framed by the sign-in page.
pub struct QrFrame {
    pub address: String,
    /// Whose frame it is.
    pub origin: String,
}

/// The address of DingTalk's page, for one attempt of this browser. `None` for an app without a client id, by which
/// alone that page knows it.
pub(super) fn set_out(
    services: Services<'_>,
    browser: &Browser,
    app: &DingtalkApp,
    return_to: Option<&str>,
) -> Option<String> {
    address(services, browser, app, return_to, web_login::address)
}

/// For a computer outside DingTalk: on a phone nobody could scan it, and the client needs none.
pub fn qr_frame(
    services: Services<'_>,
    browser: &Browser,
    app: &DingtalkApp,
    return_to: Option<&str>,
) -> Option<QrFrame> {
    let origin = Url::parse(&services.config.dingtalk.login_url).ok()?[..Position::BeforePath].to_owned();
    Some(QrFrame { address: address(services, browser, app, return_to, web_login::frame_address)?, origin })
}

fn address(
    services: Services<'_>,
    browser: &Browser,
    app: &DingtalkApp,
    return_to: Option<&str>,
    of: fn(&str, &str, &str, &str) -> String,
) -> Option<String> {
    let client_id = app.config.client_id()?;
    let config = services.config;
    // An address that would be refused later does not travel.
    let wanted = return_to.and_then(|text| return_to::permitted(text, config));
    let attempt = Attempt { app: app.config.name.clone(), return_to: wanted.map(String::from).unwrap_or_default() };
    let state = services.states.issue_attempt(browser, &attempt);
    Some(of(&config.dingtalk.login_url, client_id, &addresses::callback(config), &state))
}
