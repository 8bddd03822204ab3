//! Where a person is sent after sign-in (pure): to this host or a listed one, or home.
//!
//! An address is read by the same rules that browsers follow (WHATWG URL), and what is emitted is the re-serialised
//! result, never the text that came in. Whatever two readers could read differently is refused: better home than
//! elsewhere.

use url::Url;

use crate::config::Config;

const MOST_BYTES: usize = 4096;

/// The address to go to: an absolute URL on a permitted host, or the `home` setting.
pub fn resolve(wanted: Option<&str>, config: &Config) -> String {
    wanted.and_then(|text| permitted(text, config)).map_or_else(|| config.home.clone(), String::from)
}

/// The URL that `text` means, if a person may be sent there.
pub fn permitted(text: &str, config: &Config) -> Option<Url> {
    if text.len() > MOST_BYTES || text.chars().any(|c| c.is_control() || c == '\\') || text.trim() != text {
        return None;
    }
    let ours = config.public_url.as_url();
    let rest = match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        // Nothing but letters, digits, dots, hyphens and a port before the path: no user, no full-width dot, no escape.
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
            if !rest[..end].bytes().all(plain) {
                return None;
            }
            &rest[end..]
        }
        // A path of ours. One that begins with two slashes would be a host.
        None if text.starts_with('/') && !text.starts_with("//") => text,
        None => return None,
    };
    if hides_something(rest) {
        return None;
    }
    let url = Url::options().base_url(Some(ours)).parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && !url.path().starts_with("//");
    (config.leads_to_us(&url) && is_plain).then_some(url)
}

/// Whether a path holds an escaped control character or backslash, which a careless application behind us decodes a
/// second time.
fn hides_something(rest: &str) -> bool {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    let odd = decoded.iter().any(|b| *b < 0x20 || *b == 0x7f || *b == b'\\');
    odd || [&b"//"[..], b"/.//", b"/..//"].iter().any(|start| decoded.starts_with(start))
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    use super::*;

    fn config() -> Config {
        let toml = r#"
            [miandeng]
            public_url = "https://app.example.com"
            allowed_return_hosts = ["bi.example.com", ".corp.example", "dev.example.com:8443"]
            [[miandeng.apps]]
            name = "oa"
            corp_id = "dingcorp"
            agent_id = "1"
            client_id = "key"
            client_secret = "secret"
        "#;
        Config::from_figment(&Figment::from(Toml::string(toml))).unwrap()
    }

    #[test]
    fn permitted_addresses_come_back_absolute() {
        let config = config();
        let check = |text, expected| assert_eq!(resolve(Some(text), &config), expected);
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
            assert_eq!(resolve(Some(text), &config), "/home", "{text:?}");
        }
        assert_eq!(resolve(Some(&format!("/{}", "x".repeat(MOST_BYTES))), &config), "/home");
        assert_eq!(resolve(None, &config), "/home");
    }
}
