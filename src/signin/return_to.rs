//! Where a person is sent after sign-in (pure): to this host or a listed one, or home.
//!
//! An address is read as browsers read it (WHATWG URL), and the re-serialised result is sent out, never the text that
//! came in. Whatever two readers could read differently is refused: better home than elsewhere.

use url::Url;

use crate::config::Config;

const MOST_BYTES: usize = 4096;

/// An absolute URL on a permitted host, or the `home` setting.
pub fn resolve(wanted: Option<&str>, config: &Config) -> String {
    wanted.and_then(|text| permitted(text, config)).map_or_else(|| config.home.clone(), String::from)
}

/// The URL that `i18n/` means, if a person may be sent there.
pub fn permitted(text: &str, config: &Config) -> Option<Url> {
    if text.len() > MOST_BYTES || text.chars().any(|c| c.is_control() || c == '\\') || text.trim() != text {
        return None;
    }
    let ours = config.public_url.as_url();
    let rest = match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        // Before the path only letters, digits, dots, hyphens and a port: no user, no full-width dot, no escape.
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
            if !rest[..end].bytes().all(plain) {
                return None;
            }
            &rest[end..]
        }
        // A path of ours. Two slashes at the start would name a host.
        None if text.starts_with('/') && !text.starts_with("//") => text,
        None => return None,
    };
    if hides_something(rest) {
        return None;
    }
    let url = Url::options().base_url(Some(ours)).parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    // Checked again after dots are resolved: they may have hidden something in front of a harmless path.
    (config.leads_to_us(&url) && is_plain && !hides_something(url.path())).then_some(url)
}

