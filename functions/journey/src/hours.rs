//! The hours in which a message may go out, in every zone the person may be in.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A daily span of local time; `start <= t < end`. An end of 24:00 is written as no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingHours {
    /// From this local time on.
    pub start: Time,
    /// Until just before this local time; none means until midnight.
    pub end: Option<Time>,
}

impl SendingHours {
    /// Around the clock.
    #[must_use]
    pub fn always() -> Self {
        SendingHours {
            start: Time::midnight(),
            end: None,
        }
    }

    /// Is every moment allowed?
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.start == Time::midnight() && self.end.is_none()
    }

    fn contains(&self, time: Time) -> bool {
        time >= self.start && self.end.is_none_or(|end| time < end)
    }
}

/// The first moment, at or after `from`, that lies inside `hours` in every one of `zones`.
///
/// `None` when the zones lie so far apart that their hours never meet. The local time is worked out
/// at the moment itself, from the zone's rules, never from an offset saved earlier.
#[must_use]
pub fn next_open(from: Timestamp, hours: &SendingHours, zones: &[TimeZone]) -> Option<Timestamp> {
    if hours.is_always() {
        return Some(from);
    }
    let horizon = from.checked_add(SignedDuration::from_hours(8 * 24)).ok()?;
    let mut at = from;
    while at <= horizon {
        // The latest of the zones' next openings; when nothing moves, all are open.
        let next = zones
            .iter()
            .map(|zone| opening(at, hours, zone))
            .try_fold(at, |latest, open| Some(latest.max(open?)))?;
        if next == at {
            return Some(at);
        }
        at = next;
    }
    None
}

/// The first moment at or after `at` inside the hours of one zone.
fn opening(at: Timestamp, hours: &SendingHours, zone: &TimeZone) -> Option<Timestamp> {
    let local = at.to_zoned(zone.clone());
    if hours.contains(local.time()) {
        return Some(at);
    }
    let day = if local.time() < hours.start {
        local.date()
    } else {
        local.date().checked_add(1.day()).ok()?
    };
    // A start that the clocks skip in spring opens at the first moment after the gap.
    let opens = day.to_datetime(hours.start).to_zoned(zone.clone()).ok()?.timestamp();
    // Where clocks go back, the start may come twice, the second time after `at`: never look back.
    Some(if opens > at {
        opens
    } else {
        at.checked_add(SignedDuration::from_mins(1)).ok()?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(names: &[&str]) -> Vec<TimeZone> {
        names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
    }

    fn hours(start: i8, end: i8) -> SendingHours {
        SendingHours {
            start: Time::constant(start, 0, 0, 0),
            end: Some(Time::constant(end, 0, 0, 0)),
        }
    }

    fn check(from: &str, hours: &SendingHours, names: &[&str], opens: Option<&str>) {
        let from: Timestamp = from.parse().unwrap();
        assert_eq!(
            next_open(from, hours, &zones(names)),
            opens.map(|text| text.parse().unwrap()),
            "{from} {names:?}"
        );
    }

    #[test]
    fn inside_the_hours_is_now_and_outside_is_the_next_opening() {
        let day = hours(9, 20);
        check(
            "2026-07-01T20:00:00Z",
            &day,
            &["America/Los_Angeles"],
            Some("2026-07-01T20:00:00Z"),
        );
        check(
            "2026-07-01T10:00:00Z",
            &day,
            &["America/Los_Angeles"],
            Some("2026-07-01T16:00:00Z"),
        );
        check(
            "2026-07-02T03:00:00Z",
            &day,
            &["America/Los_Angeles"],
            Some("2026-07-02T16:00:00Z"),
        );
    }

    #[test]
    fn every_zone_must_be_open() {
        let day = hours(9, 20);
        check(
            "2026-07-01T14:00:00Z",
            &day,
            &["America/New_York", "America/Los_Angeles"],
            Some("2026-07-01T16:00:00Z"),
        );
        check(
            "2026-07-02T01:00:00Z",
            &day,
            &["America/New_York", "America/Los_Angeles"],
            Some("2026-07-02T16:00:00Z"),
        );
    }

    #[test]
    fn zones_whose_hours_never_meet_give_no_time_at_all() {
        check(
            "2026-07-01T14:00:00Z",
            &hours(9, 12),
            &["America/New_York", "Asia/Tokyo"],
            None,
        );
    }

    #[test]
    fn the_offset_is_that_of_the_target_day() {
        // The night of 2026-11-01 has 25 hours in New York: 09:00 is 14:00Z after it, 13:00Z before.
        check(
            "2026-11-01T02:00:00Z",
            &hours(9, 20),
            &["America/New_York"],
            Some("2026-11-01T14:00:00Z"),
        );
        check(
            "2026-10-31T02:00:00Z",
            &hours(9, 20),
            &["America/New_York"],
            Some("2026-10-31T13:00:00Z"),
        );
    }

    #[test]
    fn a_start_in_the_spring_gap_opens_after_it() {
        let early = SendingHours {
            start: Time::constant(2, 30, 0, 0),
            end: Some(Time::constant(20, 0, 0, 0)),
        };
        check(
            "2026-03-08T06:00:00Z",
            &early,
            &["America/New_York"],
            Some("2026-03-08T07:30:00Z"),
        );
    }
}
