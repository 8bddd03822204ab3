//! `/call_back/get_call_back_failed_result`: events that nobody acknowledged.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        oapi::{authorise, refuse},
        response::PlatformResponse,
        state::PlatformState,
    },
    DirectoryEvent,
};

/// What one call answers at the most.
const PAGE: usize = 200;

/// By app. Each call deletes what the call before has answered.
#[derive(Debug, Default)]
pub struct Undelivered(HashMap<String, Queue>);

#[derive(Debug, Default)]
struct Queue {
    events: Vec<DirectoryEvent>,
    answered: usize,
}

impl Undelivered {
    pub fn add(&mut self, client_id: &str, event: DirectoryEvent) {
        self.0.entry(client_id.to_owned()).or_default().events.push(event);
    }

    fn next(&mut self, client_id: &str) -> (Vec<DirectoryEvent>, bool) {
        let queue = self.0.entry(client_id.to_owned()).or_default();
        queue.events.drain(..queue.answered);
        queue.answered = queue.events.len().min(PAGE);
        (queue.events[..queue.answered].to_vec(), queue.events.len() > PAGE)
    }
}

pub fn failed_result(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let client_id = match authorise(state, call, None) {
        Ok(by) => by.app.map(|app| app.client_id.clone()),
        Err(refusal) => return refusal,
    };
    let Some(client_id) = client_id else { return refuse(60011) };
    let (events, has_more) = state.events.undelivered.next(&client_id);
    let failed: Vec<_> = events.iter().map(entry).collect();
    PlatformResponse::ok(json!({ "has_more": has_more, "failed_list": failed }))
}

fn entry(event: &DirectoryEvent) -> Value {
    let mut entry = json!({ "call_back_tag": event.event_type, "event_time": event.time_ms, "corpid": event.corp_id });
    if !event.userids.is_empty() {
        entry["userid"] = json!(event.userids);
    }
    if !event.dept_ids.is_empty() {
        entry["deptid"] = json!(event.dept_ids);
    }
    entry
}
