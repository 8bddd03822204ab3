//! An app redeems a code or a refresh token (RFC 6749, 4.1.3 and 6; OpenID Connect Core 1.0, 3.1.3 and 12).
//!
//! A code or token that does not fit (another app's, another address, another verifier) is refused and stays good: a guess
//! has no chance, and nobody can spend what is somebody else's. One that was used already takes along all that came of it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    ACCESS_TOKEN, CODE_LIFETIME, ID_TOKEN, Provider, TOKEN_LIFETIME, algorithm,
    claims::{AccessToken, IdToken, METHODS, PersonClaims},
    error::OauthError,
    grants::{self, Grant},
    params::Params,
    pkce,
    scopes::{Scope, Scopes},
    secrets::{self, RefreshToken},
    subject::subject,
    trail,
};
use crate::{config::Client, db::Conn, random, sessions::Principal, signing_keys::Algorithm};

/// RFC 6749, 5.1.
#[derive(Serialize)]
pub struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    id_token: String,
    scope: String,
    /// For the log.
    #[serde(skip)]
    pub person: Box<Principal>,
}

/// What is to be signed for whom.
struct Issue<'a> {
    client: &'a Client,
    who: &'a Principal,
    grant: &'a Grant,
    scopes: Scopes,
    /// Of the request; a refreshed ID token has none (Core, 12.2).
    nonce: Option<&'a str>,
}

struct Signed {
    access_token: String,
    id_token: String,
}

const SPENT: OauthError = OauthError::invalid_grant("the code was used already; what it gave is revoked");
const ENDED: OauthError = OauthError::invalid_grant("the session has ended, or the app is no longer for this person");

pub async fn grant(provider: &Provider, client: &Client, params: &Params) -> Result<Tokens, OauthError> {
    if params.repeats_any() {
        return Err(OauthError::invalid_request("a parameter was given twice"));
    }
    match params.get("grant_type")? {
        Some("authorization_code") => redeem(provider, client, params).await,
        Some("refresh_token") => refresh(provider, client, params).await,
        Some(_) => Err(OauthError::unsupported_grant_type()),
        None => Err(OauthError::invalid_request("grant_type is missing")),
    }
}

async fn redeem(provider: &Provider, client: &Client, params: &Params) -> Result<Tokens, OauthError> {
    let missing = |what| OauthError::invalid_request(what);
    let code = params.get("code")?.ok_or(missing("code is missing"))?;
    let redirect_uri = params.get("redirect_uri")?.ok_or(missing("redirect_uri is missing"))?;
    let hash = secrets::hash(code);
    let mut reader = provider.pools.snapshot().await?;
    let grant = grants::of_code(&mut reader, &hash).await?.filter(|grant| grant.client_id == client.client_id);
    let grant = grant.ok_or(OauthError::invalid_grant("the code is unknown or has expired"))?;
    if grant.spent_at.is_some() {
        drop(reader);
        return Err(revoke(provider, grant.id, SPENT).await);
    }
    let age = provider.now() - grant.issued_at;
    if !(-CODE_LIFETIME..CODE_LIFETIME).contains(&age) {
        return Err(OauthError::invalid_grant("the code is unknown or has expired"));
    }
    if grant.redirect_uri != redirect_uri {
        return Err(OauthError::invalid_grant("redirect_uri is not that of the request"));
    }
    if !pkce::is_met(&grant.code_challenge, params.get("code_verifier")?) {
        return Err(OauthError::invalid_grant("code_verifier is not that of the request"));
    }
    let who = provider.person(&mut reader, grant.session_id, &client.rules).await?.ok_or(ENDED)?;
    drop(reader);

    let scopes = Scopes::parse(&grant.scope);
    let issue = Issue { client, who: &who, grant: &grant, scopes, nonce: grant.nonce.as_deref() };
    let signed = issue.sign(provider).await?;
    let refresh = scopes.has(Scope::OfflineAccess).then(RefreshToken::first);
    let now = provider.now();
    let keep = async |db: &mut Conn| {
        if !grants::spend(db, grant.id, now).await? {
            return Ok(false);
        }
        grants::signed_in(db, &grant, now).await?;
        if let Some(refresh) = &refresh {
            grants::set_refresh(db, grant.id, &refresh.family(), &refresh.own()).await?;
        }
        let token = secrets::hash(&signed.access_token);
        grants::add_access(db, grant.id, &token, &scopes.to_string(), now + TOKEN_LIFETIME, now).await?;
        trail::signed_in(db, provider, client, &who.user, &grant).await?;
        Ok::<_, sqlx::Error>(true)
    };
    match provider.pools.group_commit(keep).await? {
        true => Ok(signed.into_tokens(refresh, scopes, who)),
        // Somebody was faster, or the session has just ended and has taken the code along.
        false => Err(revoke(provider, grant.id, SPENT).await),
    }
}

