//! The request headers that an app behind the gate may believe, and the names that pass for them (pure).
//!
//! Programs behind CGI, WSGI, Rack or PHP see a variable instead of a header's name: `HTTP_`, the name in capitals, and
//! `_` for other characters. PHP replaces only some of these, lighttpd all, so `Remote_User` and `Remote.User` may both
//! arrive as `HTTP_REMOTE_USER` (RFC 3875, 4.1.18).

/// Who somebody is. Only the gate may say that.
pub const IDENTITY: [&str; 10] = [
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Corp-Id",
    "X-Miandeng-Identity",
    "X-Auth-Request-User",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
];

/// The same in other proxies' words, which some apps believe wherever they come from: oauth2-proxy's, Apache's,
/// Grafana's, and those of TLS client certificates.
pub const FOREIGN_IDENTITY: [&str; 11] = [
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Forwarded-Remote-User",
    "X-Forwarded-Name",
    "X-Remote-User",
    "X-WebAuth-User",
    "SSL-Client-Cert",
    "X-SSL-Client-S-DN",
];

/// Where a request came from and how. Only the operator's own proxy may say that. Proxies write the first four; the
/// others have no place in a request to the app.
pub const ORIGIN: [&str; 55] = [
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "X-Forwarded",
    "X-Forwarded-By",
    "X-Forwarded-Port",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Prefix",
    "X-Forwarded-Path",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Forwarded-Protocol",
    "X-Forwarded-Ssl",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Original-URL",
    "X-Original-URI",
    "X-Original-Method",
    "X-Original-Host",
    "X-Original-Forwarded-For",
    "X-Rewrite-URL",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "X-Url-Scheme",
    "Front-End-Https",
    "X-Miandeng-Rules",
    "X-Forwarded-Ip",
    "X-Forwarded-Context",
    "X-Forwarded-Script-Name",
    "X-Original-Proto",
    "X-Scheme",
    "X-Script-Name",
    "X-Host",
    "X-HTTP-Host-Override",
    "Client-IP",
    "Proxy-Client-IP",
    "WL-Proxy-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "Ali-CDN-Real-IP",
    "X-ProxyUser-Ip",
    "X-Originating-IP",
    "X-Remote-IP",
    "X-Remote-Addr",
    "Remote-Addr",
    "Remote-Host",
    "Remote-Ip",
    // Programs behind CGI read this as the proxy for their own requests (HTTP_PROXY, "httpoxy").
    "Proxy",
    // Rack serves whatever file this maps.
    "X-Accel-Mapping",
    "X-Sendfile-Type",
];

/// What a header's name may hold besides letters, digits and the hyphen (RFC 9110, 5.6.2).
pub const ODD: [char; 14] = ['_', '.', '~', '!', '\'', '+', '^', '|', '$', '&', '*', '#', '%', '`'];

pub fn all() -> impl Iterator<Item = &'static str> {
    IDENTITY.into_iter().chain(FOREIGN_IDENTITY).chain(ORIGIN)
}

pub fn is_identity(header: &str) -> bool {
    IDENTITY.contains(&header) || FOREIGN_IDENTITY.contains(&header)
}

/// The listed header that a program takes a name for, however much of the name it replaces.
pub fn taken_for(name: &str) -> Option<&'static str> {
    let same =
        |known: &str| known.len() == name.len() && known.bytes().zip(name.bytes()).all(|(a, b)| fold(a) == fold(b));
    all().find(|known| same(known))
}

/// The listed header that a name passes for without being it.
pub(super) fn disguised(name: &str) -> Option<&'static str> {
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_plain { None } else { taken_for(name) }
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_seen_through_whatever_stands_between_its_words() {
        for name in ["Remote_User", "remote.user", "REMOTE~USER", "Remote`User", "Remote\u{b7}"] {
            let expected = name.is_ascii().then_some("Remote-User");
            assert_eq!(disguised(name), expected, "{name}");
        }
        assert_eq!((disguised("Remote-User"), taken_for("rEMOTE-uSER")), (None, Some("Remote-User")));
        assert_eq!(disguised("X_Forwarded.For"), Some("X-Forwarded-For"));
        for other in ["Remote-Users", "X-Requested-With", "sec-ch-ua", "RemoteUser", "X_Anything", ""] {
            assert_eq!(disguised(other), None, "{other}");
        }
    }

    proptest! {
        /// We see in a name what a server that replaces every character makes of it.
        #[test]
        fn we_see_what_the_greediest_server_sees(name in "[A-Za-z]{1,9}([-_.~!'+^|$&*#%`]{1,2}[A-Za-z]{1,9}){0,4}", ours in any::<prop::sample::Index>(), odd in any::<prop::sample::Index>()) {
            let variable = |name: &str| name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            prop_assert_eq!(taken_for(&name), all().find(|known| variable(known) == variable(&name)));
            let known = all().nth(ours.index(all().count())).unwrap();
            let spelt = known.replace('-', &ODD[odd.index(ODD.len())].to_string());
            prop_assert_eq!(disguised(&spelt), known.contains('-').then_some(known));
        }
    }
}
