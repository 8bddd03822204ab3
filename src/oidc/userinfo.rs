//! What an app may know of the person whose access token it holds (OpenID Connect Core 1.0, 5.3; RFC 6750).

use super::{
    Provider,
    claims::UserInfo,
    error::OauthError,
    grants::{self, Access},
    params::Params,
    scopes::Scopes,
    secrets,
};
use crate::{clock::UnixSeconds, config::Client, db::Conn, sessions::Principal};

/// An access token that is good at this moment.
pub struct Live<'c> {
    pub access: Access,
    pub client: &'c Client,
    pub who: Principal,
}

/// The token of a request: in the header, or in a form's field (RFC 6750, 2.1 and 2.2). Nothing in an address counts.
pub fn bearer<'a>(headers: &[&'a str], form: Option<&'a Params>) -> Result<Option<&'a str>, OauthError> {
    let posted = form.map(|form| form.get("access_token")).transpose()?.flatten();
    let sent = match headers {
        [] => None,
        [header] => header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, t)| t),
        _ => return Err(OauthError::invalid_request("there are two Authorization headers")),
    };
    match (sent, posted) {
        (Some(_), Some(_)) => Err(OauthError::invalid_request("the access token comes in two ways")),
        (sent, posted) => Ok(sent.or(posted)),
    }
}

pub async fn userinfo(provider: &Provider, token: &str) -> Result<(UserInfo, Principal), OauthError> {
    let live = live(&mut *provider.pools.snapshot().await?, provider, token).await?;
    let Live { access, client, who } = live.ok_or(OauthError::invalid_token())?;
    Ok((UserInfo::of(&who.user, Scopes::parse(&access.scope), client.verified_email), who))
}

/// An access token by its digest: a changed one has another. Session, person and rules are looked at each time.
pub async fn live<'c>(db: &mut Conn, provider: &'c Provider, token: &str) -> Result<Option<Live<'c>>, OauthError> {
    let Some(access) = grants::of_access(db, &secrets::hash(token)).await? else { return Ok(None) };
    if !is_in_time(&access, provider.now()) {
        return Ok(None);
    }
    let client = provider.clients().iter().find(|client| client.client_id == access.client_id);
    let Some(client) = client else { return Ok(None) };
    let who = provider.person(db, access.session_id, &client.rules).await?;
    Ok(who.map(|who| Live { access, client, who }))
}

fn is_in_time(access: &Access, now: UnixSeconds) -> bool {
    now < access.expires_at
}
