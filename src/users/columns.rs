//! The columns that people and DingTalk decide, complete, and what a change makes of them (pure).

use super::{Change, Role, Status, User};

/// All of them. What a row would be after a change is compared with what it is: nothing is written for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// `None` fails at the table: a new person needs one.
    pub(super) name: Option<String>,
    pub(super) unionid: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) email: Option<String>,
    pub(super) department: Option<String>,
    pub(super) title: Option<String>,
    pub(super) role: Role,
    /// Whether the person may sign in.
    pub status: Status,
}

impl Columns {
    /// Those of a row.
    pub fn of(user: &User) -> Self {
        Self {
            name: Some(user.name.clone()),
            unionid: user.unionid.clone(),
            mobile: user.mobile.clone(),
            email: user.email.clone(),
            department: user.department.clone(),
            title: user.title.clone(),
            role: user.role,
            status: user.status,
        }
    }

    /// Those of a new person.
    pub fn new(change: Change) -> Self {
        Self::changed(change, None)
    }

    /// What a change makes of these.
    #[must_use]
    pub fn after(&self, change: Change) -> Self {
        Self::changed(change, Some(self))
    }

    fn changed(change: Change, before: Option<&Self>) -> Self {
        let column = |new: Option<String>, old: fn(&Self) -> &Option<String>| match new {
            None => before.and_then(|before| old(before).clone()),
            Some(text) => Some(text).filter(|text| !text.is_empty()),
        };
        Self {
            name: column(change.name, |before| &before.name),
            unionid: column(change.unionid, |before| &before.unionid),
            mobile: column(change.mobile, |before| &before.mobile),
            email: column(change.email, |before| &before.email),
            department: column(change.department, |before| &before.department),
            title: column(change.title, |before| &before.title),
            role: change.role.or(before.map(|before| before.role)).unwrap_or(Role::User),
            status: change.status.or(before.map(|before| before.status)).unwrap_or(Status::Active),
        }
    }
}
