//! Coming back: in the same browser and in another, after each step, and while the provider is out of reach.

use journey::Milestone;

use crate::browser::Browser;
use crate::world::{Call, World};

#[track_caller]
fn leads(browser: &mut Browser<'_>, to: &str) {
    assert_eq!(browser.get("/enroll").to.as_deref(), Some(to));
}

#[test]
fn after_each_step_both_browsers_go_on_where_the_customer_stopped() {
    let world = World::new("en");
    let mut same = Browser::new(&world);
    leads(&mut same, "/enroll/address");
    same.confirm_home();
    leads(&mut same, "/enroll/plans");
    leads(&mut Browser::new(&world), "/enroll/address");
    let offer = same.get("/enroll/plans").hidden("offer");
    same.accept(&offer, "2026-07-03");
    let billing = "/enroll/billing";
    leads(&mut same, billing);
    leads(&mut Browser::new(&world), billing);
    let mut other = Browser::new(&world);
    other.post("/enroll/billing", &[("to", "same")]);
    leads(&mut same, "/enroll/payment");
    leads(&mut Browser::new(&world), "/enroll/payment");
    same.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
    leads(&mut same, "/enroll/status");
    world.finalize();
    leads(&mut Browser::new(&world), "/enroll/status");
}

/// Billing and payment before acceptance are legal: then only the plan is missing (docs/light.md, trap 2).
#[test]
fn trap_2_the_steps_may_be_taken_in_any_order() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
    browser.post("/enroll/billing", &[("to", "same")]);
    leads(&mut browser, "/enroll/address");
    let offer = browser.offer();
    browser.accept(&offer, "2026-07-03");
    leads(&mut browser, "/enroll/status");
}

#[test]
fn pages_of_steps_that_are_over_lead_on() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.finish();
    for path in ["/enroll/plans", "/enroll/payment", "/enroll/accept", "/enroll/confirm"] {
        assert_eq!(browser.get(path).to.as_deref(), Some("/enroll"), "{path}");
    }
    world.finalize();
    for path in ["/enroll/plans", "/enroll/payment"] {
        assert_eq!(browser.get(path).to.as_deref(), Some("/enroll/status"), "{path}");
    }
    let late = browser.post("/enroll/billing", &[("to", "same")]);
    assert_eq!(late.to.as_deref(), Some("/enroll/status"));
    assert_eq!(world.state().billing.len(), 1);
}

#[test]
fn a_refresh_and_a_second_click_are_harmless() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.confirm_home();
    for _ in 0..2 {
        assert_eq!(browser.get("/enroll/plans").status, 200);
        assert_eq!(browser.get("/enroll/plans").hidden_all("offer").len(), 2);
        assert_eq!(browser.post("/enroll/billing", &[("to", "same")]).status, 303);
        let added = browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
        assert_eq!(added.status, 204);
    }
    assert!(!world.reached(Milestone::PlanAccepted));
}

#[test]
fn while_the_provider_is_out_of_reach_nothing_is_lost() {
    for (locale, told, again) in [
        ("en", "Nothing you have done is lost", "Try again"),
        ("es", "No se perdió nada de lo que hizo", "Intentar de nuevo"),
    ] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let offer = browser.offer();
        let everything = [
            Call::View,
            Call::Search,
            Call::SearchEsiId,
            Call::Plans,
            Call::Accept,
            Call::Billing,
        ];
        world.state().down.extend(everything);
        let journey = world.journey();
        let mut down = Vec::new();
        for path in ["/enroll", "/enroll/plans", "/enroll/payment", "/enroll/status"] {
            down.push(browser.get(path));
        }
        let search = browser.post("/enroll/address", &[("query", "123 \"Main\" St")]);
        search.says("value=\"123 &quot;Main&quot; St\"");
        down.push(search);
        down.push(browser.post("/enroll/esi-id", &[("esi_id", "55512345671234567")]));
        down.push(browser.post("/enroll/billing", &[("to", "same")]));
        down.push(browser.accept(&offer, "2026-07-03"));
        for shown in down {
            assert_eq!((shown.status, shown.header("retry-after")), (503, "5"));
            shown.says(told).says(again);
        }
        assert_eq!(world.journey(), journey, "nothing is told that did not happen");
        world.state().down.clear();
        assert_eq!(browser.accept(&offer, "2026-07-03").status, 303);
    }
}

#[test]
fn our_own_store_out_of_reach_is_said_in_both_languages() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    world.state().down.insert(Call::Contacts);
    let shown = browser.get("/enroll");
    assert_eq!(shown.status, 503);
    shown
        .says("please load this page again in a moment")
        .says("cargue esta página de nuevo");
}

#[test]
fn trap_29_an_account_that_the_provider_does_not_know_holds_and_alarms() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    world.state().unknown_account = true;
    assert_eq!(browser.get("/enroll").status, 503);
    assert_eq!(world.counted("enroll.unknown_account"), 1);
    assert!(world.journey().is_live());
}

/// A session may be older than what we heard of the customer.
#[test]
fn a_journey_that_has_not_begun_begins_with_the_first_step() {
    let world = World::new("en");
    world.state().journey = None;
    let mut browser = Browser::new(&world);
    leads(&mut browser, "/enroll/address");
    browser.confirm_home();
    assert!(world.reached(Milestone::PlanRequested));
}
