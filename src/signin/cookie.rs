//! The short-lived cookie that holds the browser's half of its states.

use rocket::http::{Cookie, SameSite};

use super::state::{Browser, LIFETIME};
use crate::config::Config;

pub fn name(config: &Config) -> &'static str {
    if config.secure_cookies() { "__Host-miandeng-signin" } else { "miandeng-signin" }
}

/// Set again with each page, so that the cookie outlives every page's state.
pub fn set(config: &Config, browser: &Browser) -> Cookie<'static> {
    Cookie::build((name(config), browser.name().to_owned()))
        .path("/")
        .http_only(true)
        .secure(config.secure_cookies())
        .same_site(SameSite::Lax)
        .max_age(rocket::time::Duration::seconds(LIFETIME))
        .build()
}
