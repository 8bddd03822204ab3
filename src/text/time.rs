//! Times as a person reads them.

use std::time::{Duration, UNIX_EPOCH};

use crate::clock::UnixSeconds;

/// The last second of the year 9999, which is as far as RFC 3339 goes.
const LAST: UnixSeconds = 253_402_300_799;

/// A time in UTC, `2026-11-02T08:00:00Z`. What lies outside the years 1970 to 9999 is shown as the nearest of them.
pub fn utc(at: UnixSeconds) -> String {
    let seconds = at.clamp(0, LAST).unsigned_abs();
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_too_odd_to_be_shown() {
        assert_eq!(utc(1_793_606_400), "2026-11-02T08:00:00Z");
        assert_eq!(utc(i64::MIN), "1970-01-01T00:00:00Z");
        assert_eq!(utc(i64::MAX), "9999-12-31T23:59:59Z");
    }
}
