//! An app's request to sign a person in (pure; OpenID Connect Core 1.0, 3.1.2.1, and RFC 6749, 4.1.1).
//!
//! Client and return address are read first. Nothing is sent to an address before both are known to be the operator's.

use super::{
    params::Params,
    pkce,
    scopes::{Scope, Scopes},
    way_back::{AuthorizeError, WayBack},
};
use crate::{clock::UnixSeconds, config::Client};

/// A request comes back from the sign-in page as an address, whose length that page limits.
pub const LONGEST: usize = 3500;
const MOST_NONCE: usize = 1024;

/// What an app asks for, once it is known which app.
pub struct Asked<'a> {
    pub client: &'a Client,
    pub way_back: WayBack<'a>,
    pub request: Result<AuthorizeRequest<'a>, AuthorizeError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest<'a> {
    pub scopes: Scopes,
    pub nonce: Option<&'a str>,
    /// S256.
    pub code_challenge: Option<&'a str>,
    pub prompt: Prompt,
    /// Seconds since the person has signed in with DingTalk.
    pub max_age: Option<UnixSeconds>,
    pub id_token_hint: Option<&'a str>,
    pub ui_locales: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Whatever is needed.
    Any,
    /// No page may be shown.
    None,
    /// A new code of DingTalk's.
    Login,
}

/// Nothing can be sent back to an app, since it is not known or its address is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoApp {
    UnknownClient,
    /// By the client's name.
    WrongRedirectUri(String),
}

impl<'a> Asked<'a> {
    pub fn read(params: &'a Params, clients: &'a [Client]) -> Result<Self, NoApp> {
        let client_id = params.only("client_id").ok_or(NoApp::UnknownClient)?;
        let client = clients.iter().find(|client| client.client_id == client_id).ok_or(NoApp::UnknownClient)?;
        let redirect_uri = params.only("redirect_uri").filter(|uri| client.redirect_uris.iter().any(|u| u == uri));
        let redirect_uri = redirect_uri.ok_or_else(|| NoApp::WrongRedirectUri(client.name.clone()))?;
        let way_back = WayBack { address: redirect_uri, state: params.only("state") };
        Ok(Self { client, way_back, request: AuthorizeRequest::read(params, client) })
    }
}

impl<'a> AuthorizeRequest<'a> {
    fn read(params: &'a Params, client: &Client) -> Result<Self, AuthorizeError> {
        let invalid = AuthorizeError::InvalidRequest;
        if params.repeats_any() {
            return Err(invalid("a parameter was given twice"));
        }
        for (name, refusal) in [
            ("request", AuthorizeError::RequestNotSupported),
            ("request_uri", AuthorizeError::RequestUriNotSupported),
            ("registration", AuthorizeError::RegistrationNotSupported),
        ] {
            if params.only(name).is_some() {
                return Err(refusal);
            }
        }
        match params.only("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is missing")),
            Some(_) => return Err(AuthorizeError::UnsupportedResponseType),
        }
        if params.only("response_mode").is_some_and(|mode| mode != "query") {
            return Err(invalid("response_mode can only be query"));
        }
        if params.query_without(&["id_token_hint"]).len() > LONGEST {
            return Err(invalid("the request is too long"));
        }
        let scopes = Scopes::parse(params.only("scope").unwrap_or_default());
        if !scopes.has(Scope::OpenId) {
            return Err(AuthorizeError::InvalidScope);
        }
        let nonce = params.only("nonce");
        if nonce.is_some_and(|nonce| nonce.len() > MOST_NONCE) {
            return Err(invalid("nonce is too long"));
        }
        Ok(Self {
            scopes,
            nonce,
            code_challenge: code_challenge(params, client)?,
            prompt: Prompt::read(params.only("prompt").unwrap_or_default())?,
            max_age: max_age(params.only("max_age"))?,
            id_token_hint: params.only("id_token_hint"),
            ui_locales: params.only("ui_locales"),
        })
    }
}

fn code_challenge<'a>(params: &'a Params, client: &Client) -> Result<Option<&'a str>, AuthorizeError> {
    let invalid = AuthorizeError::InvalidRequest;
    match (params.only("code_challenge"), params.only("code_challenge_method")) {
        (None, None) if client.secret.is_some() => Ok(None),
        (None, None) => Err(invalid("a client without a secret needs PKCE: code_challenge is missing")),
        (Some(challenge), Some("S256")) => {
            pkce::challenge(challenge).map(Some).ok_or(invalid("code_challenge is malformed"))
        }
        (Some(_), _) => Err(invalid("code_challenge_method must be S256")),
        (None, Some(_)) => Err(invalid("code_challenge is missing")),
    }
}

fn max_age(text: Option<&str>) -> Result<Option<UnixSeconds>, AuthorizeError> {
    let Some(text) = text else { return Ok(None) };
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let seconds = if is_number { text.parse().ok() } else { None };
    seconds.map(Some).ok_or(AuthorizeError::InvalidRequest("max_age is no number of seconds"))
}

impl Prompt {
    /// `consent` shows nothing: the operator has listed the app. There is one account to select, that of DingTalk.
    fn read(text: &str) -> Result<Self, AuthorizeError> {
        let (mut prompt, mut words) = (Self::Any, 0);
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            words += 1;
            match word {
                "none" => prompt = Self::None,
                "login" | "select_account" if prompt != Self::None => prompt = Self::Login,
                "consent" if prompt != Self::None => {}
                "login" | "select_account" | "consent" => {}
                _ => return Err(AuthorizeError::InvalidRequest("prompt holds an unknown word")),
            }
        }
        match (prompt, words) {
            (Self::None, 2..) => Err(AuthorizeError::InvalidRequest("prompt=none stands alone")),
            (prompt, _) => Ok(prompt),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
