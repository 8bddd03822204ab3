//! Who may ask for a signature, and for which page (pure). A signature opens the app's JSAPIs to a page: only our own
//! origin and the listed ones get one, and each page only for itself.

use url::{Origin, Url};

use crate::config::Config;

const MOST_BYTES: usize = 8192;

#[derive(Debug, PartialEq, Eq)]
pub enum PageRefusal {
    Malformed,
    /// The page or its caller is not listed, or one page asks for another.
    Foreign,
}

/// The origin in a browser's `Origin` header, if pages there may ask.
pub fn permitted_caller(origin: &str, config: &Config) -> Option<Origin> {
    let url = Url::parse(origin).ok()?;
    // Neither "null" nor anything with more than an origin in it.
    let bare = url.origin().ascii_serialization() == origin;
    (bare && is_listed(&url, config)).then(|| url.origin())
}

/// `caller`: whom the browser names, if it does.
pub fn check(url: &str, caller: Option<&Origin>, config: &Config) -> Result<(), PageRefusal> {
    if url.len() > MOST_BYTES || url.chars().any(|c| c.is_control() || c == '\\' || c == ' ') {
        return Err(PageRefusal::Malformed);
    }
    let parsed = Url::parse(url).map_err(|_| PageRefusal::Malformed)?;
    let plain = parsed.username().is_empty() && parsed.password().is_none();
    // The text is signed as it came, so it must begin with the very origin that was understood.
    let spelt = url.strip_prefix(&parsed.origin().ascii_serialization());
    let spelt = spelt.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    let for_itself = caller.is_none_or(|caller| *caller == parsed.origin());
    if plain && spelt && for_itself && is_listed(&parsed, config) { Ok(()) } else { Err(PageRefusal::Foreign) }
}

fn is_listed(url: &Url, config: &Config) -> bool {
    config.leads_to_us(url) || config.jsapi_origins.contains(&url.origin())
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };
    use proptest::prelude::*;

    use super::*;

    fn config() -> Config {
        let toml = r#"
            [miandeng]
            public_url = "https://app.example.com"
            allowed_return_hosts = [".corp.example"]
            jsapi_origins = ["https://front.example:8443"]
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
    fn listed_pages_are_signed_for_themselves() {
        let config = config();
        for origin in ["https://app.example.com", "https://bi.corp.example", "https://front.example:8443"] {
            let caller = permitted_caller(origin, &config);
            assert!(caller.is_some(), "{origin}");
            for rest in ["", "/", "/a?b=张三#c", "?q"] {
                assert_eq!(check(&format!("{origin}{rest}"), caller.as_ref(), &config), Ok(()), "{origin}{rest}");
                assert_eq!(check(&format!("{origin}{rest}"), None, &config), Ok(()), "{origin}{rest}");
            }
        }
        let caller = permitted_caller("https://bi.corp.example", &config);
        assert_eq!(
            check("https://app.example.com/", caller.as_ref(), &config),
            Err(PageRefusal::Foreign),
            "for another"
        );
    }

    #[test]
    fn nobody_else_asks() {
        let config = config();
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com/",
            "https://evilcorp.example",
            "https://corp.example",
            "https://front.example",
            "http://front.example:8443",
            "HTTPS://app.example.com",
            "https://app.example.com@evil.example",
        ] {
            assert_eq!(permitted_caller(origin, &config), None, "{origin}");
        }
    }

    #[test]
    fn nothing_else_is_signed() {
        let config = config();
        for url in [
            "https://evil.example/",
            "http://app.example.com/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://user@app.example.com/",
            "HTTPS://app.example.com/",
            "https://APP.example.com/",
            "https://app.example.com:443/",
            "https:app.example.com/",
            "https://app。example。com/",
            "//app.example.com/",
            "/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "about:blank",
            "",
            "https://app.example.com\\@evil.example/",
            "https://app.example.com/\n",
            "https://app.example.com/a b",
        ] {
            assert!(check(url, None, &config).is_err(), "{url:?}");
        }
        assert_eq!(
            check(&format!("https://app.example.com/{}", "x".repeat(65536)), None, &config),
            Err(PageRefusal::Malformed)
        );
    }

    proptest! {
        /// What is signed is a listed page also to a reader that stops at the next slash.
        #[test]
        fn what_is_signed_is_a_listed_page(
            start in "(https?:|HTTPS:|javascript:|data:)?/{0,3}(app\\.example\\.com|bi\\.corp\\.example|corp\\.example|evil\\.com|front\\.example:8443)?",
            rest in prop_oneof![any::<String>(), "[/\\\\@:.?#%\t 2eEfF。ａa]{0,12}"],
        ) {
            let (config, text) = (config(), format!("{start}{rest}"));
            let listed = |origin: &str| {
                let host = origin.strip_prefix("https://").unwrap_or_default();
                let below = host.strip_suffix(".corp.example").is_some_and(|front| !front.is_empty() && !front.contains(':'));
                below || ["app.example.com", "front.example:8443"].contains(&host)
            };
            if check(&text, None, &config).is_ok() {
                let after = text.find("://").expect("a scheme") + 3;
                let end = text[after..].find(['/', '?', '#']).map_or(text.len(), |at| after + at);
                prop_assert!(listed(&text[..end]), "{text}");
                let caller = permitted_caller(&text[..end], &config);
                prop_assert!(caller.is_some() && check(&text, caller.as_ref(), &config).is_ok(), "{text}");
            }
            if permitted_caller(&text, &config).is_some() {
                prop_assert!(listed(&text), "{text}");
            }
        }
    }
}
