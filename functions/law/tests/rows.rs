//! Every row of the tables, read a second time here, at the edges of its hours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;

use expect_test::expect;
use jiff::civil::{Date, Time, Weekday, date};
use jiff::{Timestamp, ToSpan};
use law::{Closure, Evidence, Law, Override, Places, State, Whose, Window};

/// A row of a table, by its columns' names.
type Row = BTreeMap<String, String>;

fn table(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn all_day(whose: Whose) -> Override {
    let whole = Some(Window {
        start: Time::MIN,
        end: Time::MAX,
    });
    Override {
        whose,
        weekdays: whole,
        saturday: whole,
        sunday: whole,
        open_on_holidays: true,
        max_per_24h: Some(u16::MAX),
        texts_per_episode: None,
        text_within: None,
        until: date(2050, 12, 31),
        because: "a test".to_owned(),
    }
}

/// The law without our own default, so that the rows stand alone.
fn bare() -> Law {
    Law::current().with(vec![all_day(Whose::Default)], Vec::new())
}

fn living_in(law: &Law, state: &str) -> Places {
    law.places(&Evidence {
        states: State::parse(state).into_iter().collect(),
        ..Evidence::default()
    })
}

/// The stricter of a row's hours and the country's, in minutes of the day.
fn minutes(row: &Row, federal: &Row, day: &str) -> Option<(i32, i32)> {
    let parse = |row: &Row, edge: &str| {
        let text = &row[&format!("{day}_{edge}")];
        let (hour, minute) = text.split_once(':')?;
        Some(hour.parse::<i32>().unwrap() * 60 + minute.parse::<i32>().unwrap())
    };
    let start = parse(row, "start")?.max(parse(federal, "start")?);
    let end = parse(row, "end")?.min(parse(federal, "end")?);
    Some((start, end - 10))
}

fn is_open(law: &Law, places: &Places, day: Date, minute: i32) -> bool {
    let Some(hours) = law.hours_on(day, places) else {
        return false;
    };
    let of = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    of(hours.start) <= minute && minute < of(hours.end)
}

#[test]
fn every_row_of_hours_holds_at_its_edges() {
    let law = bare();
    let rows = table(include_str!("../data/sms_hours.csv"));
    let federal = rows.iter().find(|row| row["state"] == "FEDERAL").unwrap();
    let mut seen = 0;
    for row in rows.iter().filter(|row| row["state"] != "FEDERAL") {
        let places = living_in(&law, &row["state"]);
        for (day, name) in [
            (date(2026, 8, 19), "weekdays"),
            (date(2026, 8, 22), "saturday"),
            (date(2026, 8, 23), "sunday"),
        ] {
            let state = &row["state"];
            // In Louisiana and Pennsylvania Saturdays are holidays, at least in part.
            let saturday_off = ["LA", "PA"].contains(&state.as_str()) && name == "saturday";
            match minutes(row, federal, name).filter(|_| !saturday_off) {
                None => assert_eq!(law.hours_on(day, &places), None, "{state} {name}"),
                Some((start, end)) => {
                    let open = |minute| is_open(&law, &places, day, minute);
                    assert_eq!(
                        [open(start - 1), open(start), open(end - 1), open(end)],
                        [false, true, true, false],
                        "{state} {name}"
                    );
                }
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 52);
}

#[test]
fn every_row_closes_on_its_holidays_if_it_says_so() {
    let law = bare();
    for row in table(include_str!("../data/sms_hours.csv")) {
        let state = row["state"].clone();
        let places = living_in(&law, &state);
        // A Thursday: Thanksgiving, which every calendar has.
        let closed = law.hours_on(date(2026, 11, 26), &places).is_none();
        assert_eq!(closed, state != "FEDERAL" && row["holidays_banned"] != "no", "{state}");
    }
}

#[test]
fn every_rows_limit_is_the_most_in_24_hours() {
    let law = bare();
    let noon: Timestamp = "2026-08-19T17:00:00Z".parse().unwrap();
    for row in table(include_str!("../data/sms_hours.csv")) {
        let most = law.max_per_24h(noon, &living_in(&law, &row["state"]));
        let expected = row["max_per_24h"].parse().unwrap_or(u16::MAX);
        assert_eq!(most, expected, "{}", row["state"]);
    }
}

#[test]
fn every_state_has_the_zones_of_its_row() {
    let law = bare();
    for row in table(include_str!("../data/state_zones.csv")) {
        let zones: Vec<String> = living_in(&law, &row["state"])
            .zones()
            .iter()
            .filter_map(|zone| zone.iana_name().map(str::to_owned))
            .collect();
        assert_eq!(zones.join(";"), row["iana_zones"], "{}", row["state"]);
    }
}

#[test]
fn every_area_code_points_to_its_state() {
    let law = bare();
    for row in table(include_str!("../data/area_codes.csv")) {
        let places = law.places(&Evidence {
            area_code: Some(row["code"].parse().unwrap()),
            ..Evidence::default()
        });
        let known: Vec<State> = State::parse(&row["state"]).into_iter().collect();
        assert_eq!(places.states(), known, "{}", row["code"]);
    }
}

/// Each year's closed days of each calendar, to be compared with the calendars that the states publish.
#[test]
fn the_holidays_of_three_years() {
    let mut told = String::new();
    for state in ["CA", "AL", "LA", "PA", "RI", "UT"] {
        let open = [
            all_day(Whose::Country),
            all_day(Whose::State(State::parse(state).unwrap())),
        ];
        let mut default = all_day(Whose::Default);
        default.open_on_holidays = false;
        let law = bare().with(open.into_iter().chain([default]).collect(), Vec::new());
        let places = living_in(&law, state);
        for year in 2026..=2028 {
            let closed: Vec<String> = date(year, 1, 1)
                .series(1.day())
                .take_while(|day| day.year() == year)
                .filter(|day| law.hours_on(*day, &places).is_none())
                // Where every Saturday is one, they would hide the others.
                .filter(|day| !(["LA", "PA"].contains(&state) && day.weekday() == Weekday::Saturday))
                .map(|day| day.strftime("%m-%d").to_string())
                .collect();
            told += &format!("{state} {year}: {}\n", closed.join(" "));
        }
    }
    expect![[r#"
        CA 2026: 01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25
        CA 2027: 01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31
        CA 2028: 01-01 01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-11 11-23 12-25
        AL 2026: 01-01 01-19 02-16 02-17 04-27 05-25 06-01 06-19 07-03 07-04 09-07 10-12 11-11 11-26 11-27 12-01 12-25
        AL 2027: 01-01 01-18 02-09 02-15 04-26 05-31 06-07 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 11-26 12-01 12-24 12-25 12-31
        AL 2028: 01-01 01-17 02-21 02-29 04-24 05-29 06-05 06-19 07-04 09-04 10-09 11-10 11-11 11-23 11-24 12-01 12-25
        LA 2026: 01-01 01-02 01-08 01-19 02-16 02-17 04-03 05-25 06-19 07-03 08-30 09-07 10-12 11-01 11-03 11-11 11-26 11-27 12-24 12-25 12-28 12-31
        LA 2027: 01-01 01-04 01-08 01-18 02-09 02-15 03-26 05-31 06-18 07-04 07-05 08-30 09-06 10-11 11-01 11-11 11-25 11-26 12-24 12-26 12-27 12-31
        LA 2028: 01-02 01-03 01-10 01-17 02-21 02-29 04-14 05-29 06-16 06-19 07-04 08-30 09-04 10-09 11-01 11-07 11-10 11-23 11-24 12-24 12-25 12-26 12-31
        PA 2026: 01-01 01-19 02-12 02-16 04-03 05-25 06-14 06-15 06-19 07-03 09-07 10-12 11-03 11-11 11-26 11-27 12-15 12-25
        PA 2027: 01-01 01-18 02-12 02-15 03-26 05-31 06-14 06-18 07-04 07-05 09-06 10-11 11-02 11-11 11-25 11-26 12-15 12-24 12-31
        PA 2028: 01-17 02-21 04-14 05-29 06-14 06-19 07-04 09-04 10-09 11-07 11-10 11-23 11-24 12-15 12-25
        RI 2026: 01-01 01-19 02-16 05-04 05-25 06-19 07-03 07-04 07-06 08-10 09-07 10-12 11-03 11-11 11-26 12-25
        RI 2027: 01-01 01-18 02-15 05-04 05-31 06-18 06-19 06-21 07-04 07-05 08-09 09-06 10-11 11-11 11-25 12-24 12-25 12-27 12-31
        RI 2028: 01-01 01-03 01-17 02-21 05-04 05-29 06-19 07-04 08-14 09-04 10-09 11-07 11-10 11-11 11-13 11-23 12-25
        UT 2026: 01-01 01-19 02-16 04-05 05-25 06-15 06-19 07-03 07-04 07-24 09-07 10-12 11-11 11-26 12-25
        UT 2027: 01-01 01-18 02-15 03-26 03-28 05-31 06-18 06-19 06-21 07-04 07-05 07-23 07-24 09-06 10-11 11-02 11-11 11-25 12-24 12-25 12-31
        UT 2028: 01-01 01-17 02-21 04-14 04-16 05-29 06-19 07-04 07-24 09-04 10-09 11-07 11-10 11-11 11-23 12-25
    "#]].assert_eq(&told);
}

#[test]
fn an_override_opens_its_own_rule_until_its_last_day() {
    let law = Law::current();
    let sunday = date(2026, 8, 23);
    let texas = living_in(&law, "TX");
    assert_eq!(law.hours_on(sunday, &texas), None);
    let mut default = all_day(Whose::Default);
    default.until = sunday;
    let open = law.with(vec![default], Vec::new());
    let noon = Time::constant(12, 0, 0, 0);
    assert_eq!(open.hours_on(sunday, &texas).map(|hours| hours.start), Some(noon));
    assert_eq!(open.hours_on(date(2026, 8, 30), &texas), None);
    assert_eq!(open.hours_on(sunday, &living_in(&law, "AL")), None);
    assert_eq!(sunday.weekday(), Weekday::Sunday);
}

#[test]
fn after_the_last_year_with_holidays_nothing_is_lawful() {
    let law = bare();
    let places = living_in(&law, "CA");
    assert!(law.hours_on(date(2050, 12, 30), &places).is_some());
    assert_eq!(law.hours_on(date(2051, 1, 4), &places), None);
    let end: Timestamp = "2051-01-01T12:00:00Z".parse().unwrap();
    assert_eq!(law.next_lawful(end, &places), None);
}

#[test]
fn a_proclaimed_day_closes_its_state_alone() {
    let day = date(2026, 8, 19);
    let closed = |whose| {
        let because = "a proclamation".to_owned();
        bare().with(Vec::new(), vec![Closure { whose, day, because }])
    };
    let louisiana = closed(Whose::State(State::parse("LA").unwrap()));
    let open = |law: &Law, state| law.hours_on(day, &living_in(law, state)).is_some();
    assert!(!open(&louisiana, "LA") && open(&louisiana, "TX"));
    assert!(!open(&closed(Whose::Country), "TX") && !open(&closed(Whose::Default), "TX"));
    assert!(
        louisiana
            .hours_on(date(2026, 8, 20), &living_in(&louisiana, "LA"))
            .is_some()
    );
}

#[test]
fn rules_are_stale_after_half_a_year() {
    let law = bare();
    let last = law.checked_on.checked_add(180.days()).unwrap();
    assert!(!law.is_stale(last) && law.is_stale(last.tomorrow().unwrap()));
}
