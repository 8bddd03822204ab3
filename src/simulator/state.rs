//! Everything that the simulated platform remembers.

use std::collections::HashMap;

use super::{
    call::{Call, Principal},
    codes::Codes,
    company::Company,
    config_check::ConfigCheck,
    credentials::IssuedCredentials,
    events::EventState,
    fault::Faults,
    limit::Limits,
};
use crate::clock::Clock;

/// How many judged dd.config calls are kept: a simulator may run for weeks.
const CHECKS_KEPT: usize = 200;

/// The platform's memory. One lock guards all of it, so that a code can be spent only once.
#[derive(Debug, Default)]
pub struct PlatformState {
    pub clock: Clock,
    pub company: Company,
    pub credentials: IssuedCredentials,
    pub codes: Codes,
    pub faults: Faults,
    pub limits: Limits,
    pub events: EventState,
    /// Who holds the phone: a userid, or the openid or unionid of somebody outside.
    pub holder: Option<String>,
    /// What whoever started the simulator says on its page, in Chinese and in English.
    pub note: Option<[String; 2]>,
    pub config_checks: Vec<ConfigCheck>,
    calls: HashMap<(String, Option<String>), usize>,
}

impl PlatformState {
    pub fn new(clock: Clock, company: Company) -> Self {
        Self { clock, company, ..Self::default() }
    }

    /// On whose behalf a call comes: its token says it, or else the keys it brings.
    pub fn caller(&self, call: &Call) -> Principal {
        let token = call.param("access_token").map(|token| token.into_owned()).or_else(|| call.token_header.clone());
        if let Some(holder) = token.and_then(|token| self.credentials.holder_of(&token)) {
            return Principal {
                corp_id: Some(holder.corp_id().to_owned()),
                client_id: holder.client_id().map(str::to_owned),
            };
        }
        let first = |names: &[&str]| names.iter().find_map(|name| call.param(name)).map(|value| value.into_owned());
        let client_id = first(&["appkey", "appKey", "clientId", "client_id"]);
        let corp_id = first(&["corpid", "corpId"])
            .or_else(|| client_id.as_deref().and_then(|id| self.company.app(id)).map(|(corp, _)| corp.corp_id.clone()));
        Principal { corp_id, client_id }
    }

    pub fn count(&mut self, path: &str, caller: &Principal) {
        *self.calls.entry((path.to_owned(), caller.client_id.clone())).or_default() += 1;
    }

    pub fn calls(&self) -> HashMap<&str, usize> {
        let mut sums = HashMap::new();
        for ((path, _), count) in &self.calls {
            *sums.entry(path.as_str()).or_default() += count;
        }
        sums
    }

    pub fn calls_of(&self, path: &str, client_id: &str) -> usize {
        self.calls.get(&(path.to_owned(), Some(client_id.to_owned()))).copied().unwrap_or_default()
    }

    pub fn reset_calls(&mut self) {
        self.calls.clear();
    }

    /// Keeps a judged dd.config for whoever wants to see why it failed.
    pub fn note_config(&mut self, check: ConfigCheck) {
        if self.config_checks.len() == CHECKS_KEPT {
            self.config_checks.remove(0);
        }
        self.config_checks.push(check);
    }
}
