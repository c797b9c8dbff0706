//! The report of a data folder.

use embedded::{DataDir, ProgramClock, Store};
use jiff::SignedDuration;
use journey::contact::Classification;
use journey::port::{Clock, Commit, CommitJourney};
use journey::status::Snapshot;
use journey::{
    Campaign, ContactId, Customer, Event, Flow, IdKey, Journey, JourneyId, LossReason, Provider, Purpose, Reference,
    UtilityCode, Velocity, decide,
};
use serde_json::{Value, json};

use crate::support::{IDENTITY, Place};

/// A data folder in which a customer of Bayou's connected and lost the connection, as the rules write it.
async fn a_lost_connection(place: &Place) {
    let folder = DataDir::visit(place.path("rekindle-data")).unwrap();
    let clock = ProgramClock::visit(&folder).unwrap();
    let key = IdKey::new(IDENTITY.as_bytes()).unwrap();
    let store = Store::visit(&place.path("rekindle-data"), key.clone()).unwrap();
    let now = clock.now();
    let reference = Reference::new("site-1").unwrap();
    let contact = ContactId::new(&key, Provider::Bayou, &reference);
    let connected = Event::Connected {
        at: Some(now - SignedDuration::from_hours(48)),
        velocity: Some(Velocity::Instant),
        // Bayou's own code: one name stands for it and for Leap's.
        utility: UtilityCode::of_any_case("pacific_gas_and_electric"),
    };
    let seen = Event::StatusSeen {
        snapshot: Snapshot::Bayou(Some(Customer {
            has_filled_credentials: true,
            is_currently_authenticated: true,
            bills_are_ready: true,
            ..Customer::default()
        })),
        region: None,
        classification: Classification::Residential,
    };
    let lost = Event::ReauthorizationNeeded {
        why: LossReason::MfaExpired,
        was_connected: true,
    };
    let days = SignedDuration::from_hours(48);
    let told = [
        (
            Purpose::Enroll,
            vec![(Event::Invited, days), (connected, days), (seen, days)],
        ),
        (Purpose::Reconnect, vec![(lost, SignedDuration::from_hours(2))]),
    ];
    for (purpose, events) in told {
        let campaign = Campaign::standard();
        let id = JourneyId::new(&key, Provider::Bayou, purpose, &reference);
        let mut journey = Journey::begin(id, Provider::Bayou, purpose, Flow::Unknown, now - days, &campaign);
        for (event, ago) in events {
            journey = decide(&journey, &event.into(), now - ago, &campaign).next;
        }
        let commit = Commit {
            journey: &journey,
            expected: 0,
            contact: Some(&contact),
            claim: None,
            visited: None,
        };
        store.commit_journey(commit).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_nobody_is_a_sentence() {
    let place = Place::new().await;
    let report = place.run(&["report"]);
    assert_eq!((report.code, report.err.as_str()), (0, ""));
    assert_eq!(report.out.lines().count(), 1, "{}", report.out);
    assert!(
        report.out.starts_with("There is nobody to report of yet"),
        "{}",
        report.out
    );
    let json = place.run(&["report", "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["journeys"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_answers_the_eight_questions_and_then_shows_the_figures() {
    let place = Place::new().await;
    a_lost_connection(&place).await;

    let report = place.run(&["report"]);
    assert_eq!((report.code, report.err.as_str()), (0, ""));
    let begins = |start: &str| {
        let line = report.out.lines().position(|line| line.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("nothing begins with {start:?}:\n{}", report.out))
    };
    let places: Vec<usize> = (1..=8).map(|n| begins(&format!("Q{n} "))).collect();
    assert!(places.is_sorted() && places[7] < begins("The funnel"), "{}", report.out);
    begins("Unavailable: not in the API.");
    begins("At least 1 of 1 (100 %) had a second factor that expired.");
    begins("1 lost: ");
    begins("- credential step: unavailable: not in the API.");
    for row in ["PGE", "second factor: mandatory", "at bayou"] {
        let line = report.out.lines().find(|line| line.contains(&format!("│ {row} ")));
        assert!(line.is_some(), "no row of {row}:\n{}", report.out);
    }
    assert!(
        !report.out.contains("PACIFIC") && !report.out.contains("site-1"),
        "{}",
        report.out
    );

    let json = place.run(&["report", "--json"]);
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let pge = &json["by_utility"]["PGE"];
    assert_eq!(pge["funnel"]["connected"], 1);
    assert_eq!(pge["bills"]["all"]["within_60s"], json!({"part": 1, "of": 1}));
    // The other journey of the same customer says which utility it was.
    assert_eq!(
        pge["reauthorization"]["by_reason"],
        json!({"mfa_factor_has_expired": 1})
    );
    assert_eq!(json["by_mfa"]["mandatory"]["reauthorization"]["losses"], 1);
    assert_eq!(json["questions"].as_array().unwrap().len(), 8);
}
