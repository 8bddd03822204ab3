//! Refusals and failures as answers: RFC 9457 problems for scripts, pages with the same content for people.
//!
//! The only place that maps a failure to an HTTP status.

mod answer;
mod kind;

use rocket::http::Status;

use self::kind::Kind;
use super::params::ParamError;
use crate::{
    dingtalk::{DingtalkError, ErrorCode, NoApp},
    i18n::{Message, Texts, sentences},
};

/// Why a request is not granted.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    why: Why,
    /// In seconds.
    retry_after: Option<u64>,
    /// For the log only.
    cause: Option<Box<str>>,
    /// Whether a person is to read it, and where.
    page: Option<Shown>,
    /// The id of the request that was refused, if it is not the one that is answered.
    refused_request: Option<Box<str>>,
    /// Where a fresh try begins, if not at this very address.
    retry_at: Option<Box<str>>,
}

/// On whose host a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Here,
    Elsewhere,
}

/// What makes a problem more precise than its kind.
#[derive(Debug, Clone)]
enum Why {
    General,
    Field(ParamError),
    CorpidPlaceholder,
    SeveralApps,
    ExternalContact,
    Unfollowed,
    Stranger,
    ForeignPage,
    UntrustedProxy,
    UnreadableRequest,
    SignIn { url: String },
    NoWebLogin,
    TooManyLinks,
    SentBack { address: String, covered: bool },
    Dingtalk { code: ErrorCode, request_id: Option<String> },
}

