//! What is missing chooses the message, and what nobody says is unknown.

use super::*;

#[test]
fn traps_2_and_3_each_missing_step_has_its_own_message_whatever_the_order() {
    let billing_and_payment_first = LightAccount {
        is_billing_address_confirmed: Some(true),
        has_payment_method: Some(true),
        ..nothing()
    };
    let with_billing = LightAccount {
        is_billing_address_confirmed: Some(true),
        ..accepted()
    };
    let with_payment = LightAccount {
        has_payment_method: Some(true),
        ..accepted()
    };
    let (plan, billing, payment) = (Step::Plan, Step::BillingAddress, Step::Payment);
    for (account, diagnosis, left) in [
        (nothing(), Diagnosis::AddressNeeded, vec![plan, billing, payment]),
        (billing_and_payment_first, Diagnosis::PlanNotChosen, vec![plan]),
        (accepted(), Diagnosis::BillingAddressMissing, vec![billing, payment]),
        (with_billing, Diagnosis::PaymentMissing, vec![payment]),
        (with_payment, Diagnosis::BillingAddressMissing, vec![billing]),
    ] {
        assert_eq!(told_of(&account), Some((diagnosis, left)));
    }
}

#[test]
fn trap_4_that_plans_were_requested_is_known_from_an_event_and_no_read_clears_it() {
    for by in [ToldBy::Webhook, ToldBy::OwnRecord] {
        let story = opened().event(step(Milestone::PlanRequested, by));
        let story = story.looked(Some(&nothing())).looked(Some(&nothing()));
        let (diagnosis, _) = story.asked(&nothing()).message().unwrap();
        assert_eq!(diagnosis, Diagnosis::PlanNotChosen, "{by:?}");
    }
}

#[test]
fn trap_5_with_nothing_left_nobody_is_asked_for_anything() {
    let story = opened().asked(&all_done());
    assert_eq!(story.message(), None);
    assert!(story.told.contains("NothingLeft"), "{}", story.told);
}

#[test]
fn trap_5_what_happens_for_the_identity_alone_is_a_choice_of_the_campaign() {
    let account = LightAccount {
        is_identity_verified: Some(false),
        ..all_done()
    };
    assert_eq!(told_of(&account), None);
    let reminding = opened_with(|campaign| campaign.enrollment.identity = journey::campaign::FollowUp::Remind);
    let message = reminding.clone().asked(&account).message();
    assert_eq!(message, Some((Diagnosis::IdentityMissing, vec![Step::Identity])));
    // Where it counts, it is among what is left.
    let (_, left) = reminding.asked(&accepted()).message().unwrap();
    assert_eq!(left, [Step::BillingAddress, Step::Payment, Step::Identity]);
}

