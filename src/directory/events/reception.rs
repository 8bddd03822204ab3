//! How events of each app arrive: for `doctor` and the pages of administrators.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Since this server started. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reception {
    /// Of a stream.
    pub connected_since: Option<i64>,
    pub last_event_at: Option<i64>,
    /// Why the last connection ended, or did not come about.
    pub last_error: Option<String>,
    /// Events that we do nothing about, such as those of other DingTalk functions.
    pub unknown: u64,
}

#[derive(Default)]
pub(super) struct Receptions(Mutex<HashMap<String, Reception>>);

impl Receptions {
    pub fn of(&self, app: &str) -> Reception {
        self.lock().get(app).cloned().unwrap_or_default()
    }

    pub fn heard(&self, app: &str, now_ms: i64, is_unknown: bool) {
        self.change(app, |reception| {
            reception.last_event_at = Some(now_ms);
            reception.unknown += u64::from(is_unknown);
        });
    }

    pub fn connected(&self, app: &str, now_ms: i64) {
        self.change(app, |reception| reception.connected_since = Some(now_ms));
    }

    /// `error` is absent where DingTalk asked for another connection.
    pub fn ended(&self, app: &str, error: Option<String>) {
        self.change(app, |reception| {
            reception.connected_since = None;
            reception.last_error = error.or(reception.last_error.take());
        });
    }

    fn change(&self, app: &str, change: impl FnOnce(&mut Reception)) {
        change(self.lock().entry(app.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Reception>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
