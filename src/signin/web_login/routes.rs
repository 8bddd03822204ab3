//! `/login/dingtalk`: to DingTalk's page, and back from it.

use rocket::{Route, get, http::uri::Origin, routes};

use super::{callback, start};
use crate::{
    config::Secret,
    dingtalk::web_login,
    signin::{
        Way,
        attempt::Attempt,
        desk::{Desk, plain},
        return_to,
        state::Browser,
    },
    web::{fields::Fields, method::NotHead, problem::Problem, see_other::SeeOther},
};

/// The routes of signing in outside the client.
pub fn routes() -> Vec<Route> {
    routes![begin, come_back]
}

/// Sends a browser to DingTalk's page.
#[get("/login/dingtalk")]
async fn begin(desk: Desk<'_>, uri: &Origin<'_>) -> Result<SeeOther, Problem> {
    let fields = Fields::of_query(uri);
    let app = &desk.app(&fields).map_err(Problem::page)?.config;
    let client_id = app.client_id().ok_or_else(|| Problem::no_web_login().page())?;
    // What leads nowhere permitted does not travel either.
    let wanted = fields.lenient("return_to").and_then(|text| return_to::permitted(text, desk.config));
    let attempt = Attempt { app: app.name.clone(), return_to: wanted.map(String::from).unwrap_or_default() };

    let browser = Browser::recognise(desk.browser);
    let state = desk.states.issue_attempt(&browser, &attempt);
    desk.rounds.opened(browser.name());
    desk.jar.add(browser.cookie(desk.config));
    Ok(SeeOther(web_login::address(&desk.config.dingtalk.login_url, client_id, &callback(desk.config), &state)))
}

/// DingTalk's page sends the browser back, with a code or with the reason why not.
#[get("/login/dingtalk/callback")]
async fn come_back(_not_head: NotHead, desk: Desk<'_>, uri: &Origin<'_>) -> Result<SeeOther, Problem> {
    let fields = Fields::of_query(uri);
    let sender = desk.sender_of_attempt(&fields);
    desk.may_try(sender.as_ref()).map_err(Problem::page)?;
    let answer = arrive(&desk, &fields).await;
    desk.counted(sender.as_ref(), answer)
}

async fn arrive(desk: &Desk<'_>, fields: &Fields) -> Result<SeeOther, Problem> {
    // Before DingTalk is asked: a code that another site delivers must cost nothing and spend nothing.
    let attempt = desk.attempt(fields).map_err(|problem| problem.page().retry_at(desk.config.path("/")));
    let (app, attempt) = attempt?;
    let again = start(desk.config, &app.config, Some(&attempt.return_to)).unwrap_or_default();
    let refused = |problem: Problem| problem.page().retry_at(again);

    let code = match code(fields) {
        Ok(code) => code,
        Err(problem) => return Err(refused(problem)),
    };
    desk.admit(app, &code, Way::Browser).await.map_err(refused)?;
    Ok(SeeOther(return_to::resolve(Some(&attempt.return_to), desk.config)))
}

/// The code. Pages of DingTalk differ in which of two names they give it; where both are there, they are equal.
fn code(fields: &Fields) -> Result<Secret, Problem> {
    if fields.has("error") {
        return Err(Problem::login_refused(fields.lenient("error").unwrap_or_default()));
    }
    let name = if fields.has("authcode") { "authcode" } else { "code" };
    Ok(Secret::new(plain(fields, name, 1024)?))
}
