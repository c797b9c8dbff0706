//! What becomes of a send: accepted, refused, throttled, or nobody knows. Never two messages for one touch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::{DeliveryProblem, Event, Resolution, SendOutcome, SkipReason, StatusAnswer, TouchRecord, Unavailable};

use support::provider::{completed, partial};
use support::{MORNING, Story, at};

/// The first message has been ordered.
fn claimed() -> Story {
    Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING))
}

/// Two calls of one timer asked the provider; the first has claimed, and the second gets this answer.
fn second_call(status: StatusAnswer) -> Story {
    let story = claimed();
    let generation = story.journey.timer.as_ref().expect("a timer").generation;
    let facts = story.facts.clone();
    story.event(Event::Rechecked {
        generation,
        status,
        meters: None,
        facts,
    })
}

fn sent_at(time: &str) -> Resolution {
    Resolution::Sent {
        message_id: "0100019abc-0002".to_owned(),
        at: at(time),
    }
}

fn refused() -> SendOutcome {
    SendOutcome::Refused {
        why: "550 no such mailbox".to_owned(),
    }
}

#[test]
fn a_claim_comes_before_its_message() {
    claimed()
        .ordered(expect!["Send touch 1 attempt 1: UtilityNotConnected"])
        .stands(expect![
            "Live | Touch 2026-07-01T16:45:00Z | claimed 1, waiting, waiting"
        ]);
}

