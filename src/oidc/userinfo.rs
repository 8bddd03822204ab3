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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_request_brings_one_token_or_none(
            headers in proptest::collection::vec("([Bb]earer|BEARER|Basic|\\PC{0,6}) ?[a-z.=]{0,4}", 0..3),
            posted in proptest::option::of("[a-z]{0,4}"),
        ) {
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            let form = posted.as_ref().map(|token| Params::urlencoded(format!("access_token={token}").as_bytes()));
            let posted = posted.as_deref().filter(|token| !token.is_empty());
            let of_header = |header: &str| {
                let (scheme, token) = header.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| token.to_owned())
            };
            let expected = match headers[..] {
                [] => Ok(posted.map(str::to_owned)),
                [header] => match (of_header(header), posted) {
                    (Some(_), Some(_)) => Err("invalid_request"),
                    (sent, posted) => Ok(sent.or(posted.map(str::to_owned))),
                },
                _ => Err("invalid_request"),
            };
            let read = bearer(&headers, form.as_ref()).map(|token| token.map(str::to_owned));
            prop_assert_eq!(read.map_err(|error| error.word), expected);
        }
    }
}
