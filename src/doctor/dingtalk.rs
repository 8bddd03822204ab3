//! Each app's way to DingTalk: a token, a second call, a ticket; and whether corp and app belong together.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Scope, Subject, finding::Finding};
use crate::{
    config::AppKind,
    credentials::CredentialTable,
    dingtalk::{ClientError, CorpCheck, Credential, Dingtalk, DingtalkApp, DingtalkError, Scopes, Store},
    errcode::Errcode,
    i18n::Locale,
};

/// `kept` is how a running server reaches DingTalk; without one, its stored tickets are used.
pub(super) async fn check(subject: &Subject<'_>, kept: Option<&Dingtalk>, locale: Locale) -> Vec<Finding> {
    let Subject { config, pools, clock, scope, .. } = subject;
    // A kept token says nothing about today's credentials, so a token is asked for: DingTalk repeats one that is still
    // good. A new ticket may end the one that the server signs with, so the kept ticket is used.
    let made = Dingtalk::new(config, Arc::new(Anew), clock).and_then(|anew| {
        let kept =
            kept.cloned().map_or_else(|| Dingtalk::new(config, Arc::new(CredentialTable((*pools).clone())), clock), Ok);
        Ok((anew, kept?))
    });
    match made {
        Ok((anew, kept)) => each_app(&anew, &kept, *scope, locale).await,
        Err(error) => {
            let cure = match error {
                ClientError::Http(_) => "check the machine's certificates (ca-certificates) and proxy variables",
                ClientError::InTheClear(_) => "",
            };
            vec![Finding::failed("dingtalk", error.to_string(), cure)]
        }
    }
}

async fn each_app(anew: &Dingtalk, kept: &Dingtalk, scope: Scope<'_>, locale: Locale) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (anew, kept) in anew.apps().iter().zip(kept.apps()) {
        if scope.covers(&anew.config.corp_id) {
            findings.extend(app(anew, kept, locale).await);
        }
    }
    findings
}

async fn app(anew: &DingtalkApp, kept: &DingtalkApp, locale: Locale) -> Vec<Finding> {
    let check = format!("dingtalk {}", anew.config.name);
    let tried = async {
        anew.check_access_token().await?;
        let scopes = anew.scopes().await?;
        kept.jsapi_ticket().await?;
        Ok::<_, DingtalkError>(scopes)
    };
    match tried.await {
        Err(error) => vec![Finding::failed(check, error.to_string(), cure(&error, locale))],
        Ok(scopes) => {
            let tokens = match anew.config.kind {
                AppKind::MicroApp => "access token, a second call and ticket",
                AppKind::Channel { .. } => "access token, the service window's token, a second call and ticket",
            };
            let good = Finding::ok(&check, format!("{tokens} work"));
            let mut findings = vec![good];
            findings.extend(too_small(&check, &scopes, locale));
            findings.push(corp_id(anew, locale).await);
            findings.push(agent_id(anew, locale));
            findings
        }
    }
}

/// The credentials are good by now. They are an app's own, and do not say of which corp it is.
async fn corp_id(app: &DingtalkApp, locale: Locale) -> Finding {
    let (check, corp_id) = (format!("corp_id {}", app.config.name), &app.config.corp_id);
    match app.corp().await {
        CorpCheck::Ours => Finding::ok(check, format!("{corp_id} is the app's corp")),
        CorpCheck::NotOurs(error) => {
            let says = format!("{corp_id} is unknown to DingTalk, or is not the app's corp: {error}");
            Finding::failed(check, says, locale.texts().wrong_corp_id)
        }
        CorpCheck::Unknown(error) => {
            Finding::unknown(check, format!("{corp_id} cannot be checked: {error}"), locale.texts().unchecked_corp_id)
        }
    }
}

/// No call of DingTalk's names it: the client compares it, when dd.config is called.
fn agent_id(app: &DingtalkApp, locale: Locale) -> Finding {
    let says = format!("{} cannot be checked from here: only the DingTalk client checks it", app.config.agent_id);
    Finding::unknown(format!("agent_id {}", app.config.name), says, locale.texts().unchecked_agent_id)
}

/// Why employees who exist may be unknown to DingTalk's answers.
fn too_small(check: &str, scopes: &Scopes, locale: Locale) -> Option<Finding> {
    if scopes.whole_corp() {
        return None;
    }
    let says = if scopes.departments.is_empty() {
        "the app may see no department: everybody who signs in is refused with 50002, or has no name and department"
            .to_owned()
    } else {
        let departments: Vec<_> = scopes.departments.iter().map(i64::to_string).collect();
        format!("the app may see only departments {}: people elsewhere are refused with 50002", departments.join(", "))
    };
    Some(Finding::warning(check, says, (locale.texts().dingtalk_hint)(Errcode::OutOfScope)))
}

fn cure(error: &DingtalkError, locale: Locale) -> &'static str {
    let texts = locale.texts();
    match error.refusal() {
        Some(refusal) => (texts.dingtalk_hint)(refusal.code.meaning()),
        None => texts.dingtalk_down,
    }
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
