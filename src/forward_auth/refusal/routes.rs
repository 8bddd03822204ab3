//! `/auth/nginx/refusal`: a refusal's page. nginx keeps only the status and the headers of the gate's answer, so its
//! error page comes here and names the problem and the request by those headers.

use std::convert::Infallible;

use rocket::{
    Request, Route, get,
    http::uri::Origin,
    request::{FromRequest, Outcome},
    routes,
};

use super::{GateRefusal, named};
use crate::{
    config::Config,
    forward_auth::{
        decision::Reader,
        forwarded::{self, Dialect},
    },
    web::{
        client_ip, in_force,
        params::Params,
        problem::{PageProblem, ProblemResponse},
    },
};

pub(in crate::forward_auth) const PROBLEM_HEADER: &str = "X-Miandeng-Problem";

pub(in crate::forward_auth) fn routes() -> Vec<Route> {
    routes![refusal]
}

struct RefusedFor {
    peer: String,
    is_trusted: bool,
    reader: Reader,
}

#[get("/auth/nginx/refusal")]
fn refusal(asked: RefusedFor, uri: &Origin<'_>) -> ProblemResponse {
    if !asked.is_trusted {
        return ProblemResponse::Json(GateRefusal::UntrustedProxy { peer: asked.peer }.into());
    }
    let params = Params::of_query(uri);
    // Without a word, nginx had no answer from the gate.
    let mut problem = named(params.lenient("problem").unwrap_or_default());
    if let Some(id) = params.lenient("request_id").filter(|id| is_request_id(id)) {
        problem = problem.of_request(id);
    }
    match asked.reader {
        Reader::Person { .. } => ProblemResponse::Page(PageProblem::elsewhere(problem)),
        Reader::Proxy | Reader::Script => ProblemResponse::Json(problem),
    }
}

fn is_request_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for RefusedFor {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let config = in_force::part::<Config>(request);
        let peer = client_ip::peer(request);
        Outcome::Success(Self {
            is_trusted: config.is_some_and(|config| client_ip::is_trusted(config, &peer)),
            peer: peer.to_string(),
            // Read as from the proxies that pass the gate's answer on.
            reader: forwarded::reader(Dialect::Caddy, request, "GET"),
        })
    }
}
