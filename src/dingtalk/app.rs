//! One configured app's way to DingTalk: its token, its ticket, and the calls that it makes.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    Client, DingtalkError,
    access_token::{AccessToken, Ticket, with_token},
    answer::Answer,
    client::{Body, Repeat},
    credential::{Cache, Store},
};
use crate::{
    clock::Clock,
    config::{App, Credentials, DingtalkConfig, Secret},
};

/// An app of the settings, with its caches.
pub struct DingtalkApp {
    /// The app's settings.
    pub config: App,
    client: Client,
    token: Arc<Cache>,
    ticket: Arc<Cache>,
}

impl DingtalkApp {
    pub(super) fn new(
        config: App,
        platform: &DingtalkConfig,
        client: Client,
        store: &Arc<dyn Store>,
        clock: &Clock,
    ) -> Self {
        let key = |kind: &str| cache_key(kind, platform, &config);
        let access_token = AccessToken {
            client: client.clone(),
            corp_id: config.corp_id.to_string(),
            credentials: config.credentials.clone(),
        };
        let token = Cache::new(key("access_token"), access_token, Arc::clone(store), clock.clone());
        let ticket = Ticket { client: client.clone(), token: Arc::clone(&token) };
        let ticket = Cache::new(key("jsapi_ticket"), ticket, Arc::clone(store), clock.clone());
        Self { config, client, token, ticket }
    }

    /// The jsapi ticket that this app's pages are signed with. It never leaves the server.
    ///
    /// # Errors
    /// When DingTalk hands out no token or no ticket.
    pub async fn jsapi_ticket(&self) -> Result<Secret, DingtalkError> {
        self.ticket.get().await
    }

    /// Makes sure that there is an access token.
    ///
    /// # Errors
    /// When DingTalk hands out none.
    pub async fn check_access_token(&self) -> Result<(), DingtalkError> {
        self.token.get().await.map(drop)
    }

    /// Renews in the background what is about to expire.
    pub fn keep_fresh(&self) {
        self.token.keep_fresh();
        self.ticket.keep_fresh();
    }

    /// A call with the corp's access token, which is renewed once if DingTalk calls it invalid.
    pub(super) async fn call(
        &self,
        path: &'static str,
        body: impl Fn() -> Body<'static>,
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        let call = |token: Secret| {
            let body = body();
            async move { self.client.post(path, &token, body, repeat).await }
        };
        with_token(&self.token, call).await
    }

    /// The same for a form, which borrows what it sends.
    pub(super) async fn call_form(
        &self,
        path: &'static str,
        fields: &[(&'static str, &str)],
        repeat: Repeat,
    ) -> Result<Answer, DingtalkError> {
        let call = |token: Secret| async move { self.client.post(path, &token, Body::Form(fields), repeat).await };
        with_token(&self.token, call).await
    }
}

/// What a cached value belongs to, as one digest: a changed secret or another DingTalk address finds no old value,
/// and two entries for one DingTalk app find the same.
fn cache_key(kind: &str, platform: &DingtalkConfig, app: &App) -> String {
    let (id, secret) = match &app.credentials {
        Credentials::App { client_id, client_secret } => (client_id.as_str(), client_secret),
        Credentials::Corp { corp_secret } => ("", corp_secret),
    };
    let parts = [kind, &platform.oapi_url, app.corp_id.as_str(), id, secret.expose()];
    // Each part with its length in front: no two lists of parts give one text.
    let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    format!("{kind}-{}", hex::encode(Sha256::digest(text)))
}
