//! `/_simulator/…`: the controls, as JSON, for developers in any language and for browser tests.
//!
//! `miandeng simulator --help` lists them. They answer programs on this machine and the simulator's own page,
//! never a page of another origin.

use rocket::{Route, State as Managed, delete, get, http::Status, post, routes, serde::json::Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Simulator,
    company::{Company, Employee},
    fault::Fault,
    limit::RateLimit,
    local::OwnPage,
    phone::ClientRefusal,
};

pub fn routes() -> Vec<Route> {
    routes![
        state,
        company,
        hold,
        void_tokens,
        void_tickets,
        faults,
        add_fault,
        clear_faults,
        limit,
        unlimited,
        calls,
        reset_calls,
        config_checks,
        clock,
        add_employee,
        remove_employee,
        auth_code,
        channel_code,
    ]
}

#[get("/_simulator/state")]
fn state(_own: OwnPage, simulator: &Managed<Simulator>) -> Value {
    let state = simulator.state();
    json!({
        "now": state.clock.now(),
        "holder": state.holder,
        "calls": state.calls(),
        "faults": state.faults.waiting(),
        "config_checks": state.config_checks,
    })
}

#[get("/_simulator/company")]
fn company(_own: OwnPage, simulator: &Managed<Simulator>) -> Json<Company> {
    Json(simulator.state().company.clone())
}

#[derive(Deserialize)]
struct HoldRequest {
    userid: Option<String>,
}

#[post("/_simulator/hold", format = "json", data = "<body>")]
fn hold(_own: OwnPage, body: Json<HoldRequest>, simulator: &Managed<Simulator>) -> Status {
    simulator.hold(body.userid.as_deref());
    Status::NoContent
}

#[derive(Deserialize)]
struct OfCorp {
    corp_id: String,
}

#[post("/_simulator/void-tokens", format = "json", data = "<body>")]
fn void_tokens(_own: OwnPage, body: Json<OfCorp>, simulator: &Managed<Simulator>) -> Status {
    simulator.void_tokens(&body.corp_id);
    Status::NoContent
}

#[post("/_simulator/void-tickets", format = "json", data = "<body>")]
fn void_tickets(_own: OwnPage, body: Json<OfCorp>, simulator: &Managed<Simulator>) -> Status {
    simulator.void_tickets(&body.corp_id);
    Status::NoContent
}

#[get("/_simulator/faults")]
fn faults(_own: OwnPage, simulator: &Managed<Simulator>) -> Json<Vec<Fault>> {
    Json(simulator.state().faults.waiting().to_vec())
}

#[post("/_simulator/faults", format = "json", data = "<fault>")]
fn add_fault(_own: OwnPage, fault: Json<Fault>, simulator: &Managed<Simulator>) -> Status {
    simulator.fault(fault.into_inner());
    Status::NoContent
}

#[delete("/_simulator/faults")]
fn clear_faults(_own: OwnPage, simulator: &Managed<Simulator>) -> Status {
    simulator.clear_faults();
    Status::NoContent
}

#[post("/_simulator/limit", format = "json", data = "<limit>")]
fn limit(_own: OwnPage, limit: Json<RateLimit>, simulator: &Managed<Simulator>) -> Status {
    simulator.limit(Some(limit.into_inner()));
    Status::NoContent
}

#[delete("/_simulator/limit")]
fn unlimited(_own: OwnPage, simulator: &Managed<Simulator>) -> Status {
    simulator.limit(None);
    Status::NoContent
}

#[get("/_simulator/calls")]
fn calls(_own: OwnPage, simulator: &Managed<Simulator>) -> Value {
    json!(simulator.state().calls())
}

#[delete("/_simulator/calls")]
fn reset_calls(_own: OwnPage, simulator: &Managed<Simulator>) -> Status {
    simulator.reset_calls();
    Status::NoContent
}

#[get("/_simulator/config-checks")]
fn config_checks(_own: OwnPage, simulator: &Managed<Simulator>) -> Value {
    json!(simulator.config_checks())
}

#[derive(Deserialize)]
struct Advance {
    advance_s: i64,
}

/// Moves the clock on, or with a negative number back; in `demo` that of the whole program.
#[post("/_simulator/clock", format = "json", data = "<body>")]
fn clock(_own: OwnPage, body: Json<Advance>, simulator: &Managed<Simulator>) -> Value {
    let clock = simulator.state().clock.clone();
    clock.advance(body.advance_s);
    json!({ "now": clock.now() })
}

#[derive(Deserialize)]
struct NewEmployee {
    corp_id: String,
    employee: Employee,
}

#[post("/_simulator/employees", format = "json", data = "<body>")]
fn add_employee(_own: OwnPage, body: Json<NewEmployee>, simulator: &Managed<Simulator>) -> Status {
    let NewEmployee { corp_id, employee } = body.into_inner();
    if simulator.state().company.corp(&corp_id).is_none() {
        return Status::NotFound;
    }
    simulator.add_employee(&corp_id, employee);
    Status::NoContent
}

#[delete("/_simulator/employees/<corp_id>/<userid>")]
fn remove_employee(_own: OwnPage, corp_id: &str, userid: &str, simulator: &Managed<Simulator>) -> Status {
    simulator.remove_employee(corp_id, userid);
    Status::NoContent
}

#[derive(Deserialize)]
struct AuthCode {
    corp_id: String,
    client_id: Option<String>,
    userid: String,
}

#[post("/_simulator/auth-code", format = "json", data = "<body>")]
fn auth_code(_own: OwnPage, body: Json<AuthCode>, simulator: &Managed<Simulator>) -> (Status, Value) {
    coded(simulator.auth_code(&body.corp_id, body.client_id.as_deref(), &body.userid))
}

#[derive(Deserialize)]
struct ChannelCode {
    corp_id: String,
    openid: String,
}

#[post("/_simulator/channel-code", format = "json", data = "<body>")]
fn channel_code(_own: OwnPage, body: Json<ChannelCode>, simulator: &Managed<Simulator>) -> (Status, Value) {
    coded(simulator.channel_code(&body.corp_id, &body.openid))
}

fn coded(result: Result<String, ClientRefusal>) -> (Status, Value) {
    match result {
        Ok(code) => (Status::Ok, json!({ "code": code })),
        Err(refusal) => (Status::Conflict, json!(refusal)),
    }
}
