//! The webhook's subscription.

use journey::Unavailable;
use serde_json::{Value, json};
use url::Url;

use super::stub::{Answer, Stub, ok, status};
use super::{client, config};
use crate::Secret;
use crate::leap::webhooks::{self, Ensured, EventType, Header, Unfit, Wanted, WebhookError, WebhookId};

const RECEIVER: &str = "https://hooks.example.com/webhooks/leap";
const SECRET: &str = "an-invented-secret";
const ID: &str = "0c9d3f5e-0000-4000-8000-000000000001";

fn header() -> Header {
    Header {
        name: "X-Api-Key".to_owned(),
        value: Secret::new(SECRET),
    }
}

fn wanted() -> Wanted {
    Wanted::new(Url::parse(RECEIVER).unwrap(), header())
}

fn id() -> WebhookId {
    WebhookId::parse(ID).unwrap()
}

/// A listed subscription that is exactly as wanted; Leap has its own order and lower-case names.
fn as_wanted() -> Value {
    let types: Vec<_> = EventType::ALL.iter().rev().map(|one| one.as_str()).collect();
    json!({ "webhook_id": ID, "receiver_url": RECEIVER, "event_types": types,
        "headers": [{ "name": "x-api-key", "value": SECRET }], "added_since": true })
}

fn listing(webhooks: Value) -> Answer {
    ok(json!({ "webhooks": webhooks }).to_string())
}

/// What has been done, and the requests it took.
async fn ensured(
    answers: impl IntoIterator<Item = Answer>,
) -> (Result<Ensured, WebhookError>, Vec<String>, Vec<Value>) {
    let stub = Stub::answering(answers).await;
    let outcome = webhooks::ensure(&client(config(&stub)), &wanted()).await;
    (outcome, stub.lines(), stub.bodies())
}

fn full_body() -> Value {
    json!({
        "receiver_url": RECEIVER,
        "event_types": [
            "connect_session.updated",
            "connect_session.authorization_updated",
            "meter.created",
            "meter.enrollment.global-status.updated",
            "meter.enrollment.participation-status.updated",
            "meter.enrollment.required-actions.updated",
            "meter.enrollment.group.updated",
        ],
        "headers": [{ "name": "X-Api-Key", "value": SECRET }],
    })
}

#[tokio::test]
async fn a_missing_subscription_is_created() {
    let mut elsewhere = as_wanted();
    elsewhere["receiver_url"] = json!("https://hooks.example.com/other");
    let created = ok(json!({ "webhook_id": ID }).to_string());
    let (outcome, lines, bodies) = ensured([listing(json!([elsewhere])), created]).await;
    assert_eq!(outcome.unwrap(), Ensured::Created(id()));
    assert_eq!(lines, ["GET /v1.1/webhooks", "POST /v1.1/webhooks"]);
    assert_eq!(bodies[1], full_body());
}

#[tokio::test]
async fn a_right_subscription_is_left_alone() {
    let (outcome, lines, _) = ensured([listing(json!([as_wanted()]))]).await;
    assert_eq!(outcome.unwrap(), Ensured::Unchanged(id()));
    assert_eq!(lines, ["GET /v1.1/webhooks"]);
}

#[tokio::test]
async fn trap_34_an_update_sends_every_field_with_the_secret_header() {
    let different = |change: fn(&mut Value)| {
        let mut one = as_wanted();
        change(&mut one);
        one
    };
    for listed in [
        different(|one| one["event_types"] = json!(["meter.created"])),
        different(|one| one["event_types"].as_array_mut().unwrap().push(json!("meter.new"))),
        different(|one| one["headers"][0]["value"] = json!("the-old-secret")),
        different(|one| one["headers"][0]["name"] = json!("x-other")),
        different(|one| one["headers"] = json!([])),
        different(|one| one["headers"] = Value::Null),
        different(|one| {
            one["headers"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "x-api-key", "value": "b" }))
        }),
    ] {
        let (outcome, lines, bodies) =
            ensured([listing(json!([listed])), ok(json!({ "webhook_id": ID }).to_string())]).await;
        assert_eq!(outcome.unwrap(), Ensured::Updated(id()));
        assert_eq!(
            lines,
            ["GET /v1.1/webhooks".to_owned(), format!("PUT /v1.1/webhooks/{ID}")]
        );
        assert_eq!(bodies[1], full_body());
    }
}

#[tokio::test]
async fn among_several_for_one_receiver_a_right_one_is_enough() {
    let mut different = as_wanted();
    different["webhook_id"] = json!("another");
    different["headers"] = json!([]);
    let (outcome, _, _) = ensured([listing(json!([different, as_wanted()]))]).await;
    assert_eq!(outcome.unwrap(), Ensured::Unchanged(id()));
}

#[tokio::test]
async fn nothing_is_written_when_the_list_cannot_be_read() {
    let mut nameless = as_wanted();
    nameless["webhook_id"] = json!("../keys");
    for answer in [
        status(500),
        status(404),
        ok("{}"),
        listing(json!([nameless])),
        listing(json!([{}])),
    ] {
        let (outcome, lines, _) = ensured([answer]).await;
        assert!(outcome.is_err());
        assert!(lines.iter().all(|line| line == "GET /v1.1/webhooks"));
    }
}

