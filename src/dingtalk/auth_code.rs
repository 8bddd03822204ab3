//! 免登 auth code → whose it is.
//!
//! "通过免登码获取用户信息" (`topapi/v2/user/getuserinfo`, open.dingtalk.com, read 2026-08-22). A code works once,
//! within five minutes. It is therefore sent once: without an answer in time it may be spent, and the person needs a new
//! one.

use super::{DingtalkApp, DingtalkError, Turn, client::Repeat, response::ApiResponse};
use crate::{
    ids::{DingUserId, UnionId},
    secret::Secret,
};

#[derive(Debug, Clone)]
pub struct Identity {
    pub userid: DingUserId,
    /// The same person across the developer's apps, where DingTalk says it.
    pub unionid: Option<UnionId>,
    pub name: Option<String>,
}

impl DingtalkApp {
    /// Exchanges an auth code, which is spent by this.
    ///
    /// # Errors
    /// `CodeInvalid` for a spent, expired or foreign code; `Unexpected` for a response without a usable userid.
    pub async fn exchange(&self, code: &Secret, turn: Turn) -> Result<Identity, DingtalkError> {
        let fields = [("code", code.expose())];
        let result = self.call_form("/topapi/v2/user/getuserinfo", &fields, Repeat::Spends, turn).await?.result()?;
        Identity::read(&result)
    }
}

impl Identity {
    pub(super) fn read(result: &ApiResponse) -> Result<Self, DingtalkError> {
        let userid = result.text("userid")?;
        let userid = DingUserId::new(userid).map_err(|why| result.unexpected(&format!("userid {why}")))?;
        Ok(Self {
            userid,
            unionid: result.optional_text("unionid").and_then(|text| UnionId::new(text).ok()),
            name: result.optional_text("name").map(str::to_owned),
        })
    }
}
