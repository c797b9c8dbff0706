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

    fn contains(&self, local: Time) -> bool {
        local >= self.start && self.end.is_none_or(|end| local < end)
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

/// `at` itself when it lies inside the hours of one zone; else a later moment, before which the zone is closed.
///
/// The offset of a moment holds until the clocks change, so within that time an opening is plain arithmetic. At the
/// change one has to look again: hours may begin in a gap, or come a second time where clocks go back.
fn opening(at: Timestamp, hours: &SendingHours, zone: &TimeZone) -> Option<Timestamp> {
    let offset = zone.to_offset(at);
    let local = offset.to_datetime(at);
    if hours.contains(local.time()) {
        return Some(at);
    }
    let day = if local.time() < hours.start {
        local.date()
    } else {
        local.date().checked_add(1.day()).ok()?
    };
    let opens = offset.to_timestamp(day.to_datetime(hours.start)).ok()?;
    let change = zone.following(at).next().map(|change| change.timestamp());
    Some(change.map_or(opens, |change| opens.min(change)))
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
    fn always_is_around_the_clock() {
        let always = SendingHours::always();
        assert!(always.is_always());
        let mut late = always.clone();
        late.start = Time::constant(0, 0, 1, 0);
        let mut early = always.clone();
        early.end = Some(Time::MAX);
        assert!([late, early].iter().all(|hours| !hours.is_always()));
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
    fn a_start_in_the_spring_gap_opens_right_after_it() {
        let early = SendingHours {
            start: Time::constant(2, 30, 0, 0),
            end: Some(Time::constant(20, 0, 0, 0)),
        };
        // At 2:00 clocks show 3:00.
        check(
            "2026-03-08T06:00:00Z",
            &early,
            &["America/New_York"],
            Some("2026-03-08T07:00:00Z"),
        );
    }

    #[test]
    fn an_hour_that_comes_twice_opens_twice_and_to_the_second() {
        let night = SendingHours {
            start: Time::constant(0, 30, 0, 0),
            end: Some(Time::constant(1, 30, 0, 0)),
        };
        let new_york = ["America/New_York"];
        // 1:45 for the first time; the second 1:00 is 6:00Z.
        check("2026-11-01T05:45:00Z", &night, &new_york, Some("2026-11-01T06:00:00Z"));
        let late = SendingHours {
            start: Time::constant(1, 30, 0, 0),
            end: None,
        };
        // 1:10:20 for the second time.
        check("2026-11-01T06:10:20Z", &late, &new_york, Some("2026-11-01T06:30:00Z"));
    }
}
