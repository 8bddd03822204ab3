//! What the sign-in page reports from the client: above all dd.error, whose text holds the address that DingTalk saw, and
//! that DingTalk's script had to do what the page's own bootstrap could not.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    ops::RangeInclusive,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{Requester, Services};
use crate::{
    catalogue::{Evidence, Hash, Signed, Trouble, of_sentence, redact, seen_address},
    config::{App, Signature},
    i18n::Texts,
    web::params::Params,
};

/// Characters of a text that are read.
const MOST: usize = 600;

pub struct Report {
    /// The message that the page showed, or `dd.error`.
    kind: String,
    /// As it came: it may hold the beginning of a ticket.
    message: String,
    signed: String,
    /// The request id that the page shows.
    page: String,
    errcode: Option<i64>,
    trouble: Option<Trouble>,
    /// Of a bootstrap that failed: the client.
    client: Option<Client>,
}

/// What the page tells administrators about its own report.
#[derive(Serialize)]
pub struct Explained {
    /// The code as the client gave it, and what it means.
    title: String,
    advice: Cow<'static, str>,
}

/// A platform of clients and their version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Client {
    platform: &'static str,
    version: String,
}

/// The clients from which the page's own bootstrap got no code. The log names each of them once.
#[derive(Default)]
pub struct FailedBootstraps(Mutex<HashSet<Client>>);

impl FailedBootstraps {
    /// Versions that are told apart. Any page may report any version.
    const MOST: usize = 500;

    fn is_news(&self, client: &Client) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.len() < Self::MOST && known.insert(client.clone())
    }
}

impl Client {
    const PLATFORMS: [&str; 5] = ["ios", "android", "harmony", "pc", "unknown"];

    fn read(params: &Params) -> Self {
        let platform = params.lenient("platform").unwrap_or_default();
        let platform = Self::PLATFORMS.into_iter().find(|known| *known == platform).unwrap_or("unknown");
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let version = params.lenient("version").unwrap_or_default().chars().filter(is_plain).take(40).collect();
        Self { platform, version }
    }
}

impl Report {
    /// Reads a report. Nothing in it is trusted, and everything is cut to a length.
    pub fn read(params: &Params) -> Self {
        let text = |name| params.lenient(name).unwrap_or_default().chars().take(MOST).collect::<String>();
        let (kind, message) = (text("kind"), text("message"));
        let errcode = between(&message, "Code:", &[' ', ',', '-']).and_then(|code| code.trim().parse().ok());
        Self {
            client: (kind == "bootstrap").then(|| Client::read(params)),
            trouble: trouble(&kind, &message, errcode),
            errcode,
            signed: text("signed"),
            page: text("page").chars().filter(char::is_ascii_hexdigit).take(32).collect(),
            kind,
            message,
        }
    }

    /// Whether the ticket of the signature would tell more.
    pub fn is_about_a_signature(&self) -> bool {
        self.trouble == Some(Trouble::SignatureMismatch)
    }

    /// For whoever reported it. Nothing is compared with the ticket: anybody with a page could guess it piece by piece.
    pub fn explained(&self, t: &'static Texts, app: &App) -> Option<Explained> {
        let trouble = self.trouble?;
        let title = (t.explain)(trouble).title;
        let title = self.code().map_or_else(|| title.to_owned(), |code| format!("{code} · {title}"));
        Some(Explained { title, advice: t.remedy(trouble, self.evidence(app, None).as_ref()) })
    }

    /// DingTalk's code, the client's number, or the name of what the page could not do.
    fn code(&self) -> Option<String> {
        let kind = Trouble::of_kind(&self.kind).map(|_| self.kind.clone());
        self.errcode.or_else(|| number(&self.message)).map(|code| code.to_string()).or(kind)
    }

    /// Adds the report to the request's log line, in the deployment's language, and to what doctor is told. `ticket` is
    /// what the app's pages are signed with.
    pub async fn note(self, services: Services<'_>, requester: &Requester<'_>, app: &App, ticket: Option<&str>) {
        if self.client.as_ref().is_some_and(|client| !services.bootstraps.is_news(client)) {
            return requester.log.note(|notes| notes.is_routine = true);
        }
        let (t, evidence) = (services.config.default_locale.texts(), self.evidence(app, ticket));
        if let Some(trouble) = self.trouble.filter(|trouble| *trouble != Trouble::Cancelled) {
            services.troubles.note(services.db, &app.name, trouble, evidence.as_ref()).await;
        }
        requester.log.note(|notes| {
            notes.problem = Some("client-report");
            let client = self.client.as_ref().map(Client::to_string).unwrap_or_default();
            notes.cause = Some(format!("{}: {}{client}{}", self.kind, redact(&self.message), self.addresses()));
            notes.errcode = self.errcode;
            notes.hint = self.trouble.map(|trouble| t.advice(trouble, evidence.as_ref()).into_owned());
            notes.page_request_id = Some(self.page).filter(|id| !id.is_empty());
        });
    }

    fn evidence(&self, app: &App, ticket: Option<&str>) -> Option<Evidence> {
        let hash = match app.signature {
            Signature::Sha1 => Hash::Sha1,
            Signature::Sha256 => Hash::Sha256,
        };
        let signed = Signed { url: Some(&self.signed), hash: Some(hash), ticket, agent_id: Some(&app.agent_id) };
        let trouble =
            self.trouble.filter(|trouble| !matches!(trouble, Trouble::IpNotAllowed | Trouble::NoPermission))?;
        Evidence::read(trouble, &self.message, signed)
    }

