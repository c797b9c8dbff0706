//! The sandbox's answers beside the recorded ones: the same keys, the same types.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Receiver, START, Story, at, fixture};

/// Checks that two documents have the same keys and types, throughout; null stands for anything.
pub(super) fn check(path: &str, recorded: &Value, ours: &Value) {
    match (recorded, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(recorded), Value::Object(ours)) => {
            let keys =
                |object: &serde_json::Map<String, Value>| -> BTreeSet<String> { object.keys().cloned().collect() };
            assert_eq!(keys(recorded), keys(ours), "{path}");
            for (key, value) in recorded {
                check(&format!("{path}.{key}"), value, &ours[key]);
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let Some(first) = recorded.first() {
                for (number, value) in ours.iter().enumerate() {
                    // Things of different kinds stand in one list in the same order as recorded.
                    let recorded = recorded.get(number).unwrap_or(first);
                    check(&format!("{path}[{number}]"), recorded, value);
                }
            }
        }
        (Value::String(recorded), Value::String(ours)) => {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().is_ok();
            assert_eq!(moment(recorded), moment(ours), "{path}: {ours}");
        }
        (Value::Bool(_), Value::Bool(_)) | (Value::Number(_), Value::Number(_)) => {}
        _ => panic!("{path}: {recorded} and {ours}"),
    }
}

/// An entry in one spelling: the generator's field has two.
fn snake_case(mut entry: Value) -> Value {
    let agreements = entry["agreements"].as_object_mut().unwrap();
    if let Some(generator) = agreements.remove("generatorStatus") {
        agreements.insert("generator_status".to_owned(), generator);
    }
    entry
}

/// What tells entries apart: the status, and each utility's status, error and whether it is required.
fn situation(entry: &Value) -> String {
    let utilities: BTreeSet<String> = entry["utility_connections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|utility| json!([utility["status"], utility["error_code"], utility["utility_is_required"]]).to_string())
        .collect();
    format!("{} {utilities:?}", entry["connection_status"])
}

const CONNECT: [&str; 14] = [
    "connect-completed",
    "connect-error-auth-mfa-error",
    "connect-error-null-code",
    "connect-error-technical-error",
    "connect-error-user-canceled",
    "connect-error-user-ineligible",
    "connect-error-user-invalid-credentials",
    "connect-error-utility-error",
    "connect-not-started",
    "connect-partial-agreement-declined",
    "connect-partial-agreement-not-answered",
    "connect-partial-commercial-two-required-one-connected",
    "connect-partial-wrong-utility-connected",
    "connect-generator-status-spelling",
];

#[tokio::test]
async fn connect_entries_are_like_the_recorded_ones_and_all_recorded_situations_occur() {
    let story = Story::start(1).await;
    story.populate(1, 300);
    story.leap_to(at(START) + SignedDuration::from_hours(8)).await;
    let entries = story.entries().await;
    let complete = &fixture("connect-completed")["onboardingConnections"][0];
    let spelled: BTreeSet<bool> = entries
        .values()
        .map(|entry| entry["agreements"].get("generatorStatus").is_some())
        .collect();
    assert_eq!(spelled.len(), 2, "both spellings occur");
    let mut situations = BTreeSet::new();
    for (reference, entry) in entries {
        let entry = snake_case(entry);
        check(&reference, complete, &entry);
        let id = entry["id"].as_str().unwrap();
        let region = entry["transmission_region"].as_str().unwrap();
        assert!(id.starts_with(region) && id.ends_with(&reference));
        situations.insert(situation(&entry));
    }
    for name in CONNECT {
        for entry in fixture(name)["onboardingConnections"].as_array().unwrap() {
            let situation = situation(entry);
            assert!(situations.contains(&situation), "{name}: {situation}");
        }
    }
}

#[tokio::test]
async fn pages_are_like_the_recorded_ones() {
    let story = Story::start(2).await;
    let (_, empty) = story.connections(&[]).await;
    assert_eq!(empty, fixture("connect-empty-list"));
    story.populate(2, 40);
    story.leap_to(at(START) + SignedDuration::from_hours(8)).await;
    let (_, mut page) = story.connections(&[]).await;
    let entries = page["onboardingConnections"].as_array_mut().unwrap();
    for entry in entries {
        *entry = snake_case(entry.take());
    }
    check("page", &fixture("connect-two-pages-1"), &page);
    assert!(page["nextPageToken"].is_string());
}

#[tokio::test]
async fn deliveries_are_like_the_recorded_ones() {
    let story = Story::start(3).await;
    let receiver = Receiver::subscribed(&story).await;
    story.populate(3, 60);
    story.leap_to(at(START) + SignedDuration::from_hours(100)).await;
    let received = receiver.received();
    for name in [
        "webhook-connect-session-created",
        "webhook-connect-session-updated",
        "webhook-connect-session-closed",
        "webhook-connect-session-completed",
        "webhook-authorization-initiated",
        "webhook-authorization-failed",
        "webhook-authorization-completed",
        "webhook-meter-created",
        "webhook-meter-enrollment-global-status-updated",
    ] {
        let recorded = fixture(name);
        let kind = super::kind(&recorded["payload"]);
        let alike: Vec<_> = received
            .iter()
            .filter(|received| super::kind(&received.body["payload"]) == kind)
            .collect();
        assert!(!alike.is_empty(), "{name}");
        for received in alike {
            check(name, &recorded, &received.body);
        }
    }
}

#[tokio::test]
async fn meters_are_like_the_recorded_ones() {
    let story = Story::start(4).await;
    let search = |body| story.post("/v2/meters/search", body);
    let (_, none) = search(json!({"partner_references": ["site-ca-9999"]})).await;
    assert_eq!(none, fixture("meters-v2-search-not-found"));
    story.populate(4, 60);
    story.leap_to(at(START) + SignedDuration::from_hours(100)).await;
    let (_, found) = search(json!({"meter_types": ["UTILITY_METER"]})).await;
    assert!(!found["meters"].as_array().unwrap().is_empty());
    check("meters", &fixture("meters-v2-search-found"), &found);
}
