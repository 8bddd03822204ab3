//! Fetches the events that DingTalk could not deliver.

use std::sync::Arc;

use super::{super::sync_due::sync_is_due, Directory, refusal::EventRefusal};
use crate::{
    config::Events,
    db::Conn,
    dingtalk::{DingtalkApp, events::Event},
};

/// Pages of one fetch: 200 events each.
const MOST_PAGES: usize = 100;

impl Directory {
    /// The same for every app to which events are pushed.
    pub async fn fetch_all_failed(self: Arc<Self>) {
        for app in self.dingtalk.apps().iter().filter(|app| matches!(app.config.events, Events::Callback { .. })) {
            self.fetch_failed(app).await;
        }
    }

    /// Each call deletes at DingTalk what the call before has answered, so a page is in the database before the next is
    /// asked for.
    pub(super) async fn fetch_failed(&self, app: &DingtalkApp) {
        let name = &app.config.name;
        for _ in 0..MOST_PAGES {
            let (events, has_more) = match app.failed_events().await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, app = name, "events that were not delivered could not be fetched");
                    return;
                }
            };
            for event in &events {
                if !self.stores(app, event).await {
                    return;
                }
            }
            if !has_more {
                return;
            }
        }
    }

    /// Whether an event is safe, or will never be more than it is now.
    pub(super) async fn stores(&self, app: &DingtalkApp, event: &Event) -> bool {
        let (name, corp_id) = (&app.config.name, &app.config.corp_id);
        match self.take(&app.config, event).await {
            Ok(()) => true,
            Err(EventRefusal::Database(error)) => {
                tracing::warn!(%error, app = name, "an event could not be written down");
                let now_ms = self.clock.now_ms();
                let due = async |db: &mut Conn| sync_is_due(db, corp_id, "event-lost", now_ms).await;
                let _ = self.pools.transaction(due).await;
                false
            }
            Err(refusal) => {
                tracing::warn!(%refusal, app = name, "an event was not taken");
                true
            }
        }
    }
}
