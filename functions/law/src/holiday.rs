//! Which dates are legal holidays, from the rules of `data/holidays.csv`.

use core::ops::RangeInclusive;
use core::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// One holiday of one calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holiday {
    pub(crate) rule: Rule,
    pub(crate) observed: Vec<(Weekday, Shift)>,
    pub(crate) from_year: Option<i16>,
    pub(crate) to_year: Option<i16>,
}

/// How a holiday's date is found in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    base: Base,
    /// Days after (or before) that.
    offset: i32,
    /// Only each so many years, counted from one of them.
    every: Option<(i16, i16)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Fixed {
        month: i8,
        day: i8,
    },
    Nth {
        nth: i8,
        weekday: Weekday,
        month: i8,
    },
    /// Days from Easter Sunday of the western churches.
    Easter {
        days: i32,
    },
    /// The Tuesday after the first Monday of November.
    Election {
        even_years: bool,
    },
    /// Every such day of the week.
    Weekly {
        weekday: Weekday,
    },
}

/// To which day beside its own a holiday is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shift {
    DayBefore,
    NextMonday,
    MondayBefore,
}

/// A rule that is not written in this grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rule for a holiday: {0}")]
pub struct BadRule(String);

impl Holiday {
    /// The days that it closes: its dates, and those on which it is observed, which may be the last of the year before.
    pub(crate) fn closed_days(&self, years: RangeInclusive<i16>) -> impl Iterator<Item = Date> {
        let dates = years.flat_map(|year| self.dates_in(year));
        dates.flat_map(|date| [Some(date), self.observed_on(date)].into_iter().flatten())
    }

    fn dates_in(&self, year: i16) -> Vec<Date> {
        let in_force = self.from_year.is_none_or(|from| year >= from) && self.to_year.is_none_or(|to| year <= to);
        if in_force { self.rule.dates_in(year) } else { Vec::new() }
    }

    fn observed_on(&self, date: Date) -> Option<Date> {
        let shift = self.observed.iter().find(|(weekday, _)| *weekday == date.weekday())?.1;
        match shift {
            Shift::DayBefore => date.yesterday().ok(),
            Shift::NextMonday => date.nth_weekday(1, Weekday::Monday).ok(),
            Shift::MondayBefore => date.nth_weekday(-1, Weekday::Monday).ok(),
        }
    }
}

impl Rule {
    fn dates_in(&self, year: i16) -> Vec<Date> {
        let left_out = |(every, from): (i16, i16)| year < from || (year - from) % every != 0;
        if self.every.is_some_and(left_out) {
            return Vec::new();
        }
        let dates = match self.base {
            Base::Weekly { weekday } => every_week(year, weekday),
            Base::Fixed { .. } | Base::Nth { .. } | Base::Easter { .. } | Base::Election { .. } => {
                self.base.once_in(year).into_iter().collect()
            }
        };
        let moved = dates
            .into_iter()
            .filter_map(|date| date.checked_add(self.offset.days()).ok());
        moved.collect()
    }
}

fn every_week(year: i16, weekday: Weekday) -> Vec<Date> {
    let Ok(first) = Date::new(year, 1, 1) else {
        return Vec::new();
    };
    let days = first.series(1.day()).take_while(|day| day.year() == year);
    days.filter(|day| day.weekday() == weekday).collect()
}

impl Base {
    /// The one day of a year, if the year has one.
    fn once_in(self, year: i16) -> Option<Date> {
        let nth = |nth: i8, weekday: Weekday, month: i8| {
            let month = Date::new(year, month, 1).ok()?;
            month.nth_weekday_of_month(nth, weekday).ok()
        };
        match self {
            Base::Fixed { month, day } => Date::new(year, month, day).ok(),
            Base::Nth {
                nth: count,
                weekday,
                month,
            } => nth(count, weekday, month),
            Base::Easter { days } => easter(year)?.checked_add(days.days()).ok(),
            Base::Election { even_years: true } if year % 2 != 0 => None,
            Base::Election { .. } => nth(1, Weekday::Monday, 11)?.tomorrow().ok(),
            Base::Weekly { .. } => None,
        }
    }
}

