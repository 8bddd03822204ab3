//! What a program of an app is told where its request is refused (RFC 6749, 5.2; RFC 6750, 3).

use crate::oidc::params::Repeated;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthError {
    pub word: &'static str,
    pub status: u16,
    /// For the app's developer. It holds nothing of the request.
    pub description: &'static str,
    pub retry_after: Option<u64>,
    /// For the log alone.
    pub cause: Option<String>,
}

impl OauthError {
    const fn new(word: &'static str, status: u16, description: &'static str) -> Self {
        Self { word, status, description, retry_after: None, cause: None }
    }

    pub const fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", 400, description)
    }

    pub const fn invalid_client(description: &'static str) -> Self {
        Self::new("invalid_client", 401, description)
    }

    pub const fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", 400, description)
    }

    pub const fn invalid_scope() -> Self {
        Self::new("invalid_scope", 400, "scope holds more than was granted")
    }

    pub const fn unsupported_grant_type() -> Self {
        Self::new("unsupported_grant_type", 400, "grant_type can be authorization_code or refresh_token")
    }

    /// Of an access token that never was, is used up, or belongs to a session that has ended.
    pub const fn invalid_token() -> Self {
        Self::new("invalid_token", 401, "the access token is unknown or no longer good")
    }

    pub fn too_many(seconds: u64) -> Self {
        let error = Self::new("temporarily_unavailable", 429, "too many failed client authentications");
        Self { retry_after: Some(seconds.max(1)), ..error }
    }

    fn unavailable(cause: impl ToString) -> Self {
        let error = Self::new("temporarily_unavailable", 503, "try again in a moment");
        Self { retry_after: Some(5), cause: Some(cause.to_string()), ..error }
    }

    pub fn server_error(cause: impl ToString) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new("server_error", 500, "something went wrong") }
    }
}

impl From<sqlx::Error> for OauthError {
    fn from(error: sqlx::Error) -> Self {
        Self::unavailable(error)
    }
}

impl From<Repeated> for OauthError {
    fn from(_: Repeated) -> Self {
        Self::invalid_request("a parameter was given twice")
    }
}
