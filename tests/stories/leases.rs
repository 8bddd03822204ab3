//! Several servers that answer from memory: what is revoked at one is refused by all when the command or answer returns,
//! whatever state the others are in.

use std::process::Stdio;

use miandeng::db;
use nix::sys::signal::Signal;
use rocket::tokio;

use crate::{
    faults::gate,
    harness::{Phone, Server, Site, ends, postgres::Database, program, until},
    postgres::{is_missing, site},
    watched::systemd::sends,
};

const SERVERS: usize = 3;

/// Servers that answer from memory, and one person's browser at each.
struct Deployment {
    database: Database,
    site: Site,
    servers: [Server; SERVERS],
    phones: Vec<Phone>,
}

impl Deployment {
    /// `None` where PostgreSQL is not installed.
    async fn start() -> Option<Self> {
        if is_missing() {
            return None;
        }
        let database = Database::empty();
        let site = site(&database).await;
        let servers = [(); SERVERS].map(|()| Server::spawn(program(site.path(), &["serve"]))).map(Server::listens);
        site.runs(&["users", "add", "zhangsan", "--name", "张三"]);
        let mut phone = site.phone(&servers[0], "zhangsan");
        phone.signs_in().await;
        let at = |server| {
            let mut there = site.phone(server, "zhangsan");
            there.cookies.clone_from(&phone.cookies);
            there
        };
        let phones = servers.iter().map(at).collect();
        let mut deployment = Self { database, site, servers, phones };
        deployment.every_server_has_a_lease().await;
        for phone in &mut deployment.phones {
            assert_eq!(gate(phone).await, 200);
        }
        Some(deployment)
    }

    async fn every_server_has_a_lease(&self) {
        let known = "SELECT count(*) FROM servers \
                     WHERE renewal <> 0 AND seen = (SELECT COALESCE(MAX(id), 0) FROM session_changes)";
        until("each server has a lease", async || self.database.psql(known) == SERVERS.to_string()).await;
    }
}

#[tokio::test]
async fn a_server_that_was_halted_across_a_revocation_wakes_up_without_its_lease() {
    let Some(mut deployment) = Deployment::start().await else { return };
    sends(&deployment.servers[1], Signal::SIGSTOP);
    deployment.site.runs(&["sessions", "revoke", "--all", "--yes"]);
    sends(&deployment.servers[1], Signal::SIGCONT);
    for phone in deployment.phones.iter_mut().rev() {
        assert_eq!(gate(phone).await, 401);
    }
    // Others took it for dead; it is back.
    deployment.every_server_has_a_lease().await;
}

#[tokio::test]
async fn whoever_revokes_again_waits_like_the_first() {
    let Some(mut deployment) = Deployment::start().await else { return };
    let Deployment { database, site, servers, phones } = &mut deployment;
    sends(&servers[1], Signal::SIGSTOP);
    let revoke = || program(site.path(), &["sessions", "revoke", "--all", "--yes"]);
    let mut first = revoke().stdout(Stdio::null()).spawn().unwrap();
    until("the first is committed", async || database.psql("SELECT count(*) FROM sessions") == "0").await;
    // It finds nothing to do.
    let again = revoke();
    let second = tokio::task::spawn_blocking(move || ends(again)).await.unwrap();
    assert!(second.status.success());
    sends(&servers[1], Signal::SIGCONT);
    assert_eq!(gate(&mut phones[1]).await, 401);
    assert!(first.wait().unwrap().success());
}

#[tokio::test]
async fn nobody_waits_for_servers_that_are_gone() {
    let Some(deployment) = Deployment::start().await else { return };
    let Deployment { database, site, servers: [_stays, stops, dies], mut phones } = deployment;
    sends(&stops, Signal::SIGTERM);
    until("it signs off", async || database.psql("SELECT count(*) FROM servers") == "2").await;
    dies.kill();
    site.runs(&["sessions", "revoke", "--all", "--yes"]);
    assert_eq!(database.psql("SELECT count(*) FROM servers"), "1", "it was found dead");
    assert_eq!(gate(&mut phones[0]).await, 401);
}

#[tokio::test]
async fn memory_answers_while_the_lease_lasts_and_not_a_moment_longer() {
    let Some(mut deployment) = Deployment::start().await else { return };
    let Deployment { database, phones, .. } = &mut deployment;
    // No row is given out: whoever asks for one waits, whoever knows answers.
    let mut held = db::connect_to_server(&database.url()).await.unwrap();
    for lock in ["BEGIN", "LOCK TABLE users, sessions IN ACCESS EXCLUSIVE MODE"] {
        db::query(lock).execute(&mut held).await.unwrap();
    }
    for phone in &mut *phones {
        assert_eq!(gate(phone).await, 200, "from memory");
    }
    // Now renewals wait as well.
    let lock = "LOCK TABLE session_changes IN ACCESS EXCLUSIVE MODE";
    db::query(lock).execute(&mut held).await.unwrap();
    until("the lease has ended", async || gate(&mut phones[0]).await == 503).await;
    drop(held);
    until("all is well again", async || gate(&mut phones[0]).await == 200).await;
}
