//! Why a sync disables nobody.

use crate::{
    catalogue::{Evidence, Signed, Trouble},
    dingtalk::Need,
    i18n::Locale,
};

/// What `sync_runs` keeps, to be said in either language.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Refused {
    /// The app may not see the whole corp, so a person who is missing may just be hidden from it.
    Scope { departments: Vec<i64> },
    /// It could at the last run.
    ScopeShrunk { departments: Vec<i64> },
    /// The directory is empty.
    Empty,
    /// People are in a department that was in no answer.
    UnknownDepartment { department: i64 },
    /// An answer did not come, or was a refusal or unreadable.
    Unreadable {
        error: String,
        errcode: Option<i64>,
        /// DingTalk's call.
        #[serde(default)]
        call: String,
    },
    /// The only one that `--force` lifts.
    TooMany { left: usize, active: usize, at_most: String },
}

impl Refused {
    /// The reason in words, with what to do on the command line.
    pub fn text(&self, locale: Locale) -> String {
        let cure = if self.is_lifted_by_force() { locale.sync_texts().too_many_cure } else { "" };
        self.reason(locale) + cure
    }

    /// Whether it is the same as that of another run. DingTalk's words name each request.
    pub fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unreadable { errcode, call, .. }, Self::Unreadable { errcode: other, call: other_call, .. }) => {
                (errcode, call) == (other, other_call)
            }
            _ => self == other,
        }
    }

    /// Whether somebody may insist.
    pub fn is_lifted_by_force(&self) -> bool {
        matches!(self, Self::TooMany { .. })
    }

    /// The reason in words.
    pub fn reason(&self, locale: Locale) -> String {
        let texts = locale.sync_texts();
        let list = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Scope { departments } => (texts.scope)(&list(departments)),
            Self::ScopeShrunk { departments } => (texts.scope_shrunk)(&list(departments)),
            Self::Empty => texts.empty.to_owned(),
            Self::UnknownDepartment { department } => (texts.unknown_department)(*department),
            Self::Unreadable { error, errcode: None, .. } => (texts.unreadable)(error),
            Self::Unreadable { error, errcode: Some(number), call } => {
                let trouble = Trouble::of_errcode(*number);
                let need = Need::of_call(call).filter(|_| trouble == Trouble::NoPermission);
                let grant = need.map(|need| (locale.rights_texts().grant)(need.in_console()));
                let evidence = Evidence::read(trouble, error, Signed::default());
                let advice = || locale.texts().advice(trouble, evidence.as_ref()).into_owned();
                let hint = grant.unwrap_or_else(advice);
                format!("{}; {hint}", (texts.unreadable)(error))
            }
            Self::TooMany { left, active, at_most } => (texts.too_many)(*left, *active, at_most),
        }
    }
}
