//! A form is taken from our own pages only.

use hmac::{Hmac, KeyInit, Mac};
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};
use sha2::Sha256;

use super::{in_force, problem::Problem};
use crate::{config::Config, hex_digits::hex_digits};

/// Guards every route that changes something by the session cookie (cross-site request forgery). The cookie's
/// `SameSite=Lax` lets neighbouring hosts through; this does not.
///
/// Every browser, DingTalk's web views included, sends `Origin` or `Sec-Fetch-Site` with a POST. A program sends
/// neither, and has nobody else's session.
pub struct SameOrigin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SameOrigin {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        let Some(config) = in_force::part::<Config>(request) else {
            return Outcome::Error((Status::InternalServerError, Problem::internal("no settings")));
        };
        let ours = config.public_url.origin();
        let origin_fits = request.headers().get("Origin").all(|origin| origin == ours);
        let mut sites = request.headers().get("Sec-Fetch-Site");
        let site_fits = sites.all(|site| matches!(site, "same-origin" | "none"));
        if origin_fits && site_fits {
            Outcome::Success(Self)
        } else {
            Outcome::Error((Status::Forbidden, Problem::foreign_origin()))
        }
    }
}

/// Ties a form to the session that its page was shown to: an attacker who can write on a neighbouring host has no such page.
pub struct FormTokens([u8; 32]);

impl FormTokens {
    /// `server_key` is this deployment's own; what is made here is good for nothing else.
    pub fn new(server_key: &[u8; 32]) -> Self {
        Self(seal(server_key, "form").finalize().into_bytes().into())
    }

    /// The token of a session, by its number and when it was started.
    pub fn of(&self, session: i64, started: i64) -> String {
        hex_digits(seal(&self.0, &format!("{session}|{started}")).finalize().into_bytes())
    }

    /// Whether a token is that of this session; constant in time.
    pub fn accept(&self, token: &str, session: i64, started: i64) -> bool {
        let mac = seal(&self.0, &format!("{session}|{started}"));
        hex::decode(token).is_ok_and(|token| mac.verify_slice(&token).is_ok())
    }
}

fn seal(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_and_deployment_alone() {
        let tokens = FormTokens::new(&[7; 32]);
        let token = tokens.of(1, 23);
        assert!(tokens.accept(&token, 1, 23));
        assert!(!tokens.accept(&token, 12, 3) && !tokens.accept(&token, 1, 24) && !tokens.accept(&token, 2, 23));
        assert!(!FormTokens::new(&[8; 32]).accept(&token, 1, 23));
        for wrong in ["", "00", "x", &token[2..], &format!("{token}00")] {
            assert!(!tokens.accept(wrong, 1, 23), "{wrong}");
        }
    }
}
