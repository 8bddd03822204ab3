//! `/jsapi/config`, and the operator's copy of DingTalk's script.

use rocket::{
    Request, Response, Route, State, get,
    http::{ContentType, Header, Status, uri::Origin as RequestUri},
    options,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
};
use url::Origin;

use super::{
    origin_policy::{self, PageRefusal},
    script::Script,
};
use crate::{
    clock::Clock,
    config::Config,
    dingtalk::{Dingtalk, jsapi::PageConfig},
    web::{gzip, in_force, params::Params, problem::Problem, request_context::RequestContext},
};

/// The script's address names no version, so a new copy is seen after an hour.
const SCRIPT_AGE: &str = "public, max-age=3600";

pub fn routes() -> Vec<Route> {
    routes![config, preflight, script]
}

enum CallingPage {
    /// No `Origin`: a page of our own, or a program.
    Unnamed,
    Permitted(Origin),
    Foreign,
}

/// Readable by pages of one origin, with cookies.
struct CrossOrigin<R> {
    reader: Option<String>,
    response: R,
}

/// Signs exactly the address that a page gives, without its fragment.
#[get("/jsapi/config")]
async fn config(
    caller: CallingPage,
    request_context: &RequestContext,
    config: &Config,
    dingtalk: &Dingtalk,
    clock: &State<Clock>,
    uri: &RequestUri<'_>,
) -> CrossOrigin<Result<(ContentType, String), Problem>> {
    let params = Params::of_query(uri);
    let response = signed(&caller, request_context, config, dingtalk, clock, &params).await;
    CrossOrigin { reader: caller.name(), response }
}

/// Browsers ask this first if a page adds headers of its own.
#[options("/jsapi/config")]
fn preflight(caller: CallingPage) -> CrossOrigin<Status> {
    CrossOrigin { reader: caller.name(), response: Status::NoContent }
}

async fn signed(
    caller: &CallingPage,
    request_context: &RequestContext,
    config: &Config,
    dingtalk: &Dingtalk,
    clock: &Clock,
    params: &Params,
) -> Result<(ContentType, String), Problem> {
    let caller = match caller {
        CallingPage::Unnamed => None,
        CallingPage::Permitted(origin) => Some(origin),
        CallingPage::Foreign => return Err(PageRefusal::Foreign.into()),
    };
    let url = params.required("url")?;
    origin_policy::check(url, caller, config)?;
    let app = dingtalk.choose(params.optional("corpid")?, params.optional("agentid")?)?;
    request_context.note(|notes| notes.app = Some(app.config.name.clone()));
    let ticket = app.jsapi_ticket().await?;
    let signed = PageConfig::new(&app.config, &ticket, url, crate::random::hex::<8>(), clock.now());
    let json = serde_json::to_string(&signed).map_err(Problem::internal)?;
    Ok((ContentType::JSON, json))
}

/// The operator's copy of DingTalk's script, for phones that cannot reach the CDN.
#[get("/jsapi/dingtalk.js")]
fn script(copy: OwnCopy) -> Result<Script, Problem> {
    copy.0.ok_or_else(Problem::not_found)
}

/// The copy, if the settings have one.
struct OwnCopy(Option<Script>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OwnCopy {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self(in_force::part(request).cloned()))
    }
}

impl<'r> Responder<'r, 'static> for Script {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let form = self.form(gzip::is_wanted(request));
        let mut response = Response::build();
        response
            .raw_header("Cache-Control", SCRIPT_AGE)
            .raw_header("Vary", "Accept-Encoding")
            .raw_header("ETag", form.etag.clone());
        if self.is_known(request.headers().get("If-None-Match")) {
            return response.status(Status::NotModified).ok();
        }
        if form.packed {
            response.raw_header("Content-Encoding", "gzip");
        }
        let body = form.bytes.clone();
        let whole = body.len().max(1);
        response
            .header(ContentType::JavaScript)
            .sized_body(body.len(), std::io::Cursor::new(body))
            .max_chunk_size(whole)
            .ok()
    }
}

impl CallingPage {
    fn name(&self) -> Option<String> {
        match self {
            Self::Permitted(origin) => Some(origin.ascii_serialization()),
            Self::Unnamed | Self::Foreign => None,
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CallingPage {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut origins = request.headers().get("Origin");
        let caller = match (origins.next(), origins.next(), in_force::part::<Config>(request)) {
            (None, _, _) => Self::Unnamed,
            (Some(origin), None, Some(config)) => {
                origin_policy::permitted_caller(origin, config).map_or(Self::Foreign, Self::Permitted)
            }
            _ => Self::Foreign,
        };
        Outcome::Success(caller)
    }
}

impl<'r, R: Responder<'r, 'static>> Responder<'r, 'static> for CrossOrigin<R> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build_from(self.response.respond_to(request)?);
        // On refusals too: a cache must not give one origin's answer to another.
        response.raw_header_adjoin("Vary", "Origin").raw_header("Cache-Control", "no-store");
        if let Some(reader) = self.reader {
            response
                .header(Header::new("Access-Control-Allow-Origin", reader))
                .raw_header("Access-Control-Allow-Credentials", "true")
                .raw_header("Access-Control-Allow-Methods", "GET")
                .raw_header("Access-Control-Allow-Headers", "Accept, X-Requested-With")
                .raw_header("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
        }
        response.ok()
    }
}
