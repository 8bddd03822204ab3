//! A service window's (服务窗) followers: auth code → follower → employee.
//!
//! The tutorial for service windows says it thrice: the code is exchanged with the channel's token, and the unionid is
//! turned into a userid with the corp's.
//!
//! # Incomplete support
//! The family of channel calls is missing from today's documentation (open.dingtalk.com, read 2026-08-22); what stands
//! here follows the older tutorial and community clients.

use serde_json::json;

use super::{
    DingtalkApp, DingtalkError, Turn,
    access_token::with_token,
    client::{Repeat, object},
    response::ApiResponse,
};
use crate::{
    ids::{DingUserId, UnionId},
    secret::Secret,
};

/// Who opened a page of the service window.
#[derive(Debug, Clone)]
pub enum Follower {
    /// Follows it.
    Known(UnionId),
    /// Does not follow it (any more): DingTalk says nothing else about the person.
    Unfollowed,
}

/// What a unionid is in the corp.
#[derive(Debug, Clone)]
pub enum Contact {
    /// An employee.
    Employee(DingUserId),
    /// A customer or supplier in the corp's address book.
    External,
    /// Nobody.
    Stranger,
}

impl DingtalkApp {
    /// Exchanges a code of the service window, which is spent by this (`channel/user/get_by_code`).
    ///
    /// # Errors
    /// `CodeInvalid` for a spent, expired or foreign code; `Unexpected` for a follower without a unionid; the rest as
    /// for every call.
    pub async fn follower(&self, code: &Secret, _turn: Turn) -> Result<Follower, DingtalkError> {
        const CALL: &str = "/channel/user/get_by_code";
        let Some(token) = &self.channel_token else {
            return Err(DingtalkError::Unexpected { call: CALL, why: "this app is no service window".into() });
        };
        let call = |token: Secret| async move {
            let query = [("access_token", token.expose()), ("code", code.expose())];
            self.client.get(CALL, &query, Repeat::Spends).await
        };
        Follower::read(&with_token(token, call).await?)
    }

    /// Who a unionid is in the corp (`topapi/user/getbyunionid`), by the corp's own token.
    ///
    /// # Errors
    /// `Unexpected` for an employee without a usable userid; the rest as for every call.
    pub async fn contact(&self, unionid: &UnionId) -> Result<Contact, DingtalkError> {
        let body = || object([("unionid", json!(unionid))]);
        match self.call("/topapi/user/getbyunionid", body, Repeat::Reads).await {
            Ok(response) => Contact::read(&response.result()?),
            Err(DingtalkError::NoSuchUser(_)) => Ok(Contact::Stranger),
            Err(error) => Err(error),
        }
    }
}

impl Follower {
    /// Whoever an answer names.
    pub(super) fn read(response: &ApiResponse) -> Result<Self, DingtalkError> {
        if response.number("subscribe") == Some(0) {
            return Ok(Self::Unfollowed);
        }
        let unionid = UnionId::new(response.text("unionid")?);
        unionid.map(Self::Known).map_err(|why| response.unexpected(&format!("unionid {why}")))
    }
}

impl Contact {
    /// Whoever a `result` names.
    pub(super) fn read(result: &ApiResponse) -> Result<Self, DingtalkError> {
        let userid = result.optional_text("userid");
        match (result.number("contact_type"), userid) {
            (Some(1), _) => Ok(Self::External),
            (_, None) => Ok(Self::Stranger),
            (Some(0), Some(userid)) => {
                let userid = DingUserId::new(userid);
                userid.map(Self::Employee).map_err(|why| result.unexpected(&format!("userid {why}")))
            }
            // Whoever is not known to be an employee is none.
            (_, Some(_)) => Err(result.unexpected("contact_type is missing or unknown")),
        }
    }
}
