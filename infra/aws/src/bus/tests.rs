use serde_json::json;

use super::*;
use crate::testing::{self, Answer, Asked, Wire, refused};

fn event(n: usize, body_bytes: usize) -> Announcement {
    Announcement {
        id: format!("event-{n}"),
        kind: "journey.completed",
        at: "2026-11-22T04:00:00.250Z".parse().unwrap(),
        body: json!({"n": n, "filler": "x".repeat(body_bytes)}).to_string(),
    }
}

fn events(count: usize, body_bytes: usize) -> Vec<Announcement> {
    (0..count).map(|n| event(n, body_bytes)).collect()
}

/// An answer that took all but the entries at these places.
fn took(entries: usize, but: &[usize]) -> Answer {
    let entry = |n: usize| match but.contains(&n) {
        true => json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}),
        false => json!({"EventId": format!("id-{n}")}),
    };
    testing::json(&json!({
        "FailedEntryCount": but.len(),
        "Entries": (0..entries).map(entry).collect::<Vec<_>>(),
    }))
}

async fn put(events: &[Announcement], answers: Vec<Answer>) -> (Vec<usize>, Vec<Asked>) {
    let wire = Wire::new(answers);
    let bus = Bus::new(wire.clients().eventbridge(), "rekindle".to_owned());
    let left = bus.put(events).await;
    (left, wire.asked())
}

fn entries(asked: &Asked) -> usize {
    asked.json()["Entries"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_event_is_put_as_it_is() {
    let (left, asked) = put(&events(1, 0), vec![took(1, &[])]).await;
    assert!(left.is_empty());
    assert_eq!(asked[0].header("x-amz-target"), Some("AWSEvents.PutEvents"));
    assert_eq!(
        asked[0].json(),
        json!({"Entries": [{
            "Time": 1_795_320_000.25,
            "Source": "rekindle",
            "DetailType": "journey.completed",
            "Detail": event(0, 0).body,
            "EventBusName": "rekindle",
        }]})
    );
    let (left, asked) = put(&[], Vec::new()).await;
    assert!(left.is_empty() && asked.is_empty(), "nothing to say, nothing to ask");
}

#[tokio::test]
async fn each_entry_s_own_answer_is_read() {
    let answers = vec![took(10, &[0, 9]), took(10, &[]), took(3, &[1])];
    let (left, asked) = put(&events(23, 0), answers).await;
    assert_eq!(asked.iter().map(entries).collect::<Vec<_>>(), [10, 10, 3]);
    assert_eq!(left, [0, 9, 21]);
}

#[tokio::test]
async fn a_call_that_failed_took_none_of_its_batch() {
    let denied = refused(400, "AccessDeniedException", "no");
    let (left, asked) = put(&events(12, 0), vec![denied, took(2, &[])]).await;
    assert_eq!(left, (0..10).collect::<Vec<_>>());
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_add_up_took_nothing() {
    let short = testing::json(&json!({"FailedEntryCount": 0, "Entries": [{"EventId": "a"}]}));
    assert_eq!(put(&events(3, 0), vec![short]).await.0, [1, 2]);
    let unnamed = json!({"FailedEntryCount": 1, "Entries": [{"EventId": "a"}, {"EventId": "b"}]});
    assert_eq!(put(&events(2, 0), vec![testing::json(&unnamed)]).await.0, [0, 1]);
    let neither = testing::json(&json!({"FailedEntryCount": 1, "Entries": [{}, {"EventId": "b"}]}));
    assert_eq!(put(&events(2, 0), vec![neither]).await.0, [0]);
}

#[tokio::test]
async fn batches_keep_to_the_size_of_a_request() {
    let sizes = |batches: Vec<Vec<usize>>| batches.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(batches(&events(25, 10))), [10, 10, 5]);
    assert_eq!(sizes(batches(&events(5, 100 * 1024))), [2, 2, 1]);
    // One that is too large goes alone, and takes no other with it.
    let mut mixed = events(3, 10);
    mixed[1] = event(1, BYTES);
    assert_eq!(batches(&mixed), [vec![0], vec![1], vec![2]]);
    let places: Vec<usize> = batches(&events(25, 30_000)).concat();
    assert_eq!(places, (0..25).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_warm_up_asks_for_the_bus() {
    let wire = Wire::new(vec![testing::json(&json!({"Name": "rekindle"}))]);
    Bus::new(wire.clients().eventbridge(), "rekindle".to_owned())
        .warm_up()
        .await;
    let asked = wire.asked();
    assert_eq!(asked[0].header("x-amz-target"), Some("AWSEvents.DescribeEventBus"));
    assert_eq!(asked[0].json(), json!({"Name": "rekindle"}));
}
