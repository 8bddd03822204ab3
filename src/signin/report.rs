//! What the sign-in page reports from the client: above all dd.error, whose text holds the address that DingTalk saw, and
//! that DingTalk's script had to do what the page's own bootstrap could not.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::{
    errcode::Errcode,
    i18n::Locale,
    web::{params::Params, request_context::RequestContext},
};

/// Characters of a text that are logged.
const MOST: usize = 600;

#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// The message that the page showed, or `dd.error`.
    kind: String,
    message: String,
    signed: String,
    /// The request id that the page shows.
    page: String,
    errcode: Option<i64>,
    /// The address that DingTalk saw.
    seen: Option<String>,
    /// Of a bootstrap that failed: the client.
    client: Option<Client>,
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
        Self {
            client: (kind == "bootstrap").then(|| Client::read(params)),
            kind,
            errcode: between(&message, "Code:", &[' ', ',', '-']).and_then(|code| code.trim().parse().ok()),
            seen: between(&message, "url:[", &[']']).map(str::to_owned),
            signed: text("signed"),
            page: text("page").chars().filter(char::is_ascii_hexdigit).take(32).collect(),
            message,
        }
    }

    /// Adds the report to the request's log line, in the deployment's language.
    pub fn note(self, request_context: &RequestContext, locale: Locale, bootstraps: &FailedBootstraps) {
        if self.client.as_ref().is_some_and(|client| !bootstraps.is_news(client)) {
            return request_context.note(|notes| notes.is_routine = true);
        }
        let client = self.client.map(|Client { platform, version }| {
            format!("; platform {platform}, version {version}: DingTalk's script was loaded instead")
        });
        let client = client.unwrap_or_default();
        let addresses = match &self.seen {
            Some(seen) if *seen != self.signed => {
                format!("; DingTalk saw {seen:?}, but {:?} was signed: compare public_url with the first", self.signed)
            }
            Some(seen) => format!("; DingTalk saw {seen:?}, which is what was signed"),
            None => String::new(),
        };
        request_context.note(|notes| {
            notes.problem = Some("client-report");
            notes.page_request_id = Some(self.page).filter(|id| !id.is_empty());
            notes.cause = Some(format!("{}: {}{client}{addresses}", self.kind, self.message));
            notes.errcode = self.errcode;
            let meaning = self.errcode.map(Errcode::of_number);
            notes.hint = meaning.map(|errcode| (locale.texts().dingtalk_hint)(errcode).to_owned());
        });
    }
}

fn between<'a>(text: &'a str, start: &str, ends: &[char]) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let rest = rest.trim_start();
    Some(&rest[..rest.find(ends)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dingtalks_text_gives_the_code_and_the_address_that_it_saw() {
        let message = "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n],timestamp:[1],url:[http://h/?q=张三],ticketList:[aC7X***]";
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("kind", "dd.error"), ("message", message), ("signed", "https://h/?q=张三")])
            .finish();
        let report = Report::read(&Params::urlencoded(query.as_bytes()));
        assert_eq!(report.errcode, Some(52013));
        assert_eq!(report.seen.as_deref(), Some("http://h/?q=张三"));
    }

    #[test]
    fn a_text_of_any_other_form_is_only_cut() {
        let long = format!("kind=x&message={}", "url:[".repeat(1000));
        let report = Report::read(&Params::urlencoded(long.as_bytes()));
        assert_eq!(report.client, None);
        assert_eq!((report.errcode, report.seen, report.message.chars().count()), (None, None, MOST));
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
            proptest::prop_assert!(report.seen.is_none_or(|seen| report.message.contains(&seen)));
        }
    }
}
