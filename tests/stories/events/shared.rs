//! Two servers on one file.

use miandeng::simulator::Pushed;
use rocket::{futures::future::join, tokio};

use super::{called_back, comes_true, is_out, joins, open_events, stream, trail, works};
use crate::harness::{App, CLIENT_ID, CORP, on_postgres, until};

async fn rows(app: &App, event: &str) -> usize {
    trail(app).await.iter().filter(|(written, _)| written == event).count()
}

#[tokio::test]
async fn an_event_that_is_pushed_to_one_is_worked_on_once() {
    let one = called_back().await;
    let other = one.second().await;
    let mut phone = joins(&one, "xinren").await;
    let mut there = other.phone("xinren");
    there.cookies = phone.cookies.clone();
    assert_eq!(there.gets("/home").await.status, 200);
    for userid in ["a", "b", "c", "d"] {
        joins(&one, userid).await;
    }
    for userid in ["a", "b", "c", "d", "xinren"] {
        assert_eq!(one.simulator.leaves(CORP, userid).await, [Pushed::Acknowledged]);
    }
    is_out(&mut there).await;
    is_out(&mut phone).await;
    join(works(&one), works(&other)).await;
    assert_eq!(open_events(&one).await, 0);
    assert_eq!((rows(&one, "user-added").await, rows(&one, "user-disabled").await), (5, 5));
    assert_eq!(rows(&one, "session-revoked").await, 5);
    assert_eq!(rows(&one, "directory-event").await, 10, "a row for each that joined and each that left");
}

#[tokio::test]
async fn each_holds_a_stream_and_an_event_comes_over_either() {
    if on_postgres("there one server listens for all (several_servers::stream)") {
        return;
    }
    let one = stream::listening().await;
    let mut other = one.second().await;
    one.simulator.listened_to(CLIENT_ID, 2).await;
    let mut first = joins(&one, "first").await;
    let mut second = joins(&one, "second").await;
    assert_eq!(one.simulator.leaves(CORP, "first").await, [Pushed::Acknowledged], "over the newest");
    is_out(&mut first).await;

    other.stops().await;
    until("one stream is closed", async || one.simulator.streams(CLIENT_ID) <= 1).await;
    assert_eq!(one.simulator.leaves(CORP, "second").await, [Pushed::Acknowledged], "over the one that is left");
    is_out(&mut second).await;
    works(&one).await;
    comes_true(&one, "SELECT CAST(CAST(COUNT(*) = 2 AS INTEGER) AS BIGINT) FROM users WHERE disabled_because = 'left'")
        .await;
    assert_eq!(rows(&one, "user-disabled").await, 2);
}
