//! "Signed in" as a request guard.

use std::{convert::Infallible, sync::Arc};

use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use super::{SessionCache, SignedIn, Token, cookie};
use crate::{
    clock::{Clock, UnixSeconds},
    config::Config,
    web::{cookies, problem::Problem, request_context::RequestContext},
};

/// The session cookie that a request carries, live or not.
pub struct SessionCookie(pub Option<Token>);

/// Who is signed in, or nobody. A database that does not answer is an error, never "nobody".
pub struct MaybeSignedIn(pub Result<Option<Arc<SignedIn>>, Problem>);

impl MaybeSignedIn {
    /// Who is signed in behind a request's cookie when a proxy asks about an address: the gate's way to find out, and
    /// nobody else's. Pages take the guard; to that, a session that is good for one address alone is none.
    ///
    /// # Errors
    /// When the database cannot tell.
    pub async fn at(request: &Request<'_>, address: &str) -> Result<Option<Arc<SignedIn>>, Problem> {
        let Some(look) = Look::of(request)? else { return Ok(None) };
        look.noted(look.sessions.find_at(&look.token, address, look.now).await?)
    }

    async fn of(request: &Request<'_>) -> Result<Option<Arc<SignedIn>>, Problem> {
        let Some(look) = Look::of(request)? else { return Ok(None) };
        look.noted(look.sessions.find(&look.token, look.now).await?)
    }
}

/// What a look-up needs of a request that carries a cookie.
struct Look<'r> {
    request: &'r RequestContext,
    sessions: &'r SessionCache,
    token: Token,
    now: UnixSeconds,
}

impl<'r> Look<'r> {
    fn of(request: &'r Request<'_>) -> Result<Option<Self>, Problem> {
        let rocket = request.rocket();
        let (Some(config), Some(sessions), Some(clock)) =
            (rocket.state::<Config>(), rocket.state::<SessionCache>(), rocket.state::<Clock>())
        else {
            return Err(Problem::internal("the server lacks its state"));
        };
        let token = SessionCookie::of(request, config).0;
        Ok(token.map(|token| Self { request: RequestContext::of(request), sessions, token, now: clock.now() }))
    }

    /// The log line says who it was.
    fn noted(&self, found: Option<Arc<SignedIn>>) -> Result<Option<Arc<SignedIn>>, Problem> {
        if let Some(signed_in) = &found {
            self.request.note(|notes| {
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
        Outcome::Success(Self(Self::of(request).await))
    }
}
