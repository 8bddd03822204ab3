//! `/gettoken` and `/get_jsapi_ticket`.

use serde_json::json;

use super::{super::credentials::Holder, Call, PlatformResponse, PlatformState, authorise, refuse};

/// Takes appkey + appsecret, or the older corpid + corpsecret; from the query alone, whatever the method.
pub fn get_token(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let query = |name| call.query(name).filter(|value| !value.is_empty());
    match (query("appkey"), query("corpid")) {
        (Some(app_key), _) => match query("appsecret") {
            Some(secret) => app_token(state, app_key, secret),
            None => refuse(41004),
        },
        (None, Some(corp_id)) => match query("corpsecret") {
            Some(secret) => corp_token(state, corp_id, secret),
            None => refuse(41004),
        },
        (None, None) => PlatformResponse::refuse(40035, "缺少参数 corpid or appkey"),
    }
}

/// The app whose keys these are, if they are right and a version was published.
pub fn known_app(state: &PlatformState, client_id: &str, secret: &str) -> Option<Holder> {
    let (corp, app) = state.company.app(client_id)?;
    (app.client_secret == secret && app.published)
        .then(|| Holder::App { corp_id: corp.corp_id.clone(), client_id: app.client_id.clone() })
}

fn app_token(state: &mut PlatformState, app_key: &str, secret: &str) -> PlatformResponse {
    match known_app(state, app_key, secret) {
        Some(holder) => {
            let (token, expires_in) = state.credentials.token(holder, state.clock.now());
            PlatformResponse::ok(json!({ "access_token": token, "expires_in": expires_in }))
        }
        None => refuse(40096),
    }
}

/// The documentation of that time shows no `expires_in` here.
fn corp_token(state: &mut PlatformState, corp_id: &str, secret: &str) -> PlatformResponse {
    let known = state.company.corp(corp_id).is_some_and(|corp| corp.corp_secret.as_deref() == Some(secret));
    if !known {
        return refuse(40089);
    }
    let holder = Holder::Corp { corp_id: corp_id.to_owned() };
    let (token, _) = state.credentials.token(holder, state.clock.now());
    PlatformResponse::ok(json!({ "access_token": token }))
}

pub fn get_jsapi_ticket(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let holder = match authorise(state, call, None) {
        Ok(by) => {
            let corp_id = by.corp.corp_id.clone();
            match by.app {
                Some(app) => Holder::App { corp_id, client_id: app.client_id.clone() },
                None => Holder::Corp { corp_id },
            }
        }
        Err(refusal) => return refusal,
    };
    let (ticket, expires_in) = state.credentials.ticket(holder, state.clock.now());
    PlatformResponse::ok(json!({ "ticket": ticket, "expires_in": expires_in }))
}
