//! Fetches the events that DingTalk could not deliver.

use std::sync::Arc;

use tokio::time::sleep;

use super::{Directory, is_foreign, listen::wait, refusal::EventRefusal};
use crate::{
    config::Events,
    dingtalk::{DingtalkApp, events::Event},
    random,
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
    /// asked for, however long that takes.
    pub(super) async fn fetch_failed(&self, app: &DingtalkApp) {
        for _ in 0..MOST_PAGES {
            let (mut events, has_more) = match app.failed_events().await {
                Ok(page) => page,
                Err(error) => {
                    let app = &app.config.name;
                    tracing::warn!(%error, app, "events that were not delivered could not be fetched");
                    return;
                }
            };
            events.retain(|event| !is_foreign(&app.config, event));
            let mut failures = 0;
            // In one transaction: DingTalk will not tell the rest of a page that was stored in part.
            while let Err(error) = self.take_all(&app.config, &events).await {
                tracing::warn!(%error, app = app.config.name, "events could not be written down");
                failures += 1;
                sleep(wait(failures, random::bytes())).await;
            }
            if !has_more {
                return;
            }
        }
    }

    /// Whether an event is safe, or will never be more than it is now.
    pub(super) async fn stores(&self, app: &DingtalkApp, event: &Event) -> bool {
        let name = &app.config.name;
        match self.take(&app.config, event).await {
            Ok(()) => true,
            Err(EventRefusal::Database(error)) => {
                tracing::warn!(%error, app = name, "an event could not be written down");
                false
            }
            Err(refusal) => {
                tracing::warn!(%refusal, app = name, "an event was not taken");
                true
            }
        }
    }
}
