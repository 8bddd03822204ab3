//! The columns that people and DingTalk decide, and what a change makes of them (pure).

use super::{Change, DisabledBecause, Role, Status, User};

/// Compared before and after a change, so that a change of nothing writes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// `None` fails at the table: a new person needs one.
    pub(super) name: Option<String>,
    pub(super) unionid: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) email: Option<String>,
    pub(super) department: Option<String>,
    pub(super) title: Option<String>,
    pub(super) disabled_because: Option<DisabledBecause>,
    pub role: Role,
    pub status: Status,
}

/// An empty column is `None`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    pub column: &'static str,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Columns {
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
            disabled_because: user.disabled_because,
        }
    }

    pub fn new(change: Change, because: DisabledBecause) -> Self {
        Self::changed(change, None, because)
    }

    /// `because` is the reason of a person whom the change disables.
    #[must_use]
    pub fn after(&self, change: Change, because: DisabledBecause) -> Self {
        Self::changed(change, Some(self), because)
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn disabled_because(&self) -> Option<DisabledBecause> {
        self.disabled_because
    }

    pub fn is_active_admin(&self) -> bool {
        (self.role, self.status) == (Role::Admin, Status::Active)
    }

    /// Without `before`, the person is new.
    pub fn differences(before: Option<&Self>, after: &Self) -> Vec<Difference> {
        let before = before.map(Self::texts);
        let differences = after.texts().into_iter().enumerate().map(|(i, (column, after))| {
            let before = before.as_ref().and_then(|texts| texts[i].1);
            Difference { column, before: before.map(str::to_owned), after: after.map(str::to_owned) }
        });
        differences.filter(|difference| difference.before != difference.after).collect()
    }

    /// Makes a row of these, as the table would.
    #[cfg(test)]
    pub(crate) fn write_to(&self, user: &mut User) {
        user.name = self.name.clone().unwrap_or_default();
        user.unionid = self.unionid.clone();
        user.mobile = self.mobile.clone();
        user.email = self.email.clone();
        user.department = self.department.clone();
        user.title = self.title.clone();
        (user.role, user.status, user.disabled_because) = (self.role, self.status, self.disabled_because);
    }

    fn texts(&self) -> [(&'static str, Option<&str>); 8] {
        [
            ("name", self.name.as_deref()),
            ("unionid", self.unionid.as_deref()),
            ("mobile", self.mobile.as_deref()),
            ("email", self.email.as_deref()),
            ("department", self.department.as_deref()),
            ("title", self.title.as_deref()),
            ("role", Some(self.role.as_str())),
            ("status", Some(self.status.as_str())),
        ]
    }

    fn changed(change: Change, before: Option<&Self>, because: DisabledBecause) -> Self {
        let column = |new: Option<String>, old: fn(&Self) -> &Option<String>| match new {
            None => before.and_then(|before| old(before).clone()),
            Some(text) => Some(text).filter(|text| !text.is_empty()),
        };
        // Disabled again after having left, a person is no longer enabled by a return.
        let disabled_because = match change.status {
            Some(Status::Disabled) => Some(because),
            Some(Status::Active) => None,
            None => before.and_then(|before| before.disabled_because),
        };
        Self {
            disabled_because,
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
