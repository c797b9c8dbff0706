//! Bayou's webhooks: what each fixture means, and what is not believed (docs/bayou.md, sections 4 and 9.6).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use data_encoding::BASE64;
use http::{HeaderName, Request};
use journey::{DataKind, Event, LossReason, Purpose, References, UtilityCode, Velocity};
use serde_json::json;
use tests::{Ports, SECRET, Stage, World, poll_once};
use webhook::{ParsedBayou, UnusableBayou, parse_bayou};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../../tests/fixtures/bayou/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whose event it is, and what each journey is told.
fn read(name: &str, references: References) -> (String, Vec<(Purpose, Event, bool)>) {
    match parse_bayou(&fixture(name), references).unwrap() {
        ParsedBayou::Events { reference, told, .. } => {
            let told = told
                .into_iter()
                .map(|(purpose, delivered, begins)| (purpose, delivered.event, begins));
            (reference.expose().to_owned(), told.collect())
        }
        ParsedBayou::Unusable(why) => panic!("{name}: {why:?}"),
    }
}

fn left_aside(name: &str) -> UnusableBayou {
    match parse_bayou(&fixture(name), References::ExternalId).unwrap() {
        ParsedBayou::Unusable(why) => why,
        ParsedBayou::Events { .. } => panic!("{name} is usable"),
    }
}

#[test]
fn u2_both_spellings_of_the_customers_names_are_read() {
    for (event, spellings) in [
        (
            "webhook_customer_has_filled_credentials",
            ["customer_id_keys", "id_keys"],
        ),
        ("webhook_bills_ready", ["customer_id_keys", "id_keys"]),
        ("webhook_intervals_ready", ["customer_id_keys", "id_keys"]),
        (
            "webhook_customer_must_reauthenticate",
            ["customer_id_keys", "credentials_are_invalid"],
        ),
    ] {
        for spelling in spellings {
            let name = format!("{event}.{spelling}");
            assert_eq!(read(&name, References::ExternalId).0, "MSCOTT123", "{name}");
            assert_eq!(read(&name, References::CustomerId).0, "12345", "{name}");
        }
    }
}

#[test]
fn all_seven_events_are_understood() {
    let told = |name: &str| read(name, References::ExternalId).1;
    let connected = Event::Connected {
        at: Some("2022-07-01T14:05:00Z".parse().unwrap()),
        velocity: Some(Velocity::Instant),
        utility: UtilityCode::parse("CON_EDISON"),
    };
    assert_eq!(
        told("webhook_customer_has_filled_credentials.customer_id_keys"),
        [
            (Purpose::Enroll, connected.clone(), true),
            (Purpose::Reconnect, connected, false)
        ]
    );
    for (name, why) in [
        (
            "webhook_customer_must_reauthenticate.credentials_are_invalid",
            LossReason::CredentialsInvalid,
        ),
        (
            "webhook_customer_must_reauthenticate.mfa_factor_has_expired",
            LossReason::MfaExpired,
        ),
        (
            "webhook_customer_must_reauthenticate.onboarding_url_key",
            LossReason::CredentialsInvalid,
        ),
        // The link of a body is no part of what it means, wherever it leads.
        (
            "hostile_customer_must_reauthenticate.forged_link",
            LossReason::CredentialsInvalid,
        ),
        ("unknown_reason.customer_must_reauthenticate", LossReason::Untold),
    ] {
        let lost = Event::ReauthorizationNeeded {
            why,
            was_connected: false,
        };
        assert_eq!(told(name), [(Purpose::Reconnect, lost, true)], "{name}");
    }
    for (name, kind) in [
        ("webhook_bills_ready.id_keys", DataKind::Bills),
        ("webhook_intervals_ready.id_keys", DataKind::Intervals),
    ] {
        assert_eq!(told(name), [(Purpose::Enroll, Event::DataAnnounced { kind }, false)]);
    }
    for (name, what, velocity) in [
        ("webhook_new_bill.account_number_string", "new_bill", None),
        ("webhook_new_bill.account_number_number", "new_bill", None),
        ("webhook_updated_bill", "updated_bill", None),
        ("webhook_new_unparsed_bill", "unparsed_bill", Some(Velocity::Hours(24))),
    ] {
        assert_eq!(
            told(name),
            [(Purpose::Enroll, Event::DataNews { what, velocity }, false)],
            "{name}"
        );
    }
    let slow = told("webhook_customer_has_filled_credentials.velocity_24_hours");
    assert!(matches!(
        slow[0].1,
        Event::Connected {
            velocity: Some(Velocity::Hours(24)),
            ..
        }
    ));
}

#[test]
fn a_bills_own_id_is_never_a_customers() {
    // The bill's number is another customer's.
    let name = "webhook_new_bill.bill_id_equals_a_customer_id";
    assert_eq!(read(name, References::CustomerId).0, "12345");
    let body = json!({"event": "new_bill", "object": {"id": 12345, "external_id": "MSCOTT123"}}).to_string();
    let nobodys = parse_bayou(body.as_bytes(), References::ExternalId).unwrap();
    assert_eq!(nobodys, ParsedBayou::Unusable(UnusableBayou::NoReference));
}

