//! A simulated DingTalk: a stand-in that remembers, for developing and testing without the platform.
//!
//! It plays both sides that an app meets. To the app's server it is the Open Platform, with tokens and tickets
//! that expire and can be voided, codes that are spent once, and the errcode of each case ([`Simulator`] over
//! HTTP). To the app's page it is the client, through a JSAPI script for an ordinary browser that lets a person
//! choose who holds the phone. It can be told to misbehave ([`Fault`]).
//!
//! It was written from the platform's documentation alone and shares no code with the part of this program that
//! calls DingTalk: two independent readings must agree, or a test fails. It listens on loopback only, and the
//! real server never mounts it.
//!
//! # Incomplete support
//! No ISV suites, no refresh tokens, no SSO of the admin console, no JSAPIs but those of sign-in.

mod api;
mod call;
mod client_page;
mod codes;
mod company;
mod config_check;
mod control;
mod credentials;
mod events;
mod fault;
mod home;
mod limit;
mod local;
mod login;
mod oapi;
mod phone;
mod platform;
mod random;
mod response;
mod sample;
mod server;
mod state;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use state::PlatformState;

pub use company::{
    Channel, ChannelFollower, Company, Corp, Department, Employee, ExternalContact, MicroApp, ROOT_DEPARTMENT,
};
pub use config_check::ConfigCheck;
pub use events::{Answers, DirectoryEvent, Pushed, SealedPush};
pub use fault::{Fault, FaultKind};
pub use limit::{RateLimit, Throttle};
pub use phone::ClientRefusal;
pub use server::{NotStarted, Running};

use crate::clock::Clock;

#[derive(Clone, Debug)]
pub struct Simulator(Arc<Mutex<PlatformState>>);

impl Simulator {
    /// A platform with these organisations, whose tokens, tickets and codes age by this clock.
    pub fn new(clock: Clock, company: Company) -> Self {
        Self(Arc::new(Mutex::new(PlatformState::new(clock, company))))
    }

    /// Listens on a loopback address; port 0 takes any that is free.
    pub async fn start(&self, address: IpAddr, port: u16) -> Result<Running, NotStarted> {
        server::start(self.clone(), address, port).await
    }

    /// The 免登 code that the client hands to a page: good for 5 minutes, once, for this app only. Without a
    /// client id it is for the organisation's first app.
    ///
    /// # Errors
    /// What the page's onFail gets: unknown organisation or app, or a userid that does not work there.
    pub fn auth_code(&self, corp_id: &str, client_id: Option<&str>, userid: &str) -> Result<String, ClientRefusal> {
        let mut state = self.state();
        let corp = phone::corp(&state, corp_id)?;
        let app = match client_id {
            Some(client_id) => {
                let no_app = || ClientRefusal::by_server("对应企业没有该微应用");
                Some(corp.app(client_id).ok_or_else(no_app)?.client_id.clone())
            }
            None => corp.apps.first().map(|app| app.client_id.clone()),
        };
        phone::employee_code(&mut state, corp_id, app, userid)
    }

    /// The code that the client hands to a page of the service window.
    ///
    /// # Errors
    /// What the page's onFail gets: unknown organisation, no service window, or somebody who never opened it.
    pub fn channel_code(&self, corp_id: &str, openid: &str) -> Result<String, ClientRefusal> {
        phone::follower_code(&mut self.state(), corp_id, openid)
    }

    /// Makes every token of an organisation worthless (40014), its service window's and people's too.
    pub fn void_tokens(&self, corp_id: &str) {
        self.state().credentials.void_tokens(corp_id);
    }

    /// Makes every JSAPI ticket of an organisation worthless (52011 at dd.config).
    pub fn void_tickets(&self, corp_id: &str) {
        self.state().credentials.void_tickets(corp_id);
    }

    /// Requests to a path, such as `/gettoken`, since the start or [`Simulator::reset_calls`].
    pub fn calls(&self, path: &str) -> usize {
        self.state().calls().get(path).copied().unwrap_or_default()
    }

    pub fn calls_of(&self, path: &str, client_id: &str) -> usize {
        self.state().calls_of(path, client_id)
    }

    pub fn reset_calls(&self) {
        self.state().reset_calls();
    }

    /// Limits how often each app may call each API under `/topapi/`; `None`, as at the start, lets it call at will.
    pub fn limit(&self, limit: Option<RateLimit>) {
        self.state().limits.limit = limit;
    }

    /// The most calls that an app made to an API in any one second.
    pub fn most_in_a_second(&self, path: &str) -> usize {
        self.state().limits.most(path)
    }

    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Behaves again. Answers that already hang go on hanging.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Says who holds the simulated phone: a userid, or a follower's openid. `None`: the next page that asks
    /// shows the list of people.
    pub fn hold(&self, userid: Option<&str>) {
        self.state().holder = userid.map(str::to_owned);
    }

    /// Says something at the head of the simulator's page, in Chinese and in English.
    pub fn note(&self, chinese: String, english: String) {
        self.state().note = Some([chinese, english]);
    }

    /// Takes somebody on; a userid that is already there is replaced. No such organisation: nothing happens.
    pub fn add_employee(&self, corp_id: &str, employee: Employee) {
        if let Some(corp) = self.state().company.corp_mut(corp_id) {
            corp.employees.retain(|known| known.userid != employee.userid);
            corp.employees.push(employee);
        }
    }

    /// Somebody who works there.
    pub fn employee(&self, corp_id: &str, userid: &str) -> Option<Employee> {
        self.state().company.corp(corp_id)?.employee(userid).cloned()
    }

    pub fn remove_employee(&self, corp_id: &str, userid: &str) {
        if let Some(corp) = self.state().company.corp_mut(corp_id) {
            corp.employees.retain(|known| known.userid != userid);
        }
    }

    /// Does nothing if there is no such employee.
    pub fn edit_employee(&self, corp_id: &str, userid: &str, edit: impl FnOnce(&mut Employee)) {
        let mut state = self.state();
        let corp = state.company.corp_mut(corp_id);
        if let Some(employee) = corp.and_then(|corp| corp.employees.iter_mut().find(|known| known.userid == userid)) {
            edit(employee);
        }
    }

    /// Changes an organisation in any other way: its apps, departments, service window.
    pub fn edit_corp(&self, corp_id: &str, edit: impl FnOnce(&mut Corp)) {
        if let Some(corp) = self.state().company.corp_mut(corp_id) {
            edit(corp);
        }
    }

    /// The last dd.config calls that were judged, oldest first, with the verdict on each.
    pub fn config_checks(&self) -> Vec<ConfigCheck> {
        self.state().config_checks.clone()
    }

    /// A panic while the lock was held leaves nothing half-done that would matter to a pretend platform.
    fn state(&self) -> MutexGuard<'_, PlatformState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its pages as they look if everything in them is called `i18n/`.
#[cfg(test)]
pub(crate) fn sample_pages(zh: bool, text: &str) -> [(&'static str, String); 4] {
    let [login, error, done] = login::samples(zh, text);
    let home = home::sample(zh, text);
    [
        ("simulator/home.html", home),
        ("simulator/login.html", login),
        ("simulator/login_error.html", error),
        ("simulator/login_done.html", done),
    ]
}
