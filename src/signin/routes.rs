//! `/`, `/userinfo`, and what the sign-in page reports.

use rocket::{
    Data, Responder, Route, get,
    http::{ContentType, Status, uri::Origin},
    post, routes,
    serde::json::Json,
};
use serde::Serialize;

use super::{
    Way, context::SignInContext, handover, page, redirect_loop, refusal::SignInRefusal, report::Report, return_to,
    state::Browser, web_login,
};
use crate::{
    dingtalk::jsapi::PageConfig,
    secret::Secret,
    sessions::{Principal, cookie, guard::MaybeSignedIn},
    web::{
        method::NotHead,
        page::{Frame, Page},
        params::{ParamError, Params},
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

/// The routes of signing in.
pub fn routes() -> Vec<Route> {
    let mut routes = routes![open, userinfo_by_get, userinfo_by_post, report];
    routes.extend(web_login::routes::routes());
    routes.extend(handover::routes::routes());
    routes
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
async fn open(
    frame: Frame<'_>,
    context: SignInContext<'_>,
    who: MaybeSignedIn,
    uri: &Origin<'_>,
) -> Result<Opened, PageProblem> {
    let params = Params::of_query(uri);
    let wanted = params.lenient("return_to");
    let who = who.0?;
    if let Some(who) = &who
        && !params.has("corpid")
        && !params.has("agentid")
    {
        return Ok(send_on(&context, who, wanted)?);
    }
    let app = context.app(&params)?;
    if let Some(who) = &who
        && who.user.corp_id == app.config.corp_id
    {
        return Ok(send_on(&context, who, wanted)?);
    }

    let ticket = app.jsapi_ticket().await?;
    let browser = Browser::recognise(context.browser);
    let state = context.states.issue(&browser, &app.config.name);
    let url = format!("{}{uri}", context.config.public_url.origin());
    let signed = PageConfig::new(&app.config, &ticket, &url, crate::random::hex::<8>(), context.clock.now());
    let asked = page::Asked { state: &state, return_to: wanted, waits: context.just_signed_out };
    let page = page::render(frame, context.config, &app.config, &signed, asked)?;
    if context.just_signed_out {
        context.jar.add(cookie::signed_out::clear(context.config));
    }
    context.redirect_loops.opened(browser.name());
    context.jar.add(browser.cookie(context.config));
    Ok(Opened::Page(page))
}

/// Who is signed in goes where they want to, unless that has sent them back again and again. Our own `/home` sends
/// nobody back who is signed in.
fn send_on(context: &SignInContext<'_>, who: &Principal, wanted: Option<&str>) -> Result<Opened, SignInRefusal> {
    let address = return_to::resolve(wanted, context.config);
    if address != context.config.path("/home") && context.redirect_loops.sent_on(who.session.id, &address) {
        let covered = redirect_loop::is_covered(&address, context.config);
        let address = address.split(['?', '#']).next().unwrap_or_default().to_owned();
        return Err(SignInRefusal::SentBack { address, covered });
    }
    Ok(Opened::SignedIn(SeeOther(address)))
}

/// As in the tutorial that the product follows.
#[get("/userinfo")]
async fn userinfo_by_get(
    _not_head: NotHead,
    context: SignInContext<'_>,
    uri: &Origin<'_>,
) -> Result<Welcomed, Problem> {
    Ok(userinfo(context, Ok(Params::of_query(uri))).await?)
}

/// As the bundled script does it: the code is in no address.
#[post("/userinfo", data = "<body>")]
async fn userinfo_by_post(
    context: SignInContext<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<Welcomed, Problem> {
    let params = Params::posted(kind, body).await;
    Ok(userinfo(context, params).await?)
}

async fn userinfo(context: SignInContext<'_>, params: Result<Params, ParamError>) -> Result<Welcomed, SignInRefusal> {
    // Who has a state of ours is told apart first, and does not wait for strangers at the same address.
    let sender = params.as_ref().ok().and_then(|params| context.sender_of_page(params));
    context.may_try(sender.as_ref())?;
    let answer = match params {
        Ok(params) => exchange(&context, &params).await,
        Err(error) => Err(error.into()),
    };
    context.counted(sender.as_ref(), answer)
}

async fn exchange(context: &SignInContext<'_>, params: &Params) -> Result<Welcomed, SignInRefusal> {
    let code = Secret::new(params.plain("code", 1024)?);
    // Before DingTalk is asked: a code that another site delivers must cost nothing and spend nothing.
    let app = context.app_of_page(params)?;

    let user = context.admit(app, &code, Way::Client).await?;
    let redirect = return_to::resolve(params.lenient("return_to"), context.config);
    let (userid, corpid) = (user.userid.to_string(), user.corp_id.to_string());
    let body = Json(Welcome { userid, name: user.name, corpid, redirect });
    Ok(Welcomed { body, caching: rocket::http::Header::new("Cache-Control", "no-store") })
}

/// What went wrong in the client, for the log. A page of ours says it, or nobody: the state proves the page.
#[post("/signin/report", data = "<body>")]
async fn report(context: SignInContext<'_>, kind: Option<&ContentType>, body: Data<'_>) -> Result<Status, Problem> {
    let params = Params::posted(kind, body).await?;
    let app = context.app(&params)?;
    let state = params.required("state")?;
    context.states.check(state, context.browser, &app.config.name).map_err(SignInRefusal::StateMismatch)?;
    if let Some(seconds) = context.browser.and_then(|browser| context.limits.reported(browser)) {
        return Err(SignInRefusal::RateLimited { seconds }.into());
    }
    Report::read(&params).note(context.request, context.config.default_locale);
    Ok(Status::NoContent)
}
