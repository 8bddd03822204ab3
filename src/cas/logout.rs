//! An app sends a browser to have its person signed out everywhere (CAS Protocol 3.0, 2.3).
//!
//! CAS has no way to prove who sent the browser, so any web page can send one here. Unless the browser says that it comes from
//! an app, a page asks first; a frame or an image ends nothing.

use super::{CasServer, service};
use crate::clients::params::Params;

/// What a browser says of where it comes from (Fetch Metadata; RFC 9110, 10.1.3). A program says nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct ComesFrom<'a> {
    /// `Sec-Fetch-Site`.
    pub site: Option<&'a str>,
    /// `Sec-Fetch-Mode`.
    pub mode: Option<&'a str>,
    /// `Sec-Fetch-Dest`.
    pub dest: Option<&'a str>,
    /// `Sec-Purpose`, or what came before it.
    pub purpose: Option<&'a str>,
    pub referer: Option<&'a str>,
}

/// Whether a person may be signed out without being asked.
pub fn is_meant(server: &CasServer, from: &ComesFrom<'_>) -> bool {
    let ours = server.config.public_url.as_url().origin();
    let is_ours = |address: &str| url::Url::parse(address).is_ok_and(|url| url.origin() == ours);
    // The sign-in page leads on to wherever a link has told it to.
    let is_sign_in_page = |address: &str| {
        is_ours(address) && url::Url::parse(address).is_ok_and(|url| url.path() == server.config.path("/"))
    };
    let is_known = |address| {
        !is_sign_in_page(address) && (is_ours(address) || service::is_on_host_of_any(address, server.clients()))
    };
    is_navigation(from)
        && match (from.site, from.referer) {
            (_, Some(referer)) => is_known(referer),
            (Some("none" | "same-origin") | None, None) => true,
            (Some(_), None) => false,
        }
}

/// A page that is opened, and not ahead of time.
fn is_navigation(from: &ComesFrom<'_>) -> bool {
    let is = |value: Option<&str>, expected: &str| value.is_none_or(|value| value == expected);
    is(from.mode, "navigate") && is(from.dest, "document") && from.purpose.is_none()
}

/// Where the browser goes afterwards: to an address of an app, or to our start page.
pub fn there(server: &CasServer, params: &Params) -> String {
    let service = params.only("service").and_then(|text| service::Service::find(text, server.clients()));
    service.map_or_else(|| server.config.path("/"), |service| service.without_ticket())
}
