//! The stand-in's answers beside the contract's fixtures: the same keys, the same types.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{DAY, GAS, LIGHT, MINUTE, POWER, Reason, START, Story, at, fixture};
use crate::tests::shapes::check;

const FLAGS: [&str; 4] = [
    "has_filled_credentials",
    "is_currently_authenticated",
    "bills_are_ready",
    "intervals_are_ready",
];

/// Checks the shape and the flags of a customer's object.
fn check_stage(name: &str, object: &Value) {
    let recorded = fixture(name);
    check(name, &recorded, object);
    for flag in FLAGS {
        assert_eq!(recorded[flag], object[flag], "{name}: {flag}");
    }
}

#[tokio::test]
async fn a_customer_is_like_the_fixtures_at_every_stage() {
    let story = Story::start(1).await;
    let created = story.create("home-1", &POWER).await;
    check_stage("customer_01_created", &created);
    let (_, blank) = story.post("/customers", json!({"email": "customer@example.com"})).await;
    check_stage("customer_01_created.utility_blank", &blank);
    assert_eq!(blank["utility"], Value::Null);
    story.log_in("home-1").await;
    check_stage("customer_02_authenticated", &story.customer("home-1").await);
    story.live_for(MINUTE * 30).await;
    check_stage("customer_04_bills_and_intervals_ready", &story.customer("home-1").await);
    story
        .sandbox
        .require_reauthentication("home-1", Reason::CredentialsAreInvalid);
    let broken = story.customer("home-1").await;
    check_stage("customer_05_must_reauthenticate.flag_kept", &broken);
    assert_ne!(broken["onboarding_link"], created["onboarding_link"]);
    story.log_in("home-1").await;
    check_stage("customer_06_repaired", &story.customer("home-1").await);
}

#[tokio::test]
async fn bills_can_be_ready_before_intervals_or_without_any() {
    let story = Story::start(2).await;
    for (name, utility) in [("slow", &LIGHT), ("none", &GAS)] {
        story.create(name, utility).await;
        story.log_in(name).await;
    }
    story.live_for(MINUTE * 30).await;
    let none = story.customer("none").await;
    check_stage("customer_04_bills_ready.no_intervals_possible", &none);
    assert_eq!(none["utility_has_intervals"], false);
    assert_eq!(story.customer("slow").await["bills_are_ready"], false);
    while story.customer("slow").await["bills_are_ready"] == false {
        story.live_for(MINUTE).await;
    }
    check_stage("customer_03_bills_ready", &story.customer("slow").await);
    story.live_for(DAY).await;
    story
        .sandbox
        .require_reauthentication("slow", Reason::CredentialsAreInvalid);
    check_stage(
        "customer_05_must_reauthenticate.flag_reset",
        &story.customer("slow").await,
    );
}

#[tokio::test]
async fn every_event_is_like_its_fixtures_in_each_spelling() {
    let story = Story::start(3).await;
    for number in 0..24 {
        let name = format!("home-{number}");
        story.create(&name, if number % 2 == 0 { &POWER } else { &LIGHT }).await;
        story.log_in(&name).await;
    }
    story.leap_to(at(START) + DAY * 120).await;
    for number in 0..24 {
        let reason = if number % 3 == 0 {
            Reason::MfaFactorHasExpired
        } else {
            Reason::CredentialsAreInvalid
        };
        assert!(
            story
                .sandbox
                .require_reauthentication(&format!("home-{number}"), reason)
        );
    }
    story.settle().await;
    for name in [
        "webhook_bills_ready.id_keys",
        "webhook_customer_has_filled_credentials.customer_id_keys",
        "webhook_customer_has_filled_credentials.id_keys",
        "webhook_customer_has_filled_credentials.velocity_24_hours",
        "webhook_customer_must_reauthenticate.credentials_are_invalid",
        "webhook_customer_must_reauthenticate.mfa_factor_has_expired",
        "webhook_customer_must_reauthenticate.onboarding_url_key",
        "webhook_intervals_ready.customer_id_keys",
        "webhook_intervals_ready.id_keys",
        "webhook_new_bill.account_number_number",
        "webhook_new_bill.account_number_string",
        "webhook_new_unparsed_bill",
        "webhook_updated_bill",
    ] {
        let recorded = fixture(name);
        // Two bills of one event may be written in two ways: numbers as text, or not.
        let way = |body: &Value| {
            let object = &body["object"];
            let keys: BTreeSet<String> = object.as_object().unwrap().keys().cloned().collect();
            (keys, object["reason"].clone(), object["account_number"].is_number())
        };
        let mut bodies = story.events(recorded["event"].as_str().unwrap());
        if name.contains("velocity") {
            bodies.retain(|body| body["object"]["utility_data_velocity"] == "24 hours");
        }
        let mut alike = bodies.iter().filter(|body| way(body) == way(&recorded)).peekable();
        assert!(alike.peek().is_some(), "{name}");
        for body in alike {
            let mut body = body.clone();
            if recorded["event"] == "bills_ready" {
                let bills = body["object"]["bills_parsed"].as_array_mut().unwrap();
                bills.retain(|bill| bill["account_number"].is_string());
            }
            check(name, &recorded, &body);
        }
    }
}

#[tokio::test]
async fn intervals_bills_and_errors_are_like_the_fixtures() {
    let story = Story::start(4).await;
    story.create("home-1", &POWER).await;
    story.log_in("home-1").await;
    story.live_for(MINUTE * 30).await;
    let (status, intervals) = story.get("/customers/external_id:home-1/intervals").await;
    assert_eq!(status, 200);
    check("intervals_response", &fixture("intervals_response"), &intervals);
    assert_eq!(intervals["meters"][0]["intervals"].as_array().unwrap().len(), 96);
    let (status, bills) = story.get("/customers/external_id:home-1/bills").await;
    assert_eq!((status, bills.as_array().unwrap().len()), (200, 12));
    for bill in bills
        .as_array()
        .unwrap()
        .iter()
        .filter(|bill| bill["account_number"].is_string())
    {
        check(
            "bill",
            &fixture("webhook_new_bill.account_number_string")["object"],
            bill,
        );
    }
    let wrong_email = story.post("/customers", json!({"email": "customer"})).await;
    let nobody = story.get("/customers/1").await;
    for ((status, error), (expected, name)) in [
        (wrong_email, (400, "error_400_customer_email_invalid")),
        (nobody, (404, "error_404_customer_id_invalid")),
    ] {
        let recorded = fixture(name);
        assert_eq!(status, expected);
        check(name, &recorded, &error);
        assert_eq!(
            [&error["error_type"], &error["error_code"]],
            [&recorded["error_type"], &recorded["error_code"]]
        );
    }
}
