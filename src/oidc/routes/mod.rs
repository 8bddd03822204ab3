//! `/oauth2/…` and the metadata.

mod answer;
mod context;
mod logout;

use rocket::{
    Data, Route, get,
    http::{ContentType, uri::Origin},
    options, post, routes,
};

use serde::Serialize;

use self::{
    answer::{Json, Unauthorized},
    context::{Context, posted},
};
use super::{
    authorize::{self, Browser},
    claims::UserInfo,
    discovery::{self, Metadata},
    error::OauthError,
    params::Params,
    revoke::{self, Introspection},
    token::{self, Tokens},
    userinfo,
};
use crate::{
    sessions::guard::{FromHere, MaybeSignedIn, SessionCookie},
    web::{
        cors::{ForEveryPage, Preflight},
        gzip::PublicJson,
        method::NotHead,
        problem::{PageProblem, Problem},
        to_app::ToApp,
    },
};

pub fn routes() -> Vec<Route> {
    routes![
        configuration,
        server_metadata,
        configuration_preflight,
        server_metadata_preflight,
        authorize_by_get,
        authorize_by_post,
        give_tokens,
        token_preflight,
        tell_by_get,
        tell_by_post,
        userinfo_preflight,
        revoke_token,
        revoke_preflight,
        introspect_token,
        logout::log_out_by_get,
        logout::log_out_by_post,
    ]
}

type Published = Result<ForEveryPage<PublicJson<Metadata>>, Problem>;

#[get("/.well-known/openid-configuration")]
fn configuration(context: Context<'_>) -> Published {
    published(&context)
}

/// RFC 8414.
#[get("/.well-known/oauth-authorization-server")]
fn server_metadata(context: Context<'_>) -> Published {
    published(&context)
}

fn published(context: &Context<'_>) -> Published {
    let body = discovery::metadata(context.provider).ok_or_else(Problem::not_found)?;
    Ok(ForEveryPage(PublicJson { body, caching: "public, max-age=300" }))
}

#[options("/.well-known/openid-configuration")]
fn configuration_preflight() -> Preflight {
    Preflight
}

#[options("/.well-known/oauth-authorization-server")]
fn server_metadata_preflight() -> Preflight {
    Preflight
}

#[get("/oauth2/authorize")]
async fn authorize_by_get(
    _not_head: NotHead,
    context: Context<'_>,
    who: MaybeSignedIn,
    cookie: SessionCookie,
    here: FromHere,
    uri: &Origin<'_>,
) -> Result<ToApp, PageProblem> {
    let params = Params::urlencoded(uri.query().map_or("", |query| query.as_str()).as_bytes());
    let browser = Browser { who: who.0, token: cookie.0, origin: here.0 };
    Ok(ToApp(authorize::authorize(context.provider, &params, browser).await?))
}

/// The browser comes from another site and brings no cookies along with a form (`SameSite=Lax`), so it is sent on to ask
/// again by GET.
#[post("/oauth2/authorize", data = "<body>")]
async fn authorize_by_post(
    context: Context<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<ToApp, PageProblem> {
    let params = posted(kind, body).await.unwrap_or_else(|_| Params::urlencoded(b""));
    Ok(ToApp(authorize::again_by_get(context.provider, &params).await?))
}

#[post("/oauth2/token", data = "<body>")]
async fn give_tokens(
    context: Context<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> ForEveryPage<Result<Json<Tokens>, OauthError>> {
    let answer = async {
        let params = posted(kind, body).await?;
        let client = context.client(&params)?;
        let tokens = token::grant(context.provider, client, &params).await?;
        context.note_person(&tokens.person.user);
        Ok(Json(tokens))
    };
    ForEveryPage(answer.await)
}

#[options("/oauth2/token")]
fn token_preflight() -> Preflight {
    Preflight
}

type Told = ForEveryPage<Result<Json<UserInfo>, Unauthorized>>;

#[get("/oauth2/userinfo")]
async fn tell_by_get(context: Context<'_>) -> Told {
    ForEveryPage(tell(&context, None).await)
}

#[post("/oauth2/userinfo", data = "<body>")]
async fn tell_by_post(context: Context<'_>, kind: Option<&ContentType>, body: Data<'_>) -> Told {
    let form = if kind.is_some_and(|kind| kind.is_form()) { posted(kind, body).await.ok() } else { None };
    ForEveryPage(tell(&context, form.as_ref()).await)
}

async fn tell(context: &Context<'_>, form: Option<&Params>) -> Result<Json<UserInfo>, Unauthorized> {
    let token = userinfo::bearer(&context.authorization, form)?.ok_or(Unauthorized::NoToken)?;
    let (told, who) = userinfo::userinfo(context.provider, token).await?;
    context.note_person(&who.user);
    Ok(Json(told))
}

#[options("/oauth2/userinfo")]
fn userinfo_preflight() -> Preflight {
    Preflight
}

/// Nothing is said of a revocation.
#[derive(Serialize)]
struct Revoked {}

#[post("/oauth2/revoke", data = "<body>")]
async fn revoke_token(
    context: Context<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> ForEveryPage<Result<Json<Revoked>, OauthError>> {
    let answer = async {
        let params = posted(kind, body).await?;
        let client = context.client(&params)?;
        revoke::revoke(context.provider, client, &params).await?;
        Ok(Json(Revoked {}))
    };
    ForEveryPage(answer.await)
}

#[options("/oauth2/revoke")]
fn revoke_preflight() -> Preflight {
    Preflight
}

/// For servers alone, so no page may read it.
#[post("/oauth2/introspect", data = "<body>")]
async fn introspect_token(
    context: Context<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<Json<Introspection>, OauthError> {
    let params = posted(kind, body).await?;
    let client = context.client(&params)?;
    Ok(Json(revoke::introspect(context.provider, client, &params).await?))
}
