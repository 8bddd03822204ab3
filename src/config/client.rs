//! One app that signs people in, by OpenID Connect where it does not say otherwise.

use url::{Host, Url};

use super::{
    Config, ConfigError,
    app::secret,
    cas_client::{self, CasClient},
    http_url,
    raw::RawClient,
};
use crate::{
    i18n::setting::BadSetting,
    rules::{Rules, Slip},
    secret::Secret,
};

const MOST_NAME: usize = 64;
const MOST_CLIENT_ID: usize = 128;

/// An entry of `[[default.miandeng.clients]]` that speaks OpenID Connect.
#[derive(Debug, Clone)]
pub struct Client {
    /// Unique; on `/home` and in the audit trail.
    pub name: String,
    pub client_id: String,
    /// `None` for a public client, which needs PKCE.
    pub secret: Option<Secret>,
    /// Compared byte by byte, as are the next.
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the app hears that a session has ended.
    pub backchannel_logout_uri: Option<String>,
    pub signing_alg: SigningAlg,
    /// Whom it is for: `groups`, `users`, `corpid`.
    pub rules: Rules,
    /// Whether only administrators set people's mail addresses, so that the app may rely on them.
    pub verified_email: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlg {
    Rs256,
    Es256,
    EdDsa,
}

/// The apps of each protocol, and all that `/home` shows.
#[derive(Default)]
pub(super) struct Clients {
    pub oidc: Vec<Client>,
    pub cas: Vec<CasClient>,
    pub home_links: Vec<HomeLink>,
}

/// An app that `/home` leads to, for those it is for.
#[derive(Debug, Clone)]
pub struct HomeLink {
    pub name: String,
    pub address: String,
    pub rules: Rules,
}

pub(super) fn check_all(raw: Vec<RawClient>) -> Result<Clients, ConfigError> {
    let mut clients = Clients::default();
    for (i, client) in raw.iter().enumerate() {
        if raw[..i].iter().any(|earlier| earlier.name == client.name && !client.name.is_empty()) {
            return Err(ConfigError::wrong(format!("miandeng.clients[{i}].name"), &client.name, BadSetting::NameTaken));
        }
    }
    for (index, client) in raw.into_iter().enumerate() {
        let common = Common::check(index, &client)?;
        if let Some(address) = common.home_url.clone() {
            clients.home_links.push(HomeLink { name: common.name.clone(), address, rules: common.rules.clone() });
        }
        match client.protocol.as_str() {
            "" | "oidc" => clients.oidc.push(Client::check(common, client)?),
            "cas" => clients.cas.push(CasClient::check(common, &client)?),
            other => return Err(ConfigError::wrong(common.at("protocol"), other, BadSetting::ClientProtocol)),
        }
    }
    apart(&clients.oidc)?;
    cas_client::apart(&clients.cas)?;
    Ok(clients)
}

/// No two have one client_id.
fn apart(clients: &[Client]) -> Result<(), ConfigError> {
    for (i, client) in clients.iter().enumerate() {
        for earlier in &clients[..i] {
            if earlier.client_id == client.client_id {
                let key = format!("miandeng.clients[{:?}].client_id", client.name);
                let problem = BadSetting::OidcClientIdTaken(earlier.name.clone());
                return Err(ConfigError::wrong(key, &client.client_id, problem));
            }
        }
    }
    Ok(())
}

/// What any app has, whatever it speaks.
pub(super) struct Common {
    pub name: String,
    pub rules: Rules,
    pub home_url: Option<String>,
}

impl Common {
    /// The key of one of its settings.
    pub fn at(&self, key: &str) -> String {
        format!("miandeng.clients[{:?}].{key}", self.name)
    }

