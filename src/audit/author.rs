//! Who does something, when, and by which request.

use super::{Actor, Entry, Event};
use crate::clock::{Clock, UnixSeconds};

/// The request that something was done by. Empty for a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The DingTalk app's name.
    pub app: String,
    pub address: String,
    /// The id in the log line and on the page.
    pub request_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub actor: Actor,
    at_ms: i64,
    origin: RequestOrigin,
}

impl Author {
    pub fn new(actor: Actor, clock: &Clock) -> Self {
        Self { actor, at_ms: clock.now_ms(), origin: RequestOrigin::default() }
    }

    /// The same by a request.
    #[must_use]
    pub fn by_request(self, origin: RequestOrigin) -> Self {
        Self { origin, ..self }
    }

    pub fn at(&self) -> UnixSeconds {
        self.at_ms.div_euclid(1000)
    }

    /// A row of this author's, to be completed and written.
    pub fn entry(&self, event: Event) -> Entry {
        Entry::at(event, self.actor.clone(), self.at_ms).by_request(self.origin.clone())
    }
}
