//! What the endpoints need of a request.

use std::convert::Infallible;

use rocket::{
    Data, Request,
    data::ToByteUnit,
    http::{ContentType, CookieJar, Status},
    request::{FromRequest, Outcome},
};

use crate::{
    clock::Clock,
    config::{Client, Config},
    db::Db,
    oidc::{Provider, error::OauthError, params::Params},
    sessions::guard::{FromHere, MaybeSignedIn, SessionCookie},
    users::User,
    web::{client_ip::ClientIp, in_force, page::Frame, request_context::RequestContext},
};

/// An ID token may be in it, with many departments.
const MOST_BODY: u64 = 64 * 1024;

pub struct Context<'r> {
    pub provider: &'r Provider,
    /// Each `Authorization` header.
    pub authorization: Vec<&'r str>,
    address: ClientIp,
    log: &'r RequestContext,
}

/// A person who may sign out, and what that takes.
pub struct Leaver<'r> {
    pub frame: Frame<'r>,
    pub config: &'r Config,
    pub db: &'r Db,
    pub clock: &'r Clock,
    pub jar: &'r CookieJar<'r>,
    pub who: MaybeSignedIn,
    pub cookie: SessionCookie,
    pub here: FromHere,
}

impl<'r> Context<'r> {
    /// The app that a request proves to come from.
    pub fn client(&self, params: &Params) -> Result<&'r Client, OauthError> {
        let (provider, from) = (self.provider, self.address.prefix());
        let client = provider.client_auth.authenticate(provider.clients(), &self.authorization, params, from)?;
        self.log.note(|notes| notes.app = Some(client.name.clone()));
        Ok(client)
    }

    pub fn note_person(&self, user: &User) {
        self.log.note(|notes| {
            notes.corp_id = Some(user.corp_id.to_string());
            notes.userid = Some(user.userid.to_string());
        });
    }
}

/// A form, which is the only thing that OAuth 2.0 posts.
pub async fn posted(kind: Option<&ContentType>, body: Data<'_>) -> Result<Params, OauthError> {
    if !kind.is_some_and(|kind| kind.is_form()) {
        return Err(OauthError::invalid_request("Content-Type must be application/x-www-form-urlencoded"));
    }
    let bytes = body.open(MOST_BODY.bytes()).into_bytes().await.ok().filter(|bytes| bytes.is_complete());
    let bytes = bytes.ok_or(OauthError::invalid_request("the form is too long"))?;
    Ok(Params::urlencoded(&bytes))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Context<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        // `app::build` puts it in place; a server without it has none of these routes.
        let Some(provider) = in_force::part::<Provider>(request) else {
            return Outcome::Forward(Status::InternalServerError);
        };
        Outcome::Success(Self {
            provider,
            authorization: request.headers().get("Authorization").collect(),
            address: ClientIp::of(request),
            log: RequestContext::of(request),
        })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Leaver<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let rocket = request.rocket();
        let (Some(config), Some(db), Some(clock)) = (in_force::part(request), rocket.state(), rocket.state()) else {
            return Outcome::Forward(Status::InternalServerError);
        };
        let (Outcome::Success(who), Outcome::Success(cookie)) =
            (MaybeSignedIn::from_request(request).await, SessionCookie::from_request(request).await)
        else {
            return Outcome::Forward(Status::InternalServerError);
        };
        let (frame, jar, here) = (Frame::of(request), request.cookies(), FromHere::of(request));
        Outcome::Success(Self { frame, config, db, clock, jar, who, cookie, here })
    }
}
