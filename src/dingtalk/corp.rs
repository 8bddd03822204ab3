//! Whether an app is of the corp that the settings say.
//!
//! "获取企业内部应用的 accessToken", `POST /v1.0/oauth2/{corpId}/token` (open.dingtalk.com, read 2026-08-22), is the one call
//! by an app's own credentials that names the corp. No call names an app's AgentId.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{
    DingtalkApp, DingtalkError,
    client::{Repeat, object},
};
use crate::config::Credentials;

const CALL: &str = "/v1.0/oauth2/{corpId}/token";

/// What DingTalk says of an app and its corp.
#[derive(Debug)]
pub enum CorpCheck {
    /// The app is of this corp.
    Ours,
    /// DingTalk knows no such corp, or the app is not of it.
    NotOurs(DingtalkError),
    /// DingTalk did not say.
    Unknown(DingtalkError),
}

impl DingtalkApp {
    /// Asks for a token of this very corp, once the credentials are known to be good.
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

/// An unknown corp is DingTalk's `unknownError`, with HTTP status 500; the words for another's app are those of the page.
fn is_about_the_corp(error: &DingtalkError) -> bool {
    let refusal = match error {
        DingtalkError::Refused(refusal) | DingtalkError::Failed(refusal) => refusal,
        _ => return false,
    };
    ["unknownError", "unauthorized.client", "invalid.client"].contains(&refusal.code.to_string().as_str())
}
