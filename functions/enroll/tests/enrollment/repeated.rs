//! An acceptance that comes twice, or whose record was lost.

use jiff::SignedDuration;
use journey::port::Refusal;
use journey::{Event, Milestone};

use crate::browser::Browser;
use crate::world::{Call, World, first_day};

#[test]
fn the_same_acceptance_twice_is_one() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    for _ in 0..3 {
        assert_eq!(browser.accept(&offer, "2026-07-03").to.as_deref(), Some("/enroll"));
    }
    // Another tab, with another start; and one that never ticked.
    let other = browser.accept(&offer, "2026-07-04");
    assert_eq!(other.to.as_deref(), Some("/enroll"));
    let unticked = browser.post("/enroll/accept", &[("offer", &offer), ("accept", "1")]);
    assert_eq!(unticked.to.as_deref(), Some("/enroll"));
    let state = world.state();
    assert_eq!((state.accepted.len(), state.kept.len()), (1, 1));
}

/// An older proof is none of what is accepted now.
#[test]
fn the_same_plan_after_a_new_beginning_is_accepted_anew() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    browser.accept(&offer, "2026-07-03");
    world.tell(Event::EnrollmentReset);
    {
        let mut state = world.state();
        state.account.has_accepted_plan = Some(false);
        state.account.locations.clear();
    }
    world.later(SignedDuration::from_mins(5));
    let offer = browser.get("/enroll/plans").hidden("offer");
    browser.accept(&offer, "2026-07-03");
    let state = world.state();
    assert_eq!((state.accepted.len(), state.kept.len()), (2, 2));
}

/// The provider took it and nobody heard the answer.
#[test]
fn an_acceptance_whose_answer_was_lost_is_made_whole_by_the_next() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.state().down.insert(Call::Keep);
    let failed = browser.accept(&offer, "2026-07-03");
    assert_eq!(failed.status, 503);
    failed.says("Nothing you have done is lost").says("name=\"offer\"");
    failed.never_says("name=\"terms\"").never_says("name=\"accept\"");
    assert_eq!(world.state().accepted.len(), 1);
    assert!(
        !world.reached(Milestone::PlanAccepted),
        "the proof comes before the journey"
    );
    world.state().down.clear();
    assert_eq!(browser.accept(&offer, "2026-07-03").status, 303);
    assert_eq!(world.state().accepted.len(), 1);
    assert_eq!(world.state().kept.len(), 1);
    assert!(world.reached(Milestone::PlanAccepted));
}

/// A proof is made good for what was accepted, and for nothing else.
#[test]
fn no_proof_is_kept_of_a_start_that_was_not_accepted() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    browser.accept(&offer, "2026-07-03");
    world.state().kept.clear();
    assert_eq!(browser.accept(&offer, "2026-07-04").to.as_deref(), Some("/enroll"));
    assert!(world.state().kept.is_empty());
    assert_eq!(world.journey().enrollment.unwrap().dates.starts, Some(first_day()));
}

/// Two clicks at once: the provider refuses the second, and has the first.
#[test]
fn a_refusal_of_what_is_accepted_by_now_is_none() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    browser.accept(&offer, "2026-07-03");
    {
        // As it was when the second click was looked at first.
        let mut state = world.state();
        state.refused.insert(Call::Accept, Refusal::Other);
        state.kept.clear();
    }
    assert_eq!(browser.accept(&offer, "2026-07-03").to.as_deref(), Some("/enroll"));
    assert_eq!(world.state().kept.len(), 1);
}

#[test]
fn a_journey_that_cannot_be_written_at_once_is_written_at_the_second_try() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.state().down_once.insert(Call::Journeys);
    browser.accept(&offer, "2026-07-03");
    assert!(world.reached(Milestone::PlanAccepted));
    assert_eq!(world.counted("enroll.not_recorded"), 0);
}

#[test]
fn a_journey_that_cannot_be_written_does_not_undo_an_acceptance() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.state().down.insert(Call::Journeys);
    assert_eq!(browser.accept(&offer, "2026-07-03").to.as_deref(), Some("/enroll"));
    assert_eq!(world.counted("enroll.not_recorded"), 1);
    let next = browser.get("/enroll");
    assert_eq!(
        next.to.as_deref(),
        Some("/enroll/billing"),
        "the provider's record shows it"
    );
    // And the same act once more tells the journey.
    world.state().down.clear();
    browser.accept(&offer, "2026-07-03");
    assert!(world.reached(Milestone::PlanAccepted));
    assert_eq!(world.journey().enrollment.unwrap().dates.starts, Some(first_day()));
    assert_eq!(world.state().accepted.len(), 1);
}
