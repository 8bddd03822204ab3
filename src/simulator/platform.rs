//! The one door through which every call to the pretended platform goes: it counts the call, lets a queued
//! fault spoil it, and otherwise hands it to the endpoint of its path.
//!
//! It is one Rocket handler for all paths and methods rather than a route per endpoint, because what it does
//! must hold for every path, also for those that nobody knows.

use std::time::Duration;

use rocket::{
    Data, Request, Response, Route,
    futures::{StreamExt, stream},
    http::{ContentType, Header, Method, Status},
    response::{Responder, stream::ByteStream},
    route::{Handler, Outcome},
    tokio::time::sleep,
};
use serde_json::{Value, json};

use super::{
    Simulator, api,
    call::Call,
    client_page, events,
    fault::FaultKind,
    local, login,
    oapi::{channel, directory, people, refuse, tokens},
    random,
    response::PlatformResponse,
    state::PlatformState,
};

/// After the control routes and pages, which have paths of their own.
const RANK: isize = 20;

#[derive(Clone)]
pub struct Platform(Simulator);

impl Platform {
    /// Routes for every path under every method; Rocket answers HEAD through GET by itself.
    pub fn routes(simulator: Simulator) -> Vec<Route> {
        let methods = [Method::Get, Method::Post, Method::Put, Method::Delete, Method::Patch, Method::Options];
        methods.map(|method| Route::ranked(RANK, method, "/<path..>", Self(simulator.clone()))).to_vec()
    }
}