#[test]
fn accepted_is_sent() {
    claimed()
        .later("2s")
        .accepted()
        .noted(expect!["Sent(1)"])
        .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn refused_for_good_is_skipped_and_the_next_touch_stands() {
    claimed()
        .outcome(refused())
        .noted(expect!["Skipped(1, Refused)"])
        .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting"]);
}

#[test]
fn throttled_is_tried_again_inside_the_window_as_attempt_two() {
    let story = claimed()
        .outcome(SendOutcome::Throttled)
        .noted(expect!["Retrying(1) · Held(1, Throttled, until: 2026-07-01T16:46:00Z)"])
        .stands(expect![
            "Live | Touch 2026-07-01T16:46:00Z | waiting after 1, waiting, waiting"
        ]);
    let story = story.fire().ordered(expect!["Recheck"]).status(partial(MORNING));
    story
        .ordered(expect!["Send touch 1 attempt 2: UtilityNotConnected"])
        .accepted()
        .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn throttled_until_the_window_closes_is_skipped() {
    let mut story = claimed().outcome(SendOutcome::Throttled);
    let mut attempts = 1;
    while story.journey.touches[0] == (TouchRecord::Waiting { attempts }) {
        story = story.fire().status(partial(MORNING)).outcome(SendOutcome::Throttled);
        attempts += 1;
    }
    assert!(attempts > 3, "{}", story.told);
    let TouchRecord::Skipped { why, at: skipped } = story.journey.touches[0] else {
        panic!("{}", story.told)
    };
    assert_eq!(why, SkipReason::Throttled);
    assert!(skipped <= at("2026-07-01T17:05:00Z"));
}

#[test]
fn throttled_after_the_completion_is_not_tried_again() {
    let story = claimed()
        .later("1s")
        .webhook(Event::SessionCompleted)
        .outcome(SendOutcome::Throttled);
    assert_eq!(story.until_the_end(&completed(MORNING)).sent(), [1]);
}

#[test]
fn ambiguous_waits_for_the_senders_record() {
    let story = claimed()
        .outcome(SendOutcome::Ambiguous)
        .noted(expect!["SendUnknown(1)"])
        .stands(expect![
            "Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting"
        ]);
    assert!(story.notes.iter().any(journey::Note::is_alert));
    story.fire().ordered(expect!["LookUpSend touch 1 attempt 1"]);
}

#[test]
fn a_lost_look_up_is_made_again() {
    claimed()
        .later("3m")
        .fire()
        .ordered(expect!["LookUpSend touch 1 attempt 1"])
        .fire()
        .ordered(expect!["LookUpSend touch 1 attempt 1"])
        .stands(expect![
            "Live | ClaimExpired 2026-07-01T16:54:00Z | claimed 1, waiting, waiting"
        ]);
}

#[test]
fn a_claim_that_is_found_early_is_left_alone_until_its_lease_ends() {
    let story = claimed().later("1m").fire().ordered(expect![""]);
    let story = story.stands(expect![
        "Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting"
    ]);
    story.fire().ordered(expect!["LookUpSend touch 1 attempt 1"]);
}

#[test]
fn a_second_call_of_the_timer_neither_claims_nor_moves_anything() {
    for answer in [partial(MORNING), partial("2026-07-01T16:44:00Z")] {
        let story = second_call(StatusAnswer::Seen(answer));
        assert_eq!(story.orders.len(), 1);
        story.noted(expect!["StaleTimer"]).stands(expect![
            "Live | Touch 2026-07-01T16:45:00Z | claimed 1, waiting, waiting"
        ]);
    }
    let story = second_call(StatusAnswer::Unavailable {
        why: Unavailable::Failing,
        retry_at: None,
    });
    story.noted(expect!["StaleTimer"]).stands(expect![
        "Live | Touch 2026-07-01T16:45:00Z | claimed 1, waiting, waiting"
    ]);
}

#[test]
fn a_second_call_of_the_timer_that_sees_the_end_is_believed() {
    let story = second_call(StatusAnswer::Seen(completed(MORNING)));
    let story = story.noted(expect!["Completed(Status)"]);
    story.accepted().noted(expect!["Sent(1)"]);
}

#[test]
fn looked_up_and_sent() {
    let story = claimed()
        .later("3m")
        .fire()
        .looked_up(sent_at("2026-07-01T16:45:01Z"))
        .noted(expect!["Sent(1)"]);
    assert_eq!(
        story.journey.touches[0],
        TouchRecord::Sent {
            at: at("2026-07-01T16:45:01Z"),
            channel: journey::campaign::Channel::Email,
            message_id: "0100019abc-0002".to_owned()
        }
    );
    story.stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn looked_up_and_not_sent_goes_out_as_attempt_two() {
    claimed()
        .later("3m")
        .fire()
        .looked_up(Resolution::NotSent)
        .noted(expect!["Retrying(1)"])
        .stands(expect![
            "Live | Touch 2026-07-01T16:48:00Z | waiting after 1, waiting, waiting"
        ])
        .fire()
        .status(partial(MORNING))
        .ordered(expect!["Send touch 1 attempt 2: UtilityNotConnected"]);
}

#[test]
fn looked_up_and_not_sent_after_the_window_is_skipped() {
    claimed()
        .fire_late("30m")
        .looked_up(Resolution::NotSent)
        .fire()
        .noted(expect!["Skipped(1, WindowClosed)"])
        .stands(expect![
            "Live | Touch 2026-07-02T12:00:00Z | WindowClosed, waiting, waiting"
        ]);
}

#[test]
fn looked_up_in_vain_is_never_sent_again() {
    let story = claimed()
        .later("3m")
        .fire()
        .looked_up(Resolution::Unknown)
        .noted(expect!["SendUnknown(1)"]);
    let story = story.stands(expect![
        "Live | Touch 2026-07-02T12:00:00Z | unknown 1, waiting, waiting"
    ]);
    let end = story.until_the_end(&partial(MORNING));
    assert_eq!(end.sent(), [1, 2, 3]);
    end.stands(expect!["HandedBack | no timer | unknown 1, sent, sent"]);
}

#[test]
fn the_senders_own_event_settles_an_unknown_send_days_later() {
    claimed()
        .later("3m")
        .fire()
        .looked_up(Resolution::Unknown)
        .later("26h")
        .looked_up(sent_at("2026-07-01T16:45:01Z"))
        .noted(expect!["Sent(1)"]);
}

#[test]
fn an_unknown_look_up_told_twice_changes_no_timer() {
    let story = claimed().later("3m").fire().looked_up(Resolution::Unknown);
    let again = story.clone().later("1s").looked_up(Resolution::Unknown);
    assert_eq!(again.journey.timer, story.journey.timer);
}

#[test]
fn the_shell_died_between_claim_and_send() {
    // Nothing answered: the claim expires, the record shows no send, the touch goes once.
    let story = claimed()
        .later("3m")
        .fire()
        .looked_up(Resolution::NotSent)
        .fire()
        .status(partial(MORNING))
        .accepted();
    assert_eq!(
        story.orders.iter().map(|order| order.key.attempt).collect::<Vec<_>>(),
        [1, 2]
    );
    story.stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn the_shell_died_between_claim_and_send_and_the_customer_finished() {
    let story = claimed().later("1m").webhook(Event::SessionCompleted);
    let story = story
        .fire()
        .ordered(expect!["LookUpSend touch 1 attempt 1"])
        .looked_up(Resolution::NotSent);
    let story = story.stands(expect![
        "Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting after 1, waiting, waiting"
    ]);
    assert_eq!(story.until_the_end(&completed(MORNING)).sent(), [1]);
}

#[test]
fn a_completion_between_claim_and_outcome_keeps_both() {
    claimed()
        .later("1s")
        .webhook(Event::SessionCompleted)
        .stands(expect![
            "Completed(Session, sure, 0 looks) | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting"
        ])
        .accepted()
        .stands(expect![
            "Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:45:01Z | sent, waiting, waiting"
        ]);
}

#[test]
fn an_erasure_between_claim_and_outcome_keeps_the_outcome() {
    claimed()
        .event(Event::ContactErased)
        .accepted()
        .stands(expect!["Stopped(Erased) | no timer | sent, waiting, waiting"]);
}

#[test]
fn a_late_answer_is_named_and_changes_nothing() {
    let story = claimed().accepted();
    let key = story.last_key();
    for outcome in [refused(), SendOutcome::Throttled, SendOutcome::Ambiguous] {
        let event = Event::SendResolved {
            key: key.clone(),
            outcome,
        };
        let late = story.clone().later("1h").event(event).noted(expect!["LateAnswer(1)"]);
        assert_eq!(late.journey, story.journey);
    }
}

#[test]
fn an_answer_to_the_first_attempt_does_not_settle_the_second() {
    let story = claimed().outcome(SendOutcome::Throttled);
    let first = story.last_key();
    let story = story.fire().status(partial(MORNING));
    let event = Event::SendResolved {
        key: first,
        outcome: refused(),
    };
    story.event(event).noted(expect!["LateAnswer(1)"]);
}

#[test]
fn an_answer_of_an_earlier_episode_does_not_settle_this_one() {
    let story = claimed();
    let old = story.last_key();
    let story = story
        .later("1s")
        .webhook(Event::SessionCompleted)
        .later("1h")
        .seen(partial("2026-07-01T17:40:00Z"));
    assert_eq!(story.journey.episode, 2);
    let story = story.fire().status(partial("2026-07-01T17:40:00Z"));
    story
        .event(Event::SendResolved {
            key: old,
            outcome: refused(),
        })
        .noted(expect!["LateAnswer(1)"]);
}

#[test]
fn a_message_known_to_be_out_is_not_sent_again_even_after_a_wrong_not_sent() {
    // The sender's record said "not sent", and then the sender's own event says it was.
    let story = claimed().later("3m").fire().looked_up(Resolution::NotSent);
    let story = story.looked_up(sent_at("2026-07-01T16:45:01Z"));
    assert!(
        matches!(story.journey.touches[0], TouchRecord::Sent { .. }),
        "{}",
        story.told
    );
}

fn told(story: Story, what: DeliveryProblem) -> Story {
    let key = story.last_key();
    story.event(Event::DeliverySeen { key, what })
}

#[test]
fn a_bounce_is_kept_once_and_the_touch_stays_sent() {
    let story = told(claimed().later("2s").accepted(), DeliveryProblem::Bounced)
        .noted(expect!["DeliveryProblem(1, Bounced)"])
        .ordered(expect![""])
        .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
    let before = story.journey.clone();
    let story = told(story.later("1h"), DeliveryProblem::Bounced).noted(expect!["LateAnswer(1)"]);
    assert_eq!(story.journey, before, "told again");
    told(story, DeliveryProblem::Complained).noted(expect!["DeliveryProblem(1, Complained)"]);
}

#[test]
fn what_the_sender_rejects_is_skipped_while_it_is_open() {
    for open in [claimed(), claimed().outcome(SendOutcome::Ambiguous)] {
        told(open, DeliveryProblem::Rejected)
            .noted(expect!["DeliveryProblem(1, Rejected) · Skipped(1, Refused)"])
            .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting"]);
    }
    told(claimed().accepted(), DeliveryProblem::RenderingFailed)
        .noted(expect!["DeliveryProblem(1, RenderingFailed)"])
        .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn a_rejection_of_an_earlier_attempt_leaves_the_present_one_alone() {
    let story = claimed().outcome(SendOutcome::Throttled);
    let first = story.last_key();
    let story = story.fire().status(partial(MORNING));
    assert_eq!(story.last_key().attempt, 2);
    let what = DeliveryProblem::Rejected;
    story
        .event(Event::DeliverySeen { key: first, what })
        .noted(expect!["DeliveryProblem(1, Rejected)"])
        .stands(expect![
            "Live | Touch 2026-07-01T16:46:00Z | claimed 2, waiting, waiting"
        ]);
}

#[test]
fn a_word_about_another_episode_or_an_unknown_touch_changes_nothing() {
    let story = claimed().accepted();
    let mut other_episode = story.last_key();
    other_episode.episode = 7;
    let mut no_touch = story.last_key();
    no_touch.touch = journey::Touch(9);
    let mut other_journey = story.last_key();
    other_journey.journey = support::journey_id("site-ca-0002");
    for key in [other_episode, no_touch, other_journey] {
        let what = DeliveryProblem::Bounced;
        let after = story.clone().event(Event::DeliverySeen { key, what });
        assert_eq!(after.journey, story.journey);
        assert!(after.effects.is_empty());
    }
}
