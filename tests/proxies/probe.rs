//! `miandeng doctor --probe` through the real proxies, with good recipes and with broken ones.

use std::process::Output;

use serde_json::Value;

use super::{
    echo::EchoApp,
    recipe::{Proxy, Recipe, Running},
    through_each_proxy,
};
use crate::harness::{Server, Settings, Site, ends, program};

through_each_proxy! {
    a_good_recipe_is_called_good,
    a_header_that_is_not_deleted_is_named_with_its_cure,
    an_underscore_that_is_let_through_is_named_with_its_cure,
    a_disguise_that_is_let_through_is_refused_by_the_gate_or_named_with_its_cure,
    a_header_of_where_a_request_came_from_is_named_with_its_cure,
    a_proxy_without_the_echos_block_gets_nothing_forged,
    a_proxy_that_does_not_ask_is_found_out_before_a_session_is_sent,
}

/// The program with its database, as on the operator's machine, behind a proxy.
struct Deployment {
    site: Site,
    app: EchoApp,
    proxy: Running,
    _server: Server,
}

impl Deployment {
    async fn behind(recipe: Recipe) -> Self {
        let recipe = recipe.under_its_address();
        let gate = format!("{}:8000", recipe.address.split(':').next().unwrap());
        let site = Site::with(|dingtalk| settings(&gate, &recipe.address, dingtalk)).await;
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        let server = site.serves();
        let app = EchoApp::start().await;
        let proxy = recipe.start(&gate, &app.address).await;
        Self { site, app, proxy, _server: server }
    }

    /// Whether doctor is content, and its findings as `state: says → cure`.
    async fn doctor(&self) -> (bool, Vec<String>) {
        let address = format!("http://{}/", self.proxy.address);
        let doctor = program(self.site.path(), &["doctor", "--json", "--probe", &address]);
        // Doctor may reach the app, which runs on this very thread.
        let output = tokio::task::spawn_blocking(move || ends(doctor)).await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!(output.status.success(), report["ok"] == true, "{output:?}");
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let line = |finding: &Value| {
            format!("{}: {} → {}", text(finding, "state"), text(finding, "says"), text(finding, "cure"))
        };
        let lines = report["findings"].as_array().unwrap().iter().map(line).collect();
        let sessions: Output = ends(program(self.site.path(), &["sessions", "list", "--json"]));
        assert_eq!(String::from_utf8_lossy(&sessions.stdout).trim(), "[]", "the probe's session is gone");
        (report["ok"] == true, lines)
    }
}

fn settings(gate: &str, site: &str, dingtalk: &str) -> Settings {
    let (address, port) = gate.split_once(':').unwrap();
    let mut settings = Settings::least(0, &format!("http://{site}"), dingtalk);
    settings.server = format!("address = {address:?}\nport = {port}");
    settings.miandeng.push_str(
        r#"
        base_path = "/_signin"
        identity_headers = ["remote", "x-auth-request"]
        trusted_proxies = ["127.0.0.0/8"]
        "#,
    );
    settings.dingtalk = format!("oapi_url = {dingtalk:?}");
    settings
}

#[track_caller]
fn only_failure(lines: &[String]) -> &str {
    let failures: Vec<_> = lines.iter().filter(|line| line.starts_with("failed")).collect();
    assert_eq!(failures.len(), 1, "{lines:#?}");
    failures[0]
}

