//! DingTalk's refusals as values that callers act on.
//!
//! Codes are matched, never texts. The meanings are those of the Open Platform's table of global error codes
//! (open.dingtalk.com, 全局错误码, read 2026-08-22).

use std::fmt;

/// Why a call to DingTalk gave no result. Holds no secret: what was sent is cut out of DingTalk's own words.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DingtalkError {
    /// The auth code is spent, expired, or of another app (40078, 40029, 40102, 42008).
    #[error("the auth code is not valid: {0}")]
    CodeInvalid(Refusal),
    /// The access token is not valid (any more); one renewal is due (33001, 40001, 40014, 42001).
    #[error("the access token is not valid: {0}")]
    TokenInvalid(Refusal),
    /// The person is not in the corp that we asked about (33012, 60121).
    #[error("the corp has no such person: {0}")]
    NoSuchUser(Refusal),
    /// Too many calls (90001 to 90018, 45009).
    #[error("DingTalk throttles us: {0}")]
    Throttled(Refusal),
    /// DingTalk's own trouble, worth another try (-1, 15, 88 without a sub-code).
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

    /// The number that means the same, so that each meaning has one cure; 0 for a word that is not known.
    pub fn meaning(&self) -> i64 {
        let word = match self {
            Self::Number(number) => return *number,
            Self::Word(word) => word.as_str(),
        };
        match word.strip_prefix("Forbidden.AccessDenied.").unwrap_or(word) {
            "systemBusy" => -1,
            "InvalidAuthentication" | "AuthenticationFailed.MissingParameter" => 40014,
            "invalidParameter.authCode.notFound" | "invalidCode" => 40078,
            "invalidClientIdOrSecret" | "invalid.client" => 40096,
            "AccessTokenPermissionDenied" => 60011,
            "IpNotInWhiteList" => 60020,
            "invalidParameter.user.notFound" => 60121,
            "QpsLimitForApi" => 90002,
            "QpsLimitForAppkeyAndApi" | "QpmLimitForAppkeyAndApi" => 90018,
            "ApiCountLimitForOrg" => 90020,
            _ => 0,
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
            40078 | 40029 | 40102 | 42008 => Self::CodeInvalid(refusal),
            33001 | 40001 | 40014 | 42001 => Self::TokenInvalid(refusal),
            33012 | 60121 => Self::NoSuchUser(refusal),
            45009 | 90001..=90014 | 90017 | 90018 => Self::Throttled(refusal),
            1111 => Self::Banned { call: refusal.call },
            -1 | 15 | 88 => Self::Busy(refusal),
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
