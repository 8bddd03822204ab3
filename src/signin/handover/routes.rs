//! From the DingTalk client to the system's browser: the link, its page, and the button on it.

use askama::Template;
use rocket::{
    Data, Route, get,
    http::{ContentType, Status, uri::Origin},
    post, routes,
};

use super::{LIFETIME, arrive, key::Key, look_at, offer};
use crate::{
    sessions::{cookie, guard::SignedIn},
    signin::{context::SignInContext, refusal::SignInRefusal},
    users::User,
    web::{
        assets,
        csrf::SameOrigin,
        page::{Frame, Page},
        params::Params,
        problem::PageProblem,
        see_other::SeeOther,
    },
};

pub fn routes() -> Vec<Route> {
    routes![make_link, show, press]
}

#[derive(Template)]
#[template(path = "signin/handover_link.html")]
struct LinkPage<'a> {
    frame: Frame<'a>,
    user: &'a User,
    link: String,
    /// Seconds until the link has expired.
    left: i64,
}

#[derive(Template)]
#[template(path = "signin/handover.html")]
struct ButtonPage<'a> {
    frame: Frame<'a>,
    user: &'a User,
    /// What people call the organisation.
    corp: Option<&'a str>,
    key: &'a str,
    /// Seconds until the link has expired.
    left: i64,
}

#[post("/home/open-in-browser")]
async fn make_link(
    _same_origin: SameOrigin,
    frame: Frame<'_>,
    context: SignInContext<'_>,
    who: SignedIn,
) -> Result<Page, PageProblem> {
    let config = context.services.config;
    let key = offer(context.services, &who).await?;
    let address = format!("{}{}", config.public_url.origin(), config.path("/handover"));
    let link = format!("{address}?token={}", key.expose());
    let page = LinkPage { frame, user: &who.user, link, left: LIFETIME };
    // The script copies the link; the form makes another one.
    let policy = format!("script-src {}; form-action 'self'", assets::COPY_SCRIPT.source());
    Ok(Page::new(Status::Ok, &page, &policy)?)
}

/// Shows whose session it would be, and the button. Previews spend nothing, and a person who was sent somebody else's
/// link sees that.
#[get("/handover")]
async fn show(frame: Frame<'_>, context: SignInContext<'_>, uri: &Origin<'_>) -> Result<Page, PageProblem> {
    let key = key(&Params::of_query(uri)).ok_or(SignInRefusal::LinkExpired)?;
    let (user, left) = look_at(context.services, &key).await?;
    let corp = context.services.config.corp_name(&user.corp_id);
    let page = ButtonPage { frame, user: &user, corp, key: key.expose(), left };
    // No script: nothing presses the button but a person. When the link has expired, the browser asks once more and hears so.
    let page = Page::new(Status::Ok, &page, "form-action 'self'")?.refresh(left + 1);
    // The address holds the key. "no-referrer" would hide it as well, but browsers then send `Origin: null` with the
    // form, which the guard of forms cannot tell from another site's.
    Ok(page.referrer("strict-origin"))
}

#[post("/handover", data = "<body>")]
async fn press(
    _same_origin: SameOrigin,
    context: SignInContext<'_>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<SeeOther, PageProblem> {
    let SignInContext { services, requester, jar, .. } = context;
    let params = Params::posted(kind, body).await;
    let admitted = arrive(services, &requester, params.map(|params| key(&params))).await?;
    jar.add(cookie::set(services.config, &admitted.token));
    Ok(SeeOther(services.config.home.clone()))
}

fn key(params: &Params) -> Option<Key> {
    params.lenient("token").and_then(Key::read)
}

#[cfg(test)]
pub(crate) fn samples(locale: crate::i18n::Locale) -> Vec<crate::web::testing::Sample> {
    use crate::{
        sessions::routes::samples::user,
        web::testing::{HOSTILE, Sample, frame},
    };

    let user = user();
    let link = format!("https://app.example.com/handover?token={HOSTILE}");
    let link = LinkPage { frame: frame(locale), user: &user, link, left: LIFETIME };
    let button = |corp| ButtonPage { frame: frame(locale), user: &user, corp, key: HOSTILE, left: LIFETIME };
    let buttons = [button(None), button(Some(HOSTILE))];
    let buttons = buttons.iter().map(|page| Sample::of("signin/handover.html", page));
    buttons.chain([Sample::of("signin/handover_link.html", &link)]).collect()
}
