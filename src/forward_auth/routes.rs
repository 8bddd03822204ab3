//! `/auth/…`: one endpoint for each kind of proxy.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::{
    Data, Request, Response, Route,
    http::{Header, Method, Status},
    response::{self, Responder},
    route::{Handler, Outcome},
};
use url::{Position, Url};

use super::{
    decision::{Decision, Reader, SignInBy, decide},
    forwarded::{self, Dialect, Original},
    identity,
    refusal::{self, GateRefusal},
    signed_identity::SignedIdentity,
    trail::Trail,
};
use crate::{
    audit::Refusals,
    config::Config,
    metrics::{GateOutcome, GateProxy, Metrics},
    sessions::guard::{FromHere, MaybeSignedIn},
    web::{in_force, params::ParamError, problem::Problem, request_context::RequestContext},
};

/// Every method that Rocket knows, since a proxy may pass on the client's. Rocket answers 400 to any other.
const METHODS: [Method; 9] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
    Method::Options,
    Method::Trace,
    Method::Connect,
];
/// Before all other routes: Rocket's own ranks go from -12 to -1.
const RANK: isize = -20;
/// A query value, as `encodeURIComponent` writes it.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The longest address to which the sign-in page leads back.
const LONGEST_RETURN: usize = 4096;

/// Made by hand because an attribute names one method only. A request's body is never read.
pub fn routes() -> Vec<Route> {
    let endpoints = [
        ("/auth/nginx", Dialect::Nginx),
        ("/auth/traefik", Dialect::Traefik),
        ("/auth/caddy", Dialect::Caddy),
        ("/auth/envoy/<path..>", Dialect::Envoy),
    ];
    // The gate is asked more than anything else.
    let each = |(path, dialect)| METHODS.map(|method| Route::ranked(RANK, method, path, dialect));
    endpoints.into_iter().flat_map(each).chain(refusal::routes::routes()).collect()
}

#[rocket::async_trait]
impl Handler for Dialect {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        // Rocket also routes other spellings here (`//auth/nginx`, `/%61uth/nginx`), which a proxy that closes this
        // endpoint to visitors may let through.
        if !self.is_spelt_plainly(request) {
            return Outcome::from(request, Problem::not_found());
        }
        let checked = check(*self, request).await;
        if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
            let outcome = checked.as_ref().map_or_else(GateRefusal::outcome, GateResponse::outcome);
            metrics.gate.decided(self.proxy(), outcome);
        }
        match checked {
            Ok(response) => Outcome::from(request, response),
            Err(refusal) => match forwarded::reader(*self, request, "GET") {
                Reader::Person { .. } => Outcome::from(request, refusal.page()),
                Reader::Script => Outcome::from(request, Problem::from(refusal)),
                Reader::Proxy => Outcome::from(request, NamedProblem::from(refusal)),
            },
        }
    }
}

impl Dialect {
    fn is_spelt_plainly(self, request: &Request<'_>) -> bool {
        let base = in_force::part::<Config>(request).map_or("", |config| config.base_path.as_str());
        let path = request.uri().path().as_str().strip_prefix(base).unwrap_or_default();
        match self {
            Self::Nginx => path == "/auth/nginx",
            Self::Traefik => path == "/auth/traefik",
            Self::Caddy => path == "/auth/caddy",
            Self::Envoy => path.starts_with("/auth/envoy/") || path == "/auth/envoy",
        }
    }

    /// As it is counted.
    fn proxy(self) -> GateProxy {
        match self {
            Self::Nginx => GateProxy::Nginx,
            Self::Traefik => GateProxy::Traefik,
            Self::Caddy => GateProxy::Caddy,
            Self::Envoy => GateProxy::Envoy,
        }
    }
}

/// A refusal for nginx, which keeps only the headers: by these it asks for the page.
#[derive(Responder)]
struct NamedProblem {
    problem: Problem,
    name: Header<'static>,
}

impl From<GateRefusal> for NamedProblem {
    fn from(refusal: GateRefusal) -> Self {
        let problem = Problem::from(refusal);
        let name = Header::new(refusal::routes::PROBLEM_HEADER, problem.word());
        Self { problem, name }
    }
}

