//! How events of each app arrive: for `doctor` and the pages of administrators.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::config::EventMode;

/// As this server has seen it since it started. What any server has seen is in the database: `last_event`, `streams_seen`.
/// Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    pub mode: EventMode,
    /// Since when the stream stands; `None` while there is none, and always for other modes.
    pub connected_since: Option<i64>,
    pub last_event_at: Option<i64>,
    /// Why the last stream ended, or did not come about. It stays when another one stands.
    pub last_error: Option<String>,
    /// Events that we do nothing about, such as those of other DingTalk functions.
    pub unknown: u64,
    /// Whether it is for another server on the same database to listen.
    pub stands_by: bool,
}

#[derive(Default)]
pub(super) struct Receptions {
    seen: Mutex<HashMap<String, Seen>>,
    /// A stream stands, or stands no more.
    changed: Arc<Notify>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    connected_since: Option<i64>,
    last_event_at: Option<i64>,
    last_error: Option<String>,
    unknown: u64,
    stands_by: bool,
}

impl Receptions {
    pub fn of(&self, app: &str, mode: EventMode) -> Reception {
        let Seen { connected_since, last_event_at, last_error, unknown, stands_by } =
            self.lock().get(app).cloned().unwrap_or_default();
        Reception { mode, connected_since, last_event_at, last_error, unknown, stands_by }
    }

    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    pub fn heard(&self, app: &str, now_ms: i64, is_unknown: bool) {
        self.change(app, |seen| {
            seen.last_event_at = Some(now_ms);
            seen.unknown += u64::from(is_unknown);
        });
    }

    pub fn connected(&self, app: &str, now_ms: i64) {
        self.change(app, |seen| seen.connected_since = Some(now_ms));
        self.changed.notify_one();
    }

    /// `error` is absent where DingTalk asked for another connection.
    pub fn ended(&self, app: &str, error: Option<String>) {
        self.change(app, |seen| {
            seen.connected_since = None;
            seen.last_error = error.or(seen.last_error.take());
        });
        self.changed.notify_one();
    }

    pub fn stands_by(&self, app: &str, stands_by: bool) {
        self.change(app, |seen| seen.stands_by = stands_by);
    }

    fn change(&self, app: &str, change: impl FnOnce(&mut Seen)) {
        change(self.lock().entry(app.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
