//! What a message of DingTalk's tells beyond its code (pure): the address to list, the permission to grant, why a
//! signature does not match.

use std::net::IpAddr;

use super::{
    Trouble,
    address::{Difference, compare},
    redact::redact,
};

/// Permissions that are named.
const MOST_PERMISSIONS: usize = 5;
/// DingTalk shows so many characters of a ticket, or more.
const LEAST_OF_TICKET: usize = 4;

/// Without secrets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Evidence {
    /// The address from which DingTalk was called.
    Ip {
        address: IpAddr,
    },
    Permissions {
        names: Vec<String>,
    },
    /// The address that DingTalk saw is not the one that was signed.
    Addresses {
        seen: String,
        signed: String,
        differences: Vec<Difference>,
    },
    /// The address that DingTalk saw; what was signed is not known.
    Seen {
        seen: String,
    },
    /// The right address was signed, with a ticket that DingTalk does not list.
    OtherTicket,
    /// The right address was signed, with a listed ticket.
    OtherHash {
        signed: Hash,
    },
    /// The right address was signed; nothing is known of ticket and hash.
    SameAddress,
    /// The AgentId with which a page was made.
    Agent {
        agent_id: String,
    },
    /// What the address of a page asked for.
    Asked {
        corp_id: Option<String>,
        agent_id: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    Sha1,
    Sha256,
}

/// What is known of a page that DingTalk refused. It holds a secret, so it cannot be printed.
#[derive(Clone, Copy, Default)]
pub struct Signed<'a> {
    pub url: Option<&'a str>,
    pub hash: Option<Hash>,
    pub ticket: Option<&'a str>,
    pub agent_id: Option<&'a str>,
}

impl Evidence {
    pub fn read(trouble: Trouble, message: &str, signed: Signed<'_>) -> Option<Self> {
        match trouble {
            Trouble::IpNotAllowed => Some(Self::Ip { address: request_ip(message)? }),
            Trouble::NoPermission => {
                Some(Self::Permissions { names: permissions(message) }).filter(|found| !found.is_empty())
            }
            Trouble::SignatureMismatch => signature(message, signed),
            Trouble::WrongAgent | Trouble::WrongKind => Some(Self::Agent { agent_id: signed.agent_id?.to_owned() }),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Permissions { names } if names.is_empty())
    }
}

fn signature(message: &str, signed: Signed<'_>) -> Option<Evidence> {
    let seen = seen_address(message)?;
    let Some(url) = signed.url.filter(|url| !url.is_empty()) else {
        return Some(Evidence::Seen { seen: redact(seen) });
    };
    let differences = compare(seen, url);
    if !differences.is_empty() {
        return Some(Evidence::Addresses { seen: redact(seen), signed: redact(url), differences });
    }
    let is_listed = signed.ticket.and_then(|ticket| is_listed(ticket, message));
    Some(match (is_listed, signed.hash) {
        (Some(false), _) => Evidence::OtherTicket,
        (Some(true), Some(signed)) => Evidence::OtherHash { signed },
        _ => Evidence::SameAddress,
    })
}

/// The address that DingTalk saw, in the text of 52013. A query may hold brackets.
pub fn seen_address(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("url:[")?;
    rest.split_once("],ticketList:").or_else(|| rest.split_once(']')).map(|(url, _)| url)
}

/// Whether DingTalk lists a ticket with this beginning. `None`, if it shows too little of its tickets.
fn is_listed(ticket: &str, message: &str) -> Option<bool> {
    let (_, rest) = message.split_once("ticketList:[")?;
    let list = rest.split(']').next().unwrap_or_default();
    let mut known = list.split(',').map(|hint| hint.trim_matches(' ').trim_end_matches('*'));
    let mut whole = known.clone();
    whole.all(|hint| hint.len() >= LEAST_OF_TICKET).then(|| known.any(|hint| ticket.starts_with(hint)))
}

fn request_ip(message: &str) -> Option<IpAddr> {
    let (_, rest) = message.split_once("request ip")?;
    let rest = rest.trim_start_matches([' ', '=', ':', '[']);
    let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}

