//! What clients try, through each proxy.

use miandeng::forward_auth::header_names;

use super::{
    http::{Header, ask},
    identity::{IDENTITY, forged},
    recipe::{ORIGIN, Proxy},
    site::{Site, Visitor},
    through_each_proxy,
};

through_each_proxy! {
    no_spelling_of_an_identity_reaches_the_app,
    headers_that_a_client_names_in_connection_stay,
    a_client_cannot_say_where_a_request_came_from,
    nothing_that_apps_believe_is_a_clients_word,
    nothing_that_looks_harmless_passes_unasked,
    no_odd_address_opens_the_app,
    a_cookie_that_is_none_opens_nothing,
    nobody_asks_the_gate_from_outside,
    a_probes_session_reaches_nothing_but_the_echo,
    the_app_is_at_no_other_hosts_name,
    no_method_shows_a_visitor_what_the_app_alone_should_see,
    a_stricter_part_is_all_of_the_part,
    a_malformed_address_is_refused_as_such,
}

fn borrowed(headers: &[(String, String)]) -> Vec<Header<'_>> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn no_spelling_of_an_identity_reaches_the_app(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let forged = forged();
    // Servers accept a hundred headers or so.
    for portion in forged.chunks(50) {
        let reply = visitor.sends("GET", "/", &borrowed(portion), b"").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = site.app.takes_one();
        assert!(seen.headers.iter().all(|(_, value)| !value.contains("forged")), "{seen:?}");
        for name in IDENTITY {
            assert!(seen.folded(name).len() <= 1, "{name}: {seen:?}");
        }
        assert_eq!(seen.folded("Remote-User"), ["zhangsan"]);
        assert_eq!(seen.folded("X-Auth-Request-User"), ["zhangsan"]);
        assert!(seen.folded("Remote-Email").is_empty(), "what is not known is nobody's word: {seen:?}");
        assert_eq!(site.visitor().sends("GET", "/", &borrowed(portion), b"").await.status, 401);
    }
    assert!(site.app.seen().is_empty());
}

async fn headers_that_a_client_names_in_connection_stay(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let named = format!("close, {}, X-Forwarded-For, X-Original-URL, X-Forwarded-Uri", IDENTITY.join(", "));
    let reply = visitor.sends("GET", "/", &[("Connection", &named)], b"").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen = site.app.takes_one();
    assert_eq!((seen.folded("Remote-User"), seen.folded("X-Corp-Id").len()), (vec!["zhangsan"], 1));
    assert_eq!(seen.folded("X-Forwarded-For"), ["127.0.0.1"]);
    let reply = visitor.sends("GET", "/", &[("Connection", "close, Cookie")], b"").await;
    assert!(matches!(reply.status, 200 | 401), "{}", reply.status);
}

/// In the words of nginx, Apache, Traefik, Envoy, IIS, WebLogic, Rack, oauth2-proxy and cloud balancers.
const ELSEWHERE: [Header<'_>; 75] = [
    ("X-Original-URL", "https://evil.example/"),
    ("X-Original-Method", "TRACE"),
    ("X-Original-URI", "/evil"),
    ("X-Original-Host", "evil.example"),
    ("X-Original-Forwarded-For", "6.6.6.6"),
    ("X-Rewrite-URL", "/evil"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "gopher"),
    ("X-Forwarded-Port", "666"),
    ("X-Forwarded-Uri", "/evil"),
    ("X-Forwarded-Method", "EVIL"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Path", "/evil"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Scheme", "gopher"),
    ("X-Forwarded-Protocol", "gopher"),
    ("X-Forwarded-Ssl", "evil"),
    ("X-Forwarded-By", "evil"),
    ("X-Forwarded", "for=6.6.6.6"),
    ("X-Forwarded-User", "evil"),
    ("X-Forwarded-Email", "evil@example.com"),
    ("X-Forwarded-Groups", "evil"),
    ("X-Forwarded-Preferred-Username", "evil"),
    ("X-Forwarded-Access-Token", "evil"),
    ("X-Forwarded-Client-Cert", "Subject=evil"),
    ("X-Forwarded-Tls-Client-Cert", "evil"),
    ("X-Forwarded-Tls-Client-Cert-Info", "evil"),
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.7"),
    ("X-Real-IP", "6.6.6.6"),
    ("X-Client-IP", "6.6.6.6"),
    ("X-Cluster-Client-IP", "6.6.6.6"),
    ("True-Client-IP", "6.6.6.6"),
    ("X-Url-Scheme", "gopher"),
    ("Front-End-Https", "evil"),
    ("X-Miandeng-Rules", "users=evil"),
    ("Forwarded", "for=6.6.6.6;host=evil.example;proto=gopher"),
    ("X-Original-URL", "https://evil.example/2"),
    ("x_forwarded_host", "evil.example"),
    ("X.Forwarded.Host", "evil.example"),
    ("X-Forwarded.User", "evil"),
    ("X~Real~IP", "6.6.6.6"),
    ("x_original-url", "/evil"),
    ("X+Forwarded+For", "6.6.6.6"),
    ("Client.IP", "6.6.6.6"),
    ("X-Forwarded-Remote-User", "evil"),
    ("X-Forwarded-Name", "evil"),
    ("X-Remote-User", "evil"),
    ("X-WebAuth-User", "evil"),
    ("SSL-Client-Cert", "evil"),
    ("X-SSL-Client-S-DN", "evil"),
    ("X-Forwarded-Ip", "evil"),
    ("X-Forwarded-Context", "evil"),
    ("X-Forwarded-Script-Name", "evil"),
    ("X-Original-Proto", "evil"),
    ("X-Scheme", "evil"),
    ("X-Script-Name", "evil"),
    ("X-Host", "evil"),
    ("X-HTTP-Host-Override", "evil"),
    ("Client-IP", "evil"),
    ("Proxy-Client-IP", "evil"),
    ("WL-Proxy-Client-IP", "evil"),
    ("CF-Connecting-IP", "evil"),
    ("Fastly-Client-IP", "evil"),
    ("Ali-CDN-Real-IP", "evil"),
    ("X-ProxyUser-Ip", "evil"),
    ("X-Originating-IP", "evil"),
    ("X-Remote-IP", "evil"),
    ("X-Remote-Addr", "evil"),
    ("Remote-Addr", "evil"),
    ("Remote-Host", "evil"),
    ("Remote-Ip", "evil"),
    ("Proxy", "evil"),
    ("X-Accel-Mapping", "evil"),
    ("X-Sendfile-Type", "evil"),
];

