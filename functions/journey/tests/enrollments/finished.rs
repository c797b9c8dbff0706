//! Completion, and silence after it.

use super::*;
use journey::{Evidence, Phase};

#[test]
fn trap_16_the_record_is_asked_right_before_every_message() {
    let story = opened().asked(&finalized());
    assert_eq!(story.message(), None);
    assert!(matches!(
        story.journey.phase,
        Phase::Completed {
            evidence: Evidence::Status,
            provisional: false,
            ..
        }
    ));
}

#[test]
fn trap_16_an_answer_that_cannot_be_had_holds_the_message() {
    let mut story = opened();
    while story.journey.timer.as_ref().unwrap().why == TimerWhy::Poll {
        story = story.looked(Some(&accepted()));
    }
    let story = story.fire().unavailable(journey::Unavailable::Failing);
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Held(1, Status(Failing)"), "{}", story.told);
}

#[test]
fn trap_24_a_finalization_that_no_webhook_told_is_found_before_a_message() {
    let story = opened().looked(Some(&finalized()));
    assert!(matches!(story.journey.phase, Phase::Completed { .. }));
    assert!(story.told.contains("Drift(Completion)"), "{}", story.told);
    assert!(story.orders.is_empty());
}

#[test]
fn trap_15_in_the_gap_before_the_service_nobody_is_reminded() {
    let mut story = opened().asked(&finalized());
    for _ in 0..40 {
        story = story.looked(Some(&finalized()));
        assert!(story.orders.is_empty());
    }
}

#[test]
fn completion_absorbs_what_is_told_late() {
    let story = opened().asked(&finalized());
    let story = story
        .later("2h")
        .webhook(step(Milestone::PlanRequested, ToldBy::Webhook));
    assert!(story.says(&Note::Absorbed {
        what: Milestone::PlanRequested
    }));
    assert!(matches!(story.journey.phase, Phase::Completed { .. }));
}
