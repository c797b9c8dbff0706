//! The time in ERCOT's part of Texas.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::clock::later;

/// The zone of every address in the book.
pub(crate) const ZONE: &str = "America/Chicago";

/// The zone database is compiled in, so the zone is there.
static TEXAS: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get(ZONE).unwrap_or(TimeZone::UTC));

/// In which hours of a working day something is done.
const OPEN: std::ops::Range<i8> = 8..17;

/// How finely business hours are counted.
const STEP: SignedDuration = SignedDuration::from_mins(15);

fn zoned(at: Timestamp) -> Zoned {
    at.to_zoned(TEXAS.clone())
}

/// The day that a moment is in.
pub(crate) fn day(at: Timestamp) -> Date {
    zoned(at).date()
}

/// The first moment of a day.
pub(crate) fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TEXAS.clone())
        .map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

/// The day some days after another.
pub(crate) fn days_after(day: Date, days: i32) -> Date {
    day.saturating_add(jiff::Span::new().days(days))
}

/// The moment some business hours after another. Holidays are working days here.
pub(crate) fn after_business_hours(at: Timestamp, hours: i64) -> Timestamp {
    let mut left = SignedDuration::from_hours(hours);
    let mut at = at;
    while left.is_positive() {
        let then = zoned(at);
        let is_weekend = matches!(then.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !is_weekend && OPEN.contains(&then.hour()) {
            left -= STEP;
        }
        at = later(at, STEP);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_hours_pass_over_nights_and_weekends() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        for (from, hours, to) in [
            ("2026-07-01T14:00:00Z", 2, "2026-07-01T16:00:00Z"),
            ("2026-07-01T21:00:00Z", 2, "2026-07-02T14:00:00Z"),
            ("2026-07-03T21:00:00Z", 2, "2026-07-06T14:00:00Z"),
            ("2026-07-06T13:00:00Z", 72, "2026-07-15T22:00:00Z"),
        ] {
            assert_eq!(after_business_hours(at(from), hours), at(to), "{from} + {hours}");
        }
    }
}
