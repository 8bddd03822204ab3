//! Apps that sign people in by CAS: we are their server (CAS Protocol Specification 3.0, of 1.0 and 2.0 what apps still use).
//! No proxy tickets, and no SAML 1.1.
//!
//! `routes` reads and answers; one use case each: `login`, `validate`, `logout`. Addresses are matched to apps by `service`
//! (pure). A ticket belongs to a session (`tickets`), and session, person and rules are looked up when it is redeemed.

mod login;
mod logout;
mod refusal;
mod response;
pub mod routes;
mod service;
mod single_logout;
mod tickets;
mod validate;
mod xml;

use std::{ops::Deref, sync::Arc, time::Duration};

use self::single_logout::LogoutRequests;
pub use self::single_logout::key;
use crate::{
    audit::Refusals,
    clients::{
        backchannel::{BackChannel, Caller},
        reauth::Reauth,
    },
    clock::Clock,
    config::{CasClient, Config},
    db::{Conn, Pools},
    rate_limit::Count,
    sessions::Policy,
};

/// Milliseconds in which a ticket must be redeemed.
const TICKET_LIFETIME_MS: i64 = 10_000;

/// What the endpoints have in common.
pub struct CasServer {
    config: Config,
    policy: Policy,
    kept: Arc<Kept>,
}

/// What does not follow from the settings, and outlives a reload of them.
pub struct Kept {
    pools: Pools,
    clock: Clock,
    reauth: Reauth,
    refusals: Arc<Refusals>,
    /// Tickets by person, who may have many sessions: each is a write, and later a request to the app.
    issued: Count<i64>,
}

impl Kept {
    /// `server_key` is this deployment's own.
    pub fn new(server_key: &[u8; 32], pools: Pools, clock: Clock, refusals: Arc<Refusals>) -> Self {
        let issued = Count::new(&clock, 60, Duration::from_secs(1));
        Self { reauth: Reauth::new(server_key, clock.clone()), issued, pools, clock, refusals }
    }
}

impl Deref for CasServer {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl CasServer {
    pub fn new(config: &Config, kept: Arc<Kept>) -> Self {
        Self { config: config.clone(), policy: Policy::of(config), kept }
    }

    /// Those who tell apps of ended sessions.
    pub fn back_channels(&self, caller: &Caller) -> Vec<Arc<BackChannel<LogoutRequests>>> {
        let words = |client: &CasClient| LogoutRequests::new(client, &self.clock);
        let new = |words| BackChannel::new(words, caller, &self.pools, &self.clock);
        self.clients().iter().map(words).map(new).collect()
    }

    fn clients(&self) -> &[CasClient] {
        &self.config.cas_clients
    }
}

/// Deletes tickets that nobody has redeemed in time.
pub async fn sweep(db: &mut Conn, now_ms: i64) -> sqlx::Result<()> {
    tickets::sweep(db, now_ms - TICKET_LIFETIME_MS).await
}
