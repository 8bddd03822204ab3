//! Listens to DingTalk's streams, one for each app with `events = "stream"`, for as long as the server runs.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use tokio::time::sleep;

use super::{super::sync_due::sync_is_due, Directory};
use crate::{
    config::Events,
    db::Conn,
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

impl Directory {
    /// Listens to all streams. Never ends.
    pub async fn listen(self: Arc<Self>) {
        let apps = || self.dingtalk.apps().iter();
        let streams = apps().filter(|app| matches!(app.config.events, Events::Stream));
        let pushed = apps().filter(|app| matches!(app.config.events, Events::Callback { .. }));
        join(join_all(streams.map(|app| self.listen_to(app))), join_all(pushed.map(|app| self.catch_up(app, "start"))))
            .await;
        // There may be no stream.
        std::future::pending::<()>().await;
    }

    async fn listen_to(&self, app: &DingtalkApp) {
        let name = &app.config.name;
        // When DingTalk was heard last. A connection may be dead long before that is noticed.
        let (mut heard_until, mut failures) = (i64::MIN, 0);
        loop {
            let ended = match app.open_stream().await {
                Ok(stream) => {
                    let now_ms = self.clock.now_ms();
                    tracing::info!(app = name, "listening to DingTalk's stream of events");
                    self.receptions.connected(name, now_ms);
                    // Beside the stream: DingTalk waits for acknowledgements.
                    let reason = if heard_until == i64::MIN { "start" } else { "gap" };
                    let is_gap = now_ms.saturating_sub(heard_until) > GAP_MS;
                    let catch_up = async {
                        if is_gap {
                            self.catch_up(app, reason).await;
                        }
                    };
                    heard_until = now_ms;
                    let (ended, ()) = join(self.follow(app, stream, &mut heard_until), catch_up).await;
                    // What is opened and closed at once is no better than what does not open.
                    failures = if heard_until - now_ms > SHORT_MS { 0 } else { failures + 1 };
                    ended
                }
                Err(error) => {
                    failures += 1;
                    Some(error)
                }
            };
            self.receptions.ended(name, ended.as_ref().map(ToString::to_string));
            if let Some(error) = &ended {
                tracing::warn!(app = name, %error, failures, "no stream of DingTalk's events; trying again");
            }
            // At once where DingTalk asks for another connection.
            if ended.is_some() || failures > 1 {
                sleep(wait(failures, random::bytes())).await;
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
    async fn catch_up(&self, app: &DingtalkApp, reason: &str) {
        let (corp_id, now_ms) = (&app.config.corp_id, self.clock.now_ms());
        let due = self.pools.transaction(async |db: &mut Conn| sync_is_due(db, corp_id, reason, now_ms).await).await;
        if let Err(error) = due {
            tracing::warn!(%error, app = app.config.name, "a sync is due, which could not be noted");
        }
        self.fetch_failed(app).await;
    }
}

/// From half a second on, twice as long each time, less up to half of it, so that servers do not come back all at once.
fn wait(failures: u32, random: [u8; 1]) -> Duration {
    let longest = Duration::from_millis(500 << failures.min(10)).min(LONGEST_WAIT);
    longest.mul_f64(1.0 - 0.5 * f64::from(random[0]) / 255.0)
}
