//! Why a sync disables nobody.

use crate::{errcode::Errcode, i18n::Locale};

/// What `sync_runs` keeps, to be said in either language.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Refused {
    /// The app may not see the whole corp, so whoever is missing may be out of its sight.
    Scope { departments: Vec<i64> },
    /// It could at the last run.
    ScopeShrunk { departments: Vec<i64> },
    /// The directory is empty.
    Empty,
    /// People are in a department that was in no answer.
    UnknownDepartment { department: i64 },
    /// An answer did not come, or was a refusal or unreadable.
    Unreadable { error: String, errcode: Option<i64> },
    /// The only one that `--force` lifts.
    TooMany { left: usize, active: usize, at_most: String },
}

impl Refused {
    /// The reason in words.
    pub fn text(&self, locale: Locale) -> String {
        let texts = locale.sync_texts();
        let list = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Scope { departments } => (texts.scope)(&list(departments)),
            Self::ScopeShrunk { departments } => (texts.scope_shrunk)(&list(departments)),
            Self::Empty => texts.empty.to_owned(),
            Self::UnknownDepartment { department } => (texts.unknown_department)(*department),
            Self::Unreadable { error, errcode: None } => (texts.unreadable)(error),
            Self::Unreadable { error, errcode: Some(number) } => {
                let hint = (locale.texts().dingtalk_hint)(Errcode::of_number(*number));
                format!("{}; {hint}", (texts.unreadable)(error))
            }
            Self::TooMany { left, active, at_most } => (texts.too_many)(*left, *active, at_most),
        }
    }
}
