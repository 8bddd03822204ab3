//! What DingTalk tells us of changes in its directory: who came, changed, left.
//!
//! An event is written to the inbox before it is acknowledged, together with the end of a leaver's sessions; the rest is
//! work in the background. It is a hint and never the truth: what becomes of a row follows a fresh read.

mod department_paths;
mod failed;
mod inbox;
mod listen;
mod reception;
mod refusal;
pub mod routes;
mod streams;
mod work;

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Notify;

pub(super) use self::inbox::{heard_of_since, last_number};
use self::{department_paths::DepartmentPaths, inbox::Incoming, reception::Receptions, refusal::EventRefusal};
pub use self::{
    inbox::{last_event, sweep, waiting},
    reception::Reception,
    streams::{StreamSeen, streams_seen},
};
use super::sync_due::sync_is_due;
use crate::{
    audit::{Actor, Event as Audited, RequestOrigin},
    clock::Clock,
    config::{App, Config, Credentials, EventMode, Events},
    db::{Conn, Pools},
    dingtalk::{
        Dingtalk,
        events::{BadKey, Event, EventError, EventKind, Push, Reply, Subscription},
    },
    people::{By, Reason},
    random, sessions, users,
};

/// How long, in milliseconds, an event is remembered: a repetition within it has no effect.
pub const REMEMBERED_MS: i64 = 7 * 86_400_000;

/// What receives events and works on them. One for all apps of a deployment.
pub struct Directory {
    pools: Pools,
    dingtalk: Dingtalk,
    clock: Clock,
    /// By app: a subscription for each owner that its pushes may name.
    subscriptions: HashMap<String, Vec<Subscription>>,
    receptions: Receptions,
    paths: DepartmentPaths,
    arrived: Arc<Notify>,
    /// Of this process, among others on the same database.
    server: String,
}

impl Directory {
    /// # Errors
    /// When an `event_aes_key` is no key.
    pub fn new(config: &Config, pools: Pools, dingtalk: Dingtalk, clock: Clock) -> Result<Arc<Self>, BadKey> {
        let mut subscriptions = HashMap::new();
        for app in &config.apps {
            if let Events::Callback { token, aes_key } = &app.events {
                let of = |owner| Subscription::new(token.clone(), aes_key, owner);
                let of_app = owners(app).into_iter().map(of).collect::<Result<_, _>>()?;
                subscriptions.insert(app.name.clone(), of_app);
            }
        }
        let (receptions, paths) = (Receptions::default(), DepartmentPaths::new(pools.clone(), clock.clone()));
        let (arrived, server) = (Arc::default(), random::hex::<8>());
        Ok(Arc::new(Self { pools, dingtalk, clock, subscriptions, receptions, paths, arrived, server }))
    }

    /// Wakes whoever works on events.
    pub fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    /// Wakes whoever writes how streams stand.
    pub fn streams_changed(&self) -> Arc<Notify> {
        self.receptions.changed()
    }

