//! The settings that are paths on `public_url`.

use super::ConfigError;
use crate::i18n::setting::BadSetting;

/// What the first level of a route is called, now or in a later version. The pages for administrators are at none of these.
const TAKEN: [&str; 17] = [
    ".well-known",
    "auth",
    "cas",
    "dingtalk",
    "handover",
    "healthz",
    "home",
    "jsapi",
    "login",
    "logout",
    "metrics",
    "oauth2",
    "probe",
    "readyz",
    "signin",
    "static",
    "userinfo",
];

pub(super) fn base_path(text: String) -> Result<String, ConfigError> {
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() || (trimmed.starts_with('/') && is_plain(trimmed)) {
        return Ok(trimmed.to_owned());
    }
    Err(ConfigError::wrong("miandeng.base_path", text, BadSetting::BasePath))
}

pub(super) fn home(path: Option<String>, base_path: &str) -> Result<String, ConfigError> {
    match path {
        None => Ok(format!("{base_path}/home")),
        // Signed-in people who open the app are sent home, which would be an endless loop.
        Some(path) if path.trim_end_matches('/') == base_path => {
            Err(ConfigError::wrong("miandeng.home", path, BadSetting::HomeIsSignIn))
        }
        Some(path) if path.starts_with('/') && is_plain(&path) => Ok(path),
        Some(path) => Err(ConfigError::wrong("miandeng.home", path, BadSetting::Home)),
    }
}

/// Below `base_path`; "" switches the pages off.
pub(super) fn admin_path(text: String) -> Result<String, ConfigError> {
    let trimmed = text.trim_end_matches('/');
    let first = trimmed.strip_prefix('/').and_then(|rest| rest.split('/').next());
    match first {
        None if text.is_empty() => Ok(text),
        Some(first) if is_plain(trimmed) && !TAKEN.contains(&first) => Ok(trimmed.to_owned()),
        _ => Err(ConfigError::wrong("miandeng.admin_path", text, BadSetting::AdminPath)),
    }
}

/// A path that no browser, proxy or router reads in two ways.
fn is_plain(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    path.bytes().all(plain) && !path.contains("//") && !path.split('/').any(|part| part == "." || part == "..")
}
