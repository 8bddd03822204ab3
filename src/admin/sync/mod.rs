//! DingTalk's directory and the user table: when they were last brought into line, what that would change now, and doing it.

mod outcome;
mod rights;
pub mod routes;
mod view;

pub use self::outcome::{LastRun, last_run};
