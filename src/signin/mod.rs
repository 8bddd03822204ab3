//! Signing in with an auth code from the DingTalk client or from DingTalk's page: page, code, person, session.
//!
//! `routes` reads (`input`) and answers; `exchange` has every step between the two, in order.

mod admit;
mod attempt;
mod context;
mod cookie;
mod exchange;
pub mod handover;
mod identify;
mod input;
pub mod limits;
pub mod page;
pub mod redirect_loop;
mod refusal;
pub mod report;
pub mod return_to;
pub mod routes;
pub mod state;
mod trail;
mod tries;
mod troubles;
pub mod used_codes;
pub mod used_once;
pub mod web_login;

use self::{
    limits::Limits, redirect_loop::RedirectLoops, report::FailedBootstraps, state::States, used_codes::UsedCodes,
};
use crate::{
    audit::Refusals,
    clock::Clock,
    config::Config,
    db::Pools,
    dingtalk::{Dingtalk, DingtalkApp},
    metrics::Metrics,
    secret::Secret,
    sessions::{self, Token},
    troubles::Troubles,
    users::User,
    web::{client_ip::ClientIp, request_context::RequestContext},
};

/// Characters of a `User-Agent` that are kept.
const USER_AGENT: usize = 300;

#[derive(Clone, Copy)]
pub struct Services<'a> {
    pub config: &'a Config,
    pub db: &'a Pools,
    pub clock: &'a Clock,
    pub dingtalk: &'a Dingtalk,
    pub states: &'a States,
    pub limits: &'a Limits,
    pub redirect_loops: &'a RedirectLoops,
    pub used_codes: &'a UsedCodes,
    pub refusals: &'a Refusals,
    pub bootstraps: &'a FailedBootstraps,
    pub troubles: &'a Troubles,
    pub metrics: &'a Metrics,
}

pub struct Requester<'a> {
    pub address: ClientIp,
    /// The browser's half of the state, if the cookie came exactly once.
    pub browser: Option<&'a str>,
    /// The browser's session, live or not.
    pub previous: Option<Token>,
    pub user_agent: &'a str,
    pub log: &'a RequestContext,
}

/// How a code came to us. Each kind is exchanged in its own way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// 免登: the DingTalk client handed it to our page.
    Client,
    /// DingTalk's own page sent an ordinary browser back with it.
    Browser,
}

impl Way {
    fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Browser => "browser",
        }
    }
}

pub struct ReceivedCode<'a> {
    pub secret: Secret,
    pub app: &'a DingtalkApp,
    pub way: Way,
}

pub struct Admitted {
    pub user: User,
    pub token: Token,
}

impl Requester<'_> {
    pub fn origin(&self) -> sessions::Origin {
        let user_agent = self.user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect();
        sessions::Origin { address: self.address.0.to_string(), user_agent }
    }

    fn note_app(&self, app: &DingtalkApp) {
        self.log.note(|notes| {
            notes.app = Some(app.config.name.clone());
            notes.corp_id = Some(app.config.corp_id.to_string());
        });
    }

    fn note_person(&self, user: &User) {
        self.log.note(|notes| notes.userid = Some(user.userid.to_string()));
    }
}
