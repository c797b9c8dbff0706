//! The hours of one day, and the next moment that lies inside them everywhere.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::table::{FIRST_YEAR, LAST_YEAR};
use crate::{Law, Override, Places, Whose};

/// Local time: `start <= t < end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From this time on.
    pub start: Time,
    /// Until just before this time.
    pub end: Time,
}

/// What one state, or the country, says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) weekdays: Option<Window>,
    pub(crate) saturday: Option<Window>,
    pub(crate) sunday: Option<Window>,
    pub(crate) closed_on_holidays: bool,
    pub(crate) max_per_24h: Option<u16>,
}

/// Our own default beside the law: never outside 09:00 to 20:00, and not on Sundays.
pub(crate) const POLICY: Row = Row {
    weekdays: Some(POLICY_HOURS),
    saturday: Some(POLICY_HOURS),
    sunday: None,
    closed_on_holidays: true,
    max_per_24h: Some(1),
};

const POLICY_HOURS: Window = Window {
    start: Time::constant(9, 0, 0, 0),
    end: Time::constant(20, 0, 0, 0),
};

/// What carriers allow for reminders of something left unfinished, such as a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimit {
    /// Texts for each abandonment.
    pub per_episode: u16,
    /// None later than this after it.
    pub within: SignedDuration,
}

/// One within 48 hours (T-Mobile's rule for cart reminders, 2020; since used in toll-free verification).
const TEXT_LIMIT: TextLimit = TextLimit {
    per_episode: 1,
    within: SignedDuration::from_hours(48),
};

/// Sending stops this long before a window ends, since a delivery may lag.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_mins(10);

/// How far ahead a lawful moment is looked for.
const HORIZON_DAYS: i64 = 14;

impl Row {
    fn on(&self, weekday: Weekday) -> Option<Window> {
        match weekday {
            Weekday::Saturday => self.saturday,
            Weekday::Sunday => self.sunday,
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
                self.weekdays
            }
        }
    }
}

impl Window {
    fn within(self, other: Window) -> Option<Window> {
        let both = Window {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        };
        (both.start < both.end).then_some(both)
    }
}

impl Law {
    /// The hours of a date for a person in these places: the strictest of our policy, the country and each state.
    /// `None` when nothing may go out on that day.
    #[must_use]
    pub fn hours_on(&self, date: Date, places: &Places) -> Option<Window> {
        let whole = Window {
            start: Time::MIN,
            end: Time::MAX,
        };
        if !(FIRST_YEAR..=LAST_YEAR).contains(&date.year()) || self.rules.is_empty() {
            return None;
        }
        let here = |whose: Whose| self.is_here(whose, places);
        if self
            .closures
            .iter()
            .any(|closure| closure.day == date && here(closure.whose))
        {
            return None;
        }
        let hours = self.rows(date, places).try_fold(whole, |strictest, (whose, row)| {
            let is_closed = row.closed_on_holidays && self.is_holiday(whose, date, places);
            strictest.within(row.on(date.weekday()).filter(|_| !is_closed)?)
        })?;
        let end = hours.end.checked_sub(BEFORE_THE_END).ok()?;
        (hours.start < end).then_some(Window {
            start: hours.start,
            end,
        })
    }

    /// The most messages, on any channel, after which another may go to a phone within 24 hours: the lowest of all
    /// rules, on the date of each zone.
    #[must_use]
    pub fn max_per_24h(&self, at: Timestamp, places: &Places) -> u16 {
        let dates: BTreeSet<Date> = places.zones().iter().map(|zone| zone.to_datetime(at).date()).collect();
        let limits = dates
            .into_iter()
            .flat_map(|date| self.rows(date, places).filter_map(|(_, row)| row.max_per_24h));
        limits.min().unwrap_or(0)
    }

    /// How many texts may go for one abandonment, and until when.
    #[must_use]
    pub fn text_limit(&self, at: Timestamp, places: &Places) -> TextLimit {
        // The latest date of all: an override has ended for everybody once it has ended for one.
        let dates = places.zones().iter().map(|zone| zone.to_datetime(at).date());
        let date = dates.max().unwrap_or(Date::MAX);
        self.text_limit_on(date)
    }

