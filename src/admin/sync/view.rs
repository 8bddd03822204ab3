//! What the page of syncs shows (pure).

use std::time::Duration;

use super::outcome::actor;
use crate::{
    config::{App, Events},
    directory::{Asked, Failure, Reception, Report, State, Step},
    i18n::{Locale, local},
};

/// An app of the corp.
pub struct AppRow {
    pub name: String,
    /// How often the server syncs with it.
    pub every: String,
    pub next: String,
    /// How DingTalk tells of changes, and whether that works.
    pub events: String,
    pub is_deaf: bool,
    pub last_event: String,
    /// The button that asks what a sync would do.
    pub check: String,
}

/// What was asked for, and how far it is.
pub enum Now {
    Nothing,
    Running { says: String, by: String },
    Planned(PlanView),
    Done(PlanView),
    Failed(String),
}

/// What a sync would do, or has done.
pub struct PlanView {
    /// The plan's, where it can be carried out.
    pub id: String,
    pub by: String,
    pub read: String,
    pub refused: Option<Refusal>,
    pub groups: Vec<Group>,
    /// Whether anything would be written without insisting.
    pub does_anything: bool,
}

pub struct Refusal {
    pub reason: String,
    pub what: &'static str,
    /// Whether somebody may insist.
    pub is_lifted_by_force: bool,
}

/// A row of a plan.
pub struct Group {
    pub label: &'static str,
    pub what: &'static str,
    pub count: usize,
    /// The first of them.
    pub names: String,
}

impl AppRow {
    /// `is_only`: whether the corp has no other. `next_ms`: when the server syncs the corp by itself, if it is to.
    pub fn of(
        app: &App,
        is_only: bool,
        reception: &Reception,
        next_ms: Option<i64>,
        now_ms: i64,
        locale: Locale,
    ) -> Self {
        let t = locale.sync_page();
        let at = |at_ms: i64| local(at_ms.div_euclid(1000));
        let next = |next_ms| if next_ms > now_ms { at(next_ms) } else { t.at_once.to_owned() };
        Self {
            name: app.name.clone(),
            every: app.sync_every.map_or_else(|| t.never.to_owned(), |every| (t.every)(&in_words(every))),
            next: next_ms.map_or_else(|| "–".to_owned(), next),
            events: match (&app.events, reception.connected_since) {
                (Events::Off, _) => t.events_off.to_owned(),
                (Events::Stream, Some(since)) => (t.events_connected)(&at(since)),
                (Events::Stream, None) => (t.events_broken)(reception.last_error.as_deref().unwrap_or_default()),
                (Events::Callback { .. }, _) => t.events_callback.to_owned(),
            },
            is_deaf: matches!(app.events, Events::Stream) && reception.connected_since.is_none(),
            last_event: match (&app.events, reception.last_event_at) {
                (Events::Off, _) => String::new(),
                (_, Some(last)) => (t.last_event)(&at(last)),
                (_, None) => t.no_event.to_owned(),
            },
            check: if is_only { t.check.to_owned() } else { (t.check_with)(&app.name) },
        }
    }
}

impl Now {
    pub fn of(asked: Option<Asked>, locale: Locale) -> Self {
        let Some(Asked { actor, state, .. }) = asked else { return Self::Nothing };
        let t = locale.sync_page();
        let by = || (t.asked_by)(&self::actor(locale, &actor.to_string()));
        match state {
            State::Running { step, .. } => Self::Running { says: step_in_words(step, locale), by: by() },
            State::Planned { id, report } => Self::Planned(PlanView::of(id, by(), &report, locale)),
            State::Done { report } => Self::Done(PlanView::of(String::new(), by(), &report, locale)),
            State::Failed(Failure::Busy { actor }) => Self::Failed((t.busy)(&self::actor(locale, &actor))),
            State::Failed(Failure::Broken) => Self::Failed(t.broken.to_owned()),
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }
}

impl PlanView {
    pub fn can_insist(&self) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.is_lifted_by_force)
    }

    fn of(id: String, by: String, report: &Report, locale: Locale) -> Self {
        let t = locale.sync_page();
        let counts = &report.counts;
        let counts = [counts.new, counts.changed, counts.left, counts.returned, counts.kept, counts.unchanged];
        let group = |(i, (label, what)): (usize, (&'static str, &'static str))| Group {
            label,
            what,
            count: counts[i],
            names: names(report.names.get(i).map_or(&[], Vec::as_slice), counts[i], locale),
        };
        let refused = report.refused.as_ref().map(|refused| Refusal {
            reason: (t.refused)(&refused.reason(locale)),
            what: if refused.is_lifted_by_force() { t.too_many_what } else { t.refused_what },
            is_lifted_by_force: refused.is_lifted_by_force(),
        });
        // Of a directory that was not read there is nothing to show but the reason.
        let was_read = report.people > 0;
        let disabled = if refused.is_some() { 0 } else { counts[2] };
        Self {
            id,
            by,
            read: if was_read { (t.read)(report.departments, report.people) } else { String::new() },
            groups: t.groups.into_iter().enumerate().map(group).filter(|group| was_read && group.count > 0).collect(),
            does_anything: counts[0] + counts[1] + disabled + counts[3] > 0,
            refused,
        }
    }
}

fn names(first: &[String], count: usize, locale: Locale) -> String {
    let texts = locale.sync_texts();
    let mut names = first.join(texts.between);
    if !first.is_empty() && count > first.len() {
        names.push_str(&(texts.more)(count - first.len()));
    }
    names
}

fn step_in_words(step: Option<Step>, locale: Locale) -> String {
    let t = locale.sync_page();
    match step {
        None => t.starting.to_owned(),
        Some(Step::Reading(read)) => (t.reading)(read.departments_read, read.departments, read.people),
        Some(Step::Writing(people)) => (t.writing)(people),
    }
}

/// `6h`, as the settings have it.
fn in_words(interval: Duration) -> String {
    humantime::format_duration(interval).to_string()
}
