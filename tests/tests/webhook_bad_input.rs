//! Whatever arrives at the webhook's door: the answer, what is counted, and what is kept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use jiff::Timestamp;
use tests::{Fault, Mode, Ports, SECRET, Stage, World, poll_once};
use toml::Table;
use webhook::{MAX_BODY_BYTES, Request};

const JSON: Option<&str> = Some("application/json");

/// What a delivery led to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: u16,
    counted: Vec<(&'static str, u64)>,
    journeys: usize,
}

fn outcome(status: u16, counter: &'static str, journeys: usize) -> Outcome {
    Outcome {
        status,
        counted: vec![(counter, 1)],
        journeys,
    }
}

/// Delivers a body to an empty world.
fn deliver(stage: &Stage, secrets: &[&[u8]], content_type: Option<&str>, body: &[u8], fault: Option<Fault>) -> Outcome {
    let at: Timestamp = "2026-07-01T16:00:00Z".parse().unwrap();
    let world = World::new(&stage.rules, at, 10);
    world.set_fault(fault);
    let ports = Ports { world: &world, stage };
    let request = Request {
        secret_values: secrets,
        content_type,
        body,
    };
    let answer = poll_once(webhook::handle(&ports, &stage.webhook, &stage.rules, request)).unwrap();
    assert_eq!(world.mails(), 0);
    assert_eq!(
        world.timers() > 0,
        world.journeys() > 0,
        "a journey has a timer, and nothing else has"
    );
    Outcome {
        status: answer.status(),
        counted: world.webhook_counters(),
        journeys: world.journeys(),
    }
}

fn stage() -> Stage {
    Stage::with(&Table::new())
}

fn session(reference: &str, status: &str) -> Vec<u8> {
    event(&serde_json::json!({
        "webhook_event_type": "connect_session.updated",
        "partner_reference": reference,
        "status": status,
    }))
}

fn event(payload: &serde_json::Value) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({ "webhook_event_id": "event-1", "payload": payload })).unwrap()
}

#[test]
fn the_secret_header_is_there_once_and_right_or_nothing_is_stored() {
    let stage = stage();
    let right = SECRET.as_bytes();
    let body = session("site-1", "CREATED");
    let refused = outcome(401, "webhook.unauthorized", 0);
    let cases: [&[&[u8]]; 6] = [
        &[],
        &[b""],
        &[b"an invented secret of some lengtH"],
        &[right, right],
        &[right, b"another value"],
        &[&right[..right.len() - 1]],
    ];
    for secrets in cases {
        assert_eq!(deliver(&stage, secrets, JSON, &body, None), refused);
        // Not even that the body is bad is told to a stranger.
        assert_eq!(deliver(&stage, secrets, JSON, b"not JSON", None), refused);
    }
    assert_eq!(deliver(&stage, &[right], JSON, &body, None).status, 200);
}

#[test]
fn what_is_not_the_providers_form_is_malformed() {
    let stage = stage();
    let cases: [&[u8]; 8] = [
        b"",
        b"not JSON",
        b"{\"webhook_event_id\":",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        br#"{"webhook_event_id":"event-1","payload":{"webhook_event_type":"connect_session.updated","status":"CREATED"}}"#,
    ];
    for body in cases {
        let shown = String::from_utf8_lossy(body);
        let came = deliver(&stage, &[SECRET.as_bytes()], JSON, body, None);
        assert_eq!(came, outcome(400, "webhook.malformed", 0), "{shown}");
    }
}

#[test]
fn a_body_of_more_than_64_kb_is_too_large() {
    let stage = stage();
    let padded = |length: usize| {
        let mut body = session("site-1", "CREATED");
        body.resize(length, b' ');
        body
    };
    let secret: &[&[u8]] = &[SECRET.as_bytes()];
    let came = deliver(&stage, secret, JSON, &padded(MAX_BODY_BYTES + 1), None);
    assert_eq!(came, outcome(413, "webhook.too_large", 0));
    assert_eq!(deliver(&stage, secret, JSON, &padded(MAX_BODY_BYTES), None).status, 200);
}