impl Problem {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            why: Why::General,
            retry_after: None,
            cause: None,
            page: None,
            refused_request: None,
            retry_at: None,
        }
    }

    /// Says it on a page instead of in JSON.
    #[must_use]
    pub fn page(mut self) -> Self {
        self.page = Some(Shown::Here);
        self
    }

    /// Says it on a page that is shown on the host of an app behind the gate.
    #[must_use]
    pub fn page_elsewhere(mut self) -> Self {
        self.page = Some(Shown::Elsewhere);
        self
    }

    /// Says it of another request, which was refused before.
    #[must_use]
    pub fn of_request(mut self, id: &str) -> Self {
        self.refused_request = Some(id.into());
        self
    }

    /// The stable word.
    pub fn word(&self) -> &'static str {
        self.kind.word()
    }

    /// Says where a fresh try begins: this address is of no use a second time.
    #[must_use]
    pub fn retry_at(mut self, address: String) -> Self {
        self.retry_at = Some(address.into());
        self
    }

    /// Adds what the log is to say about it.
    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    /// 400, the client left `$CORPID$` as it is.
    pub fn corpid_placeholder() -> Self {
        Self { why: Why::CorpidPlaceholder, ..Self::of(Kind::InvalidRequest) }
    }

    /// 403, the state is missing, expired, used, or another browser's.
    pub fn state_mismatch(cause: &'static str) -> Self {
        Self::of(Kind::StateMismatch).because(cause)
    }

    /// 401, the code was sent before.
    pub fn code_used() -> Self {
        Self::of(Kind::CodeInvalid).because("this code was sent to DingTalk before")
    }

    /// 403, no row in the table.
    pub fn not_listed() -> Self {
        Self::of(Kind::NotListed)
    }

    /// 403, somebody who is no employee but an external contact.
    pub fn external_contact() -> Self {
        Self { why: Why::ExternalContact, ..Self::of(Kind::NotListed) }
    }

    /// 403, somebody who does not follow the service window.
    pub fn unfollowed() -> Self {
        Self { why: Why::Unfollowed, ..Self::of(Kind::NotListed) }
    }

    /// 403, somebody who is nobody in the corp.
    pub fn stranger() -> Self {
        Self { why: Why::Stranger, ..Self::of(Kind::NotListed) }
    }

    /// 403, the row is disabled.
    pub fn disabled() -> Self {
        Self::of(Kind::Disabled)
    }

    /// 404, an app that DingTalk's sign-in page does not know.
    pub fn no_web_login() -> Self {
        Self { why: Why::NoWebLogin, ..Self::of(Kind::UnknownApp) }
    }

    /// 403, DingTalk's sign-in page sent the person back with an error instead of a code.
    pub fn login_refused(error: &str) -> Self {
        let error: String = error.chars().take(100).collect();
        Self::of(Kind::LoginRefused).because(format!("DingTalk's page came back with the error {error:?}"))
    }

    /// 410, a hand-over link that is used, too old or unknown.
    pub fn link_expired() -> Self {
        Self::of(Kind::LinkExpired)
    }

    /// 508, a browser that signs in again and again and keeps no session.
    pub fn cookie_not_kept() -> Self {
        Self::of(Kind::RedirectLoop).because("the browser does not send the session's cookie that it was given")
    }

    /// 508, an address that sends a person back again and again who is signed in here. `covered` says whether the
    /// session's cookie reaches it.
    pub fn sent_back(address: &str, covered: bool) -> Self {
        let address = address.split(['?', '#']).next().unwrap_or_default().to_owned();
        let cause = format!("{address:?} sends a person back who is signed in; the cookie reaches it: {covered}");
        Self { why: Why::SentBack { address, covered }, ..Self::of(Kind::RedirectLoop) }.because(cause)
    }

    /// 429; `seconds` until the next try.
    pub fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::of(Kind::RateLimited) }
    }

    /// 429, somebody makes too many hand-over links; `seconds` until the next one.
    pub fn too_many_links(seconds: u64) -> Self {
        Self { why: Why::TooManyLinks, ..Self::rate_limited(seconds) }
    }

    /// 404 of a page.
    pub fn not_found() -> Self {
        Self::of(Kind::NotFound)
    }

    /// 403, a form that did not come from our pages.
    pub fn foreign_origin() -> Self {
        Self::of(Kind::ForeignOrigin)
    }

    /// 403, a page that may not have a JSAPI signature.
    pub fn foreign_page() -> Self {
        Self { why: Why::ForeignPage, ..Self::of(Kind::ForeignOrigin) }
    }

    /// 401 of a script's request for an app behind the gate; `url` is where its person signs in.
    pub fn sign_in_required(url: String) -> Self {
        Self { why: Why::SignIn { url }, ..Self::of(Kind::SignInRequired) }
    }

    /// 403, somebody whom the rules of an app behind the gate do not let in.
    pub fn not_allowed() -> Self {
        Self::of(Kind::NotAllowed)
    }

    /// 403, a proxy that guards a host which no sign-in may lead back to.
    pub fn unlisted_host() -> Self {
        Self::of(Kind::UnlistedHost)
    }

    /// A refusal of the gate's by its stable word; 503 for a word that the gate does not say.
    pub fn of_gate(word: &str) -> Self {
        let kinds = [Kind::NotAllowed, Kind::UnlistedHost, Kind::InvalidRequest, Kind::Internal];
        let kind = kinds.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Unavailable);
        let retry_after = (kind == Kind::Unavailable).then_some(5);
        Self { retry_after, ..Self::of(kind) }.for_visitor()
    }

    /// Says to somebody who wanted to open an app what the gate told the proxy. Of a malformed question, that is no more
    /// than where to begin again; what it was stands in the log.
    #[must_use]
    pub fn for_visitor(mut self) -> Self {
        if self.kind == Kind::InvalidRequest {
            let field = match &self.why {
                Why::Field(error) => Some(error.to_string()),
                _ => None,
            };
            self.cause = self.cause.or(field.map(Into::into));
            self.why = Why::UnreadableRequest;
        }
        self
    }

    /// 400, a question of the gate's from somebody who is no trusted proxy: nothing of it is read.
    pub fn untrusted_proxy() -> Self {
        Self { why: Why::UntrustedProxy, ..Self::of(Kind::InvalidRequest) }
    }

    /// 400 of a request that is malformed as a whole.
    pub fn malformed(field: &'static str) -> Self {
        ParamError::Malformed(field).into()
    }

    /// 500; the cause goes to the log alone.
    pub fn internal(cause: impl ToString) -> Self {
        Self::of(Kind::Internal).because(cause)
    }

    /// What a catcher says for a status that no route answered with.
    pub fn from_status(status: Status) -> Self {
        match status.code {
            404 | 405 => Self::not_found(),
            403 => Self::foreign_origin(),
            503 => Self::of(Kind::Unavailable),
            400..=499 => Self::of(Kind::InvalidRequest).because(status),
            _ => Self::internal(status),
        }
    }

    /// Whether DingTalk rejected somebody's code. One that was sent before costs no call and counts for nothing.
    pub fn is_a_rejected_code(&self) -> bool {
        self.kind == Kind::CodeInvalid && matches!(self.why, Why::Dingtalk { .. })
    }

    /// Whether this is what somebody meets who tries without a page of ours.
    pub fn is_a_failed_try(&self) -> bool {
        matches!(self.kind, Kind::InvalidRequest | Kind::StateMismatch | Kind::CodeInvalid | Kind::LinkExpired)
    }

    fn message(&self, texts: &Texts) -> Message {
        let problems = &texts.problems;
        match &self.why {
            Why::CorpidPlaceholder => problems.corpid_placeholder,
            Why::SeveralApps => problems.several_apps,
            Why::ExternalContact => problems.external_contact,
            Why::Unfollowed => problems.unfollowed,
            Why::Stranger => problems.stranger,
            Why::ForeignPage => problems.foreign_page,
            Why::UntrustedProxy => problems.untrusted_proxy,
            Why::UnreadableRequest => problems.unreadable_request,
            Why::NoWebLogin => problems.no_web_login,
            Why::TooManyLinks => problems.too_many_links,
            Why::SentBack { covered: false, .. } => problems.cookie_out_of_reach,
            Why::SentBack { covered: true, .. } => problems.sent_back,
            Why::General | Why::Field(_) | Why::SignIn { .. } | Why::Dingtalk { .. } => self.kind.message(problems),
        }
    }

    fn detail(&self, texts: &Texts, general: &str) -> String {
        let problems = &texts.problems;
        match &self.why {
            Why::Field(ParamError::Missing(name)) => (problems.missing)(name),
            Why::Field(ParamError::Repeated(name)) => (problems.repeated)(name),
            Why::Field(ParamError::Malformed(name)) => (problems.malformed)(name),
            Why::Dingtalk { code, .. } => sentences(general, &(problems.errcode)(&code.to_string())),
            Why::SentBack { address, .. } => sentences(general, &(problems.sent_back_by)(address)),
            _ => general.to_owned(),
        }
    }

    fn errcode(&self) -> Option<i64> {
        match &self.why {
            Why::Dingtalk { code, .. } => code.number(),
            _ => None,
        }
    }

    fn signin_url(&self) -> Option<&str> {
        match &self.why {
            Why::SignIn { url } => Some(url),
            _ => None,
        }
    }

    /// What to do: of an errcode that the operator must mend, the cure for that very code.
    fn hint<'a>(&self, texts: &'a Texts, general: &'a str) -> &'a str {
        match (self.kind, &self.why) {
            (Kind::DingtalkRefused, Why::Dingtalk { code, .. }) => (texts.dingtalk_hint)(code.meaning()),
            _ => general,
        }
    }
}

