//! The very moment in which something opens or closes, and what is recorded of it.

use journey::SendOutcome;
use journey::campaign::FollowUp;

use super::*;

fn skipped(story: &Story) -> Vec<Option<SkipReason>> {
    let why = |record: &TouchRecord| {
        if let TouchRecord::Skipped { why, .. } = record {
            Some(*why)
        } else {
            None
        }
    };
    story.journey.touches.iter().map(why).collect()
}

#[test]
fn a_utility_that_failed_long_enough_ago_is_not_waited_for() {
    // Six hours are waited from the failure on, and the first window is long enough for it.
    let failed = || failed(Some(UtilityErrorCode::UtilityError), MORNING);
    let story = Story::new()
        .campaign(|c| c.touches[0].until = span("8h"))
        .webhook(Event::SessionOpened)
        .fire()
        .status(failed());
    let story = story
        .noted(expect![
            "Diagnosed(UtilityDown) · Held(1, Outage, until: 2026-07-01T22:00:00Z)"
        ])
        .fire()
        .status(failed());
    assert_eq!(story.sent(), [1]);
}

#[test]
fn who_never_opened_a_session_has_not_closed_one() {
    let story = Story::new()
        .campaign(|c| c.policies.session_closed = FollowUp::Stop)
        .webhook(Event::LinkFollowed)
        .fire()
        .status(partial(MORNING));
    assert_eq!(story.sent(), [1]);
}

#[test]
fn a_touch_in_the_last_moment_of_its_window_gives_way_to_the_next_one() {
    let story = Story::new()
        .campaign(|c| {
            c.window_grace = SignedDuration::ZERO;
            c.touches[0].until = c.touches[1].after;
        })
        .webhook(Event::SessionOpened);
    let mut story = story;
    let until = story.campaign.touches[1].after;
    story.now = story.journey.last_sign_of_life + until;
    let generation = story.journey.timer.as_ref().unwrap().generation;
    let story = story.event(Event::TimerFired { generation }).status(partial(MORNING));
    assert_eq!(story.sent(), [2]);
    assert_eq!(skipped(&story), [Some(SkipReason::Collapsed), None, None]);
}

#[test]
fn an_answer_that_comes_too_late_is_the_reason_for_what_it_closed_and_for_no_other() {
    let mut story = left().fire();
    story.now = at("2026-07-02T03:00:00Z");
    let story = story.unavailable(Unavailable::Failing);
    assert_eq!(skipped(&story), [Some(SkipReason::StatusUnavailable), None, None]);
}

#[test]
fn a_timer_that_fires_after_the_window_tells_what_the_touch_had_waited_for() {
    let held = left().fire().unavailable(Unavailable::Failing);
    let after = held.clone().fire_late("10h");
    assert_eq!(skipped(&after), [Some(SkipReason::StatusUnavailable), None, None]);
    // What the first touch had waited for says nothing of the second.
    let second = after.fire().fire_late("30h");
    assert_eq!(
        skipped(&second)[..2],
        [Some(SkipReason::StatusUnavailable), Some(SkipReason::WindowClosed)]
    );
    // Nor is it a reason in another episode.
    let again = held
        .webhook(Event::SessionCompleted)
        .later("1h")
        .seen(partial("2026-07-01T17:30:00Z"))
        .fire_late("10h");
    assert_eq!(again.journey.episode, 2);
    assert_eq!(skipped(&again), [Some(SkipReason::WindowClosed), None, None]);
}

#[test]
fn an_overloaded_sender_holds_nothing_for_who_has_finished() {
    let story = left().fire().status(partial(MORNING)).webhook(Event::SessionCompleted);
    story.outcome(SendOutcome::Throttled).stands(expect![
        "Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:45:00Z | waiting after 1, waiting, waiting"
    ]);
}

#[test]
fn a_wait_that_ends_with_the_window_ends_in_time_for_a_scheduler_that_is_late() {
    let story = Story::new()
        .campaign(|c| {
            c.window_grace = SignedDuration::ZERO;
            c.touches[0].until = span("60m");
            c.retry_after = span("15m");
        })
        .webhook(Event::SessionOpened)
        .fire()
        .unavailable(Unavailable::Failing);
    story.noted(expect!["Held(1, Status(Failing), until: 2026-07-01T16:58:45Z)"]);
}