#[test]
fn a_body_of_another_type_is_refused_as_such() {
    let stage = stage();
    let body = session("site-1", "CREATED");
    let secret: &[&[u8]] = &[SECRET.as_bytes()];
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let came = deliver(&stage, secret, Some(wrong), &body, None);
        assert_eq!(came, outcome(415, "webhook.not_json", 0), "{wrong}");
    }
    for right in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(deliver(&stage, secret, Some(right), &body, None).status, 200, "{right}");
    }
}

#[test]
fn what_the_provider_could_only_repeat_is_accepted_counted_and_dropped() {
    let stage = stage();
    let meter = |reference: Option<&str>| {
        event(
            &serde_json::json!({ "webhook_event_type": "meter.created", "meter_id": "m", "partner_reference": reference }),
        )
    };
    let cases = [
        (session("site-1", "EXITED_CONDITIONALLY"), "webhook.unknown_status"),
        (session("site-1", "created"), "webhook.unknown_status"),
        (session("site-1", ""), "webhook.unknown_status"),
        (session("ab", "CREATED"), "webhook.invalid_reference"),
        (session("", "CREATED"), "webhook.invalid_reference"),
        (session(&"x".repeat(257), "CREATED"), "webhook.invalid_reference"),
        (session("site<script>", "CREATED"), "webhook.invalid_reference"),
        (session("../site", "CREATED"), "webhook.invalid_reference"),
        (session("site\n1", "CREATED"), "webhook.invalid_reference"),
        (
            event(&serde_json::json!({ "webhook_event_type": "dispatch.started" })),
            "webhook.unknown_type",
        ),
        (
            event(&serde_json::json!({ "webhook_event_type": "meter.enrollment.group.updated" })),
            "webhook.no_reference",
        ),
        (meter(None), "webhook.no_reference"),
    ];
    for (body, counter) in cases {
        let came = deliver(&stage, &[SECRET.as_bytes()], JSON, &body, None);
        assert_eq!(came, outcome(200, counter, 0), "{}", String::from_utf8_lossy(&body));
    }
    // A test of the partner's own, and news of a meter of nobody: accepted, and no journey begins.
    for (body, counter) in [
        (session("leap-test-1", "CREATED"), "webhook.reserved_reference"),
        (meter(Some("site-1")), "webhook.unknown_journey"),
    ] {
        let came = deliver(&stage, &[SECRET.as_bytes()], JSON, &body, None);
        assert_eq!((came.status, came.journeys), (200, 0));
        assert!(came.counted.contains(&(counter, 1)), "{counter}: {came:?}");
    }
}

/// That it is never written to, whatever follows, is the scenario `imported_later`.
#[test]
fn an_unknown_reference_is_kept_and_counted() {
    let came = deliver(
        &stage(),
        &[SECRET.as_bytes()],
        JSON,
        &session("site-unknown", "CREATED"),
        None,
    );
    let counted = vec![("webhook.accepted", 1), ("webhook.unknown_reference", 1)];
    assert_eq!(
        came,
        Outcome {
            status: 200,
            counted,
            journeys: 1
        }
    );
}

#[test]
fn while_the_store_is_down_the_provider_is_asked_to_come_again() {
    let stage = stage();
    let body = session("site-1", "CREATED");
    let secret: &[&[u8]] = &[SECRET.as_bytes()];
    // Load, find the contact, load again, arm the timer, write.
    for step in 1..=5 {
        let mode = Mode::Fails;
        let at: Timestamp = "2026-07-01T16:00:00Z".parse().unwrap();
        let world = World::new(&stage.rules, at, 10);
        world.set_fault(Some(Fault { step, mode }));
        let ports = Ports {
            world: &world,
            stage: &stage,
        };
        let request = Request {
            secret_values: secret,
            content_type: JSON,
            body: &body,
        };
        let handle = || poll_once(webhook::handle(&ports, &stage.webhook, &stage.rules, request)).unwrap();
        assert_eq!(handle().status(), 503, "step {step}");
        assert_eq!(
            (world.journeys(), world.counted("webhook.not_stored")),
            (0, 1),
            "step {step}"
        );
        // It comes again, and is taken once.
        assert_eq!(handle().status(), 200);
        assert_eq!(handle().status(), 200);
        assert_eq!(
            (world.journeys(), world.counted("webhook.duplicate")),
            (1, 1),
            "step {step}"
        );
    }
}