/// The answer to a proxy. It never sets a cookie, since no session begins or ends here.
enum GateResponse {
    Allowed(Vec<(&'static str, String)>),
    /// 302 or 303 to the sign-in address.
    To(Status, String),
    /// 401 with the sign-in address as `Location`, from which nginx makes its own answer.
    Unauthorized(String, Problem),
}

impl GateResponse {
    fn outcome(&self) -> GateOutcome {
        match self {
            Self::Allowed(_) => GateOutcome::Allowed,
            Self::To(..) | Self::Unauthorized(..) => GateOutcome::SignIn,
        }
    }
}

async fn check(dialect: Dialect, request: &Request<'_>) -> Result<GateResponse, GateRefusal> {
    let config = in_force::part::<Config>(request).ok_or_else(|| Problem::internal("the server lacks its settings"))?;
    let original = Original::read(dialect, request, config)?;
    let who = MaybeSignedIn::at(request, original.as_str()).await?;
    let address = || sign_in_address(config, &original);
    let decision = decide(who.as_deref(), &original.rules, original.reader);
    if !matches!(decision, Decision::Allowed(_)) {
        note_question(RequestContext::of(request), &original);
    }
    match decision {
        Decision::Allowed(who) => {
            // The proxy logs each request that it lets through, and a page is made of many.
            RequestContext::of(request).note(|notes| notes.is_routine = true);
            let mut headers = identity::headers(&who.user, config.identity_headers);
            if let Some(signer) = in_force::part::<SignedIdentity>(request) {
                let url = original.url().ok_or(ParamError::Malformed("URL"))?;
                let host = &url[Position::BeforeHost..Position::AfterPort];
                let token = signer.token(who, host, &original.rules).await;
                let token = token.map_err(|_| Problem::internal("no identity can be signed"))?;
                headers.push(("X-Miandeng-Identity", token));
            }
            Ok(GateResponse::Allowed(headers))
        }
        Decision::NotAllowed(who) => {
            RequestContext::of(request).note(|notes| notes.name = Some(who.user.name.clone()));
            if let Some(trail) = trail(request) {
                trail.refused(who, &original.rules).await;
            }
            Err(GateRefusal::NotAllowed)
        }
        Decision::SignInFirst(SignInBy::Found) => Ok(GateResponse::To(Status::Found, address())),
        Decision::SignInFirst(SignInBy::SeeOther) => Ok(GateResponse::To(Status::SeeOther, address())),
        Decision::SignInFirst(SignInBy::Problem) => Err(GateRefusal::SignInRequired { url: address() }),
        Decision::SignInFirst(SignInBy::Location) => {
            Ok(GateResponse::Unauthorized(address(), GateRefusal::SignInRequired { url: address() }.into()))
        }
    }
}

fn trail<'r>(request: &'r Request<'_>) -> Option<Trail<'r>> {
    let rocket = request.rocket();
    Some(Trail {
        refusals: rocket.state::<Arc<Refusals>>()?,
        clock: rocket.state()?,
        db: rocket.state()?,
        origin: FromHere::of(request).0,
    })
}

/// Logs the app and the rule: the request's own line has only the gate's address.
fn note_question(request_context: &RequestContext, original: &Original) {
    let wanted =
        original.url().map(|url| (url[Position::BeforeHost..Position::AfterPort].to_owned(), url.path().to_owned()));
    request_context.note(|notes| {
        notes.wanted = wanted;
        notes.rules = Some(original.rules.as_str().to_owned()).filter(|rules| !rules.is_empty());
    });
}

fn sign_in_address(config: &Config, original: &Original) -> String {
    let origin = config.public_url.origin();
    let wanted = original.url();
    let wanted = wanted.as_ref().map_or(origin, way_back);
    let wanted = utf8_percent_encode(wanted, VALUE);
    let corp = original.rules.corp_id().filter(|corp| !corp.is_empty());
    let corp = corp.map_or_else(String::new, |corp| format!("corpid={}&", utf8_percent_encode(corp, VALUE)));
    format!("{origin}{}/?{corp}return_to={wanted}", config.base_path)
}

/// The address itself, or its host's front page where the sign-in page would refuse it (too long, or two slashes before
/// the path).
fn way_back(url: &Url) -> &str {
    let accepted = url.as_str().len() <= LONGEST_RETURN && !url.path().starts_with("//");
    if accepted { url.as_str() } else { &url.as_str()[..=url[..Position::BeforePath].len()] }
}

impl<'r> Responder<'r, 'static> for GateResponse {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = match self {
            Self::Allowed(headers) => {
                let mut response = Response::new();
                for (name, value) in headers {
                    response.set_raw_header(name, value);
                }
                response
            }
            Self::To(status, address) => {
                let mut response = Response::build();
                response.status(status).raw_header("Location", address).finalize()
            }
            Self::Unauthorized(address, problem) => {
                let mut response = problem.respond_to(request)?;
                response.set_raw_header("Location", address);
                response
            }
        };
        response.set_raw_header("Cache-Control", "no-store");
        Ok(response)
    }
}
