//! The settings. Nobody else reads the environment or `Rocket.toml`.

mod app;
mod cas_client;
mod client;
mod error;
mod file;
mod hosts;
mod identity;
mod looks;
mod names;
mod paths;
mod proxies;
mod raw;
mod restart;
mod sources;

use std::{path::PathBuf, time::Duration};

use figment::{Figment, value::magic::RelativePathBuf};
use ipnet::IpNet;
use url::{Position, Url};

pub use self::{
    app::{App, AppKind, Credentials, EventMode, Events, Share, Signature},
    cas_client::{CasClient, ServiceUrl},
    client::{Client, HomeLink, SigningAlg},
    error::ConfigError,
    file::{database_url, figment},
    hosts::HostPattern,
    identity::{IdentityEncoding, IdentityHeaders},
    looks::{Contact, Logo, LogoKind, Looks},
    proxies::{Proxies, is_local},
    restart::takes_restart,
    sources::{SecretFiles, Sources},
};
use crate::{
    i18n::{Locale, setting::BadSetting},
    ids::CorpId,
};

/// `[default.miandeng]`, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Scheme, host and port as the employee's client shows them. Signed URLs start with it.
    pub public_url: PublicUrl,
    /// Put before every route; "" or a path that begins and does not end with a slash.
    pub base_path: String,
    /// Where a sign-in without `return_to` ends: a path on `public_url`.
    pub home: String,
    /// Where the pages for administrators are, below `base_path`; "" if there are none.
    pub admin_path: String,
    /// Other hosts that a `return_to` may lead to.
    pub allowed_return_hosts: Vec<HostPattern>,
    /// Other origins whose pages may ask for a JSAPI signature.
    pub jsapi_origins: Vec<url::Origin>,
    /// The domain whose sub-domains share the session cookie.
    pub cookie_domain: Option<String>,
    /// How long a session lives unused.
    pub session_idle: Duration,
    /// How long a session lives at the most.
    pub session_lifetime: Duration,
    /// How long rows of the audit trail are kept.
    pub audit_retention: Duration,
    /// The headers in which the gate names people. `identity_headers` and `identity_encoding`.
    pub identity_headers: IdentityHeaders,
    /// Whether the gate also names people in a signed token.
    pub signed_identity: bool,
    /// Whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read `/metrics`.
    pub metrics_from: Vec<IpNet>,
    /// What becomes of an employee who is not in the table.
    pub unknown_users: UnknownUsers,
    /// How the sign-in page asks the client for a code.
    pub bootstrap: Bootstrap,
    /// The language for a browser that asks for none of ours.
    pub default_locale: Locale,
    /// `title`, `logo_file` and `admin_contact`.
    pub looks: Looks,
    /// Where DingTalk is. Table `dingtalk`.
    pub dingtalk: DingtalkConfig,
    /// The DingTalk apps, at least one. List `apps`.
    pub apps: Vec<App>,
    /// The apps that sign people in by OpenID Connect. List `clients`.
    pub clients: Vec<Client>,
    /// Those that do it by CAS: those of `clients` with `protocol = "cas"`.
    pub cas_clients: Vec<CasClient>,
    /// The apps among them that `/home` shows, in the order of the settings.
    pub home_links: Vec<HomeLink>,
    /// Where all this comes from.
    pub sources: Sources,
    /// What holds secrets of it.
    pub secret_files: SecretFiles,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// What becomes of a DingTalk employee who is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownUsers {
    Refuse,
    /// Gets a row at first sign-in, filled from DingTalk.
    Create,
}

/// How the sign-in page asks the client for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bootstrap {
    /// By itself; by DingTalk's script only where that fails.
    Own,
    /// By DingTalk's script, with dd.config.
    Official,
}

/// Other addresses than the public platform's are for tests, private deployments and the simulator.
#[derive(Debug, Clone)]
pub struct DingtalkConfig {
    pub oapi_url: String,
    pub api_url: String,
    pub login_url: String,
    pub jsapi_url: Url,
    /// A copy of that script that we serve ourselves.
    pub jsapi_file: Option<PathBuf>,
    /// One call, in total. Default 3 seconds, after which DingTalk's own gateway gives up too.
    pub timeout: Duration,
}

impl Bootstrap {
    fn check(text: &str) -> Result<Self, ConfigError> {
        let all = [Self::Own, Self::Official];
        let named = all.into_iter().find(|bootstrap| bootstrap.name() == text);
        named.ok_or_else(|| ConfigError::wrong("miandeng.bootstrap", text, BadSetting::Bootstrap))
    }

    /// As the settings and the page call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Official => "official",
        }
    }

    /// Whether the page asks by itself.
    pub fn is_own(self) -> bool {
        self == Self::Own
    }
}

