//! One writes at a time, as in SQLite's file, whichever server it is.
//!
//! Each transaction that writes takes one advisory lock first and holds it until it has ended. So what was true of one
//! writer is true of several servers: a check and the write that follows it are not divided (the last administrator, a
//! code that is spent once, the fifty sessions), a lock is never waited for in two orders, and rows are numbered in the
//! order in which they are committed. PostgreSQL makes a commit visible before it gives its locks back, and each
//! statement sees what was committed before it, so the next writer sees everything of the one before.
//!
//! A trigger (migrations/postgres/0006) takes the same lock for a change of sessions that somebody makes with psql.

/// The lock's name: "miandeng" as a number. Locks belong to a database, so two deployments in one PostgreSQL do not meet.
/// `migrations/postgres` has it, too.
pub const WRITE: i64 = 7_883_939_749_447_429_735;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_our_name_and_the_trigger_takes_it() {
        assert_eq!(WRITE, i64::from_be_bytes(*b"miandeng"));
        let trigger = include_str!("../../../migrations/postgres/0006_session_changes.sql");
        assert!(trigger.contains(&format!("pg_advisory_xact_lock({WRITE})")));
    }
}
