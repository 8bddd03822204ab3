//! What visitors of `public_url` meet before our server: where its name leads, and what the proxy in front says of them.

use std::{net::IpAddr, time::Duration};

use tokio::{net::lookup_host, time::timeout};

use super::{Check, Fact, Subject, finding::Finding, reach};
use crate::{
    config::is_local,
    i18n::io::IoFailure,
    probe::{CameFrom, PASS_HEADER, Reached},
};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Addresses that nobody has (RFC 5737), for what a visitor might claim.
const CLAIMED: &str = "192.0.2.77";
/// Where our own route of the echo is, without a recipe in between.
const ECHO: &str = "/probe/echo";

/// Where the name leads. Nothing for an address of this machine.
pub(super) async fn name(subject: &Subject<'_>) -> Option<Finding> {
    let url = subject.config.public_url.as_url();
    let (host, port) = (url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?);
    if host == "localhost" || host.parse::<IpAddr>().is_ok() {
        return None;
    }
    let look_up = async {
        let found = lookup_host((host.as_str(), port)).await?;
        Ok(found.map(|address| address.ip().to_canonical()).collect::<Vec<_>>())
    };
    let found = timeout(TIMEOUT, look_up).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    Some(match found {
        Err(error) => Finding::warning(Check::Name, Fact::LeadsNowhere { host, why: IoFailure::from(&error) }),
        Ok(mut addresses) => {
            addresses.sort();
            addresses.dedup();
            let is_inside = addresses.iter().all(is_inside);
            let addresses = addresses.iter().map(IpAddr::to_string).collect();
            match is_inside {
                true => Finding::unknown(Check::Name, Fact::LeadsInside { host, addresses }),
                false => Finding::ok(Check::Name, Fact::LeadsTo { host, addresses }),
            }
        }
    })
}

/// Whether only machines of the same network reach it.
fn is_inside(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

/// Asks our own echo by the address that employees use, as a visitor who claims to be somebody else. Nothing where the
/// echo does not answer: the check of the address says so.
pub(super) async fn forwarded(subject: &Subject<'_>) -> Option<Finding> {
    let (config, pass) = (subject.config, subject.passes.issue());
    // Nothing is in between, and this machine is trusted like a proxy.
    if is_local(config.public_url.origin()) {
        return None;
    }
    let address = format!("{}{}", config.public_url.origin(), config.path(ECHO));
    let asked = reach::client_for(&address).ok()?.get(&address).header(PASS_HEADER, &pass);
    let answer = asked.header("X-Forwarded-For", CLAIMED).header("X-Real-IP", CLAIMED).send().await.ok()?;
    let reached = answer.json::<Reached>().await.ok().filter(|reached| subject.passes.vouch_for(reached, &pass))?;
    Some(judge(&reached))
}

fn judge(reached: &Reached) -> Finding {
    let CameFrom { client, peer, is_trusted, .. } = reached.from.clone();
    let forwarded = reached.headers.iter().filter(|(name, _)| name == "x-forwarded-for" || name == "x-real-ip");
    let says_more = forwarded.clone().any(|(_, value)| value != CLAIMED);
    let is_proxied = says_more || forwarded.count() == 0;
    match (client == CLAIMED, is_trusted) {
        (true, _) => Finding::failed(Check::Forwarded, Fact::ClaimBelieved { peer }),
        (false, false) if is_proxied => Finding::warning(Check::Forwarded, Fact::ProxyNotTrusted { peer }),
        (false, true) if client == peer => Finding::warning(Check::Forwarded, Fact::VisitorsUnnamed { peer }),
        (false, false) => Finding::ok(Check::Forwarded, Fact::NoProxy { client }),
        (false, true) => Finding::ok(Check::Forwarded, Fact::VisitorsNamed { client, peer }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn a_proxy_must_name_visitors_and_pass_on_no_claim_of_theirs() {
        let check = |peer: &str, is_trusted: bool, client: &str, headers: &[(&str, &str)], expected| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let from = CameFrom { recipe: None, client: client.to_owned(), peer: peer.to_owned(), is_trusted };
            let finding = judge(&Reached { from, headers, seal: String::new(), cookies: Vec::new() });
            assert_eq!(finding.state, expected, "{finding:?}");
        };
        let claimed = ("x-forwarded-for", CLAIMED);
        let named = ("x-forwarded-for", "203.0.113.9");
        let both = ("x-forwarded-for", "192.0.2.77, 203.0.113.9");
        check("127.0.0.1", true, "203.0.113.9", &[named], Severity::Ok);
        check("127.0.0.1", true, "203.0.113.9", &[both], Severity::Ok);
        check("127.0.0.1", true, CLAIMED, &[claimed], Severity::Failed);
        check("127.0.0.1", true, "127.0.0.1", &[], Severity::Warning);
        check("10.0.0.3", false, "10.0.0.3", &[named], Severity::Warning);
        check("10.0.0.3", false, "10.0.0.3", &[], Severity::Warning);
        check("203.0.113.9", false, "203.0.113.9", &[claimed, ("x-real-ip", CLAIMED)], Severity::Ok);
    }

    #[test]
    fn addresses_of_a_network_of_ones_own_are_inside() {
        for inside in ["10.1.2.3", "192.168.0.1", "172.16.0.1", "127.0.0.1", "fd00::1", "::1", "fe80::1"] {
            assert!(is_inside(&inside.parse().unwrap()), "{inside}");
        }
        for outside in ["203.0.113.9", "8.8.8.8", "2001:db8::1"] {
            assert!(!is_inside(&outside.parse().unwrap()), "{outside}");
        }
    }
}
