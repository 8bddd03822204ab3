//! What the platform tells apps of changes in the directory: pushed to an address, or over a stream that the app opened.
//! What nobody acknowledged is to be fetched.

mod controls;
mod envelope;
mod gateway;
mod streams;
mod undelivered;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use self::{
    controls::routes,
    envelope::SealedPush,
    gateway::{listen, open},
    undelivered::{Undelivered, failed_result},
};
use self::{envelope::Envelope, gateway::Streams, streams::StreamChanged};
use super::{
    Simulator,
    company::{Employee, MicroApp},
    random,
};

/// How long the platform waits for an acknowledgement. The true one waits 1.5 seconds, on better machines than a test's.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that happened in an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DirectoryEvent {
    /// Such as `user_leave_org`.
    pub event_type: String,
    /// Equal in repetitions.
    pub event_id: String,
    pub corp_id: String,
    /// Milliseconds since 1970; 0 for now.
    pub time_ms: i64,
    pub userids: Vec<String>,
    pub dept_ids: Vec<i64>,
}

impl Default for DirectoryEvent {
    fn default() -> Self {
        Self {
            event_type: "check_url".into(),
            event_id: random::letters(24),
            corp_id: String::new(),
            time_ms: 0,
            userids: Vec::new(),
            dept_ids: Vec::new(),
        }
    }
}

impl DirectoryEvent {
    /// An event about people.
    pub fn of_people(event_type: &str, corp_id: &str, userids: &[&str]) -> Self {
        let userids = userids.iter().map(|userid| (*userid).to_owned()).collect();
        Self { event_type: event_type.into(), corp_id: corp_id.into(), userids, ..Self::default() }
    }

    /// An event about departments.
    pub fn of_departments(event_type: &str, corp_id: &str, dept_ids: &[i64]) -> Self {
        Self { event_type: event_type.into(), corp_id: corp_id.into(), dept_ids: dept_ids.to_vec(), ..Self::default() }
    }

    /// What is about the change itself, the same over both ways.
    fn data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("timeStamp".into(), json!(self.time_ms.to_string()));
        if !self.userids.is_empty() {
            data.insert("userId".into(), json!(self.userids));
        }
        if !self.dept_ids.is_empty() {
            data.insert("deptId".into(), json!(self.dept_ids));
        }
        data
    }

    /// The text inside a push over HTTP.
    fn message(&self) -> String {
        let mut fields = self.data();
        fields.insert("EventType".into(), json!(self.event_type));
        if self.event_type != "check_url" {
            fields.insert("eventId".into(), json!(self.event_id));
            fields.insert("CorpId".into(), json!(self.corp_id));
            fields.insert("EventTime".into(), json!(self.time_ms));
        }
        Value::Object(fields).to_string()
    }
}

/// How many of the next acknowledgements go astray: first those that get lost, so that the platform pushes the event again,
/// then those that come too late, so that it is to be fetched as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    pub lost: usize,
    pub late: usize,
}

#[derive(Clone, Copy)]
enum Mislaid {
    Lost,
    Late,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Pushed {
    Acknowledged,
    /// The app's server answered something else: a status, or "" for a connection that failed.
    NotAcknowledged(String),
    /// The app takes no events.
    NotSubscribed,
}

impl Simulator {
    /// Pushes an event to one app. What is not acknowledged is to be fetched from now on.
    pub async fn push(&self, client_id: &str, event: &DirectoryEvent) -> Pushed {
        let mut event = event.clone();
        let to = {
            let mut state = self.state();
            if event.time_ms == 0 {
                event.time_ms = state.clock.now_ms();
            }
            state.events.http.get_or_insert_with(http);
            state.company.app(client_id).map(|(_, app)| app.clone())
        };
        let pushed = loop {
            match self.push_once(to.as_ref(), &event).await {
                Pushed::Acknowledged => match self.mislaid() {
                    Some(Mislaid::Lost) => {}
                    Some(Mislaid::Late) => break Pushed::NotAcknowledged("too late".into()),
                    None => break Pushed::Acknowledged,
                },
                other => break other,
            }
        };
        if matches!(pushed, Pushed::NotAcknowledged(_)) {
            self.state().events.undelivered.add(client_id, event);
        }
        pushed
    }

    async fn push_once(&self, to: Option<&MicroApp>, event: &DirectoryEvent) -> Pushed {
        match to {
            Some(app) if !app.callback_url.is_empty() => match self.sealed(&app.client_id, &event.message()) {
                Some(push) => self.post(app, &push).await,
                None => Pushed::NotAcknowledged("the app has no key".into()),
            },
            Some(app) if self.state().events.streams.is_subscribed(&app.client_id) => {
                self.push_over_stream(&app.client_id, event).await
            }
            _ => Pushed::NotSubscribed,
        }
    }

    /// Mislays the next acknowledgements, over whichever way they come.
    pub fn mislay_acknowledgements(&self, answers: Answers) {
        self.state().events.answers = answers;
    }

    /// What becomes of an acknowledgement that has just come.
    fn mislaid(&self) -> Option<Mislaid> {
        let Answers { lost, late } = &mut self.state().events.answers;
        let (count, mislaid) = if *lost > 0 { (lost, Mislaid::Lost) } else { (late, Mislaid::Late) };
        *count = count.checked_sub(1)?;
        Some(mislaid)
    }

