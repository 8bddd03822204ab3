//! What a client may claim to be, in every spelling, and how each proxy is taught not to pass it on (pure).

use crate::forward_auth::header_names::{self, IDENTITY, ODD, is_identity, taken_for};

/// What is forged. It is told apart from ours by this alone.
pub(super) const FORGED: &str = "forged-by-doctor";

/// What the nginx recipe sets a header to; every other header is emptied.
const NGINX_VALUES: [(&str, &str); 14] = [
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
    ("X-Real-IP", "$remote_addr"),
    ("X-Forwarded-For", "$remote_addr"),
    ("X-Forwarded-Host", "$host"),
    ("X-Forwarded-Proto", "$scheme"),
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

pub(super) fn plain() -> Vec<String> {
    header_names::all().map(str::to_owned).collect()
}

/// Names that some program takes for one of them, with odd characters in place of hyphens. Apart from the plain names,
/// because the gate refuses a whole request that shows one of these.
pub(super) fn disguised() -> Vec<String> {
    let mut names = Vec::new();
    for header in header_names::all() {
        for odd in ODD.map(String::from) {
            names.extend([header.replace('-', &odd), header.replacen('-', &odd, 1)]);
        }
    }
    names.extend(IDENTITY.into_iter().flat_map(with_underscores));
    names.retain(|name| name.contains(ODD));
    names.sort_unstable();
    names.dedup();
    names
}

fn with_underscores(header: &str) -> Vec<String> {
    let mut parts = header.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(vec![first], |starts, part| {
        starts.iter().flat_map(|start| ["-", "_"].map(|joint| format!("{start}{joint}{part}"))).collect()
    })
}

/// Whether the app would take a name for a header that says who somebody is.
pub(super) fn claims_identity(name: &str) -> bool {
    taken_for(name).is_some_and(is_identity)
}

/// What to write into which proxy so that a header of this name stays outside.
pub(super) fn cure(proxy: Proxy, name: &str) -> String {
    let cures = match name.chars().find(|c| ODD.contains(c)) {
        Some(odd) => Cures::of_disguise(odd),
        None => Cures::of_header(taken_for(name).unwrap_or(name)),
    };
    match proxy {
        Proxy::Nginx => format!("nginx: {}", cures.nginx),
        Proxy::Caddy => format!("Caddy: {}", cures.caddy),
        Proxy::Envoy => format!("Envoy: {}", cures.envoy),
        Proxy::Other => format!(
            "nginx: {}\nCaddy: {}\nTraefik: {}\nEnvoy: {}",
            cures.nginx, cures.caddy, cures.traefik, cures.envoy
        ),
    }
}

struct Cures {
    nginx: String,
    caddy: String,
    traefik: String,
    envoy: String,
}

impl Cures {
    fn of_header(header: &str) -> Self {
        let value = NGINX_VALUES.iter().find(|(known, _)| *known == header).map_or("\"\"", |(_, value)| value);
        let lower = header.to_ascii_lowercase();
        Self {
            nginx: format!(
                "proxy_set_header {header} {value};  in the app's location (include miandeng/identity.conf)"
            ),
            caddy: format!("request_header -{header}  inside the route, before forward_auth"),
            traefik: format!("{header}: \"\"  in customRequestHeaders of a middleware before forwardAuth"),
            envoy: format!("- {{ remove: {lower} }}  in a header_mutation filter before ext_authz"),
        }
    }

    fn of_disguise(odd: char) -> Self {
        let underscore = odd == '_';
        let nginx = if underscore { "underscores_in_headers off;" } else { "ignore_invalid_headers on;" };
        let envoy = if underscore {
            "headers_with_underscores_action: DROP_HEADER"
        } else {
            "- { safe_regex: { regex: \"[^:]*[^a-z0-9:-][^:]*\" } }  in allowed_headers, so that the gate refuses it"
        };
        Self {
            nginx: format!("{nginx}  inside http {{ … }} (include miandeng/http.conf)"),
            caddy: format!("request_header -*{odd}*  inside the route, before forward_auth"),
            traefik: "no authRequestHeaders in forwardAuth, so that the gate sees the header and refuses it".to_owned(),
            envoy: envoy.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hyphen_is_tried_as_whatever_passes_for_it() {
        assert_eq!(with_underscores("X-Corp-Id"), ["X-Corp-Id", "X-Corp_Id", "X_Corp-Id", "X_Corp_Id"]);
        let all = disguised();
        for name in
            ["Remote_User", "Remote.User", "X`Auth`Request`Groups", "X_Auth-Request_User", "X*Real*IP", "X~Corp-Id"]
        {
            assert!(all.iter().any(|known| known == name), "{name}");
        }
        assert!(all.iter().all(|name| taken_for(name).is_some() && name.contains(ODD)));
        assert!(plain().iter().all(|name| taken_for(name) == Some(name)));
        assert!(
            claims_identity("remote_user") && claims_identity("X.Forwarded.Email") && !claims_identity("X-Real-IP")
        );
    }

    #[test]
    fn the_cure_is_the_one_for_the_proxy_that_answers() {
        let check = |server: &str, name: &str, says: &str| {
            let cure = cure(Proxy::named(&[server]), name);
            assert!(cure.contains(says), "{cure}");
        };
        check("nginx/1.22.1", "remote-email", "nginx: proxy_set_header Remote-Email $miandeng_email;");
        check("nginx/1.22.1", "x-rewrite-url", "nginx: proxy_set_header X-Rewrite-URL \"\";");
        check("nginx", "remote_email", "underscores_in_headers off;");
        check("nginx", "remote.email", "ignore_invalid_headers on;");
        check("Caddy", "x-corp-id", "request_header -X-Corp-Id");
        check("Caddy", "x~corp~id", "request_header -*~*");
        check("envoy", "remote-user", "{ remove: remote-user }");
        check("gunicorn", "remote_user", "Traefik: no authRequestHeaders");
    }
}
