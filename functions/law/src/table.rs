//! The tables of `data`, compiled in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::holiday::{BadRule, Holiday, observed};
use crate::hours::{POLICY, Row, Window};
use crate::state::State;
use crate::{Law, Whose};

const HOURS: &str = include_str!("../data/sms_hours.csv");
const ZONES: &str = include_str!("../data/state_zones.csv");
const HOLIDAYS: &str = include_str!("../data/holidays.csv");
const AREA_CODES: &str = include_str!("../data/area_codes.csv");

/// The row of the whole country.
const FEDERAL: &str = "FEDERAL";

/// A table that cannot be read: then nothing is lawful.
#[derive(Debug, thiserror::Error)]
pub enum LawError {
    /// Not the documented columns.
    #[error("a table of the law cannot be read")]
    Table(#[from] csv::Error),
    /// A value that is none.
    #[error("{table}: {value:?} is not {right}")]
    Value {
        /// The file.
        table: &'static str,
        /// What it says.
        value: String,
        /// What would be right.
        right: &'static str,
    },
    /// A holiday's rule.
    #[error("holidays.csv: {0}")]
    Rule(#[from] BadRule),
    /// Nothing is known of a state or of the country.
    #[error("{table} has no row for {place}")]
    Missing {
        /// The file.
        table: &'static str,
        /// For whom.
        place: String,
    },
}

#[derive(Deserialize)]
struct HoursRow {
    state: String,
    weekdays_start: String,
    weekdays_end: String,
    saturday_start: String,
    saturday_end: String,
    sunday_start: String,
    sunday_end: String,
    holidays_banned: String,
    max_per_24h: Option<u16>,
    checked_on: Date,
}

#[derive(Deserialize)]
struct ZonesRow {
    state: String,
    iana_zones: String,
}

#[derive(Deserialize)]
struct HolidayRow {
    scope: String,
    rule: String,
    observed_rule: String,
    from_year: Option<i16>,
    to_year: Option<i16>,
}

#[derive(Deserialize)]
struct AreaCodeRow {
    code: u16,
    state: String,
}

fn rows<T: DeserializeOwned>(table: &'static str) -> Result<Vec<T>, LawError> {
    Ok(csv::Reader::from_reader(table.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()?)
}

/// Holidays are known until the end of this year; after it, nothing is lawful.
pub(crate) const LAST_YEAR: i16 = 2050;

/// The first year of which anybody asks.
pub(crate) const FIRST_YEAR: i16 = 2020;

/// Reads all tables.
pub(crate) fn read() -> Result<Law, LawError> {
    let mut rules = BTreeMap::from([(Whose::Default, POLICY)]);
    let mut checked_on = Date::MAX;
    for row in rows::<HoursRow>(HOURS)? {
        checked_on = checked_on.min(row.checked_on);
        let parsed = Row {
            weekdays: window(&row.weekdays_start, &row.weekdays_end)?,
            saturday: window(&row.saturday_start, &row.saturday_end)?,
            sunday: window(&row.sunday_start, &row.sunday_end)?,
            closed_on_holidays: holidays(&row.holidays_banned)?,
            max_per_24h: row.max_per_24h,
        };
        let whose = if row.state == FEDERAL {
            Whose::Country
        } else {
            Whose::State(state("sms_hours.csv", &row.state)?)
        };
        rules.insert(whose, parsed);
    }
    if !rules.contains_key(&Whose::Country) {
        return Err(missing("sms_hours.csv", FEDERAL));
    }
    let (mut country, mut zones) = (Vec::new(), BTreeMap::new());
    for row in rows::<ZonesRow>(ZONES)? {
        let own = row.iana_zones.split(';').map(zone).collect::<Result<Vec<_>, _>>()?;
        if row.state == FEDERAL {
            country = own;
        } else {
            zones.insert(state("state_zones.csv", &row.state)?, own);
        }
    }
    for known in State::all() {
        if !rules.contains_key(&Whose::State(known)) {
            return Err(missing("sms_hours.csv", known.as_str()));
        }
        if !zones.contains_key(&known) {
            return Err(missing("state_zones.csv", known.as_str()));
        }
    }
    if country.is_empty() {
        return Err(missing("state_zones.csv", FEDERAL));
    }
    let mut holidays = BTreeMap::<Whose, BTreeSet<Date>>::new();
    for row in rows::<HolidayRow>(HOLIDAYS)? {
        let whose = if row.scope == "US" {
            Whose::Country
        } else {
            Whose::State(state("holidays.csv", &row.scope)?)
        };
        let holiday = Holiday {
            rule: row.rule.parse()?,
            observed: observed(&row.observed_rule)?,
            from_year: row.from_year,
            to_year: row.to_year,
        };
        let days = holiday.closed_days(FIRST_YEAR..=LAST_YEAR);
        holidays.entry(whose).or_default().extend(days);
    }
    let mut area_codes = BTreeMap::new();
    for row in rows::<AreaCodeRow>(AREA_CODES)? {
        // The territories without a row of hours are not known here: their numbers get nothing.
        if let Ok(state) = State::parse(&row.state) {
            area_codes.insert(row.code, state);
        }
    }
    Ok(Law {
        checked_on,
        rules,
        overrides: Vec::new(),
        closures: Vec::new(),
        country,
        zones,
        holidays,
        area_codes,
    })
}

fn window(start: &str, end: &str) -> Result<Option<Window>, LawError> {
    if (start, end) == ("none", "none") {
        return Ok(None);
    }
    let time = |text: &str| {
        text.parse::<Time>().map_err(|_| LawError::Value {
            table: "sms_hours.csv",
            value: text.to_owned(),
            right: "a time such as 08:00, or none for both",
        })
    };
    Ok(Some(Window {
        start: time(start)?,
        end: time(end)?,
    }))
}

/// What is unknown counts as forbidden.
fn holidays(text: &str) -> Result<bool, LawError> {
    match text {
        "yes" | "unknown" => Ok(true),
        "no" => Ok(false),
        _ => Err(LawError::Value {
            table: "sms_hours.csv",
            value: text.to_owned(),
            right: "yes, no or unknown",
        }),
    }
}

fn state(table: &'static str, text: &str) -> Result<State, LawError> {
    State::parse(text).map_err(|_| LawError::Value {
        table,
        value: text.to_owned(),
        right: "the postal code of a state",
    })
}

fn zone(name: &str) -> Result<TimeZone, LawError> {
    TimeZone::get(name).map_err(|_| LawError::Value {
        table: "state_zones.csv",
        value: name.to_owned(),
        right: "an IANA time zone",
    })
}

fn missing(table: &'static str, place: &str) -> LawError {
    LawError::Missing {
        table,
        place: place.to_owned(),
    }
}
