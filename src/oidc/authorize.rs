//! An app sends a browser to have its person signed in (OpenID Connect Core 1.0, 3.1.2).

use std::sync::Arc;

use super::{
    ID_TOKEN, Provider,
    grants::{self, NewGrant},
    params::Params,
    reauth,
    request::{Asked, AuthorizeRequest, LONGEST, NoApp, Prompt},
    secrets,
    subject::subject,
    trail,
    way_back::AuthorizeError,
};
use crate::{
    audit::RequestOrigin,
    clients::sign_in,
    config::Client,
    db::Conn,
    ids::CorpId,
    sessions::{Principal, Token},
    web::problem::Problem,
};

/// The browser, as far as it is known.
pub struct Browser {
    pub who: Result<Option<Arc<Principal>>, Problem>,
    pub token: Option<Token>,
    pub origin: RequestOrigin,
}

/// What becomes of a request that may go on.
enum Next {
    Code(Arc<Principal>),
    /// Through the sign-in page and back.
    SignIn(Leaves),
}

/// A request that leaves for the sign-in page.
struct Leaves {
    /// The corp of the person who is already signed in.
    corp_id: Option<CorpId>,
    /// Whom the app means.
    hint: Option<String>,
    /// By which it is known on the way back that somebody has signed in.
    mark: Option<String>,
}

/// Where the browser goes from here: to the app, or to the sign-in page.
pub async fn authorize(provider: &Provider, params: &Params, browser: Browser) -> Result<String, NoApp> {
    let Asked { client, way_back, request } = Asked::read(params, provider.clients())?;
    let origin = browser.origin.clone();
    let answer = async {
        let request = request?;
        match next(provider, params, &request, browser).await? {
            Next::SignIn(leaves) => Ok(sign_in_address(provider, params, &request, client, &leaves)),
            Next::Code(who) if !client.rules.let_in(&who.user) => {
                trail::refused(provider, client, &who, &origin).await;
                Err(AuthorizeError::AccessDenied)
            }
            Next::Code(who) => {
                let code = secrets::code();
                let grant = NewGrant {
                    session_id: who.session.id,
                    client_id: &client.client_id,
                    sub: &subject(&who.user),
                    code: secrets::hash(&code),
                    redirect_uri: way_back.address,
                    code_challenge: request.code_challenge.unwrap_or_default(),
                    scope: request.scopes.to_string(),
                    nonce: request.nonce,
                    auth_time: who.session.created_at,
                    address: &origin.address,
                    request_id: &origin.request_id,
                };
                let keep = async |db: &mut Conn| grants::add(db, &grant, provider.now()).await;
                let kept = provider.pools.group_commit::<_, sqlx::Error>(keep).await;
                kept.map_err(not_kept)?;
                Ok(way_back.with_code(&code, &provider.issuer))
            }
        }
    };
    Ok(answer.await.unwrap_or_else(|error| way_back.refused(&error, &provider.issuer)))
}

/// The same request by GET. The app and its address are checked here already, so nobody is sent anywhere for a wrong one.
pub async fn again_by_get(provider: &Provider, params: &Params) -> Result<String, NoApp> {
    let Asked { way_back, request, .. } = Asked::read(params, provider.clients())?;
    let mut query = params.query_without(&["id_token_hint"]);
    if query.len() > LONGEST {
        let too_long = AuthorizeError::InvalidRequest("the request is too long");
        return Ok(way_back.refused(&too_long, &provider.issuer));
    }
    if let Ok(request) = &request
        && let Some(hint) = hint(provider, params, request).await
    {
        query.push_str(&format!("&{}={hint}", reauth::HINT));
    }
    Ok(provider.config.path(&format!("/oauth2/authorize?{query}")))
}

async fn next(
    provider: &Provider,
    params: &Params,
    request: &AuthorizeRequest<'_>,
    browser: Browser,
) -> Result<Next, AuthorizeError> {
    let who = browser.who.map_err(|problem| unavailable(&format!("{problem:?}")))?;
    let may_ask = request.prompt != Prompt::None;
    let age = who.as_ref().map(|who| provider.now() - who.session.created_at);
    let is_too_old = request.max_age.is_some_and(|most| most == 0 || age.is_none_or(|age| age > most));
    let wants_new = request.prompt == Prompt::Login || is_too_old;
    let is_done = |who: &Principal| {
        let mark = params.only(reauth::PARAMETER).unwrap_or_default();
        provider.reauth.is_done(mark, &query(params), browser.token.as_ref(), who.session.created_at)
    };
    let hint = hint(provider, params, request).await;
    match who {
        Some(who) if !wants_new || is_done(&who) => match hint {
            Some(hint) if hint != provider.reauth.hint(&subject(&who.user)) => Err(AuthorizeError::LoginRequired),
            _ => Ok(Next::Code(who)),
        },
        _ if !may_ask => Err(AuthorizeError::LoginRequired),
        who => {
            let mark = wants_new.then(|| provider.reauth.mark(&query(params), browser.token.as_ref()));
            let corp_id = who.map(|who| who.user.corp_id.clone());
            Ok(Next::SignIn(Leaves { corp_id, hint, mark }))
        }
    }
}

/// Whom the app means, if it says so. What cannot be read means nobody, unless a page may ask.
async fn hint(provider: &Provider, params: &Params, request: &AuthorizeRequest<'_>) -> Option<String> {
    let Some(sent) = request.id_token_hint else { return params.only(reauth::HINT).map(str::to_owned) };
    let nobody = Some("nobody".to_owned());
    match provider.keys.verify(sent).await {
        Some(read) if read.typ == ID_TOKEN => {
            read.claims.get("sub").and_then(|sub| sub.as_str()).map_or(nobody, |sub| Some(provider.reauth.hint(sub)))
        }
        None if request.prompt != Prompt::None => None,
        _ => nobody,
    }
}

/// The sign-in page, which leads back to this request.
fn sign_in_address(
    provider: &Provider,
    params: &Params,
    request: &AuthorizeRequest<'_>,
    client: &Client,
    leaves: &Leaves,
) -> String {
    let config = &provider.config;
    let mut here = query(params);
    let ours = [(reauth::PARAMETER, &leaves.mark), (reauth::HINT, &leaves.hint)];
    for (name, value) in ours.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        here.push_str(&format!("&{name}={value}"));
    }
    let leaves = sign_in::Leaves {
        corp_id: leaves.corp_id.clone(),
        rules: &client.rules,
        ui_locales: request.ui_locales,
        here: config.path(&format!("/oauth2/authorize?{here}")),
    };
    sign_in::address(config, &leaves)
}

/// The session that a code is for may end at this very moment.
fn not_kept(error: sqlx::Error) -> AuthorizeError {
    match error.as_database_error() {
        Some(refused) if refused.is_foreign_key_violation() => AuthorizeError::LoginRequired,
        _ => unavailable(&error),
    }
}

fn unavailable(cause: &dyn std::fmt::Debug) -> AuthorizeError {
    tracing::warn!(cause = ?cause, "an app's request cannot be answered");
    AuthorizeError::TemporarilyUnavailable
}

fn query(params: &Params) -> String {
    params.query_without(&[reauth::PARAMETER, reauth::HINT, "id_token_hint"])
}
