//! For the tests of whatever reads a request: settings, and requests as they arrive.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use rocket::{
    Request,
    http::{Header, Method},
    local::blocking::Client,
};

use super::{
    brand::Brand,
    in_force::{Current, Settled},
    page::Frame,
};
use crate::{
    config::{Config, Contact},
    i18n::Locale,
};

pub const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
pub const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// What a person, a proxy or DingTalk may have sent, and what would become markup if it were not escaped.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{2028}";
/// The `base_path` of pages that are made of samples.
pub const BASE: &str = "/_signin";

pub struct Sample {
    pub template: &'static str,
    pub html: String,
}

impl Sample {
    pub fn of(template: &'static str, page: &impl askama::Template) -> Self {
        Self { template, html: page.render().unwrap_or_else(|error| panic!("{template}: {error}")) }
    }
}

pub fn frame(locale: Locale) -> Frame<'static> {
    static CONTACT: LazyLock<Contact> = LazyLock::new(|| Contact::Text(HOSTILE.to_owned()));
    let brand = Brand { title: HOSTILE, logo: None, initial: "S".to_owned(), contact: Some(&CONTACT) };
    Frame { locale, t: locale.texts(), base: BASE, request_id: HOSTILE, brand, is_at_a_desk: locale == Locale::En }
}

/// The same on the host of an app behind the gate, of an organisation with a logo and an address to ask at.
pub fn elsewhere(locale: Locale) -> Frame<'static> {
    static CONTACT: LazyLock<Contact> = LazyLock::new(|| {
        let (address, shown) = (format!("mailto:{HOSTILE}"), HOSTILE.to_owned());
        Contact::Link { address, shown }
    });
    let frame = frame(locale);
    let logo = Some("https://app.example.com/logo?v=1".to_owned());
    let brand = Brand { logo, contact: Some(&CONTACT), ..frame.brand };
    Frame { brand, ..frame }
}

thread_local! {
    static CLIENT: Client = {
        let rocket = rocket::custom(rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() });
        Client::untracked(rocket.manage(Current::new(Settled::new(config().clone())))).expect("a client")
    };
}

/// One app, and hosts of every form that can be listed.
pub fn config() -> &'static Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| {
        let toml = r#"
            [miandeng]
            public_url = "https://app.example.com"
            allowed_return_hosts = ["bi.example.com", ".corp.example", "dev.example.com:8443"]
            trusted_proxies = ["10.0.0.0/8", "fd00::/8"]
            [[miandeng.apps]]
            name = "oa"
            corp_id = "dingcorp"
            agent_id = "1"
            client_id = "key"
            client_secret = "secret"
        "#;
        Config::from_figment(&Figment::from(Toml::string(toml))).expect("good settings")
    });
    &CONFIG
}

/// Whether a host, with its port if it has one, is among those of [`config`]; told from the text alone.
pub fn is_listed(authority: &str) -> bool {
    let below = authority.strip_suffix(".corp.example").is_some_and(|front| !front.is_empty() && !front.contains(':'));
    below || ["app.example.com", "bi.example.com", "dev.example.com:8443"].contains(&authority)
}

pub fn read<T>(uri: &str, headers: &[(&str, &str)], peer: IpAddr, read: impl FnOnce(&Request<'_>) -> T) -> T {
    CLIENT.with(|client| {
        let mut request = client.req(Method::Get, uri).remote(SocketAddr::new(peer, 40_000));
        for (name, value) in headers {
            request.add_header(Header::new((*name).to_owned(), (*value).to_owned()));
        }
        read(request.inner())
    })
}
