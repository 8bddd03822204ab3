//! The paths of an employee's departments: as the last sync read them, or from DingTalk.
//!
//! DingTalk has no call from a department to its parents, so asking costs a walk through the directory. What a walk has
//! found is remembered for a minute, since an event rarely comes alone.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::super::departments;
use crate::{
    clock::Clock,
    db::Pools,
    dingtalk::{DingtalkApp, DingtalkError, ROOT, departments::DepartmentPath},
    ids::CorpId,
};

const FRESH_MS: i64 = 60_000;

pub(super) struct DepartmentPaths {
    pools: Pools,
    clock: Clock,
    walked: Mutex<Walks>,
}

/// In DingTalk's order. `None` where they are not all known: half of them must not pass for all.
type Paths = Option<Vec<DepartmentPath>>;

/// By the departments that were looked for: when, and what was found.
type Walks = HashMap<(CorpId, Vec<i64>), (i64, Paths)>;

#[derive(Debug, thiserror::Error)]
pub(super) enum PathError {
    #[error(transparent)]
    Dingtalk(#[from] DingtalkError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl DepartmentPaths {
    pub fn new(pools: Pools, clock: Clock) -> Self {
        Self { pools, clock, walked: Mutex::default() }
    }

    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The root has no path. An employee in no department at all is one whose departments the app may not see.
    pub async fn of(&self, app: &DingtalkApp, ids: &[i64]) -> Result<Paths, PathError> {
        let mut seen = BTreeSet::from([ROOT]);
        let below_root: Vec<_> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
        if below_root.is_empty() {
            return Ok((!ids.is_empty()).then(Vec::new));
        }
        let corp_id = &app.config.corp_id;
        if let Some(paths) = departments::paths(&mut *self.pools.read().await?, corp_id, &below_root).await? {
            return Ok(Some(paths));
        }
        let key = (corp_id.clone(), below_root);
        if let Some(paths) = self.remembered(&key) {
            return Ok(paths);
        }
        let found = app.department_paths(&key.1).await?;
        let paths = (found.len() == key.1.len()).then_some(found);
        self.lock().insert(key, (self.clock.monotonic_ms(), paths.clone()));
        Ok(paths)
    }

    fn remembered(&self, key: &(CorpId, Vec<i64>)) -> Option<Paths> {
        let (mut walked, now) = (self.lock(), self.clock.monotonic_ms());
        walked.retain(|_, (at, _)| now - *at < FRESH_MS);
        walked.get(key).map(|(_, paths)| paths.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Walks> {
        self.walked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
