//! Light's webhooks: what each fixture means, how one is known, and what changes nothing (docs/light.md, section 7 and
//! traps 20 to 25).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, Request, StatusCode};
use journey::enrollment::SupportMatter;
use journey::{DataKind, Event, Milestone, ToldBy};
use serde_json::json;
use sha2::{Sha256, Sha512};
use tests::{Ports, SECRET, SIGNATURE, Stage, World, light_webhook, poll_once};
use webhook::{
    Envelope, LightHook, ParsedLight, SignatureEncoding, SignatureForm, SignatureHash, SigningKey, UnusableLight,
    parse_light,
};

const ACCOUNT: &str = "00000000-0000-4000-8000-000000000001";

fn envelope() -> Envelope {
    Envelope {
        event_type: "placeholder.event_type".to_owned(),
        account: "placeholder.account_uuid".to_owned(),
        event_id: None,
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/../../tests/fixtures/light/webhook-{name}.envelope-unknown.json",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn told(name: &str) -> (Event, bool) {
    match parse_light(&fixture(name), &envelope()).unwrap() {
        ParsedLight::Event {
            reference,
            delivered,
            begins,
        } => {
            assert_eq!(reference.expose(), ACCOUNT, "{name}");
            (delivered.event, begins)
        }
        ParsedLight::Unusable(why) => panic!("{name}: {why:?}"),
    }
}

fn of_type(kind: &str) -> ParsedLight {
    let (body, _) = light_webhook(kind, ACCOUNT, "1");
    parse_light(&body, &envelope()).unwrap()
}

#[test]
fn every_documented_type_is_understood() {
    let step = |what| Event::EnrollmentProgressed {
        what,
        by: ToldBy::Webhook,
        dates: None,
    };
    let support = |matter| Event::SupportNeeded { matter };
    let service = |kind| Event::ServiceAnnounced { kind };
    let identity = Event::EnrollmentNews {
        what: "identity_updated",
    };
    for (name, event, begins) in [
        ("enrollment-plan-requested", step(Milestone::PlanRequested), true),
        ("enrollment-plan-accepted", step(Milestone::PlanAccepted), true),
        ("enrollment-identity-updated", identity, true),
        ("enrollment-finalized", Event::EnrollmentFinalized, true),
        ("account-payment-failed", support(SupportMatter::InvoiceUnpaid), false),
        ("location-service-active", service(DataKind::Service), false),
        ("location-service-canceled", Event::CancellationAnnounced, false),
        (
            "location-usage-history-available",
            service(DataKind::UsageHistory),
            false,
        ),
    ] {
        assert_eq!(told(name), (event, begins), "{name}");
    }
    let paid = parse_light(&fixture("account-payment-successful"), &envelope()).unwrap();
    assert_eq!(paid, ParsedLight::Unusable(UnusableLight::NoNews));
}

#[test]
fn trap_20_an_unknown_type_or_field_is_accepted_and_changes_nothing() {
    assert_eq!(
        of_type("enrollment.abandoned"),
        ParsedLight::Unusable(UnusableLight::UnknownType)
    );
    let body = json!({ "new": [1], "placeholder": { "event_type": "enrollment.finalized", "account_uuid": ACCOUNT, "x": {} } });
    let parsed = parse_light(body.to_string().as_bytes(), &envelope()).unwrap();
    assert!(matches!(parsed, ParsedLight::Event { .. }));
}

#[test]
fn trap_21_without_an_identifier_the_body_is_its_own() {
    let id = |body: &[u8], envelope: &Envelope| match parse_light(body, envelope).unwrap() {
        ParsedLight::Event { delivered, .. } => delivered.id.unwrap(),
        ParsedLight::Unusable(why) => panic!("{why:?}"),
    };
    let finalized = fixture("enrollment-finalized");
    assert_eq!(id(&finalized, &envelope()), id(&finalized, &envelope()));
    assert_ne!(
        id(&finalized, &envelope()),
        id(&fixture("enrollment-plan-accepted"), &envelope())
    );
    // Where there is one, it tells two deliveries of one event from two events.
    let named = Envelope {
        event_id: Some("placeholder.id".to_owned()),
        ..envelope()
    };
    let of = |id: &str| light_webhook("enrollment.finalized", ACCOUNT, id).0;
    assert_ne!(id(&of("1"), &named), id(&of("2"), &named));
}

#[test]
fn trap_22_a_missing_location_is_accepted_for_every_type() {
    for kind in [
        "enrollment.plan_requested",
        "enrollment.finalized",
        "location.service_active",
        "location.service_canceled",
        "location.usage_history_availability_changed",
        "account.payment_failed",
    ] {
        assert!(matches!(of_type(kind), ParsedLight::Event { .. }), "{kind}");
    }
}

#[test]
fn trap_23_a_payment_method_or_a_billing_address_begins_no_enrolment() {
    for (name, what) in [
        ("account-payment-method-added", Milestone::PaymentMethodAdded),
        ("account-billing-address-updated", Milestone::BillingAddressConfirmed),
    ] {
        let (event, begins) = told(name);
        assert!(!begins, "{name}");
        assert!(matches!(event, Event::EnrollmentProgressed { what: step, .. } if step == what));
    }
}

#[test]
fn a_body_without_type_or_account_is_left_aside_so_that_somebody_looks_at_the_settings() {
    let parse = |body: &str| parse_light(body.as_bytes(), &envelope());
    for (body, why) in [
        ("{}", UnusableLight::NoType),
        ("[]", UnusableLight::NoType),
        (r#"{"placeholder":{"event_type":7}}"#, UnusableLight::NoType),
        (
            r#"{"placeholder":{"event_type":"enrollment.finalized"}}"#,
            UnusableLight::NoAccount,
        ),
        (
            r#"{"placeholder":{"event_type":"enrollment.finalized","account_uuid":"x"}}"#,
            UnusableLight::InvalidReference,
        ),
    ] {
        assert_eq!(parse(body).unwrap(), ParsedLight::Unusable(why), "{body}");
    }
    assert!(parse("not json").is_err());
}

fn hook(hash: SignatureHash, encoding: SignatureEncoding, prefix: &str) -> LightHook {
    LightHook {
        keys: vec![
            SigningKey::new("the former key of some length").unwrap(),
            SigningKey::new(SECRET).unwrap(),
        ],
        signature: SignatureForm {
            header: HeaderName::from_static(SIGNATURE),
            hash,
            encoding,
            prefix: prefix.to_owned(),
        },
        envelope: envelope(),
    }
}

#[test]
fn trap_25_the_signature_s_form_is_a_setting_and_checked_over_the_raw_body() {
    let body: &[u8] = b"{\"a\" : 1}\n";
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let short = mac.finalize().into_bytes();
    let mut mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let long = mac.finalize().into_bytes();
    let (sha256, sha512) = (SignatureHash::Sha256, SignatureHash::Sha512);
    let (hex, base64) = (SignatureEncoding::Hex, SignatureEncoding::Base64);
    for (hook, written) in [
        (hook(sha256, hex, ""), HEXLOWER.encode(&short)),
        (hook(sha256, hex, ""), HEXUPPER.encode(&short)),
        (
            hook(sha256, hex, "sha256="),
            format!("sha256={}", HEXLOWER.encode(&short)),
        ),
        (hook(sha256, base64, "v1,"), format!("v1,{}", BASE64.encode(&short))),
        (hook(sha512, base64, ""), BASE64.encode(&long)),
    ] {
        let right = written.as_bytes();
        assert!(hook.check(&[right], body).is_ok(), "{written}");
        assert!(
            hook.check(&[right], b"{\"a\": 1}\n").is_err(),
            "another body, though of the same meaning"
        );
        assert!(hook.check(&[right, right], body).is_err(), "twice");
        assert!(hook.check(&[], body).is_err(), "none");
        assert!(hook.check(&[b""], body).is_err(), "empty");
        assert!(hook.check(&[&right[..right.len() - 4]], body).is_err(), "cut off");
    }
    let unprefixed = HEXLOWER.encode(&short);
    assert!(
        hook(sha256, hex, "sha256=")
            .check(&[unprefixed.as_bytes()], body)
            .is_err()
    );
    let mut foreign = Hmac::<Sha256>::new_from_slice(b"a key that is none of ours").unwrap();
    foreign.update(body);
    let foreign = HEXLOWER.encode(&foreign.finalize().into_bytes());
    assert!(hook(sha256, hex, "").check(&[foreign.as_bytes()], body).is_err());
    assert!(SigningKey::new("short").is_err());
    assert_eq!(format!("{:?}", SigningKey::new(SECRET).unwrap()), "SigningKey(hidden)");
}

#[test]
fn trap_25_over_http_only_a_signed_body_is_taken() {
    let stage = Stage::with(&toml::Table::new());
    let world = World::new(&stage.rules, "2026-07-01T16:00:00Z".parse().unwrap(), 10);
    let (body, signature) = light_webhook("enrollment.plan_requested", ACCOUNT, "1");
    let leap = HeaderName::from_static("x-rekindle-key");
    let post = |signatures: &[&[u8]], body: &[u8], kind: &str| {
        let mut request = Request::post("/webhooks/light").header("content-type", kind);
        for signature in signatures {
            request = request.header(SIGNATURE, *signature);
        }
        let request = request.body(body.to_vec()).unwrap();
        let ports = Ports {
            world: &world,
            stage: &stage,
        };
        let answered = webhook::http::handle(&ports, &stage.webhook, &leap, &stage.rules, request);
        poll_once(answered).unwrap().status()
    };
    let json = "application/json";
    assert_eq!(post(&[], &body, json), StatusCode::UNAUTHORIZED);
    assert_eq!(post(&[b"sha256=00"], &body, json), StatusCode::UNAUTHORIZED);
    assert_eq!(post(&[&signature, &signature], &body, json), StatusCode::UNAUTHORIZED);
    assert_eq!(post(&[&signature], b"{}", json), StatusCode::UNAUTHORIZED);
    assert_eq!(world.journeys(), 0, "nobody was let in");
    assert_eq!(
        post(&[&signature], &body, "text/plain"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(post(&[&signature], &body, json), StatusCode::OK);
    assert_eq!(world.journeys(), 1);
    assert_eq!(
        post(&[&signature], &[b' '; 70_000], json),
        StatusCode::PAYLOAD_TOO_LARGE
    );
}
