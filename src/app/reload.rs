//! Other settings, while the server runs.

use std::sync::Arc;

use rocket::Shutdown;

use super::{
    BuildError,
    settled::{Kept, settle},
};
use crate::{
    audit::{Actor, Entry, Event},
    config::Config,
    db::Conn,
    jobs::Jobs,
    web::in_force::Current,
};

/// Puts settings in force in place of others. A clone is a handle on the same server.
#[derive(Clone)]
pub struct Reload {
    kept: Arc<Kept>,
    current: Current,
}

impl Reload {
    pub(super) fn new(kept: Arc<Kept>, current: Current) -> Self {
        Self { kept, current }
    }

    /// The settings in force.
    pub fn config(&self) -> Option<Config> {
        self.current.now().part::<Config>().cloned()
    }

    /// Requests that have begun end by the old settings, new ones begin by the new. So do the jobs: one that is under way
    /// goes on to its end.
    ///
    /// # Errors
    /// When the settings cannot be used; then nothing has changed.
    pub async fn put(&self, config: Config, shutdown: Shutdown) -> Result<(), BuildError> {
        let settled = settle(&self.kept, config).await?;
        let old = self.current.now();
        self.current.replace(settled);
        let new = self.current.now();
        self.kept.follow(&new);
        if let (Some(old), Some(new)) = (old.part::<Arc<Jobs>>(), new.part::<Arc<Jobs>>()) {
            new.replace(old, shutdown);
        }
        self.kept.metrics.reloads.done(true);
        Ok(())
    }

    /// Counts settings that were refused, and gives them a row in the trail.
    pub async fn refused(&self, reason: &str) {
        self.kept.metrics.reloads.done(false);
        let entry = Entry::new(Event::SettingsRefused, Actor::System, &self.kept.clock).with("error", reason);
        if let Err(error) = self.kept.pools.transaction(async |tx: &mut Conn| entry.write(tx).await).await {
            tracing::warn!(%error, "refused settings are missing from the audit trail");
        }
    }
}
