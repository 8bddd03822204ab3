//! The controls that let people leave and come, and the buttons of the home page.

use rocket::{FromForm, Route, State as Managed, form::Form, post, response::Redirect, routes, serde::json::Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{Simulator, local::OwnPage},
    DirectoryEvent,
};

pub fn routes() -> Vec<Route> {
    routes![leave, return_, push, leave_or_return]
}

#[derive(Deserialize)]
struct Person {
    corp_id: String,
    userid: String,
}

#[post("/_simulator/leave", format = "json", data = "<body>")]
async fn leave(_own: OwnPage, body: Json<Person>, simulator: &Managed<Simulator>) -> Value {
    json!({ "pushed": simulator.leaves(&body.corp_id, &body.userid).await })
}

#[post("/_simulator/return", format = "json", data = "<body>")]
async fn return_(_own: OwnPage, body: Json<Person>, simulator: &Managed<Simulator>) -> Value {
    json!({ "pushed": simulator.returns(&body.corp_id, &body.userid).await })
}

#[derive(Deserialize)]
struct PushRequest {
    client_id: String,
    event: DirectoryEvent,
    /// How often: repetitions have the same id.
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

#[post("/_simulator/events", format = "json", data = "<body>")]
async fn push(_own: OwnPage, body: Json<PushRequest>, simulator: &Managed<Simulator>) -> Value {
    let mut pushed = Vec::new();
    for _ in 0..body.times {
        pushed.push(simulator.push(&body.client_id, &body.event).await);
    }
    json!({ "pushed": pushed })
}

#[derive(FromForm)]
struct MoveForm<'r> {
    corp_id: &'r str,
    /// `leave:` or `return:`, and the userid.
    person: &'r str,
}

#[post("/_simulator/page/directory", data = "<form>")]
async fn leave_or_return(_own: OwnPage, form: Form<MoveForm<'_>>, simulator: &Managed<Simulator>) -> Redirect {
    match form.person.split_once(':') {
        Some(("leave", userid)) => drop(simulator.leaves(form.corp_id, userid).await),
        Some(("return", userid)) => drop(simulator.returns(form.corp_id, userid).await),
        _ => {}
    }
    Redirect::to("/")
}
