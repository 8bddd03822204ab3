//! What goes over a stream, one JSON text a frame (pure).

use serde_json::{Map, Value, json};

use super::super::events::Event;

/// A frame from DingTalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// With the id to acknowledge it by. `None` for an event that cannot be read: it is acknowledged, or it would come
    /// again and again.
    Event { message_id: String, event: Option<Event> },
    /// To be answered with its `data`.
    Ping { message_id: String, data: String },
    /// DingTalk closes this connection within ten seconds.
    Disconnect,
    /// Nothing that we asked for.
    Other,
}

impl Frame {
    /// Reads a text. Whatever is in it, there is an answer.
    pub fn read(text: &str) -> Self {
        let Ok(Value::Object(frame)) = serde_json::from_str(text) else { return Self::Other };
        let none = Map::new();
        let headers = frame.get("headers").and_then(Value::as_object).unwrap_or(&none);
        let header = |name: &str| headers.get(name).and_then(Value::as_str).unwrap_or_default();
        let data = frame.get("data").and_then(Value::as_str).unwrap_or_default();
        let message_id = header("messageId").to_owned();
        match (frame.get("type").and_then(Value::as_str), header("topic")) {
            (Some("SYSTEM"), "disconnect") => Self::Disconnect,
            (Some("SYSTEM"), "ping") => Self::Ping { message_id, data: data.to_owned() },
            (Some("EVENT"), _) => Self::Event { message_id, event: event(headers, data) },
            _ => Self::Other,
        }
    }
}

/// The headers say what a push over HTTP has beside its data.
fn event(headers: &Map<String, Value>, data: &str) -> Option<Event> {
    let mut fields = match serde_json::from_str(data) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let names =
        [("eventType", "EventType"), ("eventId", "eventId"), ("eventCorpId", "CorpId"), ("eventBornTime", "EventTime")];
    for (header, name) in names {
        if let Some(value) = headers.get(header) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    Event::of_fields(&fields).ok()
}

/// Says that an event is safe with us.
pub fn acknowledgement(message_id: &str) -> String {
    answer(message_id, &json!({ "status": "SUCCESS", "message": "ok" }).to_string())
}

/// Asks to have an event again.
pub fn again_later(message_id: &str) -> String {
    answer(message_id, &json!({ "status": "LATER", "message": "not stored" }).to_string())
}

/// Answers a ping with its own data.
pub fn pong(message_id: &str, data: &str) -> String {
    answer(message_id, data)
}

fn answer(message_id: &str, data: &str) -> String {
    let headers = json!({ "messageId": message_id, "contentType": "application/json" });
    json!({ "code": 200, "message": "OK", "headers": headers, "data": data }).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dingtalk::events::EventKind;

    fn frame(kind: &str, headers: Value, data: &str) -> String {
        json!({ "specVersion": "1.0", "type": kind, "headers": headers, "data": data }).to_string()
    }

    #[test]
    fn an_event_is_read_from_headers_and_data() {
        let headers = json!({
            "topic": "*", "messageId": "m1", "eventType": "user_leave_org", "eventId": "e1", "eventCorpId": "dinga",
            "eventBornTime": "1700000000000",
        });
        let read = Frame::read(&frame("EVENT", headers, r#"{"timeStamp":"1","userId":["a","b c",3]}"#));
        let Frame::Event { message_id, event: Some(event) } = read else { panic!("{read:?}") };
        assert_eq!((message_id.as_str(), event.id.as_deref()), ("m1", Some("e1")));
        assert_eq!((event.kind, event.time_ms), (EventKind::UserLeft, Some(1_700_000_000_000)));
        assert_eq!((event.users.len(), event.corp_id.unwrap().as_str()), (1, "dinga"));
    }

    #[test]
    fn system_frames_and_nonsense_are_told_apart() {
        let system = |topic: &str| frame("SYSTEM", json!({ "topic": topic, "messageId": "m" }), r#"{"opaque":"x"}"#);
        assert_eq!(Frame::read(&system("disconnect")), Frame::Disconnect);
        let ping = Frame::Ping { message_id: "m".into(), data: r#"{"opaque":"x"}"#.into() };
        assert_eq!(Frame::read(&system("ping")), ping);
        assert_eq!(Frame::read(&system("new")), Frame::Other);
        assert_eq!(Frame::read("[]"), Frame::Other);
        let unreadable = Frame::Event { message_id: "m".into(), event: None };
        assert_eq!(Frame::read(&frame("EVENT", json!({ "messageId": "m" }), "{}")), unreadable);
    }

    /// What is answered is JSON that names the very message and says the very data.
    fn holds_of(text: &str) {
        let said = match Frame::read(text) {
            Frame::Event { message_id, .. } => vec![(acknowledgement(&message_id), message_id, None)],
            Frame::Ping { message_id, data } => vec![(pong(&message_id, &data), message_id, Some(data))],
            Frame::Disconnect | Frame::Other => Vec::new(),
        };
        for (answer, message_id, data) in said {
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            assert_eq!(
                (&answer["code"], answer["headers"]["messageId"].as_str()),
                (&json!(200), Some(message_id.as_str()))
            );
            assert!(data.is_none_or(|data| answer["data"] == data), "{text}");
        }
    }

    #[test]
    fn what_came_close_is_read() {
        let lines = crate::corpus::lines::<String>("frames.jsonl");
        lines.iter().for_each(|text| holds_of(text));
        let Frame::Event { event: Some(event), .. } = Frame::read(&lines[0]) else { panic!("{}", lines[0]) };
        let heard = (event.kind, event.corp_id.unwrap());
        assert_eq!((heard.0, heard.1.as_str()), (EventKind::UserLeft, "dingcorp"), "headers come first");
    }

    proptest! {
        #[test]
        fn whatever_arrives_is_read(text in "\\PC{0,200}") {
            holds_of(&text);
        }

        #[test]
        fn whatever_is_in_a_frame_is_read(
            kind in prop_oneof![Just("EVENT".to_owned()), Just("SYSTEM".to_owned()), "\\PC{0,8}"],
            names in prop::collection::vec((
                prop_oneof![Just("topic".to_owned()), Just("messageId".to_owned()), Just("eventType".to_owned()), "\\PC{0,8}"],
                prop_oneof![Just(json!("ping")), Just(json!("user_leave_org")), Just(json!(3)), Just(json!(["a"])), Just(json!(null))],
            ), 0..6),
            data in prop_oneof![Just(r#"{"userId":["a",1,null]}"#.to_owned()), Just("{".to_owned()), "\\PC{0,40}"],
        ) {
            holds_of(&frame(&kind, Value::Object(names.into_iter().collect()), &data));
        }
    }
}
