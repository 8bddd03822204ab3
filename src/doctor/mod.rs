//! What is wrong with a deployment, and how to fix it: the report of `miandeng doctor` and of the administrators' page.
//!
//! A finding is a value (`i18n::doctor`) until somebody reads it. Nothing here changes anything at DingTalk or disturbs a running server.

mod certificate;
mod dingtalk;
mod directory;
mod events;
mod files;
mod finding;
mod machine;
mod own_address;
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
use crate::{clock::Clock, config::Config, db::Pools, dingtalk::Dingtalk, ids::CorpId, probe::Passes};

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
    /// For our own echo.
    pub passes: &'a Passes,
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

    /// Whether there is nobody else in the deployment.
    fn covers_all(self, config: &Config) -> bool {
        config.apps.iter().all(|app| self.covers(&app.corp_id))
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
    findings.extend(own_address::name(subject).await);
    findings.extend(certificate::check(subject.config, subject.clock.now()).await);
    findings.push(reach::public_url(subject).await);
    findings.extend(own_address::forwarded(subject).await);
    findings
}
