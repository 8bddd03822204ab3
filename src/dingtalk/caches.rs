//! Which app uses which token and ticket.
//!
//! A cache belongs to what its value belongs to: two entries of the settings for one DingTalk app share one, so that
//! neither overwrites the other's ticket, and a service window has two of its own beside its corp's.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};

use super::{
    Client,
    access_token::{AccessToken, ChannelToken, Ticket},
    token_cache::{Cache, Source, Store},
};
use crate::{
    clock::Clock,
    config::{App, Credentials, DingtalkConfig},
    secret::Secret,
};

pub(super) struct Caches<'a> {
    client: Client,
    platform: &'a DingtalkConfig,
    store: Arc<dyn Store>,
    clock: &'a Clock,
    made: HashMap<String, Arc<Cache>>,
}

impl<'a> Caches<'a> {
    pub fn new(client: Client, platform: &'a DingtalkConfig, store: Arc<dyn Store>, clock: &'a Clock) -> Self {
        Self { client, platform, store, clock, made: HashMap::new() }
    }

    pub fn access_token(&mut self, app: &App) -> Arc<Cache> {
        let (client, corp_id, credentials) = (self.client.clone(), app.corp_id.to_string(), app.credentials.clone());
        self.cache(corp_key("access_token", app), AccessToken { client, corp_id, credentials })
    }

    pub fn jsapi_ticket(&mut self, app: &App, token: &Arc<Cache>) -> Arc<Cache> {
        let ticket = Ticket { client: self.client.clone(), token: Arc::clone(token), call: "/get_jsapi_ticket" };
        self.cache(corp_key("jsapi_ticket", app), ticket)
    }

    pub fn channel_token(&mut self, app: &App, secret: &Secret) -> Arc<Cache> {
        let (client, corp_id) = (self.client.clone(), app.corp_id.to_string());
        self.cache(channel_key("channel_token", app, secret), ChannelToken { client, corp_id, secret: secret.clone() })
    }

    pub fn channel_ticket(&mut self, app: &App, secret: &Secret, token: &Arc<Cache>) -> Arc<Cache> {
        let call = "/channel/get_channel_jsapi_ticket";
        let ticket = Ticket { client: self.client.clone(), token: Arc::clone(token), call };
        self.cache(channel_key("channel_ticket", app, secret), ticket)
    }

    fn cache(&mut self, belongs_to: [&str; 4], source: impl Source + 'static) -> Arc<Cache> {
        let key = digest(&self.platform.oapi_url, belongs_to);
        let made = self
            .made
            .entry(key)
            .or_insert_with_key(|key| Cache::new(key.clone(), source, Arc::clone(&self.store), self.clock.clone()));
        Arc::clone(made)
    }
}

fn corp_key<'a>(kind: &'a str, app: &'a App) -> [&'a str; 4] {
    match &app.credentials {
        Credentials::App { client_id, client_secret } => {
            [kind, app.corp_id.as_str(), client_id, client_secret.expose()]
        }
        Credentials::Corp { corp_secret } => [kind, app.corp_id.as_str(), "", corp_secret.expose()],
    }
}

fn channel_key<'a>(kind: &'a str, app: &'a App, secret: &'a Secret) -> [&'a str; 4] {
    [kind, app.corp_id.as_str(), "", secret.expose()]
}

/// What a cached value belongs to, as one text: a changed secret or another DingTalk address finds no old value.
fn digest(platform: &str, belongs_to: [&str; 4]) -> String {
    // Each part with its length in front: no two lists of parts give one text.
    let part = |part: &str| format!("{}:{part}", part.len());
    let text = belongs_to.into_iter().map(part).fold(part(platform), |text, part| text + &part);
    format!("{}-{}", belongs_to[0], crate::hex_digits::hex_digits(Sha256::digest(text)))
}
