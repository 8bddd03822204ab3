//! `/login/dingtalk`: to DingTalk's page, and back from it.

use rocket::{Route, get, http::uri::Origin, routes};

use super::{come_back, set_out::set_out};
use crate::{
    sessions,
    signin::{
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
    let browser = Browser::recognise(requester.browser);
    let there = set_out(services, &browser, app, params.lenient("return_to")).ok_or(SignInRefusal::NoWebLogin)?;
    services.redirect_loops.opened(browser.name());
    jar.add(cookie::set(services.config, &browser));
    Ok(SeeOther(there))
}

#[get("/login/dingtalk/callback")]
async fn callback(_not_head: NotHead, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<SeeOther, PageProblem> {
    let SignInContext { services, requester, jar, .. } = context;
    let params = Params::of_query(uri);
    let returned = come_back(services, &requester, CallbackInput::read(&params)).await?;
    jar.add(sessions::cookie::set(services.config, &returned.admitted.token));
    Ok(SeeOther(return_to::resolve(Some(&returned.return_to), services.config)))
}
