//! Whether each app may read what syncs and events need.

use super::{Check, Fact, dingtalk::failure, finding::Finding};
use crate::{
    config::{App, Events},
    dingtalk::{DingtalkApp, Need, Rights, Standing},
};

/// Asks DingTalk, with a token that is good.
pub(super) async fn check(app: &DingtalkApp) -> Vec<Finding> {
    findings(&app.config, &app.rights().await)
}

/// What is missing must be fixed where the server itself follows the directory; elsewhere it is worth a word.
fn findings(app: &App, rights: &Rights) -> Vec<Finding> {
    let check = Check::Directory(app.name.clone());
    let missing: Vec<_> = rights.missing().collect();
    let in_console = |need: Need| need.in_console().to_owned();
    if missing.is_empty() {
        let is_hidden =
            |(need, standing): &(Need, &Standing)| !need.is_required() && matches!(standing, Standing::Missing(_));
        let hidden = rights.all().filter(is_hidden).map(|(need, _)| in_console(need)).collect();
        return vec![Finding::ok(check, Fact::DirectoryReadable { hidden })];
    }
    if app.sync_every.is_none() && matches!(app.events, Events::Off) {
        let missing = missing.into_iter().map(|(need, _)| in_console(need)).collect();
        return vec![Finding::ok(check, Fact::SyncWouldLack { missing })];
    }
    let finding = |(need, standing): (Need, &Standing)| {
        let fact = match (need, standing) {
            (Need::Range, _) => Fact::RangeTooSmall { name: in_console(need), departments: rights.range.clone() },
            (_, Standing::Missing(Some(error))) => {
                Fact::PermissionMissing { name: in_console(need), need: need.word(), failure: Some(failure(error)) }
            }
            _ => Fact::PermissionMissing { name: in_console(need), need: need.word(), failure: None },
        };
        Finding::failed(check.clone(), fact)
    };
    missing.into_iter().map(finding).collect()
}
