//! DingTalk's refusals as values that callers act on.
//!
//! Codes are matched (`errcode`), never texts.

use std::fmt;

use crate::errcode::Errcode;

/// Why a call to DingTalk gave no result. Holds no secret: what was sent is cut out of DingTalk's own words.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DingtalkError {
    /// The auth code is spent, expired, or of another app.
    #[error("the auth code is not valid: {0}")]
    CodeInvalid(Refusal),
    /// The access token is not valid (any more); one renewal is due.
    #[error("the access token is not valid: {0}")]
    TokenInvalid(Refusal),
    /// The person is not in the corp that we asked about.
    #[error("the corp has no such person: {0}")]
    NoSuchUser(Refusal),
    /// Too many calls.
    #[error("DingTalk throttles us: {0}")]
    Throttled(Refusal),
    /// DingTalk's own trouble, worth another try.
    #[error("DingTalk is busy: {0}")]
    Busy(Refusal),
    /// DingTalk's own trouble by a word that is not known (a status of 500 and above on the new host).
    #[error("DingTalk failed: {0}")]
    Failed(Refusal),
    /// Anything else that DingTalk refuses: the operator must fix something.
    #[error("DingTalk refused: {0}")]
    Refused(Refusal),
    /// Our address is punished for five minutes: more than 10,000 calls in 20 seconds came from it. DingTalk then
    /// answers a web page, or `{"status":1111,…}`.
    #[error(
        "{call}: a web page came instead of an answer: DingTalk bars this address for five minutes after too many calls, or a proxy in between answers"
    )]
    Banned {
        /// The call's path.
        call: &'static str,
    },
    /// No answer in time.
    #[error("{call}: no answer from DingTalk: {why}")]
    Unreachable {
        /// The call's path.
        call: &'static str,
        /// What the connection said, without the address.
        why: String,
    },
    /// An answer that is none of DingTalk's: a proxy's page, a field missing or of a wrong type.
    #[error("{call}: unexpected answer: {why}")]
    Unexpected {
        /// The call's path.
        call: &'static str,
        /// What is unexpected about it.
        why: String,
    },
}

/// What DingTalk said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The call's path.
    pub call: &'static str,
    /// The code; of gateway error 88, its sub-code.
    pub code: ErrorCode,
    /// DingTalk's words, at most 300 characters of them.
    pub errmsg: String,
    /// DingTalk's own id of the request, which its support asks for.
    pub request_id: Option<String>,
}

/// What DingTalk names an error by: a number on the old host, a word on the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorCode {
    /// `errcode`.
    Number(i64),
    /// `code`, at most 100 characters of it.
    Word(String),
}

impl ErrorCode {
    /// The `errcode`, where there is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(_) => None,
        }
    }

    pub fn meaning(&self) -> Errcode {
        match self {
            Self::Number(number) => Errcode::of_number(*number),
            Self::Word(word) => Errcode::of_word(word),
        }
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
    /// Sorts a refusal by its code.
    pub(super) fn of(refusal: Refusal) -> Self {
        match refusal.code.meaning() {
            Errcode::InvalidCode => Self::CodeInvalid(refusal),
            Errcode::InvalidToken => Self::TokenInvalid(refusal),
            Errcode::NoSuchUser => Self::NoSuchUser(refusal),
            Errcode::Throttled => Self::Throttled(refusal),
            Errcode::AddressBarred => Self::Banned { call: refusal.call },
            Errcode::Busy => Self::Busy(refusal),
            Errcode::NoSuchCall
            | Errcode::InvalidCredentials
            | Errcode::InvalidCorpId
            | Errcode::IncompleteCall
            | Errcode::NoPermission
            | Errcode::IpNotAllowed
            | Errcode::OutOfScope
            | Errcode::AppDisabled
            | Errcode::RedirectNotAllowed
            | Errcode::QuotaUsedUp
            | Errcode::UnknownTicket
            | Errcode::SignatureMismatch
            | Errcode::InvalidPageConfig
            | Errcode::WrongAgent
            | Errcode::Unknown => Self::Refused(refusal),
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
            // A word that nobody knows tells nobody what to do.
            Self::Failed(_) | Self::Banned { .. } | Self::Unreachable { .. } | Self::Unexpected { .. } => None,
        }
    }

    /// Whether the same call may succeed a moment later without anybody mending anything.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::Failed(_) | Self::Unreachable { .. } | Self::Throttled(_) | Self::Banned { .. }
        )
    }
}
