//! Requests and how long their answers took, by the group of their route.

use std::time::Duration;

use super::{Counter, Exposition, Histogram, Kind};

/// The groups of routes; the first ones are found first. The last is for requests that no route answers.
pub const GROUPS: [&str; 12] =
    ["gate", "static", "sign-in", "sessions", "oidc", "cas", "jsapi", "admin", "events", "monitoring", "probe", "none"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

pub struct Requests([Group; GROUPS.len()]);

struct Group {
    duration: Histogram,
    answers: [Counter; CLASSES.len()],
}

impl Default for Requests {
    fn default() -> Self {
        let group = |_| Group { duration: Histogram::of_answers(), answers: Default::default() };
        Self(GROUPS.map(group))
    }
}

impl Requests {
    pub fn answered(&self, group: Option<&str>, status: u16, took: Duration) {
        let known = group.and_then(|group| GROUPS.iter().position(|known| *known == group));
        let Some(group) = self.0.get(known.unwrap_or(GROUPS.len() - 1)) else { return };
        group.duration.observe(took);
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        group.answers[class].add();
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let name = "miandeng_http_requests_total";
        out.family(name, Kind::Counter, "Answered requests by group of routes and class of status.");
        for (label, group) in GROUPS.iter().zip(&self.0) {
            for (class, answers) in CLASSES.iter().zip(&group.answers).skip(1) {
                out.sample(name, &[("group", label), ("status", class)], answers.get());
            }
        }
        let name = "miandeng_http_request_duration_seconds";
        out.family(name, Kind::Histogram, "From a request to its answer, by group of routes; the gate's is \"gate\".");
        for (label, group) in GROUPS.iter().zip(&self.0) {
            group.duration.write(out, name, &[("group", label)]);
        }
    }
}
