//! Sign-in in an ordinary browser: DingTalk's own page with its QR code, and who came back from it.
//!
//! "实现登录第三方网站" (open.dingtalk.com, read 2026-08-22). The scope is `openid` alone: the corp's own
//! token tells who the person is in our corp ([`DingtalkApp::contact`]), not the browser.
//!
//! # Incomplete support
//! The user's refresh token: the user token is used once and dropped.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{
    DingtalkApp, DingtalkError, Turn,
    access_token::credential,
    client::{Repeat, RequestBody, object},
};
use crate::{config::Credentials, ids::UnionId, secret::Secret};

/// A space becomes `%20`, as DingTalk wants it in `scope`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone)]
pub enum Visitor {
    /// Somebody with a DingTalk account, not yet known to be in the corp.
    Known(UnionId),
    /// Somebody who chose another organisation, or has no account that DingTalk tells us about.
    Foreign,
}

/// The same page for a frame in ours: the QR code alone, whose frame then tells ours the way back. So does DingTalk's
/// `ddlogin.js` 0.21.0 (`DTFrameLogin`), which adds nothing but that frame, and takes messages from more hosts than one.
pub fn frame_address(login_url: &str, client_id: &str, redirect_uri: &str, state: &str) -> String {
    format!("{}&iframe=true", address(login_url, client_id, redirect_uri, state))
}

/// The address of DingTalk's sign-in page, which comes back to `redirect_uri` with a code and `state`.
pub fn address(login_url: &str, client_id: &str, redirect_uri: &str, state: &str) -> String {
    let parameters = [
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("client_id", client_id),
        ("scope", "openid"),
        ("prompt", "consent"),
        ("state", state),
    ];
    let query = parameters.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)));
    format!("{login_url}/oauth2/auth?{}", query.join("&"))
}

impl DingtalkApp {
    /// Exchanges a code of DingTalk's sign-in page, which is spent by this, and asks who it is.
    ///
    /// # Errors
    /// `CodeInvalid` for a spent, expired or foreign code; `Unexpected` for a person without a usable unionid.
    pub async fn visitor(&self, code: &Secret, _turn: Turn) -> Result<Visitor, DingtalkError> {
        const EXCHANGE: &str = "/v1.0/oauth2/userAccessToken";
        let Credentials::App { client_id, client_secret } = &self.config.credentials else {
            return Err(DingtalkError::Unexpected { call: EXCHANGE, why: "this app has no client_id".into() });
        };
        let body = object([
            ("clientId", json!(client_id)),
            ("clientSecret", json!(client_secret.expose())),
            ("code", json!(code.expose())),
            ("grantType", json!("authorization_code")),
        ]);
        let granted = self.client.call_new(EXCHANGE, None, body, Repeat::Spends).await?;
        if granted.optional_text("corpId").is_some_and(|corp_id| corp_id != self.config.corp_id.as_str()) {
            return Ok(Visitor::Foreign);
        }
        let user_token = credential(&granted, "accessToken")?;
        let me =
            self.client.call_new("/v1.0/contact/users/me", Some(&user_token), RequestBody::None, Repeat::Reads).await;
        let me = match me {
            Err(DingtalkError::NoSuchUser(_)) => return Ok(Visitor::Foreign),
            other => other?,
        };
        let unionid = UnionId::new(me.text("unionId")?);
        unionid.map(Visitor::Known).map_err(|why| me.unexpected(&format!("unionId {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_escaped() {
        assert_eq!(
            address("https://login.dingtalk.com", "ding&x", "https://a.example/login/dingtalk/callback", "1.a b"),
            "https://login.dingtalk.com/oauth2/auth?redirect_uri=https%3A%2F%2Fa.example%2Flogin%2Fdingtalk%2Fcallback\
             &response_type=code&client_id=ding%26x&scope=openid&prompt=consent&state=1.a%20b"
        );
    }
}
