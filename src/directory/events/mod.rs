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
mod work;

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Notify;

use self::{department_paths::DepartmentPaths, inbox::Incoming, reception::Receptions, refusal::EventRefusal};
pub use self::{inbox::sweep, reception::Reception};
use super::sync_due::sync_is_due;
use crate::{
    audit::{Actor, Event as Audited, RequestOrigin},
    clock::Clock,
    config::{App, Config, Credentials, Events},
    db::{Conn, Pools},
    dingtalk::{
        Dingtalk,
        events::{BadKey, Event, EventKind, Push, Reply, Subscription},
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
    subscriptions: HashMap<String, Subscription>,
    receptions: Receptions,
    paths: DepartmentPaths,
    arrived: Arc<Notify>,
}

impl Directory {
    /// # Errors
    /// When an `event_aes_key` is no key.
    pub fn new(config: &Config, pools: Pools, dingtalk: Dingtalk, clock: Clock) -> Result<Arc<Self>, BadKey> {
        let mut subscriptions = HashMap::new();
        for app in &config.apps {
            if let Events::Callback { token, aes_key } = &app.events {
                let subscription = Subscription::new(token.clone(), aes_key, owner(app))?;
                subscriptions.insert(app.name.clone(), subscription);
            }
        }
        let (receptions, paths) = (Receptions::default(), DepartmentPaths::new(clock.clone()));
        Ok(Arc::new(Self { pools, dingtalk, clock, subscriptions, receptions, paths, arrived: Arc::default() }))
    }

    /// Wakes whoever works on events.
    pub fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    /// How events of an app arrive.
    pub fn reception(&self, app: &str) -> Reception {
        self.receptions.of(app)
    }

    /// Takes a push and answers what acknowledges it, once it is in the database.
    async fn receive(&self, app: &str, push: Push<'_>) -> Result<Reply, EventRefusal> {
        let subscription = self.subscriptions.get(app).ok_or(EventRefusal::UnknownApp)?;
        let app = self.app(app).ok_or(EventRefusal::UnknownApp)?;
        let mut event = subscription.open(push)?;
        // The signature covers it, so it is as good as the event's own time.
        event.time_ms = event.time_ms.or_else(|| push.timestamp.parse().ok());
        self.take(app, &event).await?;
        Ok(subscription.reply(self.clock.now_ms(), &random::hex::<8>(), random::bytes()))
    }

    /// Writes an event down. A leaver's sessions end in the same transaction: whoever asks the gate after the
    /// acknowledgement is refused.
    async fn take(&self, app: &App, event: &Event) -> Result<(), EventRefusal> {
        if event.corp_id.as_ref().is_some_and(|corp| *corp != app.corp_id) {
            return Err(EventRefusal::OtherCorp);
        }
        let now_ms = self.clock.now_ms();
        self.receptions.heard(&app.name, now_ms, matches!(event.kind, EventKind::Other(_)));
        let about_departments = event.kind.is_about_departments();
        match event.kind {
            EventKind::CheckUrl | EventKind::Other(_) => return Ok(()),
            _ if about_departments => self.paths.forget(),
            _ if event.users.is_empty() => return Ok(()),
            _ => {}
        }
        let incoming = Incoming { app: &app.name, corp_id: &app.corp_id, event, now_ms };
        self.pools.transaction(async |db: &mut Conn| self.write(db, &incoming).await).await?;
        self.arrived.notify_one();
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

/// Whom pushes are for: an address that the console knows has the app's key, one that a call registered the corp's id.
fn owner(app: &App) -> String {
    match &app.credentials {
        Credentials::App { client_id, .. } => client_id.clone(),
        Credentials::Corp { .. } => app.corp_id.to_string(),
    }
}
