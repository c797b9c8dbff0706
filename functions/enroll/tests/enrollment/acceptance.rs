//! Accepting a plan: what it takes, and when nothing is accepted.

use http::Method;
use jiff::SignedDuration;
use jiff::civil::date;
use journey::contact::Locale;
use journey::enrollment::{Charge, ChargeKind};
use journey::port::Refusal;
use journey::{Milestone, Phase, StopReason};

use crate::browser::Browser;
use crate::world::{Call, World, plan};

#[test]
fn trap_33_nothing_is_accepted_without_the_tick_of_that_very_act() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    for ticks in [&[][..], &[("terms", "on")], &[("terms", "")], &[("terms", "true")]] {
        let mut form = vec![("offer", offer.as_str()), ("start_date", "2026-07-03"), ("accept", "1")];
        form.extend(ticks);
        let shown = browser.post("/enroll/accept", &form);
        assert_eq!(shown.status, 422);
        shown
            .says("please tick the box")
            .says("aria-describedby=\"terms-error\"")
            .says("value=\"2026-07-03\"")
            .never_says(" checked");
    }
    // A link, a look, a form without the button's word.
    let query = format!("/enroll/accept?offer={offer}&start_date=2026-07-03&terms=accepted&accept=1");
    browser.get(&query);
    browser.send(Method::HEAD, &query, "text/plain", "", "none");
    browser.post("/enroll/accept", &[("offer", &offer), ("terms", "accepted")]);
    let state = world.state();
    assert!(state.accepted.is_empty() && state.kept.is_empty());
    assert!(!state.calls.contains(&Call::Accept));
}

#[test]
fn trap_33_the_proof_says_what_was_shown_and_when() {
    let world = World::new("es");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.later(SignedDuration::from_mins(5));
    browser.accept(&offer, "2026-07-04");
    let state = world.state();
    let [record] = state.kept.as_slice() else {
        panic!("one proof")
    };
    assert_eq!(record.at, "2026-07-01T16:05:00Z".parse().unwrap());
    assert_eq!((record.starts, record.locale), (date(2026, 7, 4), Locale::Es));
    assert_eq!(record.documents.tos, "https://example.com/tos.pdf");
    assert!(!format!("{record:?}").contains("14.2"), "no rate is kept");
}

#[test]
fn a_start_outside_the_plans_days_is_told_the_days() {
    for (locale, told) in [
        ("en", "from July 3, 2026 to July 31, 2026"),
        ("es", "del 3 de julio de 2026 al 31 de julio de 2026"),
    ] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let offer = browser.offer();
        for start in ["2026-07-02", "2026-08-01", "", "soon", "2026-02-31"] {
            let shown = browser.accept(&offer, start);
            assert_eq!(shown.status, 422, "{start}");
            shown
                .says(told)
                .says("aria-describedby=\"start_date-hint start_date-error\"")
                .says("href=\"#start_date\"");
        }
        assert!(world.state().accepted.is_empty());
    }
}

/// By the market's rules a start more than 90 days ahead is refused (docs/light.md, section 9).
#[test]
fn trap_31_no_start_is_offered_that_is_too_far_ahead_or_over() {
    let world = World::new("en");
    {
        let mut state = world.state();
        state.plans[0].latest_start = date(2027, 1, 1);
        state.plans[1].earliest_start = date(2026, 12, 1);
        state.plans[1].latest_start = date(2027, 1, 1);
        let mut over = plan("Over 12", "1.0");
        (over.earliest_start, over.latest_start) = (date(2026, 6, 1), date(2026, 6, 30));
        state.plans.push(over);
    }
    let mut browser = Browser::new(&world);
    let plans = browser.confirm_home();
    plans.says("Example 12").never_says("Example 24").never_says("Over 12");
    plans.says("From July 3, 2026 to September 29, 2026");
    let offer = plans.hidden("offer");
    assert_eq!(browser.accept(&offer, "2026-09-30").status, 422);
    assert_eq!(browser.accept(&offer, "2026-09-29").status, 303);
}

#[test]
fn trap_31_a_plan_that_changed_is_shown_again_and_not_accepted() {
    type Change = fn(&World);
    let changes: [Change; 6] = [
        |world| world.state().plans[0].energy_rate_cents = "14.3".to_owned(),
        |world| world.state().plans[0].latest_start = date(2026, 7, 30),
        |world| world.state().plans[0].documents.tos = "https://example.com/tos-2.pdf".to_owned(),
        |world| {
            let charge = Charge {
                kind: ChargeKind::PlanPerMonth,
                amount: "4.95".to_owned(),
            };
            world.state().plans[0].charges.push(charge);
        },
        |world| world.state().plans.clear(),
        |world| world.later(SignedDuration::from_secs(30 * 60 + 1)),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let world = World::new("en");
        let mut browser = Browser::new(&world);
        let offer = browser.offer();
        change(&world);
        let shown = browser.accept(&offer, "2026-07-03");
        assert_eq!(shown.status, 409, "{index}");
        shown.says("This plan changed, please look again. Nothing was accepted.");
        assert!(world.state().accepted.is_empty(), "{index}");
        assert_eq!(world.counted("enroll.plan_changed"), 1);
    }
}

