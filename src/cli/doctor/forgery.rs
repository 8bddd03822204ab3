//! What a client may claim to be, in every spelling, and how each proxy is taught not to pass it on (pure).

use crate::{
    forward_auth::header_names::{self, IDENTITY, ODD, is_identity, taken_for},
    i18n::probe::ProxyFix,
};

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
    Apache,
    /// HAProxy and Traefik do not name themselves.
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
            () if says("apache") => Self::Apache,
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

/// What to write into which proxy so that a header of this name stays outside. Of an unknown proxy, into each.
pub(super) fn fixes(proxy: Proxy, name: &str) -> Vec<ProxyFix> {
    let [nginx, caddy, traefik, envoy, haproxy, apache] = match name.chars().find(|c| ODD.contains(c)) {
        Some(odd) => against_disguise(odd),
        None => against_header(taken_for(name).unwrap_or(name)),
    };
    match proxy {
        Proxy::Nginx => vec![nginx],
        Proxy::Caddy => vec![caddy],
        Proxy::Envoy => vec![envoy],
        Proxy::Apache => vec![apache],
        Proxy::Other => vec![nginx, caddy, traefik, envoy, haproxy, apache],
    }
}

/// For nginx, Caddy, Traefik, Envoy, HAProxy and Apache.
fn against_header(header: &str) -> [ProxyFix; 6] {
    let value = NGINX_VALUES.iter().find(|(known, _)| *known == header).map_or("\"\"", |(_, value)| value);
    let lower = header.to_ascii_lowercase();
    [
        ProxyFix::NginxLocation(format!("proxy_set_header {header} {value};")),
        ProxyFix::CaddyRoute(format!("request_header -{header}")),
        ProxyFix::TraefikMiddleware(format!("{header}: \"\"")),
        ProxyFix::EnvoyMutation(format!("- {{ remove: {lower} }}")),
        ProxyFix::HaproxyFrontend(format!("http-request del-header {header}")),
        ProxyFix::ApacheForget(format!("\"^{}$\",", lower.replace('-', "%-"))),
    ]
}

fn against_disguise(odd: char) -> [ProxyFix; 6] {
    let (nginx, envoy) = if odd == '_' {
        (
            ProxyFix::NginxHttp("underscores_in_headers off;"),
            ProxyFix::EnvoyListener("headers_with_underscores_action: DROP_HEADER"),
        )
    } else {
        (
            ProxyFix::NginxHttp("ignore_invalid_headers on;"),
            ProxyFix::EnvoyAllowedHeaders("- { safe_regex: { regex: \"[^:]*[^a-z0-9:-][^:]*\" } }"),
        )
    };
    let haproxy = ProxyFix::HaproxyFrontend("http-request del-header [^a-z0-9-] -m reg".to_owned());
    let apache = ProxyFix::ApacheForget("\"[^a-z0-9-]\",".to_owned());
    let caddy = ProxyFix::CaddyRoute(format!("request_header -*{odd}*"));
    [nginx, caddy, ProxyFix::TraefikNoList, envoy, haproxy, apache]
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
    fn the_fix_is_the_one_for_the_proxy_that_answers() {
        let check = |server: &str, name: &str, expected: ProxyFix| {
            assert_eq!(fixes(Proxy::named(&[server]), name), [expected], "{server} {name}");
        };
        let nginx = |line: &str| ProxyFix::NginxLocation(line.to_owned());
        check("nginx/1.22.1", "remote-email", nginx("proxy_set_header Remote-Email $miandeng_email;"));
        check("nginx/1.22.1", "x-rewrite-url", nginx("proxy_set_header X-Rewrite-URL \"\";"));
        check("nginx", "remote_email", ProxyFix::NginxHttp("underscores_in_headers off;"));
        check("nginx", "remote.email", ProxyFix::NginxHttp("ignore_invalid_headers on;"));
        check("Caddy", "x-corp-id", ProxyFix::CaddyRoute("request_header -X-Corp-Id".to_owned()));
        check("Caddy", "x~corp~id", ProxyFix::CaddyRoute("request_header -*~*".to_owned()));
        check("envoy", "remote-user", ProxyFix::EnvoyMutation("- { remove: remote-user }".to_owned()));
        check("Apache/2.4.68 (Debian)", "x-corp-id", ProxyFix::ApacheForget("\"^x%-corp%-id$\",".to_owned()));
        let unnamed = fixes(Proxy::named(&["gunicorn"]), "remote_user");
        assert!(unnamed.contains(&ProxyFix::TraefikNoList));
        assert!(unnamed.iter().any(|fix| matches!(fix, ProxyFix::HaproxyFrontend(_))));
    }
}
