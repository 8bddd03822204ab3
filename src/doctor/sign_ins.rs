//! What has gone wrong lately with sign-ins: much of it only clients and visitors see.

use super::{Check, Fact, Scope, Subject, finding::Finding};
use crate::troubles::{self, Recent};

pub(super) async fn lately(subject: &Subject<'_>) -> Vec<Finding> {
    let read = async { troubles::recent(&mut *subject.pools.read().await?, subject.clock.now()).await }.await;
    match read {
        Err(error) => {
            vec![Finding::failed(Check::SignIns(String::new()), Fact::TroublesUnreadable { error: error.to_string() })]
        }
        Ok(recent) => recent.into_iter().filter(|recent| is_covered(subject, recent)).map(finding).collect(),
    }
}

/// A request that meant no app concerns whoever has all of them.
fn is_covered(subject: &Subject<'_>, recent: &Recent) -> bool {
    let mut apps = subject.config.apps.iter();
    match subject.scope {
        Scope::Deployment => true,
        scope if recent.app.is_empty() => apps.all(|app| scope.covers(&app.corp_id)),
        scope => apps.any(|app| app.name == recent.app && scope.covers(&app.corp_id)),
    }
}

fn finding(recent: Recent) -> Finding {
    let Recent { app, trouble, times, last_at, evidence } = recent;
    Finding::warning(Check::SignIns(app), Fact::Troubled { trouble, times, last_at, evidence })
}