/// Whether a path begins with two slashes, or holds an escaped control character or backslash, even if only after a
/// careless application has decoded it a second time.
fn hides_something(rest: &str) -> bool {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    let odd = decoded.iter().any(|b| *b < 0x20 || *b == 0x7f || *b == b'\\');
    odd || [&b"//"[..], b"/.//", b"/..//"].iter().any(|start| decoded.starts_with(start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::web::testing::{config, is_listed};

    const PIECES: [&str; 72] = [
        "/",
        "/",
        "//",
        "\\",
        "https://",
        "https:",
        "http://",
        "http:",
        "HTTPS://",
        "javascript:",
        "data:",
        "blob:",
        "dingtalk:",
        "file:",
        "app.example.com",
        "app.example.com",
        "bi.example.com",
        "a.corp.example",
        "corp.example",
        "dev.example.com:8443",
        "evil.com",
        "evilcorp.example",
        "app。example。com",
        "ａpp.example.com",
        ".",
        "..",
        "./",
        "../",
        "/..",
        "%2e",
        "%2E%2e",
        "%2f",
        "%2F",
        "%5c",
        "%00",
        "%0d%0a",
        "%09",
        "%",
        "%zz",
        "\t",
        "\n",
        "\r",
        "\0",
        "\u{7f}",
        "\u{85}",
        " ",
        "\u{3000}",
        "@",
        "user:pass@",
        ":",
        ":443",
        ":0443",
        ":8443",
        ":80",
        ":99999",
        "?",
        "#",
        "&",
        "=",
        "a",
        "张",
        "[::1]",
        "[",
        "]",
        "xn--",
        "|",
        "\"",
        "<",
        "\u{202e}",
        "\u{2028}",
        "\u{ad}",
        "0x7f.1",
    ];

    fn hostile() -> impl Strategy<Value = String> {
        let pieces = || proptest::collection::vec(prop::sample::select(&PIECES[..]), 0..9).prop_map(|all| all.concat());
        prop_oneof![
            pieces(),
            pieces().prop_map(|rest| format!("/{rest}")),
            pieces().prop_map(|rest| format!("/a/../{rest}")),
            pieces().prop_map(|rest| format!("https://app.example.com{rest}")),
            pieces().prop_map(|rest| format!("https://bi.example.com/{rest}")),
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_wanted_leads_to_a_listed_host_or_home(text in hostile()) {
            let Some(url) = permitted(&text, config()) else { return Ok(()) };
            let emitted = url.as_str();
            prop_assert!(emitted.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'), "{emitted}");
            // To a reader that stops at the next slash, it is the same host.
            let rest = emitted.strip_prefix("https://").expect("our scheme");
            let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).expect("a path"));
            prop_assert!(is_listed(authority), "{authority}");
            prop_assert!(rest.starts_with('/') && !rest.starts_with("//"), "{rest}");
            // A browser understands what we understood, and so do we when the address comes back in a state.
            prop_assert_eq!(Url::parse(emitted), Ok(url.clone()));
            prop_assert_eq!(permitted(emitted, config()), Some(url.clone()));
            prop_assert_eq!(resolve(Some(&text), config()), emitted);
        }
    }

    #[test]
    fn what_a_path_hides_is_found_after_its_dots_are_gone() {
        for text in
            ["/a/../%2fevil.com", "/a/..//%2fevil.com", "/a/%2e%2e/%2Fevil.com", "https://app.example.com/a/../.%2f/x"]
        {
            assert_eq!(permitted(text, config()), None, "{text}");
        }
    }

    #[test]
    fn permitted_addresses_come_back_absolute() {
        let config = config();
        let check = |text, expected| assert_eq!(resolve(Some(text), config), expected);
        check("/reports?q=%E5%BC%A0#top", "https://app.example.com/reports?q=%E5%BC%A0#top");
        check("/报表", "https://app.example.com/%E6%8A%A5%E8%A1%A8");
        check("/a/../b", "https://app.example.com/b");
        check("https://app.example.com:443/x", "https://app.example.com/x");
        check("https://bi.example.com/x?next=//evil.com", "https://bi.example.com/x?next=//evil.com");
        check("https://a.b.corp.example/", "https://a.b.corp.example/");
        check("https://dev.example.com:8443/x", "https://dev.example.com:8443/x");
    }

    #[test]
    fn everything_else_leads_home() {
        let config = config();
        for text in [
            "",
            " ",
            "x",
            "?x",
            "#x",
            ".",
            "..//evil.com",
            "//evil.com",
            "///evil.com",
            "////evil.com",
            "/\\evil.com",
            "\\/evil.com",
            "\\\\evil.com",
            "/\tevil.com",
            "/\t/evil.com",
            "/%09/evil.com",
            "/%0d%0aSet-Cookie:x=1",
            "/%5cevil.com",
            "/%2f%2fevil.com",
            "/%2fevil.com",
            "/.%2f/evil.com",
            "/\n/evil.com",
            " https://app.example.com/",
            "https:evil.com",
            "https:/evil.com",
            "https:app.example.com",
            "https:///evil.com",
            "HTTPS://evil.com",
            "https://evil.com",
            "https://app.example.com@evil.com/",
            "https://evil.com#@app.example.com",
            "https://evil.com?app.example.com",
            "https://user:pass@app.example.com/",
            "https://@app.example.com/",
            "https://app.example.com.evil.com/",
            "https://app.example.com./",
            "https://app。example。com/",
            "https://ａpp.example.com/",
            "https://app.example.com%2eevil.com/",
            "https://app.example.com:8443/",
            "http://app.example.com/",
            "http://bi.example.com/",
            "https://bi.example.com:8443/",
            "https://evilcorp.example/",
            "https://corp.example/",
            "https://.corp.example/",
            "https://a.corp.example./",
            "https://dev.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:https://app.example.com/x",
            "dingtalk://dingtalkclient/x",
            "file:///etc/passwd",
            "ftp://app.example.com/",
            "/..//evil.com",
            "/.//evil.com",
            "https://app.example.com//evil.com",
            "\u{0}",
            "/\u{0}",
            "/\u{7f}",
            "https://",
            "https://[::1",
            "https://xn--/",
        ] {
            assert_eq!(resolve(Some(text), config), "/home", "{text:?}");
        }
        assert_eq!(resolve(Some(&format!("/{}", "x".repeat(MOST_BYTES))), config), "/home");
        assert_eq!(resolve(None, config), "/home");
    }
}
