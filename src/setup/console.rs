//! What to enter for an app in DingTalk's developer console.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::config::{App, Config};

/// Addresses of one app, as its pages in the console want them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Addresses {
    pub app: String,
    /// 应用首页地址 and PC端首页地址.
    pub home_page: String,
    /// 重定向URL. `None` for an old app without a Client ID, which has no sign-in by QR code.
    pub redirect_url: Option<String>,
}

/// Of every app, in the order of the settings.
pub fn addresses(config: &Config) -> Vec<Addresses> {
    config.apps.iter().map(|app| of(config, app)).collect()
}

/// The address with which this machine calls others. DingTalk sees it only if nothing translates addresses on the way.
pub fn outward_address() -> Option<IpAddr> {
    // Nothing is sent: the system only chooses a way to the address, which is one for documents (RFC 5737).
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(203, 0, 113, 1), 443)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Whether nobody outside can have seen this address.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            // The last: addresses that carriers and clouds share (RFC 6598).
            address.is_private() || address.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn of(config: &Config, app: &App) -> Addresses {
    let base = format!("{}{}", config.public_url.origin(), config.base_path);
    let is_alone = config.apps.iter().filter(|other| other.corp_id == app.corp_id).count() == 1;
    // DingTalk replaces $CORPID$ by the visitor's organisation.
    let mut home_page = format!("{base}/?corpid=$CORPID$");
    if !is_alone {
        home_page.push_str(&format!("&agentid={}", app.agent_id));
    }
    let redirect_url = app.client_id().map(|_| format!("{base}/login/dingtalk/callback"));
    Addresses { app: app.name.clone(), home_page, redirect_url }
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    use super::*;

    #[test]
    fn an_app_is_named_by_its_agent_id_only_where_its_corp_has_several() {
        let app = |name: &str, corp: &str, agent: u8, secret: &str| {
            format!("[[miandeng.apps]]\nname = \"{name}\"\ncorp_id = \"{corp}\"\nagent_id = \"{agent}\"\n{secret}\n")
        };
        let settings = [
            "[miandeng]\npublic_url = \"https://app.example.com\"\nbase_path = \"/_signin\"\n".to_owned(),
            app("oa", "dinga", 1, "client_id = \"k\"\nclient_secret = \"s\""),
            app("bi", "dinga", 2, "client_id = \"k\"\nclient_secret = \"s\""),
            app("old", "dingb", 3, "corp_secret = \"s\""),
        ];
        let config = Config::from_figment(&Figment::from(Toml::string(&settings.concat()))).unwrap();
        let said: Vec<_> = addresses(&config).into_iter().map(|of| (of.home_page, of.redirect_url)).collect();
        let base = "https://app.example.com/_signin";
        let redirect_url = Some(format!("{base}/login/dingtalk/callback"));
        let expected = [
            (format!("{base}/?corpid=$CORPID$&agentid=1"), redirect_url.clone()),
            (format!("{base}/?corpid=$CORPID$&agentid=2"), redirect_url),
            (format!("{base}/?corpid=$CORPID$"), None),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn addresses_that_no_one_outside_sees() {
        for address in ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.0.1", "100.64.0.1", "fd00::1", "fe80::1"] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["100.63.0.1", "100.128.0.1", "47.96.0.1", "2400:3200::1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
