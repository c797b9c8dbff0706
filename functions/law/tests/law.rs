//! The tables, row by row, and the lawful moments of people in one or several places.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::Arc;

use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use law::{Evidence, Law, Override, Places, State, Whose, Window};

fn law() -> Arc<Law> {
    Law::current()
}

fn state(code: &str) -> State {
    State::parse(code).unwrap()
}

fn living_in(codes: &[&str]) -> Places {
    law().places(&Evidence {
        states: codes.iter().map(|code| state(code)).collect(),
        ..Evidence::default()
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The hours of a state on a Wednesday, a Saturday and a Sunday without holidays.
fn week(code: &str) -> [Option<(Time, Time)>; 3] {
    [date(2026, 8, 19), date(2026, 8, 22), date(2026, 8, 23)].map(|day| {
        law()
            .hours_on(day, &living_in(&[code]))
            .map(|hours| (hours.start, hours.end))
    })
}

/// Written down from `sms_hours.csv` by hand, beside the policy of 09:00 to 20:00 and ten minutes before the end.
#[test]
fn each_states_hours_are_the_strictest_of_its_own_and_ours() {
    let usual = Some((time(9, 0, 0, 0), time(19, 50, 0, 0)));
    for known in State::all() {
        let [weekday, saturday, sunday] = week(known.as_str());
        let (expected_weekday, expected_saturday) = match known.as_str() {
            "KY" => (
                Some((time(10, 0, 0, 0), time(19, 50, 0, 0))),
                Some((time(10, 0, 0, 0), time(19, 50, 0, 0))),
            ),
            "RI" => (
                Some((time(9, 0, 0, 0), time(17, 50, 0, 0))),
                Some((time(10, 0, 0, 0), time(16, 50, 0, 0))),
            ),
            "SD" => (usual, None),
            // Saturdays are holidays there, at least in part.
            "LA" | "PA" => (usual, None),
            _ => (usual, usual),
        };
        assert_eq!(
            (weekday, saturday, sunday),
            (expected_weekday, expected_saturday, None),
            "{known}"
        );
    }
}

#[test]
fn a_person_in_two_states_has_the_hours_of_both() {
    let hours = law().hours_on(date(2026, 8, 19), &living_in(&["KY", "RI"]));
    assert_eq!(
        hours,
        Some(Window {
            start: time(10, 0, 0, 0),
            end: time(17, 50, 0, 0)
        })
    );
    assert_eq!(law().hours_on(date(2026, 8, 22), &living_in(&["CA", "SD"])), None);
}

fn closed(code: &str, day: Date) -> bool {
    law().hours_on(day, &living_in(&[code])).is_none()
}

#[test]
fn a_states_holidays_close_that_state_and_the_countrys_close_all() {
    for (code, day) in [
        ("AL", date(2026, 4, 27)),
        ("LA", date(2026, 2, 17)),
        ("PA", date(2027, 11, 2)),
        ("RI", date(2026, 8, 10)),
        ("UT", date(2026, 7, 24)),
    ] {
        assert!(closed(code, day), "{code} {day}");
        assert!(!closed("CA", day), "{day}");
        assert!(law().hours_on(day, &living_in(&["CA", code])).is_none(), "{code} {day}");
    }
    // The Fourth of July 2026 is a Saturday: observed on Friday.
    for day in [
        date(2026, 7, 3),
        date(2026, 7, 4),
        date(2026, 11, 26),
        date(2026, 12, 25),
    ] {
        assert!(State::all().all(|known| closed(known.as_str(), day)), "{day}");
    }
}

#[test]
fn a_lawful_moment_lies_inside_the_hours_of_every_zone() {
    // Tuesday, 07:30 in Los Angeles.
    let tuesday = at("2026-08-18T14:30:00Z");
    let opens = |codes: &[&str], from: Timestamp| law().next_lawful(from, &living_in(codes)).map(|at| at.to_string());
    assert_eq!(opens(&["CA"], tuesday).as_deref(), Some("2026-08-18T16:00:00Z"));
    // New York closes at 19:50 there, which is 16:50 in Los Angeles.
    assert_eq!(opens(&["CA", "NY"], tuesday).as_deref(), Some("2026-08-18T16:00:00Z"));
    assert_eq!(
        opens(&["CA", "NY"], at("2026-08-18T23:49:59Z")).as_deref(),
        Some("2026-08-18T23:49:59Z")
    );
    assert_eq!(
        opens(&["CA", "NY"], at("2026-08-18T23:50:00Z")).as_deref(),
        Some("2026-08-19T16:00:00Z")
    );
    // Saturday evening, then Sunday, then a Labor Day.
    assert_eq!(
        opens(&["CA"], at("2026-09-06T03:00:00Z")).as_deref(),
        Some("2026-09-08T16:00:00Z")
    );
}

#[test]
fn where_nothing_is_known_every_zone_of_the_country_counts() {
    let places = law().places(&Evidence::default());
    assert!(places.states().is_empty());
    assert_eq!(places.zones().len(), 9);
    // Adak and Honolulu open at 18:00 and 19:00 UTC in summer; New York and San Juan close at 23:50.
    let opens = law().next_lawful(at("2026-08-18T12:00:00Z"), &places).unwrap();
    assert_eq!(opens, at("2026-08-18T19:00:00Z"));
    assert_eq!(
        law().next_lawful(at("2026-08-18T23:49:00Z"), &places),
        Some(at("2026-08-18T23:49:00Z"))
    );
    assert_eq!(
        law().next_lawful(at("2026-08-18T23:50:00Z"), &places),
        Some(at("2026-08-19T19:00:00Z"))
    );
}

#[test]
fn a_number_points_to_its_state_and_a_toll_free_one_to_none() {
    let of = |area_code| {
        law().places(&Evidence {
            area_code: Some(area_code),
            ..Evidence::default()
        })
    };
    assert_eq!(of(212).states(), [state("NY")]);
    assert_eq!(of(808).states(), [state("HI")]);
    // Every zone of the state counts, since a phone moves.
    assert_eq!(of(850).zones().len(), 2);
    for none in [800, 888, 911, 671, 204] {
        assert!(of(none).states().is_empty(), "{none}");
    }
    let both = law().places(&Evidence {
        area_code: Some(212),
        states: vec![state("CA"), state("NY")],
        zones: vec![
            TimeZone::get("America/Los_Angeles").unwrap(),
            TimeZone::get("Europe/Madrid").unwrap(),
        ],
    });
    assert_eq!(both.states(), [state("CA"), state("NY")]);
    assert_eq!(both.zones().len(), 3);
}

#[test]
fn the_lowest_limit_counts() {
    assert_eq!(law().max_per_24h(at("2026-08-19T17:00:00Z"), &living_in(&["FL"])), 1);
}

#[test]
fn zones_that_never_meet_are_never_lawful() {
    let places = law().places(&Evidence {
        states: vec![state("HI")],
        zones: vec![TimeZone::get("Asia/Tokyo").unwrap()],
        ..Evidence::default()
    });
    // 09:00 in Honolulu is 04:00 in Tokyo; 19:50 is 14:50.
    assert!(law().next_lawful(at("2026-08-18T12:00:00Z"), &places).is_some());
    let places = law().places(&Evidence {
        states: vec![state("HI")],
        zones: vec![TimeZone::get("Europe/Madrid").unwrap()],
        ..Evidence::default()
    });
    assert_eq!(law().next_lawful(at("2026-08-18T12:00:00Z"), &places), None);
}

/// Minute by minute over a year and by another way: what is said to open is open, and nothing before it is.
#[test]
fn nothing_lawful_is_passed_over() {
    let places = living_in(&["TN", "UT"]);
    let lawful = |at: Timestamp| {
        places.zones().iter().all(|zone| {
            let local = zone.to_datetime(at);
            law()
                .hours_on(local.date(), &places)
                .is_some_and(|hours| hours.start <= local.time() && local.time() < hours.end)
        })
    };
    let mut at = at("2026-01-01T00:00:00Z");
    let end = at.checked_add((365 * 24).hours()).unwrap();
    while at < end {
        let next = law().next_lawful(at, &places).unwrap();
        assert!(lawful(next), "{next}");
        let mut between = at;
        while between < next {
            assert!(!lawful(between), "{between}");
            between = between.checked_add(10.minutes()).unwrap();
        }
        at = next.max(at).checked_add(70.minutes()).unwrap();
    }
}

#[test]
fn a_proof_says_by_which_rules_where_and_when() {
    let noon = at("2026-08-19T17:05:30Z");
    let zones = ["America/Los_Angeles", "Europe/Madrid"].map(|name| TimeZone::get(name).unwrap());
    let both = law().places(&Evidence {
        area_code: Some(212),
        states: vec![state("CA")],
        zones: zones.to_vec(),
    });
    for (places, written) in [
        (living_in(&["CA"]), "2026-11-21 CA 10:05"),
        (both, "2026-11-21 CA,NY 10:05-19:05 Europe/Madrid"),
        (living_in(&[]), "2026-11-21 - 07:05-13:05"),
    ] {
        let proof = law().proof(noon, &places);
        assert_eq!(proof.to_string(), written);
        assert_eq!(written.parse(), Ok(proof));
    }
    for bad in [
        "",
        "2026-11-21",
        "2026-11-21 XX 10:05-10:05",
        "2026-11-21 CA",
        "today CA 10:05-10:05",
    ] {
        assert_eq!(bad.parse::<law::Proof>(), Err(law::NoProof), "{bad}");
    }
}

#[test]
fn what_is_overridden_is_in_the_proof_as_long_as_it_holds() {
    let texas = Override {
        whose: "TX".parse().unwrap(),
        weekdays: None,
        saturday: None,
        sunday: None,
        open_on_holidays: false,
        max_per_24h: Some(4),
        texts_per_episode: None,
        text_within: None,
        until: date(2026, 8, 19),
        because: "counsel, 2026-08-01".to_owned(),
    };
    let default = Override {
        whose: Whose::Default,
        max_per_24h: Some(3),
        texts_per_episode: Some(2),
        text_within: Some(SignedDuration::from_hours(60)),
        ..texas.clone()
    };
    let law = law().with(vec![texas, default], Vec::new());
    let written = |time: &str, state: &str| law.proof(at(time), &living_in(&[state])).to_string();
    assert_eq!(
        written("2026-08-19T17:05:00Z", "TX"),
        "2026-11-21 TX 11:05-12:05 !default !TX"
    );
    assert_eq!(written("2026-08-19T17:05:00Z", "CA"), "2026-11-21 CA 10:05 !default");
    assert_eq!(written("2026-08-20T17:05:00Z", "TX"), "2026-11-21 TX 11:05-12:05");
    let back: law::Proof = "2026-11-21 TX 11:05-12:05 Asia/Tokyo !default !TX".parse().unwrap();
    assert_eq!((back.zones.len(), back.overridden.len()), (1, 2));
    let limits = |time: &str| {
        let texas = living_in(&["TX"]);
        let texts = law.text_limit(at(time), &texas);
        (
            law.max_per_24h(at(time), &texas),
            texts.per_episode,
            texts.within.as_hours(),
        )
    };
    assert_eq!(limits("2026-08-19T17:05:00Z"), (3, 2, 60));
    assert_eq!(limits("2026-08-20T17:05:00Z"), (1, 1, 48));
}
