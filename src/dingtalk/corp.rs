//! Whether an app belongs to the corp in the settings.
//!
//! "获取企业内部应用的 accessToken", `POST /v1.0/oauth2/{corpId}/token` (open.dingtalk.com, read 2026-08-22), is the only
//! call with an app's own credentials that names the corp. No call names an app's AgentId.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{
    DingtalkApp, DingtalkError,
    client::{Repeat, object},
};
use crate::config::Credentials;

const CALL: &str = "/v1.0/oauth2/{corpId}/token";

#[derive(Debug)]
pub enum CorpCheck {
    Ours,
    /// DingTalk does not know the corp, or the app belongs to another.
    NotOurs(DingtalkError),
    Unknown(DingtalkError),
}

impl DingtalkApp {
    /// To be asked once the credentials are known to be good.
    pub async fn corp(&self) -> CorpCheck {
        let (id, secret) = match &self.config.credentials {
            Credentials::App { client_id, client_secret } => (client_id, client_secret),
            // The corp's own secret: DingTalk has compared the two already.
            Credentials::Corp { .. } => return CorpCheck::Ours,
        };
        let corp_id = utf8_percent_encode(self.config.corp_id.as_str(), NON_ALPHANUMERIC);
        let path = format!("/v1.0/oauth2/{corp_id}/token");
        let body = object([
            ("client_id", json!(id)),
            ("client_secret", json!(secret.expose())),
            ("grant_type", json!("client_credentials")),
        ]);
        match self.client.call_new_at(CALL, &path, body, Repeat::Reads).await {
            Ok(_) => CorpCheck::Ours,
            Err(error) if is_about_the_corp(&error) => CorpCheck::NotOurs(error),
            Err(error) => CorpCheck::Unknown(error),
        }
    }
}

/// For an unknown corp DingTalk answers `unknownError` with HTTP status 500; the other two words are documented.
fn is_about_the_corp(error: &DingtalkError) -> bool {
    let refusal = match error {
        DingtalkError::Refused(refusal) | DingtalkError::Failed(refusal) => refusal,
        _ => return false,
    };
    ["unknownError", "unauthorized.client", "invalid.client"].contains(&refusal.code.to_string().as_str())
}
