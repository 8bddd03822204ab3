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
    signin::{context::SignInContext, refusal::SignInRefusal},
    users::User,
    web::{
        csrf::SameOrigin,
        page::{Frame, Page},
        params::Params,
        problem::PageProblem,
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
) -> Result<Page, PageProblem> {
    if let Some(seconds) = context.limits.handed_over(who.user.id) {
        return Err(SignInRefusal::TooManyLinks { seconds }.into());
    }
    let key = context.offer_handover(who.session.id).await?;
    let address = format!("{}{}", context.config.public_url.origin(), context.config.path("/handover"));
    let link = format!("{address}?token={}", key.expose());
    // The script copies the link.
    Ok(Page::new(Status::Ok, &LinkPage { frame, link }, "script-src 'self'; form-action 'none'")?)
}

/// Shows whose session it would be, and the button. A robot that opens links spends nothing; a person who was sent
/// somebody else's link sees that it is.
#[get("/handover")]
async fn show(frame: Frame<'_>, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<Page, PageProblem> {
    let params = Params::of_query(uri);
    let key = params.lenient("token").and_then(Key::read).ok_or(SignInRefusal::LinkExpired)?;
    let user = context.whose_handover(&key).await?;
    let user = user.ok_or(SignInRefusal::LinkExpired)?;
    let page = Page::new(Status::Ok, &ButtonPage { frame, user: &user, key: key.expose() }, "form-action 'self'")?;
    // The address holds the key. "no-referrer" would hide it as well, but browsers then send `Origin: null` with the
    // form, and the guard of forms could not tell our own page from another site's.
    Ok(page.referrer("strict-origin"))
}

/// The button. The key is looked at before the limit: it is too long to be guessed, and whoever has one that is good is
/// not made to wait for others at the same address.
#[post("/handover", data = "<body>")]
async fn spend(
    _same_origin: SameOrigin,
    context: SignInContext<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<SeeOther, PageProblem> {
    let result = match Params::posted(kind, body).await {
        Ok(params) => follow(&context, &params).await,
        Err(error) => Err(error.into()),
    };
    if result.as_ref().is_err_and(SignInRefusal::is_failed_try) {
        context.may_try(None)?;
    }
    Ok(context.counted(None, result)?)
}

async fn follow(context: &SignInContext<'_>, params: &Params) -> Result<SeeOther, SignInRefusal> {
    let key = params.lenient("token").and_then(Key::read).ok_or(SignInRefusal::LinkExpired)?;
    match context.spend_handover(&key).await? {
        Spent::Expired => Err(SignInRefusal::LinkExpired),
        Spent::Disabled(user) => Err(SignInRefusal::Disabled(user.userid)),
        Spent::SignedIn(user, token) => {
            context.request.note(|notes| notes.userid = Some(user.userid.to_string()));
            context.jar.add(cookie::set(context.config, &token));
            Ok(SeeOther(context.config.home.clone()))
        }
    }
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
