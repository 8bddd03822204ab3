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
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| EventError::NoEvent)?;
        let any = |names: &[&str]| names.iter().find_map(|name| fields.get(*name));
        let word = |names: &[&str]| any(names).and_then(Value::as_str).filter(|text| !text.is_empty());
        let list = |names: &[&str]| any(names).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
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

impl EventKind {
    fn of(word: &str) -> Self {
        match word {
            "check_url" => Self::CheckUrl,
            "user_add_org" => Self::UserAdded,
            "user_modify_org" => Self::UserChanged,
            "user_leave_org" => Self::UserLeft,
            "user_active_org" => Self::UserActive,
            "org_admin_add" => Self::AdminAdded,
            "org_admin_remove" => Self::AdminRemoved,
            "org_dept_create" => Self::DepartmentAdded,
            "org_dept_modify" => Self::DepartmentChanged,
            "org_dept_remove" => Self::DepartmentRemoved,
            other => Self::Other(shorten(other)),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(MOST).collect()
}
