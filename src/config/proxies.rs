//! The HTTP proxies that the environment names. reqwest obeys them silently; the same matcher is asked here.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use super::{ConfigError, DingtalkConfig};
use crate::i18n::setting::BadSetting;

const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

pub struct Proxies(Matcher);

impl Proxies {
    pub fn of_environment() -> Self {
        Self(Matcher::from_system())
    }

    /// The proxy that a request to this address goes through, without the name and password that may be in it.
    pub fn before(&self, address: &str) -> Option<String> {
        // The same text that reqwest asks about.
        let url = Url::parse(address).ok()?;
        if is_here(&url) {
            return None;
        }
        let proxy = self.0.intercept(&url.as_str().parse().ok()?)?;
        let host = proxy.uri().authority()?.as_str();
        let host = host.rsplit('@').next().unwrap_or_default();
        // A password with a slash in it ends the address early, and its beginning passes for a host.
        let values = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
        let is_secret =
            values.into_iter().any(|value| value.rsplit_once('@').is_some_and(|(who, _)| who.contains(host)));
        let host = if is_secret { "(not shown: percent-encode the password in it)" } else { host };
        Some(format!("{}://{host}", proxy.uri().scheme_str().unwrap_or("http")))
    }

    /// Which variables are set, for the operator. Of a proxy's the name alone.
    pub fn variables() -> Vec<String> {
        let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let proxies = VARIABLES.iter().filter(|name| set(name).is_some()).map(|name| (*name).to_owned());
        let exceptions = EXCEPTIONS.iter().filter_map(|name| Some(format!("{name}={}", set(name)?)));
        let all: Vec<_> = proxies.chain(exceptions).collect();
        if all.iter().any(|name| VARIABLES.contains(&name.as_str())) { all } else { Vec::new() }
    }

    /// Whether DingTalk can be called without showing a proxy the apps' secrets.
    pub fn check(&self, config: &DingtalkConfig) -> Result<(), ConfigError> {
        for (key, address) in config.called() {
            let is_plain = Url::parse(address).is_ok_and(|url| url.scheme() == "http");
            if let Some(proxy) = self.before(address).filter(|_| is_plain) {
                let problem = BadSetting::SecretsInTheClear(proxy);
                return Err(ConfigError::wrong(format!("miandeng.dingtalk.{key}"), address, problem));
            }
        }
        Ok(())
    }
}

/// Whether an address is on this machine, as the simulator's is. No proxy can lead there.
pub fn is_local(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_here(&url))
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> Proxies {
        Proxies(Matcher::builder().all("http://user:secret@proxy.example:3128").no("corp.example").build())
    }

    #[test]
    fn addresses_on_this_machine_and_excepted_ones_go_through_no_proxy() {
        for address in [
            "http://127.0.0.1:8008",
            "http://127.7.7.7",
            "http://localhost:1",
            "http://LocalHost",
            "http://a.localhost",
            "http://[::1]:8008/",
            "http://[::ffff:127.0.0.1]",
            "https://localhost",
            "https://ding.corp.example",
        ] {
            assert_eq!(proxies().before(address), None, "{address}");
        }
        for address in
            ["http://128.0.0.1", "https://oapi.dingtalk.com", "http://localhost.example", "http://钉钉.example"]
        {
            assert_eq!(proxies().before(address).as_deref(), Some("http://proxy.example:3128"), "{address}");
        }
    }
}
