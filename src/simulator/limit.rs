//! How often an app may call each API. Off unless asked for, because most tests stand still in one second.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{call::Principal, oapi::refuse, response::PlatformResponse};

/// The limit of each API for each app, and how a call beyond it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// In any second; DingTalk's standard edition allows 20.
    pub per_second: usize,
    #[serde(default)]
    pub answer: Throttle,
}

/// The words in which the platform refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Throttle {
    /// 90018: this app, this API.
    #[default]
    App,
    /// 90002: the platform's own limit of the API.
    Platform,
    /// The gateway's 88 around 90018.
    Gateway,
}

/// An API and who calls it.
type Key = (String, Option<String>);

/// Which calls came within the last second, by the platform's clock.
#[derive(Debug, Default)]
pub struct Limits {
    pub limit: Option<RateLimit>,
    recent: HashMap<Key, VecDeque<i64>>,
    most: HashMap<String, usize>,
}

impl Limits {
    /// Counts a call of the old host, and refuses one too many. Refused calls count as well.
    pub(super) fn admit(&mut self, path: &str, caller: &Principal, now_ms: i64) -> Result<(), PlatformResponse> {
        if !path.starts_with("/topapi/") {
            return Ok(());
        }
        let recent = self.recent.entry((path.to_owned(), caller.client_id.clone())).or_default();
        while recent.front().is_some_and(|at| now_ms - at >= 1000) {
            recent.pop_front();
        }
        recent.push_back(now_ms);
        let most = self.most.entry(path.to_owned()).or_default();
        *most = (*most).max(recent.len());
        match self.limit {
            Some(RateLimit { per_second, answer }) if recent.len() > per_second => Err(match answer {
                Throttle::App => refuse(90018),
                Throttle::Platform => refuse(90002),
                Throttle::Gateway => PlatformResponse::gateway("90018", "app+api的qps超限"),
            }),
            _ => Ok(()),
        }
    }

    /// The most calls that an app made to an API in any one second.
    pub fn most(&self, path: &str) -> usize {
        self.most.get(path).copied().unwrap_or_default()
    }
}