#[test]
fn what_nobody_could_act_on_is_set_aside_and_not_guessed_at() {
    assert_eq!(
        left_aside("webhook_customer_has_filled_credentials.conflicting_ids"),
        UnusableBayou::ConflictingNames
    );
    assert_eq!(left_aside("unknown_event.new_intervals"), UnusableBayou::UnknownEvent);
    for (object, why) in [
        (json!({"id": 1}), UnusableBayou::NoReference),
        (
            json!({"external_id": null, "customer_id": 1}),
            UnusableBayou::NoReference,
        ),
        (json!({"external_id": "a<b>"}), UnusableBayou::InvalidReference),
        (
            json!({"external_id": "abc", "customer_external_id": "abd"}),
            UnusableBayou::ConflictingNames,
        ),
    ] {
        let body = json!({"event": "bills_ready", "object": object}).to_string();
        let parsed = parse_bayou(body.as_bytes(), References::ExternalId).unwrap();
        assert_eq!(parsed, ParsedBayou::Unusable(why), "{body}");
    }
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"event":"bills_ready"}"#,
        r#"{"event":7,"object":{}}"#,
    ] {
        assert!(parse_bayou(body.as_bytes(), References::ExternalId).is_err(), "{body}");
    }
}

/// Whose repetition is a new loss after a repair must not be recognised as a duplicate; a bill's may.
#[test]
fn u1_only_what_may_never_come_again_has_a_name_of_ours() {
    let named = |name: &str| match parse_bayou(&fixture(name), References::ExternalId).unwrap() {
        ParsedBayou::Events { told, .. } => told.iter().all(|(_, delivered, _)| delivered.id.is_some()),
        ParsedBayou::Unusable(why) => panic!("{why:?}"),
    };
    assert!(!named("webhook_customer_must_reauthenticate.credentials_are_invalid"));
    assert!(!named("webhook_customer_has_filled_credentials.id_keys"));
    assert!(named("webhook_new_bill.account_number_string"));
    assert!(named("webhook_updated_bill"));
}

struct Door {
    stage: Stage,
    world: World,
}

impl Door {
    fn new() -> Self {
        let stage = Stage::with(&toml::Table::new());
        let world = World::new(&stage.rules, "2026-07-01T16:00:00Z".parse().unwrap(), 10);
        Door { stage, world }
    }

    fn post(&self, path: &str, authorization: Option<&str>, body: Vec<u8>) -> http::Response<Vec<u8>> {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (world, stage) = (&self.world, &self.stage);
        let ports = Ports { world, stage };
        let header = HeaderName::from_static("x-rekindle-key");
        let request = request.body(body).unwrap();
        poll_once(webhook::http::handle(
            &ports,
            &stage.webhook,
            &header,
            &stage.rules,
            request,
        ))
        .unwrap()
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

#[test]
fn u1_the_secret_is_in_the_path_or_in_the_password_and_in_one_of_them() {
    let path = format!("/webhooks/bayou/{}", SECRET.replace(' ', "%20"));
    let right = basic("rekindle", SECRET);
    for (path, authorization, expected) in [
        (path.as_str(), None, 200),
        ("/webhooks/bayou", Some(right.as_str()), 200),
        ("/webhooks/bayou", None, 401),
        ("/webhooks/bayou/guessed", None, 401),
        ("/webhooks/bayou", Some("Bearer of some length"), 401),
        ("/webhooks/bayou", Some(basic("rekindle", "guessed").as_str()), 401),
        // A secret given twice is one that somebody added on the way.
        (path.as_str(), Some(right.as_str()), 401),
        ("/webhooks/bayou/a/b", None, 401),
        ("/webhooks/leap/secret", None, 404),
    ] {
        let door = Door::new();
        let body = fixture("webhook_customer_has_filled_credentials.id_keys");
        let reply = door.post(path, authorization, body);
        assert_eq!(reply.status(), expected, "{path} {authorization:?}");
        assert_eq!(door.world.journeys(), usize::from(expected == 200));
        if expected == 401 {
            assert_eq!(reply.headers()["www-authenticate"], "Basic realm=\"rekindle\"");
        }
    }
}

#[test]
fn the_bills_of_years_are_taken_and_more_than_a_megabyte_is_not() {
    let door = Door::new();
    let right = basic("", SECRET);
    let of_size = |size: usize| {
        let bills = "x".repeat(size);
        json!({"event": "bills_ready", "object": {"external_id": "MSCOTT123", "bills_parsed": [bills]}}).to_string()
    };
    let status = |size| {
        door.post("/webhooks/bayou", Some(&right), of_size(size).into_bytes())
            .status()
    };
    assert_eq!(status(webhook::MAX_BODY_BYTES * 2), 200);
    assert_eq!(status(webhook::MAX_BILLS_BYTES), 413);
}

#[test]
fn a_deployment_without_bayou_has_no_such_door() {
    let mut door = Door::new();
    door.stage.webhook.bayou = None;
    let reply = door.post("/webhooks/bayou", Some(&basic("", SECRET)), b"{}".to_vec());
    assert_eq!(reply.status(), 404);
}
