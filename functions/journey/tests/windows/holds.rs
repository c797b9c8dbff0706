//! Holds: a provider that fails, a contact that is not known, and what is recorded in the end.

use super::*;

#[test]
fn an_unavailable_provider_is_asked_again_ever_more_slowly() {
    let mut story = left().fire();
    for _ in 0..7 {
        story = story.unavailable(Unavailable::Failing);
        if story.journey.touches[0] != (TouchRecord::Waiting { attempts: 0 }) {
            break;
        }
        story = story.fire();
    }
    story.tells(expect![[r#"
        2026-07-01T16:00:00Z Opened("default") · SignOfLife(SessionOpened)
        2026-07-01T16:45:00Z Held(1, Status(Failing), until: 2026-07-01T16:46:00Z)
        2026-07-01T16:46:00Z Held(1, Status(Failing), until: 2026-07-01T16:47:00Z)
        2026-07-01T16:47:00Z Held(1, Status(Failing), until: 2026-07-01T16:48:00Z)
        2026-07-01T16:48:00Z Held(1, Status(Failing), until: 2026-07-01T16:49:30Z)
        2026-07-01T16:49:30Z Held(1, Status(Failing), until: 2026-07-01T16:51:45Z)
        2026-07-01T16:51:45Z Held(1, Status(Failing), until: 2026-07-01T16:55:07.5Z)
        2026-07-01T16:55:07.5Z Held(1, Status(Failing), until: 2026-07-01T17:00:11.25Z)
    "#]]);
}

#[test]
fn a_provider_that_says_when_is_not_asked_before() {
    let story = left()
        .fire()
        .unavailable_until(Unavailable::RateLimited, "2026-07-01T16:55:00Z");
    story.noted(expect!["Held(1, Status(RateLimited), until: 2026-07-01T16:55:00Z)"]);
    let story = left()
        .fire()
        .unavailable_until(Unavailable::BudgetSpent, "2026-07-01T18:00:00Z");
    story.stands(expect![
        "Live | Touch 2026-07-02T12:00:00Z | StatusUnavailable, waiting, waiting"
    ]);
}

#[test]
fn a_time_finer_than_a_millisecond_is_no_difference() {
    let story = left()
        .fire()
        .unavailable_until(Unavailable::RateLimited, "2026-07-01T16:55:00.000400Z");
    assert!(story.journey.timer.as_ref().unwrap().due >= at("2026-07-01T16:55:00Z"));
}

#[test]
fn a_record_read_in_passing_does_not_shorten_a_hold() {
    let held = left()
        .fire()
        .unavailable_until(Unavailable::RateLimited, "2026-07-01T16:55:00Z");
    let story = held.later("1m").seen(partial(MORNING));
    assert_eq!(
        story.journey.timer.as_ref().unwrap().due,
        at("2026-07-01T16:55:00Z"),
        "{}",
        story.told
    );
}

#[test]
fn a_record_read_in_passing_does_not_wake_a_touch_in_quiet_hours() {
    let story = left_at("2026-07-01T18:00:00Z", &["America/Los_Angeles"])
        .fire()
        .status(partial(MORNING))
        .accepted();
    let held = story.fire().status(partial(MORNING));
    let due = held.journey.timer.as_ref().unwrap().due;
    let story = held.later("1m").seen(partial(MORNING));
    assert_eq!(story.journey.timer.as_ref().unwrap().due, due);
    // Told twice, nothing is left to write.
    let again = story.clone().later("1m").seen(partial(MORNING));
    assert_eq!(again.journey, story.journey);
}

#[test]
fn a_contact_stored_again_does_not_break_a_rate_limit() {
    let held = left()
        .fire()
        .unavailable_until(Unavailable::RateLimited, "2026-07-01T16:55:00Z");
    let facts = held.facts.clone();
    let story = held.later("1m").event(Event::ContactChanged { facts });
    assert_eq!(story.journey.timer.as_ref().unwrap().due, at("2026-07-01T16:55:00Z"));
}

#[test]
fn a_confirmation_asks_ever_more_slowly_too() {
    let mut story = Story::new().webhook(Event::LoginSucceeded { utility: None });
    while story.now < at("2026-07-01T18:00:00Z") {
        story = story.fire().unavailable(Unavailable::Failing);
    }
    let wait = story.journey.timer.as_ref().unwrap().due.duration_since(story.now);
    assert!(
        wait > SignedDuration::from_mins(5),
        "after two hours the wait is still {wait}"
    );
}

#[test]
fn a_hand_back_asks_ever_more_slowly_too() {
    let mut story = left();
    for _ in 0..3 {
        story = story.fire().status(partial(MORNING)).accepted();
    }
    let mut asked = 0;
    while story.journey.is_live() {
        story = story.fire().unavailable(Unavailable::Unauthorized);
        asked += 1;
    }
    assert!(asked < 100, "asked {asked} times");
}

#[test]
fn an_unknown_contact_is_waited_for_and_then_written_to() {
    let unknown = left()
        .facts(|f| *f = Facts::unknown())
        .fire()
        .unavailable(Unavailable::UnknownContact);
    let unknown = unknown.noted(expect!["Held(1, UnknownContact, until: 2026-07-01T17:03:45Z)"]);
    // The one try that is left comes at the window's end: the contact itself wakes the touch before.
    let story = unknown.later("30s").facts(|f| *f = support::facts());
    let facts = story.facts.clone();
    let now = story.now;
    let story = story.event(Event::ContactChanged { facts });
    assert_eq!(story.journey.timer.as_ref().unwrap().due, now);
    assert_eq!(story.fire().status(partial(MORNING)).sent(), [1]);
}

#[test]
fn a_contact_that_never_comes_is_recorded_as_the_reason() {
    let mut story = left().facts(|f| *f = Facts::unknown());
    for _ in 0..200 {
        if story.journey.timer.is_none() {
            break;
        }
        story = story.fire();
        if !story
            .effects
            .iter()
            .any(|effect| matches!(effect, journey::Effect::ArmTimer(_)))
        {
            story = story.unavailable(Unavailable::UnknownContact);
        }
    }
    story.stands(expect![
        "HandedBack | no timer | UnknownContact, UnknownContact, UnknownContact"
    ]);
}

#[test]
fn whatever_holds_a_touch_until_its_window_closes_is_its_reason() {
    type Case = (&'static str, StatusAnswer, fn(&mut Facts), SkipReason);
    let cases: [Case; 6] = [
        (
            "no record",
            StatusAnswer::Seen(nothing()),
            |_| {},
            SkipReason::NotConfirmed,
        ),
        (
            "outage",
            StatusAnswer::Seen(failed(Some(UtilityErrorCode::UtilityError), "2026-07-01T16:00:00Z")),
            |_| {},
            SkipReason::Outage,
        ),
        (
            "provider down",
            StatusAnswer::Unavailable {
                why: Unavailable::Unreachable,
                retry_at: None,
            },
            |_| {},
            SkipReason::StatusUnavailable,
        ),
        (
            "opted out",
            StatusAnswer::Seen(partial(MORNING)),
            |f| f.email = Permission::OptedOut,
            SkipReason::OptedOut,
        ),
        (
            "suppressed",
            StatusAnswer::Seen(partial(MORNING)),
            |f| f.email = Permission::Suppressed,
            SkipReason::Suppressed,
        ),
        (
            "unknown",
            StatusAnswer::Seen(partial(MORNING)),
            |f| f.known = false,
            SkipReason::UnknownContact,
        ),
    ];
    for (name, status, change, why) in cases {
        let mut story = left().facts(change);
        for _ in 0..30 {
            if !matches!(story.journey.touches[0], TouchRecord::Waiting { .. }) {
                break;
            }
            story = story.fire();
            let generation = story.journey.generation;
            let facts = story.facts.clone();
            story = story.event(Event::Rechecked {
                generation,
                status: status.clone(),
                meters: None,
                facts,
            });
        }
        let TouchRecord::Skipped { why: recorded, .. } = story.journey.touches[0] else {
            panic!("{name}: {}", story.told)
        };
        assert_eq!(recorded, why, "{name}");
        assert!(story.notes.contains(&Note::Skipped { touch: Touch(1), why }), "{name}");
    }
}

#[test]
fn a_provider_that_recovers_inside_the_window_is_in_time() {
    let mut story = left().fire();
    while story.now < at("2026-07-01T17:02:00Z") && story.journey.touches[0] == (TouchRecord::Waiting { attempts: 0 }) {
        story = story.unavailable(Unavailable::Failing).fire();
    }
    // The window is open until 17:05, so some try must still come.
    let story = story.status(partial(MORNING));
    assert_eq!(story.sent(), [1], "{}", story.told);
}

#[test]
fn who_may_ask_again_at_once_has_a_last_try_too() {
    let mut story = left().fire();
    while story.now < at("2026-07-01T17:02:00Z") && story.journey.touches[0] == (TouchRecord::Waiting { attempts: 0 }) {
        let next_call = story.now + SignedDuration::from_secs(1);
        story = story.unavailable_until(Unavailable::BudgetSpent, &next_call.to_string());
        story = story.fire();
    }
    let story = story.status(partial(MORNING));
    assert_eq!(story.sent(), [1], "{}", story.told);
}
