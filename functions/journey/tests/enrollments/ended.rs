//! What no reminder mends is for support.

use super::*;
use journey::{Phase, SkipReason};

#[test]
fn trap_13_a_cancelled_place_is_known_by_its_last_day_and_never_nudged() {
    let canceled = LightAccount {
        locations: vec![LightLocation {
            ends_on: Some(date(2026, 7, 20)),
            ..place()
        }],
        ..finalized()
    };
    for story in [opened().looked(Some(&canceled)), opened().asked(&canceled)] {
        assert!(story.is_stopped(StopReason::ServiceCanceled), "{}", story.told);
        assert!(story.says(&Note::SupportNeeded {
            matter: SupportMatter::ServiceCanceled
        }));
        assert_eq!(story.journey.timer, None);
    }
}

#[test]
fn trap_13_a_cancellation_that_only_a_webhook_tells_is_believed_of_the_only_place() {
    let story = opened().webhook(Event::CancellationAnnounced);
    assert!(story.journey.is_live(), "a hint");
    let one = story.clone().looked(Some(&accepted()));
    assert!(one.is_stopped(StopReason::ServiceCanceled));
    // Of several it does not say which, so nobody is written to.
    let old = LightLocation {
        is_active: Some(true),
        ..place()
    };
    let two = LightAccount {
        locations: vec![old, place()],
        ..accepted()
    };
    let several = story.asked(&two);
    assert!(several.journey.is_live());
    assert_eq!(several.message(), None);
}

#[test]
fn trap_17_what_is_for_support_is_never_nudged() {
    for (matter, why) in [
        (SupportMatter::SwitchHold, StopReason::SwitchHold),
        (SupportMatter::IneligibleAddress, StopReason::IneligibleAddress),
        (SupportMatter::Rescinded, StopReason::Rescinded),
        (SupportMatter::ServiceCanceled, StopReason::ServiceCanceled),
    ] {
        let story = opened().event(Event::SupportNeeded { matter });
        assert!(story.is_stopped(why) && story.says(&Note::SupportNeeded { matter }));
        assert_eq!(story.journey.timer, None, "nothing is to come");
        let webhook = story
            .clone()
            .later("2h")
            .webhook(step(Milestone::PlanAccepted, ToldBy::Webhook));
        assert!(webhook.is_stopped(why), "a late event changes nothing");
        let clicked = story.event(Event::LinkFollowed);
        assert!(clicked.is_stopped(why), "nor does a click");
    }
}

#[test]
fn trap_18_a_rescission_after_the_end_suppresses_what_would_come_after() {
    let story = opened().asked(&finalized()).event(Event::SupportNeeded {
        matter: SupportMatter::Rescinded,
    });
    assert!(story.is_stopped(StopReason::Rescinded));
    let read = story.later("1h").seen(Snapshot::Light(Some(finalized())));
    assert!(
        read.is_stopped(StopReason::Rescinded),
        "the record's flags are of what was taken back"
    );
}

#[test]
fn trap_7_after_a_cancellation_only_the_customer_s_own_act_begins_anew() {
    let canceled = LightAccount {
        locations: vec![LightLocation {
            ends_on: Some(date(2026, 7, 1)),
            ..place()
        }],
        ..finalized()
    };
    let story = opened().asked(&canceled).later("240h");
    let late = story.clone().webhook(Event::EnrollmentFinalized);
    assert!(late.is_stopped(StopReason::ServiceCanceled));
    let anew = story.event(step(Milestone::PlanRequested, ToldBy::OwnRecord));
    assert!(anew.journey.is_live());
    assert_eq!(anew.journey.episode, 2);
    let (diagnosis, _) = anew
        .asked(&canceled)
        .message()
        .expect("the old place says nothing of the new episode");
    assert_eq!(diagnosis, Diagnosis::PlanNotChosen);
}

#[test]
fn trap_7_the_sandbox_s_deletion_begins_anew() {
    let story = opened().asked(&finalized()).event(Event::EnrollmentReset);
    assert!(story.journey.is_live());
    assert_eq!(story.journey.episode, 2);
    // Told again, since the answer was lost, it is the same beginning.
    let story = story.event(Event::EnrollmentReset);
    assert_eq!(story.journey.episode, 2);
    assert_eq!(story.asked(&nothing()).message().unwrap().0, Diagnosis::AddressNeeded);
}

#[test]
fn nobody_is_taken_up_again_who_was_erased() {
    for event in [
        Event::EnrollmentReset,
        step(Milestone::PlanAccepted, ToldBy::OwnRecord),
        Event::SupportNeeded {
            matter: SupportMatter::Rescinded,
        },
    ] {
        let story = opened().event(Event::ContactErased).event(event);
        assert!(story.is_stopped(StopReason::Erased), "{}", story.told);
    }
    let finalized = opened().event(Event::ContactErased).webhook(Event::EnrollmentFinalized);
    assert!(
        matches!(finalized.journey.phase, Phase::Completed { .. }),
        "that they finished is kept"
    );
    assert!(finalized.orders.is_empty());
    assert_eq!(finalized.journey.timer, None);
}

#[test]
fn who_is_held_out_is_followed_and_never_written_to() {
    let story = opened_with(|campaign| campaign.experiment.holdout_per_10000 = 10_000).asked(&accepted());
    assert!(
        story.told.contains(&format!("Skipped(1, {:?})", SkipReason::Holdout)),
        "{}",
        story.told
    );
}

#[test]
fn trap_17_who_is_for_support_stays_there_after_an_erasure() {
    let story = opened().event(Event::SupportNeeded {
        matter: SupportMatter::SwitchHold,
    });
    let facts = support::facts();
    let story = story.event(Event::ContactErased).event(Event::ContactChanged { facts });
    assert!(
        !story.journey.is_live(),
        "stored again, and held as before: {}",
        story.told
    );
    assert_eq!(story.journey.timer, None);
    let anew = story.event(step(Milestone::PlanRequested, ToldBy::OwnRecord));
    assert!(anew.journey.is_live(), "but by an act of their own");
}

#[test]
fn trap_13_which_of_two_places_was_cancelled_may_be_unclear_and_then_nobody_is_written_to() {
    let untold = LightLocation {
        is_active: None,
        ..LightLocation::default()
    };
    let canceled = LightLocation {
        starts_on: Some(date(2026, 8, 1)),
        ends_on: Some(date(2026, 7, 1)),
        ..untold
    };
    let two = LightAccount {
        locations: vec![untold, canceled],
        ..accepted()
    };
    let story = opened().event(accepts(date(2026, 8, 31), date(2026, 8, 1))).asked(&two);
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Held(1, NotConfirmed"), "{}", story.told);
}
