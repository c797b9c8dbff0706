//! The first data, and whether new ones still come.

use super::*;

#[test]
fn t6_the_first_data_are_timed_from_the_login_and_by_the_webhook_that_the_record_confirms() {
    let story = invited()
        .event(connects(Velocity::Instant))
        .later("20s")
        .event(Event::DataAnnounced { kind: DataKind::Bills })
        .fire()
        .status(of(Customer {
            bills_are_ready: true,
            intervals_are_ready: true,
            ..connected()
        }));
    let clock = story.journey.data.clone().unwrap();
    assert_eq!(clock.took(DataKind::Bills), Some(SignedDuration::from_secs(20)));
    assert!(matches!(clock.bills, Delivery::Ready { heard: true, .. }));
    // Nobody told of these, so the time is that of the look.
    assert_eq!(clock.took(DataKind::Intervals), Some(SignedDuration::from_secs(60)));
    assert!(matches!(clock.intervals, Delivery::Ready { heard: false, .. }));
    // What a webhook says alone is no data.
    let alone = invited()
        .event(connects(Velocity::Instant))
        .later("20s")
        .event(Event::DataAnnounced { kind: DataKind::Bills })
        .fire()
        .status(of(connected()));
    assert!(alone.journey.data.unwrap().bills.is_awaited());
}

#[test]
fn t6_late_is_by_the_utility_s_own_speed_and_writes_to_nobody() {
    let late = |story: &Story| story.told.matches("DataLate").count();
    let instant = connected_with(Velocity::Instant, connected());
    assert_eq!(late(&instant), 2);
    let mut slow = connected_with(Velocity::Hours(24), connected());
    assert_eq!(late(&slow), 0);
    while late(&slow) == 0 {
        slow = look(slow, Some(connected()), None);
    }
    let waited = slow.now.duration_since(at(MORNING));
    assert_eq!(waited, SignedDuration::from_hours(26));
    // A connection that was lost brings no data: that is another matter.
    let Snapshot::Bayou(Some(gone)) = broken(true) else {
        panic!()
    };
    let gone = Customer {
        bills_are_ready: false,
        intervals_are_ready: false,
        ..gone
    };
    let mut lost = connected_with(Velocity::Hours(1), connected());
    for _ in 0..6 {
        lost = look(lost, Some(gone.clone()), None);
    }
    assert_eq!(late(&lost), 0);
    assert!(instant.orders.is_empty() && slow.orders.is_empty());
}

#[test]
fn t6_an_account_without_intervals_waits_for_none() {
    for customer in [
        Customer {
            account_has_intervals: Some(false),
            bills_are_ready: true,
            ..connected()
        },
        Customer {
            utility_has_intervals: Some(false),
            bills_are_ready: true,
            ..connected()
        },
    ] {
        let story = connected_with(Velocity::Instant, customer);
        assert_eq!(story.journey.data.as_ref().unwrap().intervals, Delivery::NotOffered);
        assert!(matches!(
            story.journey.phase,
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. },
                ..
            }
        ));
    }
}

#[test]
fn t7_an_unread_bill_is_news_and_tells_the_speed_where_nobody_has() {
    let story = invited().event(Event::Connected {
        at: None,
        velocity: None,
        utility: None,
    });
    let story = story.event(Event::DataNews {
        what: "unparsed_bill",
        velocity: Some(Velocity::Hours(24)),
    });
    assert_eq!(story.journey.data.as_ref().unwrap().velocity, Some(Velocity::Hours(24)));
    assert!(is_provisional(&story));
}

#[test]
fn looks_for_first_data_become_fewer_even_where_nobody_says_when_the_connection_was_made() {
    // No webhook told of it, and the record has no date.
    let mut story = look(invited(), Some(connected()), None);
    let learned_at = story.now;
    let mut looked = 0;
    while story.now < learned_at.checked_add(SignedDuration::from_hours(24)).unwrap() {
        story = look(story, Some(connected()), None);
        looked += 1;
    }
    assert!((10..30).contains(&looked), "{looked} looks in a day");
}

#[test]
fn new_data_that_stop_silently_are_told_once_and_so_is_their_coming_back() {
    let story = connected_with(Velocity::Instant, with_all_data());
    let newest = |day: &str| {
        Some(Newest {
            bill: Some(at("2026-06-28T00:00:00Z")),
            interval: Some(at(&format!("{day}T00:00:00Z"))),
        })
    };
    let count = |story: &Story, what: &str| story.told.matches(what).count();
    let mut story = look(story, Some(with_all_data()), newest("2026-07-01"));
    for _ in 0..5 {
        story = look(story, Some(with_all_data()), newest("2026-07-01"));
    }
    assert_eq!((count(&story, "DataStale"), count(&story, "DataFresh")), (1, 0));
    let story = look(story, Some(with_all_data()), newest("2026-07-06"));
    assert_eq!((count(&story, "DataStale"), count(&story, "DataFresh")), (1, 1));
    // A lost connection is another matter.
    let Snapshot::Bayou(Some(gone)) = broken(true) else {
        panic!()
    };
    let mut lost = look(
        connected_with(Velocity::Instant, with_all_data()),
        Some(gone.clone()),
        newest("2026-07-01"),
    );
    for _ in 0..5 {
        lost = look(lost, Some(gone.clone()), newest("2026-07-01"));
    }
    assert_eq!(count(&lost, "DataStale"), 0);
}
