//! What a stream of writes says: each thing that happened, once, in order, under a name of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use journey::campaign::Channel;
use journey::status::UtilityErrorCode;
use journey::{
    DeliveryProblem, Diagnosis, Event, Evidence, Journey, Lifecycle, LifecycleEvent, MeterFollowUp, Note, Noted, Phase,
    Resolution, SendOutcome, SkipReason, Touch, TouchRecord, lifecycle, stored,
};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, any, prop_oneof};
use proptest::test_runner::{RngSeed, TestRunner};

use support::provider::{completed, failed, partial};
use support::story::Write;
use support::world::World;
use support::{MORNING, Story, at, code, meter};

fn said(story: &Story) -> Vec<LifecycleEvent> {
    let read = |write: &Write| lifecycle(write.before.as_ref(), &write.after);
    story.writes.iter().flat_map(read).collect()
}

fn check(story: &Story, expect: Expect) {
    let line = |event: &LifecycleEvent| format!("{} {} {:?}\n", event.at, event.episode, event.what);
    expect.assert_eq(&said(story).iter().map(line).collect::<String>());
}

fn first_touch() -> Story {
    Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING))
}

/// A partner's program tells them apart by these words.
#[test]
fn the_names_of_events_stay() {
    let touch = Touch(2);
    let named = [
        (Lifecycle::Started, "journey.started", None),
        (Lifecycle::Reopened, "journey.reopened", None),
        (Lifecycle::CameBack, "journey.came_back", None),
        (
            Lifecycle::TouchSent {
                touch,
                channel: Channel::Sms,
                diagnosis: None,
            },
            "touch.sent",
            Some(touch),
        ),
        (
            Lifecycle::TouchSkipped {
                touch,
                why: SkipReason::Holdout,
            },
            "touch.skipped",
            Some(touch),
        ),
        (Lifecycle::TouchUnknown { touch }, "touch.unknown", Some(touch)),
        (
            Lifecycle::DeliveryProblem {
                touch,
                what: DeliveryProblem::Bounced,
            },
            "delivery.problem",
            Some(touch),
        ),
        (Lifecycle::CompletionWithdrawn, "journey.completion_withdrawn", None),
        (Lifecycle::HandedBack, "journey.handed_back", None),
        (Lifecycle::MeterArrived, "meter.arrived", None),
        (Lifecycle::MeterLate, "meter.late", None),
        (Lifecycle::MeterGivenUp, "meter.given_up", None),
    ];
    for (what, kind, of_touch) in named {
        assert_eq!((what.kind(), what.touch()), (kind, of_touch));
    }
}

#[test]
fn a_customer_who_is_reminded_and_finishes() {
    let story = first_touch()
        .later("2s")
        .accepted()
        .later("1h")
        .webhook(Event::SessionCompleted)
        .meters(vec![meter()]);
    check(
        &story,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:45:02Z 1 TouchSent { touch: Touch(1), channel: Email, diagnosis: Some(UtilityNotConnected) }
        2026-07-01T17:45:02Z 1 Completed { evidence: Session, provisional: false }
        2026-07-02T17:45:02Z 1 MeterArrived
    "#]],
    );
}

#[test]
fn a_customer_who_never_comes_back() {
    let story = Story::new()
        .webhook(Event::LoginFailed {
            utility: Some(code("SDGE")),
        })
        .until_the_end(&partial(MORNING));
    check(
        &story,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:45:00Z 1 TouchSent { touch: Touch(1), channel: Email, diagnosis: Some(UtilityNotConnected) }
        2026-07-02T12:00:00Z 1 TouchSent { touch: Touch(2), channel: Email, diagnosis: Some(UtilityNotConnected) }
        2026-07-04T12:00:00Z 1 TouchSent { touch: Touch(3), channel: Email, diagnosis: Some(UtilityNotConnected) }
        2026-07-05T12:00:00Z 1 HandedBack
    "#]],
    );
}

#[test]
fn a_completion_is_provisional_until_it_is_confirmed_or_withdrawn() {
    let authorized = Story::new().webhook(Event::LoginSucceeded { utility: None });
    check(
        &authorized.clone().fire().status(completed(MORNING)),
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:00:00Z 1 Completed { evidence: Authorization, provisional: true }
        2026-07-01T16:05:00Z 1 CompletionConfirmed { evidence: Status }
    "#]],
    );
    check(
        &authorized.later("1m").webhook(Event::StepReached),
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:00:00Z 1 Completed { evidence: Authorization, provisional: true }
        2026-07-01T16:01:00Z 1 CompletionWithdrawn
    "#]],
    );
}