    /// The same for a date.
    #[must_use]
    pub fn text_limit_on(&self, date: Date) -> TextLimit {
        let holds = |over: &&Override| over.holds(Whose::Default, date);
        self.overrides
            .iter()
            .filter(holds)
            .fold(TEXT_LIMIT, |limit, over| TextLimit {
                per_episode: over.texts_per_episode.unwrap_or(limit.per_episode),
                within: over.text_within.unwrap_or(limit.within),
            })
    }

    /// The rules that hold for a person at a moment and are not as the data has them.
    pub(crate) fn overridden(&self, at: Timestamp, places: &Places) -> BTreeSet<Whose> {
        let dates: BTreeSet<Date> = places.zones().iter().map(|zone| zone.to_datetime(at).date()).collect();
        let holds = |over: &&Override| {
            self.is_here(over.whose, places) && dates.iter().any(|date| over.holds(over.whose, *date))
        };
        self.overrides.iter().filter(holds).map(|over| over.whose).collect()
    }

    fn is_here(&self, whose: Whose, places: &Places) -> bool {
        match whose {
            Whose::Default | Whose::Country => true,
            Whose::State(state) => places.states().contains(&state),
        }
    }

    /// Every rule that holds for a person on a day, as it holds then.
    fn rows<'a>(&'a self, date: Date, places: &'a Places) -> impl Iterator<Item = (Whose, Row)> + 'a {
        let of_states = places.states().iter().map(|state| Whose::State(*state));
        let all = [Whose::Default, Whose::Country].into_iter().chain(of_states);
        all.filter_map(move |whose| {
            let mut row = self.rules.get(&whose)?.clone();
            let overrides = self.overrides.iter().filter(|over| over.holds(whose, date));
            overrides.for_each(|over| over.apply(&mut row));
            Some((whose, row))
        })
    }

    /// Is a date a holiday to a rule: one of the country's to each, one of a state's to its own and to our default?
    fn is_holiday(&self, whose: Whose, date: Date, places: &Places) -> bool {
        let all = places.states().iter().map(|state| Whose::State(*state));
        let own = all.filter(|of| whose == Whose::Default || whose == *of);
        let closes = |calendar: Whose| self.holidays.get(&calendar).is_some_and(|days| days.contains(&date));
        [Whose::Country].into_iter().chain(own).any(closes)
    }

    /// The first moment, at or after `from`, that is lawful in every zone and by every state's rule. `None` when
    /// there is none within two weeks.
    ///
    /// The local time is worked out at the moment itself, never from an offset saved earlier.
    #[must_use]
    pub fn next_lawful(&self, from: Timestamp, places: &Places) -> Option<Timestamp> {
        if places.zones().is_empty() {
            return None;
        }
        let horizon = from.checked_add(SignedDuration::from_hours(24 * HORIZON_DAYS)).ok()?;
        let mut at = from;
        while at <= horizon {
            // The latest of the zones' next openings; when nothing moves, all are open.
            let next = places
                .zones()
                .iter()
                .map(|zone| self.opening(at, zone, places))
                .try_fold(at, |latest, open| Some(latest.max(open?)))?;
            if next == at {
                return Some(at);
            }
            at = next;
        }
        None
    }

    /// `at` itself when it is inside the hours of one zone, else when they begin there.
    fn opening(&self, at: Timestamp, zone: &TimeZone, places: &Places) -> Option<Timestamp> {
        let local = zone.to_datetime(at);
        let mut date = local.date();
        for _ in 0..=HORIZON_DAYS {
            if let Some(hours) = self.hours_on(date, places) {
                if date > local.date() || local.time() < hours.start {
                    // A start in a gap of the clocks is the moment after it.
                    return date
                        .to_datetime(hours.start)
                        .to_zoned(zone.clone())
                        .ok()
                        .map(|zoned| zoned.timestamp());
                }
                if local.time() < hours.end {
                    return Some(at);
                }
            }
            date = date.checked_add(1.day()).ok()?;
        }
        None
    }
}
