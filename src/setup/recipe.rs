//! The block for the proxy in front: a recipe of `deploy/` with the operator's names in it.

use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Proxy {
    Nginx,
    Caddy,
    Traefik,
}

/// What a recipe leaves to the operator.
#[derive(Debug, Clone)]
pub struct Names {
    /// As the browser shows it, with https.
    pub public_url: url::Url,
    /// Where miandeng listens.
    pub server: String,
    /// Where the app behind the gate listens. Without one, miandeng has the host for itself.
    pub app: Option<String>,
}

/// A file of a recipe, its path below the proxy's own folder.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub path: PathBuf,
    pub text: String,
}

macro_rules! recipe {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/", $path))
    };
}

/// What the recipe for an app on the same host includes.
const NGINX_PARTS: [(&str, &str); 4] = [
    ("gate.conf", recipe!("nginx/miandeng/gate.conf")),
    ("http.conf", recipe!("nginx/miandeng/http.conf")),
    ("identity.conf", recipe!("nginx/miandeng/identity.conf")),
    ("server.conf", recipe!("nginx/miandeng/server.conf")),
];

/// The recipe's files, the main one first.
pub fn files(proxy: Proxy, names: &Names) -> Vec<File> {
    let recipe = match (proxy, names.app.is_some()) {
        (Proxy::Nginx, true) => recipe!("nginx/app.example.com.conf"),
        (Proxy::Nginx, false) => recipe!("nginx/signin.example.com.conf"),
        (Proxy::Caddy, true) => recipe!("caddy/Caddyfile"),
        (Proxy::Caddy, false) => recipe!("caddy/signin.Caddyfile"),
        (Proxy::Traefik, true) => recipe!("traefik/dynamic.yml"),
        (Proxy::Traefik, false) => recipe!("traefik/signin.yml"),
    };
    let name = match proxy {
        Proxy::Nginx => "miandeng.conf",
        Proxy::Caddy => "Caddyfile",
        Proxy::Traefik => "miandeng.yml",
    };
    let main = File { path: name.into(), text: filled_in(&without_example(recipe), proxy, names) };
    let parts = NGINX_PARTS.iter().filter(|_| proxy == Proxy::Nginx && names.app.is_some());
    let parts = parts.map(|(name, text)| File { path: PathBuf::from("miandeng").join(name), text: (*text).to_owned() });
    std::iter::once(main).chain(parts).collect()
}

fn filled_in(recipe: &str, proxy: Proxy, names: &Names) -> String {
    let url = &names.public_url;
    let host = url.host_str().unwrap_or_default();
    // An origin has no slash at its end, and its port only where it is not the usual one.
    let origin = url.origin().ascii_serialization();
    let authority = origin.trim_start_matches("https://");
    let mut text = recipe.to_owned();
    for example in ["app.example.com", "signin.example.com"] {
        text = text.replace(&format!("https://{example}"), &origin);
        // Caddy listens where its sites' addresses say.
        text = text.replace(&format!("\n{example} {{"), &format!("\n{authority} {{"));
        text = text.replace(example, host);
    }
    if let (Proxy::Nginx, Some(port)) = (proxy, url.port()) {
        text = text.replace("listen 443 ", &format!("listen {port} "));
    }
    text = text.replace("127.0.0.1:8000", &names.server);
    match &names.app {
        Some(app) => text.replace("127.0.0.1:3000", app),
        None => text,
    }
}

/// Without the stricter rule for a part of the app, which only shows how one is written: its comment names 财务部, and an
/// empty line ends it.
fn without_example(recipe: &str) -> String {
    let mut text = String::with_capacity(recipe.len());
    let mut in_example = false;
    for line in recipe.lines() {
        let begins =
            line.trim_start().starts_with('#') && (line.contains("更严的规则") || line.contains("财务部及其下级"));
        if begins {
            in_example = true;
        }
        if !in_example {
            // Traefik's router for WebSockets leaves the part out.
            text.extend([&line.replace(" && !PathRegexp(`(?i)^/finance([^a-z0-9_-]|$)`)", ""), "\n"]);
        }
        if line.is_empty() {
            in_example = false;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(url: &str, app: Option<&str>) -> Names {
        Names { public_url: url.parse().unwrap(), server: "127.0.0.1:8123".into(), app: app.map(str::to_owned) }
    }

    #[test]
    fn nothing_of_the_example_is_left_in_a_recipe() {
        for proxy in [Proxy::Nginx, Proxy::Caddy, Proxy::Traefik] {
            for app in [None, Some("127.0.0.1:3123")] {
                let files = files(proxy, &names("https://oa.example.net", app));
                let main = &files[0].text;
                for gone in ["app.example.com {", "signin.example.com", ":8000", "finance", "财务部"] {
                    assert!(!main.contains(gone), "{proxy:?} {app:?}: {gone} in {main}");
                }
                assert!(main.contains("oa.example.net") && main.contains("127.0.0.1:8123"), "{main}");
                assert_eq!(main.contains("127.0.0.1:3123"), app.is_some(), "{main}");
                assert_eq!(files.len(), if proxy == Proxy::Nginx && app.is_some() { 5 } else { 1 });
            }
        }
    }

    #[test]
    fn a_port_is_where_the_proxy_listens_and_in_the_address() {
        let main = |proxy, app| files(proxy, &names("https://oa.example.net:8443", app)).remove(0).text;
        let nginx = main(Proxy::Nginx, Some("127.0.0.1:3000"));
        assert!(nginx.contains("listen 8443 ssl") && nginx.contains("$miandeng_origin https://oa.example.net:8443;"));
        assert!(nginx.contains("server_name oa.example.net;"), "{nginx}");
        assert!(main(Proxy::Caddy, None).contains("\noa.example.net:8443 {"));
        assert!(main(Proxy::Traefik, None).contains("Host(`oa.example.net`)"));
    }
}
