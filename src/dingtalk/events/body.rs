//! What a push says.

use serde_json::{Map, Value};

use super::EventError;
use crate::{
    dingtalk::response::lenient_number,
    ids::{CorpId, DingUserId},
};

/// How much of an unknown word is kept, in characters.
const MOST: usize = 64;

/// A hint that something has changed in a corp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub corp_id: Option<CorpId>,
    /// Equal in repetitions of one push, where DingTalk gives it.
    pub id: Option<String>,
    /// When it happened, in milliseconds since 1970, where the push says so.
    pub time_ms: Option<i64>,
    /// The employees concerned, without anything that is not a userid.
    pub users: Vec<DingUserId>,
    /// The departments concerned, without anything that is not a number.
    pub departments: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// `check_url`: the console tries the address.
    CheckUrl,
    UserAdded,
    UserChanged,
    UserLeft,
    /// `user_active_org`: somebody opened DingTalk for the first time.
    UserActive,
    AdminAdded,
    AdminRemoved,
    DepartmentAdded,
    DepartmentChanged,
    DepartmentRemoved,
    Other(String),
}

impl Event {
    /// Reads the text inside a push. DingTalk has two spellings of most names, an older and a newer one.
    pub(super) fn read(text: &str) -> Result<Self, EventError> {
        Self::of_fields(&serde_json::from_str(text).map_err(|_| EventError::NoEvent)?)
    }

    pub(in crate::dingtalk) fn of_fields(fields: &Map<String, Value>) -> Result<Self, EventError> {
        let any = |names: &[&str]| names.iter().find_map(|name| fields.get(*name));
        let word = |names: &[&str]| any(names).and_then(Value::as_str).filter(|text| !text.is_empty());
        let list = |names: &[&str]| match any(names) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ (Value::String(_) | Value::Number(_))) => std::slice::from_ref(one),
            _ => &[],
        };
        let userid = |value: &Value| DingUserId::new(value.as_str()?).ok();
        let corp_id = word(&["CorpId", "corpId"]).map(CorpId::new).transpose();
        Ok(Self {
            kind: EventKind::of(word(&["EventType", "eventType"]).ok_or(EventError::NoEvent)?),
            corp_id: corp_id.map_err(|_| EventError::NoEvent)?,
            id: word(&["eventId", "EventId"]).map(shorten),
            time_ms: any(&["EventTime", "eventTime", "timeStamp", "TimeStamp"]).and_then(lenient_number),
            users: list(&["userId", "UserId"]).iter().filter_map(userid).collect(),
            departments: list(&["deptId", "DeptId"]).iter().filter_map(lenient_number).collect(),
        })
    }
}

/// DingTalk's words.
const WORDS: [(EventKind, &str); 10] = [
    (EventKind::CheckUrl, "check_url"),
    (EventKind::UserAdded, "user_add_org"),
    (EventKind::UserChanged, "user_modify_org"),
    (EventKind::UserLeft, "user_leave_org"),
    (EventKind::UserActive, "user_active_org"),
    (EventKind::AdminAdded, "org_admin_add"),
    (EventKind::AdminRemoved, "org_admin_remove"),
    (EventKind::DepartmentAdded, "org_dept_create"),
    (EventKind::DepartmentChanged, "org_dept_modify"),
    (EventKind::DepartmentRemoved, "org_dept_remove"),
];

impl EventKind {
    pub fn of(word: &str) -> Self {
        let known = WORDS.iter().find(|(_, known)| *known == word);
        known.map_or_else(|| Self::Other(shorten(word)), |(kind, _)| kind.clone())
    }

    pub fn is_about_departments(&self) -> bool {
        matches!(self, Self::DepartmentAdded | Self::DepartmentChanged | Self::DepartmentRemoved)
    }

    pub fn is_about_people(&self) -> bool {
        !self.is_about_departments() && !matches!(self, Self::CheckUrl | Self::Other(_))
    }

    /// DingTalk's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            kind => WORDS.iter().find(|(known, _)| known == kind).map_or("", |(_, word)| word),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(MOST).collect()
}
