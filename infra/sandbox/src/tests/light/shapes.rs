//! The stand-in's answers beside the contract's fixtures: the same keys, the same types.

use serde_json::{Value, json};

use super::{HOME, HOUR, LightConfig, MINUTE, Story, fixture};
use crate::light::{Identity, Quirks, UsageHistoryIn};
use crate::tests::shapes::check;

const FLAGS: [&str; 6] = [
    "has_accepted_plan",
    "has_payment_method",
    "is_billing_address_confirmed",
    "is_identity_verified",
    "is_enrollment_finalized",
    "is_service_active",
];

/// Checks the shape and the flags of an account, but for Stripe's key, whose name is not known.
fn check_stage(name: &str, mut object: Value) {
    let recorded = fixture(name);
    assert!(
        object
            .as_object_mut()
            .unwrap()
            .remove("stripe_publishable_key")
            .is_some()
    );
    check(name, &recorded, &object);
    for flag in FLAGS {
        assert_eq!(
            recorded["enrollment"][flag], object["enrollment"][flag],
            "{name}: {flag}"
        );
    }
    let locations = |object: &Value| object["locations"].as_array().unwrap().clone();
    assert_eq!(locations(&recorded).len(), locations(&object).len(), "{name}");
    for (recorded, ours) in locations(&recorded).iter().zip(locations(&object)) {
        for key in ["is_service_active", "has_usage_history"] {
            assert_eq!(recorded[key], ours[key], "{name}: {key}");
        }
        for key in ["final_service_date", "estimated_next_reading_date"] {
            assert_eq!(recorded[key].is_null(), ours[key].is_null(), "{name}: {key}");
        }
    }
}

async fn unverified() -> (Story, String) {
    let mut config = LightConfig::new(1, super::APP);
    config.identity = Identity::Never;
    config.identity_blocks = true;
    let story = Story::start_with(config).await;
    let account = story.account();
    (story, account)
}

#[tokio::test]
async fn an_account_is_like_the_fixtures_at_every_stage() {
    let (story, account) = unverified().await;
    let sandbox = &story.sandbox;
    check_stage("account-nothing", story.read(&account).await);
    assert!(sandbox.request_plans(&account, HOME));
    check_stage("account-plan-requested-only", story.read(&account).await);
    let location = sandbox.accept_plan(&account, HOME).unwrap();
    check_stage("account-plan-accepted-only", story.read(&account).await);
    assert!(sandbox.add_billing(&account) && sandbox.add_payment(&account));
    check_stage("account-all-but-identity", story.read(&account).await);
    story.live_for(HOUR).await;
    assert_eq!(story.truth(&account).finalized_at, None);
    sandbox.verify_identity(&account);
    check_stage("account-all-steps-not-finalized", story.read(&account).await);
    story.live_for(MINUTE).await;
    check_stage("account-finalized-not-active", story.read(&account).await);
    assert!(sandbox.activate_service(&account));
    check_stage("account-active-without-usage-history", story.read(&account).await);
    assert!(sandbox.supply_usage_history(&account));
    check_stage("account-active-with-usage-history", story.read(&account).await);
    assert!(sandbox.cancel_location(&account, &location));
    let canceled = story.read(&account).await;
    assert!(canceled["locations"][0]["final_service_date"].is_string());
    assert_eq!(canceled["enrollment"]["is_service_active"], false);
    assert_eq!(canceled["locations"][0]["utility_number"], HOME);
}