async fn refresh(provider: &Provider, client: &Client, params: &Params) -> Result<Tokens, OauthError> {
    const UNKNOWN: OauthError = OauthError::invalid_grant("the refresh token is unknown or no longer good");
    const REUSED: OauthError = OauthError::invalid_grant("the refresh token was used already; its family is revoked");
    let sent = params.get("refresh_token")?.ok_or(OauthError::invalid_request("refresh_token is missing"))?;
    let sent = RefreshToken::parse(sent).ok_or(UNKNOWN)?;
    let mut reader = provider.pools.snapshot().await?;
    let grant = grants::of_family(&mut reader, &sent.family()).await?;
    let grant = grant.filter(|grant| grant.client_id == client.client_id).ok_or(UNKNOWN)?;
    if !grant.is_current(&sent.own()) {
        drop(reader);
        return Err(revoke(provider, grant.id, REUSED).await);
    }
    let granted = Scopes::parse(&grant.scope);
    let scopes = params.get("scope")?.map_or(granted, Scopes::parse);
    if !scopes.is_within(granted) || !scopes.has(Scope::OpenId) {
        return Err(OauthError::invalid_scope());
    }
    let who = provider.person(&mut reader, grant.session_id, &client.rules).await?.ok_or(ENDED)?;
    drop(reader);

    let signed = Issue { client, who: &who, grant: &grant, scopes, nonce: None }.sign(provider).await?;
    let next = sent.next();
    let now = provider.now();
    let keep = async |db: &mut Conn| {
        if !grants::rotate(db, grant.id, &sent.own(), &next.own()).await? {
            return Ok(false);
        }
        let token = secrets::hash(&signed.access_token);
        grants::add_access(db, grant.id, &token, &scopes.to_string(), now + TOKEN_LIFETIME, now).await?;
        Ok::<_, sqlx::Error>(true)
    };
    match provider.pools.group_commit(keep).await? {
        true => Ok(signed.into_tokens(Some(next), scopes, who)),
        false => Err(revoke(provider, grant.id, REUSED).await),
    }
}

/// Takes back all that came of a code, and answers why; if that fails, with the failure.
async fn revoke(provider: &Provider, grant_id: i64, why: OauthError) -> OauthError {
    match provider.pools.transaction::<_, sqlx::Error>(async |db| grants::remove(db, grant_id).await).await {
        Ok(()) => why,
        Err(error) => error.into(),
    }
}

impl Issue<'_> {
    async fn sign(&self, provider: &Provider) -> Result<Signed, OauthError> {
        let (iss, iat) = (provider.issuer.as_str(), provider.now());
        let (sub, exp) = (subject(&self.who.user), iat + TOKEN_LIFETIME);
        let algorithm = algorithm(self.client);
        let access = AccessToken {
            iss,
            sub: &sub,
            aud: iss,
            client_id: &self.client.client_id,
            iat,
            exp,
            jti: random::hex::<16>(),
            scope: self.scopes.to_string(),
            auth_time: self.grant.auth_time,
        };
        let access_token = provider.keys.sign(algorithm, ACCESS_TOKEN, &access).await;
        let access_token = access_token.map_err(OauthError::server_error)?;
        let id = IdToken {
            iss,
            sub: &sub,
            aud: &self.client.client_id,
            iat,
            exp,
            auth_time: self.grant.auth_time,
            nonce: self.nonce,
            at_hash: at_hash(algorithm, &access_token),
            amr: METHODS,
            sid: &self.grant.sid,
            corp_id: self.who.user.corp_id.as_str(),
            person: PersonClaims::of(&self.who.user, self.scopes, self.client.verified_email),
        };
        let id_token = provider.keys.sign(algorithm, ID_TOKEN, &id).await.map_err(OauthError::server_error)?;
        Ok(Signed { access_token, id_token })
    }
}

impl Signed {
    fn into_tokens(self, refresh: Option<RefreshToken>, scopes: Scopes, who: Principal) -> Tokens {
        Tokens {
            access_token: self.access_token,
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME,
            refresh_token: refresh.map(|refresh| refresh.expose()),
            id_token: self.id_token,
            scope: scopes.to_string(),
            person: Box::new(who),
        }
    }
}

/// Half of the hash that the signature has. For EdDSA nobody has said which that is.
fn at_hash(algorithm: Algorithm, access_token: &str) -> Option<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let has_sha256 = matches!(algorithm, Algorithm::Rs256 | Algorithm::Es256);
    has_sha256.then(|| URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16]))
}
