//! What is wrong with a deployment, and how to fix it: the report of `miandeng doctor` and of the administrators' page.
//!
//! A finding is a value (`i18n::doctor`) until somebody reads it. Nothing here changes anything at DingTalk or disturbs a running server.

mod dingtalk;
mod directory;
mod events;
mod finding;
mod machine;
pub mod reach;
mod redact;
mod reports;
mod sign_ins;

pub use self::{
    events::arrival,
    finding::{Finding, Severity},
    machine::{database, settings},
    redact::redacted,
    reports::{Report, Reports},
};
pub use crate::i18n::doctor::{Check, Fact};
use crate::{clock::Clock, config::Config, db::Pools, dingtalk::Dingtalk, ids::CorpId};

/// What is looked at.
pub struct Subject<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The database.
    pub pools: &'a Pools,
    /// The database, as the settings name it.
    pub database: &'a str,
    /// The time.
    pub clock: &'a Clock,
    /// Whose part of it.
    pub scope: Scope<'a>,
}

/// Whose apps and people a report is about.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Everybody's.
    Deployment,
    /// One corp's: its administrators are told nothing of the others.
    Corp(&'a CorpId),
}

impl<'a> Scope<'a> {
    fn corp(self) -> Option<&'a CorpId> {
        match self {
            Self::Deployment => None,
            Self::Corp(corp_id) => Some(corp_id),
        }
    }

    fn covers(self, corp_id: &CorpId) -> bool {
        self.corp().is_none_or(|own| own == corp_id)
    }
}

/// What other machines' answers tell: the clock, DingTalk's side of each app, our own address. A running server gives its
/// way to DingTalk.
pub async fn outside(subject: &Subject<'_>, server: Option<&Dingtalk>) -> Vec<Finding> {
    let mut findings = Vec::from_iter(reach::proxies(subject.config));
    findings.extend(reach::clock(subject).await);
    findings.extend(dingtalk::check(subject, server).await);
    findings.push(reach::public_url(subject).await);
    findings
}
