//! What goes over the wire, whoever carries it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use http::{HeaderName, Method, Request, Response};
use serde_json::{Value, json};
use tests::{Ports, SECRET, Stage, World, poll_once};

const HEADER: &str = "x-rekindle-key";

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

    fn deliver(&self, method: Method, path: &str, secrets: &[&str], body: &str) -> (u16, Response<Vec<u8>>) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        for secret in secrets {
            request = request.header(HEADER, *secret);
        }
        self.answer(request.body(body.as_bytes().to_vec()).unwrap())
    }

    fn declared_as(&self, content_type: Option<&str>) -> u16 {
        let mut request = Request::post("/webhooks/leap").header(HEADER, SECRET);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        self.answer(request.body(created().into_bytes()).unwrap()).0
    }

    fn answer(&self, request: Request<Vec<u8>>) -> (u16, Response<Vec<u8>>) {
        let (world, stage) = (&self.world, &self.stage);
        let ports = Ports { world, stage };
        let header = HeaderName::from_static(HEADER);
        let handled = webhook::http::handle(&ports, &stage.webhook, &header, &stage.rules, request);
        let reply = poll_once(handled).unwrap();
        assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        (reply.status().as_u16(), reply)
    }
}

fn created() -> String {
    json!({"webhook_event_id": "event-1", "payload": {
        "webhook_event_type": "connect_session.updated", "partner_reference": "site-1", "status": "CREATED",
    }})
    .to_string()
}

#[test]
fn a_delivery_with_the_secret_is_taken() {
    let door = Door::new();
    let (status, reply) = door.deliver(Method::POST, "/webhooks/leap", &[SECRET], &created());
    assert_eq!(status, 200);
    assert_eq!(reply.headers()["content-type"], "application/json");
    assert_eq!(reply.body(), br#"{"status":"accepted"}"#);
    assert_eq!(door.world.journeys(), 1);
}

#[test]
fn whatever_else_comes_is_a_problem_and_leaves_nothing() {
    let door = Door::new();
    let long = " ".repeat(webhook::MAX_BODY_BYTES + 1);
    for (method, path, secrets, body, expected) in [
        (Method::POST, "/webhooks/acme", &[SECRET][..], created(), 404),
        (Method::POST, "/webhooks/", &[SECRET], created(), 404),
        (Method::POST, "/webhooks/leap/more", &[SECRET], created(), 404),
        (Method::GET, "/webhooks/leap", &[SECRET], created(), 405),
        (Method::POST, "/webhooks/leap", &[], created(), 401),
        (Method::POST, "/webhooks/leap", &["wrong"], long.clone(), 401),
        (Method::POST, "/webhooks/leap", &[SECRET, SECRET], created(), 401),
        (Method::POST, "/webhooks/leap", &[SECRET], long, 413),
        (Method::POST, "/webhooks/leap", &[SECRET], "{".to_owned(), 400),
    ] {
        let (status, reply) = door.deliver(method, path, secrets, &body);
        assert_eq!(status, expected, "{path}");
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        let problem: Value = serde_json::from_slice(reply.body()).unwrap();
        assert_eq!(problem["status"], expected);
        assert_eq!(reply.headers().contains_key("allow"), expected == 405);
        assert_eq!(reply.headers().contains_key("www-authenticate"), expected == 401);
    }
    assert_eq!(door.world.journeys(), 0);
    assert_eq!(door.world.counted("webhook.unauthorized"), 3);
}

#[test]
fn an_address_with_no_provider_in_it_is_none_of_ours() {
    let door = Door::new();
    let detail = |path: &str| {
        let (_, reply) = door.deliver(Method::POST, path, &[SECRET], &created());
        let problem: Value = serde_json::from_slice(reply.body()).unwrap();
        problem["detail"].as_str().unwrap().to_owned()
    };
    for path in ["/", "/webhooks/", "/webhooks/leap/more"] {
        assert_eq!(detail(path), "There is nothing at this address.", "{path}");
    }
    assert_eq!(
        detail("/webhooks/acme"),
        "There is no such provider; there is: bayou, leap, light."
    );
}

#[test]
fn a_body_of_64_kb_is_read_and_a_longer_one_is_not() {
    let door = Door::new();
    let padded = |length: usize| created() + &" ".repeat(length - created().len());
    for (length, expected) in [(65_536, 200), (65_537, 413)] {
        let (status, _) = door.deliver(Method::POST, "/webhooks/leap", &[SECRET], &padded(length));
        assert_eq!(status, expected, "{length}");
    }
    assert_eq!(door.world.counted("webhook.too_large"), 1);
    // A shell that has stopped reading says the same.
    let (world, stage) = (&door.world, &door.stage);
    let reply = webhook::http::too_large(&Ports { world, stage });
    assert_eq!(reply.status().as_u16(), 413);
    assert_eq!(door.world.counted("webhook.too_large"), 2);
}

#[test]
fn only_what_is_declared_as_json_is_read() {
    let door = Door::new();
    for (declared, expected) in [
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
        (Some("text/plain"), 415),
        (Some("application/jsonl"), 415),
        (None, 415),
    ] {
        assert_eq!(door.declared_as(declared), expected, "{declared:?}");
    }
    assert_eq!(door.world.counted("webhook.not_json"), 3);
}

#[test]
fn what_took_too_long_is_asked_for_again() {
    let reply = webhook::http::answer(webhook::Answer::TryAgain);
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    assert_eq!(webhook::http::answer(webhook::Answer::TooSlow).status().as_u16(), 408);
}

#[test]
fn what_is_left_aside_is_counted_by_its_reason() {
    let door = Door::new();
    let session = |status: &str, reference: &str| json!({"webhook_event_type": "connect_session.updated", "partner_reference": reference, "status": status});
    for (payload, counter) in [
        (
            json!({"webhook_event_type": "dispatch.started"}),
            "webhook.unknown_type",
        ),
        (session("EXITED", "site-1"), "webhook.unknown_status"),
        (session("CREATED", "a<b>"), "webhook.invalid_reference"),
        (
            json!({"webhook_event_type": "meter.created", "meter_id": "m"}),
            "webhook.no_reference",
        ),
    ] {
        let body = json!({"webhook_event_id": "event-1", "payload": payload}).to_string();
        let (status, _) = door.deliver(Method::POST, "/webhooks/leap", &[SECRET], &body);
        assert_eq!((status, door.world.counted(counter)), (200, 1), "{counter}");
    }
    assert_eq!(door.world.journeys(), 0);
}
