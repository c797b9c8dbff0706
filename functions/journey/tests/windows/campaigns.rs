//! Holdouts, and campaigns that change in mid-flight.

use super::*;

#[test]
fn the_holdout_is_followed_to_the_end_and_never_written_to() {
    let everybody = |c: &mut Campaign| c.experiment.holdout_per_10000 = 10_000;
    let story = Story::new().campaign(everybody).webhook(Event::SessionOpened);
    let end = story.clone().until_the_end(&partial(MORNING));
    assert!(end.sent().is_empty());
    end.stands(expect!["HandedBack | no timer | Holdout, Holdout, Holdout"]);
    let done = story
        .fire()
        .status(partial(MORNING))
        .fire()
        .status(completed("2026-07-02T11:00:00Z"));
    done.stands(expect![
        "Completed(Status, sure, 0 looks) | Meter 2026-07-03T12:00:00Z | Holdout, waiting, waiting"
    ]);
}

#[test]
fn a_campaign_that_gains_a_touch_sends_it_to_those_on_the_way() {
    let story = left().fire().status(partial(MORNING)).accepted();
    let story = story
        .campaign(|c| c.touches.push(touch("90h", "96h")))
        .until_the_end(&partial(MORNING));
    assert_eq!(story.sent(), [1, 2, 3, 4]);
}

#[test]
fn a_campaign_that_gains_a_touch_when_all_are_out_sends_it_before_the_hand_back() {
    let mut story = left();
    for _ in 0..3 {
        story = story.fire().status(partial(MORNING)).accepted();
    }
    let story = story
        .campaign(|c| c.touches.push(touch("100h", "110h")))
        .until_the_end(&partial(MORNING));
    assert_eq!(story.sent(), [1, 2, 3, 4]);
}

#[test]
fn a_campaign_that_loses_touches_hands_back_earlier() {
    let story = left().fire().status(partial(MORNING)).accepted();
    let story = story
        .campaign(|c| c.touches.truncate(1))
        .until_the_end(&partial(MORNING));
    assert_eq!(story.sent(), [1]);
    story.stands(expect!["HandedBack | no timer | sent"]);
}

#[test]
fn a_campaign_that_loses_a_touch_while_it_is_being_sent_keeps_its_record() {
    let story = left()
        .fire()
        .status(partial(MORNING))
        .accepted()
        .fire()
        .status(partial(MORNING));
    let story = story.campaign(|c| c.touches.truncate(1)).accepted();
    assert!(matches!(story.journey.touches[1], TouchRecord::Sent { .. }));
    let story = left()
        .fire()
        .status(partial(MORNING))
        .accepted()
        .fire()
        .status(partial(MORNING));
    let story = story
        .campaign(|c| c.touches.truncate(1))
        .outcome(journey::SendOutcome::Throttled);
    assert_eq!(
        support::phase(&story.until_the_end(&partial(MORNING)).journey.phase),
        "HandedBack"
    );
}

#[test]
fn a_touch_of_an_older_campaign_that_proves_unsent_does_not_run_for_ever() {
    // Touch 2 is unknown, touch 3 is out; the campaign shrinks to one touch; then the sender says
    // that touch 2 never went.
    let story = left()
        .fire()
        .status(partial(MORNING))
        .accepted()
        .fire()
        .status(partial(MORNING));
    let second = story.last_key();
    let story = story
        .fire()
        .looked_up(journey::Resolution::Unknown)
        .fire()
        .status(partial(MORNING))
        .accepted();
    let story = story.campaign(|c| c.touches.truncate(1)).later("1m");
    let resolution = journey::Resolution::NotSent;
    let story = story
        .event(Event::SendLookedUp {
            key: second,
            resolution,
        })
        .until_the_end(&partial(MORNING));
    assert_eq!(support::phase(&story.journey.phase), "HandedBack");
}
