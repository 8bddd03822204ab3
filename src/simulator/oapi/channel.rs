//! The service window (服务窗): its own tokens and tickets, and who its followers are.

use serde_json::{Value, json};

use super::{
    super::{codes::Grant, company::ChannelFollower, credentials::Holder},
    Call, PlatformResponse, PlatformState, authorise_channel, refuse,
};

pub fn get_token(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let query = |name| call.query(name).filter(|value| !value.is_empty());
    let Some(corp_id) = query("corpid") else {
        return refuse(41002);
    };
    let Some(secret) = query("channel_secret") else {
        return refuse(41004);
    };
    let channel = state.company.corp(corp_id).and_then(|corp| corp.channel.as_ref());
    if channel.is_none_or(|channel| channel.channel_secret != secret) {
        return refuse(40089);
    }
    let holder = Holder::Channel { corp_id: corp_id.to_owned() };
    let (token, expires_in) = state.credentials.token(holder, state.clock.now());
    PlatformResponse::ok(json!({ "access_token": token, "expires_in": expires_in }))
}

pub fn get_jsapi_ticket(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let holder = match authorise_channel(state, call) {
        Ok((corp, _)) => Holder::Channel { corp_id: corp.corp_id.clone() },
        Err(refusal) => return refusal,
    };
    let (ticket, expires_in) = state.credentials.ticket(holder, state.clock.now());
    PlatformResponse::ok(json!({ "ticket": ticket, "expires_in": expires_in }))
}

pub fn get_by_code(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let asking = match authorise_channel(state, call) {
        Ok((corp, _)) => corp.corp_id.clone(),
        Err(refusal) => return refusal,
    };
    let Some(code) = call.param("code") else {
        return refuse(40035);
    };
    let openid = state.codes.spend(&code, state.clock.now(), |grant| match grant {
        Grant::Follower { corp_id, openid } if *corp_id == asking => Some(openid.clone()),
        _ => None,
    });
    let channel = state.company.corp(&asking).and_then(|corp| corp.channel.as_ref());
    let follower = openid.and_then(|openid| channel?.followers.iter().find(|follower| follower.openid == openid));
    match follower {
        Some(follower) => PlatformResponse::ok(identity(follower)),
        None => refuse(40078),
    }
}

pub fn get_by_openid(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let followers = match authorise_channel(state, call) {
        Ok((_, channel)) => &channel.followers,
        Err(refusal) => return refusal,
    };
    let Some(openid) = call.param("openid") else {
        return refuse(40035);
    };
    match followers.iter().find(|follower| follower.openid == openid) {
        Some(follower) => PlatformResponse::ok(profile(follower)),
        None => refuse(60121),
    }
}

pub fn list(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let followers = match authorise_channel(state, call) {
        Ok((_, channel)) => &channel.followers,
        Err(refusal) => return refusal,
    };
    let offset = call.number("offset").and_then(|offset| usize::try_from(offset).ok());
    let size = call.number("size").and_then(|size| usize::try_from(size).ok());
    let (Some(offset), Some(size @ 1..=100)) = (offset, size) else {
        return refuse(40035);
    };
    let following: Vec<_> = followers.iter().filter(|follower| follower.subscribed).collect();
    let page: Vec<_> = following.iter().skip(offset).take(size).map(|follower| profile(follower)).collect();
    PlatformResponse::ok(json!({ "hasMore": following.len() > offset.saturating_add(size), "userList": page }))
}

/// Of somebody who does not follow, everything but that fact is empty.
fn identity(follower: &ChannelFollower) -> Value {
    if follower.subscribed {
        json!({ "openid": follower.openid, "unionid": follower.unionid, "subscribe": 1 })
    } else {
        json!({ "openid": "", "unionid": "", "subscribe": 0 })
    }
}

fn profile(follower: &ChannelFollower) -> Value {
    let mut fields = identity(follower);
    fields["nickname"] = json!(if follower.subscribed { &follower.nickname } else { "" });
    fields["avatar"] = json!("");
    fields
}
