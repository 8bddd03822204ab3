//! The controls that let people leave, move and come, and events go astray; and the buttons of the home page.

use rocket::{
    FromForm, Route, State as Managed, form::Form, http::Status, post, response::Redirect, routes, serde::json::Json,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{Simulator, local::OwnPage},
    Answers, DirectoryEvent,
};

pub fn routes() -> Vec<Route> {
    routes![leave, move_, return_, push, answers, streams, leave_move_or_return]
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

#[post("/_simulator/move", format = "json", data = "<body>")]
async fn move_(_own: OwnPage, body: Json<Person>, simulator: &Managed<Simulator>) -> Value {
    json!({ "pushed": simulator.moves(&body.corp_id, &body.userid).await })
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

/// What becomes of the next acknowledgements.
#[post("/_simulator/acknowledgements", format = "json", data = "<body>")]
fn answers(_own: OwnPage, body: Json<Answers>, simulator: &Managed<Simulator>) -> Status {
    simulator.mislay_acknowledgements(body.into_inner());
    Status::NoContent
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StreamOrder {
    /// Ends the connection without a word.
    Cut,
    /// Asks for another one.
    Disconnect,
}

#[derive(Deserialize)]
struct StreamRequest {
    client_id: String,
    order: StreamOrder,
}

#[post("/_simulator/streams", format = "json", data = "<body>")]
fn streams(_own: OwnPage, body: Json<StreamRequest>, simulator: &Managed<Simulator>) -> Status {
    match body.order {
        StreamOrder::Cut => simulator.cut_stream(&body.client_id),
        StreamOrder::Disconnect => simulator.ask_to_reconnect(&body.client_id),
    }
    Status::NoContent
}

#[derive(FromForm)]
struct MoveForm<'r> {
    corp_id: &'r str,
    /// `leave:`, `move:` or `return:`, and the userid.
    person: &'r str,
}

#[post("/_simulator/page/directory", data = "<form>")]
async fn leave_move_or_return(_own: OwnPage, form: Form<MoveForm<'_>>, simulator: &Managed<Simulator>) -> Redirect {
    match form.person.split_once(':') {
        Some(("leave", userid)) => drop(simulator.leaves(form.corp_id, userid).await),
        Some(("move", userid)) => drop(simulator.moves(form.corp_id, userid).await),
        Some(("return", userid)) => drop(simulator.returns(form.corp_id, userid).await),
        _ => {}
    }
    Redirect::to("/")
}
