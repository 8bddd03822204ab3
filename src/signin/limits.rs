//! How often somebody may fail to sign in. Only failures count: a whole company arrives from one address in the
//! morning.
//!
//! The limits are asked twice, when a code comes and when its turn to be sent has come ([`crate::dingtalk::Turn`]),
//! since others of the same sender may have been rejected meanwhile. Sending codes all at once is therefore no way
//! round them: codes that DingTalk is answering when a count is full come on top, and are waited for.
//!
//! Nobody waits for what happened at another address. Somebody who shares an address with a flood of rejected codes
//! does wait, with a good code too, a minute at a time at most: made-up browsers cannot be told from a colleague's. A
//! sealed mark could show that a browser has signed in before, but every employee could have marks made without end.
//! - A try without a state of ours counts by address. It bars only further tries of this kind from there, and no good
//!   hand-over link.
//! - A rejected code counts by browser;
//! - by address, with room for an office, because browsers are easily made up and each try costs a call;
//! - by corp, because addresses can be rented, and DingTalk counts the calls of a corp together. A corp's count bars
//!   nobody by itself: it only takes the room from addresses that sent rejected codes.
//!
//! Reports of pages (by browser) and hand-over links (by person) count although they succeed. Each link starts a
//! session that can make the next link, so counting links by session would be pointless.

use std::{net::IpAddr, time::Duration};

use super::state::VerifiedState;
use crate::{clock::Clock, dingtalk::DingtalkApp, ids::CorpId, rate_limit::Count, web::client_ip::ClientIp};

pub struct Limits {
    strangers: Count<IpAddr>,
    browsers: Count<String>,
    addresses: Count<IpAddr>,
    /// By address, with room for one careless person only: it applies while a corp is under attack.
    suspects: Count<IpAddr>,
    corps: Count<CorpId>,
    reports: Count<String>,
    /// By the person's row.
    handovers: Count<i64>,
}

pub struct Sender<'a> {
    browser: &'a str,
    address: ClientIp,
    corp_id: CorpId,
}

impl<'a> Sender<'a> {
    pub fn new(app: &DingtalkApp, state: &VerifiedState<'a>, address: ClientIp) -> Self {
        Self { browser: state.browser(), address, corp_id: app.config.corp_id.clone() }
    }
}

impl Limits {
    pub fn new(clock: &Clock) -> Self {
        let second = Duration::from_secs(1);
        Self {
            strangers: Count::new(clock, 60, second),
            browsers: Count::new(clock, 10, 6 * second),
            addresses: Count::new(clock, 300, second / 5),
            suspects: Count::new(clock, 5, 20 * second),
            corps: Count::new(clock, 600, second / 10),
            reports: Count::new(clock, 20, 10 * second),
            // The tenth is the first to make the next one wait.
            handovers: Count::new(clock, 9, 30 * second),
        }
    }

    /// How many seconds a try without a state of ours must wait.
    pub fn stranger_waits(&self, client: ClientIp) -> Option<u64> {
        self.strangers.wait(&client.prefix())
    }

    pub fn stranger_failed(&self, client: ClientIp) {
        self.strangers.failed(client.prefix());
    }

    /// How many seconds a sender must wait before another code is taken.
    pub fn sender_waits(&self, sender: &Sender<'_>) -> Option<u64> {
        let prefix = sender.address.prefix();
        self.browsers.wait(sender.browser).or_else(|| self.addresses.wait(&prefix)).or_else(|| {
            self.corps.wait(&sender.corp_id)?;
            self.suspects.wait(&prefix)
        })
    }

    pub fn code_failed(&self, sender: &Sender<'_>) {
        let prefix = sender.address.prefix();
        self.browsers.failed(sender.browser.to_owned());
        self.addresses.failed(prefix);
        self.suspects.failed(prefix);
        self.corps.failed(sender.corp_id.clone());
    }

    /// Counts a page's report, and returns how many seconds the next one must wait.
    pub fn reported(&self, browser: &str) -> Option<u64> {
        self.reports.admit(browser.to_owned())
    }

    /// Counts a person's hand-over link, and returns how many seconds the next one must wait.
    pub fn handed_over(&self, user_id: i64) -> Option<u64> {
        self.handovers.admit(user_id)
    }
}

#[cfg(test)]
mod tests;
