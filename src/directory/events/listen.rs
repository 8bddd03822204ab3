//! Listens to DingTalk's streams, one for each app with `events = "stream"`, for as long as the server runs. After a gap, and
//! at the start of any app that takes events, what was missed is made up for.
//!
//! Where several servers share the database, one of them listens, by a lease, and another takes over within seconds when it
//! dies, is paused or loses the database. For a moment both may listen: an event that comes twice is in the inbox once.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use tokio::{
    select,
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::sleep,
};

use super::{super::sync_due::sync_is_due, Directory};
use crate::{
    config::Events,
    db::{Conn, Lease},
    dingtalk::{
        DingtalkApp,
        stream::{Received, Stream, StreamError},
    },
    random,
};

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// An interruption that is shorter, in milliseconds, loses nothing: DingTalk sends again what nobody acknowledged.
const GAP_MS: i64 = 10_000;
/// A connection that lasts no longer, in milliseconds, counts as a failure.
const SHORT_MS: i64 = 1_000;

/// How often a server that stands by asks whether it is its turn.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often a server of several tries in a row, and for how long it then leaves it to the others.
const TRIES: u32 = 3;
const OTHERS_FIRST: Duration = Duration::from_secs(2);

/// Hears of gaps, each by the word for why a sync is due.
type Gaps = UnboundedSender<&'static str>;

impl Directory {
    /// Listens for all apps. Never ends.
    pub async fn listen(self: Arc<Self>) {
        join_all(self.dingtalk.apps().iter().map(|app| self.keep_up(app))).await;
        // There may be nothing to listen to.
        std::future::pending::<()>().await;
    }

    /// What was missed is made up for beside the stream: DingTalk waits for acknowledgements, and wants another connection at
    /// once when it closes one.
    async fn keep_up(&self, app: &DingtalkApp) {
        let (gaps, mut gap) = unbounded_channel();
        let listen = async move {
            match app.config.events {
                Events::Off => {}
                Events::Callback { .. } => drop(gaps.send("start")),
                Events::Stream => self.listen_to(app, &gaps).await,
            }
        };
        let make_up = async {
            while let Some(reason) = gap.recv().await {
                self.make_up_for_gap(app, reason).await;
            }
        };
        join(listen, make_up).await;
    }

    async fn listen_to(&self, app: &DingtalkApp, gaps: &Gaps) {
        let name = &app.config.name;
        // When DingTalk was heard last. A connection may be dead long before that is noticed.
        let (mut heard_until, mut failures) = (None, 0);
        loop {
            let lease = self.wait_for_turn(name).await;
            select! {
                () = self.keep_connected(app, gaps, &mut heard_until, &mut failures) => {}
                () = lease.lost() => {}
            }
            self.receptions.ended(name, None);
            tracing::warn!(app = name, "this server listens no more, so that another one may");
            drop(lease);
            sleep(OTHERS_FIRST).await;
        }
    }

    /// Stands by while another server listens.
    async fn wait_for_turn(&self, app: &str) -> Lease {
        let name = format!("event stream of {app}");
        loop {
            match self.pools.lease(&name).await {
                Ok(lease) => {
                    self.receptions.stands_by(app, lease.is_none());
                    if let Some(lease) = lease {
                        return lease;
                    }
                }
                Err(error) => tracing::debug!(app, %error, "it is not known which server listens; trying again"),
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Ends where another server may reach DingTalk better.
    async fn keep_connected(&self, app: &DingtalkApp, gaps: &Gaps, heard_until: &mut Option<i64>, failures: &mut u32) {
        let name = &app.config.name;
        loop {
            let ended = match app.open_stream().await {
                Ok(stream) => {
                    let now_ms = self.clock.now_ms();
                    tracing::info!(app = name, "listening to DingTalk's stream of events");
                    self.receptions.connected(name, now_ms);
                    match heard_until {
                        None => drop(gaps.send("start")),
                        Some(until_ms) if now_ms - *until_ms > GAP_MS => drop(gaps.send("gap")),
                        Some(_) => {}
                    }
                    let until_ms = heard_until.insert(now_ms);
                    let ended = self.follow(app, stream, until_ms).await;
                    // What is opened and closed at once is no better than what does not open.
                    *failures = if *until_ms - now_ms > SHORT_MS { 0 } else { *failures + 1 };
                    ended
                }
                Err(error) => {
                    *failures += 1;
                    Some(error)
                }
            };
            self.receptions.ended(name, ended.as_ref().map(ToString::to_string));
            if let Some(error) = &ended {
                tracing::warn!(app = name, %error, failures, "no stream of DingTalk's events; trying again");
            }
            // At once where DingTalk asks for another connection.
            if ended.is_some() || *failures > 1 {
                sleep(wait(*failures, random::bytes())).await;
            }
            if self.pools.is_shared() && *failures > 0 && failures.is_multiple_of(TRIES) {
                return;
            }
        }
    }

    /// Takes what a stream delivers, to its end. `None` if DingTalk wants another connection in its place.
    async fn follow(&self, app: &DingtalkApp, mut stream: Stream, heard_until: &mut i64) -> Option<StreamError> {
        loop {
            let received = match stream.next().await {
                Ok(received) => received,
                Err(error) => return Some(error),
            };
            *heard_until = self.clock.now_ms();
            let (message_id, event) = match received {
                Received::Event { message_id, event } => (message_id, event),
                Received::Alive => continue,
                Received::Disconnect => return None,
            };
            let is_safe = match &event {
                Some(event) => self.stores(app, event).await,
                None => true,
            };
            if let Err(error) = stream.acknowledge(&message_id, is_safe).await {
                return Some(error);
            }
        }
    }

    /// Something may have been missed: a sync is due, and what nobody acknowledged is fetched.
    async fn make_up_for_gap(&self, app: &DingtalkApp, reason: &str) {
        let (corp_id, mut failures) = (&app.config.corp_id, 0);
        let note = async |db: &mut Conn| sync_is_due(db, corp_id, reason, self.clock.now_ms()).await;
        while let Err(error) = self.pools.transaction(note).await {
            tracing::warn!(%error, app = app.config.name, "a sync is due, which could not be noted; trying again");
            failures += 1;
            sleep(wait(failures, random::bytes())).await;
        }
        self.fetch_failed_after_gap(app).await;
    }
}

/// From half a second on, twice as long each time, less up to half of it, so that servers do not come back all at once.
pub(super) fn wait(failures: u32, random: [u8; 1]) -> Duration {
    let longest = Duration::from_millis(500 << failures.min(10)).min(LONGEST_WAIT);
    longest.mul_f64(1.0 - 0.5 * f64::from(random[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_are_spread() {
        for (failures, from_ms, to_ms) in [(0, 250, 500), (1, 500, 1_000), (3, 2_000, 4_000), (9, 30_000, 60_000)] {
            let (longest, shortest) = (wait(failures, [0]), wait(failures, [255]));
            assert_eq!((shortest.as_millis(), longest.as_millis()), (from_ms, to_ms), "{failures}");
        }
        assert_eq!(wait(u32::MAX, [0]), LONGEST_WAIT);
    }
}