#[test]
fn an_offer_just_within_half_an_hour_holds() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.later(SignedDuration::from_secs(30 * 60));
    assert_eq!(browser.accept(&offer, "2026-07-03").status, 303);
}

#[test]
fn an_offer_too_old_is_not_even_reviewed() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.later(SignedDuration::from_mins(31));
    let shown = browser.post("/enroll/accept", &[("offer", &offer)]);
    assert_eq!(shown.status, 409);
    shown.says("This plan changed").says("Choose this plan");
    let forged = browser.post("/enroll/accept", &[("offer", "AAAA"), ("accept", "1")]);
    assert_eq!(forged.to.as_deref(), Some("/enroll/plans"));
}

#[test]
fn trap_17_a_hold_on_the_meter_and_an_address_without_choice_are_for_support() {
    for (refusal, why, en, es) in [
        (
            Refusal::SwitchHold,
            StopReason::SwitchHold,
            "There is a hold on the meter",
            "El medidor de esta dirección tiene una retención",
        ),
        (
            Refusal::Ineligible,
            StopReason::IneligibleAddress,
            "cannot be chosen freely",
            "no se puede elegir libremente",
        ),
    ] {
        for call in [Call::Accept, Call::Plans] {
            for (locale, told) in [("en", en), ("es", es)] {
                let world = World::new(locale);
                let mut browser = Browser::new(&world);
                let offer = browser.offer();
                world.state().refused.insert(call, refusal);
                let shown = browser.accept(&offer, "2026-07-03");
                shown.says(told).says("help@example.com");
                assert!(matches!(world.journey().phase, Phase::Stopped { why: stopped, .. } if stopped == why));
                for path in ["/enroll", "/enroll/address", "/enroll/plans", "/enroll/billing"] {
                    assert_eq!(browser.get(path).to.as_deref(), Some("/enroll/status"));
                }
                browser.get("/enroll/status").says(told);
                assert!(world.state().accepted.is_empty() && world.state().kept.is_empty());
            }
        }
    }
}

#[test]
fn any_other_refusal_is_answered_clearly_and_may_be_tried_again() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let offer = browser.offer();
    world.state().refused.insert(Call::Accept, Refusal::Other);
    let shown = browser.accept(&offer, "2026-07-03");
    assert_eq!(shown.status, 422);
    shown
        .says("nothing was changed")
        .says("Try again")
        .never_says("name=\"terms\"");
    assert!(world.journey().is_live());
    assert_eq!(world.counted("enroll.refused"), 1);
}

#[test]
fn where_no_plan_is_on_offer_that_is_said() {
    for (locale, told) in [
        ("en", "No plan is on offer for your home right now"),
        ("es", "En este momento no hay ningún plan para su casa"),
    ] {
        let world = World::new(locale);
        world.state().plans.clear();
        let mut browser = Browser::new(&world);
        browser.confirm_home().says(told).says("help@example.com");
        assert!(world.reached(Milestone::PlanRequested));
        assert_eq!(world.counted("enroll.no_plans"), 1);
    }
}

#[test]
fn trap_42_prices_are_shown_as_the_provider_writes_them_and_else_by_the_label() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser
        .confirm_home()
        .says("14.2¢ per kWh")
        .says("See the Electricity Facts Label");
    let charge = |kind, amount: &str| Charge {
        kind,
        amount: amount.to_owned(),
    };
    world.state().plans[0].charges = vec![
        charge(ChargeKind::DeliveryPerKwh, "5.1030"),
        charge(ChargeKind::DeliveryPerMonth, "4.23"),
        charge(ChargeKind::PlanPerMonth, "9.950"),
    ];
    let plans = browser.get("/enroll/plans");
    plans
        .says("5.1030¢ per kWh")
        .says("$4.23 a month")
        .says("$9.950 a month");
    let offer = plans.hidden("offer");
    assert_eq!(
        browser.accept(&offer, "2026-07-03").status,
        303,
        "charges survive their seal"
    );
}

/// The three documents must be linked to, so what cannot be opened cannot be accepted.
#[test]
fn a_plan_without_documents_that_open_is_not_offered() {
    let world = World::new("en");
    world.state().plans[0].documents.efl = "javascript:alert(1)".to_owned();
    let mut browser = Browser::new(&world);
    browser
        .confirm_home()
        .never_says("javascript:")
        .never_says("Example 12")
        .says("Example 24");
}
