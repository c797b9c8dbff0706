//! The hours in which a message may go out, in every zone the person may be in.

use std::sync::LazyLock;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A daily span of local time; `start <= t < end`. An end of 24:00 is written as no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingHours {
    /// From this local time on.
    pub start: Time,
    /// Until just before this local time; none means until midnight.
    pub end: Option<Time>,
    /// On these days.
    pub days: Days,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// All of them.
    Every,
    /// Monday to Friday.
    Weekdays,
}

/// The hours of texts: Monday to Friday, 10:00 to 18:00.
///
/// The strictest of all states' rules, for everybody, as long as no state's own are known here: Kentucky
/// opens at 10:00 (KRS 367.46955), Rhode Island closes at 18:00 (R.I. Gen. Laws 5-61-2), South Dakota
/// knows weekdays alone (SDCL 37-30-28). As of 2026-11-21. State holidays are *not* known.
#[must_use]
pub fn text_hours() -> SendingHours {
    SendingHours {
        start: Time::constant(10, 0, 0, 0),
        end: Some(Time::constant(18, 0, 0, 0)),
        days: Days::Weekdays,
    }
}

/// A text reminder goes out within this time of the abandonment, or never: the carriers' rule for cart
/// reminders (T-Mobile, 2020; toll-free verification), which also allows but one for each abandonment.
pub const TEXT_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// Every zone of the states and Puerto Rico with a clock of its own: what a text must respect when no
/// zone of the person is known. Guam and other territories are not covered. As of 2026-11-21.
const US_ZONES: [&str; 9] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
];

/// The zones to respect for a text to a person of whom no zone is known.
#[must_use]
pub fn us_zones() -> Vec<TimeZone> {
    // To read a zone takes longer than all the rest of a decision.
    static ZONES: LazyLock<Vec<TimeZone>> =
        LazyLock::new(|| US_ZONES.iter().filter_map(|name| TimeZone::get(name).ok()).collect());
    ZONES.clone()
}

impl SendingHours {
    /// Around the clock.
    #[must_use]
    pub fn always() -> Self {
        SendingHours {
            start: Time::midnight(),
            end: None,
            days: Days::Every,
        }
    }

    /// Is every moment allowed?
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.start == Time::midnight() && self.end.is_none() && self.days == Days::Every
    }

    /// The hours that are in both.
    #[must_use]
    pub fn within(&self, other: &SendingHours) -> SendingHours {
        SendingHours {
            start: self.start.max(other.start),
            end: match (self.end, other.end) {
                (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
                (ours, theirs) => ours.or(theirs),
            },
            days: match (self.days, other.days) {
                (Days::Every, Days::Every) => Days::Every,
                (Days::Weekdays, Days::Every | Days::Weekdays) | (Days::Every, Days::Weekdays) => Days::Weekdays,
            },
        }
    }

    fn contains(&self, local: DateTime) -> bool {
        let day = match self.days {
            Days::Every => true,
            Days::Weekdays => !matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday),
        };
        day && local.time() >= self.start && self.end.is_none_or(|end| local.time() < end)
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
    if hours.contains(local) {
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
            days: Days::Every,
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
    fn always_is_around_the_clock_on_every_day() {
        let always = SendingHours::always();
        assert!(always.is_always());
        let mut late = always.clone();
        late.start = Time::constant(0, 0, 1, 0);
        let mut early = always.clone();
        early.end = Some(Time::MAX);
        let mut weekdays = always;
        weekdays.days = Days::Weekdays;
        assert!([late, early, weekdays].iter().all(|hours| !hours.is_always()));
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
            days: Days::Every,
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
            days: Days::Every,
        };
        let new_york = ["America/New_York"];
        // 1:45 for the first time; the second 1:00 is 6:00Z.
        check("2026-11-01T05:45:00Z", &night, &new_york, Some("2026-11-01T06:00:00Z"));
        let late = SendingHours {
            start: Time::constant(1, 30, 0, 0),
            end: None,
            days: Days::Every,
        };
        // 1:10:20 for the second time.
        check("2026-11-01T06:10:20Z", &late, &new_york, Some("2026-11-01T06:30:00Z"));
    }

    #[test]
    fn texts_keep_the_strictest_hours_of_all() {
        let both = ["America/New_York", "America/Los_Angeles"];
        // A Wednesday in July: 10:00 in Los Angeles is 17:00Z, 18:00 in New York is 22:00Z.
        for (from, opens) in [
            ("2026-07-01T16:59:59Z", "2026-07-01T17:00:00Z"),
            ("2026-07-01T17:00:00Z", "2026-07-01T17:00:00Z"),
            ("2026-07-01T21:59:59Z", "2026-07-01T21:59:59Z"),
            ("2026-07-01T22:00:00Z", "2026-07-02T17:00:00Z"),
            // Friday evening waits for Monday, and so do Saturday and Sunday.
            ("2026-07-03T22:00:00Z", "2026-07-06T17:00:00Z"),
            ("2026-07-04T18:00:00Z", "2026-07-06T17:00:00Z"),
            ("2026-07-05T12:00:00Z", "2026-07-06T17:00:00Z"),
        ] {
            check(from, &text_hours(), &both, Some(opens));
        }
    }

    #[test]
    fn a_text_to_nobody_knows_where_finds_an_hour_in_all_zones() {
        assert_eq!(us_zones().len(), US_ZONES.len());
        // 10:00 in Honolulu is 20:00Z, 18:00 in Puerto Rico is 22:00Z.
        for (from, opens) in [
            ("2026-07-01T19:59:59Z", "2026-07-01T20:00:00Z"),
            ("2026-07-01T21:59:59Z", "2026-07-01T21:59:59Z"),
            ("2026-07-01T22:00:00Z", "2026-07-02T20:00:00Z"),
        ] {
            check(from, &text_hours(), &US_ZONES, Some(opens));
        }
    }

    #[test]
    fn what_is_in_both_is_as_strict_as_either() {
        assert_eq!(SendingHours::always().within(&text_hours()), text_hours());
        assert_eq!(
            hours(8, 12).within(&text_hours()),
            SendingHours {
                days: Days::Weekdays,
                ..hours(10, 12)
            }
        );
        let never = hours(8, 10).within(&text_hours());
        check("2026-07-01T14:00:00Z", &never, &["America/New_York"], None);
    }
}
