//! One app that signs people in by CAS.

use url::Url;

use super::{
    ConfigError,
    client::{Common, check_address},
    http_url,
    raw::RawClient,
};
use crate::{i18n::setting::BadSetting, rules::Rules};

/// An entry of `[[default.miandeng.clients]]` with `protocol = "cas"`.
#[derive(Debug, Clone)]
pub struct CasClient {
    /// Unique; on `/home` and in the audit trail.
    pub name: String,
    /// Addresses to which a ticket may go.
    pub service_urls: Vec<ServiceUrl>,
    /// Whom it is for: `groups`, `users`, `corpid`.
    pub rules: Rules,
}

/// One address, or with a slash at its end all that are below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    pub url: Url,
    pub covers_below: bool,
}

impl ServiceUrl {
    pub fn parse(text: &str) -> Option<Self> {
        let url = http_url(text)?;
        let covers_below = url.query().is_none() && text.ends_with('/');
        Some(Self { url, covers_below })
    }
}

impl CasClient {
    pub(super) fn check(common: Common, raw: &RawClient) -> Result<Self, ConfigError> {
        let others = [
            ("client_id", !raw.client_id.is_empty()),
            ("client_secret", raw.client_secret.is_some()),
            ("client_secret_file", raw.client_secret_file.is_some()),
            ("redirect_uris", !raw.redirect_uris.is_empty()),
            ("post_logout_redirect_uris", !raw.post_logout_redirect_uris.is_empty()),
            ("backchannel_logout_uri", !raw.backchannel_logout_uri.is_empty()),
            ("signing_alg", !raw.signing_alg.is_empty()),
            ("verified_email", raw.verified_email),
        ];
        if let Some((key, _)) = others.into_iter().find(|(_, is_set)| *is_set) {
            return Err(ConfigError::at(common.at(key), BadSetting::NotForCas));
        }
        let at = || common.at("service_urls");
        if raw.service_urls.is_empty() {
            return Err(ConfigError::at(at(), BadSetting::ServiceUrlsMissing));
        }
        let mut service_urls = Vec::new();
        for text in &raw.service_urls {
            check_address(at(), text)?;
            let wrong = || ConfigError::wrong(at(), text, BadSetting::ClientAddress);
            service_urls.push(ServiceUrl::parse(text).ok_or_else(wrong)?);
        }
        Ok(Self { name: common.name, service_urls, rules: common.rules })
    }
}

/// No address is two apps'.
pub(super) fn apart(clients: &[CasClient]) -> Result<(), ConfigError> {
    for (i, client) in clients.iter().enumerate() {
        for earlier in &clients[..i] {
            if let Some(both) = client.service_urls.iter().find(|entry| earlier.service_urls.contains(entry)) {
                let key = format!("miandeng.clients[{:?}].service_urls", client.name);
                return Err(ConfigError::wrong(
                    key,
                    both.url.as_str(),
                    BadSetting::ServiceUrlTaken(earlier.name.clone()),
                ));
            }
        }
    }
    Ok(())
}
