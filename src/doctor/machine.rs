//! Settings and database: what can be seen without leaving the machine.

use super::{Check, Fact, Scope, Subject, files, finding::Finding, sign_ins};
use crate::{
    config::{Config, UnknownUsers},
    db,
    setup::console,
    users::{self, Numbers},
};

/// What the settings themselves tell.
pub fn settings(config: &Config, scope: Scope<'_>) -> Vec<Finding> {
    let apps = config.apps.iter().filter(|app| scope.covers(&app.corp_id)).map(|app| app.name.clone()).collect();
    let origin = config.public_url.origin();
    let read = Fact::SettingsRead { public_url: format!("{origin}{}", config.base_path), apps };
    let mut findings = vec![Finding::ok(Check::Settings, read)];
    let here = matches!(config.public_url.as_url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !config.secure_cookies() && !here {
        findings.push(Finding::warning(Check::Settings, Fact::PlainHttp { origin: origin.to_owned() }));
    }
    if let Some(all) = config.trusted_proxies.iter().find(|network| network.prefix_len() == 0) {
        findings.push(Finding::failed(Check::Settings, Fact::EverybodyTrusted { network: all.to_string() }));
    }
    findings.extend(for_the_console(config, scope));
    findings.extend(files::check(config));
    // Settings are also those of the other corps.
    if scope.covers_all(config) {
        let from = config.sources.0.iter().cloned();
        findings.extend(from.map(|(source, keys)| Finding::ok(Check::Settings, Fact::SettingsFrom { source, keys })));
        findings.extend(whom_clients_are_for(config));
    }
    findings
}

/// Rules that work, and are hardly what was meant.
fn whom_clients_are_for(config: &Config) -> Vec<Finding> {
    let oidc = config.clients.iter().map(|client| (&client.name, &client.rules, client.rules.hold_for_every_corp()));
    // CAS tells an app the userid alone, which people of two organisations may share.
    let cas = config.cas_clients.iter().map(|client| (&client.name, &client.rules, client.rules.corp_id().is_none()));
    let (closed, open): (Vec<_>, Vec<_>) = oidc.chain(cas).partition(|(_, rules, _)| rules.lets_in_nobody());
    let closed = closed.into_iter().map(|(name, ..)| Fact::ClientOfNobody { client: name.clone() });
    let first = config.apps.first().map(|app| &app.corp_id);
    let has_several = config.apps.iter().any(|app| Some(&app.corp_id) != first);
    let for_all = open.into_iter().filter(|(.., is_for_all)| has_several && *is_for_all);
    let for_all: Vec<_> = for_all.map(|(name, ..)| name.clone()).collect();
    let for_all = (!for_all.is_empty()).then_some(Fact::ClientsOfEveryCorp { clients: for_all });
    closed.chain(for_all).map(|fact| Finding::warning(Check::Settings, fact)).collect()
}

fn for_the_console(config: &Config, scope: Scope<'_>) -> Vec<Finding> {
    let covered = |name: &str| config.apps.iter().any(|app| app.name == name && scope.covers(&app.corp_id));
    let addresses = console::addresses(config).into_iter().filter(|addresses| covered(&addresses.app));
    let finding = |console::Addresses { app, home_page, redirect_url }| {
        Finding::ok(Check::Console(app), Fact::ConsoleAddresses { home_page, redirect_url })
    };
    addresses.map(finding).chain([Finding::ok(Check::EgressIp, egress_ip())]).collect()
}

/// What can be known here of the address that DingTalk sees.
fn egress_ip() -> Fact {
    let address = console::outward_address();
    Fact::EgressIp {
        address: address.map(|address| address.to_string()),
        is_private: address.is_some_and(console::is_private),
    }
}

/// Whether the file can be written, who could read it, and whether anybody is in it.
pub async fn database(subject: &Subject<'_>) -> Vec<Finding> {
    let writable = match subject.pools.check_write().await {
        Ok(()) => Finding::ok(Check::Database, Fact::DatabaseGood { url: subject.database.to_owned() }),
        Err(error) => {
            let (advice, error) = (db::advice(&error), error.to_string());
            Finding::failed(Check::Database, Fact::DatabaseNotWritable { error, advice })
        }
    };
    let mut findings = vec![writable];
    findings.extend(readers(subject));
    findings.push(people(subject).await);
    findings.extend(shut_out(subject).await);
    findings.extend(sign_ins::lately(subject).await);
    findings
}

/// Opening the database has fixed this already, or has failed.
fn readers(subject: &Subject<'_>) -> impl Iterator<Item = Finding> {
    subject.pools.repaired().iter().map(|repaired| {
        let (file, old_mode) = (repaired.file.display().to_string(), repaired.old_mode);
        Finding::warning(Check::Database, Fact::DatabaseRepaired { file, old_mode })
    })
}

async fn people(subject: &Subject<'_>) -> Finding {
    let counted = async { users::numbers(&mut *subject.pools.read().await?, subject.scope.corp()).await }.await;
    match counted {
        Err(error) => Finding::failed(Check::People, Fact::UsersUnreadable { error: error.to_string() }),
        Ok(Numbers { active: 0, .. }) if subject.config.unknown_users == UnknownUsers::Refuse => {
            Finding::failed(Check::People, Fact::NobodyListed)
        }
        Ok(Numbers { active: 0, .. }) => Finding::ok(Check::People, Fact::NobodyYet),
        Ok(Numbers { active, .. }) => Finding::ok(Check::People, Fact::MaySignIn { people: active }),
    }
}

/// Rows that nobody can sign in with. Where the table cannot be read, that is said already.
async fn shut_out(subject: &Subject<'_>) -> Vec<Finding> {
    let read = async {
        let db = &mut *subject.pools.read().await?;
        Ok::<_, sqlx::Error>((users::active_by_corp(db).await?, users::alike(db, subject.scope.corp()).await?))
    };
    let Ok((corps, alike)) = read.await else { return Vec::new() };
    let has_app = |corp_id: &str| subject.config.apps.iter().any(|app| app.corp_id.as_str() == corp_id);
    let strangers =
        corps.into_iter().filter(|(corp_id, _)| subject.scope.covers_all(subject.config) && !has_app(corp_id));
    let strangers = strangers.map(|(corp_id, people)| Fact::PeopleOfNoApp { corp_id, people });
    let alike = (!alike.is_empty()).then_some(Fact::AlikeUserids { userids: alike });
    strangers.chain(alike).map(|fact| Finding::warning(Check::People, fact)).collect()
}
