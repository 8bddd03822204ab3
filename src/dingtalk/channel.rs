//! A service window's (服务窗) followers: auth code → follower → employee.
//!
//! The code is exchanged with the channel's token, but the unionid becomes a userid only with the corp's.
//!
//! # Incomplete support
//! Today's documentation has no channel calls (open.dingtalk.com, read 2026-08-22). These follow the older tutorial and
//! community clients.

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

#[derive(Debug, Clone)]
pub enum Follower {
    Known(UnionId),
    /// DingTalk says nothing else about somebody who does not follow the window.
    Unfollowed,
}

#[derive(Debug, Clone)]
pub enum Contact {
    Employee(DingUserId),
    /// A customer or supplier in the corp's address book.
    External,
    Stranger,
}

impl DingtalkApp {
    /// Spends a code of the service window (`channel/user/get_by_code`).
    ///
    /// # Errors
    /// `CodeInvalid` for a spent, expired or foreign code; `Unexpected` for a follower without a unionid.
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
    /// `Unexpected` for an employee without a usable userid.
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
    pub(super) fn read(response: &ApiResponse) -> Result<Self, DingtalkError> {
        if response.number("subscribe") == Some(0) {
            return Ok(Self::Unfollowed);
        }
        let unionid = UnionId::new(response.text("unionid")?);
        unionid.map(Self::Known).map_err(|why| response.unexpected(&format!("unionid {why}")))
    }
}

impl Contact {
    pub(super) fn read(result: &ApiResponse) -> Result<Self, DingtalkError> {
        let userid = result.optional_text("userid");
        match (result.number("contact_type"), userid) {
            (Some(1), _) => Ok(Self::External),
            (_, None) => Ok(Self::Stranger),
            (Some(0), Some(userid)) => {
                let userid = DingUserId::new(userid);
                userid.map(Self::Employee).map_err(|why| result.unexpected(&format!("userid {why}")))
            }
            // Without a known contact type, nobody counts as an employee.
            (_, Some(_)) => Err(result.unexpected("contact_type is missing or unknown")),
        }
    }
}
