//! Hours that count as business hours, in Texas.

use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use law::Law;

/// The zone of ERCOT's own calendar; El Paso, in another, is not part of it.
const ZONE: &str = "America/Chicago";

/// So many days are looked at for the end of a span: a year and more, for at most 255 hours a span of hours a day.
const MOST_DAYS: usize = 1_000;

/// Which hours of a workday count. Never turned into calendar hours (docs/light.md, trap 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessHours {
    opens: Time,
    closes: Time,
}

/// The zone in which an enrolment's days are counted.
pub(crate) fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// The day it is in Texas.
#[must_use]
pub fn today(now: Timestamp) -> Date {
    zone().to_datetime(now).date()
}

/// The beginning of a day in Texas.
pub(crate) fn begins(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(zone()).ok()?.timestamp())
}

impl BusinessHours {
    /// Takes the hours from `opens` to `closes`; none when they are none.
    #[must_use]
    pub fn new(opens: Time, closes: Time) -> Option<Self> {
        (opens < closes).then_some(BusinessHours { opens, closes })
    }

    /// 08:00 to 18:00.
    #[must_use]
    pub const fn standard() -> Self {
        BusinessHours {
            opens: time(8, 0, 0, 0),
            closes: time(18, 0, 0, 0),
        }
    }

    /// When they begin.
    #[must_use]
    pub const fn opens(self) -> Time {
        self.opens
    }

    /// When they end.
    #[must_use]
    pub const fn closes(self) -> Time {
        self.closes
    }

    /// The moment at which so many business hours have passed since another.
    #[must_use]
    pub fn after(self, from: Timestamp, hours: u16, law: &Law) -> Timestamp {
        let zone = zone();
        let mut left = SignedDuration::from_hours(i64::from(hours));
        let first = zone.to_datetime(from).date();
        for day in first.series(jiff::Span::new().days(1)).take(MOST_DAYS) {
            let at = |time: Time| Some(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
            let (Some(opens), Some(closes)) = (at(self.opens), at(self.closes)) else {
                break;
            };
            let opens = opens.max(from);
            if is_weekend(day) || law.is_federal_holiday(day) || opens >= closes {
                continue;
            }
            let open = closes.duration_since(opens);
            if left <= open {
                return opens.checked_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= open;
        }
        Timestamp::MAX
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hours_of_workdays_count() {
        let after = |from: &str, hours| {
            let at = BusinessHours::standard().after(from.parse().unwrap(), hours, &Law::current());
            at.to_string()
        };
        // A Monday, at 09:00 in Texas, in summer.
        assert_eq!(after("2026-07-13T14:00:00Z", 2), "2026-07-13T16:00:00Z");
        assert_eq!(after("2026-07-13T14:00:00Z", 9), "2026-07-13T23:00:00Z");
        assert_eq!(after("2026-07-13T14:00:00Z", 10), "2026-07-14T14:00:00Z");
        // Before the hours, and in the night after them.
        assert_eq!(after("2026-07-13T05:00:00Z", 1), "2026-07-13T14:00:00Z");
        assert_eq!(after("2026-07-14T04:00:00Z", 1), "2026-07-14T14:00:00Z");
        // Over a weekend.
        assert_eq!(after("2026-07-17T22:00:00Z", 2), "2026-07-20T14:00:00Z");
        // 72 hours are seven workdays and two hours of the eighth.
        assert_eq!(after("2026-07-13T13:00:00Z", 72), "2026-07-22T15:00:00Z");
        // Over Independence Day of 2026, a Saturday that is observed on the Friday.
        assert_eq!(after("2026-07-02T22:00:00Z", 2), "2026-07-06T14:00:00Z");
        // Over the night in which the clocks go back, 1 November 2026.
        assert_eq!(after("2026-10-30T22:00:00Z", 2), "2026-11-02T15:00:00Z");
    }
}
