//! The request guard that gathers what the sign-in routes need.

use std::{convert::Infallible, sync::Arc};

use rocket::{
    Request,
    http::{CookieJar, Status},
    request::{FromRequest, Outcome},
};

use super::{Requester, Services, cookie};
use crate::{
    audit::Refusals,
    config::Config,
    db::Db,
    metrics::Metrics,
    sessions::{self, Token},
    web::{client_ip::ClientIp, cookies, in_force, request_context::RequestContext},
};

pub struct SignInContext<'r> {
    pub services: Services<'r>,
    pub requester: Requester<'r>,
    pub jar: &'r CookieJar<'r>,
    pub just_signed_out: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignInContext<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        // `app::build` puts every part in place; a server without one has no sign-in routes.
        let Some(services) = services(request) else { return Outcome::Forward(Status::InternalServerError) };
        let config = services.config;
        let requester = Requester {
            address: ClientIp::of(request),
            browser: cookies::only_value(request, cookie::name(config)),
            previous: cookies::only_value(request, sessions::cookie::name(config)).and_then(Token::from_cookie),
            user_agent: request.headers().get_one("User-Agent").unwrap_or_default(),
            log: RequestContext::of(request),
        };
        let just_signed_out = cookies::only_value(request, sessions::cookie::signed_out::name(config)).is_some();
        Outcome::Success(Self { services, requester, jar: request.cookies(), just_signed_out })
    }
}

fn services<'r>(request: &'r Request<'_>) -> Option<Services<'r>> {
    let rocket = request.rocket();
    Some(Services {
        config: in_force::part::<Config>(request)?,
        db: rocket.state::<Db>()?,
        clock: rocket.state()?,
        dingtalk: in_force::part(request)?,
        states: rocket.state()?,
        limits: rocket.state()?,
        redirect_loops: rocket.state()?,
        used_codes: rocket.state()?,
        refusals: rocket.state::<Arc<Refusals>>()?,
        bootstraps: rocket.state()?,
        troubles: rocket.state()?,
        metrics: rocket.state::<Arc<Metrics>>()?,
    })
}
