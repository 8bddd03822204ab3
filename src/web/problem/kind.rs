//! The kinds of problems: their stable words, statuses and general messages.

use rocket::http::Status;

use crate::i18n::{Message, Problems};

/// The contract's stable words, and those that every web server needs beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    InvalidRequest,
    UnknownApp,
    StateMismatch,
    CodeInvalid,
    SignInRequired,
    NotAllowed,
    UnlistedHost,
    NotListed,
    Disabled,
    RateLimited,
    DingtalkRefused,
    DingtalkUnreachable,
    NotFound,
    ForeignOrigin,
    LoginRefused,
    LinkExpired,
    RedirectLoop,
    Unavailable,
    Internal,
}

impl Kind {
    /// The problem's `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::UnknownApp => "unknown-app",
            Self::StateMismatch => "state-mismatch",
            Self::CodeInvalid => "code-invalid",
            Self::SignInRequired => "sign-in-required",
            Self::NotAllowed => "not-allowed",
            Self::UnlistedHost => "unlisted-host",
            Self::NotListed => "not-listed",
            Self::Disabled => "disabled",
            Self::RateLimited => "rate-limited",
            Self::DingtalkRefused => "dingtalk-refused",
            Self::DingtalkUnreachable => "dingtalk-unreachable",
            Self::NotFound => "not-found",
            Self::ForeignOrigin => "foreign-origin",
            Self::LoginRefused => "login-refused",
            Self::LinkExpired => "link-expired",
            Self::RedirectLoop => "redirect-loop",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal-error",
        }
    }

    /// The answer's status.
    pub fn status(self) -> Status {
        match self {
            Self::InvalidRequest => Status::BadRequest,
            Self::CodeInvalid | Self::SignInRequired => Status::Unauthorized,
            Self::NotAllowed | Self::UnlistedHost => Status::Forbidden,
            Self::StateMismatch | Self::NotListed | Self::Disabled | Self::ForeignOrigin | Self::LoginRefused => {
                Status::Forbidden
            }
            Self::LinkExpired => Status::Gone,
            // Somebody must fix the settings: the log line is a warning.
            Self::RedirectLoop => Status::LoopDetected,
            Self::UnknownApp | Self::NotFound => Status::NotFound,
            Self::RateLimited => Status::TooManyRequests,
            Self::DingtalkRefused => Status::BadGateway,
            Self::DingtalkUnreachable | Self::Unavailable => Status::ServiceUnavailable,
            Self::Internal => Status::InternalServerError,
        }
    }

    /// Whether the same request may be granted a moment later.
    pub fn may_pass(self) -> bool {
        !matches!(
            self,
            Self::NotFound | Self::UnknownApp | Self::InvalidRequest | Self::ForeignOrigin | Self::UnlistedHost
        )
    }

    /// What is said of it where nothing more precise is known.
    pub fn message(self, problems: &Problems) -> Message {
        match self {
            Self::InvalidRequest => problems.invalid_request,
            Self::UnknownApp => problems.unknown_app,
            Self::StateMismatch => problems.state_mismatch,
            Self::CodeInvalid => problems.code_invalid,
            Self::SignInRequired => problems.sign_in_required,
            Self::NotAllowed => problems.not_allowed,
            Self::UnlistedHost => problems.unlisted_host,
            Self::NotListed => problems.not_listed,
            Self::Disabled => problems.disabled,
            Self::RateLimited => problems.rate_limited,
            Self::DingtalkRefused => problems.dingtalk_refused,
            Self::DingtalkUnreachable => problems.dingtalk_unreachable,
            Self::NotFound => problems.not_found,
            Self::ForeignOrigin => problems.foreign_origin,
            Self::LoginRefused => problems.login_refused,
            Self::LinkExpired => problems.link_expired,
            Self::RedirectLoop => problems.cookie_not_kept,
            Self::Unavailable => problems.unavailable,
            Self::Internal => problems.internal,
        }
    }
}