    /// A text as it would be pushed to this app; `None` if the app has no key.
    pub fn sealed(&self, client_id: &str, text: &str) -> Option<SealedPush> {
        let state = self.state();
        let (_, app) = state.company.app(client_id)?;
        Some(Envelope::of(app)?.seal(text, state.clock.now_ms()))
    }

    /// The same for an owner other than the app's key.
    pub fn sealed_for(&self, owner: &str, client_id: &str, text: &str) -> Option<SealedPush> {
        let state = self.state();
        let (_, app) = state.company.app(client_id)?;
        Some(Envelope::of(app)?.owned_by(owner).seal(text, state.clock.now_ms()))
    }

    /// Whether an answer acknowledges a push that was sealed for this owner.
    pub fn is_acknowledged_by(&self, owner: &str, client_id: &str, answer: &str) -> bool {
        let state = self.state();
        let app = state.company.app(client_id).map(|(_, app)| app);
        app.and_then(Envelope::of).is_some_and(|envelope| envelope.owned_by(owner).is_acknowledged_by(answer))
    }

    /// Somebody leaves the organisation, and its apps are told.
    pub async fn leaves(&self, corp_id: &str, userid: &str) -> Vec<Pushed> {
        {
            let mut state = self.state();
            let leaver = state.company.corp(corp_id).and_then(|corp| corp.employee(userid)).cloned();
            state.events.left.extend(leaver.map(|leaver| (corp_id.to_owned(), leaver)));
        }
        self.remove_employee(corp_id, userid);
        self.tell(DirectoryEvent::of_people("user_leave_org", corp_id, &[userid])).await
    }

    /// Somebody who has left comes back, and the apps are told. Somebody else: nothing happens.
    pub async fn returns(&self, corp_id: &str, userid: &str) -> Vec<Pushed> {
        let returned = {
            let left = &mut self.state().events.left;
            let at = left.iter().position(|(corp, leaver)| corp == corp_id && leaver.userid == userid);
            at.map(|at| left.remove(at).1)
        };
        match returned {
            Some(employee) => self.joins(corp_id, employee).await,
            None => Vec::new(),
        }
    }

    /// Somebody is taken on, and the apps are told.
    pub async fn joins(&self, corp_id: &str, employee: Employee) -> Vec<Pushed> {
        let userid = employee.userid.clone();
        self.add_employee(corp_id, employee);
        self.tell(DirectoryEvent::of_people("user_add_org", corp_id, &[&userid])).await
    }

    /// Somebody's details or departments change, and the apps are told.
    pub async fn changes(&self, corp_id: &str, userid: &str, edit: impl FnOnce(&mut Employee)) -> Vec<Pushed> {
        self.edit_employee(corp_id, userid, edit);
        self.tell(DirectoryEvent::of_people("user_modify_org", corp_id, &[userid])).await
    }

    /// Somebody moves to the next department, from the last to the first, and the apps are told.
    pub async fn moves(&self, corp_id: &str, userid: &str) -> Vec<Pushed> {
        let next = {
            let state = self.state();
            let departments = state.company.corp(corp_id).map(|corp| &corp.departments[..]).unwrap_or_default();
            let employee = state.company.corp(corp_id).and_then(|corp| corp.employee(userid));
            let now = employee.and_then(|employee| employee.dept_ids.first());
            let at = departments.iter().position(|department| Some(&department.dept_id) == now);
            departments.get(at.map_or(0, |at| (at + 1) % departments.len())).map(|department| department.dept_id)
        };
        self.changes(corp_id, userid, |employee| employee.dept_ids = next.into_iter().collect()).await
    }

    /// Who has left and may return, each beside the organisation's id.
    pub(super) fn left(&self) -> Vec<(String, Employee)> {
        self.state().events.left.clone()
    }

    /// Pushes an event to all apps of its organisation.
    async fn tell(&self, event: DirectoryEvent) -> Vec<Pushed> {
        let clients: Vec<_> = {
            let state = self.state();
            let corp = state.company.corp(&event.corp_id);
            corp.iter().flat_map(|corp| &corp.apps).map(|app| app.client_id.clone()).collect()
        };
        let mut pushed = Vec::new();
        for client_id in clients {
            pushed.push(self.push(&client_id, &event).await);
        }
        pushed
    }

    async fn post(&self, app: &MicroApp, push: &SealedPush) -> Pushed {
        let Some(http) = self.state().events.http.clone() else { return Pushed::NotSubscribed };
        let request = http.post(&app.callback_url).query(&push.query).header("Content-Type", "application/json");
        let answer = match request.body(push.body.clone()).send().await {
            Ok(answer) => answer,
            Err(error) => return Pushed::NotAcknowledged(error.without_url().to_string()),
        };
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        let is_acknowledged = Envelope::of(app).is_some_and(|envelope| envelope.is_acknowledged_by(&text));
        if status == 200 && is_acknowledged {
            Pushed::Acknowledged
        } else {
            Pushed::NotAcknowledged(status.to_string())
        }
    }
}

/// What the platform remembers of events.
#[derive(Debug, Default)]
pub struct EventState {
    pub undelivered: Undelivered,
    pub streams: Streams,
    answers: Answers,
    stream_changed: StreamChanged,
    /// Who has left, by organisation.
    left: Vec<(String, Employee)>,
    http: Option<reqwest::Client>,
}

fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    client.build().unwrap_or_default()
}
