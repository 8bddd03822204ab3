//! A person's identity as a signed token, for apps that verify rather than trust a header.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde::Serialize;

use crate::{
    clock::{Clock, UnixSeconds},
    config::Config,
    rules::Rules,
    sessions::Principal,
    signing_keys::{Algorithm, SignError, SigningKeys},
    users::User,
};

pub const ALGORITHM: Algorithm = Algorithm::Es256;
/// Apps were told this kind before there were others.
const TYP: &str = "JWT";
/// Seconds: longer than any app takes for one request.
const LIFETIME: i64 = 60;
/// About a kilobyte each.
const MOST_TOKENS: u64 = 10_000;

pub struct SignedIdentity {
    issuer: String,
    clock: Clock,
    keys: SigningKeys,
    tokens: Cache<Place, Arc<Issued>>,
}

/// A session, the app's host, and the rules that let the person in.
type Place = (i64, String, String);

struct Issued {
    user: User,
    at: UnixSeconds,
    token: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    corp_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    groups: Vec<&'a str>,
    rules: &'a str,
    iat: UnixSeconds,
    exp: UnixSeconds,
}

impl SignedIdentity {
    /// `keys` were opened for [`ALGORITHM`].
    pub fn new(config: &Config, keys: SigningKeys, clock: &Clock) -> Self {
        Self {
            issuer: config.public_url.origin().to_owned(),
            clock: clock.clone(),
            keys,
            // Their lifetime is judged by our own clock; this only frees memory.
            tokens: Cache::builder()
                .max_capacity(MOST_TOKENS)
                .time_to_live(Duration::from_secs(LIFETIME.unsigned_abs()))
                .build(),
        }
    }

    /// A token for the app on `host`, whose `rules` let the person in. For half its life the last one is reused, unless
    /// the person's row has changed.
    pub(super) async fn token(&self, who: &Principal, host: &str, rules: &Rules) -> Result<String, SignError> {
        let now = self.clock.now();
        let place = (who.session.id, host.to_owned(), rules.as_str().to_owned());
        if let Some(issued) = self.tokens.get(&place)
            && issued.user == who.user
            && (0..LIFETIME / 2).contains(&(now - issued.at))
        {
            return Ok(issued.token.clone());
        }
        let claims = Claims::new(&self.issuer, host, &who.user, rules.as_str(), now);
        let token = self.keys.sign(ALGORITHM, TYP, &claims).await?;
        self.tokens.insert(place, Arc::new(Issued { user: who.user.clone(), at: now, token: token.clone() }));
        Ok(token)
    }
}

impl<'a> Claims<'a> {
    /// `rules`: what the proxy's question said. Anyone who can reach the gate chooses the rules, so a token without the
    /// app's own rules proves who somebody is, but not that they may be there.
    fn new(issuer: &'a str, host: &'a str, user: &'a User, rules: &'a str, now: UnixSeconds) -> Self {
        Self {
            iss: issuer,
            aud: host,
            sub: user.userid.as_str(),
            corp_id: user.corp_id.as_str(),
            name: &user.name,
            email: user.email.as_deref(),
            groups: user.departments().collect(),
            rules,
            iat: now,
            exp: now.saturating_add(LIFETIME),
        }
    }
}
