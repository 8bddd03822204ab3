//! Where access tokens and jsapi tickets come from.
//!
//! "获取企业内部应用的 access_token" and "获取 jsapi_ticket" (open.dingtalk.com, read 2026-08-22).

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Client, DingtalkError,
    client::Repeat,
    response::ApiResponse,
    token_cache::{Cache, Source},
};
use crate::{config::Credentials, secret::Secret};

pub(super) struct AccessToken {
    pub client: Client,
    pub corp_id: String,
    pub credentials: Credentials,
}

#[async_trait]
impl Source for AccessToken {
    async fn fetch(&self) -> Result<(Secret, Option<i64>), DingtalkError> {
        let query = match &self.credentials {
            Credentials::App { client_id, client_secret } => {
                [("appkey", client_id.as_str()), ("appsecret", client_secret.expose())]
            }
            Credentials::Corp { corp_secret } => {
                [("corpid", self.corp_id.as_str()), ("corpsecret", corp_secret.expose())]
            }
        };
        let response = self.client.get("/gettoken", &query, Repeat::Reads).await?;
        lent(&response, "access_token")
    }
}

pub(super) struct ChannelToken {
    pub client: Client,
    pub corp_id: String,
    pub secret: Secret,
}

#[async_trait]
impl Source for ChannelToken {
    async fn fetch(&self) -> Result<(Secret, Option<i64>), DingtalkError> {
        let query = [("corpid", self.corp_id.as_str()), ("channel_secret", self.secret.expose())];
        let response = self.client.get("/channel/get_channel_token", &query, Repeat::Reads).await?;
        lent(&response, "access_token")
    }
}

pub(super) struct Ticket {
    pub client: Client,
    pub token: Arc<Cache>,
    pub call: &'static str,
}

#[async_trait]
impl Source for Ticket {
    async fn fetch(&self) -> Result<(Secret, Option<i64>), DingtalkError> {
        let call = |token: Secret| async move {
            let query = [("access_token", token.expose()), ("type", "jsapi")];
            self.client.get(self.call, &query, Repeat::Reads).await
        };
        let response = with_token(&self.token, call).await?;
        lent(&response, "ticket")
    }
}

/// Makes a call with the cached token; if DingTalk calls the token invalid, renews it and makes the call once more.
pub(super) async fn with_token<F>(token: &Arc<Cache>, call: impl Fn(Secret) -> F) -> Result<ApiResponse, DingtalkError>
where
    F: Future<Output = Result<ApiResponse, DingtalkError>>,
{
    let first = token.get().await?;
    match call(first.value.clone()).await {
        Err(DingtalkError::TokenInvalid(_)) => {
            token.void(&first);
            call(token.get().await?.value).await
        }
        other => other,
    }
}

fn lent(response: &ApiResponse, name: &str) -> Result<(Secret, Option<i64>), DingtalkError> {
    Ok((credential(response, name)?, response.number("expires_in")))
}

/// Checked because it goes into addresses and headers unescaped.
pub(super) fn credential(response: &ApiResponse, name: &str) -> Result<Secret, DingtalkError> {
    let value = response.text(name)?;
    if value.len() > 1024 || value.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Err(response.unexpected(&format!("{name} is no credential")));
    }
    Ok(Secret::new(value))
}
