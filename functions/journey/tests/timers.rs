//! Timers that fire too early, and what is asked when the last of them fires.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::{Event, Flow, MeterKind, SendOutcome, Unavailable};

use support::provider::{not_started, partial, unheard_of};
use support::{MORNING, Story};

/// The timer fires now, whenever it is due: clocks differ, and a scheduler may be early.
fn fire_now(story: Story) -> Story {
    let generation = story.journey.timer.as_ref().expect("a timer").generation;
    story.event(Event::TimerFired { generation })
}

/// Left, reminded three times, and waiting to be handed back.
fn reminded() -> Story {
    let mut story = Story::new().webhook(Event::SessionOpened);
    for _ in 0..3 {
        story = story.fire().status(partial(MORNING)).accepted();
    }
    story
}

fn provisional(flow: Flow) -> Story {
    let utility = None;
    Story::new().flow(flow).webhook(Event::LoginSucceeded { utility })
}

#[test]
fn the_end_of_a_claim_is_waited_for() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING));
    let story = fire_now(story.later("5s"));
    story.clone().stands(expect![
        "Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting"
    ]);
    let early = fire_now(story.later("5s"));
    assert!(
        early
            .effects
            .iter()
            .all(|effect| !matches!(effect, journey::Effect::LookUpSend(_)))
    );
    early.stands(expect![
        "Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting"
    ]);
}

#[test]
fn a_confirmation_is_not_asked_for_before_its_time() {
    let early = fire_now(provisional(Flow::Unknown).later("1s"));
    assert!(
        early
            .effects
            .iter()
            .all(|effect| !matches!(effect, journey::Effect::Recheck { .. }))
    );
    early.stands(expect![
        "Completed(Authorization, provisional, 0 looks) | Confirm 2026-07-01T16:05:00Z | waiting, waiting, waiting"
    ]);
}

#[test]
fn nobody_is_handed_back_before_their_time() {
    let early = fire_now(reminded().later("1s"));
    assert!(
        early
            .effects
            .iter()
            .all(|effect| !matches!(effect, journey::Effect::Recheck { .. }))
    );
    early.stands(expect!["Live | HandBack 2026-07-05T12:00:00Z | sent, sent, sent"]);
}

#[test]
fn who_came_back_at_the_last_moment_is_not_handed_back() {
    let story = reminded().fire();
    story
        .status(partial("2026-07-04T15:00:00Z"))
        .stands(expect!["Live | HandBack 2026-07-08T11:00:00Z | sent, sent, sent"]);
}

#[test]
fn a_provider_that_answers_nothing_does_not_keep_anybody_for_ever() {
    let story = reminded().fire().unavailable(Unavailable::Failing);
    story
        .clone()
        .stands(expect!["Live | HandBack 2026-07-05T12:01:00Z | sent, sent, sent"]);
    let mut story = story;
    for _ in 0..400 {
        if story.journey.timer.is_none() {
            break;
        }
        story = story.fire().unavailable(Unavailable::Failing);
    }
    story.stands(expect!["HandedBack | no timer | sent, sent, sent"]);
    reminded()
        .fire()
        .unavailable(Unavailable::UnknownContact)
        .stands(expect!["HandedBack | no timer | sent, sent, sent"]);
}

#[test]
fn who_is_known_again_late_is_not_handed_back_at_the_first_failure() {
    // The time of the hand-back is long past; the patience with the provider begins now all the same.
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .later("1m")
        .event(Event::ContactErased)
        .later("20d");
    let facts = story.facts.clone();
    let mut story = story
        .event(Event::ContactChanged { facts })
        .fire()
        .stands(expect![
            "Live | HandBack 2026-07-21T16:01:00Z | WindowClosed, WindowClosed, WindowClosed"
        ])
        .fire()
        .unavailable(Unavailable::Failing)
        .stands(expect![
            "Live | HandBack 2026-07-21T16:02:00Z | WindowClosed, WindowClosed, WindowClosed"
        ]);
    for _ in 0..400 {
        if story.journey.timer.is_none() {
            break;
        }
        story = story.fire().unavailable(Unavailable::Failing);
    }
    assert_eq!(story.now, support::at("2026-07-22T16:01:00Z"));
    story.stands(expect![
        "HandedBack | no timer | WindowClosed, WindowClosed, WindowClosed"
    ]);
}

#[test]
fn a_completion_of_somebody_we_do_not_know_needs_no_provider() {
    provisional(Flow::Unknown)
        .fire()
        .unavailable(Unavailable::UnknownContact)
        .stands(expect![
            "Completed(Authorization, sure, 0 looks) | Meter 2026-07-02T16:00:00Z | waiting, waiting, waiting"
        ]);
}

#[test]
fn a_record_that_says_nothing_clear_does_not_undo_a_completion() {
    provisional(Flow::Unknown)
        .fire()
        .status(unheard_of(MORNING))
        .stands(expect![
            "Completed(Authorization, sure, 0 looks) | Meter 2026-07-02T16:00:00Z | waiting, waiting, waiting"
        ]);
    provisional(Flow::Unknown)
        .fire()
        .status(not_started(MORNING))
        .stands(expect!["Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting"]);
}

#[test]
fn an_announcement_in_the_moment_of_a_look_does_not_ask_for_another() {
    let story = Story::new().webhook(Event::SessionCompleted);
    let timer = story.journey.timer.clone().unwrap();
    let mut story = story;
    story.now = timer.due;
    let kind = Some(MeterKind::UtilityMeter);
    let story = story.webhook(Event::MeterAnnounced { kind });
    assert_eq!(story.journey.timer, Some(timer));
}

#[test]
fn a_sender_that_is_overloaded_for_ever_ends_with_the_window() {
    let mut story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING));
    for _ in 0..60 {
        story = story.outcome(SendOutcome::Throttled);
        if !story.journey.is_live() || story.journey.timer.is_none() {
            break;
        }
        story = story.fire();
        let asked = story
            .effects
            .iter()
            .any(|effect| matches!(effect, journey::Effect::Recheck { .. }));
        if !asked {
            break;
        }
        story = story.status(partial(MORNING));
        if !story
            .effects
            .iter()
            .any(|effect| matches!(effect, journey::Effect::Send(_)))
        {
            break;
        }
    }
    story.stands(expect!["HandedBack | no timer | Throttled, Throttled, Throttled"]);
}

/// Each move of a timer is a schedule to write and another to delete.
#[test]
fn a_timer_that_is_early_enough_is_left_alone() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING))
        .outcome(SendOutcome::Ambiguous);
    let timer = story.journey.timer.clone();
    let again = story.later("1s").outcome(SendOutcome::Ambiguous);
    assert_eq!(again.effects, []);
    assert_eq!(again.journey.timer, timer);
}
