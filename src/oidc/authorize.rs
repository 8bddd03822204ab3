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
    config::Client,
    db::Conn,
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
    /// Although somebody is signed in.
    again: bool,
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
                kept.map_err(|error| unavailable(&error))?;
                Ok(way_back.with_code(&code, &provider.issuer))
            }
        }
    };
    Ok(answer.await.unwrap_or_else(|error| way_back.refused(&error, &provider.issuer)))
}

/// The same request by GET. The app and its address are checked here already, so nobody is sent anywhere for a wrong one.
pub fn again_by_get(provider: &Provider, params: &Params) -> Result<String, NoApp> {
    let Asked { way_back, .. } = Asked::read(params, provider.clients())?;
    let query = params.query_without("");
    if query.len() > LONGEST {
        let too_long = AuthorizeError::InvalidRequest("the request is too long");
        return Ok(way_back.refused(&too_long, &provider.issuer));
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
    let is_too_old = request.max_age.is_some_and(|most| age.is_none_or(|age| age > most));
    let wants_new = request.prompt == Prompt::Login || is_too_old;
    let is_done = || {
        let mark = params.only(reauth::PARAMETER).unwrap_or_default();
        provider.reauth.is_done(mark, &query(params), browser.token.as_ref())
    };
    let who = match who {
        Some(who) if !wants_new || is_done() => who,
        _ if !may_ask => return Err(AuthorizeError::LoginRequired),
        who => {
            let mark = wants_new.then(|| provider.reauth.mark(&query(params), browser.token.as_ref()));
            return Ok(Next::SignIn(Leaves { again: who.is_some(), mark }));
        }
    };
    match request.id_token_hint {
        Some(hint) if !is_about(provider, hint, &who, may_ask).await => Err(AuthorizeError::LoginRequired),
        _ => Ok(Next::Code(who)),
    }
}

/// Whether a hint means the person who is signed in. What cannot be read is a hint of nothing, unless the app has to know
/// without a page.
async fn is_about(provider: &Provider, hint: &str, who: &Principal, may_ask: bool) -> bool {
    match provider.keys.verify(hint).await {
        Some(read) if read.typ != ID_TOKEN => false,
        Some(read) => read.claims.get("sub").and_then(|sub| sub.as_str()) == Some(&subject(&who.user)),
        None => may_ask,
    }
}

/// The sign-in page, which leads back to this request. In the client nobody has to tap.
fn sign_in_address(
    provider: &Provider,
    params: &Params,
    request: &AuthorizeRequest<'_>,
    client: &Client,
    leaves: &Leaves,
) -> String {
    let config = &provider.config;
    let mut here = query(params);
    if let Some(mark) = &leaves.mark {
        here.push_str(&format!("&{}={mark}", reauth::PARAMETER));
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    if leaves.again {
        query.append_pair("again", "1");
    }
    query.extend_pairs(client.rules.corp_id().map(|corp_id| ("corpid", corp_id)));
    query.extend_pairs(request.ui_locales.map(|locales| ("ui_locales", locales)));
    query.append_pair("return_to", &config.path(&format!("/oauth2/authorize?{here}")));
    format!("{}?{}", config.path("/"), query.finish())
}

fn unavailable(cause: &dyn std::fmt::Debug) -> AuthorizeError {
    tracing::warn!(cause = ?cause, "an app's request cannot be answered");
    AuthorizeError::TemporarilyUnavailable
}

fn query(params: &Params) -> String {
    params.query_without(reauth::PARAMETER)
}
