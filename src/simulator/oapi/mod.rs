//! The old host, `oapi.dingtalk.com`: HTTP 200 always, the verdict in `errcode`.
//!
//! Errcodes follow dingtalk.md; texts without a record are our own, since callers are to match codes only.
//! Refusals that the gateway speaks (a missing token, permission, address) come as errcode 88 on `/topapi/`
//! paths and plain elsewhere.

pub mod channel;
pub mod directory;
pub mod people;
pub mod tokens;

use super::{
    call::Call,
    company::{Channel, Corp, MicroApp},
    credentials::{Holder, Presented},
    response::PlatformResponse,
    state::PlatformState,
};

/// Who may call: an organisation, and the app unless the old corpSecret was used.
pub struct Authorised<'a> {
    pub corp: &'a Corp,
    pub app: Option<&'a MicroApp>,
}

/// Admits a call with a live token of an app or organisation, from an allowed address, with `permission`.
pub fn authorise<'a>(
    state: &'a PlatformState,
    call: &Call,
    permission: Option<&str>,
) -> Result<Authorised<'a>, PlatformResponse> {
    let (corp, app) = match token_holder(state, call)? {
        Holder::App { corp_id, client_id } => {
            let corp = state.company.corp(corp_id).ok_or_else(|| refuse(40014))?;
            (corp, Some(corp.app(client_id).ok_or_else(|| refuse(40014))?))
        }
        Holder::Corp { corp_id } => (state.company.corp(corp_id).ok_or_else(|| refuse(40014))?, None),
        // A channel's or person's token is no use here, which trips up many a first attempt.
        Holder::Channel { .. } | Holder::Person { .. } => return Err(refuse(40014)),
    };
    if let Some(app) = app {
        if !app.admits_ip(&call.ip) {
            let text = format!("访问ip不在白名单之中,request ip={} appKey({})", call.ip, app.client_id);
            return Err(by_gateway(call, 60020, &text));
        }
        if let Some(permission) =
            permission.filter(|wanted| app.denied_permissions.iter().any(|denied| denied == wanted))
        {
            let text = format!("应用尚未开通所需的权限：[{permission}]");
            return Err(by_gateway(call, 60011, &text));
        }
    }
    Ok(Authorised { corp, app })
}

/// Admits a call with a live token of a service window.
pub fn authorise_channel<'a>(
    state: &'a PlatformState,
    call: &Call,
) -> Result<(&'a Corp, &'a Channel), PlatformResponse> {
    let Holder::Channel { corp_id } = token_holder(state, call)? else {
        return Err(refuse(40014));
    };
    let corp = state.company.corp(corp_id);
    corp.and_then(|corp| corp.channel.as_ref().map(|channel| (corp, channel))).ok_or_else(|| refuse(40014))
}

/// The old host takes the token from query or form and ignores headers.
fn token_holder<'a>(state: &'a PlatformState, call: &Call) -> Result<&'a Holder, PlatformResponse> {
    let Some(token) = call.param("access_token") else {
        return Err(if is_topapi(call) {
            PlatformResponse::gateway("40000", "缺少access_token")
        } else {
            refuse(41001)
        });
    };
    match state.credentials.present(&token, state.clock.now()) {
        Presented::Live(holder) => Ok(holder),
        Presented::Expired => Err(refuse(42001)),
        Presented::Unknown => Err(refuse(40014)),
    }
}

pub fn refuse(errcode: i64) -> PlatformResponse {
    PlatformResponse::refuse(errcode, text(errcode))
}

fn by_gateway(call: &Call, code: i64, text: &str) -> PlatformResponse {
    if is_topapi(call) {
        PlatformResponse::gateway(&code.to_string(), text)
    } else {
        PlatformResponse::refuse(code, text)
    }
}

fn is_topapi(call: &Call) -> bool {
    call.path.starts_with("/topapi/")
}

fn text(errcode: i64) -> &'static str {
    match errcode {
        22 => "未知的api",
        404 => "请求的URI地址不存在",
        40014 => "不合法的access_token",
        40035 => "不合法的参数",
        40069 => "size超过最大值100",
        40078 => "不存在的临时授权码",
        40089 => "不合法的corpid或corpsecret",
        40096 => "不合法的appKey或appSecret",
        41001 => "缺少access_token参数",
        41002 => "缺少corpid参数",
        41004 => "缺少secret参数",
        42001 => "access_token超时",
        43001 => "需要GET请求",
        43002 => "需要POST请求",
        50002 => "员工不在授权范围",
        50004 => "部门不在授权范围",
        60003 => "部门不存在",
        60121 => "找不到该用户",
        90002 => "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了",
        90018 => "您的服务器调用钉钉开放平台当前接口的请求都被暂时禁用了",
        400002 => "参数错误",
        _ => "系统错误",
    }
}
