//! `/login/dingtalk`: to DingTalk's page, and back from it.

use rocket::{Route, get, http::uri::Origin, routes};

use super::{addresses, come_back};
use crate::{
    dingtalk::web_login,
    sessions,
    signin::{
        attempt::Attempt,
        context::SignInContext,
        cookie,
        input::{AppChoice, CallbackInput},
        refusal::SignInRefusal,
        return_to,
        state::Browser,
    },
    web::{method::NotHead, params::Params, problem::PageProblem, see_other::SeeOther},
};

pub fn routes() -> Vec<Route> {
    routes![begin, callback]
}

#[get("/login/dingtalk")]
async fn begin(context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, PageProblem> {
    let SignInContext { services, requester, jar, .. } = context;
    let params = Params::of_query(uri);
    let app = AppChoice::read(&params)?.only(services.dingtalk)?;
    requester.note_app(app);
    let client_id = app.config.client_id().ok_or(SignInRefusal::NoWebLogin)?;
    // An address that would be refused later does not travel.
    let wanted = params.lenient("return_to").and_then(|text| return_to::permitted(text, services.config));
    let attempt = Attempt { app: app.config.name.clone(), return_to: wanted.map(String::from).unwrap_or_default() };

    let browser = Browser::recognise(requester.browser);
    let state = services.states.issue_attempt(&browser, &attempt);
    services.redirect_loops.opened(browser.name());
    jar.add(cookie::set(services.config, &browser));
    let login_url = &services.config.dingtalk.login_url;
    Ok(SeeOther(web_login::address(login_url, client_id, &addresses::callback(services.config), &state)))
}

#[get("/login/dingtalk/callback")]
async fn callback(_not_head: NotHead, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, PageProblem> {
    let SignInContext { services, requester, jar, .. } = context;
    let params = Params::of_query(uri);
    let returned = come_back(services, &requester, CallbackInput::read(&params)).await?;
    jar.add(sessions::cookie::set(services.config, &returned.admitted.token));
    Ok(SeeOther(return_to::resolve(Some(&returned.return_to), services.config)))
}