#[tokio::test]
async fn a_creation_is_not_repeated_since_it_may_have_happened() {
    let (outcome, lines, _) = ensured([listing(json!([])), status(500)]).await;
    let Err(WebhookError::Provider(error)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((error.why, lines.len()), (Unavailable::Failing, 2));
}

#[tokio::test]
async fn trap_37_a_receiver_that_leap_never_calls_is_refused_before_anything_is_sent() {
    let stub = Stub::answering([listing(json!([])), ok(json!({ "webhook_id": ID }).to_string())]).await;
    let leap = client(config(&stub));
    let at = |url: &str| Wanted {
        receiver_url: Url::parse(url).unwrap(),
        ..wanted()
    };
    for bad in [
        "http://hooks.example.com/",
        "https://hooks.example.com:8080/",
        "https://a:b@hooks.example.com/",
        "ftp://hooks.example.com/",
    ] {
        let outcome = webhooks::ensure(&leap, &at(bad)).await;
        assert!(matches!(outcome, Err(WebhookError::Unfit(Unfit::NeverCalled))), "{bad}");
    }
    let header = |name: &str, value: &str| Wanted {
        header: Header {
            name: name.to_owned(),
            value: Secret::new(value),
        },
        ..wanted()
    };
    for bad in [
        header("x api key", SECRET),
        header("", SECRET),
        header("x-api-key", ""),
        header("x-api-key", "a\r\nb: c"),
    ] {
        let outcome = webhooks::ensure(&leap, &bad).await;
        assert!(matches!(outcome, Err(WebhookError::Unfit(Unfit::Header))));
    }
    let nothing = Wanted {
        event_types: Vec::new(),
        ..wanted()
    };
    let outcome = webhooks::ensure(&leap, &nothing).await;
    assert!(matches!(outcome, Err(WebhookError::Unfit(Unfit::NoEventTypes))));
    assert!(stub.lines().is_empty());

    let local = Wanted {
        allow_local: true,
        ..at("http://127.0.0.1:8787/webhooks/leap")
    };
    assert_eq!(webhooks::ensure(&leap, &local).await.unwrap(), Ensured::Created(id()));
    for good in ["https://hooks.example.com:8443/", "https://hooks.example.com:8843/"] {
        let stub = Stub::answering([listing(json!([])), ok(json!({ "webhook_id": ID }).to_string())]).await;
        assert!(
            webhooks::ensure(&client(config(&stub)), &at(good)).await.is_ok(),
            "{good}"
        );
    }
}

#[tokio::test]
async fn trap_35_a_test_never_names_a_customer() {
    let answer = json!({ "is_successful": false, "status_code": 401, "response_time_ms": 12, "error": "Unauthorized" });
    let stub = Stub::answering([ok(answer.to_string())]).await;
    let leap = client(config(&stub));
    let payload = |reference: Value| json!({ "webhook_event_type": "meter.created", "partner_reference": reference });
    for (bad, why) in [
        (payload(json!("site-ca-0001")), Unfit::NotATest),
        (payload(json!(["leap-test-1"])), Unfit::NotATest),
        (payload(json!("Leap-Test-1")), Unfit::NotATest),
        (
            json!({ "webhook_event_id": "1", "payload": payload(json!("leap-test-1")) }),
            Unfit::NotBarePayload,
        ),
    ] {
        let outcome = webhooks::test(&leap, &id(), &bad).await;
        assert!(matches!(outcome, Err(WebhookError::Unfit(unfit)) if unfit == why));
    }
    assert!(stub.lines().is_empty());
    let good = payload(json!("leap-test-1"));
    let result = webhooks::test(&leap, &id(), &good).await.unwrap();
    assert_eq!(
        (result.successful, result.status_code, result.response_time_ms),
        (false, Some(401), Some(12))
    );
    assert_eq!(stub.lines(), [format!("POST /v1.1/webhooks/{ID}/test")]);
    assert_eq!(stub.bodies(), [good]);
}

#[tokio::test]
async fn deleting_says_whether_there_was_one() {
    let stub = Stub::answering([ok(r#"{"message":"deleted"}"#), status(404), status(403)]).await;
    let leap = client(config(&stub));
    assert!(webhooks::delete(&leap, &id()).await.unwrap());
    assert!(!webhooks::delete(&leap, &id()).await.unwrap());
    assert!(webhooks::delete(&leap, &id()).await.is_err());
    assert_eq!(stub.lines()[0], format!("DELETE /v1.1/webhooks/{ID}"));
}

#[tokio::test]
async fn trap_34_the_secret_is_in_no_debug_text_and_no_error() {
    let stub = Stub::answering([listing(json!([as_wanted()])), status(400)]).await;
    let leap = client(config(&stub));
    let listed = webhooks::list(&leap).await.unwrap();
    assert_eq!(listed[0].headers[0].value.expose(), SECRET);
    let error = webhooks::ensure(&leap, &wanted()).await.unwrap_err();
    assert!(matches!(error, WebhookError::Refused(400)));
    let said = format!("{listed:?} {:?} {error} {error:?}", wanted());
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn an_id_that_could_name_another_path_is_none() {
    for bad in ["", "..", "a/b", "a?b", "a%2fb", "é"] {
        assert_eq!(WebhookId::parse(bad), None, "{bad}");
    }
}
