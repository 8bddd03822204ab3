//! "Signed in" as a request guard.

use std::{convert::Infallible, sync::Arc};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::{LiveSessions, SignedIn, Token, cookie};
use crate::{
    clock::Clock,
    config::Config,
    web::{cookies, problem::Problem, visit::Visit},
};

/// The session cookie that a request carries, live or not.
pub struct SessionCookie(pub Option<Token>);

/// Who is signed in, or nobody. A database that does not answer is an error, never "nobody".
pub struct MaybeSignedIn(pub Result<Option<Arc<SignedIn>>, Problem>);

impl MaybeSignedIn {
    /// Who is signed in behind a request's cookie. The one way to find out, for pages and for the gate.
    ///
    /// # Errors
    /// When the database cannot tell.
    pub async fn behind(request: &Request<'_>) -> Result<Option<Arc<SignedIn>>, Problem> {
        let rocket = request.rocket();
        let (Some(config), Some(live), Some(clock)) =
            (rocket.state::<Config>(), rocket.state::<LiveSessions>(), rocket.state::<Clock>())
        else {
            return Err(Problem::internal("the server lacks its state"));
        };
        let Some(token) = SessionCookie::of(request, config).0 else { return Ok(None) };
        let found = live.find(&token, clock.now()).await?;
        if let Some(signed_in) = &found {
            Visit::of(request).note(|notes| {
                notes.corp_id = Some(signed_in.user.corp_id.to_string());
                notes.userid = Some(signed_in.user.userid.to_string());
            });
        }
        Ok(found)
    }
}

impl SessionCookie {
    fn of(request: &Request<'_>, config: &Config) -> Self {
        Self(cookies::only_value(request, cookie::name(config)).and_then(Token::from_cookie))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SessionCookie {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let config = request.rocket().state::<Config>();
        Outcome::Success(config.map_or(Self(None), |config| Self::of(request, config)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MaybeSignedIn {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(Self::behind(request).await))
    }
}