impl PublicUrl {
    /// `https://app.example.com`: scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        // A public_url has no user, and a standard port is not in it.
        &self.0[..Position::BeforePath]
    }

    /// The same as a URL whose path is "/".
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether employees reach us by https, so that cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl Config {
    /// Reads and checks the settings of a Rocket figment (`Rocket.toml` and `ROCKET_…`, of the selected profile).
    pub fn from_figment(figment: &Figment) -> Result<Self, ConfigError> {
        names::check(figment)?;
        let raw = match figment.find_value("miandeng") {
            Ok(_) => {
                let section = figment.focus("miandeng").extract::<raw::Raw>();
                section.map_err(|error| ConfigError::parsing("miandeng", error))?
            }
            Err(_) => return Err(ConfigError::at("Rocket.toml", BadSetting::NoSettings)),
        };
        let (sources, secret_files) = (Sources::of(figment), SecretFiles::of(figment, &raw.apps, &raw.clients));
        Ok(Self { sources, secret_files, ..Self::check(raw)? })
    }

    /// Whether a session on one of our pages is sent over https only.
    pub fn secure_cookies(&self) -> bool {
        self.public_url.is_https()
    }

    /// Whether people may be sent there: to `public_url`, or to a listed host by our own scheme or https.
    pub fn leads_to_us(&self, url: &Url) -> bool {
        let ours = self.public_url.as_url();
        let scheme_fits = url.scheme() == "https" || url.scheme() == ours.scheme();
        // The same origin, without making two of `url::Origin`: the gate asks this at every request.
        let is_ours = url.scheme() == ours.scheme()
            && url.host_str() == ours.host_str()
            && url.port_or_known_default() == ours.port_or_known_default();
        is_ours || (scheme_fits && self.allowed_return_hosts.iter().any(|host| host.matches(url)))
    }

    /// What people call an organisation, if the settings say so (`corp_name` of one of its apps).
    pub fn corp_name(&self, corp_id: &CorpId) -> Option<&str> {
        let mut apps = self.apps.iter().filter(|app| app.corp_id == *corp_id);
        apps.find_map(|app| app.corp_name.as_deref())
    }

    pub fn path(&self, route: &str) -> String {
        format!("{}{route}", self.base_path)
    }

    fn check(raw: raw::Raw) -> Result<Self, ConfigError> {
        let public_url = public_url(&raw.public_url)?;
        let base_path = paths::base_path(raw.base_path)?;
        let home = paths::home(raw.home, &base_path)?;
        let admin_path = paths::admin_path(raw.admin_path)?;
        let allowed_return_hosts = each("miandeng.allowed_return_hosts", raw.allowed_return_hosts, HostPattern::parse)?;
        let jsapi_origins = each("miandeng.jsapi_origins", raw.jsapi_origins, hosts::origin)?;
        let trusted_proxies = each("miandeng.trusted_proxies", raw.trusted_proxies, hosts::network)?;
        let metrics_from = each("miandeng.metrics_from", raw.metrics_from, hosts::network)?;
        let identity_headers = IdentityHeaders::check(raw.identity_headers, &raw.identity_encoding)?;
        let cookie_domain = match raw.cookie_domain.as_str() {
            "" => None,
            domain => Some(
                hosts::cookie_domain(domain, public_url.as_url())
                    .map_err(|why| ConfigError::wrong("miandeng.cookie_domain", domain, why))?,
            ),
        };
        let session_idle = duration("miandeng.session_idle", &raw.session_idle)?;
        let session_lifetime = duration("miandeng.session_lifetime", &raw.session_lifetime)?;
        if session_idle > session_lifetime {
            return Err(ConfigError::wrong("miandeng.session_idle", raw.session_idle, BadSetting::IdleTooLong));
        }
        let audit_retention = duration("miandeng.audit_retention", &raw.audit_retention)?;
        let unknown_users = match raw.unknown_users.as_str() {
            "refuse" => UnknownUsers::Refuse,
            "create" => UnknownUsers::Create,
            other => {
                return Err(ConfigError::wrong("miandeng.unknown_users", other, BadSetting::UnknownUsers));
            }
        };
        let default_locale = Locale::from_tag(&raw.default_locale).ok_or_else(|| {
            ConfigError::wrong("miandeng.default_locale", &raw.default_locale, BadSetting::DefaultLocale)
        })?;
        let apps = apps(raw.apps)?;
        let clients = client::check_all(raw.clients)?;
        let first_app = apps.first().map_or("", |app| app.name.as_str());
        let looks = Looks::check(&raw.title, raw.logo_file.as_ref(), &raw.admin_contact, first_app)?;
        let config = Self {
            public_url,
            base_path,
            home,
            admin_path,
            allowed_return_hosts,
            jsapi_origins,
            cookie_domain,
            session_idle,
            session_lifetime,
            audit_retention,
            identity_headers,
            signed_identity: raw.signed_identity,
            trusted_proxies,
            metrics_from,
            unknown_users,
            bootstrap: Bootstrap::check(&raw.bootstrap)?,
            default_locale,
            looks,
            dingtalk: DingtalkConfig::check(raw.dingtalk)?,
            apps,
            clients: clients.oidc,
            cas_clients: clients.cas,
            home_links: clients.home_links,
            sources: Sources::default(),
            secret_files: SecretFiles::default(),
        };
        client::check_audiences(&config)?;
        Ok(config)
    }
}

