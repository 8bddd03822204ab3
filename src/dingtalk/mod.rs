//! The Open Platform's words: tokens, tickets, auth codes, employees. Knows no Rocket and no SQL.

mod access_token;
mod app;
mod auth_code;
mod caches;
mod channel;
mod client;
mod contacts;
mod corp;
pub mod departments;
mod directory;
mod errors;
pub mod events;
mod failed_events;
mod fair_queue;
pub mod jsapi;
mod response;
mod rights;
mod scopes;
pub mod stream;
mod token_cache;
pub mod web_login;

use std::sync::Arc;

pub use self::{
    app::{CredentialKind, DingtalkApp},
    auth_code::Identity,
    channel::{Contact, Follower},
    client::{Client, ClientError},
    contacts::EmployeeDetails,
    corp::CorpCheck,
    directory::{Member, Members, SubDepartment},
    errors::{DingtalkError, ErrorCode, Refusal},
    fair_queue::Turn,
    rights::{Need, Rights, Standing},
    scopes::Scopes,
    token_cache::{Claim, Credential, CredentialStatus, Store},
};
use crate::{clock::Clock, config::Config, metrics::Calls};

/// The number of the department that all others are below.
pub const ROOT: i64 = 1;

/// All configured apps. A clone is a handle on the same apps and caches.
#[derive(Clone, Default)]
pub struct Dingtalk {
    apps: Arc<[DingtalkApp]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoApp {
    Unknown,
    /// Several are, and the request does not say which.
    Several,
}

impl Dingtalk {
    /// Makes no call yet: the server starts even while DingTalk is down.
    ///
    /// # Errors
    /// When no HTTP client can be made on this machine, or it would show a proxy the apps' secrets.
    pub fn new(config: &Config, store: Arc<dyn Store>, clock: &Clock, calls: &Arc<Calls>) -> Result<Self, ClientError> {
        let client = Client::new(&config.dingtalk, Arc::clone(calls))?;
        let mut caches = caches::Caches::new(client.clone(), &config.dingtalk, store, clock);
        let apps = config.apps.iter();
        Ok(Self { apps: apps.map(|app| DingtalkApp::new(app.clone(), client.clone(), &mut caches)).collect() })
    }

    pub fn apps(&self) -> &[DingtalkApp] {
        &self.apps
    }

    /// The app that a request means: by corp id and agent id, by either alone where that is unambiguous, or the only
    /// app where neither is given.
    pub fn choose(&self, corp_id: Option<&str>, agent_id: Option<&str>) -> Result<&DingtalkApp, NoApp> {
        let mut fitting = self.fitting(corp_id, agent_id);
        match (fitting.next(), fitting.next()) {
            (Some(app), None) => Ok(app),
            (Some(_), Some(_)) => Err(NoApp::Several),
            (None, _) => Err(NoApp::Unknown),
        }
    }

    pub fn fitting(&self, corp_id: Option<&str>, agent_id: Option<&str>) -> impl Iterator<Item = &DingtalkApp> {
        let fits = move |app: &&DingtalkApp| {
            corp_id.is_none_or(|id| app.config.corp_id.as_str() == id)
                && agent_id.is_none_or(|id| app.config.agent_id == id)
        };
        self.apps.iter().filter(fits)
    }
}