#[test]
fn an_unknown_send_is_told_when_nobody_can_say_and_again_when_it_is_found() {
    let asked = first_touch().outcome(SendOutcome::Ambiguous);
    check(
        &asked,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
    "#]],
    );
    let unknown = asked.fire().looked_up(Resolution::Unknown);
    let found = unknown.later("1h").looked_up(Resolution::Sent {
        message_id: "0100019abc-0002".to_owned(),
        at: at("2026-07-01T16:45:03.250Z"),
    });
    check(
        &found,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:48:00Z 1 TouchUnknown { touch: Touch(1) }
        2026-07-01T16:45:03.25Z 1 TouchSent { touch: Touch(1), channel: Email, diagnosis: Some(UtilityNotConnected) }
    "#]],
    );
}

#[test]
fn a_meter_that_is_the_evidence_has_arrived() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .webhook(Event::MeterAnnounced { kind: None })
        .fire()
        .status_and_meters(partial(MORNING), vec![meter()]);
    check(
        &story,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:45:00Z 1 Completed { evidence: Meter, provisional: false }
        2026-07-01T16:45:00Z 1 MeterArrived
    "#]],
    );
}

#[test]
fn a_message_is_told_with_the_diagnosis_of_its_own_claim() {
    let story = first_touch().accepted();
    let failed = failed(Some(UtilityErrorCode::UserInvalidCredentials), MORNING);
    let story = story.fire().status(failed).accepted();
    let told: Vec<_> = said(&story)
        .into_iter()
        .filter_map(|event| {
            if let Lifecycle::TouchSent { touch, diagnosis, .. } = event.what {
                Some((touch.0, diagnosis))
            } else {
                None
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, Some(Diagnosis::UtilityNotConnected)),
            (2, Some(Diagnosis::CredentialsInvalid))
        ]
    );
}

/// A reader may find two writes in one: an expired record that is begun anew, or a state read a step later.
#[test]
fn a_meter_found_after_the_completion_has_arrived_once() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .later("5m")
        .webhook(Event::SessionCompleted)
        .meters(vec![meter()]);
    let [.., completed, arrived] = story.writes.as_slice() else {
        panic!("two writes")
    };
    let read = lifecycle(completed.before.as_ref(), &arrived.after);
    let told: Vec<&str> = read.iter().map(|event| event.what.kind()).collect();
    assert_eq!(told, ["journey.completed", "meter.arrived"]);
}

#[test]
fn a_meter_that_never_comes_is_late_once_and_then_given_up() {
    let mut story = Story::new().webhook(Event::SessionCompleted);
    while story.journey.timer.is_some() {
        story = story.meters(Vec::new());
    }
    check(
        &story,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:00:00Z 1 Completed { evidence: Session, provisional: false }
        2026-07-04T16:00:00Z 1 MeterLate
        2026-08-29T16:00:00Z 1 MeterGivenUp
    "#]],
    );
}