    fn check(index: usize, raw: &RawClient) -> Result<Self, ConfigError> {
        if raw.name.is_empty() {
            return Err(ConfigError::at(format!("miandeng.clients[{index}].name"), BadSetting::NameMissing));
        }
        let is_line = !raw.name.chars().any(char::is_control) && raw.name.trim() == raw.name;
        let mut common = Self { name: raw.name.clone(), rules: Rules::default(), home_url: None };
        if !is_line || raw.name.chars().count() > MOST_NAME {
            return Err(ConfigError::wrong(common.at("name"), &raw.name, BadSetting::ClientName));
        }
        common.rules = Rules::of_settings(&raw.groups, &raw.users, &raw.corpid).map_err(|slip| {
            let (Slip::Repeated(key) | Slip::Malformed(key)) = slip;
            let value = match key {
                "groups" => &raw.groups,
                "users" => &raw.users,
                _ => &raw.corpid,
            };
            ConfigError::wrong(common.at(key), value, BadSetting::ClientRules)
        })?;
        common.home_url = Some(raw.home_url.clone()).filter(|address| !address.is_empty());
        match common.home_url.as_ref().filter(|address| http_url(address).is_none()) {
            Some(address) => Err(ConfigError::wrong(common.at("home_url"), address, BadSetting::HomeUrl)),
            None => Ok(common),
        }
    }
}

/// The gate's tokens are for hosts (`signed_identity`), and an app behind it may look at the audience alone: an ID token must
/// not be for the same.
pub(super) fn check_audiences(config: &Config) -> Result<(), ConfigError> {
    let guards = |client: &&Client| {
        let scheme = config.public_url.as_url().scheme();
        let is_host = !client.client_id.contains(['/', '\\', '@', '?', '#']);
        let url = Url::parse(&format!("{scheme}://{}/", client.client_id)).ok();
        is_host && url.is_some_and(|url| config.leads_to_us(&url))
    };
    match config.clients.iter().find(guards).filter(|_| config.signed_identity) {
        None => Ok(()),
        Some(client) => {
            let key = format!("miandeng.clients[{:?}].client_id", client.name);
            Err(ConfigError::wrong(key, &client.client_id, BadSetting::OidcClientIdOfHost))
        }
    }
}

impl Client {
    fn check(common: Common, raw: RawClient) -> Result<Self, ConfigError> {
        let at = |key: &str| common.at(key);
        if !raw.service_urls.is_empty() {
            return Err(ConfigError::at(at("service_urls"), BadSetting::OnlyForCas));
        }
        if raw.client_id.is_empty() {
            return Err(ConfigError::at(at("client_id"), BadSetting::OidcClientIdMissing));
        }
        // A colon would end it in a Basic header (RFC 7617, 2).
        let is_plain = raw.client_id.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if !is_plain || raw.client_id.len() > MOST_CLIENT_ID {
            return Err(ConfigError::wrong(at("client_id"), &raw.client_id, BadSetting::OidcClientId));
        }
        if raw.redirect_uris.is_empty() {
            return Err(ConfigError::at(at("redirect_uris"), BadSetting::RedirectUrisMissing));
        }
        let lists =
            [("redirect_uris", &raw.redirect_uris), ("post_logout_redirect_uris", &raw.post_logout_redirect_uris)];
        for (key, addresses) in lists {
            for address in addresses {
                check_address(at(key), address)?;
            }
        }
        let backchannel_logout_uri = Some(raw.backchannel_logout_uri).filter(|address| !address.is_empty());
        if let Some(address) = &backchannel_logout_uri {
            check_address(at("backchannel_logout_uri"), address)?;
        }
        let signing_alg = match raw.signing_alg.as_str() {
            "" | "RS256" => SigningAlg::Rs256,
            "ES256" => SigningAlg::Es256,
            "EdDSA" => SigningAlg::EdDsa,
            other => return Err(ConfigError::wrong(at("signing_alg"), other, BadSetting::SigningAlg)),
        };
        let secret = secret(&at("client_secret"), raw.client_secret, raw.client_secret_file)?;
        Ok(Self {
            name: common.name,
            client_id: raw.client_id,
            secret,
            redirect_uris: raw.redirect_uris,
            post_logout_redirect_uris: raw.post_logout_redirect_uris,
            backchannel_logout_uri,
            signing_alg,
            rules: common.rules,
            verified_email: raw.verified_email,
        })
    }
}

pub(super) fn check_address(key: String, text: &str) -> Result<(), ConfigError> {
    match is_app_address(text) {
        true => Ok(()),
        false => Err(ConfigError::wrong(key, text, BadSetting::ClientAddress)),
    }
}

/// Https, or http to this very machine; nothing that a browser could read otherwise than the app meant it.
fn is_app_address(text: &str) -> bool {
    if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') || text.contains('#') {
        return false;
    }
    let Some(url) = http_url(text) else { return false };
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_spelt_out = rest.is_some_and(|rest| !rest.starts_with('/') && !rest.contains('@'));
    is_spelt_out && (url.scheme() == "https" || is_loopback(&url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_app_is_reached_by_https_or_on_this_machine() {
        for good in [
            "https://grafana.example.com/login/generic_oauth",
            "https://a.example/cb?tenant=1&x=%20",
            "http://127.0.0.1:3000/cb",
            "http://127.9.9.9/cb",
            "http://[::1]:3000/",
            "http://localhost/cb",
            "https://10.0.0.5/cb",
        ] {
            assert!(is_app_address(good), "{good}");
        }
        for bad in [
            "",
            "http://grafana.example.com/",
            "http://127.0.0.1.evil.com/",
            "http://localhost.evil.com/",
            "http://192.168.0.1/",
            "https://a.example/#x",
            "https://user@a.example/",
            "https://user:pass@a.example/",
            "https:///a.example/",
            "https:a.example",
            "HTTPS://a.example/",
            "https://a.example\\@evil.com/",
            "https://a.example/ x",
            "https://a.example/\n",
            "https://钉钉.example/",
            "javascript:alert(1)",
            "myapp://callback",
            "/cb",
        ] {
            assert!(!is_app_address(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_browser_reads_an_apps_address_as_it_is_written(
            text in "https?:/{0,3}[a-z]{0,3}[@:\\\\/.\\[\\]0-9%?# \\t]{0,6}[a-z0-9./:@#-]{0,12}|\\PC{0,30}",
        ) {
            if is_app_address(&text) {
                let url = Url::parse(&text).unwrap();
                prop_assert!(url.scheme() == "https" || is_loopback(&url), "{text}");
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{text}");
                prop_assert!(text.starts_with(&format!("{}://", url.scheme())), "{text}");
                prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{text}");
            }
        }
    }
}
