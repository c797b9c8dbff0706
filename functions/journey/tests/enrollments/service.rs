//! After the enrolment: service, usage, lateness.

use super::*;
use journey::{Delivery, MeterFollowUp, Phase};

/// Finalized an hour after the beginning, to begin on the 6th of July, a Monday.
fn enrolled() -> Story {
    opened().asked(&on(date(2026, 7, 6), false, false))
}

fn on(starts: Date, is_active: bool, usage: bool) -> LightAccount {
    LightAccount {
        locations: vec![LightLocation {
            starts_on: Some(starts),
            is_active: Some(is_active),
            has_usage_history: Some(usage),
            ..place()
        }],
        ..finalized()
    }
}

fn meter(story: &Story) -> MeterFollowUp {
    match &story.journey.phase {
        Phase::Completed { meter, .. } => meter.clone(),
        other @ (Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn nobody_looks_for_the_service_before_its_day() {
    let timer = enrolled().journey.timer.unwrap();
    assert_eq!(
        (timer.why, timer.due),
        (TimerWhy::Meter, at("2026-07-06T05:00:00Z")),
        "midnight in Texas"
    );
}

#[test]
fn trap_9_usage_may_come_before_the_service_and_is_no_step() {
    let story = enrolled().looked(Some(&on(date(2026, 7, 6), false, true)));
    let clock = story.journey.enrollment.unwrap();
    assert!(matches!(clock.usage, Delivery::Ready { .. }) && clock.service.is_awaited());
    assert!(matches!(meter(&story), MeterFollowUp::Awaited { .. }));
    let story = story.looked(Some(&on(date(2026, 7, 6), true, true)));
    assert!(matches!(meter(&story), MeterFollowUp::Arrived { .. }));
    assert_eq!(story.journey.timer, None, "all is there");
}

#[test]
fn trap_9_usage_is_read_wherever_the_record_has_it() {
    let in_account = LightAccount {
        has_usage_history: Some(true),
        ..on(date(2026, 7, 6), true, false)
    };
    let nowhere = LightAccount {
        locations: vec![LightLocation {
            has_usage_history: None,
            is_active: Some(true),
            ..place()
        }],
        ..finalized()
    };
    let ready = |account: &LightAccount| {
        let clock = enrolled().looked(Some(account)).journey.enrollment.unwrap();
        matches!(clock.usage, Delivery::Ready { .. })
    };
    assert!(ready(&in_account) && ready(&on(date(2026, 7, 6), true, true)));
    assert!(!ready(&nowhere));
}

#[test]
fn trap_15_late_is_counted_in_business_hours_from_the_day_of_the_start() {
    let account = on(date(2026, 7, 6), false, false);
    let mut story = enrolled();
    while !story.notes.iter().any(|note| matches!(note, Note::DataLate { .. })) {
        story = story.looked(Some(&account));
    }
    // 72 hours of ten a day from Monday morning: Wednesday of the next week, at ten in Texas.
    assert_eq!(story.now, at("2026-07-15T15:00:00Z"));
    for kind in [DataKind::Service, DataKind::UsageHistory] {
        assert!(story.says(&Note::DataLate { kind }));
    }
    assert!(story.notes.iter().any(Note::is_alert), "operators are told");
    let once = story.looked(Some(&account));
    assert!(!once.notes.iter().any(Note::is_alert), "and once");
    assert!(once.orders.is_empty(), "the customer can do nothing");
}

#[test]
fn a_webhook_makes_the_record_be_asked_at_once_and_tells_the_time() {
    let story = enrolled().at("2026-07-06T15:00:00Z").webhook(Event::ServiceAnnounced {
        kind: DataKind::Service,
    });
    assert_eq!(story.journey.timer.as_ref().unwrap().due, story.now);
    let told_at = story.now;
    let story = story.later("10min").looked(Some(&on(date(2026, 7, 6), true, false)));
    assert_eq!(
        story.journey.enrollment.unwrap().service,
        Delivery::Ready {
            at: told_at,
            heard: true
        }
    );
}

#[test]
fn in_the_end_nobody_looks_any_more() {
    let account = on(date(2026, 7, 6), false, false);
    let mut story = enrolled();
    for _ in 0..1_000 {
        if story.journey.timer.is_none() {
            break;
        }
        story = story.looked(Some(&account));
    }
    assert!(matches!(meter(&story), MeterFollowUp::GivenUp { .. }));
    let waited = story.now.duration_since(at("2026-07-06T05:00:00Z"));
    assert!(waited >= story.campaign.meter.give_up_after, "{waited}");
}

#[test]
fn trap_15_service_is_late_too_where_only_a_webhook_told_that_the_enrolment_is_final() {
    // Nothing but the place is in the record.
    let silent = LightAccount {
        locations: vec![LightLocation {
            starts_on: Some(date(2026, 7, 6)),
            is_active: Some(false),
            ..LightLocation::default()
        }],
        ..LightAccount::default()
    };
    let story = opened().webhook(Event::EnrollmentFinalized).fire();
    let mut story = story.status(Snapshot::Light(Some(silent.clone())));
    for _ in 0..60 {
        story = story.looked(Some(&silent));
        if story.says(&Note::DataLate {
            kind: DataKind::Service,
        }) {
            break;
        }
    }
    assert_eq!(story.now, at("2026-07-15T15:00:00Z"), "{}", story.told);
    assert!(matches!(
        meter(&story),
        MeterFollowUp::Awaited {
            late_since: Some(_),
            ..
        }
    ));
}

#[test]
fn trap_10_with_power_at_every_place_nothing_is_under_way() {
    let active = LightLocation {
        is_active: Some(true),
        has_usage_history: Some(true),
        ..place()
    };
    let two = LightAccount {
        locations: vec![active, active],
        ..accepted()
    };
    let story = opened().event(accepts(date(2026, 8, 31), date(2026, 8, 1))).asked(&two);
    assert_eq!(story.message(), None);
    assert!(matches!(meter(&story), MeterFollowUp::Arrived { .. }), "{}", story.told);
    let clock = story.journey.enrollment.unwrap();
    assert!(matches!(clock.usage, Delivery::Ready { .. }));
}
