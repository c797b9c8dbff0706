//! Each step over the API.

use jiff::civil::date;
use journey::enrollment::{BillingAddress, MonthlyUsage, SupportMatter};
use journey::port::Refusal;
use journey::{Event, Milestone};
use serde_json::{Value, json};

use crate::partner::Partner;
use crate::world::{Call, ESI_ID, OTHER_ESI_ID, World};

#[test]
fn a_partner_takes_a_customer_through_every_step() {
    let world = World::new("es");
    let partner = Partner::new(&world);
    let begun = partner.get("/enrollment");
    assert_eq!(begun.body["next_step"], "plan");
    assert_eq!(begun.body["steps"][0], json!({ "step": "plan", "state": "missing" }));

    let found = partner.post("/address-search", &json!({ "query": "123 Main St" }));
    assert_eq!(found.body["addresses"][0]["esi_id"], ESI_ID, "as text");
    assert_eq!(found.body["addresses"][1]["delivery_company"], "CenterPoint Energy");
    let found = partner.post("/address-search", &json!({ "query": "9 Nowhere Rd" }));
    assert_eq!(found.body, json!({ "addresses": [] }));
    let found = partner.post("/esi-id-search", &json!({ "esi_id": "1008901-000000000000003" }));
    assert_eq!(found.body["address"]["esi_id"], OTHER_ESI_ID);
    let found = partner.post("/esi-id-search", &json!({ "esi_id": "55512345671234567" }));
    assert_eq!(found.body, json!({ "address": null }));

    let plans = partner.post("/plans", &json!({ "esi_id": ESI_ID }));
    let plan = &plans.body["plans"][0];
    assert_eq!(plan["energy_rate_cents_per_kwh"], "14.2");
    assert_eq!(plan["offer_expires_at"], "2026-07-01T16:30:00Z");
    assert!(world.reached(Milestone::PlanRequested));
    let accepted = json!({ "offer": plan["offer"], "start_date": "2026-07-10", "terms_accepted": true });
    for _ in 0..2 {
        assert_eq!(partner.post("/acceptance", &accepted).status, 204);
    }
    assert_eq!(world.state().kept.len(), 1);

    let same = json!({ "same_as_service_address": true });
    assert_eq!(partner.put("/billing-address", &same).status, 204);
    let session = partner.post("/payment-session", &json!({}));
    assert_eq!(session.body["publishable_key"], "pk_test_invented");
    assert_eq!(partner.send("POST", "/payment-session", &[], "").status, 200);
    let method = json!({ "payment_method_id": "pm_1" });
    assert_eq!(partner.post("/payment-method", &method).status, 204);
    let done = partner.get("/enrollment");
    assert_eq!(done.body["next_step"], Value::Null);
    assert_eq!(done.body["locations"][0]["start_date"], "2026-07-10");
    world.finalize();
    assert_eq!(partner.get("/enrollment").body["finalized"], true);
    partner.put("/billing-address", &same).is_problem(409, "finished");
    partner
        .post("/plans", &json!({ "esi_id": ESI_ID }))
        .is_problem(409, "finished");
    partner.post("/payment-session", &json!({})).is_problem(409, "finished");
    // What was done may be repeated even then.
    assert_eq!(partner.post("/acceptance", &accepted).status, 204);
    assert_eq!(partner.post("/payment-method", &method).status, 204);
    assert_eq!(world.state().methods, ["pm_1"]);
    // No session is made longer here, and none begins.
    assert!(done.header("set-cookie").is_empty());
}

#[test]
fn another_billing_address_may_have_a_unit_or_none() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let units = [json!(null), json!(""), json!("Apt 3")];
    for (index, unit) in units.into_iter().enumerate() {
        let address = json!({ "address_1": "1 Oak Ave", "address_2": unit, "city": "Austin", "state": "tx", "postal_code": "787011234" });
        let body = json!({ "same_as_service_address": false, "address": address });
        assert_eq!(partner.put("/billing-address", &body).status, 204);
        let state = world.state();
        let BillingAddress::Other(given) = &state.billing[index] else {
            panic!("another address")
        };
        assert_eq!(given.line_2.as_deref(), (index == 2).then_some("Apt 3"));
        assert_eq!((given.state.as_str(), given.postal_code.as_str()), ("TX", "78701-1234"));
    }
}

