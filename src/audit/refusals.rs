//! Which refusals get a row: all that an operator may ask for, and of a flood a sample and a count.
//!
//! A person whom DingTalk vouches for has rows of their own. Anybody on the internet can be refused without one, as often
//! as they like: those share a few rows an hour for each reason. What is not written is counted, and the count gets a row
//! when the hour is over. At the most some 15,000 rows a day come about this way, a few megabytes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Actor, Entry, Event};
use crate::{
    clock::Clock,
    db::Conn,
    ids::{CorpId, DingUserId},
};

const HOUR_MS: i64 = 3_600_000;
/// Rows an hour of one person and reason.
const OF_A_PERSON: u64 = 10;
/// Rows an hour of one reason, of everybody whom nobody vouches for.
const OF_STRANGERS: u64 = 60;
/// People whose refusals are counted apart within an hour; further ones are strangers.
const MOST_PEOPLE: usize = 5_000;

/// Counts refusals, in this process.
pub struct Refusals {
    clock: Clock,
    windows: Mutex<HashMap<Who, Window>>,
}

/// Whose refusals are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    reason: &'static str,
    person: Option<(CorpId, DingUserId)>,
}

/// An hour of one counter.
#[derive(Debug)]
struct Window {
    began_ms: i64,
    written: u64,
    unwritten: u64,
}

/// Whether a refusal is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A row of its own.
    Write,
    /// It was counted.
    Counted,
}

impl Refusals {
    /// Nothing is counted yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, windows: Mutex::default() }
    }

    /// Counts a refusal. `reason` is the problem's word.
    pub fn count(&self, reason: &'static str, person: Option<(&CorpId, &DingUserId)>) -> Allowance {
        let now = self.clock.monotonic_ms();
        let mut windows = self.lock();
        let mut who = Who { reason, person: person.map(|(corp, userid)| (corp.clone(), userid.clone())) };
        if who.person.is_some() && windows.len() >= MOST_PEOPLE && !windows.contains_key(&who) {
            who.person = None;
        }
        let most = if who.person.is_some() { OF_A_PERSON } else { OF_STRANGERS };
        let window = windows.entry(who).or_insert(Window { began_ms: now, written: 0, unwritten: 0 });
        // A window that is over and not swept yet: what it counted is kept for its row.
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

    /// Writes the counts of hours that are over, and forgets those hours.
    ///
    /// # Errors
    /// When the database fails; the counts are then kept.
    pub async fn write_counts(&self, db: &mut Conn) -> sqlx::Result<()> {
        let now = self.clock.monotonic_ms();
        self.write_counts_where(db, |window| now - window.began_ms >= HOUR_MS).await
    }

    /// Writes every count, as a server does that stops.
    ///
    /// # Errors
    /// As for [`Refusals::write_counts`].
    pub async fn write_all_counts(&self, db: &mut Conn) -> sqlx::Result<()> {
        self.write_counts_where(db, |_| true).await
    }

    async fn write_counts_where(&self, db: &mut Conn, is_due: impl Fn(&Window) -> bool) -> sqlx::Result<()> {
        let due: Vec<_> = {
            let windows = self.lock();
            let due = windows.iter().filter(|(_, window)| is_due(window));
            due.map(|(who, window)| (who.clone(), window.unwritten)).collect()
        };
        for (who, unwritten) in &due {
            if *unwritten > 0 {
                self.counted(who, *unwritten).write(&mut *db).await?;
            }
        }
        let mut windows = self.lock();
        for (who, unwritten) in due {
            if let Some(window) = windows.get_mut(&who) {
                // Others may have been counted meanwhile.
                window.unwritten -= unwritten;
                if window.unwritten == 0 && is_due(window) {
                    windows.remove(&who);
                }
            }
        }
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
    /// Why somebody was refused: the problem's word.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }
}
