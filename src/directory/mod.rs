//! DingTalk's directory and the user table: what the one says the other is brought into line with.

mod asked;
mod departments;
mod events;
mod pace;
mod plan;
mod read;
mod refused;
mod report;
mod runs;
mod schedule;
mod sync;
mod sync_due;

pub use self::{
    asked::{Asked, AskedSyncs, Failure, Stale, State, Wish},
    events::{
        Directory, REMEMBERED_MS, Reception, StreamSeen, last_event, routes::routes, streams_seen, sweep, waiting,
    },
    plan::{Counts, Plan},
    read::{Progress, Snapshot},
    refused::Refused,
    report::Report,
    runs::{LastEnd, Run, last_runs, lease_holder},
    schedule::{Schedule, next_ms},
    sync::{Mode, Step, Sync, SyncError},
    sync_due::{SyncDue, sync_is_due, sync_needed},
};
