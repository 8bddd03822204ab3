//! `/`, `/userinfo`, and what the sign-in page reports.

use rocket::{
    Data, Responder, Route, get,
    http::{Accept, ContentType, Header, MediaType, Status, uri::Origin},
    post, routes,
    serde::json::Json,
};
use serde::Serialize;

use super::{
    Services,
    context::SignInContext,
    cookie, exchange, handover,
    input::{AppChoice, PageInput},
    page,
    redirect_loop::is_covered,
    refusal::SignInRefusal,
    report::{Explained, Report},
    return_to,
    state::Browser,
    troubles, web_login,
};
use crate::{
    dingtalk::jsapi::PageConfig,
    sessions::{self, Principal, guard::MaybeSignedIn},
    users::User,
    web::{
        method::NotHead,
        page::{Frame, Page},
        params::{ParamError, Params},
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

pub fn routes() -> Vec<Route> {
    let mut routes = routes![open, userinfo_by_get, userinfo_by_post, report];
    routes.extend(web_login::routes::routes());
    routes.extend(handover::routes::routes());
    routes
}

#[derive(Responder)]
enum Opened {
    SignedIn(SeeOther),
    Page(Page),
}

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
    caching: Header<'static>,
}

#[derive(Responder)]
enum Reported {
    Noted(Status),
    Explained { body: Json<Explained>, caching: Header<'static> },
}

/// The client opens the app. Somebody who is signed in already, in the wanted corp, never sees the page.
#[get("/")]
async fn open(
    frame: Frame<'_>,
    context: SignInContext<'_>,
    who: MaybeSignedIn,
    uri: &Origin<'_>,
) -> Result<Opened, PageProblem> {
    let SignInContext { services, requester, jar, just_signed_out } = context;
    let params = Params::of_query(uri);
    let (choice, wanted) = (AppChoice::read(&params), params.lenient("return_to"));
    // An app wants a new code from DingTalk, whoever is signed in.
    let who = who.0?.filter(|_| !params.has("again"));
    if let Some(who) = &who
        && choice.as_ref().is_ok_and(|choice| choice.is_open())
    {
        return Ok(troubles::noted(services, &requester, send_on(services, who, wanted)).await?);
    }
    let app = choice.and_then(|choice| choice.only(services.dingtalk));
    let app = troubles::noted(services, &requester, app).await?;
    requester.note_app(app);
    if let Some(who) = &who
        && who.user.corp_id == app.config.corp_id
    {
        return Ok(troubles::noted(services, &requester, send_on(services, who, wanted)).await?);
    }

    let ticket = app.jsapi_ticket().await.map_err(SignInRefusal::from);
    let ticket = troubles::noted(services, &requester, ticket).await?;
    let browser = Browser::recognise(requester.browser);
    let state = services.states.issue(&browser, &app.config.name);
    let url = format!("{}{uri}", services.config.public_url.origin());
    let signed = PageConfig::new(&app.config, &ticket, &url, crate::random::hex::<8>(), services.clock.now());
    let is_framed = frame.is_at_a_desk && !requester.user_agent.contains("DingTalk");
    let qr = is_framed.then(|| web_login::qr_frame(services, &browser, app, wanted)).flatten();
    let options = page::PageOptions { state: &state, return_to: wanted, qr, waits: just_signed_out };
    let page = page::render(frame, services.config, &app.config, &signed, options)?;
    if just_signed_out {
        jar.add(sessions::cookie::signed_out::clear(services.config));
    }
    services.redirect_loops.opened(browser.name());
    jar.add(cookie::set(services.config, &browser));
    Ok(Opened::Page(page))
}

/// Sends a signed-in person on, unless that address has sent them back again and again. Our own `/home` never does.
fn send_on(services: Services<'_>, who: &Principal, wanted: Option<&str>) -> Result<Opened, SignInRefusal> {
    let config = services.config;
    let address = return_to::resolve(wanted, config);
    if address != config.path("/home") && services.redirect_loops.sent_on(who.session.id, &address) {
        let covered = is_covered(&address, config);
        return Err(SignInRefusal::SentBack { address, covered });
    }
    Ok(Opened::SignedIn(SeeOther(address)))
}

/// As in DingTalk's tutorial.
#[get("/userinfo")]
async fn userinfo_by_get(
    _not_head: NotHead,
    context: SignInContext<'_>,
    uri: &Origin<'_>,
) -> Result<Welcomed, Problem> {
    userinfo(context, Ok(Params::of_query(uri))).await
}

/// As our script does it: the code is in no address.
#[post("/userinfo", data = "<body>")]
async fn userinfo_by_post(
    context: SignInContext<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<Welcomed, Problem> {
    userinfo(context, Params::posted(kind, body).await).await
}

async fn userinfo(context: SignInContext<'_>, params: Result<Params, ParamError>) -> Result<Welcomed, Problem> {
    let SignInContext { services, requester, jar, .. } = context;
    let input = PageInput::read(&params);
    let redirect = return_to::resolve(input.return_to, services.config);
    let admitted = exchange::from_page(services, &requester, input).await?;
    jar.add(sessions::cookie::set(services.config, &admitted.token));
    Ok(Welcomed::of(admitted.user, redirect))
}

/// Logs what went wrong in the client. The state proves that a page of ours reports it. Whoever asks for JSON is told
/// what administrators need to know of it; a page that is about to leave does not ask.
#[post("/signin/report", data = "<body>")]
async fn report(
    frame: Frame<'_>,
    context: SignInContext<'_>,
    accept: Option<&Accept>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<Reported, Problem> {
    let SignInContext { services, requester, .. } = context;
    let params = Params::posted(kind, body).await?;
    let app = AppChoice::read(&params)?.only(services.dingtalk)?;
    requester.note_app(app);
    let state = services.states.verify(params.required("state")?, requester.browser, &app.config.name);
    let state = state.map_err(SignInRefusal::StateMismatch)?;
    if let Some(seconds) = services.limits.reported(state.browser()) {
        return Err(SignInRefusal::RateLimited { seconds }.into());
    }
    let report = Report::read(&params);
    let ticket = if report.is_about_a_signature() { app.jsapi_ticket().await.ok() } else { None };
    let ticket = ticket.as_ref().map(|ticket| ticket.expose());
    let asks = accept.is_some_and(|accept| accept.media_types().any(MediaType::is_json));
    let explained = if asks { report.explained(frame.t, &app.config) } else { None };
    report.note(services, &requester, &app.config, ticket).await;
    Ok(match explained {
        Some(explained) => Reported::Explained { body: Json(explained), caching: no_store() },
        None => Reported::Noted(Status::NoContent),
    })
}

impl Welcomed {
    fn of(user: User, redirect: String) -> Self {
        let (userid, corpid) = (user.userid.to_string(), user.corp_id.to_string());
        let body = Json(Welcome { userid, name: user.name, corpid, redirect });
        Self { body, caching: no_store() }
    }
}

fn no_store() -> Header<'static> {
    Header::new("Cache-Control", "no-store")
}