impl From<ParamError> for Problem {
    fn from(error: ParamError) -> Self {
        Self { why: Why::Field(error), ..Self::of(Kind::InvalidRequest) }
    }
}

impl From<NoApp> for Problem {
    fn from(no_app: NoApp) -> Self {
        match no_app {
            NoApp::Unknown => Self::of(Kind::UnknownApp),
            NoApp::Several => Self { why: Why::SeveralApps, ..Self::of(Kind::UnknownApp) },
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self { retry_after: Some(5), ..Self::of(Kind::Unavailable) }.because(error)
    }
}

impl From<DingtalkError> for Problem {
    fn from(error: DingtalkError) -> Self {
        let kind = match &error {
            DingtalkError::CodeInvalid(_) => Kind::CodeInvalid,
            passing if passing.is_passing() => Kind::DingtalkUnreachable,
            _ => Kind::DingtalkRefused,
        };
        let why = error.refusal().map_or(Why::General, |refusal| Why::Dingtalk {
            code: refusal.code.clone(),
            request_id: refusal.request_id.clone(),
        });
        let retry_after = (kind == Kind::DingtalkUnreachable).then_some(5);
        Self { why, retry_after, ..Self::of(kind) }.because(error)
    }
}

#[cfg(test)]
pub(crate) use self::answer::samples;
