//! What every answer carries, and the one log line that each request gets.

use std::sync::Arc;

use rocket::{
    Data, Request, Response,
    fairing::{Fairing, Info, Kind},
    http::Method,
    response::{self, Responder},
};

use super::{method, problem::ProblemResponse, request_context::RequestContext};
use crate::metrics::Metrics;

/// Logs each request once; routine ones on `debug`. The path is logged without its query, which may hold a code.
pub struct AccessLog;

#[rocket::async_trait]
impl Fairing for AccessLog {
    fn info(&self) -> Info {
        Info { name: "request ids and access log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        method::undo_override(request, data).await;
        RequestContext::follow(request);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        answered(request, response);
    }
}

/// A catcher's answer. Rocket runs no fairings for a request that it finds malformed, so its headers and log line come
/// from here.
pub struct Caught(pub ProblemResponse);

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        let request_context = RequestContext::of(request);
        if !request_context.is_followed {
            // Rocket puts these in place of what it could not read, and shows the request itself to nobody.
            let cause = "no HTTP request that can be served: its method, written as GET, or its target, written as /";
            request_context.note(|notes| notes.cause = Some(cause.to_owned()));
            answered(request, &mut response);
        }
        Ok(response)
    }
}

fn answered(request: &Request<'_>, response: &mut Response<'_>) {
    let request_context = RequestContext::of(request);
    response.set_raw_header("X-Request-Id", request_context.id.clone());
    if request_context.method == Method::Head {
        // HEAD sets no cookie.
        response.remove_header("Set-Cookie");
    }
    // Shield would take twice as long, and set it on answers without content too.
    if !response.body().is_none() {
        response.set_raw_header("X-Content-Type-Options", "nosniff");
    }

    let notes = request_context.notes();
    let status = response.status().code;
    let elapsed = request_context.elapsed();
    if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
        let group = request.route().and_then(|route| route.name.as_deref());
        metrics.requests.answered(group, status, elapsed);
    }
    let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
    // `?` writes text quoted, so that nothing in it can break the line.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "miandeng::access",
                request_id = request_context.id,
                method = request_context.method.as_str(),
                path = ?request.uri().path().as_str(),
                status,
                elapsed_ms = (elapsed_ms * 100.0).round() / 100.0,
                app = notes.app.as_deref(),
                corp_id = notes.corp_id.as_ref().map(tracing::field::debug),
                userid = notes.userid.as_ref().map(tracing::field::debug),
                name = notes.name.as_ref().map(tracing::field::debug),
                page_request_id = notes.page_request_id.as_deref(),
                wanted_host = notes.wanted.as_ref().map(|(host, _)| tracing::field::debug(host)),
                wanted_path = notes.wanted.as_ref().map(|(_, path)| tracing::field::debug(path)),
                rules = notes.rules.as_ref().map(tracing::field::debug),
                problem = notes.problem,
                errcode = notes.errcode,
                dingtalk_request_id = notes.dingtalk_request_id.as_ref().map(tracing::field::debug),
                cause = notes.cause.as_ref().map(tracing::field::debug),
                hint = notes.hint.as_ref().map(tracing::field::debug),
            )
        };
    }
    match status {
        500.. => line!(warn),
        _ if notes.is_routine => line!(debug),
        _ => line!(info),
    }
}
