//! The new host, `api.dingtalk.com`: HTTP statuses and `{code, message, requestid}`.

use rocket::http::Status;
use serde_json::json;

use super::{
    call::Call,
    codes::Grant,
    company::{Corp, Employee},
    credentials::{Holder, LIFETIME_S, Presented},
    oapi::tokens::known_app,
    random,
    response::PlatformResponse,
    state::PlatformState,
};

pub fn access_token(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (Some(client_id), Some(secret)) = (call.body("appKey"), call.body("appSecret")) else {
        return bad_client();
    };
    match known_app(state, &client_id, &secret) {
        Some(holder) => {
            let (token, expire_in) = state.credentials.token(holder, state.clock.now());
            PlatformResponse::json(json!({ "accessToken": token, "expireIn": expire_in }))
        }
        None => bad_client(),
    }
}

/// `POST /v1.0/oauth2/{corpId}/token`. Statuses other than that of an unknown organisation are our guess.
pub fn corp_token(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let between = call.path.strip_prefix("/v1.0/oauth2/").and_then(|rest| rest.strip_suffix("/token"));
    let corp_id = between.unwrap_or_default();
    if state.company.corp(corp_id).is_none() {
        return PlatformResponse::new_api(Status::InternalServerError, "unknownError", "未知错误");
    }
    if call.body("grant_type").as_deref() != Some("client_credentials") {
        return PlatformResponse::new_api(Status::BadRequest, "unsupported.grant.type", "不支持的授权类型");
    }
    let (client_id, secret) = (call.body("client_id"), call.body("client_secret"));
    match known_app(state, &client_id.unwrap_or_default(), &secret.unwrap_or_default()) {
        None => PlatformResponse::new_api(Status::BadRequest, "invalid.client", "无效的clientId或者clientSecret"),
        Some(holder) if holder.corp_id() != corp_id => {
            PlatformResponse::new_api(Status::BadRequest, "unauthorized.client", "应用未被该企业授权")
        }
        Some(holder) => {
            let (token, expires_in) = state.credentials.token(holder, state.clock.now());
            PlatformResponse::json(json!({ "access_token": token, "expires_in": expires_in }))
        }
    }
}

pub fn jsapi_ticket(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let holder = match token_holder(state, call) {
        Ok(holder @ Holder::App { corp_id, client_id }) => {
            let app = state.company.corp(corp_id).and_then(|corp| corp.app(client_id));
            if app.is_some_and(|app| !app.admits_ip(&call.ip)) {
                let text = format!("request ip={} appKey({client_id})", call.ip);
                return PlatformResponse::new_api(Status::Forbidden, "Forbidden.AccessDenied.IpNotInWhiteList", &text);
            }
            holder.clone()
        }
        Ok(holder @ Holder::Corp { .. }) => holder.clone(),
        Ok(_) => return bad_token(),
        Err(refusal) => return refusal,
    };
    let (ticket, expire_in) = state.credentials.ticket(holder, state.clock.now());
    PlatformResponse::json(json!({ "jsapiTicket": ticket, "expireIn": expire_in }))
}

/// `POST /v1.0/oauth2/userAccessToken`. Renewing by `refreshToken` is not simulated.
pub fn user_access_token(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (client_id, secret) = (call.body("clientId"), call.body("clientSecret"));
    let Some(app) = known_app(state, &client_id.unwrap_or_default(), &secret.unwrap_or_default()) else {
        return bad_client();
    };
    if call.body("grantType").as_deref() != Some("authorization_code") {
        return PlatformResponse::new_api(Status::BadRequest, "unsupported.grant.type", "不支持的授权类型");
    }
    let now = state.clock.now();
    let code = call.body("code").unwrap_or_default();
    let person = state.codes.spend(&code, now, |grant| match grant {
        Grant::Browser { corp_id, client_id, unionid, with_corp } if app.client_id() == Some(client_id) => {
            Some(Holder::Person {
                corp_id: corp_id.clone(),
                client_id: client_id.clone(),
                unionid: unionid.clone(),
                with_corp: *with_corp,
            })
        }
        _ => None,
    });
    let Some(person) = person else {
        let text = "不存在的临时授权码";
        return PlatformResponse::new_api(Status::BadRequest, "invalidParameter.authCode.notFound", text);
    };
    let corp_id = matches!(person, Holder::Person { with_corp: true, .. }).then(|| person.corp_id().to_owned());
    let (token, _) = state.credentials.token(person, now);
    let mut fields = json!({ "accessToken": token, "refreshToken": random::letters(32), "expireIn": LIFETIME_S });
    if let Some(corp_id) = corp_id {
        fields["corpId"] = json!(corp_id);
    }
    PlatformResponse::json(fields)
}

pub fn me(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (corp_id, client_id, unionid) = match token_holder(state, call) {
        Ok(Holder::Person { corp_id, client_id, unionid, .. }) => (corp_id, client_id, unionid),
        // An app's token names nobody, so it cannot say who "me" is.
        Ok(_) => return bad_token(),
        Err(refusal) => return refusal,
    };
    let Some(corp) = state.company.corp(corp_id) else {
        return bad_token();
    };
    let Some(employee) = corp.employees.iter().find(|employee| employee.unionid == *unionid) else {
        return PlatformResponse::new_api(Status::NotFound, "invalidParameter.user.notFound", "用户不存在");
    };
    if let Some(refusal) = denied(corp, client_id, "Contact.User.Read") {
        return refusal;
    }
    let with_mobile = denied(corp, client_id, "Contact.User.mobile").is_none();
    PlatformResponse::json(profile(employee, client_id, with_mobile))
}

fn profile(employee: &Employee, client_id: &str, with_mobile: bool) -> serde_json::Value {
    let mut fields = json!({
        "nick": employee.name,
        "unionId": employee.unionid,
        "openId": format!("open-{client_id}-{}", employee.userid),
        "visitor": false,
    });
    let mobile = if with_mobile { employee.mobile.as_str() } else { "" };
    for (name, text) in [("avatarUrl", employee.avatar.as_str()), ("mobile", mobile), ("email", &employee.email)] {
        if !text.is_empty() {
            fields[name] = json!(text);
        }
    }
    if !mobile.is_empty() {
        fields["stateCode"] = json!("86");
    }
    fields
}

/// The refusal when the app was not granted this permission.
fn denied(corp: &Corp, client_id: &str, scope: &str) -> Option<PlatformResponse> {
    corp.app(client_id)?.denied_permissions.iter().find(|denied| *denied == scope)?;
    Some(PlatformResponse::Json(
        Status::Forbidden,
        json!({
            "requestid": random::letters(24),
            "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
            "message": "应用尚未开通所需的权限",
            "accessdenieddetail": { "requiredScopes": [scope] },
        }),
    ))
}

/// The new host takes the token from its own header only.
fn token_holder<'a>(state: &'a PlatformState, call: &Call) -> Result<&'a Holder, PlatformResponse> {
    let Some(token) = call.token_header.as_deref().filter(|token| !token.is_empty()) else {
        let text = "缺少x-acs-dingtalk-access-token";
        return Err(PlatformResponse::new_api(Status::BadRequest, "AuthenticationFailed.MissingParameter", text));
    };
    match state.credentials.present(token, state.clock.now()) {
        Presented::Live(holder) => Ok(holder),
        Presented::Expired | Presented::Unknown => Err(bad_token()),
    }
}

fn bad_token() -> PlatformResponse {
    PlatformResponse::new_api(Status::BadRequest, "InvalidAuthentication", "不合法的access_token")
}

fn bad_client() -> PlatformResponse {
    PlatformResponse::new_api(Status::BadRequest, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
}
