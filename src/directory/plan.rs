//! What a sync does to a corp's rows (pure): the table and the directory in, the plan out.

use std::collections::{BTreeMap, BTreeSet};

use super::Snapshot;
use crate::{
    ids::{CorpId, DingUserId},
    people::Planned,
    users::{self, Change, Columns, DisabledBecause, NewUser, Status, User},
};

/// The source of rows whose status is DingTalk's to say.
const DINGTALK: &str = "dingtalk";

/// What becomes of everybody of one corp.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Employees who are not in the table.
    pub new: Vec<Planned>,
    /// People of whom DingTalk says something else than the table.
    pub changed: Vec<Planned>,
    /// People who could sign in and are no longer in the directory.
    pub left: Vec<Planned>,
    /// People who had left and are back.
    pub returned: Vec<Planned>,
    /// People who are not in the directory, and whose rows are not DingTalk's to change.
    pub kept: usize,
    pub unchanged: usize,
    /// The corp's people who could sign in before.
    pub active: usize,
}

/// How many of each, in the words of the outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    pub new: usize,
    pub changed: usize,
    pub left: usize,
    pub returned: usize,
    pub kept: usize,
    pub unchanged: usize,
}

impl Plan {
    /// Rows of other corps are passed over.
    pub fn of(corp_id: &CorpId, table: &[User], directory: &Snapshot) -> Self {
        let mut plan = Self::default();
        let mut rows = BTreeMap::new();
        for user in table.iter().filter(|user| user.corp_id == *corp_id) {
            rows.insert(&user.userid, user);
            plan.active += usize::from(user.status == Status::Active);
        }
        for (userid, employee) in &directory.people {
            let paths: Vec<_> = directory.paths_of(employee).cloned().collect();
            match rows.remove(userid) {
                Some(user) => plan.there(user, users::said_of(userid, employee, &paths)),
                None => {
                    let NewUser { corp_id, userid, change } =
                        users::newcomer(corp_id.clone(), userid.clone(), employee, &paths);
                    plan.new.push(Planned::new((corp_id, userid), None, Columns::new(change, DisabledBecause::Left)));
                }
            }
        }
        rows.into_values().for_each(|user| plan.gone(user));
        plan
    }

    /// The same without these people, whose rows stay as they are.
    #[must_use]
    pub fn without(mut self, userids: &BTreeSet<DingUserId>) -> Self {
        for group in [&mut self.new, &mut self.changed, &mut self.left, &mut self.returned] {
            let before = group.len();
            group.retain(|planned| !userids.contains(&planned.key.1));
            self.unchanged += before - group.len();
        }
        self
    }

    /// The same without disabling anybody who is not among these.
    #[must_use]
    pub fn with_left(mut self, is_gone: impl Fn(&DingUserId) -> bool) -> Self {
        let before = self.left.len();
        self.left.retain(|planned| is_gone(&planned.key.1));
        self.unchanged += before - self.left.len();
        self
    }

    pub fn counts(&self) -> Counts {
        Counts {
            new: self.new.len(),
            changed: self.changed.len(),
            left: self.left.len(),
            returned: self.returned.len(),
            kept: self.kept,
            unchanged: self.unchanged,
        }
    }

    /// What is to be written, disabled people last.
    pub fn into_written(self) -> Vec<Planned> {
        [self.new, self.changed, self.returned, self.left].into_iter().flatten().collect()
    }

    /// Somebody who is in the directory.
    fn there(&mut self, user: &User, said: Change) {
        let before = Columns::of(user);
        let returns = user.source == DINGTALK
            && user.status == Status::Disabled
            && user.disabled_because == Some(DisabledBecause::Left);
        let change = Change { status: returns.then_some(Status::Active), ..said };
        let after = before.after(change, DisabledBecause::Left);
        let planned = |after| Planned::new((user.corp_id.clone(), user.userid.clone()), Some(before.clone()), after);
        match (returns, after == before) {
            (true, _) => self.returned.push(planned(after)),
            (false, true) => self.unchanged += 1,
            (false, false) => self.changed.push(planned(after)),
        }
    }

    /// Somebody who is not.
    fn gone(&mut self, user: &User) {
        if user.source != DINGTALK {
            self.kept += 1;
        } else if user.status == Status::Disabled {
            self.unchanged += 1;
        } else {
            let before = Columns::of(user);
            let disabled = Change { status: Some(Status::Disabled), ..Change::default() };
            let after = before.after(disabled, DisabledBecause::Left);
            self.left.push(Planned::new((user.corp_id.clone(), user.userid.clone()), Some(before), after));
        }
    }
}

#[cfg(test)]
mod tests;