#[tokio::test]
async fn an_account_is_like_the_fixtures_whatever_comes_first() {
    let story = Story::start(1).await;
    let sandbox = &story.sandbox;
    let new = |number: u32| sandbox.create_account("Ada", "Example", &format!("ada.{number}@example.com"));
    let account = new(1);
    assert!(sandbox.accept_plan(&account, HOME).is_some() && sandbox.add_billing(&account));
    check_stage("account-accepted-and-billing", story.read(&account).await);
    let account = new(2);
    assert!(sandbox.accept_plan(&account, HOME).is_some() && sandbox.add_payment(&account));
    check_stage("account-accepted-and-payment", story.read(&account).await);
    sandbox.cancel_location(
        &account,
        story.read(&account).await["locations"][0]["uuid"].as_str().unwrap(),
    );
    let account = new(3);
    assert!(sandbox.add_billing(&account) && sandbox.add_payment(&account));
    sandbox.verify_identity(&account);
    check_stage("account-billing-and-payment-before-plan", story.read(&account).await);
    let account = new(4);
    sandbox.add_old_location(&account).unwrap();
    story.sandbox.accept_plan(&account, HOME).unwrap();
    check_stage("account-two-locations-old-active", story.read(&account).await);
    let account = new(5);
    sandbox.accept_plan(&account, HOME).unwrap();
    sandbox.set_quirks(Quirks {
        without_enrollment: true,
        ..Quirks::default()
    });
    check_stage("account-enrollment-missing", story.read(&account).await);
    sandbox.set_quirks(Quirks {
        usage_history: UsageHistoryIn::Enrollment,
        ..Quirks::default()
    });
    assert!(sandbox.add_billing(&account) && sandbox.add_payment(&account));
    assert!(sandbox.activate_service(&account));
    check_stage("account-active-usage-history-in-enrollment", story.read(&account).await);
}

#[tokio::test]
async fn the_apps_calls_are_like_the_fixtures() {
    let story = Story::start(1).await;
    let (status, made) = story.app("/accounts", fixture("app-accounts.request")).await;
    assert_eq!(status, 201);
    let account = made["uuid"].as_str().unwrap();
    let (_, token) = story.app(&format!("/accounts/{account}/token"), json!({})).await;
    check("token", &fixture("app-account-token.response"), &token);
    let path = format!("/accounts/{account}/flow-login");
    let (status, login) = story.app(&path, fixture("app-flow-login.request")).await;
    assert_eq!(status, 200);
    check("login", &fixture("app-flow-login.response"), &login);
}

#[tokio::test]
async fn the_enrolments_calls_are_like_the_fixtures() {
    let story = Story::start(1).await;
    let account = story.account();
    for (kind, expected) in [("many", 3), ("none", 0)] {
        let query = if kind == "many" { "123" } else { "zzyzx qwrt" };
        let (status, found) = story
            .post(&account, "/enroll/address-search", json!({"query": query}))
            .await;
        assert_eq!((status, found.as_array().unwrap().len()), (200, expected));
        assert_eq!(found, fixture(&format!("address-search.response.{kind}")));
    }
    let one = json!({"query": "123 Main St Apt 1, Dallas, TX 75201"});
    let (_, found) = story.post(&account, "/enroll/address-search", one).await;
    assert_eq!(found[0], fixture("address-search.response.one")[0]);
    let (_, home) = story
        .post(&account, "/enroll/esi-id-search", fixture("esi-id-search.request"))
        .await;
    assert_eq!(home, fixture("esi-id-search.response"));
    let (_, plans) = story
        .post(&account, "/enroll/plans/request", fixture("plans-request.request"))
        .await;
    let mut plans = plans.as_array().unwrap().clone();
    let chosen = plans[0].clone();
    for plan in &mut plans {
        let plan = plan.as_object_mut().unwrap();
        for charge in ["tdu_delivery_cents_per_kwh", "monthly_charge_dollars"] {
            assert!(plan.remove(charge).unwrap().is_string());
        }
    }
    check("plans", &fixture("plans-request.response"), &json!(plans));
    let mut acceptance = fixture("plans-accept.request");
    acceptance["plan_uuid"] = chosen["uuid"].clone();
    acceptance["start_date"] = chosen["earliest_start_date"].clone();
    assert_eq!(story.post(&account, "/enroll/plans/accept", acceptance).await.0, 200);
    let same = fixture("billing-address-put.request.same-as-service");
    assert_eq!(story.put(&account, "/billing/address", same).await.0, 200);
    let (_, address) = story.get(&account, "/billing/address").await;
    check("same", &fixture("billing-address-get.response.flat"), &address);
    assert_eq!(address["city"], "Dallas");
    let different = fixture("billing-address-put.request.different");
    assert_eq!(story.put(&account, "/billing/address", different).await.0, 200);
    assert_eq!(
        story.get(&account, "/billing/address").await.1,
        fixture("billing-address-get.response.flat")
    );
    assert_eq!(story.get(&account, "/billing/payment-method").await.0, 404);
    assert!(story.sandbox.add_payment(&account));
    let (_, method) = story.get(&account, "/billing/payment-method").await;
    check("payment method", &fixture("payment-method-get.response"), &method);
    assert_eq!(method["card_last4"], "4242");
}
