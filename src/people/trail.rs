//! What the trail says of each change to a person.

use serde_json::{Map, Value, json};

use super::{By, Imported, Planned};
use crate::{
    audit::{Entry, Event},
    db::Conn,
    users::{Columns, Difference, Key, Status, User},
};

/// The trail says that a mobile number was changed, but not the number.
const PRIVATE: [&str; 3] = ["unionid", "mobile", "email"];

pub(super) struct Act {
    event: Event,
    detail: Map<String, Value>,
}

impl Act {
    fn new(event: Event, detail: Value) -> Self {
        let detail = match detail {
            Value::Object(detail) => detail,
            _ => Map::new(),
        };
        Self { event, detail }
    }
}

pub(super) fn added(user: &User) -> Vec<Act> {
    vec![Act::new(Event::UserAdded, json!({ "name": user.name, "role": user.role, "status": user.status }))]
}

/// A change of role or status is an act of its own, because auditors look for it.
pub(super) fn changed(before: &Columns, after: &Columns) -> Vec<Act> {
    let (mut acts, mut rest) = (Vec::new(), Map::new());
    for Difference { column, before, after: now } in Columns::differences(Some(before), after) {
        match column {
            "role" => acts.push(Act::new(Event::RoleChanged, json!({ "from": before, "to": now }))),
            "status" if after.status == Status::Disabled => {
                acts.push(Act::new(Event::UserDisabled, json!({ "because": after.disabled_because() })));
            }
            "status" => acts.push(Act::new(Event::UserEnabled, json!({}))),
            private if PRIVATE.contains(&private) => drop(rest.insert(private.to_owned(), json!({}))),
            _ => drop(rest.insert(column.to_owned(), json!({ "from": before, "to": now }))),
        }
    }
    if acts.is_empty() && rest.is_empty() {
        // Disabled before, for another reason.
        acts.push(Act::new(Event::UserDisabled, json!({ "because": after.disabled_because() })));
    }
    if !rest.is_empty() {
        acts.push(Act::new(Event::UserChanged, json!({ "changed": rest })));
    }
    acts
}

/// Adds to the act that ended sessions how many there were.
pub(super) fn with_sessions(mut acts: Vec<Act>, ended: u64) -> Vec<Act> {
    if let Some(act) = acts.iter_mut().find(|act| act.event == Event::UserDisabled) {
        act.detail.insert("sessions_ended".to_owned(), ended.into());
    }
    acts
}

pub(super) fn disabled_again(ended: u64) -> Vec<Act> {
    vec![Act::new(Event::UserDisabled, json!({ "sessions_ended": ended }))]
}

pub(super) fn removed(user: &User, ended: u64) -> Vec<Act> {
    vec![Act::new(Event::UserRemoved, json!({ "name": user.name, "sessions_ended": ended }))]
}

pub(super) fn imported(imported: &Imported) -> Act {
    let Imported { added, changed, unchanged, disabled, sessions_ended } = imported;
    let counts = json!({
        "added": added, "changed": changed, "unchanged": unchanged, "disabled": disabled,
        "sessions_ended": sessions_ended,
    });
    Act::new(Event::Imported, counts)
}

impl Planned {
    pub(super) fn acts(&self) -> Vec<Act> {
        match &self.before {
            Some(before) => changed(before, &self.after),
            None => {
                let name = self.after.name();
                vec![Act::new(
                    Event::UserAdded,
                    json!({ "name": name, "role": self.after.role, "status": self.after.status }),
                )]
            }
        }
    }
}

impl By {
    /// Writes the rows and the log's lines.
    pub(super) async fn record(&self, db: &mut Conn, user: &User, acts: Vec<Act>) -> sqlx::Result<()> {
        for act in acts {
            let (corp_id, userid) = (user.corp_id.as_str(), user.userid.as_str());
            let event = act.event.as_str();
            tracing::info!(event, actor = %self.author.actor, reason = ?self.reason, corp_id, userid, "a person was changed");
            self.entry(act).about(&user.corp_id, &user.userid).write(db).await?;
        }
        Ok(())
    }

    /// Rows for one of many people, without log lines.
    pub(super) fn entries_of(&self, (corp_id, userid): &Key, acts: Vec<Act>) -> Vec<Entry> {
        acts.into_iter().map(|act| self.entry(act).about(corp_id, userid)).collect()
    }

    pub(super) fn entry(&self, act: Act) -> Entry {
        act.detail.into_iter().fold(self.author.entry(act.event), |entry, (name, value)| entry.with(&name, value))
    }
}
