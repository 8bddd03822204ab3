//! `/oauth2/logout`.

use rocket::{
    Data, Responder, get,
    http::{ContentType, uri::Origin},
    post,
};

use super::context::{Context, Leaver, posted};
use crate::{
    clients::logout_page::LogoutPage,
    oidc::{
        logout::{self, Browser, Next},
        params::Params,
    },
    sessions::{self, cookie},
    users::User,
    web::{
        csrf::SameOrigin,
        method::NotHead,
        page::Page,
        problem::{PageProblem, Problem},
        to_app::ToApp,
    },
};

/// Fields that go along with the button.
const FIELDS: [&str; 5] = ["client_id", "id_token_hint", "post_logout_redirect_uri", "state", "ui_locales"];

#[derive(Responder)]
pub enum LoggedOut {
    There(ToApp),
    Ask(Page),
}

#[get("/oauth2/logout")]
pub async fn log_out_by_get(
    _not_head: NotHead,
    context: Context<'_>,
    leaver: Leaver<'_>,
    uri: &Origin<'_>,
) -> Result<LoggedOut, PageProblem> {
    let params = Params::urlencoded(uri.query().map_or("", |query| query.as_str()).as_bytes());
    log_out(&context, leaver, &params, false, false).await
}

#[post("/oauth2/logout", data = "<body>")]
pub async fn log_out_by_post(
    context: Context<'_>,
    leaver: Leaver<'_>,
    origin: Result<SameOrigin, Problem>,
    kind: Option<&ContentType>,
    body: Data<'_>,
) -> Result<LoggedOut, PageProblem> {
    let params = posted(kind, body).await.unwrap_or_else(|_| Params::urlencoded(b""));
    let is_ours = origin.is_ok();
    let has_confirmed = is_ours && params.only("confirm") == Some("yes");
    log_out(&context, leaver, &params, has_confirmed, !is_ours).await
}

async fn log_out(
    context: &Context<'_>,
    leaver: Leaver<'_>,
    params: &Params,
    has_confirmed: bool,
    is_foreign_form: bool,
) -> Result<LoggedOut, PageProblem> {
    let Leaver { frame, config, db, clock, jar, who, cookie: shown, here } = leaver;
    let who = who.0?;
    let browser = Browser { who: who.as_deref(), has_confirmed, is_foreign_form };
    match logout::next(context.provider, params, &browser).await? {
        Next::Ask(there) => {
            let fields = FIELDS.into_iter().filter_map(|name| Some((name, params.only(name)?))).collect();
            let name = who.as_ref().map(|who| who.user.name.as_str());
            Ok(LoggedOut::Ask(LogoutPage { frame, action: "/oauth2/logout", name, fields }.show(&there)?))
        }
        Next::GoOn(there) => Ok(LoggedOut::There(ToApp(there))),
        Next::SignOut(there) => {
            if let Some(token) = &shown.0 {
                let author = |user: &User| here.author(user, clock);
                db.transaction(async |tx| sessions::sign_out(tx, token, author).await).await?;
            }
            jar.add(cookie::clear(config));
            jar.add(cookie::signed_out::set(config));
            Ok(LoggedOut::There(ToApp(there)))
        }
    }
}
