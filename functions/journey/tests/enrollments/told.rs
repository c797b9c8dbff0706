//! Events are hints: in any order, twice, late.

use super::*;
use journey::{Phase, SkipReason};

#[test]
fn trap_1_the_abandonment_is_a_timer_over_the_last_progress() {
    let story = opened()
        .later("20min")
        .event(step(Milestone::PlanRequested, ToldBy::OwnRecord));
    let story = story.asked(&nothing());
    assert_eq!(
        story.now,
        at("2026-07-01T17:05:00Z"),
        "45 minutes after the last progress"
    );
    assert!(story.message().is_some());
}

#[test]
fn trap_7_steps_are_only_added() {
    let story = opened().webhook(step(Milestone::PaymentMethodAdded, ToldBy::Webhook));
    let story = story.looked(Some(&accepted()));
    let before = story.journey.milestones.clone();
    let story = story.looked(Some(&nothing()));
    assert_eq!(story.journey.milestones, before, "an older answer takes nothing away");
    let (_, left) = story.asked(&accepted()).message().unwrap();
    assert_eq!(left, [Step::BillingAddress]);
}

#[test]
fn trap_8_the_first_sight_of_a_step_is_the_last_progress() {
    let story = opened().looked(Some(&nothing()));
    let seen_at = story.journey.timer.as_ref().unwrap().due;
    let story = story.looked(Some(&accepted()));
    assert_eq!(story.journey.last_sign_of_life, seen_at);
    let again = story.looked(Some(&accepted()));
    assert_eq!(again.journey.last_sign_of_life, seen_at, "seen before");
    let webhook = again
        .later("1min")
        .webhook(step(Milestone::PlanAccepted, ToldBy::Webhook));
    assert_eq!(webhook.journey.last_sign_of_life, seen_at, "told late what was seen");
}

#[test]
fn trap_14_finalized_stops_at_once_and_a_service_that_is_active_does_not() {
    let active = opened().webhook(Event::ServiceAnnounced {
        kind: DataKind::Service,
    });
    assert!(active.journey.is_live());
    assert_eq!(
        active.journey.timer.as_ref().unwrap().why,
        TimerWhy::Poll,
        "but the record is asked at once"
    );
    assert_eq!(active.journey.timer.as_ref().unwrap().due, active.now);
    let done = opened().webhook(Event::EnrollmentFinalized);
    assert!(matches!(done.journey.phase, Phase::Completed { provisional: true, .. }));
}

#[test]
fn trap_14_finalized_stops_a_message_that_is_about_to_go() {
    let story = opened().asked(&accepted());
    assert!(story.message().is_some());
    let story = story
        .webhook(Event::EnrollmentFinalized)
        .outcome(journey::SendOutcome::Withheld);
    assert!(matches!(
        story.journey.touches[0],
        journey::TouchRecord::Skipped {
            why: SkipReason::Ended,
            ..
        }
    ));
}

#[test]
fn trap_20_a_finalization_that_the_record_denies_is_taken_back() {
    let story = opened().webhook(Event::EnrollmentFinalized).fire();
    let denied = story.clone().status(Snapshot::Light(Some(accepted())));
    assert!(denied.journey.is_live() && denied.says(&Note::CompletionContradicted));
    // What the record does not say does not deny.
    let silent = story.status(Snapshot::Light(Some(LightAccount::default())));
    assert!(matches!(
        silent.journey.phase,
        Phase::Completed { provisional: false, .. }
    ));
}

#[test]
fn trap_21_any_order_ends_in_the_same_state() {
    let events = [
        step(Milestone::PlanRequested, ToldBy::Webhook),
        step(Milestone::PlanAccepted, ToldBy::Webhook),
        step(Milestone::PaymentMethodAdded, ToldBy::Webhook),
        Event::EnrollmentFinalized,
    ];
    let end = |order: &[usize]| {
        let mut story = opened();
        for index in order {
            story = story.delivered(*index as u64, events[*index].clone());
            story = story.delivered(*index as u64, events[*index].clone());
        }
        (story.journey.milestones.clone(), story.journey.phase.clone())
    };
    let first = end(&[0, 1, 2, 3]);
    for order in [[3, 2, 1, 0], [3, 0, 1, 2], [1, 3, 0, 2], [2, 3, 1, 0]] {
        assert_eq!(end(&order), first, "{order:?}");
    }
    assert!(matches!(first.1, Phase::Completed { .. }));
}

#[test]
fn trap_23_an_invoice_is_no_matter_of_the_enrolment() {
    let story = opened().webhook(Event::SupportNeeded {
        matter: SupportMatter::InvoiceUnpaid,
    });
    assert!(story.journey.is_live());
    assert!(story.says(&Note::SupportNeeded {
        matter: SupportMatter::InvoiceUnpaid
    }));
    assert!(story.asked(&accepted()).message().is_some());
}

#[test]
fn trap_23_a_payment_method_does_not_bring_back_who_was_handed_back() {
    let mut story = opened();
    while story.journey.is_live() {
        story = story.asked(&nothing());
        if story.message().is_some() {
            story = story.accepted();
        }
    }
    assert!(
        matches!(story.journey.phase, Phase::HandedBack { .. }),
        "{}",
        story.told
    );
    let later = story.later("300h");
    let billing = later
        .clone()
        .webhook(step(Milestone::BillingAddressConfirmed, ToldBy::Webhook));
    assert!(matches!(billing.journey.phase, Phase::HandedBack { .. }));
    let plans = later.webhook(step(Milestone::PlanRequested, ToldBy::Webhook));
    assert!(plans.journey.is_live(), "who asks for plans is back");
    assert_eq!(plans.journey.episode, 2);
    assert!(
        plans.journey.milestones.contains(&Milestone::AccountOpened),
        "steps stay"
    );
}

#[test]
fn trap_29_an_account_that_is_not_known_is_held_and_keeps_its_journey() {
    let story = opened().looked(None);
    assert!(story.journey.is_live());
    let mut story = story;
    while story.journey.timer.as_ref().unwrap().why == TimerWhy::Poll {
        story = story.looked(None);
    }
    let story = story.fire().status(Snapshot::Light(None));
    assert_eq!(story.message(), None);
    assert!(story.journey.is_live());
    assert!(story.notes.iter().any(Note::is_alert), "{:?}", story.notes);
}

#[test]
fn an_identity_that_was_updated_is_looked_at_and_is_no_step() {
    let story = opened().webhook(Event::EnrollmentNews {
        what: "identity_updated",
    });
    assert!(!story.journey.milestones.contains(&Milestone::IdentityVerified));
    let timer = story.journey.timer.as_ref().unwrap();
    assert_eq!((timer.why, timer.due), (TimerWhy::Poll, story.now));
}