async fn a_client_cannot_say_where_a_request_came_from(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let headers = [&[("Accept", "text/html")][..], &ELSEWHERE].concat();
    let reply = site.visitor().sends("GET", "/x", &headers, b"").await;
    let address = format!("{ORIGIN}/_signin/?return_to=http%3A%2F%2Fapp.example.com%3A8080%2Fx");
    assert_eq!((reply.status, reply.header("location")), (302, address.as_str()));
    assert!(site.app.seen().is_empty());

    let reply = site.signed_in().await.sends("GET", "/x", &headers, b"").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen = site.app.takes_one();
    let evil = |value: &str| {
        ["evil", "EVIL", "6.6.6", "gopher", "TRACE"].iter().any(|word| value.contains(word))
            // A signed identity may hold any digits.
            || value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "666")
    };
    assert!(seen.headers.iter().all(|(_, value)| !evil(value)), "{seen:?}");
    assert_eq!(seen.folded("X-Forwarded-For"), ["127.0.0.1"]);
}

/// The gate's own list, which `doctor --probe` tries too.
async fn nothing_that_apps_believe_is_a_clients_word(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let names: Vec<_> = header_names::all().collect();
    for portion in names.chunks(40) {
        let headers: Vec<Header<'_>> = portion.iter().map(|name| (*name, "evil")).collect();
        assert_eq!(visitor.sends("GET", "/x", &headers, b"").await.status, 200);
        let seen = site.app.takes_one();
        assert!(seen.headers.iter().all(|(_, value)| !value.contains("evil")), "{seen:?}");
    }
}

async fn nothing_that_looks_harmless_passes_unasked(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    for (method, target) in [
        ("OPTIONS", "/"),
        ("HEAD", "/"),
        ("TRACE", "/"),
        ("PROPFIND", "/"),
        ("GET", "/favicon.ico"),
        ("GET", "/robots.txt"),
        ("GET", "/static/x.css"),
        ("GET", "/.well-known/acme-challenge/x"),
        ("GET", "/healthz"),
        ("GET", "/_miandeng/gate"),
        ("GET", "/_miandeng/echo"),
        ("GET", "/_signin"),
        ("GET", "/_signinx/"),
    ] {
        for agent in ["kube-probe/1.30", "ELB-HealthChecker/2.0", "GoogleHC/1.0", "Prometheus/2.5", "curl/8", ""] {
            let headers = [("User-Agent", agent), ("Origin", ORIGIN), ("Access-Control-Request-Method", "GET")];
            let reply = site.visitor().sends(method, target, &headers, b"").await;
            assert!(reply.status >= 300, "{method} {target} {agent}: {}", reply.status);
        }
    }
    assert!(site.app.seen().is_empty(), "{:?}", site.app.seen());
}