async fn a_good_recipe_is_called_good(proxy: Proxy) {
    let deployment = Deployment::behind(Recipe::of(proxy)).await;
    let (ok, lines) = deployment.doctor().await;
    assert!(ok, "{lines:#?}");
    for says in
        ["sent to the sign-in page", "Remote-User reaches the app", "forged headers reaches the app, in any spelling"]
    {
        assert!(lines.iter().any(|line| line.contains(says)), "{says}: {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("receives the session cookie")), "{lines:#?}");
    assert!(deployment.app.seen().is_empty());
}

async fn a_header_that_is_not_deleted_is_named_with_its_cure(proxy: Proxy) {
    let recipe = Recipe::of(proxy);
    let (broken, cure) = match proxy {
        Proxy::Nginx => (
            recipe.with("proxy_set_header Remote-Email                      $miandeng_email;", ""),
            "proxy_set_header Remote-Email $miandeng_email;",
        ),
        Proxy::Caddy => (
            recipe
                .with("request_header -Remote-*\n", "")
                .with("copy_headers Remote-User Remote-Name Remote-Email", "copy_headers Remote-User Remote-Name"),
            "request_header -Remote-Email",
        ),
        Proxy::Haproxy => (
            recipe.with("    http-request del-header ^remote- -m reg\n", "").with("    \"Remote-Email\",\n", ""),
            "http-request del-header Remote-Email",
        ),
        Proxy::Apache => {
            (recipe.with("    \"^remote%-\",\n", "").with("    \"Remote-Email\",\n", ""), "\"^remote%-email$\",")
        }
    };
    let deployment = Deployment::behind(broken).await;
    let (ok, lines) = deployment.doctor().await;
    assert!(!ok);
    let failure = only_failure(&lines);
    assert!(failure.contains("a visitor's own remote-email reaches the app") && failure.contains(cure), "{failure}");
    assert!(deployment.app.seen().is_empty());
}

async fn an_underscore_that_is_let_through_is_named_with_its_cure(proxy: Proxy) {
    let recipe = Recipe::of(proxy);
    let (broken, cure) = match proxy {
        Proxy::Nginx => {
            (recipe.with("underscores_in_headers off;", "underscores_in_headers on;"), "underscores_in_headers off;")
        }
        // The gate refuses what it is shown, so here it is shown less than the app.
        Proxy::Caddy => (
            recipe
                .with("request_header -*_*\n", "")
                .with("\t\theader_up -Upgrade\n", "\t\theader_up -Upgrade\n\t\theader_up -*_*\n"),
            "request_header -*_*",
        ),
        Proxy::Haproxy => (
            recipe.with("del-header [^a-z0-9-] -m reg", "del-header [^a-z0-9_-] -m reg"),
            "http-request del-header [^a-z0-9-] -m reg",
        ),
        Proxy::Apache => (recipe.with("\"[^a-z0-9-]\",", "\"[^a-z0-9_-]\","), "\"[^a-z0-9-]\","),
    };
    let deployment = Deployment::behind(broken).await;
    let (ok, lines) = deployment.doctor().await;
    assert!(!ok);
    let failure = only_failure(&lines);
    assert!(failure.contains('_') && failure.contains("more reach the app; a program behind WSGI"), "{failure}");
    assert!(failure.contains(cure), "{failure}");
    let warning = lines.iter().find(|line| line.starts_with("warning") && line.contains(cure));
    assert!(warning.is_some(), "of where a request came from: {lines:#?}");
}

async fn a_disguise_that_is_let_through_is_refused_by_the_gate_or_named_with_its_cure(proxy: Proxy) {
    let recipe = Recipe::of(proxy);
    let (broken, cure) = match proxy {
        Proxy::Nginx => {
            (recipe.with("ignore_invalid_headers on;", "ignore_invalid_headers off;"), "ignore_invalid_headers on;")
        }
        Proxy::Caddy => (recipe.with("request_header -*.*\n", ""), ""),
        Proxy::Haproxy => (
            recipe.with("del-header [^a-z0-9-] -m reg", "del-header [^a-z0-9.-] -m reg"),
            "http-request del-header [^a-z0-9-] -m reg",
        ),
        Proxy::Apache => (recipe.with("\"[^a-z0-9-]\",", "\"[^a-z0-9.-]\","), "\"[^a-z0-9-]\","),
    };
    let deployment = Deployment::behind(broken).await;
    let (ok, lines) = deployment.doctor().await;
    match proxy {
        // These ask the gate with a few headers of their own choice.
        Proxy::Nginx | Proxy::Haproxy | Proxy::Apache => {
            assert!(!ok);
            assert!(lines.iter().any(|line| line.starts_with("failed") && line.contains(cure)), "{lines:#?}");
        }
        Proxy::Caddy => {
            assert!(ok, "{lines:#?}");
            assert!(lines.iter().any(|line| line.contains("of the forged headers are refused entirely")), "{lines:#?}");
        }
    }
    assert!(deployment.app.seen().is_empty());
}

async fn a_header_of_where_a_request_came_from_is_named_with_its_cure(proxy: Proxy) {
    let recipe = Recipe::of(proxy);
    let (broken, cure) = match proxy {
        Proxy::Nginx => (
            recipe.with("proxy_set_header X-Rewrite-URL                    \"\";", ""),
            "proxy_set_header X-Rewrite-URL \"\";",
        ),
        Proxy::Caddy => (recipe.with("request_header -X-Rewrite-URL\n", ""), "request_header -X-Rewrite-URL"),
        Proxy::Haproxy => (recipe.with("rewrite-url|", ""), "http-request del-header X-Rewrite-URL"),
        Proxy::Apache => (recipe.with("    \"^x%-rewrite%-url$\",\n", ""), "\"^x%-rewrite%-url$\","),
    };
    let deployment = Deployment::behind(broken).await;
    let (_, lines) = deployment.doctor().await;
    let warning = lines.iter().find(|line| line.contains("a visitor's own x-rewrite-url reaches the app"));
    assert!(warning.is_some_and(|line| line.starts_with("warning") && line.contains(cure)), "{lines:#?}");
}

async fn a_proxy_without_the_echos_block_gets_nothing_forged(proxy: Proxy) {
    let broken = Recipe::of(proxy).with("/_miandeng/echo", "/_miandeng/gone");
    let deployment = Deployment::behind(broken).await;
    let (ok, lines) = deployment.doctor().await;
    assert!(!ok);
    let failure = only_failure(&lines);
    assert!(failure.contains("leads not to miandeng") && failure.contains("block for /_miandeng/echo"), "{failure}");
    let seen = deployment.app.takes_one();
    assert!(seen.headers.iter().all(|(_, value)| !value.contains("forged")), "{seen:?}");
}

async fn a_proxy_that_does_not_ask_is_found_out_before_a_session_is_sent(proxy: Proxy) {
    let broken = match proxy {
        Proxy::Nginx => Recipe::of(proxy).with("auth_request /_miandeng/gate;", "auth_request off;"),
        Proxy::Caddy => Recipe::of(proxy).with("import miandeng \"\"\n", "\n"),
        Proxy::Haproxy => {
            Recipe::of(proxy).with("http-request lua.miandeng", "#").with("http-request deny deny_status 503", "#")
        }
        Proxy::Apache => Recipe::of(proxy).with("LuaHookAccessChecker", "#"),
    };
    let deployment = Deployment::behind(broken).await;
    let (ok, lines) = deployment.doctor().await;
    assert!(!ok);
    let failure = only_failure(&lines);
    assert!(failure.contains("open to visitors who are not signed in"), "{failure}");
    assert!(failure.contains("does not ask the gate"), "{failure}");
}
