//! What was looked at, and what became of it.

use std::fmt;

use serde::Serialize;

use crate::inert::Inert;

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

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two; stable.
    pub check: String,
    pub state: Severity,
    pub says: String,
    /// What to do about it, where the finding does not say so itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cure: String,
}

impl Finding {
    pub fn ok(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(Severity::Ok, check, says, "")
    }

    pub fn warning(check: impl Into<String>, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Severity::Warning, check, says, cure)
    }

    pub fn unknown(check: impl Into<String>, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Severity::Unknown, check, says, cure)
    }

    pub fn failed(check: impl Into<String>, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Severity::Failed, check, says, cure)
    }

    fn new(state: Severity, check: impl Into<String>, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { check: check.into(), state, says: says.into(), cure: cure.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            Severity::Ok => "ok     ",
            Severity::Warning => "WARNING",
            Severity::Unknown => "UNKNOWN",
            Severity::Failed => "FAILED ",
        };
        writeln!(f, "{state}  {}: {}", Inert(&self.check), Inert(&self.says))?;
        for line in self.cure.lines() {
            writeln!(f, "         → {}", Inert(line))?;
        }
        Ok(())
    }
}
