//! `/cas/logout`.

use std::convert::Infallible;

use rocket::{
    Data, Request, Responder,
    data::ToByteUnit,
    get,
    http::{CookieJar, Status},
    post,
    request::{FromRequest, Outcome},
};

use super::Context;
use crate::{
    cas::{
        logout::{self, ComesFrom},
        refusal::repeated,
    },
    clients::{logout_page::LogoutPage, params::Params},
    clock::Clock,
    config::Config,
    db::Db,
    sessions::{
        self, cookie,
        guard::{FromHere, MaybeSignedIn, SessionCookie},
    },
    users::User,
    web::{
        csrf::SameOrigin,
        in_force,
        method::NotHead,
        page::{Frame, Page},
        problem::{PageProblem, Problem},
        to_app::ToApp,
    },
};

/// An address is in it.
const MOST_BODY: u64 = 16 * 1024;

#[derive(Responder)]
pub enum LoggedOut {
    There(ToApp),
    Ask(Page),
}

/// A person who may sign out, and what that takes.
pub struct Leaver<'r> {
    frame: Frame<'r>,
    config: &'r Config,
    db: &'r Db,
    clock: &'r Clock,
    jar: &'r CookieJar<'r>,
    who: MaybeSignedIn,
    cookie: SessionCookie,
    here: FromHere,
    from: ComesFrom<'r>,
}

#[get("/cas/logout")]
pub async fn log_out_by_get(
    _not_head: NotHead,
    context: Context<'_>,
    leaver: Leaver<'_>,
) -> Result<LoggedOut, PageProblem> {
    let is_meant = logout::is_meant(context.server, &leaver.from);
    log_out(&context, leaver, is_meant).await
}

/// The button on our own page.
#[post("/cas/logout", data = "<body>")]
pub async fn log_out_by_post(
    _same_origin: SameOrigin,
    context: Context<'_>,
    leaver: Leaver<'_>,
    body: Data<'_>,
) -> Result<LoggedOut, PageProblem> {
    let bytes = body.open(MOST_BODY.bytes()).into_bytes().await.map_err(Problem::internal)?;
    let context = Context { params: Params::urlencoded(&bytes), ..context };
    log_out(&context, leaver, true).await
}

async fn log_out(context: &Context<'_>, leaver: Leaver<'_>, is_meant: bool) -> Result<LoggedOut, PageProblem> {
    let Leaver { frame, config, db, clock, jar, who, cookie: shown, here, .. } = leaver;
    if context.params.repeats_any() {
        return Err(repeated().into());
    }
    let there = logout::there(context.server, &context.params);
    let Some(who) = who.0? else { return Ok(LoggedOut::There(ToApp(there))) };
    if !is_meant {
        let fields = context.params.only("service").map(|service| ("service", service)).into_iter().collect();
        let page = LogoutPage { frame, action: "/cas/logout", name: Some(&who.user.name), fields };
        return Ok(LoggedOut::Ask(page.show(&there)?));
    }
    if let Some(token) = &shown.0 {
        let author = |user: &User| here.author(user, clock);
        db.transaction(async |tx| sessions::sign_out(tx, token, author).await).await?;
    }
    jar.add(cookie::clear(config));
    jar.add(cookie::signed_out::set(config));
    Ok(LoggedOut::There(ToApp(there)))
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
        let header = |name| request.headers().get_one(name);
        let from = ComesFrom {
            site: header("Sec-Fetch-Site"),
            mode: header("Sec-Fetch-Mode"),
            dest: header("Sec-Fetch-Dest"),
            purpose: header("Sec-Purpose").or(header("Purpose")),
            referer: header("Referer"),
        };
        let (frame, jar, here) = (Frame::of(request), request.cookies(), FromHere::of(request));
        Outcome::Success(Self { frame, config, db, clock, jar, who, cookie, here, from })
    }
}
