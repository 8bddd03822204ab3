//! The stream of events: one server listens, and another takes over.

use miandeng::simulator::{FaultKind, Pushed};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rocket::tokio;

use super::{Servers, fault};
use crate::{
    faults::gate,
    harness::{CLIENT_ID, CORP, Phone, Server, until},
};

const DISABLED: &str = "SELECT COUNT(*) FROM users WHERE userid = 'zhangsan' AND disabled_because = 'left'";

async fn listening() -> Option<Servers<3>> {
    Servers::with(|settings| settings.app.push_str("\nevents = \"stream\"\nsync_disable_at_most = \"100%\"")).await
}

fn signal(server: &Server, signal: Signal) {
    kill(Pid::from_raw(server.pid().try_into().unwrap()), signal).unwrap();
}

/// Which server listens at first.
async fn listens(servers: &Servers<3>) -> usize {
    servers.site.simulator.listened_to(CLIENT_ID, 1).await;
    let says = |server: &Server| server.log().iter().any(|line| line.contains("listening to DingTalk's stream"));
    // A line may come a tenth of a second late.
    until("one says so", async || servers.all.iter().any(says)).await;
    servers.all.iter().position(says).expect("the same one")
}

/// An event that comes now has its effect at every server that answers.
async fn an_event_arrives(servers: &Servers<3>, phones: &mut [Phone]) {
    servers.database.psql("UPDATE users SET source = 'dingtalk', status = 'active', disabled_because = ''");
    let mut phone = phones[0].clone();
    phone.is_signed_in().await;
    for other in phones.iter_mut() {
        other.cookies.clone_from(&phone.cookies);
        assert_eq!(gate(other).await, 200);
    }
    assert_eq!(servers.site.simulator.leaves(CORP, "zhangsan").await, [Pushed::Acknowledged]);
    for other in phones.iter_mut() {
        assert_eq!(gate(other).await, 401);
    }
    until("the row follows", async || servers.database.psql(DISABLED) == "1").await;
    let _ = servers.site.simulator.returns(CORP, "zhangsan").await;
    until("the row follows", async || servers.database.psql(DISABLED) == "0").await;
}

#[tokio::test]
async fn one_server_listens_and_another_takes_over_when_it_dies() {
    let Some(mut servers) = listening().await else { return };
    let simulator = servers.site.simulator.clone();
    let dies = listens(&servers).await;
    let mut phones = servers.phones().await.to_vec();
    an_event_arrives(&servers, &mut phones).await;
    assert_eq!(simulator.streams(CLIENT_ID), 1, "the others stand by");
    servers.all[dies].stop();
    phones.remove(dies);
    simulator.listened_to(CLIENT_ID, 2).await;
    an_event_arrives(&servers, &mut phones).await;
    assert_eq!(simulator.streams(CLIENT_ID), 1);
    for (i, server) in servers.all.iter().enumerate() {
        assert!(i == dies || !server.log().iter().any(|line| line.contains("listens no more")), "{i}");
    }
}

#[tokio::test]
async fn a_server_that_is_paused_loses_the_stream_and_does_not_take_it_back() {
    let Some(servers) = listening().await else { return };
    let simulator = servers.site.simulator.clone();
    let paused = listens(&servers).await;
    let mut phones = servers.phones().await.to_vec();
    phones.remove(paused);
    signal(&servers.all[paused], Signal::SIGSTOP);
    simulator.listened_to(CLIENT_ID, 2).await;
    an_event_arrives(&servers, &mut phones).await;
    signal(&servers.all[paused], Signal::SIGCONT);
    servers.all[paused].logs(&["this server listens no more"]).await;
    until("one stream is left", async || simulator.streams(CLIENT_ID) == 1).await;
    an_event_arrives(&servers, &mut phones).await;
}

#[tokio::test]
async fn a_server_that_has_lost_the_database_listens_no_more() {
    let Some(servers) = listening().await else { return };
    let simulator = servers.site.simulator.clone();
    let listens = listens(&servers).await;
    servers.database.psql("ALTER TABLE leases RENAME TO elsewhere");
    servers.all[listens].logs(&["this server listens no more"]).await;
    until("nobody listens", async || simulator.streams(CLIENT_ID) == 0).await;
    servers.database.psql("ALTER TABLE elsewhere RENAME TO leases");
    simulator.listened_to(CLIENT_ID, 2).await;
    let mut phones = servers.phones().await.to_vec();
    an_event_arrives(&servers, &mut phones).await;
    assert_eq!(simulator.streams(CLIENT_ID), 1);
}

#[tokio::test]
async fn a_server_that_does_not_reach_dingtalk_leaves_the_stream_to_another() {
    let Some(servers) = listening().await else { return };
    let simulator = servers.site.simulator.clone();
    let fails = listens(&servers).await;
    simulator.fault(fault("/v1.0/gateway/connections/open", 2, FaultKind::Status(403)));
    simulator.cut_stream(CLIENT_ID);
    servers.all[fails].logs(&["this server listens no more"]).await;
    simulator.listened_to(CLIENT_ID, 2).await;
    let others = servers.all.iter().enumerate().filter(|(i, _)| *i != fails);
    let says = |(_, server): (usize, &Server)| server.log().iter().any(|line| line.contains("listening to DingTalk's"));
    until("another one says so", async || others.clone().any(says)).await;
}

#[tokio::test]
async fn a_server_that_stands_by_shows_how_the_stream_stands_and_raises_no_alarm() {
    const METRIC: &str = "miandeng_event_stream_connected{app=\"oa\"}";
    let Some(servers) = listening().await else { return };
    let listens = listens(&servers).await;
    servers.site.runs(&["users", "set", "zhangsan", "--role", "admin"]);
    let stands = "SELECT COUNT(*) FROM event_streams WHERE connected_since IS NOT NULL";
    until("it is written down", async || servers.database.psql(stands) == "1").await;
    let mut phones = servers.phones().await;
    phones[0].is_signed_in().await;
    let cookies = phones[0].cookies.clone();
    for (i, phone) in phones.iter_mut().enumerate() {
        phone.cookies.clone_from(&cookies);
        let metrics = phone.gets("/metrics").await.body;
        assert_eq!(metrics.contains(&format!("{METRIC} 1")), i == listens, "{i}: {metrics}");
        assert!(!metrics.contains(&format!("{METRIC} 0")), "{i}");
        phone.headers = vec![("Accept-Language", "en".to_owned())];
        let page = phone.gets("/admin/sync").await.body;
        assert!(page.contains("stream, connected since"), "{i}: {page}");
    }
}
