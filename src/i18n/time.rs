//! Times as a person reads them.

use std::time::{Duration, UNIX_EPOCH};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer};

use crate::clock::UnixSeconds;

/// The end of the year 9999, which is as far as RFC 3339 goes.
const LAST: UnixSeconds = 253_402_300_799;

/// `2026-11-02T08:00:00Z`. Times outside the years 1970 to 9999 are shown as the nearest within.
pub fn utc(at: UnixSeconds) -> String {
    let seconds = at.clamp(0, LAST).unsigned_abs();
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// In this machine's time zone, to the minute: `2026-11-02 16:00`.
pub fn local(at: UnixSeconds) -> String {
    // jiff's last moment is a day earlier, so that each zone has it.
    let moment = Timestamp::from_second(at.max(0)).unwrap_or(Timestamp::MAX);
    moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Milliseconds since 1970 in this machine's time zone: `2026-11-02T16:00:00.250+08:00`.
pub fn local_ms(at_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(at_ms.max(0)).unwrap_or(Timestamp::MAX);
    moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// For `serialize_with`.
pub fn local_iso_8601_ms<S: Serializer>(at_ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&local_ms(*at_ms))
}

/// Reads a time in RFC 3339, or a date, which is its first moment in this machine's time zone. Milliseconds since 1970.
pub fn read_time(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::system()).ok()?.timestamp().as_millisecond())
}

/// For `serialize_with`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub date: String,
    pub from_ms: i64,
    pub until_ms: i64,
}

pub fn last_days(now: UnixSeconds, days: u8) -> Vec<Day> {
    last_days_in(&TimeZone::system(), now, days)
}

fn last_days_in(zone: &TimeZone, now: UnixSeconds, days: u8) -> Vec<Day> {
    let today = Timestamp::from_second(now).unwrap_or_default().to_zoned(zone.clone()).date();
    let start = |date: jiff::civil::Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    let day = |ago: u8| {
        let date = today.checked_sub(jiff::Span::new().days(ago)).ok()?;
        Some(Day { date: date.to_string(), from_ms: start(date)?, until_ms: start(date.tomorrow().ok()?)? })
    };
    (0..days).rev().filter_map(day).collect()
}

pub fn iso_8601<S: Serializer>(at: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc(*at))
}

/// For `serialize_with`.
pub fn iso_8601_if_known<S: Serializer>(at: &Option<UnixSeconds>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(utc).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_without_a_gap_whatever_the_zone() {
        // Half an hour off, and with a day of 25 hours.
        for (posix, now, hours) in [("IST-5:30", 1_793_606_400, 24), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_793_000_000, 25)]
        {
            let zone = TimeZone::posix(posix).expect("a zone");
            let days = last_days_in(&zone, now, 14);
            assert_eq!(days.len(), 14);
            assert!(days.windows(2).all(|pair| pair[0].until_ms == pair[1].from_ms), "{days:?}");
            assert!((days[13].from_ms..days[13].until_ms).contains(&(now * 1000)), "{days:?}");
            assert!(days.iter().any(|day| day.until_ms - day.from_ms == hours * 3_600_000), "{days:?}");
        }
        assert_eq!(last_days_in(&TimeZone::UTC, i64::MAX, 1).len(), 1);
    }

    #[test]
    fn no_time_is_too_odd_to_be_shown() {
        assert_eq!(utc(1_793_606_400), "2026-11-02T08:00:00Z");
        assert_eq!(utc(i64::MIN), "1970-01-01T00:00:00Z");
        assert_eq!(utc(i64::MAX), "9999-12-31T23:59:59Z");
        for (odd, year) in [(i64::MIN, ["1969", "1970"]), (i64::MAX, ["9999", "9999"]), (LAST, ["9999", "9999"])] {
            assert!(year.contains(&&local(odd)[..4]), "{}", local(odd));
        }
    }
}
