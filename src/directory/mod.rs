//! DingTalk's directory and the user table: what the one says the other is brought into line with.

mod asked;
mod departments;
mod events;
mod pace;
mod plan;
mod read;
mod refused;
mod runs;
mod schedule;
mod sync;
mod sync_due;

pub use self::{
    asked::{Asked, AskedSyncs, Failure, Stale, State, Wish},
    events::{Directory, REMEMBERED_MS, Reception, routes::routes, sweep},
    plan::{Counts, Plan},
    read::{Progress, Snapshot},
    refused::Refused,
    runs::{Run, last_runs, lease_holder},
    schedule::{Schedule, due_ms},
    sync::{Mode, Report, Step, Sync, SyncError},
    sync_due::{SyncDue, sync_is_done, sync_is_due, sync_needed},
};
