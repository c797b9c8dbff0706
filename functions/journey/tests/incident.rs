//! Many customers stall at one utility: its reminders wait, and then say whose fault it was.
//!
//! docs/bayou.md, section 9.3, T8.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::status::UtilityErrorCode;
use journey::{Diagnosis, Event, Given, IncidentRule, SkipReason, TouchRecord, UtilityCode, Visit, Visits};

use support::provider::{completed, failed, not_started, partial};
use support::{MORNING, Story, span};

/// A customer of a utility that we know, who left at the login.
fn left() -> Story {
    Story::new()
        .campaign(|c| {
            for touch in &mut c.touches {
                touch.until = touch.after + span("20h");
            }
        })
        .facts(|facts| facts.utility = UtilityCode::parse("PGE"))
        .webhook(Event::SessionOpened)
}

fn many_stall(story: Story) -> Story {
    story.facts(|facts| facts.visits.stalled = 20)
}

fn all_is_well(story: Story) -> Story {
    story.facts(|facts| facts.visits = Visits::default())
}

const fn visits(stalled: u32, faults: u32, through: u32) -> Visits {
    Visits {
        stalled,
        faults,
        through,
    }
}

#[test]
fn few_stalls_or_many_successes_are_no_incident() {
    let rule = IncidentRule::standard();
    for (seen, is_one) in [
        (visits(0, 0, 0), false),
        (visits(19, 0, 0), false),
        (visits(20, 0, 0), true),
        (visits(20, 0, 2), true),
        // 87 %: they have their own difficulties.
        (visits(20, 0, 3), false),
        (visits(1_000, 0, 600), false),
        (visits(1_000, 0, 100), true),
        (visits(0, 4, 0), false),
        (visits(0, 5, 0), true),
        (visits(0, 5, 5), true),
        (visits(0, 5, 6), false),
        (visits(u32::MAX, u32::MAX, u32::MAX), true),
    ] {
        assert_eq!(seen.show_an_incident(&rule), is_one, "{seen:?}");
    }
}

#[test]
fn a_touch_waits_while_many_stall_and_then_says_that_it_was_not_their_fault() {
    let story = many_stall(left()).fire().status(partial(MORNING));
    let story = story.noted(expect![
        "Diagnosed(UtilityNotConnected) · Held(1, Incident, until: 2026-07-01T17:15:00Z)"
    ]);
    let story = story.fire().status(partial(MORNING));
    let story = story.noted(expect!["Held(1, Incident, until: 2026-07-01T17:45:00Z)"]);
    let story = all_is_well(story).fire().status(partial(MORNING));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::UtilityDown);
    // The next one is about the customer again.
    let story = story.accepted().fire().status(partial(MORNING));
    assert_eq!(story.orders[1].diagnosis, Diagnosis::UtilityNotConnected);
}

#[test]
fn who_had_not_come_to_the_login_is_told_nothing_of_it() {
    let story = many_stall(left()).fire().status(not_started(MORNING));
    let story = all_is_well(story).fire().status(not_started(MORNING));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::NotStarted);
}

#[test]
fn whoever_finishes_meanwhile_gets_nothing() {
    let story = many_stall(left()).fire().status(partial(MORNING));
    let story = all_is_well(story).webhook(Event::SessionCompleted);
    assert!(story.until_the_end(&completed(MORNING)).orders.is_empty());
}

#[test]
fn a_touch_whose_window_closes_meanwhile_is_skipped_for_that() {
    let mut story = many_stall(left()).fire().status(partial(MORNING));
    while matches!(story.journey.touches[0], TouchRecord::Waiting { .. }) {
        story = story.fire();
        if story.journey.timer.is_some() && matches!(story.journey.touches[0], TouchRecord::Waiting { .. }) {
            story = story.status(partial(MORNING));
        }
    }
    assert!(matches!(
        story.journey.touches[0],
        TouchRecord::Skipped {
            why: SkipReason::Incident,
            ..
        }
    ));
    assert!(story.orders.is_empty());
}

#[test]
fn other_utilities_and_unknown_ones_are_not_paused() {
    let named = |code| left().campaign(move |c| c.incident.paused.extend(UtilityCode::parse(code)));
    let sent = |story: Story| story.fire().status(partial(MORNING)).orders.len();
    assert_eq!(sent(named("PGE")), 0);
    assert_eq!(sent(named("SDGE")), 1);
    assert_eq!(sent(named("PGE").facts(|facts| facts.utility = None)), 1);
}

#[test]
fn a_stalled_visit_is_shown_once_and_so_is_the_way_through() {
    let story = left().fire().status(partial(MORNING)).accepted();
    assert_eq!(story.visits, [Visit::Stalled]);
    // Nothing new a day later.
    let story = story.fire().status(partial(MORNING)).accepted();
    assert_eq!(story.visits, [Visit::Stalled]);
    let story = story.webhook(Event::SessionCompleted);
    assert_eq!(story.visits, [Visit::Stalled, Visit::Through]);
    let story = story.webhook(Event::SessionCompleted).seen(completed(MORNING));
    assert_eq!(story.visits, [Visit::Stalled, Visit::Through]);
}

#[test]
fn what_the_provider_says_of_the_utility_is_a_fault_of_it() {
    let down = failed(Some(UtilityErrorCode::UtilityError), MORNING);
    assert_eq!(left().fire().status(down).visits, [Visit::Fault]);
    let cancelled = failed(Some(UtilityErrorCode::UserCanceled), MORNING);
    assert_eq!(left().fire().status(cancelled).visits, []);
}

#[test]
fn who_came_long_ago_or_gave_a_bill_shows_nothing_of_the_login() {
    let late = left().fire_late("4h").status(partial("2026-06-30T16:00:00Z"));
    assert_eq!(late.visits, []);
    let given = left().event(Event::FallbackGiven { what: Given::Bill });
    assert_eq!(given.visits, []);
}
