//! DingTalk's directory and the user table: what the one says the other is brought into line with.

mod departments;
mod pace;
mod plan;
mod read;
mod refused;
mod runs;
mod schedule;
mod sync;

pub use self::{
    plan::{Counts, Plan},
    read::{Progress, Snapshot},
    refused::Refused,
    runs::{Run, last_runs},
    schedule::Schedule,
    sync::{Mode, Report, Step, Sync, SyncError},
};
