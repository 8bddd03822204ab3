//! Events that DingTalk could not deliver (`call_back/get_call_back_failed_result`, open.dingtalk.com, read 2026-08-22).
//!
//! # Incomplete support
//! The page shows the entries in two forms, flat and with the event's own fields under its name. Both are read.

use serde_json::{Map, Value};

use super::{DingtalkApp, DingtalkError, events::Event};

impl DingtalkApp {
    /// Some of them, and whether there are more. DingTalk forgets them at the next call.
    pub async fn failed_events(&self) -> Result<(Vec<Event>, bool), DingtalkError> {
        let answer = self.call_get("/call_back/get_call_back_failed_result").await?;
        let events = answer.readable_objects("failed_list").filter_map(event).collect();
        Ok((events, answer.flag("has_more") == Some(true)))
    }
}

fn event(entry: &Map<String, Value>) -> Option<Event> {
    let tag = entry.get("call_back_tag")?.clone();
    let nested = entry.get(tag.as_str()?).and_then(Value::as_object);
    let mut fields = Map::new();
    for (name, ours) in [
        ("corpid", "CorpId"),
        ("corp_id", "CorpId"),
        ("event_time", "EventTime"),
        ("userid", "userId"),
        ("userId", "userId"),
        ("deptid", "deptId"),
        ("deptId", "deptId"),
    ] {
        if let Some(value) = nested.and_then(|nested| nested.get(name)).or_else(|| entry.get(name)) {
            fields.insert(ours.to_owned(), value.clone());
        }
    }
    fields.insert("EventType".to_owned(), tag);
    Event::of_fields(&fields).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(entry: Value) -> Option<Event> {
        event(entry.as_object().unwrap())
    }

    #[test]
    fn both_forms_say_the_same() {
        let flat = json!({ "call_back_tag": "user_leave_org", "event_time": 5, "corpid": "dinga", "userid": ["a"] });
        let nested = json!({
            "call_back_tag": "user_leave_org", "event_time": "5", "user_leave_org": { "corpid": "dinga", "userid": ["a"] },
        });
        let event = read(flat).unwrap();
        assert_eq!(Some(&event), read(nested).as_ref());
        assert_eq!((event.users.len(), event.time_ms, event.corp_id.is_some()), (1, Some(5), true));
        assert_eq!(read(json!({ "userid": ["a"] })), None);
    }

    proptest! {
        #[test]
        fn whatever_is_in_an_entry_is_read(
            names in prop::collection::vec((
                prop_oneof![Just("call_back_tag".to_owned()), Just("userid".to_owned()), Just("x".to_owned()), "\\PC{0,8}"],
                prop_oneof![Just(json!("x")), Just(json!(["a", 1])), Just(json!({ "userid": 3 })), Just(json!(null))],
            ), 0..6),
        ) {
            event(&names.into_iter().collect());
        }
    }
}
