//! `/`, `/userinfo`, and what the sign-in page reports.

use rocket::{
    Data, Responder, Route,
    data::ToByteUnit,
    get,
    http::{ContentType, Method, Status, uri::Origin},
    post, routes,
    serde::json::Json,
};
use serde::Serialize;

use super::{
    NotListed, Outcome,
    desk::{Desk, plain},
    page,
    report::Report,
    return_to,
    state::Browser,
};
use crate::{
    config::Secret,
    dingtalk::jsapi::PageConfig,
    sessions::{cookie, guard::MaybeSignedIn},
    web::{fields::Fields, page::Page, problem::Problem, see_other::SeeOther},
};

/// Codes and states are far shorter; a body holds both and a return address.
const MOST_BODY: u64 = 16 * 1024;

/// The routes of signing in.
pub fn routes() -> Vec<Route> {
    routes![open, userinfo_by_get, userinfo_by_post, report]
}

/// What opening the app answers.
#[derive(Responder)]
enum Opened {
    SignedIn(SeeOther),
    Page(Page),
}

/// What the page's script gets for a code.
#[derive(Serialize)]
struct Welcome {
    userid: String,
    name: String,
    corpid: String,
    redirect: String,
}

#[derive(Responder)]
struct Welcomed {
    body: Json<Welcome>,
    caching: rocket::http::Header<'static>,
}

/// The client opens the app. Who is signed in already, in the corp that is asked for, never sees the page.
#[get("/")]
async fn open(desk: Desk<'_>, who: MaybeSignedIn, uri: &Origin<'_>) -> Result<Opened, Problem> {
    let fields = Fields::urlencoded(uri.query().map_or("", |query| query.as_str()).as_bytes());
    let wanted = fields.lenient("return_to");
    let who = who.0.map_err(Problem::page)?;
    let home = || Ok(Opened::SignedIn(SeeOther(return_to::resolve(wanted, desk.config))));
    if who.is_some() && !fields.has("corpid") && !fields.has("agentid") {
        return home();
    }
    let app = desk.app(&fields).map_err(Problem::page)?;
    if who.is_some_and(|signed_in| signed_in.user.corp_id == app.config.corp_id) {
        return home();
    }

    let ticket = app.jsapi_ticket().await.map_err(|error| Problem::from(error).page())?;
    let browser = Browser::recognise(desk.browser);
    let state = desk.states.issue(&browser, &app.config.name);
    let url = format!("{}{uri}", desk.config.public_url.origin());
    let signed = PageConfig::new(&app.config, &ticket, &url, crate::random::hex::<8>(), desk.clock.now());
    let asked = page::Asked { state: &state, return_to: wanted, waits: desk.just_signed_out };
    let page = page::render(desk.visit, desk.config, &app.config, &signed, asked);
    if desk.just_signed_out {
        desk.jar.add(cookie::signed_out::clear(desk.config));
    }
    desk.jar.add(browser.cookie(desk.config));
    page.map(Opened::Page).map_err(|status| Problem::internal(status).page())
}

/// As in the tutorial that the product follows.
#[get("/userinfo")]
async fn userinfo_by_get(desk: Desk<'_>, method: Method, uri: &Origin<'_>) -> Result<Welcomed, Problem> {
    // Rocket lets HEAD run this: a robot that only looks must spend nothing.
    if method == Method::Head {
        return Err(Problem::not_found());
    }
    let query = uri.query().map_or("", |query| query.as_str());
    userinfo(desk, Ok(Fields::urlencoded(query.as_bytes()))).await
}

/// As the bundled script does it: the code is in no address.
#[post("/userinfo", data = "<body>")]
async fn userinfo_by_post(desk: Desk<'_>, kind: Option<&ContentType>, body: Data<'_>) -> Result<Welcomed, Problem> {
    let fields = posted(kind, body).await;
    userinfo(desk, fields).await
}

