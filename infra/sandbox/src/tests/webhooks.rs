use jiff::SignedDuration;
use serde_json::json;

use super::{Receiver, Story, fixture, text};
use crate::EventType;

#[tokio::test]
async fn subscriptions_are_made_listed_replaced_and_deleted() {
    let story = Story::start(1).await;
    let receiver = Receiver::start(&story.clock).await;
    let stated = json!({
        "receiver_url": receiver.url,
        "event_types": ["connect_session.updated"],
        "headers": [{"name": "X-API-Key", "value": "your-test-key"}],
    });
    let (status, made) = story.post("/v1.1/webhooks", stated.clone()).await;
    assert_eq!(status, 200);
    let webhook_id = text(&made["webhook_id"]);
    let (_, listed) = story.get("/v1.1/webhooks").await;
    let mut expected = stated.clone();
    expected["webhook_id"] = json!(webhook_id);
    assert_eq!(listed, json!({"webhooks": [expected]}));

    let path = story.url(&format!("/v1.1/webhooks/{webhook_id}"));
    let without_headers = json!({
        "receiver_url": receiver.url,
        "event_types": ["connect_session.updated", "meter.created"],
    });
    let request = story.http.put(&path).json(&without_headers);
    assert_eq!(story.call(request).await.0, 200);
    let (_, listed) = story.get("/v1.1/webhooks").await;
    assert_eq!(listed["webhooks"][0]["headers"], json!([]));
    assert_eq!(listed["webhooks"][0]["event_types"], without_headers["event_types"]);

    let (status, deleted) = story.call(story.http.delete(&path)).await;
    assert_eq!((status, deleted["message"].is_string()), (200, true));
    let (status, missing) = story.call(story.http.delete(&path)).await;
    assert_eq!((status, missing["error"].is_string()), (404, true));
    let request = story.http.put(&path).json(&without_headers);
    assert_eq!(story.call(request).await.0, 404);
}

#[tokio::test]
async fn a_replaced_subscription_no_longer_sends_the_secret() {
    let story = Story::start(2).await;
    let receiver = Receiver::start(&story.clock).await;
    let mut webhook = receiver.webhook(&[EventType::ConnectSessionUpdated]);
    let webhook_id = story.sandbox.register_webhook(webhook.clone()).unwrap();
    let open = |reference: &str| {
        let url = story.url(&format!("/connect?transmissionRegion=CAISO&refId={reference}"));
        story.http.get(url).send()
    };
    open("site-1").await.unwrap();
    story.settle().await;
    webhook.headers.clear();
    let path = story.url(&format!("/v1.1/webhooks/{webhook_id}"));
    story.call(story.http.put(path).json(&webhook)).await;
    open("site-2").await.unwrap();
    story.settle().await;
    let received = receiver.received();
    assert_eq!(received[0].headers["x-api-key"], "your-test-key");
    assert_eq!(received[0].headers["content-type"], "application/json");
    assert_eq!(received[1].headers.get("x-api-key"), None);
}

#[tokio::test]
async fn a_subscription_that_makes_no_sense_is_refused() {
    let story = Story::start(3).await;
    for stated in [
        json!({"receiver_url": "http://partner.example", "event_types": ["meter.created"]}),
        json!({"receiver_url": "https://partner.example", "event_types": []}),
        json!({"receiver_url": "https://partner.example", "event_types": ["meter.melted"]}),
        json!({"event_types": ["meter.created"]}),
        json!({"receiver_url": "https://partner.example", "event_types": ["meter.created"],
               "headers": [{"name": "not a name", "value": "x"}]}),
    ] {
        let (status, body) = story.post("/v1.1/webhooks", stated).await;
        assert_eq!(status, 400);
        assert!(body["error"].is_string() && body["message"].is_string());
    }
}

#[tokio::test]
async fn a_test_event_arrives_in_the_envelope_and_is_not_flagged() {
    let story = Story::start(4).await;
    let receiver = Receiver::start(&story.clock).await;
    let webhook = receiver.webhook(&[EventType::MeterCreated]);
    let webhook_id = story.sandbox.register_webhook(webhook).unwrap();
    let path = format!("/v1.1/webhooks/{webhook_id}/test");
    for name in [
        "webhook-meter-enrollment-group-updated",
        "webhook-meter-enrollment-participation-status-updated",
        "webhook-meter-enrollment-required-actions-updated",
    ] {
        let payload = fixture(name)["payload"].clone();
        let (status, answer) = story.post(&path, payload.clone()).await;
        assert_eq!(status, 200);
        assert_eq!(answer["is_successful"], true);
        assert_eq!(answer["status_code"], 204);
        assert!(answer["response_time_ms"].is_u64());
        assert_eq!(answer.get("error"), None);
        let received = receiver.received();
        let body = received.last().unwrap().body.as_object().unwrap();
        assert_eq!(body.len(), 2);
        assert_eq!(body["payload"], payload);
        assert_eq!(text(&body["webhook_event_id"]).len(), 36);
    }
    receiver.answer(401);
    let (status, answer) = story.post(&path, json!({"any": "thing"})).await;
    assert_eq!((status, &answer["is_successful"]), (200, &json!(false)));
    assert_eq!(answer["status_code"], 401);
    assert!(answer["error"].is_string());
    // A test is tried once.
    story.live_for(SignedDuration::from_hours(9)).await;
    assert_eq!(receiver.received().len(), 4);
    assert_eq!(story.post(&path, json!([])).await.0, 400);
    let nowhere = "/v1.1/webhooks/nowhere/test";
    assert_eq!(story.post(nowhere, json!({})).await.0, 404);
}
