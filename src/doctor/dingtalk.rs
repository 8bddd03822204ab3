//! Each app's way to DingTalk: a token, a second call, a ticket; and whether corp and app belong together.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Check, Fact, Subject, directory, events, finding::Finding};
use crate::{
    config::AppKind,
    credentials::CredentialTable,
    dingtalk::{ClientError, CorpCheck, Credential, Dingtalk, DingtalkApp, DingtalkError, Refusal, Scopes, Store},
    i18n::{
        Locale,
        doctor::{DingtalkFailure, FailureKind},
    },
};

/// `kept` is how a running server reaches DingTalk; without one, its stored tickets are used.
pub(super) async fn check(subject: &Subject<'_>, kept: Option<&Dingtalk>) -> Vec<Finding> {
    let Subject { config, pools, clock, .. } = subject;
    let is_server = kept.is_some();
    // A kept token says nothing about today's credentials, so a token is asked for: DingTalk repeats one that is still
    // good. A new ticket may end the one that the server signs with, so the kept ticket is used.
    let made = Dingtalk::new(config, Arc::new(Anew), clock, &Arc::default()).and_then(|anew| {
        let kept = kept.cloned().map_or_else(
            || Dingtalk::new(config, Arc::new(CredentialTable((*pools).clone())), clock, &Arc::default()),
            Ok,
        );
        Ok((anew, kept?))
    });
    match made {
        Ok((anew, kept)) => each_app(subject, &anew, &kept, is_server).await,
        Err(ClientError::Http(error)) => {
            vec![Finding::failed(Check::Dingtalk, Fact::NoHttpClient { why: error.to_string() })]
        }
        Err(ClientError::InTheClear(error)) => {
            let (en, zh_cn) = (error.text(Locale::En), error.text(Locale::ZhCn));
            vec![Finding::failed(Check::Dingtalk, Fact::Error { en, zh_cn })]
        }
    }
}

async fn each_app(subject: &Subject<'_>, anew: &Dingtalk, kept: &Dingtalk, is_server: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (anew, kept) in anew.apps().iter().zip(kept.apps()) {
        if subject.scope.covers(&anew.config.corp_id) {
            findings.extend(app(anew, kept).await);
            if !is_server {
                findings.extend(events::seen(subject, &anew.config).await);
            }
        }
    }
    findings
}

async fn app(anew: &DingtalkApp, kept: &DingtalkApp) -> Vec<Finding> {
    let check = Check::App(anew.config.name.clone());
    let tried = async {
        anew.check_access_token().await?;
        let scopes = anew.scopes().await?;
        kept.jsapi_ticket().await?;
        Ok::<_, DingtalkError>(scopes)
    };
    match tried.await {
        Err(error) => {
            let meaning = error.refusal().map(|refusal| refusal.code.meaning());
            let evidence = error.refusal().and_then(Refusal::evidence);
            vec![Finding::failed(check, Fact::DingtalkFails { failure: failure(&error), meaning, evidence })]
        }
        Ok(scopes) => {
            let is_channel = matches!(anew.config.kind, AppKind::Channel { .. });
            let mut findings = vec![Finding::ok(check.clone(), Fact::DingtalkWorks { is_channel })];
            findings.extend(too_small(&scopes).map(|fact| Finding::warning(check, fact)));
            findings.push(corp_id(anew).await);
            findings.push(agent_id(anew));
            findings.extend(directory::check(anew).await);
            findings
        }
    }
}

/// The credentials are good by now. They are an app's own, and do not say of which corp it is.
async fn corp_id(app: &DingtalkApp) -> Finding {
    let (check, corp_id) = (Check::CorpId(app.config.name.clone()), app.config.corp_id.to_string());
    match app.corp().await {
        CorpCheck::Ours => Finding::ok(check, Fact::CorpIsOurs { corp_id }),
        CorpCheck::NotOurs(error) => Finding::failed(check, Fact::CorpIsNotOurs { corp_id, failure: failure(&error) }),
        CorpCheck::Unknown(error) => Finding::unknown(check, Fact::CorpUnchecked { corp_id, failure: failure(&error) }),
    }
}

/// No call of DingTalk's names it: the client compares it, when dd.config is called.
fn agent_id(app: &DingtalkApp) -> Finding {
    let check = Check::AgentId(app.config.name.clone());
    Finding::unknown(check, Fact::AgentUnchecked { agent_id: app.config.agent_id.clone() })
}

/// Why employees who exist may be unknown to DingTalk's answers.
fn too_small(scopes: &Scopes) -> Option<Fact> {
    match &scopes.departments[..] {
        _ if scopes.whole_corp() => None,
        [] => Some(Fact::SeesNoDepartment),
        departments => Some(Fact::SeesDepartments { departments: departments.to_vec() }),
    }
}

pub(super) fn failure(error: &DingtalkError) -> DingtalkFailure {
    let (kind, detail) = match error {
        DingtalkError::CodeInvalid(refusal) => (FailureKind::CodeInvalid, refusal.to_string()),
        DingtalkError::TokenInvalid(refusal) => (FailureKind::TokenInvalid, refusal.to_string()),
        DingtalkError::NoSuchUser(refusal) => (FailureKind::NoSuchUser, refusal.to_string()),
        DingtalkError::Throttled(refusal) => (FailureKind::Throttled, refusal.to_string()),
        DingtalkError::Busy(refusal) => (FailureKind::Busy, refusal.to_string()),
        DingtalkError::Failed(refusal) => (FailureKind::Failed, refusal.to_string()),
        DingtalkError::Refused(refusal) => (FailureKind::Refused, refusal.to_string()),
        DingtalkError::Banned { call } => (FailureKind::Banned, (*call).to_owned()),
        DingtalkError::Unreachable { call, why } => (FailureKind::Unreachable, format!("{call}: {why}")),
        DingtalkError::Unexpected { call, why } => (FailureKind::Unexpected, format!("{call}: {why}")),
    };
    DingtalkFailure { kind, english: error.to_string(), detail }
}

/// A store that remembers nothing.
struct Anew;

#[async_trait]
impl Store for Anew {
    async fn load(&self, _: &str) -> Option<Credential> {
        None
    }

    async fn save(&self, _: &str, _: &Credential) {}
}
