mod client;
mod errcodes;
mod problems;

use crate::{
    catalogue::{Difference, Evidence, Hash, Part, Responsible, Source, Trouble},
    i18n::catalogue::{Catalogue, Explanation, Labels, TroubleshootingPage},
};

macro_rules! explanation {
    ($title:literal, $cause:literal, $fix:literal) => {
        crate::i18n::catalogue::Explanation {
            title: $title,
            cause: $cause,
            fix: $fix,
            hint: concat!($title, ". ", $fix),
        }
    };
}
use explanation;

pub(super) const CATALOGUE: Catalogue = Catalogue {
    responsible: |responsible| match responsible {
        Responsible::Employee => "the employee",
        Responsible::Admin => "an administrator in DingTalk's console",
        Responsible::Operator => "whoever runs this server",
    },
    evidence,
    labels: Labels {
        meaning: "MEANING",
        codes: "Codes",
        cause: "Cause",
        found: "In this message",
        fix: "Fix",
        console: "Console",
        responsible: "Who",
        unknown: |code| format!("{code:?} is not in the catalogue;"),
        near: |codes| format!("did you mean {codes}?"),
        list: "\"miandeng explain --list\" shows every code; others are in DingTalk's list (全局错误码)",
        no_code_in_message: "no code is found in the message; write it in front: miandeng explain CODE --message …",
    },
    page: TroubleshootingPage {
        lead: "\
# When something is wrong

The employee's page shows a request ID. The log line with this ID names the cause, DingTalk's errcode and message, and
what to do. `miandeng explain CODE` says what is below for one code; with `--message '…'` it also reads DingTalk's
message: which address to list, which permission is missing, where the signed address differs.",
        heading: |source| match source {
            Source::Errcode => "Error codes of DingTalk's server",
            Source::Client => "Errors of the DingTalk client",
            Source::Problem => "Refusals of miandeng",
        },
        tail: "\
Some requests [never reach the server](limits.md#below-the-server): these have no request ID and no log line.",
        colon: ": ",
    },
};

pub(super) fn explain(trouble: Trouble) -> Explanation {
    match trouble.source() {
        Source::Errcode => errcodes::explain(trouble),
        Source::Client => client::explain(trouble),
        Source::Problem => problems::explain(trouble),
    }
}

fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Ip { address } => format!("The address to add is {address}."),
        Evidence::Permissions { names } => match &names[..] {
            [name] => format!("The missing permission is {name}."),
            names => format!("The missing permissions are {}.", names.join(", ")),
        },
        Evidence::Addresses { differences, .. } => differences.iter().map(difference).collect::<Vec<_>>().join(" "),
        Evidence::Seen { seen } => format!("DingTalk saw {seen}. Exactly this must be signed, character by character."),
        Evidence::OtherTicket => "The right address was signed, but with a ticket that DingTalk does not list: another \
                                  program fetches tickets with this app's key, or client_id and agent_id are of two apps."
            .to_owned(),
        Evidence::OtherHash { signed } => {
            let (set, other) = hashes(*signed);
            format!("Address and ticket are right, which leaves the hash: set signature = \"{other}\" instead of \"{set}\".")
        }
        Evidence::Agent { agent_id } => format!("The page was made with agent_id {agent_id}."),
        Evidence::Asked { corp_id, agent_id } => {
            let corp_id = corp_id.as_ref().map(|id| format!("corpid {id:?}"));
            let agent_id = agent_id.as_ref().map(|id| format!("agentid {id:?}"));
            let asked: Vec<_> = corp_id.into_iter().chain(agent_id).collect();
            format!("The address has {}.", if asked.is_empty() { "neither corpid nor agentid".into() } else { asked.join(", ") })
        }
        Evidence::SameAddress => "The right address was signed, so it is the ticket or the hash.".to_owned(),
    }
}

fn difference(difference: &Difference) -> String {
    match difference {
        Difference::Scheme { seen, signed } => {
            format!("DingTalk saw {seen}://, but {signed}:// was signed: public_url must begin with {seen}://.")
        }
        Difference::Host { seen, signed } => {
            format!("DingTalk saw the host {seen}, but {signed} was signed: public_url must name the host that the client shows.")
        }
        Difference::Port { seen, signed } => {
            let port = |port: &str| if port.is_empty() { "no port".to_owned() } else { format!("port {port}") };
            let (seen, signed) = (port(seen), port(signed));
            format!("DingTalk saw {seen}, but {signed} was signed: public_url must have the port that the client shows, or none.")
        }
        Difference::Path { seen, signed } => format!(
            "DingTalk saw the path {seen}, but {signed} was signed: check base_path, and that the proxy passes the path on as \
             it is. In a single-page app, Android keeps the address that was loaded first."
        ),
        Difference::Slash { seen: true } => "DingTalk saw a slash at the end of the path, but none was signed: open the app by \
                                             one address (应用首页地址), and let no proxy add or drop the slash."
            .to_owned(),
        Difference::Slash { seen: false } => "DingTalk saw no slash at the end of the path, but one was signed: open the app \
                                              by one address (应用首页地址), and let no proxy add or drop the slash."
            .to_owned(),
        Difference::Encoding { part: Part::Query, signed_is_encoded: true } => {
            "The query was signed percent-encoded: it must be decoded once. Pass location.href to /jsapi/config as it is, \
             without encodeURI."
                .to_owned()
        }
        Difference::Encoding { part: Part::Query, signed_is_encoded: false } => {
            "The query was decoded twice before it was signed: it must be decoded once. Let no proxy decode it.".to_owned()
        }
        Difference::Encoding { part: Part::Path, .. } => {
            "The path was encoded or decoded on its way: it must be signed as the client shows it. Let no proxy rewrite it."
                .to_owned()
        }
        Difference::Order => "The parameters were signed in another order: let no redirect or proxy rewrite the query.".to_owned(),
        Difference::Parameters { only_seen, only_signed } => {
            let seen = (!only_seen.is_empty()).then(|| format!("DingTalk saw {}, not signed", only_seen.join(", ")));
            let signed = (!only_signed.is_empty()).then(|| format!("{} signed, not seen", only_signed.join(", ")));
            let all: Vec<_> = seen.into_iter().chain(signed).collect();
            format!("The parameters differ ({}): let no redirect or proxy change the query.", all.join("; "))
        }
        Difference::Values { names } => format!(
            "Parameters have another value than was signed ({}): let no redirect or proxy change the query.",
            names.join(", ")
        ),
        Difference::Fragment { .. } => {
            "One of the addresses has a hash route, and what follows # is never signed: sign location.href.split('#')[0]."
                .to_owned()
        }
        Difference::Other => {
            "The addresses differ in something easily overlooked, such as a ? without a query or a parameter that comes \
             twice."
                .to_owned()
        }
    }
}

/// The hash in the settings, and the other one.
fn hashes(signed: Hash) -> (&'static str, &'static str) {
    match signed {
        Hash::Sha1 => ("sha1", "sha256"),
        Hash::Sha256 => ("sha256", "sha1"),
    }
}
