//! Settings and database: what can be seen without leaving the machine.

use super::finding::Finding;
use crate::{
    cli::{Deployment, terminal::count},
    config::{Config, UnknownUsers},
    users::{self, Filter, Status},
};

pub(super) fn settings(config: &Config) -> Vec<Finding> {
    let apps: Vec<_> = config.apps.iter().map(|app| app.name.as_str()).collect();
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
pub(super) async fn database(deployment: &Deployment, url: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    match deployment.check_write().await {
        Ok(()) => findings.push(Finding::ok("database", format!("{url} opens, is up to date and can be written"))),
        Err(error) => findings.push(Finding::failed("database", error.to_string(), "")),
    }
    findings.extend(readers(deployment));
    findings.extend(people(deployment).await);
    findings
}

/// Opening the database has fixed this already, or has failed.
fn readers(deployment: &Deployment) -> impl Iterator<Item = Finding> {
    let cure = "it holds DingTalk's tokens and your people's data: find out what gave it that mode (a copy, a restored \
                backup, chmod -R)";
    deployment.pools.repaired().iter().map(move |file| Finding::warning("database", file.to_string(), cure))
}

async fn people(deployment: &Deployment) -> Option<Finding> {
    let filter = Filter { status: Some(Status::Active), ..Filter::default() };
    let listed = async { users::list(&mut *deployment.pools.read().await?, &filter).await }.await;
    match listed {
        Err(error) => Some(Finding::failed("people", format!("the user table cannot be read: {error}"), "")),
        Ok(people) if people.is_empty() && deployment.config.unknown_users == UnknownUsers::Refuse => {
            let cure = "miandeng users import people.csv, or unknown_users = \"create\"";
            Some(Finding::failed("people", "nobody is in the user table, so nobody can sign in", cure))
        }
        Ok(people) if people.is_empty() => {
            Some(Finding::ok("people", "nobody is in the user table yet; each employee is added at the first sign-in"))
        }
        Ok(people) => {
            let number = count(people.len() as u64, "person", "people");
            Some(Finding::ok("people", format!("{number} in the user table may sign in")))
        }
    }
}