async fn no_odd_address_opens_the_app(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let long = format!("/{}", "a".repeat(64 * 1024));
    let targets = [
        "//",
        "//x",
        "/..",
        "/../..",
        "/./",
        "/a/../b",
        "/%2e%2e/",
        "/%2E%2E%2F",
        "/a%2fb",
        "/a%2Fb",
        "/%",
        "/%zz",
        "/%0",
        "/%00",
        "/a%00b",
        "/%0d%0aRemote-User:%20x",
        "/%C0%AF",
        "/a\\b",
        "/%5C",
        "/a;b",
        "/?",
        "/?%",
        "/?a=%00",
        "/_signin/../",
        "/_signin/..",
        "/_signin/%2e%2e/x",
        "/_signin/..%2fx",
        "/_signin//../x",
        "/x/../_signin/",
        "/_signin/../../x",
        "http://app.example.com:8080/x",
        "http://evil.example/x",
        "x",
        "*",
        "/张三",
        "/a b",
        "/#",
        &long,
    ];
    for target in targets {
        for method in ["GET", "OPTIONS", "G\u{7f}T", "get"] {
            let headers = [("Host", "app.example.com:8080"), ("Accept", "text/html")];
            let reply = ask(&site.proxy.address, method, target, &headers, b"").await;
            // Caddy answers an empty 200 for a host that it does not know.
            let closed = reply.status >= 300 || reply.body.is_empty() || target.contains("_signin");
            assert!(closed, "{method} {target:.60}: {} {}", reply.status, reply.text());
            assert!(site.app.seen().is_empty(), "{method} {target:.60}: {:?}", site.app.seen());
        }
    }
    for host in ["evil.example", "app.example.com:8080, evil.example", "app.example.com@evil.example", "", "localhost"]
    {
        ask(&site.proxy.address, "GET", "/", &[("Host", host)], b"").await;
        ask(&site.proxy.address, "GET", "/", &[("Host", "app.example.com"), ("Host", host)], b"").await;
    }
    ask(&site.proxy.address, "GET", "/", &[], b"").await;
    assert!(site.app.seen().is_empty(), "{:?}", site.app.seen());
}

async fn a_cookie_that_is_none_opens_nothing(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let good = site.signed_in().await.cookie();
    let session = good.split("; ").find(|pair| pair.starts_with("miandeng=")).unwrap();
    let flipped = session.replace(['0', '1', '2'], "f");
    let refused = async |visitor: Visitor, cookies: &[&str]| {
        let headers: Vec<Header<'_>> = cookies.iter().map(|cookie| ("Cookie", *cookie)).collect();
        let reply = visitor.sends("GET", "/", &headers, b"").await;
        assert!(reply.status >= 400, "{cookies:?}: {}", reply.status);
    };
    refused(site.visitor(), &[&flipped]).await;
    refused(site.visitor(), &[&session[..session.len() - 1]]).await;
    refused(site.visitor(), &[&format!("{session}; {session}")]).await;
    refused(site.visitor(), &[&format!("{flipped}; {session}")]).await;
    refused(site.visitor(), &[&flipped, session]).await;
    refused(site.visitor(), &[&session.replace("miandeng=", "__Host-miandeng=")]).await;
    refused(site.visitor(), &[&format!("miandeng={}", "a".repeat(7000))]).await;
    assert!(site.app.seen().is_empty());
}

async fn nobody_asks_the_gate_from_outside(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    let headers = [
        ("X-Original-URL", "http://app.example.com:8080/finance/"),
        ("X-Original-Method", "GET"),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Uri", "/finance/"),
        ("X-Miandeng-Rules", "users=zhangsan"),
    ];
    for target in [
        "/_signin/auth/nginx",
        "/_signin/auth/nginx/",
        "/_signin/auth/traefik",
        "/_signin/auth/caddy?users=zhangsan",
        "/_signin/auth/envoy/finance/",
        "/_signin/%61uth/nginx",
        "/_signin/auth%2fnginx",
        "/_signin//auth//nginx",
        "//_signin/auth/nginx",
        "/_signin/./auth/nginx",
        "/_signin/x/../auth/nginx",
        "/_signin/AUTH/nginx",
        "/_signin/auth",
        "/_signin/auth/envoy/../../y",
        "/_signin/auth/envoy/%2e%2e/%2e%2e/y",
        "/_signin/auth/nginx/../../y",
        "/_signin/auth/nginx/refusal?problem=not-allowed",
    ] {
        for method in ["GET", "POST"] {
            let reply = visitor.sends(method, target, &headers, b"").await;
            let told = reply.headers.iter().find(|(name, _)| name.to_ascii_lowercase().contains("miandeng-identity"));
            assert!(told.is_none() && reply.header("Remote-User").is_empty(), "{method} {target}: {told:?}");
            assert!(reply.status >= 400 || !site.app.seen().is_empty(), "{method} {target}: {}", reply.status);
        }
    }
    // Other addresses are the app's, under the gate's usual rule.
    assert!(site.app.seen().iter().all(|seen| seen.folded("Remote-User") == ["zhangsan"]));
}

