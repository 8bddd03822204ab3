//! What an app is told when a session has ended (OpenID Connect Back-Channel Logout 1.0).

use serde::Serialize;
use serde_json::{Value, json};

use super::algorithm;
use crate::{
    clients::backchannel::{Call, MOST_ATTEMPTS, NotTold, Notice, Words},
    clock::{Clock, UnixSeconds},
    config::Client,
    random,
    signing_keys::SigningKeys,
};

const LOGOUT_TOKEN: &str = "logout+jwt";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Seconds.
const TOKEN_LIFETIME: i64 = 120;

/// One app that is told.
pub struct LogoutTokens {
    issuer: String,
    client: Client,
    address: String,
    keys: SigningKeys,
    clock: Clock,
}

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: UnixSeconds,
    exp: UnixSeconds,
    jti: String,
    sid: &'a str,
    events: Value,
}

impl LogoutTokens {
    /// `None` for an app that wants to hear nothing.
    pub fn new(issuer: &str, client: &Client, keys: &SigningKeys, clock: &Clock) -> Option<Self> {
        let address = client.backchannel_logout_uri.clone()?;
        let (issuer, keys, clock) = (issuer.to_owned(), keys.clone(), clock.clone());
        Some(Self { issuer, client: client.clone(), address, keys, clock })
    }
}

impl Words for LogoutTokens {
    fn key(&self) -> &str {
        &self.client.client_id
    }

    fn client(&self) -> &str {
        &self.client.name
    }

    async fn call(&self, notice: &Notice) -> Result<Call, NotTold> {
        let iat = self.clock.now();
        let token = LogoutToken {
            iss: &self.issuer,
            sub: &notice.sub,
            aud: &self.client.client_id,
            iat,
            exp: iat + TOKEN_LIFETIME,
            jti: random::hex::<16>(),
            sid: &notice.sid,
            events: json!({ EVENT: {} }),
        };
        let token = self.keys.sign(algorithm(&self.client), LOGOUT_TOKEN, &token).await;
        let value = token.map_err(|error| NotTold::NotSigned(error.into()))?;
        Ok(Call { address: self.address.clone(), field: "logout_token", value })
    }

    fn is_heard(&self, status: u16) -> bool {
        (200..300).contains(&status)
    }

    fn most_attempts(&self, _: &NotTold) -> i64 {
        MOST_ATTEMPTS
    }
}
