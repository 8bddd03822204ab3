//! What a client may claim to be, in every spelling, and how each proxy is taught not to pass it on (pure).

/// What is forged. It is told apart from ours by this alone.
pub(super) const FORGED: &str = "forged-by-doctor";

/// A header that names a person, and the variable that the nginx recipe keeps the gate's word in.
const IDENTITY: [(&str, &str); 10] = [
    ("Remote-User", "$miandeng_user"),
    ("Remote-Name", "$miandeng_name"),
    ("Remote-Email", "$miandeng_email"),
    ("Remote-Groups", "$miandeng_groups"),
    ("X-Corp-Id", "$miandeng_corp_id"),
    ("X-Miandeng-Identity", "$miandeng_identity"),
    ("X-Auth-Request-User", "$miandeng_xar_user"),
    ("X-Auth-Request-Preferred-Username", "$miandeng_xar_username"),
    ("X-Auth-Request-Email", "$miandeng_xar_email"),
    ("X-Auth-Request-Groups", "$miandeng_xar_groups"),
];

/// The proxy in front, as its answers name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    Nginx,
    Caddy,
    Envoy,
    Other,
}

impl Proxy {
    /// Reads the `Server` headers of an answer: the proxy's own comes first where it adds to the app's.
    pub fn named(servers: &[&str]) -> Self {
        let says = |name: &str| servers.iter().any(|server| server.to_ascii_lowercase().starts_with(name));
        match () {
            () if says("nginx") || says("openresty") || says("tengine") => Self::Nginx,
            () if says("caddy") => Self::Caddy,
            () if says("envoy") => Self::Envoy,
            () => Self::Other,
        }
    }
}

/// Every identity header, each hyphen as it is and as an underscore.
pub(super) fn spellings() -> Vec<String> {
    IDENTITY.iter().flat_map(|(name, _)| spellings_of(name)).collect()
}

fn spellings_of(name: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for part in name.split('-') {
        let first = spellings.len() == 1 && spellings[0].is_empty();
        let joints: &[&str] = if first { &[""] } else { &["-", "_"] };
        let longer = |start: &String| joints.iter().map(|joint| format!("{start}{joint}{part}")).collect::<Vec<_>>();
        spellings = spellings.iter().flat_map(longer).collect();
    }
    spellings
}

/// The identity header that a program behind WSGI, CGI, Rack or PHP takes a name for.
pub(super) fn taken_for(name: &str) -> Option<&'static str> {
    let folded = name.replace('_', "-");
    IDENTITY.iter().map(|(known, _)| *known).find(|known| known.eq_ignore_ascii_case(&folded))
}

/// What to write into which proxy so that a header of this name stays outside.
pub(super) fn cure(proxy: Proxy, name: &str) -> String {
    let header = taken_for(name).unwrap_or(name);
    let underscore = name.contains('_');
    let variable = IDENTITY.iter().find(|(known, _)| *known == header).map_or("\"\"", |(_, variable)| variable);
    let lower = header.to_ascii_lowercase();
    let nginx = if underscore {
        "underscores_in_headers off;  inside http { … } (include miandeng/http.conf)".to_owned()
    } else {
        format!("proxy_set_header {header} {variable};  in the app's location (include miandeng/identity.conf)")
    };
    let caddy = if underscore {
        "request_header -*_*  inside the route, before forward_auth".to_owned()
    } else {
        format!("request_header -{header}  inside the route, before forward_auth")
    };
    let envoy = if underscore {
        "headers_with_underscores_action: DROP_HEADER".to_owned()
    } else {
        format!("- {{ remove: {lower} }}  in a header_mutation filter before ext_authz")
    };
    match proxy {
        Proxy::Nginx => format!("nginx: {nginx}"),
        Proxy::Caddy => format!("Caddy: {caddy}"),
        Proxy::Envoy => format!("Envoy: {envoy}"),
        Proxy::Other => format!(
            "nginx: {nginx}\nCaddy: {caddy}\nTraefik: {name}: \"\"  in customRequestHeaders of a middleware before \
             forwardAuth\nEnvoy: {envoy}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hyphen_is_tried_as_an_underscore() {
        assert_eq!(spellings_of("Remote-User"), ["Remote-User", "Remote_User"]);
        assert_eq!(spellings_of("X-Corp-Id"), ["X-Corp-Id", "X-Corp_Id", "X_Corp-Id", "X_Corp_Id"]);
        let all = spellings();
        assert_eq!(all.len(), 8 + 4 + 4 + 3 * 8 + 16);
        assert!(all.iter().all(|name| taken_for(name).is_some()));
        assert_eq!(taken_for("remote_user"), Some("Remote-User"));
        assert_eq!(taken_for("X-Real-IP"), None);
    }

    #[test]
    fn the_cure_is_the_one_for_the_proxy_that_answers() {
        let check = |server: &str, name: &str, says: &str| {
            let cure = cure(Proxy::named(&[server]), name);
            assert!(cure.contains(says), "{cure}");
        };
        check("nginx/1.22.1", "remote-email", "nginx: proxy_set_header Remote-Email $miandeng_email;");
        check("nginx", "remote_email", "underscores_in_headers off;");
        check("Caddy", "x-corp-id", "request_header -X-Corp-Id");
        check("envoy", "remote-user", "{ remove: remote-user }");
        check("gunicorn", "remote_user", "Traefik: remote_user: \"\"");
    }
}
