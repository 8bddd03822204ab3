//! What a sync came to, for people and for the trail.

use std::collections::BTreeSet;

use super::{Counts, Plan, Refused, Snapshot};
use crate::{
    audit::{Author, Entry, Event},
    i18n::Locale,
    ids::{CorpId, DingUserId},
    people::Planned,
};

/// How many names of a group a report has.
pub const NAMES: usize = 5;

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub corp_id: CorpId,
    /// The root included.
    pub departments: usize,
    pub people: usize,
    pub counts: Counts,
    /// The first names of each group that is written: new, changed, left, returned.
    pub names: [Vec<String>; 4],
    /// Everybody who is counted as having left.
    pub leavers: BTreeSet<DingUserId>,
    /// Whether rows were written.
    pub applied: bool,
    pub sessions_ended: u64,
    pub refused: Option<Refused>,
}

impl Report {
    /// Of a directory that was read to its end, before anything is written.
    pub(super) fn planned(corp_id: &CorpId, snapshot: &Snapshot, plan: &Plan, refused: Option<Refused>) -> Self {
        let names = |group: &[Planned]| group.iter().take(NAMES).map(|planned| planned.name().to_owned()).collect();
        Self {
            corp_id: corp_id.clone(),
            departments: snapshot.departments.len(),
            people: snapshot.people.len(),
            counts: plan.counts(),
            names: [names(&plan.new), names(&plan.changed), names(&plan.left), names(&plan.returned)],
            leavers: plan.left.iter().map(|planned| planned.key.1.clone()).collect(),
            applied: false,
            sessions_ended: 0,
            refused,
        }
    }

    /// Of a directory that could not be read.
    pub(super) fn unread(corp_id: &CorpId, refused: Refused) -> Self {
        Self {
            corp_id: corp_id.clone(),
            departments: 0,
            people: 0,
            counts: Counts::default(),
            names: Default::default(),
            leavers: BTreeSet::new(),
            applied: false,
            sessions_ended: 0,
            refused: Some(refused),
        }
    }

    /// The trail's row.
    pub(super) fn entry(&self, author: &Author, is_forced: bool) -> Entry {
        let event = if self.refused.is_some() { Event::SyncRefused } else { Event::Synced };
        let Counts { new, changed, left, returned, kept, unchanged } = self.counts;
        let counts = [
            ("departments", self.departments),
            ("people", self.people),
            ("new", new),
            ("changed", changed),
            ("left", left),
            ("returned", returned),
            ("kept", kept),
            ("unchanged", unchanged),
        ];
        let entry = author.entry(event).in_corp(&self.corp_id).with("applied", self.applied);
        let entry = counts.into_iter().fold(entry, |entry, (word, count)| entry.with(word, count));
        let entry = if is_forced { entry.with("forced", true) } else { entry };
        match &self.refused {
            Some(refused) => entry.with("reason", refused.text(Locale::En)),
            None => entry.with("sessions_ended", self.sessions_ended),
        }
    }
}
