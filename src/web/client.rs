//! Where a request comes from, when a proxy stands in front.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::config::Config;

/// The client's own address: the connection's, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address of a request's sender.
    ///
    /// `X-Forwarded-For` is read from its end, past the proxies that we trust: whatever the client wrote into it
    /// stands in front of those. `X-Real-IP` counts where that header is missing. From anybody else both are ignored.
    pub fn of(request: &Request<'_>) -> Self {
        let peer = peer(request);
        let Some(config) = request.rocket().state::<Config>() else {
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

/// Who is at the other end of the connection, whatever headers say.
pub fn peer(request: &Request<'_>) -> IpAddr {
    request.remote().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| canonical(address.ip()))
}

/// Whether forwarded headers of this peer are believed.
pub fn is_trusted(config: &Config, peer: &IpAddr) -> bool {
    config.trusted_proxies.iter().any(|network| network.contains(peer))
}

fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok().map(canonical)
}

/// `::ffff:127.0.0.1` is 127.0.0.1.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientAddress {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}
