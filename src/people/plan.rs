//! What an import would do to each person, before it is done. An import does exactly this.

use std::collections::{BTreeMap, HashMap};

use super::{By, Imported};
use crate::{
    db::Conn,
    ids::CorpId,
    users::{self, Columns, Difference, DisabledBecause, Filter, Key, NewUser, Status, User},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the file's order.
    pub people: Vec<Planned>,
    /// Corps that would lose their last active administrator.
    pub without_admin: Vec<CorpId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub key: Key,
    pub(super) before: Option<Columns>,
    pub(super) after: Columns,
}

pub async fn preview(db: &mut Conn, people: Vec<NewUser>, by: &By) -> sqlx::Result<Plan> {
    Ok(Plan::of(&users::list(db, &Filter::default()).await?, people, by.because()))
}

impl Plan {
    /// What an import of these people into this table would do (pure).
    pub fn of(table: &[User], people: Vec<NewUser>, because: DisabledBecause) -> Self {
        let mut rows: HashMap<Key, Columns> =
            table.iter().map(|user| ((user.corp_id.clone(), user.userid.clone()), Columns::of(user))).collect();
        let planned = |NewUser { corp_id, userid, change }| {
            let key = (corp_id, userid);
            let before = rows.get(&key).cloned();
            let after = match &before {
                None => Columns::new(change, because),
                Some(before) => before.after(change, because),
            };
            // A person who is listed twice is changed twice.
            rows.insert(key.clone(), after.clone());
            Planned { key, before, after }
        };
        let people: Vec<_> = people.into_iter().map(planned).collect();
        let after = admins(rows.iter().map(|((corp, _), columns)| (corp, columns.is_active_admin())));
        let before = admins(table.iter().map(|user| (&user.corp_id, Columns::of(user).is_active_admin())));
        let lost = |corp: &&CorpId| before.get(*corp) > Some(&0) && after.get(*corp) == Some(&0);
        let without_admin = before.keys().copied().filter(lost).cloned().collect();
        Self { people, without_admin }
    }

    /// The number of sessions that would end is not known yet.
    pub fn counts(&self) -> Imported {
        Imported::of(&self.people)
    }

    /// The people of each corp, in the file's order.
    pub(super) fn by_corp(self) -> BTreeMap<CorpId, Vec<Planned>> {
        let mut corps = BTreeMap::<_, Vec<_>>::new();
        for planned in self.people {
            corps.entry(planned.key.0.clone()).or_default().push(planned);
        }
        corps
    }
}

impl Planned {
    /// What is to become of one person; nothing before is a person who is not in the table.
    pub fn new(key: Key, before: Option<Columns>, after: Columns) -> Self {
        Self { key, before, after }
    }

    /// The name, as it would be.
    pub fn name(&self) -> &str {
        self.after.name().unwrap_or_default()
    }

    /// The columns, as they would be.
    pub fn after(&self) -> &Columns {
        &self.after
    }

    /// Whether somebody who could sign in no longer may.
    pub fn is_disabled(&self) -> bool {
        let was_active = self.before.as_ref().is_some_and(|before| before.status == Status::Active);
        was_active && self.after.status == Status::Disabled
    }

    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    pub fn is_written(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// The columns that would change; of a new person, all that hold anything.
    pub fn differences(&self) -> Vec<Difference> {
        Columns::differences(self.before.as_ref(), &self.after)
    }

    pub(super) fn into_row(self) -> (Key, Columns) {
        (self.key, self.after)
    }
}

fn admins<'a>(people: impl Iterator<Item = (&'a CorpId, bool)>) -> BTreeMap<&'a CorpId, usize> {
    let mut admins = BTreeMap::new();
    for (corp, is_admin) in people {
        *admins.entry(corp).or_default() += usize::from(is_admin);
    }
    admins
}
