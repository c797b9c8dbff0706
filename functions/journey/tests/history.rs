//! What a journey remembers of itself, and for how long.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use journey::{Event, HoldReason, Journey, Note, SkipReason, Unavailable};

use support::Story;
use support::provider::partial;

#[test]
fn a_webhook_is_known_again_through_31_others_and_not_for_ever() {
    let repeated = |others: u64| {
        let mut story = Story::new().delivered(1, Event::SessionOpened);
        for id in 2..2 + others {
            story = story.later("1s").delivered(id, Event::StepReached);
        }
        let story = story.later("1s").delivered(1, Event::SessionOpened);
        assert!(story.journey.recent_events.len() <= Journey::RECENT_EVENTS);
        story.journey.sessions.opened == 1
    };
    assert!(repeated(0));
    assert!(repeated(31), "32 are kept");
    assert!(!repeated(32), "and the oldest is forgotten for the 33rd");
}

#[test]
fn a_long_story_keeps_its_beginning_and_what_was_decided() {
    let mut story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(support::MORNING));
    let decided = |story: &Story| -> Vec<Note> {
        let decided = story.journey.history.iter().map(|noted| noted.note.clone());
        decided
            .filter(|note| !matches!(note, Note::SignOfLife { .. }))
            .collect()
    };
    let (first, before) = (story.journey.history[0].clone(), decided(&story));
    assert!(matches!(first.note, Note::Opened { .. }));
    let mut longest = story.journey.history.len();
    for _ in 0..Journey::HISTORY {
        story = story
            .later("1s")
            .webhook(Event::LinkFollowed)
            .webhook(Event::StepReached);
        longest = longest.max(story.journey.history.len());
    }
    assert_eq!(longest, Journey::HISTORY);
    assert_eq!(story.journey.history[0], first);
    let after = decided(&story);
    assert!(before.iter().all(|note| after.contains(note)), "{before:?}\n{after:?}");
}

/// Metrics, explanations and stored journeys name a reason by the same word.
#[test]
fn the_words_of_reasons_stay() {
    use SkipReason as Skip;
    let skips = [
        (Skip::Holdout, "holdout"),
        (Skip::WindowClosed, "window_closed"),
        (Skip::Collapsed, "collapsed"),
        (Skip::QuietHours, "quiet_hours"),
        (Skip::StatusUnavailable, "status_unavailable"),
        (Skip::NotConfirmed, "not_confirmed"),
        (Skip::Outage, "outage"),
        (Skip::Incident, "incident"),
        (Skip::Cap, "cap"),
        (Skip::OtherSeries, "other_series"),
        (Skip::UnknownContact, "unknown_contact"),
        (Skip::NoSender, "no_sender"),
        (Skip::NoAddress, "no_address"),
        (Skip::NoConsent, "no_consent"),
        (Skip::TextedBefore, "texted_before"),
        (Skip::TooLateForText, "too_late_for_text"),
        (Skip::OptedOut, "opted_out"),
        (Skip::Suppressed, "suppressed"),
        (Skip::NothingLeft, "nothing_left"),
        (Skip::Unrecognized, "unrecognized"),
        (Skip::Refused, "refused"),
        (Skip::Ended, "ended"),
        (Skip::Throttled, "throttled"),
    ];
    for (why, word) in skips {
        assert_eq!(why.as_str(), word);
        assert_eq!(serde_json::to_value(why).unwrap(), word);
    }
    let holds = [
        (HoldReason::QuietHours, "quiet_hours"),
        (HoldReason::CodeHours, "code_hours"),
        (HoldReason::Status(Unavailable::RateLimited), "status_unavailable"),
        (HoldReason::NotConfirmed, "not_confirmed"),
        (HoldReason::Outage, "outage"),
        (HoldReason::Incident, "incident"),
        (HoldReason::Cap, "cap"),
        (HoldReason::UnknownContact, "unknown_contact"),
        (HoldReason::Throttled, "throttled"),
    ];
    for (why, word) in holds {
        assert_eq!(why.as_str(), word);
    }
}

#[test]
fn a_story_that_goes_well_alerts_nobody() {
    let mut story = Story::new().webhook(Event::SessionOpened);
    let mut told = story.notes.clone();
    story = story.fire().status(partial(support::MORNING));
    told.extend(story.notes.clone());
    story = story.accepted().later("1h").webhook(Event::SessionCompleted);
    told.extend(story.notes.clone());
    assert!(told.len() > 4, "{told:?}");
    assert!(!told.iter().any(Note::is_alert), "{told:?}");
}
