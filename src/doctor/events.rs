//! Whether DingTalk's directory events arrive.

use super::{Check, Fact, Subject, finding::Finding};
use crate::{
    config::{App, Events},
    directory::{self, Reception, StreamSeen},
};

/// What is known of the way that an app's events take. Times are in milliseconds since 1970.
#[derive(Debug, Default)]
pub struct Arrival {
    /// Since when a stream stands.
    pub connected_since: Option<i64>,
    pub last_event_at: Option<i64>,
    /// Why the last stream ended, or did not come about.
    pub last_error: Option<String>,
}

impl From<Reception> for Arrival {
    fn from(reception: Reception) -> Self {
        let Reception { connected_since, last_event_at, last_error, .. } = reception;
        Self { connected_since, last_event_at, last_error }
    }
}

/// `None` where no events are wanted.
pub fn arrival(app: &App, arrival: Arrival) -> Option<Finding> {
    let check = Check::Events(app.name.clone());
    let Arrival { connected_since, last_event_at: last_ms, last_error } = arrival;
    Some(match (&app.events, connected_since, last_ms) {
        (Events::Off, ..) => return None,
        (Events::Stream, Some(since_ms), _) => Finding::ok(check, Fact::EventsConnected { since_ms, last_ms }),
        (Events::Stream, None, _) => Finding::failed(check, Fact::EventsNotConnected { why: last_error }),
        (Events::Callback { .. }, _, Some(last_ms)) => Finding::ok(check, Fact::EventsArrive { last_ms }),
        (Events::Callback { .. }, _, None) => Finding::unknown(check, Fact::NoEventYet),
    })
}

/// What the servers that run have written down, for a command beside them.
pub(super) async fn seen(subject: &Subject<'_>, app: &App) -> Option<Finding> {
    let read = async {
        let mut db = subject.pools.read().await?;
        let streams = directory::streams_seen(&mut db, &app.name, subject.clock.now_ms()).await?;
        Ok::<_, sqlx::Error>((streams, directory::last_event(&mut db, &app.name).await?))
    };
    let unknown = || Some(Finding::unknown(Check::Events(app.name.clone()), Fact::EventsUnseen));
    match (read.await, &app.events) {
        (_, Events::Off) => None,
        // What is wrong with the database is said where the database is looked at.
        (Err(_), _) => unknown(),
        (Ok((streams, _)), Events::Stream) if streams.is_empty() => unknown(),
        (Ok((streams, last_event_at)), _) => {
            let connected_since = streams.iter().filter_map(|stream| stream.connected_since).min();
            let last_error = streams.into_iter().find_map(|StreamSeen { last_error, .. }| last_error);
            arrival(app, Arrival { connected_since, last_event_at, last_error })
        }
    }
}