/// Easter Sunday of the western churches, by the anonymous Gregorian algorithm (Meeus, *Astronomical Algorithms*,
/// chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year_ = i32::from(year);
    let (a, b, c) = (year_ % 19, year_ / 100, year_ % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month_and_day = h + l - 7 * m + 114;
    let month = i8::try_from(month_and_day / 31).ok()?;
    let day = i8::try_from(month_and_day % 31 + 1).ok()?;
    Date::new(year, month, day).ok()
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        read(text).ok_or_else(|| BadRule(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Rule> {
    let (text, every) = match text.split_once(" every ") {
        Some((rest, every)) => {
            let (every, from) = every.split_once(" from ")?;
            (
                rest,
                Some((every.parse().ok().filter(|every| *every > 0)?, from.parse().ok()?)),
            )
        }
        None => (text, None),
    };
    let (text, offset) = match text.rsplit_once(' ') {
        Some((rest, last)) if rest.starts_with("nth") && last.starts_with(['+', '-']) => (rest, last.parse().ok()?),
        Some(_) | None => (text, 0),
    };
    let words: Vec<&str> = text.split(' ').collect();
    let base = match words.as_slice() {
        ["fixed", day] => {
            let (month, day) = day.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // 2024 has a 29th of February.
            Date::new(2024, month, day).ok()?;
            Base::Fixed { month, day }
        }
        ["nth", nth, weekday, month] => Base::Nth {
            nth: nth.parse().ok().filter(|nth| matches!(nth, -1 | 1..=4))?,
            weekday: self::weekday(weekday)?,
            month: self::month(month)?,
        },
        ["easter", days] => Base::Easter {
            days: days.parse().ok()?,
        },
        ["election", "even-years"] => Base::Election { even_years: true },
        ["election", "every-year"] => Base::Election { even_years: false },
        ["weekly", weekday] => Base::Weekly {
            weekday: self::weekday(weekday)?,
        },
        _ => return None,
    };
    Some(Rule { base, offset, every })
}

/// Reads to which days a holiday is moved: `none`, or for each weekday of its date where to.
pub(crate) fn observed(text: &str) -> Result<Vec<(Weekday, Shift)>, BadRule> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let one = |part: &str| {
        let (on, to) = part.split_once("->")?;
        let on = match on {
            "mon" => Weekday::Monday,
            "tue" => Weekday::Tuesday,
            "wed" => Weekday::Wednesday,
            "thu" => Weekday::Thursday,
            "fri" => Weekday::Friday,
            "sat" => Weekday::Saturday,
            "sun" => Weekday::Sunday,
            _ => return None,
        };
        let to = match (on, to) {
            (Weekday::Saturday, "fri") => Shift::DayBefore,
            (_, "mon" | "next-mon") => Shift::NextMonday,
            (_, "prev-mon") => Shift::MondayBefore,
            _ => return None,
        };
        Some((on, to))
    };
    text.split(',')
        .map(|part| one(part).ok_or_else(|| BadRule(text.to_owned())))
        .collect()
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MONDAY" => Weekday::Monday,
        "TUESDAY" => Weekday::Tuesday,
        "WEDNESDAY" => Weekday::Wednesday,
        "THURSDAY" => Weekday::Thursday,
        "FRIDAY" => Weekday::Friday,
        "SATURDAY" => Weekday::Saturday,
        "SUNDAY" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(text: &str) -> Option<i8> {
    let names = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    let place = names.iter().position(|name| *name == text)?;
    i8::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(rule: &str, moved: &str, year: i16) -> Vec<String> {
        let holiday = Holiday {
            rule: rule.parse().unwrap(),
            observed: observed(moved).unwrap(),
            from_year: None,
            to_year: None,
        };
        let mut days: Vec<Date> = holiday.closed_days(year - 1..=year + 1).collect();
        days.retain(|day| day.year() == year);
        days.sort_unstable();
        days.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_kind_of_rule_finds_its_day() {
        for (rule, moved, year, closed) in [
            ("fixed 12-25", "none", 2026, &["2026-12-25"][..]),
            ("nth 4 THURSDAY NOVEMBER", "none", 2026, &["2026-11-26"]),
            ("nth 4 THURSDAY NOVEMBER +1", "none", 2026, &["2026-11-27"]),
            ("nth 3 SATURDAY JUNE -1", "none", 2026, &["2026-06-19"]),
            ("nth -1 MONDAY MAY", "none", 2026, &["2026-05-25"]),
            ("easter -47", "none", 2026, &["2026-02-17"]),
            ("easter -2", "none", 2027, &["2027-03-26"]),
            ("easter 0", "none", 2038, &["2038-04-25"]),
            ("election even-years", "none", 2026, &["2026-11-03"]),
            ("election even-years", "none", 2027, &[]),
            ("election every-year", "none", 2027, &["2027-11-02"]),
            ("fixed 01-20 every 4 from 2025", "none", 2028, &[]),
            ("fixed 01-20 every 4 from 2025", "none", 2029, &["2029-01-20"]),
            ("fixed 01-20 every 4 from 2025", "none", 2021, &[]),
        ] {
            assert_eq!(days(rule, moved, year), closed, "{rule} {year}");
        }
    }

    #[test]
    fn a_holiday_on_a_weekend_closes_the_day_of_its_observance_too() {
        let usual = "sat->fri,sun->mon";
        // The Fourth of July 2026 is a Saturday, that of 2027 a Sunday.
        assert_eq!(days("fixed 07-04", usual, 2026), ["2026-07-03", "2026-07-04"]);
        assert_eq!(days("fixed 07-04", usual, 2027), ["2027-07-04", "2027-07-05"]);
        assert_eq!(
            days("fixed 07-04", "sat->mon,sun->mon", 2026),
            ["2026-07-04", "2026-07-06"]
        );
        // New Year's Day of 2028 is a Saturday: observed in the year before.
        assert_eq!(days("fixed 01-01", usual, 2027), ["2027-01-01", "2027-12-31"]);
        let utah = "tue->prev-mon,wed->prev-mon,thu->prev-mon,fri->prev-mon,sat->next-mon,sun->next-mon";
        assert_eq!(days("fixed 06-19", utah, 2026), ["2026-06-15", "2026-06-19"]);
        assert_eq!(days("fixed 06-19", utah, 2027), ["2027-06-19", "2027-06-21"]);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for bad in [
            "",
            "fixed",
            "fixed 13-01",
            "fixed 02-30",
            "nth 5 MONDAY MAY",
            "nth 1 MON MAY",
            "easter",
            "weekly SUN",
            "election",
            "fixed 01-20 every 0 from 2025",
            "proclamation",
        ] {
            assert!(bad.parse::<Rule>().is_err(), "{bad}");
        }
        for bad in ["", "sat", "sat->sun", "fri->fri", "sat->fri;sun->mon"] {
            assert!(observed(bad).is_err(), "{bad}");
        }
    }
}
