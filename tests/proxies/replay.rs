//! Requests as Traefik's and Envoy's documentation describes them, to the endpoints in the recipes; and what the
//! recipes must say. (doc.traefik.io, ForwardAuth; envoyproxy.io, External Authorization, HTTP service; both read
//! 2026-11.)

use miandeng::forward_auth::header_names;

use super::{
    http::{Header, Reply, ask},
    identity::IDENTITY,
    recipe::{ORIGIN, text_of},
    site::{Visitor, address_of, miandeng},
};
use crate::harness::{App, CORP};

/// Sent by browsers when a person opens a page.
const NAVIGATES: [Header<'_>; 2] = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")];

/// A gate, and 张三's cookie.
async fn gate() -> (App, String, String) {
    let miandeng = miandeng().await;
    let address = address_of(&miandeng);
    let mut visitor = Visitor::of(&address);
    visitor.signs_in(&miandeng.simulator, "zhangsan").await;
    (miandeng, address, visitor.cookie())
}

/// What follows a text on its line in a recipe.
fn behind(recipe: &str, text: &str) -> Vec<String> {
    let lines = recipe.lines().filter_map(|line| line.trim().strip_prefix(text));
    lines.map(|rest| rest.split(" #").next().unwrap_or_default().trim().to_owned()).collect()
}

#[track_caller]
fn names_zhangsan(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!((reply.header("Remote-User"), reply.header("X-Auth-Request-User")), ("zhangsan", "zhangsan"));
    assert_eq!(reply.header("X-Corp-Id"), CORP);
    assert!(reply.body.is_empty());
}

/// Traefik always asks by GET, and leaves out what it is not told to send.
async fn traefik(address: &str, target: &str, method: &str, uri: &str, more: &[Header<'_>]) -> Reply {
    let headers = [
        &[
            ("Host", address),
            ("User-Agent", "Mozilla/5.0"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Host", "app.example.com:8080"),
            ("X-Forwarded-Method", method),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Uri", uri),
            ("Accept-Encoding", "gzip"),
        ][..],
        more,
    ];
    ask(address, "GET", target, &headers.concat(), b"").await
}

#[tokio::test]
async fn traefik_is_answered_as_it_documents_its_questions() {
    let (_miandeng, address, cookie) = gate().await;
    let recipe = text_of("traefik/dynamic.yml");
    let targets = behind(&recipe, "address: http://127.0.0.1:8000");
    let [everybody, finance] = &targets[..] else { panic!("{targets:?}") };
    let signed_in = [&NAVIGATES[..], &[("Cookie", cookie.as_str())]].concat();

    names_zhangsan(&traefik(&address, everybody, "POST", "/a?groups=x&users=y", &signed_in).await);
    let reply = traefik(&address, finance, "GET", "/finance/", &signed_in).await;
    assert_eq!(reply.status, 403);
    names_zhangsan(&traefik(&address, &finance.replace("boss", "zhangsan"), "GET", "/finance/", &signed_in).await);

    for (method, status) in [("GET", 302), ("HEAD", 302), ("POST", 303)] {
        let reply = traefik(&address, everybody, method, "/a/b?c=1", &NAVIGATES).await;
        let wanted = format!("{ORIGIN}/_signin/?return_to=http%3A%2F%2Fapp.example.com%3A8080%2Fa%2Fb%3Fc%3D1");
        assert_eq!((reply.status, reply.header("location")), (status, wanted.as_str()), "{method}");
    }
    let script = traefik(&address, everybody, "GET", "/", &[("Accept", "application/json")]).await;
    assert_eq!(script.status, 401);
    assert!(script.json()["signin_url"].is_string());
}

/// Envoy asks by the original method, with the path behind its prefix, the original Host, and what it is told to send.
async fn envoy(address: &str, prefix: &str, method: &str, path: &str, more: &[Header<'_>]) -> Reply {
    let headers = [
        &[
            ("Host", "app.example.com:8080"),
            ("User-Agent", "Mozilla/5.0"),
            ("X-Forwarded-Proto", "http"),
            ("X-Envoy-Internal", "true"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Envoy-Expected-Rq-Timeout-Ms", "5000"),
            ("Content-Length", "0"),
        ][..],
        more,
    ];
    ask(address, method, &format!("{prefix}{path}"), &headers.concat(), b"").await
}

#[tokio::test]
async fn envoy_is_answered_as_it_documents_its_questions() {
    let (_miandeng, address, cookie) = gate().await;
    let recipe = text_of("envoy/envoy.yaml");
    let [prefix] = &behind(&recipe, "path_prefix:")[..] else { panic!("one prefix") };
    let [rules] = &behind(&recipe, "- { key: x-miandeng-rules, value:")[..] else { panic!("one rule") };
    let everybody = rules.trim_matches(|c| c == '"' || c == '}' || c == ' ');
    let with = |rules: &'static str| [("Cookie", cookie.clone()), ("X-Miandeng-Rules", rules.to_owned())];
    let asks = async |method: &str, path: &str, headers: &[(&str, String)]| {
        let more: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).chain(NAVIGATES).collect();
        envoy(&address, prefix, method, path, &more).await
    };
    let everybody = [("Cookie", cookie.clone()), ("X-Miandeng-Rules", everybody.to_owned())];

    for method in ["GET", "POST", "OPTIONS", "DELETE"] {
        names_zhangsan(&asks(method, "/a/%E6%8A%A5?groups=x&users=y", &everybody).await);
    }
    let finance = with("groups=%E8%B4%A2%E5%8A%A1%E9%83%A8&users=boss");
    assert_eq!(asks("GET", "/finance/?users=zhangsan", &finance).await.status, 403);
    names_zhangsan(&asks("GET", "/", &with("users=zhangsan")).await);

    for (method, status) in [("GET", 302), ("POST", 303)] {
        let reply = asks(method, "/a/b?c=1", &everybody[1..]).await;
        let wanted = format!("{ORIGIN}/_signin/?return_to=http%3A%2F%2Fapp.example.com%3A8080%2Fa%2Fb%3Fc%3D1");
        assert_eq!((reply.status, reply.header("location")), (status, wanted.as_str()), "{method}");
    }
    let script = envoy(&address, prefix, "GET", "/", &[("X-Miandeng-Rules", "&"), ("Accept", "*/*")]).await;
    assert_eq!(script.status, 401);
    assert!(script.json()["signin_url"].is_string());
}

/// Every header that apps believe, except those that the proxy writes.
fn believed_except<'a>(own: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let all = header_names::all().chain(["HTTP2-Settings"]);
    all.filter(move |name| !own.contains(name)).map(str::to_ascii_lowercase)
}

#[test]
fn the_recipe_for_traefik_deletes_what_clients_claim_before_it_asks() {
    let recipe = text_of("traefik/dynamic.yml");
    let deleted = recipe[recipe.find("customRequestHeaders").unwrap()..].to_ascii_lowercase();
    let copied = &recipe[recipe.find("authResponseHeaders").unwrap()..];
    for name in IDENTITY {
        assert!(copied.contains(&format!("- {name}\n")), "{name}");
    }
    let own = [
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Server",
        "X-Real-IP",
    ];
    for name in believed_except(&own) {
        assert!(deleted.contains(&format!(" {name}: \"\"\n")), "{name}");
    }
    let chains = behind(&recipe, "middlewares: [");
    assert_eq!(chains.len(), 4, "the finance part, the echo, the rest, and its WebSockets: {chains:?}");
    let in_order =
        |chain: &&String| chain.starts_with("forget, no-upgrade, gate") || chain.starts_with("forget, websocket, gate");
    assert_eq!(chains.iter().filter(in_order).count(), 4, "{chains:?}");
    assert!(!recipe.contains("authRequestHeaders:"), "the gate must see what it has to refuse");
    assert_eq!(behind(&recipe, "trustForwardHeader:"), ["false", "false"]);
    assert_eq!(behind(&recipe, "Upgrade:"), ["\"\"", "websocket"]);
    assert!(recipe.contains("PathPrefix(`/_signin/`) && !PathPrefix(`/_signin/auth`)"));
}

#[test]
fn the_recipe_for_envoy_deletes_what_clients_claim_before_it_asks_and_stays_closed() {
    let recipe = text_of("envoy/envoy.yaml");
    let at = |text: &str| recipe.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("name: envoy.filters.http.header_mutation") < at("name: envoy.filters.http.ext_authz"));
    assert!(at("name: envoy.filters.http.ext_authz") < at("name: envoy.filters.http.router"));
    assert!(recipe.contains("headers_with_underscores_action: DROP_HEADER"));
    assert!(recipe.contains("failure_mode_allow: false"));
    assert!(recipe.contains("upgrade_configs: [{ upgrade_type: websocket }]"));
    assert!(at("prefix: /_signin/auth }") < at("prefix: /_signin/ }"), "the first route that fits counts");
    let copied = &recipe[at("allowed_upstream_headers")..];
    for name in IDENTITY.map(str::to_ascii_lowercase) {
        assert!(copied.contains(&format!("- {{ exact: {name} }}")), "{name}");
    }
    for name in believed_except(&["X-Forwarded-For", "X-Forwarded-Proto"]) {
        assert!(recipe.contains(&format!("- {{ remove: {name} }}")), "{name}");
    }
}

/// Traefik and Envoy cannot delete every spelling, so they show the gate what would reach the app.
#[tokio::test]
async fn what_traefik_and_envoy_cannot_delete_is_refused_by_the_gate() {
    let (_miandeng, address, cookie) = gate().await;
    for name in ["Remote_User", "remote.user", "X~Auth~Request~User", "X|Forwarded|Host"] {
        let headers = [("Cookie", cookie.as_str()), (name, "boss")];
        let asked = traefik(&address, "/_signin/auth/traefik", "GET", "/", &headers).await;
        assert_eq!((asked.status, asked.header("Remote-User")), (400, ""), "{name}");
        let asked = envoy(&address, "/_signin/auth/envoy", "GET", "/", &headers).await;
        assert_eq!((asked.status, asked.header("Remote-User")), (400, ""), "{name}");
    }
}

/// The scripts write what the gate says, in its own order.
#[test]
fn the_scripts_of_haproxy_and_apache_name_each_identity_header() {
    let list: String = header_names::IDENTITY.iter().map(|name| format!("    {name:?},\n")).collect();
    for script in ["haproxy/miandeng.lua", "apache/miandeng.lua"] {
        assert!(text_of(script).contains(&format!("local IDENTITY = {{\n{list}}}")), "{script}");
    }
}

#[test]
fn the_other_recipe_for_nginx_differs_in_addresses_alone() {
    let (one_host, two_hosts) = (text_of("nginx/app.example.com.conf"), text_of("nginx/bi.example.com.conf"));
    for line in [
        "include miandeng/server.conf;",
        "location = /_miandeng/gate {",
        "include miandeng/gate.conf;",
        "location = /_miandeng/echo {",
    ] {
        assert!(one_host.contains(line) && two_hosts.contains(line), "{line}");
    }
    assert!(two_hosts.contains("proxy_pass http://miandeng/auth/nginx;"));
    assert!(one_host.contains("location ^~ /_signin/auth/ {") && two_hosts.contains("location ^~ /auth/ {"));
}

#[tokio::test]
async fn the_echo_is_not_there_for_anybody_but_doctor() {
    let (_miandeng, address, cookie) = gate().await;
    for pass in ["", "1.2.3", "9999999999.00.00"] {
        let headers = [("Host", address.as_str()), ("Cookie", cookie.as_str()), ("Miandeng-Probe", pass)];
        let reply = ask(&address, "GET", "/_signin/probe/echo", &headers, b"").await;
        assert_eq!(reply.status, 404);
        assert!(!reply.text().contains(&cookie) && !reply.text().contains("seal"));
    }
}