#[test]
fn a_stopped_customer_and_a_bounce() {
    let story = first_touch().accepted();
    let key = story.last_key();
    let what = DeliveryProblem::Bounced;
    let story = story
        .event(Event::DeliverySeen { key, what })
        .later("1m")
        .event(Event::ContactErased);
    check(
        &story,
        expect![[r#"
        2026-07-01T16:00:00Z 1 Started
        2026-07-01T16:45:00Z 1 TouchSent { touch: Touch(1), channel: Email, diagnosis: Some(UtilityNotConnected) }
        2026-07-01T16:45:00Z 1 DeliveryProblem { touch: Touch(1), what: Bounced }
        2026-07-01T16:46:00Z 1 Stopped { why: Erased }
    "#]],
    );
}

#[test]
fn a_record_that_is_begun_anew_in_the_place_of_an_expired_one_starts() {
    let old = Story::new().webhook(Event::SessionCompleted).meters(vec![meter()]);
    let new = Story::new().at("2027-12-01T16:00:00Z").webhook(Event::SessionOpened);
    let events = lifecycle(Some(&old.journey), &new.journey);
    assert_eq!(kinds(&events), ["journey.started"]);
}

/// Notes have whole seconds: whoever forgets events by their name must not forget the second one.
#[test]
fn two_equal_notes_of_one_second_have_two_names() {
    let before = Story::new().webhook(Event::SessionOpened).journey;
    let mut after = before.clone();
    let at = after.history.back().unwrap().at;
    let noted = |note| Noted { at, note };
    after.history.extend([noted(Note::CameBack), noted(Note::CameBack)]);
    let events = lifecycle(Some(&before), &after);
    assert_eq!(kinds(&events), ["journey.came_back", "journey.came_back"]);
    assert_ne!(events[0].id, events[1].id);
}

fn kinds(events: &[LifecycleEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.what.kind()).collect()
}

/// What a write should say, from the notes of its decision instead of from two records.
fn expected(write: &Write) -> Vec<(&'static str, Option<Touch>)> {
    let mut events = Vec::new();
    let mut done = write.before.as_ref().is_some_and(is_completed);
    for note in &write.notes {
        let event = match note {
            Note::Opened { .. } => ("journey.started", None),
            Note::Reopened { .. } => {
                done = false;
                ("journey.reopened", None)
            }
            Note::CameBack => ("journey.came_back", None),
            Note::Sent { touch } => ("touch.sent", Some(*touch)),
            Note::Skipped { touch, .. } => ("touch.skipped", Some(*touch)),
            Note::SendUnknown { touch } if became_unknown(write, *touch) => ("touch.unknown", Some(*touch)),
            Note::DeliveryProblem { touch, .. } => ("delivery.problem", Some(*touch)),
            Note::Completed { .. } if done => ("journey.completion_confirmed", None),
            Note::Completed { evidence } => {
                done = true;
                events.push(("journey.completed", None));
                if *evidence == Evidence::Meter && has_meter(&write.after) {
                    events.push(("meter.arrived", None));
                }
                continue;
            }
            Note::CompletionContradicted => {
                done = false;
                ("journey.completion_withdrawn", None)
            }
            Note::HandedBack => ("journey.handed_back", None),
            Note::Stopped { .. } => ("journey.stopped", None),
            Note::MeterArrived => ("meter.arrived", None),
            Note::MeterLate => ("meter.late", None),
            Note::MeterGivenUp => ("meter.given_up", None),
            Note::ConnectAgain { .. } => ("connection.needed", None),
            Note::FallbackGiven { .. } => ("fallback.given", None),
            Note::SupportNeeded { .. } => ("support.needed", None),
            Note::DataReady { .. } => ("data.ready", None),
            Note::DataLate { .. } => ("data.late", None),
            Note::DataStale { .. } => ("data.stale", None),
            Note::DataFresh { .. } => ("data.fresh", None),
            Note::SignOfLife { .. }
            | Note::ProviderActivity { .. }
            | Note::Duplicate
            | Note::Absorbed { .. }
            | Note::AlreadyCompleted
            | Note::MeterNews { .. }
            | Note::TimerSet { .. }
            | Note::StaleTimer
            | Note::Diagnosed { .. }
            | Note::Held { .. }
            | Note::Claimed { .. }
            | Note::ChannelPassed { .. }
            | Note::Retrying { .. }
            | Note::SendUnknown { .. }
            | Note::LateAnswer { .. }
            | Note::Unrecognized
            | Note::MeterNotYet { .. }
            | Note::MeterSearchUnavailable { .. }
            | Note::Drift { .. } => continue,
        };
        events.push(event);
    }
    events
}

fn is_completed(journey: &Journey) -> bool {
    matches!(journey.phase, Phase::Completed { .. })
}

fn has_meter(journey: &Journey) -> bool {
    matches!(
        journey.phase,
        Phase::Completed {
            meter: MeterFollowUp::Arrived { .. },
            ..
        }
    )
}

fn became_unknown(write: &Write, touch: Touch) -> bool {
    let unknown = |journey: &Journey| matches!(journey.touches[touch.index()], TouchRecord::Unknown { .. });
    unknown(&write.after) && !write.before.as_ref().is_some_and(unknown)
}

#[test]
fn whatever_happens_each_thing_is_said_once_by_the_write_that_made_it() {
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_703),
        ..ProptestConfig::default()
    };
    let seen = std::cell::RefCell::new(BTreeSet::new());
    // A first webhook of a Connect flow, or of one that may be direct to the utility.
    let first = prop_oneof![Just(0), Just(6)];
    let steps = vec((any::<u8>(), any::<u16>(), any::<u8>()), 1..160);
    let outcome = TestRunner::new(config).run(&(first, steps), |(first, steps)| {
        let mut world = World::new(Story::new());
        world.webhook(first);
        for (kind, argument, delivery) in steps {
            world = world.step((kind, argument));
            if let Some(order) = world.story.orders.last().filter(|_| delivery % 16 == 0) {
                let what = match argument % 3 {
                    0 => DeliveryProblem::Bounced,
                    1 => DeliveryProblem::Complained,
                    _ => DeliveryProblem::Rejected,
                };
                let key = order.key.clone();
                world.story = world.story.event(Event::DeliverySeen { key, what });
            }
        }
        let mut names = BTreeSet::new();
        for write in &world.story.writes {
            let events = lifecycle(write.before.as_ref(), &write.after);
            let found: Vec<_> = events
                .iter()
                .map(|event| (event.what.kind(), event.what.touch()))
                .collect();
            assert_eq!(found, expected(write), "{write:?}");
            // As a reader of the stream has them.
            let read = |journey: &Journey| stored::decode(&stored::encode(journey)).unwrap();
            let again = lifecycle(write.before.as_ref().map(read).as_ref(), &read(&write.after));
            assert_eq!(again, events, "read again, another answer");
            for event in events {
                seen.borrow_mut().insert(event.what.kind());
                assert!(names.insert(event.id.clone()), "two events of one name: {event:?}");
                assert_eq!(event.id.len(), 26);
            }
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    // A confirmation and a meter that never comes take longer than these lives: they have stories above.
    assert!(seen.len() >= 13, "only these were ever said: {seen:?}");
}
