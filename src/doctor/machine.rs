//! Settings and database: what can be seen without leaving the machine.

use super::{Scope, Subject, finding::Finding};
use crate::{
    config::{Config, UnknownUsers},
    db, users,
};

/// What the settings themselves tell.
pub fn settings(config: &Config, scope: Scope<'_>) -> Vec<Finding> {
    let apps: Vec<_> = config.apps.iter().filter(|app| scope.covers(&app.corp_id)).map(|app| &*app.name).collect();
    let origin = config.public_url.origin();
    let mut findings = vec![Finding::ok(
        "settings",
        format!("read; public_url {origin}{}, apps {}", config.base_path, apps.join(", ")),
    )];
    let here = matches!(config.public_url.as_url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !config.secure_cookies() && !here {
        let says = format!("public_url is {origin}: anyone on the network path can read the session cookie");
        findings.push(Finding::warning(
            "settings",
            says,
            "put a proxy with TLS in front, and write https:// in public_url",
        ));
    }
    if let Some(all) = config.trusted_proxies.iter().find(|network| network.prefix_len() == 0) {
        let says = format!("trusted_proxies contains {all}: anyone can claim that a request came from any address");
        findings.push(Finding::failed("settings", says, "list only the addresses of your proxies"));
    }
    findings
}

/// Whether the file can be written, who could read it, and whether anybody is in it.
pub async fn database(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let url = subject.database;
    match subject.pools.check_write().await {
        Ok(()) => findings.push(Finding::ok("database", format!("{url} opens, is up to date and can be written"))),
        Err(error) => {
            // Not as a cause: sqlx's error says everything twice in a chain.
            let says = format!("the database cannot be written ({error}); {}", db::advice(&error));
            findings.push(Finding::failed("database", says, ""));
        }
    }
    findings.extend(readers(subject));
    findings.extend(people(subject).await);
    findings
}

/// Opening the database has fixed this already, or has failed.
fn readers(subject: &Subject<'_>) -> impl Iterator<Item = Finding> {
    let cure = "it holds DingTalk's tokens and your people's data: find out what gave it that mode (a copy, a restored \
                backup, chmod -R)";
    subject.pools.repaired().iter().map(move |file| Finding::warning("database", file.to_string(), cure))
}

async fn people(subject: &Subject<'_>) -> Option<Finding> {
    let counted = async { users::numbers(&mut *subject.pools.read().await?, subject.scope.corp()).await }.await;
    match counted {
        Err(error) => Some(Finding::failed("people", format!("the user table cannot be read: {error}"), "")),
        Ok(users::Numbers { active: 0, .. }) if subject.config.unknown_users == UnknownUsers::Refuse => {
            let cure = "miandeng users import people.csv, or unknown_users = \"create\"";
            Some(Finding::failed("people", "nobody is in the user table, so nobody can sign in", cure))
        }
        Ok(users::Numbers { active: 0, .. }) => {
            Some(Finding::ok("people", "nobody is in the user table yet; each employee is added at the first sign-in"))
        }
        Ok(users::Numbers { active, .. }) => {
            let people = if active == 1 { "person" } else { "people" };
            Some(Finding::ok("people", format!("{active} {people} in the user table may sign in")))
        }
    }
}
