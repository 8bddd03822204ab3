//! The simulator's own page: what it is, what to paste where, who holds the phone.

use askama::Template;
use rocket::{
    FromForm, Responder, Route, State as Managed,
    form::Form,
    get,
    http::{ContentType, Header, Status},
    post,
    request::{FromRequest, Outcome, Request},
    response::Redirect,
    routes, uri,
};

use super::{
    Simulator,
    company::{Corp, Employee},
    local::{OwnPage, ThisMachine},
    phone::{self, Person},
    response::PlatformResponse,
};

pub fn routes() -> Vec<Route> {
    routes![page, hold, style, frame_script]
}

#[derive(Template)]
#[template(path = "simulator/home.html")]
struct SimulatorPage<'a> {
    zh: bool,
    origin: String,
    holder: Option<&'a str>,
    note: Option<&'a str>,
    corps: Vec<(&'a Corp, Vec<Person>)>,
    /// Who has left, beside the organisation's id.
    left: Vec<(String, Employee)>,
}

impl SimulatorPage<'_> {
    fn holds(&self, person: &Person) -> bool {
        self.holder == Some(person.id.as_str())
    }

    /// The names of somebody's departments.
    fn place(&self, corp: &Corp, employee: &Employee) -> String {
        let name = |id: &i64| corp.departments.iter().find(|department| department.dept_id == *id);
        let names: Vec<_> = employee.dept_ids.iter().filter_map(name).map(|found| found.name.as_str()).collect();
        if names.is_empty() { corp.name.clone() } else { names.join(if self.zh { "、" } else { ", " }) }
    }

    fn left(&self, corp: &Corp) -> impl Iterator<Item = &Employee> {
        self.left.iter().filter(|(corp_id, _)| *corp_id == corp.corp_id).map(|(_, leaver)| leaver)
    }
}

struct PageRequest {
    host: String,
    zh: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PageRequest {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = |name| request.headers().get_one(name).unwrap_or_default();
        Outcome::Success(Self { host: header("host").to_owned(), zh: in_chinese(header("accept-language")) })
    }
}

#[get("/")]
fn page(_local: ThisMachine, visitor: PageRequest, simulator: &Managed<Simulator>) -> PlatformResponse {
    let left = simulator.left();
    let state = simulator.state();
    let page = SimulatorPage {
        zh: visitor.zh,
        origin: format!("http://{}", visitor.host),
        holder: state.holder.as_deref(),
        note: state.note.as_ref().map(|[chinese, english]| if visitor.zh { chinese.as_str() } else { english }),
        corps: state.company.corps.iter().map(|corp| (corp, phone::people(&state.company, corp))).collect(),
        left,
    };
    page.render()
        .map_or(PlatformResponse::Empty(Status::InternalServerError), |page| PlatformResponse::Html(Status::Ok, page))
}

#[derive(FromForm)]
struct HoldForm<'r> {
    /// Empty: nobody, so that the chooser is shown again.
    person: &'r str,
}

#[post("/_simulator/page/hold", data = "<form>")]
fn hold(_own: OwnPage, form: Form<HoldForm<'_>>, simulator: &Managed<Simulator>) -> Redirect {
    simulator.hold(Some(form.person).filter(|person| !person.is_empty()));
    Redirect::to(uri!(page))
}

#[derive(Responder)]
struct Style(&'static str, ContentType, Header<'static>);

#[get("/_simulator/page/style.css")]
fn style(_local: ThisMachine) -> Style {
    let sheet = include_str!("assets/page.css");
    Style(sheet, ContentType::CSS, Header::new("Cache-Control", "max-age=60"))
}

#[derive(Responder)]
struct FrameScript(&'static str, ContentType);

#[get("/_simulator/page/frame.js")]
fn frame_script(_local: ThisMachine) -> FrameScript {
    FrameScript(include_str!("assets/frame.js"), ContentType::JavaScript)
}

/// Chinese unless the browser asks for something else first: most who develop for DingTalk read it.
pub fn in_chinese(accept_language: &str) -> bool {
    accept_language.trim().is_empty() || accept_language.trim_start().to_ascii_lowercase().starts_with("zh")
}

#[cfg(test)]
pub fn sample(zh: bool, text: &str) -> String {
    let mut company = super::Company::sample();
    let corp = &mut company.corps[0];
    corp.name = text.to_owned();
    corp.corp_secret = Some(text.to_owned());
    corp.apps[0].name = text.to_owned();
    corp.employees[0].name = text.to_owned();
    corp.employees[0].userid = text.to_owned();
    let left = vec![(company.corps[0].corp_id.clone(), company.corps[0].employees[0].clone())];
    let corps = company.corps.iter().map(|corp| (corp, phone::people(&company, corp))).collect();
    let holder = Some(text);
    SimulatorPage { zh, origin: text.to_owned(), holder, note: Some(text), corps, left }.render().expect("a page")
}