impl DingtalkConfig {
    /// The addresses that the server itself calls, with their keys. The others are for browsers.
    pub fn called(&self) -> [(&'static str, &str); 2] {
        [("oapi_url", &self.oapi_url), ("api_url", &self.api_url)]
    }

    fn check(raw: raw::RawDingtalk) -> Result<Self, ConfigError> {
        let base = |key: &str, text: String| match http_url(&text) {
            Some(url) if url.query().is_none() && url.fragment().is_none() => Ok(text.trim_end_matches('/').to_owned()),
            _ => Err(ConfigError::wrong(format!("miandeng.dingtalk.{key}"), text, BadSetting::DingtalkAddress)),
        };
        let timeout = duration("miandeng.dingtalk.timeout", &raw.timeout)?;
        let jsapi_url = http_url(&raw.jsapi_url)
            .ok_or_else(|| ConfigError::wrong("miandeng.dingtalk.jsapi_url", &raw.jsapi_url, BadSetting::JsapiUrl))?;
        let jsapi_file = raw.jsapi_file.as_ref().map(RelativePathBuf::relative);
        if let Some(path) = &jsapi_file
            && let Err(error) = std::fs::read(path)
        {
            let problem = BadSetting::JsapiFile((&error).into());
            return Err(ConfigError::wrong("miandeng.dingtalk.jsapi_file", path.to_string_lossy(), problem));
        }
        Ok(Self {
            oapi_url: base("oapi_url", raw.oapi_url)?,
            api_url: base("api_url", raw.api_url)?,
            login_url: base("login_url", raw.login_url)?,
            jsapi_url,
            jsapi_file,
            timeout,
        })
    }
}

fn apps(raw: Vec<raw::RawApp>) -> Result<Vec<App>, ConfigError> {
    if raw.is_empty() {
        return Err(ConfigError::at("miandeng.apps", BadSetting::NoApps));
    }
    let apps = raw.into_iter().enumerate().map(|(i, app)| App::check(i, app)).collect::<Result<Vec<_>, _>>()?;
    for (i, app) in apps.iter().enumerate() {
        for earlier in &apps[..i] {
            if earlier.name == app.name {
                let key = format!("miandeng.apps[{i}].name");
                return Err(ConfigError::wrong(key, &app.name, BadSetting::NameTaken));
            }
            if earlier.corp_id == app.corp_id && earlier.agent_id == app.agent_id {
                let key = format!("miandeng.apps[{:?}].agent_id", app.name);
                let problem = BadSetting::AgentIdTaken(earlier.name.clone());
                return Err(ConfigError::wrong(key, &app.agent_id, problem));
            }
        }
    }
    Ok(apps)
}

fn public_url(text: &str) -> Result<PublicUrl, ConfigError> {
    const KEY: &str = "miandeng.public_url";
    if text.is_empty() {
        return Err(ConfigError::at(KEY, BadSetting::PublicUrlMissing));
    }
    match http_url(text) {
        Some(url) if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
            Err(ConfigError::wrong(KEY, text, BadSetting::PublicUrlHasPath))
        }
        Some(url) => Ok(PublicUrl(url)),
        None => Err(ConfigError::wrong(KEY, text, BadSetting::PublicUrl)),
    }
}

/// A web address with a host and without a name or password in it.
fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (web && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn duration(key: &str, text: &str) -> Result<Duration, ConfigError> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(ConfigError::wrong(key, text, BadSetting::Duration)),
    }
}

fn each<T>(
    key: &str,
    items: Vec<String>,
    check: impl Fn(&str) -> Result<T, BadSetting>,
) -> Result<Vec<T>, ConfigError> {
    let check = |item: String| check(&item).map_err(|problem| ConfigError::wrong(key, item, problem));
    items.into_iter().map(check).collect()
}

#[cfg(test)]
mod tests;
