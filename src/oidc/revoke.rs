//! An app gives back what it was given (RFC 7009), or asks whether that is still good (RFC 7662).

use serde::Serialize;

use super::{
    Provider,
    error::OauthError,
    grants,
    params::Params,
    scopes::Scopes,
    secrets::{self, RefreshToken},
    subject::subject,
    userinfo,
};
use crate::{clock::UnixSeconds, config::Client, db::Conn, sessions::Principal};

/// RFC 7662, 2.2. Of a token that is not good nothing else is said.
#[derive(Default, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(flatten)]
    about: Option<About>,
}

#[derive(Serialize)]
struct About {
    iss: String,
    sub: String,
    client_id: String,
    username: String,
    corp_id: String,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<UnixSeconds>,
}

/// Another app's token, or an unknown one, is nothing to revoke, and no error (RFC 7009, 2.2). A refresh token takes along
/// what came of it.
pub async fn revoke(provider: &Provider, client: &Client, params: &Params) -> Result<(), OauthError> {
    let token = token(params)?;
    let revoke = async |db: &mut Conn| {
        if let Some(refresh) = RefreshToken::parse(token) {
            let grant = grants::of_family(db, &refresh.family()).await?;
            if let Some(grant) = grant.filter(|grant| grant.client_id == client.client_id) {
                grants::remove(db, grant.id).await?;
            }
        }
        let hash = secrets::hash(token);
        let access = grants::of_access(db, &hash).await?;
        if access.is_some_and(|access| access.client_id == client.client_id) {
            grants::remove_access(db, &hash).await?;
        }
        Ok(())
    };
    provider.pools.transaction(revoke).await
}

/// Only about the app's own tokens, and only to an app that can prove itself.
pub async fn introspect(provider: &Provider, client: &Client, params: &Params) -> Result<Introspection, OauthError> {
    if client.secret.is_none() {
        return Err(OauthError::invalid_client("a client without a secret may not introspect"));
    }
    let token = token(params)?;
    let mut reader = provider.pools.snapshot().await?;
    if let Some(live) = userinfo::live(&mut reader, provider, token).await?
        && live.client.client_id == client.client_id
    {
        let scopes = Scopes::parse(&live.access.scope);
        let about = About::of(provider, client, &live.who, scopes);
        let about = About { token_type: Some("Bearer"), exp: Some(live.access.expires_at), ..about };
        return Ok(Introspection { active: true, about: Some(about) });
    }
    let Some(refresh) = RefreshToken::parse(token) else { return Ok(Introspection::default()) };
    let grant = grants::of_family(&mut reader, &refresh.family()).await?;
    let grant = grant.filter(|grant| grant.client_id == client.client_id && grant.is_current(&refresh.own()));
    let Some(grant) = grant else { return Ok(Introspection::default()) };
    let who = provider.person(&mut reader, grant.session_id, &client.rules).await?;
    let about = who.map(|who| About::of(provider, client, &who, Scopes::parse(&grant.scope)));
    Ok(Introspection { active: about.is_some(), about })
}

impl About {
    fn of(provider: &Provider, client: &Client, who: &Principal, scopes: Scopes) -> Self {
        Self {
            iss: provider.issuer.clone(),
            sub: subject(&who.user),
            client_id: client.client_id.clone(),
            username: who.user.userid.to_string(),
            corp_id: who.user.corp_id.to_string(),
            scope: scopes.to_string(),
            token_type: None,
            exp: None,
        }
    }
}

fn token(params: &Params) -> Result<&str, OauthError> {
    params.get("token")?.ok_or(OauthError::invalid_request("token is missing"))
}
