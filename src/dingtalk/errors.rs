//! DingTalk's refusals as values that callers act on.
//!
//! Codes are matched (`catalogue`), never texts.

use std::fmt;

use crate::catalogue::{Evidence, Signed, Trouble};

/// Holds no secret: what was sent is cut out of DingTalk's words.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DingtalkError {
    /// The auth code is spent, expired or another app's.
    #[error("the auth code is not valid: {0}")]
    CodeInvalid(Refusal),
    /// The access token is invalid or has expired: one renewal is due.
    #[error("the access token is not valid: {0}")]
    TokenInvalid(Refusal),
    /// The corp that we asked about has no such person.
    #[error("the corp has no such person: {0}")]
    NoSuchUser(Refusal),
    #[error("DingTalk throttles us: {0}")]
    Throttled(Refusal),
    /// DingTalk's own trouble, worth another try.
    #[error("DingTalk is busy: {0}")]
    Busy(Refusal),
    /// DingTalk's own trouble under an unknown word (status 500 and above, new host).
    #[error("DingTalk failed: {0}")]
    Failed(Refusal),
    /// Anything else that DingTalk refuses: the operator must fix something.
    #[error("DingTalk refused: {0}")]
    Refused(Refusal),
    /// Our address is barred for five minutes after more than 10,000 calls in 20 seconds. DingTalk then answers a web page
    /// or `{"status":1111,…}`.
    #[error(
        "{call}: a web page came instead of an answer: DingTalk bars this address for five minutes after too many calls, or a proxy in between answers"
    )]
    Banned { call: &'static str },
    #[error("{call}: no answer from DingTalk: {why}")]
    Unreachable { call: &'static str, why: String },
    /// A response that DingTalk should not give: a proxy's page, or a field missing or of the wrong type.
    #[error("{call}: unexpected answer: {why}")]
    Unexpected { call: &'static str, why: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub call: &'static str,
    /// The code; of gateway error 88, its sub-code.
    pub code: ErrorCode,
    /// At most 300 characters of DingTalk's words.
    pub errmsg: String,
    /// DingTalk's own id of the request, which its support asks for.
    pub request_id: Option<String>,
}

/// A number on the old host, a word on the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorCode {
    Number(i64),
    /// `code`, at most 100 characters of it.
    Word(String),
}

impl ErrorCode {
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(_) => None,
        }
    }

    pub fn meaning(&self) -> Trouble {
        match self {
            Self::Number(number) => Trouble::of_errcode(*number),
            Self::Word(word) => Trouble::of_word(word),
        }
    }
}

impl Refusal {
    /// What its words tell beyond the code.
    pub fn evidence(&self) -> Option<Evidence> {
        Evidence::read(self.code.meaning(), &self.errmsg, Signed::default())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => word.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            ErrorCode::Number(number) => write!(f, "{}: errcode {number} {:?}", self.call, self.errmsg)?,
            ErrorCode::Word(word) => write!(f, "{}: code {word:?} {:?}", self.call, self.errmsg)?,
        }
        match &self.request_id {
            Some(id) => write!(f, " (request_id {id:?})"),
            None => Ok(()),
        }
    }
}

impl DingtalkError {
    pub(super) fn of(refusal: Refusal) -> Self {
        match refusal.code.meaning() {
            Trouble::InvalidCode | Trouble::CodeExpired => Self::CodeInvalid(refusal),
            Trouble::InvalidToken => Self::TokenInvalid(refusal),
            Trouble::NoSuchUser => Self::NoSuchUser(refusal),
            Trouble::Throttled | Trouble::PlatformThrottled => Self::Throttled(refusal),
            Trouble::AddressBarred => Self::Banned { call: refusal.call },
            Trouble::Busy => Self::Busy(refusal),
            _ => Self::Refused(refusal),
        }
    }

    /// The code and DingTalk's words, where DingTalk gave them.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::CodeInvalid(refusal)
            | Self::TokenInvalid(refusal)
            | Self::NoSuchUser(refusal)
            | Self::Throttled(refusal)
            | Self::Busy(refusal)
            | Self::Refused(refusal) => Some(refusal),
            // An unknown word gives no advice.
            Self::Failed(_) | Self::Banned { .. } | Self::Unreachable { .. } | Self::Unexpected { .. } => None,
        }
    }

    /// The call that failed.
    pub fn call(&self) -> &'static str {
        match self {
            Self::CodeInvalid(refusal)
            | Self::TokenInvalid(refusal)
            | Self::NoSuchUser(refusal)
            | Self::Throttled(refusal)
            | Self::Busy(refusal)
            | Self::Failed(refusal)
            | Self::Refused(refusal) => refusal.call,
            Self::Banned { call } | Self::Unreachable { call, .. } | Self::Unexpected { call, .. } => call,
        }
    }

    /// What it is counted as.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::CodeInvalid(_) => "code-invalid",
            Self::TokenInvalid(_) => "token-invalid",
            Self::NoSuchUser(_) => "no-such-user",
            Self::Refused(_) => "refused",
            Self::Throttled(_) | Self::Banned { .. } => "throttled",
            Self::Busy(_) | Self::Failed(_) => "busy",
            Self::Unreachable { .. } => "unreachable",
            Self::Unexpected { .. } => "unexpected",
        }
    }

    /// Whether the same call may succeed a moment later by itself.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::Failed(_) | Self::Unreachable { .. } | Self::Throttled(_) | Self::Banned { .. }
        )
    }
}
