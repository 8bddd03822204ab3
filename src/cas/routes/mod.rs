//! `/cas/…`.

mod answer;
mod logout;

use std::convert::Infallible;

use rocket::{
    Request, Route, get,
    http::{Status, uri::Origin},
    request::{FromRequest, Outcome},
    routes,
};

use self::answer::{Answer, Form};
use super::{
    CasServer,
    login::{self, Browser},
    response::{Attributes, Failure},
    validate::{self, Redeemed},
};
use crate::{
    clients::params::Params,
    sessions::guard::{FromHere, MaybeSignedIn, SessionCookie},
    web::{in_force, method::NotHead, problem::PageProblem, request_context::RequestContext, to_app::ToApp},
};

pub fn routes() -> Vec<Route> {
    routes![
        log_in,
        validate_for_cas_1,
        validate_for_cas_2,
        validate_for_cas_3,
        logout::log_out_by_get,
        logout::log_out_by_post
    ]
}

/// What the endpoints need of a request.
struct Context<'r> {
    server: &'r CasServer,
    params: Params,
    log: &'r RequestContext,
}

#[get("/cas/login")]
async fn log_in(
    _not_head: NotHead,
    context: Context<'_>,
    who: MaybeSignedIn,
    cookie: SessionCookie,
    here: FromHere,
) -> Result<ToApp, PageProblem> {
    let browser = Browser { who: who.0, token: cookie.0, origin: here.0 };
    Ok(ToApp(login::login(context.server, &context.params, browser).await?))
}

/// CAS 1.0: two lines of text.
#[get("/cas/validate")]
async fn validate_for_cas_1(_not_head: NotHead, context: Context<'_>) -> Answer {
    let validated = context.validate().await;
    Answer::new(Form::Text, &validated, |redeemed| format!("yes\n{}\n", redeemed.userid()))
}

#[get("/cas/serviceValidate")]
async fn validate_for_cas_2(_not_head: NotHead, context: Context<'_>) -> Answer {
    context.answer(|_| None).await
}

#[get("/cas/p3/serviceValidate")]
async fn validate_for_cas_3(_not_head: NotHead, context: Context<'_>) -> Answer {
    context.answer(|redeemed| Some(redeemed.attributes())).await
}

impl Context<'_> {
    async fn validate(&self) -> Result<Redeemed, Failure> {
        let validated = validate::validate(self.server, &self.params).await;
        self.log.note(|notes| match &validated {
            Ok(Redeemed { client, who, .. }) => {
                notes.app = Some(client.clone());
                notes.corp_id = Some(who.user.corp_id.to_string());
                notes.userid = Some(who.user.userid.to_string());
            }
            Err(failure) => {
                notes.problem = Some(failure.code());
                notes.cause = Some(match failure {
                    Failure::InternalError(cause) => cause.clone(),
                    other => other.description().to_owned(),
                });
            }
        });
        validated
    }

    async fn answer(&self, attributes: impl FnOnce(&Redeemed) -> Option<Attributes>) -> Answer {
        let is_json = self.params.only("format").is_some_and(|format| format.eq_ignore_ascii_case("json"));
        let form = if is_json { Form::Json } else { Form::Xml };
        Answer::new(form, &self.validate().await, |redeemed| form.success(redeemed.userid(), attributes(redeemed)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Context<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        // `app::build` puts it in place; a server without it has none of these routes.
        let Some(server) = in_force::part::<CasServer>(request) else {
            return Outcome::Forward(Status::InternalServerError);
        };
        let query = Origin::query(request.uri()).map_or("", |query| query.as_str());
        let params = Params::urlencoded(query.as_bytes());
        Outcome::Success(Self { server, params, log: RequestContext::of(request) })
    }
}
