//! One configured app's way to DingTalk: its tokens, its ticket, and the calls that it makes.

use std::{net::IpAddr, sync::Arc};

use super::{
    Client, DingtalkError,
    access_token::with_token,
    caches::Caches,
    client::{Repeat, RequestBody},
    fair_queue::{FairQueue, Turn},
    response::ApiResponse,
    token_cache::{Cache, CredentialStatus},
};
use crate::{
    config::{App, AppKind},
    secret::Secret,
};

/// What DingTalk lends an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// The corp's.
    AccessToken,
    /// A service window's own.
    ChannelToken,
    /// What pages are signed with.
    Ticket,
}

pub struct DingtalkApp {
    pub config: App,
    pub(super) client: Client,
    token: Arc<Cache>,
    /// Of a service window: its own token beside the corp's. Each is refused where the other belongs.
    pub(super) channel_token: Option<Arc<Cache>>,
    ticket: Arc<Cache>,
    queue: FairQueue,
}

impl DingtalkApp {
    pub(super) fn new(config: App, client: Client, caches: &mut Caches<'_>) -> Self {
        let token = caches.access_token(&config);
        let (channel_token, ticket) = match &config.kind {
            AppKind::MicroApp => (None, caches.jsapi_ticket(&config, &token)),
            AppKind::Channel { secret } => {
                let channel_token = caches.channel_token(&config, secret);
                let ticket = caches.channel_ticket(&config, secret, &channel_token);
                (Some(channel_token), ticket)
            }
        };
        Self { config, client, token, channel_token, ticket, queue: FairQueue::new() }
    }

    /// The jsapi ticket that this app's pages are signed with. It never leaves the server.
    pub async fn jsapi_ticket(&self) -> Result<Secret, DingtalkError> {
        self.ticket.get().await.map(|lent| lent.value)
    }

    pub async fn check_access_token(&self) -> Result<(), DingtalkError> {
        self.token.get().await?;
        match &self.channel_token {
            Some(token) => token.get().await.map(drop),
            None => Ok(()),
        }
    }

    /// The state of each token and ticket. DingTalk is asked for nothing.
    pub async fn credentials(&self) -> Vec<(CredentialKind, CredentialStatus)> {
        let caches = [
            (CredentialKind::AccessToken, Some(&self.token)),
            (CredentialKind::ChannelToken, self.channel_token.as_ref()),
            (CredentialKind::Ticket, Some(&self.ticket)),
        ];
        let mut states = Vec::new();
        for (kind, cache) in caches {
            if let Some(cache) = cache {
                states.push((kind, cache.status().await));
            }
        }
        states
    }

    /// How many calls of this app are under way, and how many wait for their turn.
    pub fn load(&self) -> (usize, usize) {
        self.queue.load()
    }

    /// Renews in the background what is about to expire.
    pub fn keep_fresh(&self) {
        [Some(&self.token), self.channel_token.as_ref(), Some(&self.ticket)]
            .into_iter()
            .flatten()
            .for_each(Cache::keep_fresh);
    }

    /// A turn to spend a code that came from an address, or from the network that counts as one.
    pub async fn turn(&self, address: IpAddr) -> Result<Turn, DingtalkError> {
        self.queue.of(address, "an auth code").await
    }

    /// A call with the corp's access token, which is renewed once if DingTalk calls it invalid.
    pub(super) async fn call(
        &self,
        path: &'static str,
        body: impl Fn() -> RequestBody<'static>,
        repeat: Repeat,
    ) -> Result<ApiResponse, DingtalkError> {
        let call = |token: Secret| {
            let body = body();
            async move { self.client.post(path, &token, body, repeat).await }
        };
        let _turn = self.queue.next(path).await?;
        with_token(&self.token, call).await
    }

    pub(super) async fn call_get(&self, path: &'static str) -> Result<ApiResponse, DingtalkError> {
        let call = |token: Secret| async move {
            self.client.get(path, &[("access_token", token.expose())], Repeat::Reads).await
        };
        with_token(&self.token, call).await
    }

    /// The same for a form, which borrows what it sends, by somebody whose turn it is.
    pub(super) async fn call_form(
        &self,
        path: &'static str,
        fields: &[(&'static str, &str)],
        repeat: Repeat,
        _turn: Turn,
    ) -> Result<ApiResponse, DingtalkError> {
        let call =
            |token: Secret| async move { self.client.post(path, &token, RequestBody::Form(fields), repeat).await };
        with_token(&self.token, call).await
    }
}
