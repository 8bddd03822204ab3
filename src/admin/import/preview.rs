//! What an import would do, as a page shows it (pure).

use super::plan::fingerprint;
use crate::{
    i18n::Texts,
    people::{Imported, Plan, Planned},
    users::{Difference, Key},
};

/// How many people are shown one by one.
const SHOWN: usize = 50;

/// A plan in words.
pub struct Preview {
    pub counts: Imported,
    /// The first who are new or changed.
    pub people: Vec<PlannedRow>,
    /// How many more there are.
    pub more: usize,
    /// Whether whoever imports loses something by it.
    pub touches_yourself: bool,
    /// Whether the corp would lose its last administrator.
    pub is_refused: bool,
    /// By which the plan is known again.
    pub fingerprint: String,
}

/// What would become of one person.
pub struct PlannedRow {
    pub name: String,
    pub userid: String,
    pub is_new: bool,
    pub is_disabled: bool,
    pub changes: Vec<String>,
}

impl Preview {
    pub fn of(plan: &Plan, yourself: &Key, t: &Texts) -> Self {
        let written = || plan.people.iter().filter(|planned| planned.is_written());
        let loses = |planned: &Planned| {
            let gone = |difference: &Difference| matches!(difference.column, "role" | "status");
            !planned.is_new() && planned.differences().iter().any(gone)
        };
        Self {
            counts: plan.counts(),
            people: written().take(SHOWN).map(|planned| row(planned, t)).collect(),
            more: written().count().saturating_sub(SHOWN),
            touches_yourself: written().any(|planned| planned.key == *yourself && loses(planned)),
            is_refused: !plan.without_admin.is_empty(),
            fingerprint: fingerprint(plan),
        }
    }
}

fn row(planned: &Planned, t: &Texts) -> PlannedRow {
    let differences = planned.differences();
    let shown = |difference: &&Difference| difference.column != "name" || !planned.is_new();
    let is_off =
        |difference: &Difference| difference.column == "status" && difference.after.as_deref() == Some("disabled");
    PlannedRow {
        name: planned.name().to_owned(),
        userid: planned.key.1.to_string(),
        is_new: planned.is_new(),
        is_disabled: differences.iter().any(is_off),
        changes: differences.iter().filter(shown).map(|difference| change(difference, planned.is_new(), t)).collect(),
    }
}

fn change(difference: &Difference, is_new: bool, t: &Texts) -> String {
    let words = &t.admin.words;
    let value = |value: &Option<String>| match (difference.column, value.as_deref()) {
        (_, None) => "–".to_owned(),
        ("role", Some("admin")) => words.admin.to_owned(),
        ("role", Some(_)) => words.user.to_owned(),
        ("status", Some("active")) => words.active.to_owned(),
        ("status", Some(_)) => words.disabled.to_owned(),
        (_, Some(text)) => text.to_owned(),
    };
    let label = match difference.column {
        "name" => words.name,
        "mobile" => words.mobile,
        "email" => words.email,
        "department" => words.department,
        "title" => words.title,
        "role" => words.role,
        "status" => words.status,
        other => other,
    };
    let after = value(&difference.after);
    let change = if is_new { after } else { format!("{} → {after}", value(&difference.before)) };
    (words.labelled)(label, &change)
}