#[test]
fn a_plan_that_changed_is_not_accepted() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let offer = partner.offer();
    world.state().plans[0].energy_rate_cents = "15.0".to_owned();
    let accepted = json!({ "offer": offer, "start_date": "2026-07-03", "terms_accepted": true });
    partner.post("/acceptance", &accepted).is_problem(409, "plan-changed");
    assert!(world.state().accepted.is_empty() && world.state().kept.is_empty());
}

#[test]
fn what_is_for_support_says_what_for() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let accepted = json!({ "offer": partner.offer(), "start_date": "2026-07-03", "terms_accepted": true });
    world.state().refused.insert(Call::Accept, Refusal::Other);
    partner.post("/acceptance", &accepted).is_problem(409, "refused");
    world.state().refused.insert(Call::Accept, Refusal::SwitchHold);
    let told = partner.post("/acceptance", &accepted);
    assert_eq!(told.is_problem(409, "support-needed").body["support"], "switch_hold");
    world.state().refused.clear();
    partner
        .post("/plans", &json!({ "esi_id": ESI_ID }))
        .is_problem(409, "support-needed");
    let shown = partner.get("/enrollment");
    assert_eq!(
        (&shown.body["support"], &shown.body["next_step"]),
        (&json!("switch_hold"), &Value::Null)
    );
    let world = World::new("en");
    world.tell(Event::SupportNeeded {
        matter: SupportMatter::Rescinded,
    });
    assert_eq!(Partner::new(&world).get("/enrollment").body["support"], "rescinded");
}

#[test]
fn out_of_reach_is_said_with_when_to_come_back() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    world.state().down.extend([Call::View, Call::Search]);
    for told in [
        partner.get("/enrollment"),
        partner.post("/address-search", &json!({ "query": "123 Main St" })),
        partner.put("/billing-address", &json!({ "same_as_service_address": true })),
    ] {
        assert_eq!(told.is_problem(503, "unavailable").header("retry-after"), "90");
    }
    world.state().down.insert(Call::Contacts);
    let told = partner.get("/enrollment");
    assert_eq!(told.is_problem(503, "unavailable").header("retry-after"), "5");
}

#[test]
fn usage_is_of_the_accounts_own_locations_and_of_twelve_months() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let accepted = json!({ "offer": partner.offer(), "start_date": "2026-07-03", "terms_accepted": true });
    partner.post("/acceptance", &accepted);
    for month in 1..=12 {
        let months = [2025, 2026].map(|year| MonthlyUsage {
            month: date(year, month, 1),
            amount: format!("{month}.50"),
            unit: "kWh".to_owned(),
        });
        world
            .state()
            .usage
            .extend(months.into_iter().filter(|usage| usage.month < date(2026, 7, 1)));
    }
    let id = partner.get("/enrollment").body["locations"][0]["id"].clone();
    let told = partner.get(&format!("/usage?location={}", id.as_str().unwrap()));
    let months = told.body["months"].as_array().unwrap();
    assert_eq!(months.len(), 12);
    assert_eq!(
        months[0],
        json!({ "month": "2025-07-01", "amount": "7.50", "unit": "kWh" })
    );
    assert_eq!(months[11]["month"], "2026-06-01");
    partner
        .get("/usage?location=..%2Fother")
        .is_problem(404, "unknown-location");
    for query in ["", "?place=1", "?location=1&location=2", "?location=1&x=2"] {
        let told = partner.get(&format!("/usage{query}"));
        assert_eq!(
            told.is_problem(422, "invalid").body["errors"][0]["parameter"],
            "location"
        );
    }
}
