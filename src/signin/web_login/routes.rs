//! `/login/dingtalk`: to DingTalk's page, and back from it.

use rocket::{Route, get, http::uri::Origin, routes};

use super::{callback, start};
use crate::{
    dingtalk::web_login,
    secret::Secret,
    signin::{
        Way,
        attempt::Attempt,
        context::{SignInContext, plain},
        return_to,
        state::Browser,
    },
    web::{method::NotHead, params::Params, problem::Problem, see_other::SeeOther},
};

/// The routes of signing in outside the client.
pub fn routes() -> Vec<Route> {
    routes![begin, come_back]
}

/// Sends a browser to DingTalk's page.
#[get("/login/dingtalk")]
async fn begin(context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, Problem> {
    let params = Params::of_query(uri);
    let app = &context.app(&params).map_err(Problem::page)?.config;
    let client_id = app.client_id().ok_or_else(|| Problem::no_web_login().page())?;
    // What leads nowhere permitted does not travel either.
    let wanted = params.lenient("return_to").and_then(|text| return_to::permitted(text, context.config));
    let attempt = Attempt { app: app.name.clone(), return_to: wanted.map(String::from).unwrap_or_default() };

    let browser = Browser::recognise(context.browser);
    let state = context.states.issue_attempt(&browser, &attempt);
    context.redirect_loops.opened(browser.name());
    context.jar.add(browser.cookie(context.config));
    Ok(SeeOther(web_login::address(&context.config.dingtalk.login_url, client_id, &callback(context.config), &state)))
}

/// DingTalk's page sends the browser back, with a code or with the reason why not.
#[get("/login/dingtalk/callback")]
async fn come_back(_not_head: NotHead, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, Problem> {
    let params = Params::of_query(uri);
    let sender = context.sender_of_attempt(&params);
    context.may_try(sender.as_ref()).map_err(Problem::page)?;
    let answer = arrive(&context, &params).await;
    context.counted(sender.as_ref(), answer)
}

async fn arrive(context: &SignInContext<'_>, params: &Params) -> Result<SeeOther, Problem> {
    // Before DingTalk is asked: a code that another site delivers must cost nothing and spend nothing.
    let attempt = context.attempt(params).map_err(|problem| problem.page().retry_at(context.config.path("/")));
    let (app, attempt) = attempt?;
    let again = start(context.config, &app.config, Some(&attempt.return_to)).unwrap_or_default();
    let refused = |problem: Problem| problem.page().retry_at(again);

    let code = match code(params) {
        Ok(code) => code,
        Err(problem) => return Err(refused(problem)),
    };
    context.admit(app, &code, Way::Browser).await.map_err(refused)?;
    Ok(SeeOther(return_to::resolve(Some(&attempt.return_to), context.config)))
}

/// The code. Pages of DingTalk differ in which of two names they give it; where both are there, they are equal.
fn code(params: &Params) -> Result<Secret, Problem> {
    if params.has("error") {
        return Err(Problem::login_refused(params.lenient("error").unwrap_or_default()));
    }
    let name = if params.has("authcode") { "authcode" } else { "code" };
    Ok(Secret::new(plain(params, name, 1024)?))
}
