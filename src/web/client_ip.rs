//! Where a request comes from, behind a proxy.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::{in_force, ows};
use crate::config::Config;

/// The client's own address: the connection's, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// `X-Forwarded-For` is read from its end, past the proxies that we trust: the client's own entries come before
    /// those. `X-Real-IP` counts where that header is missing.
    pub fn of(request: &Request<'_>) -> Self {
        let peer = peer(request);
        let Some(config) = in_force::part::<Config>(request) else {
            return Self(peer);
        };
        let trusted = |ip: &IpAddr| is_trusted(config, ip);
        if !trusted(&peer) {
            return Self(peer);
        }
        let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").flat_map(|line| line.split(',')).collect();
        if forwarded.is_empty() {
            let mut real = request.headers().get("X-Real-IP");
            let only = real.next().filter(|_| real.next().is_none());
            return Self(only.and_then(parse).unwrap_or(peer));
        }
        let mut client = peer;
        for hop in forwarded.iter().rev() {
            match parse(hop) {
                Some(ip) => client = ip,
                None => break,
            }
            if !trusted(&client) {
                break;
            }
        }
        Self(client)
    }

    /// The same for what only listed machines may read: nobody where a proxy has passed the request on without saying, in
    /// full, for whom. A proxy on this machine would lend its own address to everybody.
    pub fn strictly(request: &Request<'_>) -> Option<Self> {
        const OF_PROXIES: [&str; 6] =
            ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"];
        let peer = peer(request);
        let config = in_force::part::<Config>(request)?;
        if !is_trusted(config, &peer) || !OF_PROXIES.iter().any(|name| request.headers().contains(name)) {
            return Some(Self(peer));
        }
        let client = Self::of(request);
        // The proxy's own address stands for a header that is missing or cannot be read.
        (!is_trusted(config, &client.0) && client.0 != peer).then_some(client)
    }

    /// What a limit counts by: an IPv4 address, or the /64 that one IPv6 customer has at the least.
    pub fn prefix(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

/// The other end of the connection, whatever headers say.
pub fn peer(request: &Request<'_>) -> IpAddr {
    request.remote().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| canonical(address.ip()))
}

pub fn is_trusted(config: &Config, peer: &IpAddr) -> bool {
    config.trusted_proxies.iter().any(|network| network.contains(peer))
}

fn parse(text: &str) -> Option<IpAddr> {
    ows::trim(text).parse().ok().map(canonical)
}

fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientIp {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::web::testing::{PROXY, STRANGER, read};

    fn address(headers: &[(&str, &str)], peer: IpAddr) -> IpAddr {
        read("/", headers, peer, |request| ClientIp::of(request).0)
    }

    /// What a client may write into the header before the proxy adds to it.
    fn written() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[0-9a-fA-F.:, \\[\\]]{0,40}",
            proptest::collection::vec(any::<IpAddr>(), 0..5).prop_map(|all| all
                .iter()
                .map(IpAddr::to_string)
                .collect::<Vec<_>>()
                .join(", ")),
            Just("10.0.0.1, 10.0.0.2, ::ffff:10.0.0.3".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn nobody_but_a_trusted_proxy_says_where_a_request_comes_from(forwarded in written(), real in written()) {
            let headers = [("X-Forwarded-For", forwarded.as_str()), ("X-Real-IP", real.as_str()), ("Forwarded", "for=1.2.3.4")];
            prop_assert_eq!(address(&headers, STRANGER), STRANGER);
            let mapped = IpAddr::V6(Ipv4Addr::new(203, 0, 113, 9).to_ipv6_mapped());
            prop_assert_eq!(address(&headers, mapped), STRANGER);
        }

        /// Proxies add at the end, so nothing that a client wrote before changes the result.
        #[test]
        fn what_the_proxies_added_counts(written in written(), client in any::<IpAddr>(), lines in any::<bool>(), hop in any::<bool>()) {
            let client = canonical(client);
            prop_assume!(!is_trusted(crate::web::testing::config(), &client));
            let added = if hop { format!("{client}, 10.1.1.1") } else { client.to_string() };
            let joined = format!("{written}, {added}");
            let headers = if lines {
                vec![("X-Forwarded-For", written.as_str()), ("X-Forwarded-For", added.as_str())]
            } else {
                vec![("X-Forwarded-For", joined.as_str())]
            };
            prop_assert_eq!(address(&headers, PROXY), client);
        }

        /// Whatever a client writes, it does not become the proxy, nor anybody else whom the proxy does not name last.
        #[test]
        fn nobody_passes_for_a_listed_machine_through_a_proxy(written in written(), client in any::<IpAddr>(), name in 0..6_usize) {
            let client = canonical(client);
            prop_assume!(!is_trusted(crate::web::testing::config(), &client));
            let strictly = |headers: &[(&str, &str)], peer| read("/", headers, peer, |request| ClientIp::strictly(request).map(|ip| ip.0));
            let added = format!("{written}, {client}");
            prop_assert_eq!(strictly(&[("X-Forwarded-For", &added)], PROXY), Some(client));
            let unsaid = ["Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "Via", "X-Forwarded-For", "X-Real-IP"][name];
            prop_assert_eq!(strictly(&[(unsaid, "for=unknown")], PROXY), None);
            prop_assert_eq!(strictly(&[], PROXY), Some(PROXY));
            prop_assert_eq!(strictly(&[("X-Forwarded-For", &written)], STRANGER), Some(STRANGER));
        }

        /// What no proxy writes around an address makes it none: the last one before it counts.
        #[test]
        fn an_address_is_spelt_plainly(odd in "[\\s\u{85}\u{200b}\u{feff}\"+0]".prop_filter("a blank", |odd| !matches!(odd.as_str(), " " | "\t"))) {
            for hop in [format!("{odd}192.0.2.1"), format!("192.0.2.1{odd}"), format!("192.0.2.1,{odd}")] {
                prop_assume!(hop != "192.0.2.10");
                prop_assert_eq!(address(&[("X-Forwarded-For", hop.as_str())], PROXY), PROXY, "{:?}", &hop);
                prop_assert_eq!(address(&[("X-Real-IP", hop.as_str())], PROXY), PROXY, "{:?}", &hop);
            }
        }

        /// A header that is no list of addresses names the last proxy that it could be read up to.
        #[test]
        fn any_text_names_an_address_that_stands_there_or_the_peer(forwarded in written()) {
            let found = address(&[("X-Forwarded-For", forwarded.as_str()), ("X-Real-IP", "1.2.3.4")], PROXY);
            let stands_there = forwarded.split(',').filter_map(parse).any(|ip| ip == found);
            prop_assert!(found == PROXY || stands_there, "{found}");
            let twice = address(&[("X-Real-IP", "1.2.3.4"), ("X-Real-IP", "1.2.3.5")], PROXY);
            prop_assert_eq!(twice, PROXY);
        }

        /// One /64 counts as one client, and nothing else does.
        #[test]
        fn a_limit_counts_a_network_as_one(network in any::<[u16; 4]>(), host in any::<[u16; 4]>(), other in any::<[u16; 4]>()) {
            let ip = |[a, b, c, d]: [u16; 4], [e, f, g, h]: [u16; 4]| ClientIp(Ipv6Addr::new(a, b, c, d, e, f, g, h).into());
            prop_assert_eq!(ip(network, host).prefix(), ip(network, [0; 4]).prefix());
            prop_assert_eq!(ip(network, host).prefix() == ip(other, host).prefix(), network == other);
        }
    }
}