/// `qyapi_get_member` and `Contact.User.Read`, as old and new permissions are called.
fn permissions(message: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in message.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')) {
        let name = name.trim_matches('.');
        let is_new = name.matches('.').count() >= 2 && name.starts_with(|c: char| c.is_ascii_uppercase());
        let is_permission = name.starts_with("qyapi_") || is_new && !name.starts_with("Forbidden.");
        if is_permission && name.len() <= 80 && names.len() < MOST_PERMISSIONS && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://app.example.com/?corpid=dinga";

    fn refused(url: &str, tickets: &str) -> String {
        format!(
            "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n],timestamp:[1],url:[{url}],ticketList:[{tickets}]"
        )
    }

    fn of_signature(message: &str, url: &str, ticket: Option<&str>) -> Option<Evidence> {
        let signed = Signed { url: Some(url), hash: Some(Hash::Sha1), ticket, agent_id: None };
        Evidence::read(Trouble::SignatureMismatch, message, signed)
    }

    #[test]
    fn the_address_to_list_is_in_the_message() {
        let read = |message: &str| Evidence::read(Trouble::IpNotAllowed, message, Signed::default());
        let ip = |address: &str| Some(Evidence::Ip { address: address.parse().expect("an address") });
        assert_eq!(read("访问ip不在白名单之中,request ip=203.0.113.9 appKey(dinga)"), ip("203.0.113.9"));
        assert_eq!(read("request ip=2001:db8::1 appKey(dinga)"), ip("2001:db8::1"));
        for odd in ["", "request ip=", "request ip=1.2.3 appKey", "request ip=x"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_permission_to_grant_is_in_the_message() {
        let read = |message: &str| Evidence::read(Trouble::NoPermission, message, Signed::default());
        let names = |names: &[&str]| {
            Some(Evidence::Permissions { names: names.iter().map(|name| (*name).to_owned()).collect() })
        };
        assert_eq!(read("应用尚未开通所需的权限：[qyapi_get_member]"), names(&["qyapi_get_member"]));
        let denied = r#"Forbidden.AccessDenied.AccessTokenPermissionDenied requiredScopes: ["Contact.User.Read","Contact.User.Read"]"#;
        assert_eq!(read(denied), names(&["Contact.User.Read"]));
        assert_eq!(read("没有权限, see https://open-dev.dingtalk.com/a.b.c?x#y"), None);
    }

    #[test]
    fn equal_addresses_leave_the_ticket_and_then_the_hash() {
        let ours = Some("aC7Xsecret");
        assert_eq!(of_signature(&refused(URL, "zzzz***"), URL, ours), Some(Evidence::OtherTicket));
        let listed = of_signature(&refused(URL, "zzzz***,aC7X***"), URL, ours);
        assert_eq!(listed, Some(Evidence::OtherHash { signed: Hash::Sha1 }));
        for (tickets, ticket) in [("aC7X***", None), ("a***", ours), ("", ours)] {
            assert_eq!(of_signature(&refused(URL, tickets), URL, ticket), Some(Evidence::SameAddress), "{tickets}");
        }
    }

    #[test]
    fn a_query_may_hold_brackets() {
        let url = "https://h/?ids=[1]&x=]";
        assert_eq!(seen_address(&refused(url, "aC7X***")), Some(url));
        assert_eq!(seen_address("url:[https://h/"), None);
    }

    proptest! {
        #[test]
        fn nothing_secret_is_evidence(tail in "\\PC{0,20}", signed in "\\PC{0,20}") {
            let (seen, signed) = (format!("https://h/?code=s3cretcode&x={tail}"), format!("https://h/?{signed}"));
            let message = refused(&seen, "s3cr***");
            let evidence = of_signature(&message, &signed, Some("s3cretticket"));
            prop_assert!(!serde_json::to_string(&evidence).expect("JSON").contains("s3cr"), "{evidence:?}");
        }
    }
}
