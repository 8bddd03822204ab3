//! The identity headers (pure).
//!
//! As a rule, every header is visible ASCII: other characters are percent-encoded as UTF-8, and so is the percent sign, so
//! that decoding once gives the value back. With `identity_encoding = "utf-8"`, only what a header cannot hold or what
//! would change its meaning is encoded: control characters, the percent sign, and a comma inside a department. So no two
//! values become one, and decoding still gives the value back. Unknown values are sent empty, never left out: some proxies
//! pass on the client's own header where ours is missing.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    config::{IdentityEncoding, IdentityHeaders},
    users::User,
};

/// For ids and mail addresses, which stay as they are unless they hold something odd.
const ODD: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',').add(b'"');
/// For names, as `encodeURIComponent` does it.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// For department paths.
const PATH: &AsciiSet = &NAME.remove(b'/');
/// For names in UTF-8.
const PLAIN_NAME: &AsciiSet = &CONTROLS.add(b'%');
/// For department paths in UTF-8.
const PLAIN_PATH: &AsciiSet = &PLAIN_NAME.add(b',');

/// How each kind of value is written.
struct Writing {
    encoding: IdentityEncoding,
    name: &'static AsciiSet,
    path: &'static AsciiSet,
}

impl Writing {
    fn of(encoding: IdentityEncoding) -> Self {
        let (name, path) = match encoding {
            IdentityEncoding::Percent => (NAME, PATH),
            IdentityEncoding::Utf8 => (PLAIN_NAME, PLAIN_PATH),
        };
        Self { encoding, name, path }
    }

    fn write(&self, text: &str, ascii: &'static AsciiSet) -> String {
        if self.encoding == IdentityEncoding::Percent {
            return utf8_percent_encode(text, ascii).to_string();
        }
        let mut written = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii() || c.is_control() {
                written.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), ascii));
            } else {
                written.push(c);
            }
        }
        written
    }

    fn groups(&self, user: &User) -> String {
        let groups: Vec<_> = user.departments().map(|path| self.write(path, self.path)).collect();
        groups.join(",")
    }
}

pub(super) fn headers(user: &User, sets: IdentityHeaders) -> Vec<(&'static str, String)> {
    let writing = Writing::of(sets.encoding);
    let userid = writing.write(user.userid.as_str(), ODD);
    let email = writing.write(user.email.as_deref().unwrap_or_default(), ODD);
    let groups = writing.groups(user);
    let mut headers = Vec::with_capacity(9);
    headers.push(("X-Corp-Id", writing.write(user.corp_id.as_str(), ODD)));
    if sets.x_auth_request {
        headers.push(("X-Auth-Request-User", userid.clone()));
        // Apps take it for a login name, so it must be nobody else's in the corp.
        headers.push(("X-Auth-Request-Preferred-Username", userid.clone()));
        headers.push(("X-Auth-Request-Email", email.clone()));
        headers.push(("X-Auth-Request-Groups", groups.clone()));
    }
    if sets.remote {
        headers.push(("Remote-User", userid));
        headers.push(("Remote-Name", writing.write(&user.name, writing.name)));
        headers.push(("Remote-Email", email));
        headers.push(("Remote-Groups", groups));
    }
    headers
}
