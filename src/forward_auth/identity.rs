//! The identity headers (pure).
//!
//! Every header is visible ASCII: other characters are percent-encoded as UTF-8, and so is the percent sign, so that
//! decoding once gives the value back. Unknown values are sent empty, never left out: some proxies pass on the client's
//! own header where ours is missing.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{config::IdentityHeaders, users::User};

/// For ids and mail addresses, which stay as they are unless they hold something odd.
const ODD: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',').add(b'"');
/// For names, as `encodeURIComponent` does it.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// For department paths.
const PATH: &AsciiSet = &NAME.remove(b'/');

pub(super) fn headers(user: &User, sets: IdentityHeaders) -> Vec<(&'static str, String)> {
    let userid = utf8_percent_encode(user.userid.as_str(), ODD).to_string();
    let email = utf8_percent_encode(user.email.as_deref().unwrap_or_default(), ODD).to_string();
    let groups = groups(user);
    let mut headers = Vec::with_capacity(9);
    headers.push(("X-Corp-Id", utf8_percent_encode(user.corp_id.as_str(), ODD).to_string()));
    if sets.x_auth_request {
        headers.push(("X-Auth-Request-User", userid.clone()));
        // Apps take it for a login name, so it must be nobody else's in the corp.
        headers.push(("X-Auth-Request-Preferred-Username", userid.clone()));
        headers.push(("X-Auth-Request-Email", email.clone()));
        headers.push(("X-Auth-Request-Groups", groups.clone()));
    }
    if sets.remote {
        headers.push(("Remote-User", userid));
        headers.push(("Remote-Name", utf8_percent_encode(&user.name, NAME).to_string()));
        headers.push(("Remote-Email", email));
        headers.push(("Remote-Groups", groups));
    }
    headers
}

fn groups(user: &User) -> String {
    let mut groups = String::new();
    for path in user.departments() {
        if !groups.is_empty() {
            groups.push(',');
        }
        groups.extend(utf8_percent_encode(path, PATH));
    }
    groups
}
