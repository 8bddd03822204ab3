//! Hosts, origins and networks as settings name them.

use ipnet::IpNet;
use url::{Host, Origin, Url};

use super::Config;
use crate::i18n::setting::BadSetting;

/// An entry of `allowed_return_hosts`; `.corp.example.com` means every host below that domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    below: bool,
    port: Option<u16>,
}

impl HostPattern {
    pub fn parse(text: &str) -> Result<Self, BadSetting> {
        let (below, rest) = match text.strip_prefix('.') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains(['/', '@', '?', '#', '\\', '*', ' ']) || rest.starts_with('.') || rest.ends_with('.') {
            return Err(BadSetting::Host);
        }
        // The same parser that reads return addresses, so that both spell a host alike.
        let url = Url::parse(&format!("https://{rest}/")).map_err(|_| BadSetting::Host)?;
        match url.host() {
            Some(Host::Domain(_)) => {}
            Some(_) if !below => {}
            _ => return Err(BadSetting::Host),
        }
        // "https" hides an explicit 443 as its default; it is read from the text.
        let explicit_443 = rest.ends_with(":443");
        let port = url.port().or(explicit_443.then_some(443));
        Ok(Self { host: url.host_str().unwrap_or_default().to_owned(), below, port })
    }

    /// Whether a URL's host and port are meant. Without a port in the entry, only the scheme's own port is.
    pub fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host_matches = self.covers(host);
        let port_matches = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        host_matches && port_matches
    }

    /// Whether a host is meant, at whatever port: cookies know no ports either.
    fn covers(&self, host: &str) -> bool {
        match host.strip_suffix(self.host.as_str()) {
            Some("") => !self.below,
            Some(front) => self.below && front.len() > 1 && front.ends_with('.'),
            None => false,
        }
    }
}

impl Config {
    /// Whether `bi.example.com:8443`, as a request names its host, is one that the gate guards apps at, and none of ours. What
    /// cannot be read is.
    pub fn is_host_of_apps(&self, authority: &str) -> bool {
        let ours = self.public_url.as_url();
        let is_plain = !authority.contains(['/', '\\', '@', '?', '#']);
        let url = Url::parse(&format!("{}://{authority}/", ours.scheme())).ok().filter(|_| is_plain);
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?.trim_end_matches('.')))) else {
            return true;
        };
        match Some(host) == ours.host_str() {
            true => url.port() != ours.port() && self.allowed_return_hosts.iter().any(|listed| listed.matches(url)),
            false => self.allowed_return_hosts.iter().any(|listed| listed.covers(host)),
        }
    }
}

/// `https://front.example.com`: an origin, without path.
pub(super) fn origin(text: &str) -> Result<Origin, BadSetting> {
    let url = super::http_url(text).ok_or(BadSetting::Origin)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if bare { Ok(url.origin()) } else { Err(BadSetting::Origin) }
}

/// An address or a network, `10.0.0.0/8`.
pub(super) fn network(text: &str) -> Result<IpNet, BadSetting> {
    let network = text.parse::<IpNet>().ok();
    network.or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from)).ok_or(BadSetting::Network)
}

/// A domain that the public host lies in: a browser keeps no cookie for any other.
pub(super) fn cookie_domain(text: &str, public_url: &Url) -> Result<String, BadSetting> {
    let domain = text.trim_start_matches('.').to_ascii_lowercase();
    let Some(Host::Domain(host)) = public_url.host() else {
        return Err(BadSetting::CookieDomainOfAddress);
    };
    let inside = host == domain || host.strip_suffix(&domain).is_some_and(|front| front.ends_with('.'));
    if !inside || !domain.contains('.') {
        return Err(BadSetting::CookieDomain(host.to_owned()));
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_matches_at_a_dot_only() {
        let pattern = HostPattern::parse(".corp.example").unwrap();
        let check = |url: &str| pattern.matches(&Url::parse(url).unwrap());
        assert!(check("https://a.corp.example/x"));
        assert!(check("https://a.b.corp.example/"));
        for url in [
            "https://corp.example/",
            "https://evilcorp.example/",
            "https://.corp.example/",
            "https://a.corp.example./",
            "https://a.corp.example:8443/",
            "https://a.corp.example.evil.com/",
        ] {
            assert!(!check(url), "{url}");
        }
    }

    #[test]
    fn a_port_is_matched_exactly() {
        let pattern = HostPattern::parse("bi.example.com:8443").unwrap();
        assert!(pattern.matches(&Url::parse("https://bi.example.com:8443/").unwrap()));
        assert!(!pattern.matches(&Url::parse("https://bi.example.com/").unwrap()));
    }

    #[test]
    fn a_host_of_apps_is_known_in_every_spelling_and_ours_is_none() {
        let config = crate::web::testing::config();
        for theirs in [
            "bi.example.com",
            "BI.example.com.",
            "bi.example.com:8443",
            "a.b.corp.example",
            "dev.example.com",
            "app.example.com@bi.example.com",
            "app.example.com/bi",
            "",
            "a b",
        ] {
            assert!(config.is_host_of_apps(theirs), "{theirs}");
        }
        for ours in ["app.example.com", "app.example.com:443", "127.0.0.1:8000", "[::1]:8000", "other.example"] {
            assert!(!config.is_host_of_apps(ours), "{ours}");
        }
    }

    #[test]
    fn entries_that_are_no_host_are_refused() {
        for text in
            ["", ".", "https://a.com", "*.example.com", "a.com/x", "user@a.com", "..a.com", ".10.0.0.1", "a.com."]
        {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }
}
