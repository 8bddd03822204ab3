//! From the DingTalk client to the system's browser: making the link, its page, and the button on it.

use askama::Template;
use rocket::{
    Data, Route, get,
    http::{ContentType, Status, uri::Origin},
    post, routes,
};

use super::{Key, Spent};
use crate::{
    sessions::{cookie, guard::SignedIn},
    signin::{context::SignInContext, routes::posted},
    users::User,
    web::{
        csrf::SameOrigin,
        page::{Frame, Page},
        params::Params,
        problem::Problem,
        see_other::SeeOther,
    },
};

/// The routes of a hand-over.
pub fn routes() -> Vec<Route> {
    routes![offer, show, spend]
}

/// The link, in the client.
#[derive(Template)]
#[template(path = "signin/handover_link.html")]
struct LinkPage<'a> {
    frame: Frame<'a>,
    link: String,
}

/// The button, in the other browser.
#[derive(Template)]
#[template(path = "signin/handover.html")]
struct ButtonPage<'a> {
    frame: Frame<'a>,
    user: &'a User,
    key: &'a str,
}

#[post("/home/open-in-browser")]
async fn offer(
    _same_origin: SameOrigin,
    frame: Frame<'_>,
    context: SignInContext<'_>,
    who: SignedIn,
) -> Result<Page, Problem> {
    if let Some(seconds) = context.limits.handed_over(who.user.id) {
        return Err(Problem::too_many_links(seconds).page().retry_at(context.config.path("/home")));
    }
    let key = context.offer_handover(who.session.id).await.map_err(|error| Problem::from(error).page())?;
    let address = format!("{}{}", context.config.public_url.origin(), context.config.path("/handover"));
    let link = format!("{address}?token={}", key.expose());
    // The script copies the link.
    let page = Page::new(Status::Ok, &LinkPage { frame, link }, "script-src 'self'; form-action 'none'");
    page.map_err(|status| Problem::internal(status).page())
}

/// Shows whose session it would be, and the button. A robot that opens links spends nothing; a person who was sent
/// somebody else's link sees that it is.
#[get("/handover")]
async fn show(frame: Frame<'_>, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<Page, Problem> {
    let params = Params::of_query(uri);
    let key = params.lenient("token").and_then(Key::read).ok_or_else(|| expired(&context))?;
    let user = context.whose_handover(&key).await.map_err(|error| Problem::from(error).page())?;
    let user = user.ok_or_else(|| expired(&context))?;
    let page = Page::new(Status::Ok, &ButtonPage { frame, user: &user, key: key.expose() }, "form-action 'self'");
    // The address holds the key. "no-referrer" would hide it as well, but browsers then send `Origin: null` with the
    // form, and the guard of forms could not tell our own page from another site's.
    page.map(|page| page.referrer("strict-origin")).map_err(|status| Problem::internal(status).page())
}

/// The button. The key is looked at before the limit: it is too long to be guessed, and whoever has one that is good is
/// not made to wait for others at the same address.
#[post("/handover", data = "<body>")]
async fn spend(
    _same_origin: SameOrigin,
    context: SignInContext<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<SeeOther, Problem> {
    let params = posted(kind, body).await.map_err(Problem::page);
    let answer = match params {
        Ok(params) => follow(&context, &params).await,
        Err(problem) => Err(problem),
    };
    if answer.as_ref().is_err_and(Problem::is_a_failed_try) {
        context.may_try(None).map_err(Problem::page)?;
    }
    context.counted(None, answer)
}

async fn follow(context: &SignInContext<'_>, params: &Params) -> Result<SeeOther, Problem> {
    let key = params.lenient("token").and_then(Key::read).ok_or_else(|| expired(context))?;
    let note_person = |userid: &str| context.request.note(|notes| notes.userid = Some(userid.to_owned()));
    match context.spend_handover(&key).await.map_err(|error| Problem::from(error).page())? {
        Spent::Expired => Err(expired(context)),
        Spent::Disabled(user) => {
            note_person(user.userid.as_str());
            Err(Problem::disabled().page())
        }
        Spent::SignedIn(user, token) => {
            note_person(user.userid.as_str());
            context.jar.add(cookie::set(context.config, &token));
            Ok(SeeOther(context.config.home.clone()))
        }
    }
}

fn expired(context: &SignInContext<'_>) -> Problem {
    Problem::link_expired().page().retry_at(context.config.path("/"))
}

#[cfg(test)]
pub(crate) fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        sessions::routes::samples::user,
        web::testing::{HOSTILE, Sample, frame},
    };

    let link = LinkPage { frame: frame(locale), link: format!("https://app.example.com/handover?token={HOSTILE}") };
    let button = ButtonPage { frame: frame(locale), user: &user(), key: HOSTILE };
    vec![Sample::of("signin/handover_link.html", &link), Sample::of("signin/handover.html", &button)]
}