#[test]
fn trap_6_what_the_record_does_not_say_is_unknown_and_not_missing() {
    let silent = LightAccount::default();
    let story = opened().asked(&silent);
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Held(1, NotConfirmed"), "{}", story.told);
    // One flag of several is enough to be silent about.
    let partly = LightAccount {
        has_payment_method: None,
        ..nothing()
    };
    assert_eq!(told_of(&partly), None);
    // Our own records say what the record does not.
    let told = opened().event(step(Milestone::PlanRequested, ToldBy::OwnRecord));
    let (diagnosis, _) = told.asked(&silent).message().unwrap();
    assert_eq!(diagnosis, Diagnosis::PlanNotChosen);
}

#[test]
fn trap_10_with_an_old_place_the_account_s_flags_say_nothing_of_the_new_one() {
    let old = LightLocation {
        is_active: Some(true),
        has_usage_history: Some(true),
        ..place()
    };
    let two = LightAccount {
        locations: vec![old, place()],
        is_service_active: Some(true),
        ..finalized()
    };
    let story = opened().asked(&two);
    assert!(story.journey.is_live(), "the flags are the old place's");
    assert_eq!(story.message(), None, "and nobody has told of the new one's");
    // Our own records tell.
    let told = opened()
        .event(step(Milestone::PlanAccepted, ToldBy::OwnRecord))
        .asked(&two);
    let (diagnosis, left) = told.message().unwrap();
    assert_eq!(diagnosis, Diagnosis::BillingAddressMissing);
    assert_eq!(left, [Step::BillingAddress, Step::Payment]);
}

#[test]
fn trap_6_a_place_alone_tells_nothing_of_the_other_steps() {
    let silent = LightAccount {
        locations: vec![place()],
        ..LightAccount::default()
    };
    assert_eq!(told_of(&silent), None);
}

#[test]
fn trap_31_past_the_last_day_or_too_far_ahead_another_plan_is_to_be_chosen() {
    // Accepted on the 1st for the 3rd, and possible until the 2nd: the day has passed at the third reminder.
    let late = opened().event(accepts(date(2026, 7, 2), date(2026, 8, 20)));
    let late = late.asked(&accepted()).accepted().asked(&accepted()).accepted();
    let (diagnosis, left) = late.asked(&accepted()).message().unwrap();
    assert_eq!(diagnosis, Diagnosis::PlanExpired);
    assert_eq!(left, [Step::Plan, Step::BillingAddress, Step::Payment]);
    let far = opened().event(accepts(date(2026, 12, 31), date(2026, 9, 30)));
    assert_eq!(far.asked(&accepted()).message().unwrap().0, Diagnosis::PlanExpired);
    let near = opened().event(accepts(date(2026, 12, 31), date(2026, 9, 29)));
    assert_eq!(
        near.asked(&accepted()).message().unwrap().0,
        Diagnosis::BillingAddressMissing
    );
}

#[test]
fn trap_32_touches_end_on_the_day_of_the_start() {
    let story = opened().event(accepts(date(2026, 7, 31), date(2026, 7, 2)));
    let story = story.asked(&accepted());
    assert!(story.message().is_some(), "a day before the start");
    let story = story.accepted().asked(&accepted());
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Skipped(2, StartDatePassed)"), "{}", story.told);
}

#[test]
fn trap_32_the_start_is_named_only_while_it_is_near_and_can_still_be_kept() {
    let named = |starts: Date| {
        let story = opened().event(accepts(date(2026, 8, 31), starts)).asked(&accepted());
        story.orders.last().map(|order| order.starts_soon)
    };
    assert_eq!(named(date(2026, 7, 4)), Some(Some(date(2026, 7, 4))));
    assert_eq!(named(date(2026, 7, 5)), Some(None), "four days ahead");
    assert_eq!(named(date(2026, 7, 1)), None, "today");
}

#[test]
fn trap_10_a_place_shows_that_a_plan_is_accepted_also_where_an_older_one_has_ended() {
    let ended = LightLocation {
        ends_on: Some(date(2026, 6, 20)),
        ..place()
    };
    let moved = LightAccount {
        locations: vec![ended, place()],
        ..finalized()
    };
    let story = opened().event(step(Milestone::PlanRequested, ToldBy::OwnRecord));
    let (diagnosis, left) = story.asked(&moved).message().unwrap();
    assert_eq!(diagnosis, Diagnosis::BillingAddressMissing);
    assert_eq!(left, [Step::BillingAddress, Step::Payment]);
}

#[test]
fn trap_32_the_start_of_the_newer_of_two_places_counts() {
    let untold = LightLocation::default();
    let begins = LightLocation {
        starts_on: Some(date(2026, 7, 1)),
        ..untold
    };
    let two = LightAccount {
        locations: vec![untold, begins],
        ..LightAccount::default()
    };
    let story = opened()
        .event(step(Milestone::PlanAccepted, ToldBy::Webhook))
        .asked(&two);
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Skipped(1, StartDatePassed)"), "{}", story.told);
}

#[test]
fn whoever_looks_at_other_plans_keeps_the_dates_of_the_accepted_one() {
    let story = opened().event(accepts(date(2026, 7, 2), date(2026, 7, 2)));
    let story = story.event(Event::EnrollmentProgressed {
        what: Milestone::PlanRequested,
        by: ToldBy::OwnRecord,
        dates: Some(PlanDates {
            latest: Some(date(2026, 9, 30)),
            starts: None,
        }),
    });
    let dates = story.journey.enrollment.unwrap().dates;
    assert_eq!(
        (dates.latest, dates.starts),
        (Some(date(2026, 7, 2)), Some(date(2026, 7, 2)))
    );
}