/// Apps that ignore case or a trailing slash serve the part under these addresses too.
async fn a_stricter_part_is_all_of_the_part(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    for target in [
        "/finance",
        "/finance/",
        "/finance?x",
        "/FINANCE",
        "/FINANCE/salaries",
        "/Finance/salaries",
        "/finance;x=1/salaries",
        "/finance;x",
        "/finance%2fsalaries",
        "/finance%2Fsalaries",
        "/%66%49nance/salaries",
        "/finance//salaries",
        "//finance",
        "/./finance",
        "/x/../finance",
        "/x/%2e%2e/finance",
        "/x/..;/finance/salaries",
        "/finance/salaries/../../x",
        "/finance/salaries/..%2f..%2fx",
        "/finance/%2e%2e/x",
        "/finance/salaries/../..",
        "/;/finance/salaries",
        "/;x=1/finance/x",
        "/a/;/../finance",
        "/finance.json",
        "/finance.html",
        "/finance.",
        "/finance%20/x",
        "/finance:x",
        "/x%2fy/../finance",
        "/x/%2e.;y/finance",
        "/finance\\salaries",
        "/finance%5csalaries",
        "/x%5c..%5cfinance",
    ] {
        let reply = visitor.sends("GET", target, &[], b"").await;
        assert!(matches!(reply.status, 400 | 403), "{target}: {} {}", reply.status, reply.text());
        assert!(site.app.seen().is_empty(), "{target}: {:?}", site.app.seen());
    }
    for target in ["/financex", "/x/finance", "/finances/"] {
        assert_eq!(visitor.sends("GET", target, &[], b"").await.status, 200, "{target}");
        assert_eq!(site.app.takes_one().target, target);
    }
}

/// A later try would not help, so no page suggests it.
async fn a_malformed_address_is_refused_as_such(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    for visitor in [site.signed_in().await, site.visitor()] {
        for target in ["/a%5cb", "/%0a", "/a/..;/b"] {
            let reply = visitor.sends("GET", target, &[("Accept", "text/html")], b"").await;
            assert_eq!((reply.status, reply.header("retry-after")), (400, ""), "{target}: {}", reply.text());
            assert!(
                reply.text().contains("data-problem=\"invalid-request\"")
                    && reply.header("cache-control").contains("no-store"),
                "{}",
                reply.text()
            );
        }
    }
    assert!(site.app.seen().is_empty());
}

/// The proxy reads some addresses otherwise than browsers, so a session for one address is for that very text.
async fn a_probes_session_reaches_nothing_but_the_echo(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let token = site.miandeng.db_probe("zhangsan", &format!("{ORIGIN}/_miandeng/echo")).await;
    let cookie = format!("miandeng={token}");
    let asks = async |target: &str| site.visitor().sends("GET", target, &[("Cookie", &cookie)], b"").await.status;
    assert_eq!(asks("/_miandeng/echo").await, 404, "the echo itself, which wants doctor's pass");
    for target in [
        "/",
        "/x%2fy/../_miandeng/echo",
        "/finance%2fsalaries/../_miandeng/echo",
        "/x/../_miandeng/echo",
        "/_miandeng/echo/../../x",
        "/_miandeng/./echo",
        "/_miandeng//echo",
        "//_miandeng/echo",
        "/_miandeng/echo?x",
        "/_miandeng/%65cho",
        "/_miandeng%2fecho",
    ] {
        assert!(matches!(asks(target).await, 400 | 401), "{target}");
    }
    assert!(site.app.seen().is_empty(), "{:?}", site.app.seen());
}

async fn the_app_is_at_no_other_hosts_name(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let cookie = site.signed_in().await.cookie();
    for host in ["evil.example", "evil.example:8080", "app.example.com.evil.example", "127.0.0.1"] {
        ask(&site.proxy.address, "GET", "/x", &[("Host", host), ("Cookie", &cookie)], b"").await;
    }
    assert!(site.app.seen().is_empty(), "{:?}", site.app.seen());
}

/// An app that answers TRACE sends back the headers that it got, the signed identity among them.
async fn no_method_shows_a_visitor_what_the_app_alone_should_see(proxy: Proxy) {
    let site = Site::behind(proxy).await;
    let visitor = site.signed_in().await;
    for (method, target) in [("TRACE", "/"), ("TRACE", "/finance/"), ("CONNECT", "app.example.com:8080")] {
        let reply = visitor.sends(method, target, &[], b"").await;
        assert!(reply.status >= 400, "{method}: {}", reply.status);
    }
    assert!(site.app.seen().is_empty(), "{:?}", site.app.seen());
}