async fn userinfo(desk: Desk<'_>, fields: Result<Fields, Problem>) -> Result<Welcomed, Problem> {
    // Who has a state of ours is told apart first: nobody is made to wait for what another did.
    let browser = fields.as_ref().ok().and_then(|fields| desk.browser_of_page(fields));
    let wait = match browser {
        Some(browser) => desk.limits.browser_waits(browser, desk.client),
        None => desk.limits.stranger_waits(desk.client),
    };
    if let Some(seconds) = wait {
        return Err(Problem::rate_limited(seconds));
    }
    let answer = match fields {
        Ok(fields) => exchange(&desk, &fields).await,
        Err(problem) => Err(problem),
    };
    match (&answer, browser) {
        (Err(problem), Some(browser)) if problem.is_a_rejected_code() => desk.limits.code_failed(browser, desk.client),
        (Err(problem), None) if problem.is_a_failed_try() => desk.limits.stranger_failed(desk.client),
        _ => {}
    }
    answer
}

async fn exchange(desk: &Desk<'_>, fields: &Fields) -> Result<Welcomed, Problem> {
    let code = Secret::new(plain(fields, "code", 1024)?);
    // Before DingTalk is asked: a code that another site delivers must cost nothing and spend nothing.
    let app = desk.app_of_page(fields)?;

    let outcome = desk.sign_in().by_code(app, &code, &desk.origin(), desk.previous.as_ref()).await?;
    let note_person = |userid: &str| desk.visit.note(|notes| notes.userid = Some(userid.to_owned()));
    match outcome {
        Outcome::NotListed(NotListed::NoRow(identity)) => {
            note_person(identity.userid.as_str());
            Err(Problem::not_listed())
        }
        Outcome::NotListed(NotListed::ExternalContact) => Err(Problem::external_contact()),
        Outcome::NotListed(NotListed::Unfollowed) => Err(Problem::unfollowed()),
        Outcome::NotListed(NotListed::Stranger) => Err(Problem::stranger()),
        Outcome::Disabled(identity) => {
            note_person(identity.userid.as_str());
            Err(Problem::disabled())
        }
        Outcome::SignedIn { user, token } => {
            note_person(user.userid.as_str());
            desk.jar.add(cookie::set(desk.config, &token));
            let redirect = return_to::resolve(fields.lenient("return_to"), desk.config);
            let (userid, corpid) = (user.userid.to_string(), user.corp_id.to_string());
            let body = Json(Welcome { userid, name: user.name, corpid, redirect });
            Ok(Welcomed { body, caching: rocket::http::Header::new("Cache-Control", "no-store") })
        }
    }
}

/// What went wrong in the client, for the log. A page of ours says it, or nobody: the state proves the page.
#[post("/signin/report", data = "<body>")]
async fn report(desk: Desk<'_>, kind: Option<&ContentType>, body: Data<'_>) -> Result<Status, Problem> {
    let fields = posted(kind, body).await?;
    let app = desk.app(&fields)?;
    let state = fields.required("state")?;
    desk.states.check(state, desk.browser, &app.config.name).map_err(Problem::state_mismatch)?;
    if let Some(seconds) = desk.browser.and_then(|browser| desk.limits.reported(browser)) {
        return Err(Problem::rate_limited(seconds));
    }
    Report::read(&fields).note(desk.visit, desk.config.default_locale);
    Ok(Status::NoContent)
}

/// The fields of a form or a JSON object.
async fn posted(kind: Option<&ContentType>, body: Data<'_>) -> Result<Fields, Problem> {
    let bytes = body.open(MOST_BODY.bytes()).into_bytes().await;
    let bytes = bytes.ok().filter(|bytes| bytes.is_complete()).ok_or_else(|| Problem::malformed("body"))?;
    match kind {
        Some(kind) if kind.is_json() => Ok(Fields::json(&bytes)?),
        Some(kind) if kind.is_form() => Ok(Fields::urlencoded(&bytes)),
        _ => Err(Problem::malformed("Content-Type")),
    }
}
