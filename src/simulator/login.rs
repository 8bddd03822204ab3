//! `GET /oauth2/auth` of `login.dingtalk.com`: sign-in in an ordinary browser, where picking a name from a
//! list stands for scanning a QR code. When somebody holds the simulated phone, it goes straight back.
//!
//! The error words in the answer are OAuth 2.0's; dingtalk.md records only that there is an `error`.

use askama::Template;
use rocket::http::Status;
use url::Url;

use super::{
    call::Call,
    codes::Grant,
    company::{Corp, MicroApp},
    home::in_chinese,
    phone::{self, Person},
    response::PlatformResponse,
    state::PlatformState,
};

#[derive(Template)]
#[template(path = "simulator/login.html")]
struct LoginPage<'a> {
    zh: bool,
    app: &'a str,
    people: Vec<(String, Person)>,
    refuse: String,
}

#[derive(Template)]
#[template(path = "simulator/login_error.html")]
struct LoginError<'a> {
    zh: bool,
    what: &'a str,
}

#[derive(Template)]
#[template(path = "simulator/login_done.html")]
struct LoginDone<'a> {
    zh: bool,
    back: &'a str,
}

struct AuthorizationRequest<'a> {
    corp: &'a Corp,
    app: &'a MicroApp,
    back: Url,
    with_corp: bool,
}

pub fn authorize(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let asked = match examine(state, call) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let chosen = call.query("simulated_person").map(str::to_owned).or_else(|| state.holder.clone());
    let Some(person) = chosen else {
        return choose(state, call, &asked);
    };
    // An internal app admits only members of its own organisation.
    let Some(employee) = asked.corp.employee(&person) else {
        return go_back(asked.back, &[("error", "access_denied")], call);
    };
    let grant = Grant::Browser {
        corp_id: asked.corp.corp_id.clone(),
        client_id: asked.app.client_id.clone(),
        unionid: employee.unionid.clone(),
        with_corp: asked.with_corp,
    };
    let back = asked.back;
    let code = state.codes.mint(grant, state.clock.now());
    go_back(back, &[("code", code.as_str()), ("authCode", code.as_str())], call)
}

/// An unknown app or address gets a page: nobody may be sent to where no app is known to live.
fn examine<'a>(state: &'a PlatformState, call: &Call) -> Result<AuthorizationRequest<'a>, PlatformResponse> {
    let (corp, app) =
        state.company.app(call.query("client_id").unwrap_or_default()).ok_or_else(|| bad_request(call, "client_id"))?;
    let redirect_uri = call.query("redirect_uri").unwrap_or_default();
    let registered = app.redirect_urls.is_empty() || app.redirect_urls.iter().any(|url| url == redirect_uri);
    let back = Url::parse(redirect_uri).ok().filter(|url| registered && matches!(url.scheme(), "http" | "https"));
    let back = back.ok_or_else(|| bad_request(call, "redirect_uri"))?;
    if call.query("response_type") != Some("code") {
        return Err(go_back(back, &[("error", "unsupported_response_type")], call));
    }
    let scope: Vec<_> = call.query("scope").unwrap_or_default().split(' ').collect();
    if !scope.contains(&"openid") || scope.iter().any(|word| *word != "openid" && *word != "corpid") {
        return Err(go_back(back, &[("error", "invalid_scope")], call));
    }
    if call.query("simulated_person") == Some("") {
        return Err(go_back(back, &[("error", "access_denied")], call));
    }
    Ok(AuthorizationRequest { corp, app, back, with_corp: scope.contains(&"corpid") })
}

fn choose(state: &PlatformState, call: &Call, asked: &AuthorizationRequest<'_>) -> PlatformResponse {
    let link = |id: &str| {
        let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
        format!("/oauth2/auth?{}&simulated_person={id}", call.raw_query)
    };
    let people = phone::people(&state.company, asked.corp).into_iter().map(|person| (link(&person.id), person));
    let page = LoginPage {
        zh: in_chinese(&call.accept_language),
        app: &asked.app.name,
        people: people.collect(),
        refuse: link(""),
    };
    page.render().map_or(PlatformResponse::Empty(Status::InternalServerError), |page| match is_framed(call) {
        true => PlatformResponse::Framed(page),
        false => PlatformResponse::Html(Status::Ok, page),
    })
}

/// In a frame (`iframe=true`), the page that holds it is told where to go.
fn go_back(mut back: Url, response: &[(&str, &str)], call: &Call) -> PlatformResponse {
    back.query_pairs_mut().extend_pairs(response);
    if let Some(state) = call.query("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    if !is_framed(call) {
        return PlatformResponse::Redirect(back.into());
    }
    let page = LoginDone { zh: in_chinese(&call.accept_language), back: back.as_str() };
    page.render().map_or(PlatformResponse::Empty(Status::InternalServerError), PlatformResponse::Framed)
}

fn is_framed(call: &Call) -> bool {
    call.query("iframe") == Some("true")
}

fn bad_request(call: &Call, what: &str) -> PlatformResponse {
    let page = LoginError { zh: in_chinese(&call.accept_language), what };
    page.render()
        .map_or(PlatformResponse::Empty(Status::BadRequest), |page| PlatformResponse::Html(Status::BadRequest, page))
}

#[cfg(test)]
pub fn samples(zh: bool, text: &str) -> [String; 3] {
    let person = Person { id: text.to_owned(), name: text.to_owned(), detail: text.to_owned(), member: false };
    let people = vec![(format!("/oauth2/auth?{text}"), person)];
    let page = LoginPage { zh, app: text, people, refuse: format!("/oauth2/auth?{text}") };
    let (error, done) = (LoginError { zh, what: text }.render(), LoginDone { zh, back: text }.render());
    [page.render(), error, done].map(|page| page.expect("a page"))
}
