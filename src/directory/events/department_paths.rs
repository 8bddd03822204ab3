//! Departments' paths, remembered for a minute: each costs a walk through the directory, and an event rarely comes alone.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    clock::Clock,
    dingtalk::{DingtalkApp, DingtalkError, departments::DepartmentPath},
    ids::CorpId,
};

const FRESH_MS: i64 = 60_000;
const ROOT: i64 = 1;

pub(super) struct DepartmentPaths {
    clock: Clock,
    known: Mutex<HashMap<(CorpId, i64), (i64, DepartmentPath)>>,
}

impl DepartmentPaths {
    pub fn new(clock: Clock) -> Self {
        Self { clock, known: Mutex::default() }
    }

    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The paths of an employee's departments. `None` where they are not all to be seen: half of them must not pass for
    /// all.
    pub async fn of(&self, app: &DingtalkApp, ids: &[i64]) -> Result<Option<Vec<DepartmentPath>>, DingtalkError> {
        if ids.is_empty() {
            return Ok(None);
        }
        let mut below_root: Vec<_> = ids.iter().copied().filter(|id| *id != ROOT).collect();
        below_root.sort_unstable();
        below_root.dedup();
        if let Some(known) = self.remembered(app, &below_root) {
            return Ok(Some(known));
        }
        let paths = app.department_paths(&below_root).await?;
        if paths.len() < below_root.len() {
            return Ok(None);
        }
        let read_at = self.clock.monotonic_ms();
        let key = |id: &i64| (app.config.corp_id.clone(), *id);
        let read = below_root.iter().map(key).zip(paths.iter().map(|path| (read_at, path.clone())));
        self.lock().extend(read);
        Ok(Some(paths))
    }

    fn remembered(&self, app: &DingtalkApp, ids: &[i64]) -> Option<Vec<DepartmentPath>> {
        let (mut known, now) = (self.lock(), self.clock.monotonic_ms());
        known.retain(|_, (read_at, _)| now - *read_at < FRESH_MS);
        ids.iter().map(|id| Some(known.get(&(app.config.corp_id.clone(), *id))?.1.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(CorpId, i64), (i64, DepartmentPath)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