    /// The address that DingTalk saw beside the one that was signed.
    fn addresses(&self) -> String {
        let Some(seen) = seen_address(&self.message) else { return String::new() };
        let (seen, signed) = (redact(seen), redact(&self.signed));
        if seen == signed {
            format!("; DingTalk saw {seen:?}, which is what was signed")
        } else {
            format!("; DingTalk saw {seen:?}, but {signed:?} was signed: compare public_url with the first")
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, version } = self;
        write!(f, "; platform {platform}, version {version}: DingTalk's script was loaded instead")
    }
}

/// What DingTalk's server tells a client about dd.config (dingtalk.md §5). Other codes reach us from the server itself:
/// a stranger who reports one would have doctor give advice of the stranger's.
const OF_DD_CONFIG: RangeInclusive<i64> = 52_010..=52_026;

/// A code of the server's says most, then a sentence, then a number of the client's, then what the page could not do.
fn trouble(kind: &str, message: &str, errcode: Option<i64>) -> Option<Trouble> {
    let of_server = errcode.filter(|code| OF_DD_CONFIG.contains(code)).map(Trouble::of_errcode);
    let of_server = of_server.filter(|trouble| *trouble != Trouble::Unknown);
    of_server
        .or_else(|| of_sentence(message))
        .or_else(|| number(message).and_then(Trouble::of_client))
        .or_else(|| Trouble::of_kind(kind))
        .or_else(|| errcode.map(|_| Trouble::Unknown))
}

/// The client's number, which the page writes in front.
fn number(message: &str) -> Option<i64> {
    message.split([' ', ',']).next()?.parse().ok()
}

fn between<'a>(text: &'a str, start: &str, ends: &[char]) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let rest = rest.trim_start();
    Some(&rest[..rest.find(ends)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: &str, message: &str, signed: &str) -> Report {
        let fields = [("kind", kind), ("message", message), ("signed", signed)];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Report::read(&Params::urlencoded(query.as_bytes()))
    }

    #[test]
    fn dingtalks_text_gives_the_code_and_the_address_that_it_saw() {
        let message = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n],timestamp:[1],url:[http://h/?q=张三],ticketList:[aC7X***]";
        let report = report("dd.error", message, "https://h/?q=张三");
        assert_eq!((report.errcode, report.trouble), (Some(52013), Some(Trouble::SignatureMismatch)));
        let addresses = report.addresses();
        assert!(addresses.contains("http://h/?q=张三") && addresses.contains("https://h/?q=张三"), "{addresses}");
    }

    #[test]
    fn what_the_client_says_has_a_name() {
        let check = |kind: &str, message: &str, expected: Option<Trouble>| {
            assert_eq!(report(kind, message, "").trouble, expected, "{kind} {message}");
        };
        check("client-refused", "3 对应企业没有h域名微应用, platform ios", Some(Trouble::NoAppOnDomain));
        check("client-refused", "3 1002,err msg uid is not in employee for orgid", Some(Trouble::NotInCorp));
        check("client-refused", "-1 用户取消", Some(Trouble::Cancelled));
        // Told to servers only: whoever reports it made it up.
        check("dd.error", "x Code:60020 request ip=192.0.2.1", Some(Trouble::Unknown));
        check("client-refused", "4040 unsupported, unknown client", Some(Trouble::NotInDingtalk));
        check("client-refused", "something else", Some(Trouble::ClientSays));
        check("dd.error", "权限校验失败 Code:99999 - Message: x", Some(Trouble::Unknown));
        check("no-bridge", "no answer in 8000 ms, platform ios", Some(Trouble::NoBridge));
        check("dd.error", "something else", None);
    }

    #[test]
    fn a_text_of_any_other_form_is_only_cut() {
        let report = report("x", &"url:[".repeat(1000), "");
        assert_eq!(report.client, None);
        assert_eq!((report.errcode, report.trouble, report.message.chars().count()), (None, None, MOST));
        assert_eq!(report.addresses(), "");
    }

    #[test]
    fn a_client_whose_bootstrap_failed_is_news_once_and_many_made_up_ones_fill_no_memory() {
        let client = |platform: &str, version: &str| {
            let query = format!("kind=bootstrap&platform={platform}&version={version}");
            Report::read(&Params::urlencoded(query.as_bytes())).client.expect("a client")
        };
        let bootstraps = FailedBootstraps::default();
        assert!(bootstraps.is_news(&client("ios", "7.8.10")) && !bootstraps.is_news(&client("ios", "7.8.10")));
        assert!(bootstraps.is_news(&client("ios", "7.8.11")) && bootstraps.is_news(&client("android", "7.8.10")));
        let odd = client("x%0Ay", &"1%22%0A".repeat(100));
        assert_eq!((odd.platform, odd.version), ("unknown", "1".repeat(40)));
        let news = (0..10_000).filter(|n| bootstraps.is_news(&client("pc", &n.to_string()))).count();
        assert_eq!(news, FailedBootstraps::MOST - 3);
    }

    proptest::proptest! {
        /// Every page with a state may report anything.
        #[test]
        fn any_report_is_bounded(message in "(Code:|url:\\[|\\]|[0-9]{1,30}| |,|-|é|张|\\PC){0,30}", page in "\\PC{0,80}") {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("message", &message.repeat(40)), ("page", &page)])
                .finish();
            let report = Report::read(&Params::urlencoded(query.as_bytes()));
            proptest::prop_assert!(report.message.chars().count() <= MOST && report.page.len() <= 32);
            proptest::prop_assert!(seen_address(&report.message).is_none_or(|seen| report.message.contains(seen)));
        }
    }
}
