//! The answer to an app's request: its own address, with a code or the reason why there is none (pure; RFC 6749, 4.1.2;
//! RFC 9207).

/// Where an app waits for the answer, and what it recognises it by.
#[derive(Debug, Clone, Copy)]
pub struct WayBack<'a> {
    /// One that the operator has listed.
    pub address: &'a str,
    pub state: Option<&'a str>,
}

/// RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizeError {
    /// And what is wrong with it, for the app's developer.
    InvalidRequest(&'static str),
    UnsupportedResponseType,
    InvalidScope,
    /// The app is for other people.
    AccessDenied,
    /// No page may be shown, and without one nobody can be signed in; or somebody else is.
    LoginRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    /// The database does not answer.
    TemporarilyUnavailable,
}

impl AuthorizeError {
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(why) => why,
            Self::UnsupportedResponseType => "response_type can only be code",
            Self::InvalidScope => "scope must hold openid",
            Self::AccessDenied => "this person may not use this app",
            Self::LoginRequired => "this person is not signed in, or not recently enough",
            Self::RequestNotSupported => "a request object is not read",
            Self::RequestUriNotSupported => "a request object is not fetched",
            Self::RegistrationNotSupported => "an app is registered in the settings alone",
            Self::TemporarilyUnavailable => "try again in a moment",
        }
    }
}

impl WayBack<'_> {
    pub fn with_code(&self, code: &str, issuer: &str) -> String {
        self.with(&[("code", code)], issuer)
    }

    pub fn refused(&self, error: &AuthorizeError, issuer: &str) -> String {
        self.with(&[("error", error.word()), ("error_description", error.description())], issuer)
    }

    fn with(&self, pairs: &[(&str, &str)], issuer: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs).extend_pairs(self.state.map(|state| ("state", state))).append_pair("iss", issuer);
        // What the address has of its own stays (RFC 6749, 3.1.2).
        let joint = match self.address.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{}{joint}{}", self.address, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_added_to_the_address_and_changes_nothing_of_it() {
        let check = |address: &str, state, expected: &str| {
            assert_eq!(WayBack { address, state }.with_code("c", "https://i.example"), expected);
        };
        check("https://a.example/cb", None, "https://a.example/cb?code=c&iss=https%3A%2F%2Fi.example");
        check("https://a.example/cb?", None, "https://a.example/cb?code=c&iss=https%3A%2F%2Fi.example");
        check(
            "https://a.example/cb?x=%20&y",
            Some("\r\n\"><b>&code=d#钉"),
            "https://a.example/cb?x=%20&y&code=c&state=%0D%0A%22%3E%3Cb%3E%26code%3Dd%23%E9%92%89&iss=https%3A%2F%2Fi.example",
        );
    }
}
