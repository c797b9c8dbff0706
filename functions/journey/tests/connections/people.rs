//! Who is stored again, erased, or gives a bill by hand.

use super::*;

#[test]
fn t14_who_is_stored_again_is_looked_after_again() {
    let erased = connected_with(Velocity::Instant, with_all_data()).event(Event::ContactErased);
    let again = stored(erased.later("1h"));
    assert_eq!((is_sure(&again), why(&again)), (true, Some(TimerWhy::Meter)));
    let seen = look(again, Some(with_all_data()), Some(Newest::default()));
    let due = seen
        .journey
        .timer
        .as_ref()
        .map(|timer| timer.due.duration_since(seen.now));
    assert_eq!(due, Some(SignedDuration::from_hours(24)));
    assert_eq!(
        stored(seen.clone()).journey,
        seen.journey,
        "stored again, it means nothing"
    );
}

#[test]
fn u1_a_connection_told_of_while_nobody_could_be_asked_for_is_confirmed_once_somebody_is_known() {
    let nobody_known = of_bayou(Purpose::Enroll).event(connects(Velocity::Instant)).fire();
    let untold = nobody_known.unavailable(Unavailable::UnknownContact);
    let erased = invited().event(Event::ContactErased).event(connects(Velocity::Instant));
    for silenced in [untold, erased] {
        assert!(is_sure(&silenced), "nobody is left to be asked for");
        let known = stored(silenced.later("1h"));
        assert_eq!((is_provisional(&known), why(&known)), (true, Some(TimerWhy::Confirm)));
        let forged = known.clone().fire().status(nobody());
        assert!(forged.journey.is_live());
        let real = known.fire().status(of(with_all_data()));
        assert_eq!((is_sure(&real), why(&real)), (true, Some(TimerWhy::Meter)));
    }
}

#[test]
fn t14_an_erased_person_is_never_begun_again() {
    let erased = connected_with(Velocity::Instant, with_all_data()).event(Event::ContactErased);
    assert_eq!(
        (erased.journey.timer.clone(), erased.journey.data.clone()),
        (None, None)
    );
    let gone = loses(LossReason::MfaExpired).event(Event::ContactErased);
    let told = gone.clone().later("1h").event(lost(LossReason::MfaExpired));
    assert_eq!(told.journey.phase, gone.journey.phase);
    let Phase::Stopped { why, .. } = told.journey.phase else {
        panic!()
    };
    assert_eq!(why, StopReason::Erased);
    let due = gone.later("2h").event(Event::RenewalDue {
        occasion: Occasion::Expected,
    });
    assert!(!due.journey.is_live());
}

#[test]
fn a_bill_or_an_account_by_hand_is_the_end_and_a_connection_after_it_is_welcome() {
    let story = invited().event(Event::LinkFollowed).later("10m");
    let given = story.event(Event::FallbackGiven { what: Given::Bill });
    let Phase::Completed {
        evidence, ref meter, ..
    } = given.journey.phase
    else {
        panic!()
    };
    assert_eq!((evidence, meter), (Evidence::Fallback, &MeterFollowUp::NotAwaited));
    assert_eq!(given.journey.timer, None);
    let later = given.later("48h").event(connects(Velocity::Instant));
    assert!(later.journey.data.is_some());
    assert_eq!(why(&later), Some(TimerWhy::Meter));
}
