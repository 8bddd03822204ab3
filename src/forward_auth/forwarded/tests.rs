use proptest::prelude::*;

use super::*;
use crate::web::testing::{PROXY, config, is_listed, read};

const DIALECTS: [Dialect; 4] = [Dialect::Nginx, Dialect::Traefik, Dialect::Caddy, Dialect::Envoy];
const PIECES: [&str; 50] = [
    "/",
    "/",
    "//",
    "\\",
    "a",
    "b",
    "张",
    ".",
    "..",
    "/..",
    "/.",
    ";",
    "/..;/",
    "%2e%2e",
    "%2e",
    "%2f",
    "%5c",
    "%00",
    "%0a",
    "%",
    "%g0",
    "%E5%BC%A0",
    "?",
    "?a=b",
    "&",
    "#",
    ",",
    ",/",
    ", ",
    ",https://evil.com/",
    "@",
    ":",
    ":443",
    ":0443",
    ":8443",
    " ",
    "\t",
    "\u{7f}",
    "\u{a0}",
    "|",
    "\"",
    "<",
    "`",
    "{",
    "app.example.com",
    "evil.com",
    "https://",
    "[::1]",
    "xn--",
    "_",
];

/// A good value, one of hostile pieces, or any text.
fn value(good: &'static [&'static str]) -> impl Strategy<Value = String> {
    let pieces = || proptest::collection::vec(prop::sample::select(&PIECES[..]), 0..6).prop_map(|all| all.concat());
    prop_oneof![
        4 => prop::sample::select(good).prop_map(str::to_owned),
        3 => (prop::sample::select(good), pieces()).prop_map(|(good, rest)| format!("{good}{rest}")),
        1 => (pieces(), prop::sample::select(good)).prop_map(|(front, good)| format!("{front}{good}")),
        1 => pieces(),
        1 => any::<String>(),
    ]
}

const HOSTS: [&str; 6] =
    ["app.example.com", "APP.example.com:443", "a.corp.example", "dev.example.com:8443", "evil.com", "127.0.0.1"];
const URIS: [&str; 5] = ["/", "/a/b?c=d/../e", "/%E5%BC%A0", "/x//y?", "/a/..b/%2e%2ec/b/"];
const URLS: [&str; 3] = ["https://app.example.com/", "https://a.corp.example/x", "https://evil.com/"];
const METHODS: [&str; 4] = ["GET", "POST", "M-SEARCH", "get"];
const PROTOS: [&str; 4] = ["https", "http", "wss", "HTTPS"];

/// The headers that some dialect reads, in the order of [`NAMES`].
fn headers() -> impl Strategy<Value = [String; 6]> {
    (value(&METHODS), value(&URLS), value(&METHODS), value(&PROTOS), value(&HOSTS), value(&URIS))
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f])
}

const NAMES: [&str; 6] = [
    "X-Original-Method",
    "X-Original-URL",
    "X-Forwarded-Method",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Uri",
];

fn understood(dialect: Dialect, headers: &[(&str, &str)]) -> Option<Url> {
    let endpoint = if dialect == Dialect::Envoy { "/auth/envoy/a/b" } else { "/auth/x" };
    read(endpoint, headers, PROXY, |request| Original::read(dialect, request, config()).ok()?.url())
}

/// Scheme, host with port, and path, cut at the first sign of each.
fn naive(url: &str) -> (String, String, Vec<u8>) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.is_empty() || port.parse() == Ok(443) => name.to_owned(),
        _ => host,
    };
    (scheme.to_owned(), host, percent_encoding::percent_decode_str(path).collect())
}

/// What reaches a decision is one and the same request to the proxy, the app and a browser.
fn read_as_everybody_reads_it_or_not_at_all(dialect: Dialect, values: &[String; 6]) -> Result<(), TestCaseError> {
    let mut headers: Vec<(&str, &str)> = NAMES.into_iter().zip(values.iter().map(String::as_str)).collect();
    headers.push(("Host", values[4].as_str()));
    let Some(url) = understood(dialect, &headers) else { return Ok(()) };
    let [_, original_url, _, proto, host, uri] = values;
    let asked = match dialect {
        Dialect::Nginx => original_url.clone(),
        // Empty counts as absent: the scheme is then public_url's.
        Dialect::Envoy if proto.is_empty() => format!("https://{host}/a/b"),
        Dialect::Envoy => format!("{proto}://{host}/a/b"),
        _ => format!("{}://{host}{uri}", proto.replace("wss", "https")),
    };
    let (scheme, authority, path) = naive(&asked);
    let ours = url.port().map_or_else(String::new, |port| format!(":{port}"));
    prop_assert_eq!(url.scheme(), scheme);
    prop_assert_eq!(format!("{}{ours}", url.host_str().unwrap_or_default()), authority.clone());
    prop_assert!(is_listed(&authority), "{authority}");
    let levels: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
    prop_assert!(!levels.iter().any(|level| [&b"."[..], b"..", b";"].contains(level)), "{asked}");
    prop_assert!(!levels.iter().any(|level| [&b"..;"[..], b".;", b";"].iter().any(|start| level.starts_with(start))));
    prop_assert_eq!(percent_encoding::percent_decode_str(url.path()).collect::<Vec<u8>>(), path);
    Ok(())
}

#[test]
fn what_was_tried_before_is_tried_again() {
    for values in crate::corpus::lines::<[String; 6]>("forwarded.jsonl") {
        for dialect in DIALECTS {
            read_as_everybody_reads_it_or_not_at_all(dialect, &values)
                .unwrap_or_else(|error| panic!("{values:?}: {error}"));
        }
    }
}

proptest! {
    #[test]
    fn a_question_is_read_as_everybody_reads_it_or_not_at_all(values in headers(), which in 0..4_usize) {
        read_as_everybody_reads_it_or_not_at_all(DIALECTS[which], &values)?;
    }

    /// A header that comes twice, or holds two values, is refused.
    #[test]
    fn two_values_are_none(
        which in 0..4_usize, header in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
        join in prop::sample::select(&[None, Some(","), Some(", "), Some(" ,")][..]), turned in any::<bool>(),
    ) {
        let dialect = DIALECTS[which];
        let good = ["GET", "https://app.example.com/", "GET", "https", "app.example.com", "/"];
        let mut headers: Vec<(&str, String)> = NAMES.into_iter().zip(good.map(str::to_owned)).collect();
        headers.push(("Host", "app.example.com".to_owned()));
        let read: &[usize] = match dialect {
            Dialect::Nginx => &[0, 1],
            Dialect::Envoy => &[3, 6],
            _ => &[2, 3, 4, 5],
        };
        let at = read[header.index(read.len())];
        let others: &[&str] = match at {
            0 | 2 => &["GET", "POST"],
            1 => &["https://app.example.com/", "https://a.corp.example/admin"],
            3 => &["https", "http"],
            5 => &["/", "/admin"],
            _ => &["app.example.com", "a.corp.example"],
        };
        let borrowed = |headers: &[(&'static str, String)]| {
            let pairs: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            understood(dialect, &pairs)
        };
        prop_assert!(borrowed(&headers).is_some(), "the good question");
        let other = others[second.index(others.len())];
        match join {
            None if turned => headers.insert(0, (headers[at].0, other.to_owned())),
            None => headers.push((headers[at].0, other.to_owned())),
            Some(join) if turned => headers[at].1 = format!("{other}{join}{}", headers[at].1),
            Some(join) => headers[at].1 += &format!("{join}{other}"),
        }
        prop_assert_eq!(borrowed(&headers), None);
    }
}
