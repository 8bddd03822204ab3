//! Tokens and tickets: one server asks DingTalk, the others read what it has stored.

use miandeng::simulator::FaultKind;
use rocket::{futures::future::join_all, tokio};

use super::{Servers, fault, started};
use crate::harness::{CORP, Phone, Server, Site, until};

const TOKEN: &str = "/gettoken";
const TICKET: &str = "/get_jsapi_ticket";

/// Calls for tokens and for tickets.
fn calls(site: &Site) -> (usize, usize) {
    (site.simulator.calls(TOKEN), site.simulator.calls(TICKET))
}

/// Late enough that all servers ask meanwhile.
fn slow_down(site: &Site) {
    for path in [TOKEN, TICKET] {
        site.simulator.fault(fault(path, usize::MAX, FaultKind::Delay(400)));
    }
}

/// Somebody opens the app at each server.
async fn all_open(site: &Site, servers: &[Server]) {
    let opened = servers.iter().map(async |server| site.phone(server, "zhangsan").opens_app().await.status);
    for status in join_all(opened).await {
        assert_eq!(status, 200);
    }
}

/// Somebody signs in at each server: to that belongs the token, as the ticket does to the page.
async fn all_sign_in(site: &Site, servers: &[Server]) {
    join_all(servers.iter().map(async |server| site.phone(server, "zhangsan").is_signed_in().await)).await;
}

#[tokio::test]
async fn three_servers_that_start_cold_ask_for_one_token_and_one_ticket() {
    let Some(Servers { site, all, database: _database }) = Servers::<3>::start().await else { return };
    slow_down(&site);
    let crowd = (0..10).map(|_| all_open(&site, &all));
    join_all(crowd).await;
    assert_eq!(calls(&site), (1, 1));
}

#[tokio::test]
async fn a_token_that_dingtalk_has_voided_is_fetched_once_for_all_servers() {
    let Some(servers) = Servers::<3>::start().await else { return };
    let site = &servers.site;
    let mut phones = servers.phones().await;
    for round in 2..5 {
        let mut states = Vec::new();
        for phone in &mut phones {
            states.push(phone.opens_app().await.state());
        }
        slow_down(site);
        site.simulator.void_tokens(CORP);
        let codes: Vec<_> = phones.iter().map(Phone::code).collect();
        let sent = phones
            .iter_mut()
            .zip(codes.iter().zip(&states))
            .map(async |(phone, (code, state))| phone.sends_code(code, state).await.status);
        assert_eq!(join_all(sent).await, [200; 3], "{round}");
        assert_eq!(calls(site), (round, 1), "not one for each server");
        site.simulator.clear_faults();
        phones = servers.phones().await;
    }
}

#[tokio::test]
async fn what_is_about_to_expire_is_renewed_by_one_server_and_read_by_the_others() {
    let Some(Servers { site, all: [server], database }) = Servers::<1>::start().await else { return };
    all_open(&site, std::slice::from_ref(&server)).await;
    server.kill();
    // As if it were an hour and fifty-two minutes later.
    database.psql("UPDATE credentials SET expires_at = expires_at - 6720, first_seen_at = first_seen_at - 6720");
    slow_down(&site);
    let all: [Server; 3] = started(&site);
    assert_eq!(calls(&site), (1, 1));
    for _ in 0..3 {
        all_sign_in(&site, &all).await;
    }
    let renewed = "SELECT COUNT(*) FROM credentials \
                   WHERE expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT) + 3600";
    until("both are renewed", async || database.psql(renewed) == "2").await;
    // Whoever still waits for its turn has looked again by now.
    until("nobody renews", async || database.psql("SELECT COUNT(*) FROM leases") == "0").await;
    for _ in 0..3 {
        all_sign_in(&site, &all).await;
    }
    assert_eq!(calls(&site), (2, 2));
}

#[tokio::test]
async fn a_server_that_dies_while_it_asks_holds_up_the_others_for_seconds_only() {
    let Some(Servers { site, all: [dies, lives], database }) = Servers::<2>::start().await else { return };
    site.simulator.fault(fault(TOKEN, 1, FaultKind::Hang));
    let mut phone = site.phone(&dies, "zhangsan");
    let request = phone.request(reqwest::Method::GET, &format!("/?corpid={CORP}"));
    let waits = tokio::spawn(async move { phone.tries(request).await.is_ok() });
    until("it asks", async || site.simulator.calls(TOKEN) == 1).await;
    assert_eq!(database.psql("SELECT COUNT(*) FROM leases WHERE name LIKE 'access_token-%'"), "1");
    dies.kill();
    assert!(!waits.await.unwrap());
    all_open(&site, std::slice::from_ref(&lives)).await;
    assert_eq!(calls(&site), (2, 1));
}

#[tokio::test]
async fn where_no_lease_is_to_be_had_each_server_asks_for_itself() {
    let Some(Servers { site, all, database }) = Servers::<2>::start().await else { return };
    database.psql("ALTER TABLE leases RENAME TO elsewhere; ALTER TABLE credentials RENAME TO lost");
    all_open(&site, &all).await;
    assert_eq!(calls(&site), (2, 2));
}
