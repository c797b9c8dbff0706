//! What is read out of the provider's record, and where it leads.

use jiff::SignedDuration;
use jiff::civil::date;
use journey::enrollment::{LightAccount, LightLocation, PlanDates, SupportMatter};
use journey::{Event, Milestone, ToldBy};

use crate::browser::Browser;
use crate::world::World;

#[track_caller]
fn leads(world: &World, to: &str) {
    assert_eq!(Browser::new(world).get("/enroll").to.as_deref(), Some(to));
}

fn told(world: &World, what: Milestone, dates: Option<PlanDates>) {
    let by = ToldBy::OwnRecord;
    world.tell(Event::EnrollmentProgressed { what, by, dates });
}

#[test]
fn trap_6_what_the_record_does_not_say_is_not_called_missing() {
    let world = World::new("en");
    world.state().account = LightAccount::default();
    let status = Browser::new(&world).get("/enroll/status");
    status
        .never_says("Home and plan: still")
        .never_says("Payment method: still");
    told(&world, Milestone::PlanAccepted, None);
    leads(&world, "/enroll/billing");
    told(&world, Milestone::BillingAddressConfirmed, None);
    leads(&world, "/enroll/payment");
    Browser::new(&world)
        .get("/enroll/status")
        .says("Billing address: done")
        .never_says("Payment method:");
}

/// A webhook said that it is final, and the record lacks the flag.
#[test]
fn trap_14_what_is_final_by_a_webhook_is_asked_for_nothing() {
    let world = World::new("en");
    world.tell(Event::EnrollmentFinalized);
    world.state().account = LightAccount::default();
    leads(&world, "/enroll/status");
    Browser::new(&world)
        .get("/enroll/status")
        .says("Your enrollment is complete");
}

/// A place that was left before this enrolment began is nobody's support matter.
#[test]
fn trap_13_a_place_that_had_ended_before_says_nothing_of_this_enrolment() {
    let world = World::new("en");
    world.state().account.locations = vec![LightLocation {
        ends_on: Some(date(2026, 1, 1)),
        ..LightLocation::default()
    }];
    world.state().account.is_billing_address_confirmed = Some(true);
    leads(&world, "/enroll/address");
    // The account's flags may be of that place.
    Browser::new(&world)
        .get("/enroll/status")
        .never_says("Billing address:")
        .never_says("talk to our support");
}

#[test]
fn trap_31_a_start_that_is_too_far_ahead_is_chosen_again() {
    let world = World::new("en");
    let dates = |starts| PlanDates {
        latest: Some(date(2027, 1, 1)),
        starts: Some(starts),
    };
    told(&world, Milestone::PlanAccepted, Some(dates(date(2026, 9, 29))));
    leads(&world, "/enroll/billing");
    told(&world, Milestone::PlanAccepted, Some(dates(date(2026, 9, 30))));
    leads(&world, "/enroll/address");
}

#[test]
fn trap_7_what_was_done_once_is_not_asked_for_again() {
    let world = World::new("en");
    told(&world, Milestone::BillingAddressConfirmed, None);
    world.state().account.has_accepted_plan = Some(true);
    world.state().account.is_billing_address_confirmed = Some(false);
    leads(&world, "/enroll/payment");
}

#[test]
fn trap_5_identity_alone_is_nothing_to_do_here() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.finish();
    world.state().account.is_identity_verified = Some(false);
    leads(&world, "/enroll/status");
    browser
        .get("/enroll/status")
        .says("Identity check: still to come")
        .says("You have done your part");
}

#[test]
fn trap_10_two_places_make_the_accounts_flags_ambiguous() {
    let world = World::new("en");
    world.tell(Event::EnrollmentReset);
    let place = |starts, is_active| LightLocation {
        starts_on: Some(starts),
        is_active: Some(is_active),
        ..LightLocation::default()
    };
    {
        let mut state = world.state();
        state.account.has_accepted_plan = Some(true);
        state.account.has_payment_method = Some(true);
        state.account.is_billing_address_confirmed = Some(true);
        state.account.is_enrollment_finalized = Some(true);
        state.account.is_service_active = Some(true);
        state.account.locations = vec![place(date(2022, 1, 1), true), place(date(2026, 7, 10), false)];
    }
    // The plan is the new place's; of billing and payment nobody knows.
    leads(&world, "/enroll/billing");
    Browser::new(&world)
        .get("/enroll/status")
        .says("Home and plan: done")
        .never_says("Congratulations");
}

#[test]
fn trap_13_a_cancelled_place_is_for_support_whatever_the_flags_say() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.finish();
    world.finalize();
    world.state().account.locations[0].ends_on = Some(date(2026, 7, 20));
    leads(&world, "/enroll/status");
    browser
        .get("/enroll/status")
        .says("Please talk to our support")
        .says("was cancelled");
    browser
        .post("/enroll/billing", &[("to", "same")])
        .says("Please talk to our support");
}

#[test]
fn trap_18_who_took_it_back_is_asked_for_nothing_more() {
    for (locale, words) in [
        ("en", "This enrollment was taken back."),
        ("es", "se canceló a petición suya"),
    ] {
        let world = World::new(locale);
        world.tell(Event::SupportNeeded {
            matter: SupportMatter::Rescinded,
        });
        let mut browser = Browser::new(&world);
        leads(&world, "/enroll/status");
        browser.get("/enroll/status").says(words).says("help@example.com");
        browser.post("/enroll/address", &[("query", "123 Main St")]);
        browser.post("/enroll/billing", &[("to", "same")]);
        assert!(world.state().calls.is_empty(), "the provider is not even asked");
    }
}

/// An invoice that could not be paid is no failure of the enrolment.
#[test]
fn trap_23_an_unpaid_invoice_stops_nothing() {
    let world = World::new("en");
    world.tell(Event::SupportNeeded {
        matter: SupportMatter::InvoiceUnpaid,
    });
    leads(&world, "/enroll/address");
}

#[test]
fn trap_31_a_plan_that_can_no_longer_begin_is_chosen_again() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    browser.accept(&offer, "2026-07-03");
    world.later(SignedDuration::from_hours(31 * 24));
    let mut browser = Browser::new(&world);
    leads(&world, "/enroll/address");
    {
        let mut state = world.state();
        for plan in &mut state.plans {
            (plan.earliest_start, plan.latest_start) = (date(2026, 8, 3), date(2026, 8, 31));
        }
    }
    let plans = browser.confirm_home();
    let starts = world.journey().enrollment.unwrap().dates.starts;
    assert_eq!(starts, Some(date(2026, 7, 3)), "a look at plans hides nothing");
    let offer = plans.hidden("offer");
    assert_eq!(browser.accept(&offer, "2026-08-04").to.as_deref(), Some("/enroll"));
    assert_eq!(world.state().kept.len(), 2);
    leads(&world, "/enroll/billing");
}

/// The day in Texas counts: at 04:30 UTC it is still the day before there.
#[test]
fn a_day_is_the_day_in_texas() {
    let world = World::new("en");
    world.state().now = "2026-08-01T04:30:00Z".parse().unwrap();
    let mut browser = Browser::new(&world);
    let plans = browser.confirm_home();
    plans.says("From July 31, 2026 to July 31, 2026");
    world.later(SignedDuration::from_mins(45));
    let plans = browser.get("/enroll/plans");
    plans.says("No plan is on offer");
}
