//! Fetches the events that DingTalk could not deliver.

use std::sync::Arc;

use tokio::time::sleep;

use super::{Directory, is_foreign, listen::wait, refusal::EventRefusal};
use crate::{
    config::Events,
    db::Lease,
    dingtalk::{DingtalkApp, events::Event},
    random,
};

/// Pages of one fetch: 200 events each.
const MOST_PAGES: usize = 100;

impl Directory {
    /// Fetches them for every app to which events are pushed, unless another server is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fetch_all_failed(self: Arc<Self>) -> sqlx::Result<()> {
        for app in self.dingtalk.apps().iter().filter(|app| matches!(app.config.events, Events::Callback { .. })) {
            if let Some(alone) = self.pools.lease(&lease_name(app)).await? {
                self.fetch_failed(app, &alone).await;
            }
        }
        Ok(())
    }

    /// The same for one app, once no other server is at it.
    pub(super) async fn fetch_failed_after_gap(&self, app: &DingtalkApp) {
        let alone = self.pools.wait_for_lease(&lease_name(app)).await;
        self.fetch_failed(app, &alone).await;
    }

    /// Each call deletes at DingTalk what the call before has answered, so a page is in the database before the next is
    /// asked for, however long that takes. Of two servers that fetched at once, one would delete what the other still holds in
    /// memory alone.
    async fn fetch_failed(&self, app: &DingtalkApp, _alone: &Lease) {
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

fn lease_name(app: &DingtalkApp) -> String {
    format!("undelivered events of {}", app.config.name)
}