    /// Writes how each stream stands, for those who ask from outside this server.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_streams(self: Arc<Self>) -> sqlx::Result<()> {
        let apps = self.dingtalk.apps().iter().map(|app| &app.config);
        for app in apps.filter(|app| app.events.mode() == EventMode::Stream) {
            let (reception, now_ms) = (self.receptions.of(&app.name, app.events.mode()), self.clock.now_ms());
            let write = async |db: &mut Conn| streams::write(db, &app.name, &self.server, &reception, now_ms).await;
            self.pools.transaction(write).await?;
        }
        Ok(())
    }

    /// How events of an app arrive, wherever they do: as this server sees it, or as the one that listens has written down.
    pub async fn reception_anywhere(&self, app: &str) -> Reception {
        let own = self.reception(app);
        if !own.stands_by {
            return own;
        }
        let read = async {
            let mut db = self.pools.read().await?;
            let streams = streams_seen(&mut db, app, self.clock.now_ms()).await?;
            Ok::<_, sqlx::Error>((streams, last_event(&mut db, app).await?))
        };
        match read.await {
            Ok((streams, last_event_at)) => Reception {
                connected_since: streams.iter().filter_map(|stream| stream.connected_since).min(),
                last_event_at,
                last_error: streams.into_iter().find_map(|stream| stream.last_error),
                ..own
            },
            Err(error) => {
                tracing::warn!(%error, app, "how the other servers listen could not be read");
                own
            }
        }
    }

    /// How events of an app arrive, as this server sees it.
    pub fn reception(&self, app: &str) -> Reception {
        let mode = self.app(app).map_or(EventMode::Off, |app| app.events.mode());
        self.receptions.of(app, mode)
    }

    /// Takes a push and answers what acknowledges it, once it is in the database.
    async fn receive(&self, app: &str, push: Push<'_>) -> Result<Reply, EventRefusal> {
        let subscriptions = self.subscriptions.get(app).ok_or(EventRefusal::UnknownApp)?;
        let app = self.app(app).ok_or(EventRefusal::UnknownApp)?;
        let (subscription, mut event) = open(subscriptions, push)?;
        // The signature covers it, so it is as good as the event's own time.
        event.time_ms = event.time_ms.or_else(|| push.timestamp.parse().ok());
        self.take(app, &event).await?;
        Ok(subscription.reply(self.clock.now_ms(), &random::hex::<8>(), random::bytes()))
    }

    /// Writes an event down. A leaver's sessions end in the same transaction: whoever asks the gate after the
    /// acknowledgement is refused.
    async fn take(&self, app: &App, event: &Event) -> Result<(), EventRefusal> {
        if is_foreign(app, event) {
            return Err(EventRefusal::OtherCorp);
        }
        Ok(self.take_all(app, std::slice::from_ref(event)).await?)
    }

    /// Writes events of the app's own corp down, all of them or none.
    async fn take_all(&self, app: &App, events: &[Event]) -> sqlx::Result<()> {
        let now_ms = self.clock.now_ms();
        if events.iter().any(|event| event.kind.is_about_departments()) {
            self.paths.forget();
        }
        let concerns_us = |event: &&Event| {
            event.kind.is_about_departments() || (event.kind.is_about_people() && !event.users.is_empty())
        };
        let ours: Vec<_> = events.iter().filter(concerns_us).collect();
        if !ours.is_empty() {
            let write_all = async |db: &mut Conn| {
                for event in &ours {
                    let incoming = Incoming { app: &app.name, corp_id: &app.corp_id, event, now_ms };
                    self.write(db, &incoming).await?;
                }
                Ok::<_, sqlx::Error>(())
            };
            self.pools.transaction(write_all).await?;
            self.arrived.notify_one();
        }
        for event in events {
            self.receptions.heard(&app.name, now_ms, matches!(event.kind, EventKind::Other(_)));
        }
        Ok(())
    }

    async fn write(&self, db: &mut Conn, incoming: &Incoming<'_>) -> sqlx::Result<()> {
        let Incoming { corp_id, event, now_ms, .. } = *incoming;
        if event.kind.is_about_departments() {
            if inbox::add_done(db, incoming).await? {
                sync_is_due(db, corp_id, "departments-changed", now_ms).await?;
                let entry = self.by(incoming.app).author().entry(Audited::DirectoryEvent).in_corp(corp_id);
                entry.with("event", event.kind.as_str()).with("effect", "sync-due").write(db).await?;
            }
            return Ok(());
        }
        let new = inbox::add(db, incoming).await?;
        // An event as old as the memory may be the repetition of one that is forgotten.
        let is_recent = event.time_ms.is_none_or(|at| at > now_ms - REMEMBERED_MS);
        if event.kind == EventKind::UserLeft && is_recent {
            for userid in new {
                if let Some(user) = users::find(db, corp_id, &userid).await? {
                    sessions::revoke_all_of(db, &user, None, self.by(incoming.app).author()).await?;
                }
            }
        }
        Ok(())
    }

    fn app(&self, name: &str) -> Option<&App> {
        self.dingtalk.apps().iter().map(|app| &app.config).find(|app| app.name == name)
    }

    fn by(&self, app: &str) -> By {
        let origin = RequestOrigin { app: app.to_owned(), ..RequestOrigin::default() };
        By::new(Actor::Dingtalk, Reason::DirectoryEvent, &self.clock).by_request(origin)
    }
}

fn is_foreign(app: &App, event: &Event) -> bool {
    event.corp_id.as_ref().is_some_and(|corp| *corp != app.corp_id)
}

/// Whom pushes are for: an address that the console knows has the app's key, one that a call registered the corp's id.
fn owners(app: &App) -> Vec<String> {
    let corp_id = app.corp_id.to_string();
    match &app.credentials {
        Credentials::App { client_id, .. } => vec![client_id.clone(), corp_id],
        Credentials::Corp { .. } => vec![corp_id],
    }
}

/// Opens a push by the subscription whose owner it names.
fn open<'a>(subscriptions: &'a [Subscription], push: Push<'_>) -> Result<(&'a Subscription, Event), EventError> {
    let mut refused = EventError::NoEvent;
    for subscription in subscriptions {
        match subscription.open(push) {
            Ok(event) => return Ok((subscription, event)),
            Err(error @ EventError::OtherOwner { .. }) => refused = error,
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}
