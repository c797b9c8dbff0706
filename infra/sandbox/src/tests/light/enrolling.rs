//! The steps of an enrolment, what they need, and what follows.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{DAY, HOME, LightConfig, START, Story, at};

#[tokio::test]
async fn all_steps_over_the_api_lead_to_service_in_business_hours() {
    let story = Story::start(1).await;
    let account = story.account();
    let plans = story.plans(&account, HOME).await;
    // Events are in order as long as each is answered before the next happens.
    story.settle().await;
    let (status, _) = story.accept(&account, HOME, &plans[0]).await;
    assert_eq!(status, 200);
    story.settle().await;
    let same = json!({"same_as_service_address": true});
    assert_eq!(story.put(&account, "/billing/address", same).await.0, 200);
    story.settle().await;
    assert!(story.sandbox.add_payment(&account));
    assert_eq!(story.truth(&account).completed_at, Some(at(START)));
    story.live_until(at(START) + DAY * 30).await;
    let truth = story.truth(&account);
    let [finalized, active, history] =
        [truth.finalized_at, truth.service_active_at, truth.usage_history_at].map(Option::unwrap);
    assert!(at(START) < finalized && finalized < active);
    let hours = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs() / 3_600;
    assert!((2..=24 * 12).contains(&hours(finalized, active)), "{truth:?}");
    assert!(hours(active, history).abs() <= 12, "{truth:?}");
    let texas = active.to_zoned(TimeZone::get("America/Chicago").unwrap());
    assert!((8..=17).contains(&texas.hour()), "{texas}");
    let mut told = story.told(&account);
    let order = [
        "enrollment.plan_requested",
        "enrollment.plan_accepted",
        "enrollment.identity_updated",
        "account.billing_address_updated",
        "account.payment_method_added",
        "enrollment.finalized",
    ];
    assert_eq!(told[..6], order);
    told[6..].sort_unstable();
    assert_eq!(
        told[6..],
        ["location.service_active", "location.usage_history_available"]
    );
}

#[tokio::test]
async fn service_waits_for_its_start_date() {
    let story = Story::start(1).await;
    let account = story.account();
    let plans = story.plans(&account, HOME).await;
    let mut late = plans[0].clone();
    late["earliest_start_date"] = plans[0]["latest_start_date"].clone();
    assert_eq!(late["earliest_start_date"], "2026-08-30");
    assert_eq!(story.accept(&account, HOME, &late).await.0, 200);
    assert!(story.sandbox.add_billing(&account) && story.sandbox.add_payment(&account));
    story.live_until(at("2026-08-30T04:59:59Z")).await;
    assert!(story.truth(&account).finalized_at.is_some());
    assert_eq!(story.truth(&account).service_active_at, None);
    story.live_for(DAY * 2).await;
    assert_eq!(
        story.truth(&account).service_active_at,
        Some(at("2026-08-30T05:00:00Z"))
    );
}

#[tokio::test]
async fn an_acceptance_is_refused_for_what_is_wrong_with_it() {
    let story = Story::start(1).await;
    let account = story.account();
    let plans = story.plans(&account, HOME).await;
    let acceptance = |changes: Value| {
        let mut body = json!({
            "esi_id": HOME,
            "plan_uuid": plans[0]["uuid"],
            "start_date": plans[0]["earliest_start_date"],
            "terms_accepted": true,
        });
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        story.post(&account, "/enroll/plans/accept", body)
    };
    for (changes, expected) in [
        (json!({"terms_accepted": false}), 422),
        (json!({"terms_accepted": "yes"}), 400),
        (json!({"plan_uuid": "123456-1234-1234-1234-123456789012"}), 422),
        (json!({"start_date": "2026-06-30"}), 422),
        (json!({"start_date": "2026-08-31"}), 422),
        (json!({"start_date": "tomorrow"}), 400),
        (json!({"esi_id": "10443729999999999"}), 404),
        // A plan of another utility's area.
        (json!({"esi_id": "1008901000000000000003"}), 422),
    ] {
        let (status, error) = acceptance(changes.clone()).await;
        assert!(
            status == expected && error["error"].is_string(),
            "{changes}: {status} {error}"
        );
    }
    assert_eq!(story.read(&account).await["locations"], json!([]));
    let (_, first) = acceptance(json!({})).await;
    // Until it is finalized, another plan takes the place of the first.
    let (status, second) = acceptance(json!({"plan_uuid": plans[1]["uuid"]})).await;
    assert_eq!(
        (status, first["location_uuid"].clone()),
        (200, second["location_uuid"].clone())
    );
    let object = story.read(&account).await;
    assert_eq!(object["locations"].as_array().unwrap().len(), 1);
    assert_eq!(object["locations"][0]["plan_uuid"], plans[1]["uuid"]);
    assert!(story.sandbox.finalize(&account));
    assert_eq!(acceptance(json!({})).await.0, 422, "enrolled already");
}

#[tokio::test]
async fn a_switch_hold_and_an_ineligible_address_have_the_configured_words() {
    let mut config = LightConfig::new(1, super::APP);
    config.switch_hold.error = "Switch hold on premise".to_owned();
    config.ineligible.status = 409;
    let story = Story::start_with(config).await;
    let account = story.account();
    story.sandbox.set_switch_hold(HOME, true);
    let plans = story.plans(&account, HOME).await;
    let (status, error) = story.accept(&account, HOME, &plans[0]).await;
    assert_eq!((status, error), (422, json!({"error": "Switch hold on premise"})));
    assert_eq!(story.truth(&account).refusals, 1);
    story.sandbox.set_switch_hold(HOME, false);
    story.sandbox.set_ineligible(HOME, true);
    let body = json!({"esi_id": HOME});
    assert_eq!(story.post(&account, "/enroll/plans/request", body).await.0, 409);
    assert_eq!(story.truth(&account).refusals, 2);
    story.sandbox.set_ineligible(HOME, false);
    assert_eq!(story.accept(&account, HOME, &plans[0]).await.0, 200);
}

#[tokio::test]
async fn an_old_location_stays_beside_a_new_one() {
    let story = Story::start(1).await;
    let account = story.account();
    let old = story.sandbox.add_old_location(&account).unwrap();
    let new = story.sandbox.accept_plan(&account, HOME).unwrap();
    let object = story.read(&account).await;
    assert_eq!(object["enrollment"]["is_service_active"], true);
    let locations = object["locations"].as_array().unwrap();
    assert_eq!(
        [&locations[0]["uuid"], &locations[1]["uuid"]],
        [&json!(old), &json!(new)]
    );
    assert_eq!(
        [&locations[0]["is_service_active"], &locations[1]["is_service_active"]],
        [true, false]
    );
    assert!(story.sandbox.cancel_location(&account, &old));
    assert!(!story.sandbox.cancel_location(&account, &old));
    assert_eq!(story.read(&account).await["enrollment"]["is_service_active"], false);
    assert!(story.sandbox.delete_enrollment(&account));
    assert!(!story.sandbox.delete_enrollment("nobody"));
}