#[rocket::async_trait]
impl Handler for Platform {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        if !local::host_is_loopback(request) {
            return Outcome::Error(Status::Forbidden);
        }
        let call = match Call::read(request, data).await {
            Ok(call) => call,
            Err(status) => return Outcome::Error(status),
        };
        let (admitted, (delay_ms, instead)) = {
            let mut state = self.0.state();
            let caller = state.caller(&call);
            state.count(&call.path, &caller);
            let now_ms = state.clock.now_ms();
            (state.limits.admit(&call.path, &caller, now_ms), state.faults.take(&call.path, &caller))
        };
        if delay_ms > 0 {
            sleep(Duration::from_millis(delay_ms)).await;
        }
        let result = match (admitted, instead) {
            (Err(refusal), _) => refusal.respond_to(request),
            (_, Some(kind)) => misbehave(request, &call, kind).await,
            (Ok(()), None) => response(&mut self.0.state(), &call).respond_to(request),
        };
        match result {
            Ok(mut response) => {
                if client_page::is_for_pages(&call.path) {
                    client_page::allow_any_origin(&mut response);
                }
                Outcome::Success(response)
            }
            Err(status) => Outcome::Error(status),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Get,
    Post,
    Any,
}

type Endpoint = fn(&mut PlatformState, &Call) -> PlatformResponse;

fn endpoint(path: &str) -> Option<(Takes, Endpoint)> {
    use Takes::{Any, Get, Post};
    let found: (Takes, Endpoint) = match path {
        "/gettoken" => (Any, tokens::get_token),
        "/get_jsapi_ticket" => (Get, tokens::get_jsapi_ticket),
        "/topapi/v2/user/getuserinfo" => (Post, people::get_user_info_v2),
        "/user/getuserinfo" => (Get, people::get_user_info),
        "/topapi/v2/user/get" => (Post, people::get_user),
        "/topapi/user/getbyunionid" => (Post, people::get_by_unionid_v2),
        "/user/getUseridByUnionid" => (Get, people::get_by_unionid),
        "/topapi/v2/department/listsub" => (Post, directory::list_sub),
        "/topapi/v2/department/listsubid" => (Post, directory::list_sub_id),
        "/topapi/v2/user/list" => (Post, directory::list_users),
        "/topapi/user/listid" => (Post, directory::list_user_ids),
        "/auth/scopes" => (Get, directory::scopes),
        "/call_back/get_call_back_failed_result" => (Get, events::failed_result),
        "/channel/get_channel_token" => (Get, channel::get_token),
        "/channel/get_channel_jsapi_ticket" => (Get, channel::get_jsapi_ticket),
        "/channel/user/get_by_code" => (Get, channel::get_by_code),
        "/channel/user/get_by_openid" => (Get, channel::get_by_openid),
        "/channel/user/list" => (Get, channel::list),
        "/v1.0/gateway/connections/open" => (Post, events::open),
        "/v1.0/oauth2/accessToken" => (Post, api::access_token),
        "/v1.0/oauth2/jsapiTickets" => (Post, api::jsapi_ticket),
        "/v1.0/oauth2/userAccessToken" => (Post, api::user_access_token),
        "/v1.0/contact/users/me" => (Get, api::me),
        "/oauth2/auth" => (Get, login::authorize),
        "/_client/code" => (Post, client_page::code),
        "/_client/config" => (Post, client_page::config),
        _ if path.starts_with("/v1.0/oauth2/") && path.ends_with("/token") => (Post, api::corp_token),
        _ if client_page::is_script(path) => (Get, client_page::script),
        _ => return None,
    };
    Some(found)
}

fn response(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    if call.method == Method::Options && client_page::is_for_pages(&call.path) {
        return PlatformResponse::Empty(Status::NoContent);
    }
    let mut response = match endpoint(&call.path) {
        None => unknown_path(&call.path),
        Some((Takes::Get, _)) if call.method != Method::Get => wrong_method(&call.path, 43001),
        Some((Takes::Post, _)) if call.method != Method::Post => wrong_method(&call.path, 43002),
        Some((_, endpoint)) => endpoint(state, call),
    };
    if call.path.starts_with("/topapi/") {
        add_request_id(&mut response);
    }
    response
}

fn is_old_host(path: &str) -> bool {
    ["/v1.0/", "/oauth2/", "/_client/", "/dingding/"].iter().all(|prefix| !path.starts_with(prefix))
}

/// The gateway behind `/topapi/` speaks of an unknown API, the rest of the old host of an unknown path.
fn unknown_path(path: &str) -> PlatformResponse {
    if path.starts_with("/topapi/") {
        refuse(22)
    } else if is_old_host(path) {
        refuse(404)
    } else {
        PlatformResponse::new_api(Status::NotFound, "NotFound", "the simulator has no such path")
    }
}

fn wrong_method(path: &str, errcode: i64) -> PlatformResponse {
    if is_old_host(path) {
        refuse(errcode)
    } else {
        PlatformResponse::new_api(Status::MethodNotAllowed, "MethodNotAllowed", "the path takes another method")
    }
}

fn add_request_id(response: &mut PlatformResponse) {
    if let PlatformResponse::Json(_, Value::Object(fields)) = response {
        fields.entry("request_id").or_insert_with(|| json!(random::letters(13).to_lowercase()));
    }
}

const BAN_PAGE: &str = "<!DOCTYPE html><html><head><title>访问受限</title></head><body><h1>访问过于频繁，请五分钟后再试。</h1></body></html>";

async fn misbehave<'r>(request: &'r Request<'_>, call: &Call, kind: FaultKind) -> Result<Response<'r>, Status> {
    let body = |text: String| (ContentType::JSON, text).respond_to(request);
    match kind {
        FaultKind::Errcode { code, text } if is_old_host(&call.path) => {
            PlatformResponse::refuse(code, &text).respond_to(request)
        }
        FaultKind::Errcode { code, text } => {
            PlatformResponse::new_api(Status::BadRequest, &code.to_string(), &text).respond_to(request)
        }
        FaultKind::SubCode { sub_code, sub_msg } => PlatformResponse::gateway(&sub_code, &sub_msg).respond_to(request),
        FaultKind::Html => PlatformResponse::Html(Status::Ok, BAN_PAGE.into()).respond_to(request),
        FaultKind::Banned => body(
            json!({ "status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": random::letters(32) })
                .to_string(),
        ),
        FaultKind::Status(code) => Response::build().status(Status::new(code)).ok(),
        FaultKind::Garbage => body("{\"errcode\":0,\"errm".into()),
        FaultKind::Redirect(location) => PlatformResponse::Redirect(location).respond_to(request),
        FaultKind::Body(text) => body(text),
        FaultKind::Endless => {
            let start = stream::once(async { "{\"errcode\":0,\"errmsg\":\"" });
            let rest = stream::repeat_with(|| ENDLESS_PIECE);
            (ContentType::JSON, ByteStream::from(start.chain(rest))).respond_to(request)
        }
        FaultKind::Drip { every_ms } => {
            let drops = stream::repeat(()).then(move |()| async move {
                sleep(Duration::from_millis(every_ms)).await;
                " "
            });
            (ContentType::JSON, ByteStream::from(drops)).respond_to(request)
        }
        FaultKind::Reset => Ok(unsendable()),
        // Shutdown ends the wait, or else a stopping simulator would wait for its own silence.
        FaultKind::Hang => {
            request.rocket().shutdown().await;
            Ok(unsendable())
        }
        FaultKind::Delay(_) | FaultKind::RandomDelay { .. } => Err(Status::InternalServerError),
    }
}

const ENDLESS_PIECE: &str =
    "................................................................................................................";

/// Rocket has no answer that means "hang up". A header that HTTP forbids comes to the same thing: the server
/// cannot put the response on the wire, and closes the connection without a byte.
fn unsendable<'r>() -> Response<'r> {
    let mut response = Response::new();
    response.set_header(Header::new("X-Unsendable", "\n"));
    response
}
