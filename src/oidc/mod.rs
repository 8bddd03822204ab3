//! Apps that sign people in by OpenID Connect: we are their provider (OpenID Connect Core 1.0 and Discovery 1.0; OAuth 2.0,
//! RFC 6749, with RFC 6750, 7009, 7636, 7662, 9068, 9207 and 9700). The code flow alone.
//!
//! The types are our own: `openidconnect` has a provider's, but brings `rsa`, which has an open advisory, and three more
//! crypto libraries.
//!
//! `routes` reads (`request`, `client_auth`, both pure) and answers; one use case each: `authorize`, `token`, `userinfo`.
//! Whatever an app was given belongs to a session (`grants`) and is looked up with its person each time, so nothing
//! outlives the session, the person's row or the client's rules.

mod authorize;
mod backchannel;
mod claims;
mod client_auth;
mod discovery;
mod error;
mod grants;
mod logout;
mod pkce;
mod refusal;
mod request;
mod revoke;
pub mod routes;
mod scopes;
mod secrets;
mod token;
mod trail;
mod userinfo;
mod way_back;

use std::{ops::Deref, sync::Arc};

use self::{backchannel::LogoutTokens, client_auth::ClientAuth, error::OauthError};
use crate::{
    audit::Refusals,
    clients::{
        backchannel::{BackChannel, Caller},
        params,
        reauth::{self, Reauth},
        subject,
    },
    clock::{Clock, UnixSeconds},
    config::{Client, Config, SigningAlg},
    db::{Conn, Pools},
    rules::Rules,
    sessions::{self, Policy, Principal},
    signing_keys::{Algorithm, SigningKeys},
};

/// Seconds in which a code must be redeemed.
const CODE_LIFETIME: i64 = 60;
/// Seconds for which ID and access tokens are good. At our own endpoints an access token ends with its session; this is for
/// those who verify by themselves.
const TOKEN_LIFETIME: i64 = 30 * 60;

/// The kinds of token in `typ`. ID tokens have none: some libraries take no other than `JWT`, which is the gate's.
const ID_TOKEN: &str = "";
const ACCESS_TOKEN: &str = "at+jwt";

/// What the endpoints have in common.
pub struct Provider {
    /// `public_url` and `base_path`.
    issuer: String,
    config: Config,
    keys: SigningKeys,
    policy: Policy,
    kept: Arc<Kept>,
}

/// What does not follow from the settings, and outlives a reload of them.
pub struct Kept {
    pools: Pools,
    clock: Clock,
    reauth: Reauth,
    client_auth: ClientAuth,
    refusals: Arc<Refusals>,
}

impl Kept {
    /// `server_key` is this deployment's own.
    pub fn new(server_key: &[u8; 32], pools: Pools, clock: Clock, refusals: Arc<Refusals>) -> Self {
        let (reauth, client_auth) = (Reauth::new(server_key, clock.clone()), ClientAuth::new(&clock));
        Self { pools, clock, reauth, client_auth, refusals }
    }
}

impl Deref for Provider {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl Provider {
    pub fn new(config: &Config, kept: Arc<Kept>, keys: SigningKeys) -> Self {
        let issuer = format!("{}{}", config.public_url.origin(), config.base_path);
        Self { issuer, config: config.clone(), keys, policy: Policy::of(config), kept }
    }

    /// The algorithms by which tokens for these clients are signed. Every client must understand RS256 (Discovery, 3).
    pub fn algorithms(clients: &[Client]) -> Vec<Algorithm> {
        let base = (!clients.is_empty()).then_some(Algorithm::Rs256);
        base.into_iter().chain(clients.iter().map(algorithm)).collect()
    }

    /// Those who tell apps of ended sessions.
    pub fn back_channels(&self, caller: &Caller) -> Vec<Arc<BackChannel<LogoutTokens>>> {
        let words = |client| LogoutTokens::new(&self.issuer, client, &self.keys, &self.clock);
        let new = |words| BackChannel::new(words, caller, &self.pools, &self.clock);
        self.clients().iter().filter_map(words).map(new).collect()
    }

    fn clients(&self) -> &[Client] {
        &self.config.clients
    }

    fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// The person of a session, if both still exist and the app is still for that person.
    async fn person(&self, db: &mut Conn, session_id: i64, rules: &Rules) -> Result<Option<Principal>, OauthError> {
        let who = sessions::find_principal(db, session_id, &self.policy, self.now()).await?;
        Ok(who.filter(|who| rules.let_in(&who.user)))
    }
}

/// Deletes what is of no use any more: expired tokens, and codes that nobody has redeemed.
pub async fn sweep(db: &mut Conn, now: UnixSeconds) -> sqlx::Result<()> {
    grants::sweep(db, now - CODE_LIFETIME, now).await
}

fn algorithm(client: &Client) -> Algorithm {
    match client.signing_alg {
        SigningAlg::Rs256 => Algorithm::Rs256,
        SigningAlg::Es256 => Algorithm::Es256,
        SigningAlg::EdDsa => Algorithm::EdDsa,
    }
}
