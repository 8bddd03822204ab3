//! Which sessions are good, by the settings in force (pure).

use std::time::Duration;

use crate::{clock::UnixSeconds, config::Config};

/// A session from the future means that the clock was set back. Up to this many seconds count as a correction.
const CLOCK_SLACK: i64 = 60;
/// How long, in seconds, a session for one address alone lives, whatever the settings say.
pub(super) const FOR_ONE_ADDRESS: i64 = 300;

/// How long sessions live, in seconds, and in which corps they are good.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) idle: i64,
    pub(super) absolute: i64,
    corps: Vec<String>,
}

impl Policy {
    pub fn of(config: &Config) -> Self {
        let seconds = |duration: Duration| duration.as_secs().try_into().unwrap_or(i64::MAX);
        let corps = config.apps.iter().map(|app| app.corp_id.to_string()).collect();
        Self { idle: seconds(config.session_idle), absolute: seconds(config.session_lifetime), corps }
    }

    /// Nobody vouches for people of a corp that no longer has an app.
    pub(super) fn knows(&self, corp_id: &str) -> bool {
        self.corps.iter().any(|known| known == corp_id)
    }

    /// `only_for`: the one address that the session is good for, if there is one.
    pub(super) fn is_in_time(
        &self,
        only_for: Option<&str>,
        created_at: UnixSeconds,
        last_seen_at: UnixSeconds,
        now: UnixSeconds,
    ) -> bool {
        let absolute = if only_for.is_some() { self.absolute.min(FOR_ONE_ADDRESS) } else { self.absolute };
        let age = |since: UnixSeconds| now.saturating_sub(since);
        let not_from_the_future = age(created_at) >= -CLOCK_SLACK && age(last_seen_at) >= -CLOCK_SLACK;
        not_from_the_future && age(created_at) < absolute && age(last_seen_at) < self.idle
    }
}
