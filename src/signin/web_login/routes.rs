//! `/login/dingtalk`: to DingTalk's page, and back from it.

use rocket::{Route, get, http::uri::Origin, routes};

use super::{callback, start};
use crate::{
    dingtalk::{DingtalkApp, web_login},
    secret::Secret,
    signin::{Way, attempt::Attempt, context::SignInContext, refusal::SignInRefusal, return_to, state::Browser},
    users::User,
    web::{
        method::NotHead,
        params::Params,
        problem::{PageProblem, Problem},
        see_other::SeeOther,
    },
};

/// The routes of signing in outside the client.
pub fn routes() -> Vec<Route> {
    routes![begin, come_back]
}

/// Sends a browser to DingTalk's page.
#[get("/login/dingtalk")]
async fn begin(context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, PageProblem> {
    let params = Params::of_query(uri);
    let app = &context.app(&params)?.config;
    let client_id = app.client_id().ok_or(SignInRefusal::NoWebLogin)?;
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
async fn come_back(_not_head: NotHead, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, PageProblem> {
    let params = Params::of_query(uri);
    let sender = context.sender_of_attempt(&params);
    context.may_try(sender.as_ref())?;
    // Before DingTalk is asked: a code that another site delivers must cost nothing and spend nothing.
    let attempt = context.counted(sender.as_ref(), context.attempt(&params));
    let (app, attempt) = attempt.map_err(|refusal| Problem::from(refusal).retry_at("/"))?;
    let again = start(&app.config, Some(&attempt.return_to)).unwrap_or_default();
    let admitted = arrive(&context, app, &params).await;
    let admitted = context.counted(sender.as_ref(), admitted);
    admitted.map_err(|refusal| Problem::from(refusal).retry_at(again))?;
    Ok(SeeOther(return_to::resolve(Some(&attempt.return_to), context.config)))
}

async fn arrive(context: &SignInContext<'_>, app: &DingtalkApp, params: &Params) -> Result<User, SignInRefusal> {
    context.admit(app, &code(params)?, Way::Browser).await
}

/// The code. Pages of DingTalk differ in which of two names they give it; where both are there, they are equal.
fn code(params: &Params) -> Result<Secret, SignInRefusal> {
    if params.has("error") {
        let error = params.lenient("error").unwrap_or_default().chars().take(100).collect();
        return Err(SignInRefusal::LoginRefused { error });
    }
    let name = if params.has("authcode") { "authcode" } else { "code" };
    Ok(Secret::new(params.plain(name, 1024)?))
}
