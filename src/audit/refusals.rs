//! Which refusals get a row: of a flood only a sample and a count.
//!
//! A person whom DingTalk names has rows of their own. Anybody on the internet can be refused without a name, as often
//! as they like, so strangers share a few rows an hour for each reason. The others are counted, and the count gets a
//! row when the hour is over. That makes some 15,000 rows a day at most, a few megabytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Actor, Entry, Event};
use crate::{
    clock::Clock,
    db::Pools,
    ids::{CorpId, DingUserId},
};

const HOUR_MS: i64 = 3_600_000;
/// Rows an hour for one person and reason.
const OF_A_PERSON: u64 = 10;
/// Rows an hour for one reason, for all strangers together.
const OF_STRANGERS: u64 = 60;
/// People with a count of their own within an hour; further ones count as strangers.
const MOST_PEOPLE: usize = 5_000;

/// The counts, in this process.
pub struct Refusals {
    clock: Clock,
    windows: Mutex<HashMap<Who, Window>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    reason: &'static str,
    person: Option<(CorpId, DingUserId)>,
}

#[derive(Debug)]
struct Window {
    began_ms: i64,
    written: u64,
    unwritten: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    Write,
    Counted,
}

impl Refusals {
    pub fn new(clock: Clock) -> Self {
        Self { clock, windows: Mutex::default() }
    }

    /// `reason` is the problem's word.
    pub fn count(&self, reason: &'static str, person: Option<(&CorpId, &DingUserId)>) -> Allowance {
        let now = self.clock.monotonic_ms();
        let mut windows = self.lock();
        let mut who = Who { reason, person: person.map(|(corp, userid)| (corp.clone(), userid.clone())) };
        if who.person.is_some() && windows.len() >= MOST_PEOPLE && !windows.contains_key(&who) {
            who.person = None;
        }
        let most = if who.person.is_some() { OF_A_PERSON } else { OF_STRANGERS };
        let window = windows.entry(who).or_insert(Window { began_ms: now, written: 0, unwritten: 0 });
        // This window is over but not swept: its count is kept for its row.
        if now - window.began_ms >= HOUR_MS {
            (window.began_ms, window.written) = (now, 0);
        }
        if window.written < most {
            window.written += 1;
            Allowance::Write
        } else {
            window.unwritten += 1;
            Allowance::Counted
        }
    }

    /// Writes and forgets the counts of hours that are over. If the database fails, they are kept.
    pub async fn write_counts(self: Arc<Self>, pools: Pools) -> sqlx::Result<()> {
        let counts: Vec<_> = {
            let windows = self.lock();
            let counted = windows.iter().filter(|(_, window)| window.unwritten > 0);
            counted.map(|(who, window)| (who.clone(), window.unwritten)).collect()
        };
        if !counts.is_empty() {
            let rows = counts.iter().map(|(who, times)| self.counted(who, *times)).collect();
            pools.transaction(async |tx| super::write_all(tx, rows).await).await?;
        }
        let now = self.clock.monotonic_ms();
        let mut windows = self.lock();
        for (who, written) in counts {
            if let Some(window) = windows.get_mut(&who) {
                // More may have been counted meanwhile.
                window.unwritten -= written;
            }
        }
        windows.retain(|_, window| window.unwritten > 0 || now - window.began_ms < HOUR_MS);
        Ok(())
    }

    fn counted(&self, who: &Who, times: u64) -> Entry {
        let entry = Entry::new(Event::Refused, Actor::System, &self.clock).because(who.reason);
        let entry = match &who.person {
            Some((corp_id, userid)) => entry.about(corp_id, userid),
            None => entry,
        };
        Entry { times, ..entry }.with("without_a_row_of_their_own", times)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Who, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The problem's word.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }
}
