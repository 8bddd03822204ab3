//! "Signed in" and "admin" as request guards.
//!
//! Each request asks anew (`sessions::cache` is exact): anyone you disable or demote is refused at their next request.
//!
//! A refusal is an error and no forward, which would ask for a second route beside each page. The error's status finds the
//! catcher: 401 leads to the sign-in page (`routes::sign_in_first`), any other shows the guard's problem (`web::refusal`).

use std::{convert::Infallible, ops::Deref, sync::Arc};

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

use super::{Principal, SessionCache, Token, cookie, refusal::AdminsOnly};
use crate::{
    audit::{Actor, Author, RequestOrigin},
    clock::{Clock, UnixSeconds},
    config::Config,
    users::{Role, User},
    web::{client_ip::ClientIp, cookies, in_force, problem::Problem, refusal, request_context::RequestContext},
};

/// The person who is signed in. Nobody else reaches a handler that takes this.
pub struct SignedIn(Arc<Principal>);

/// The same, if the person is an administrator.
pub struct Admin(SignedIn);

/// A request as the trail names it.
pub struct FromHere(pub RequestOrigin);

impl FromHere {
    pub fn of(request: &Request<'_>) -> Self {
        let (address, request_id) = (ClientIp::of(request).0.to_string(), RequestContext::of(request).id.clone());
        Self(RequestOrigin { app: String::new(), address, request_id })
    }

    /// A signed-in person who does something by this request.
    pub fn author(&self, user: &User, clock: &Clock) -> Author {
        Author::new(Actor::User(user.userid.clone()), clock).by_request(self.0.clone())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FromHere {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request))
    }
}

/// The session cookie that a request carries, live or not.
pub struct SessionCookie(pub Option<Token>);

/// The person who is signed in, or nobody. A database that does not answer is an error, never "nobody".
pub struct MaybeSignedIn(pub Result<Option<Arc<Principal>>, Problem>);

impl MaybeSignedIn {
    /// The gate's look-up, when a proxy asks about an address. Pages take the guards, which know no sessions for one
    /// address alone.
    pub async fn at(request: &Request<'_>, address: &str) -> Result<Option<Arc<Principal>>, Problem> {
        let Some(look) = Look::of(request)? else { return Ok(None) };
        look.noted(look.sessions.find_at(&look.token, address, look.now).await?)
    }

    async fn of(request: &Request<'_>) -> Result<Option<Arc<Principal>>, Problem> {
        let Some(look) = Look::of(request)? else { return Ok(None) };
        look.noted(look.sessions.find(&look.token, look.now).await?)
    }
}

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
            (in_force::part(request), in_force::part::<SessionCache>(request), rocket.state::<Clock>())
        else {
            return Err(Problem::internal("the server lacks its state"));
        };
        let token = SessionCookie::of(request, config).0;
        Ok(token.map(|token| Self { request: RequestContext::of(request), sessions, token, now: clock.now() }))
    }

    /// Notes for the log line who it was.
    fn noted(&self, found: Option<Arc<Principal>>) -> Result<Option<Arc<Principal>>, Problem> {
        if let Some(principal) = &found {
            self.request.note(|notes| {
                notes.corp_id = Some(principal.user.corp_id.to_string());
                notes.userid = Some(principal.user.userid.to_string());
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
        let config = in_force::part::<Config>(request);
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

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match MaybeSignedIn::of(request).await {
            Ok(Some(principal)) => Outcome::Success(Self(principal)),
            Ok(None) => Outcome::Error((Status::Unauthorized, ())),
            Err(problem) => refusal::refuse(request, Status::ServiceUnavailable, problem),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match SignedIn::from_request(request).await {
            Outcome::Success(signed_in) if signed_in.user.role == Role::Admin => Outcome::Success(Self(signed_in)),
            Outcome::Success(signed_in) => {
                RequestContext::of(request).note(|notes| notes.name = Some(signed_in.user.name.clone()));
                refusal::refuse(request, Status::Forbidden, AdminsOnly)
            }
            Outcome::Error(refused) => Outcome::Error(refused),
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}

impl Deref for SignedIn {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl Deref for Admin {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}
