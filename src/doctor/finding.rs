//! What was looked at, and what became of it.

use serde::{Serialize, Serializer, ser::SerializeMap};
use unicode_width::UnicodeWidthStr;

use crate::{
    i18n::{
        Locale,
        doctor::{Check, Fact},
    },
    inert::Inert,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Ok,
    /// It works, and may not be what was meant.
    Warning,
    /// Nothing that can be asked from here tells.
    Unknown,
    /// It must be fixed.
    Failed,
}

/// Each reader reads it in the own language.
#[derive(Debug, Clone)]
pub struct Finding {
    pub check: Check,
    pub state: Severity,
    pub fact: Box<Fact>,
}

impl Finding {
    pub fn ok(check: Check, fact: Fact) -> Self {
        Self { check, state: Severity::Ok, fact: fact.into() }
    }

    pub fn warning(check: Check, fact: Fact) -> Self {
        Self { check, state: Severity::Warning, fact: fact.into() }
    }

    pub fn unknown(check: Check, fact: Fact) -> Self {
        Self { check, state: Severity::Unknown, fact: fact.into() }
    }

    pub fn failed(check: Check, fact: Fact) -> Self {
        Self { check, state: Severity::Failed, fact: fact.into() }
    }

    /// For a terminal, on lines of its own.
    pub fn text(&self, locale: Locale) -> String {
        let t = locale.texts();
        let state = t.reports.doctor.on_terminal[self.state as usize];
        let said = self.fact.said(locale);
        let label = self.check.label(locale);
        let mut text = format!("{state}  {}\n", Inert((t.admin.words.labelled)(&label, &said.says)));
        for line in said.cure.lines() {
            text.push_str(&format!("{}  → {}\n", " ".repeat(state.width()), Inert(line)));
        }
        text
    }
}

/// The same in every language.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = self.fact.said(Locale::En);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("check", &self.check.word())?;
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("says", &said.says)?;
        if !said.cure.is_empty() {
            map.serialize_entry("cure", &said.cure)?;
        }
        map.end()
    }
}
