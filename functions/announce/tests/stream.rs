//! The stream's event as Lambda brings it, and the answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use announce::{Record, stream};
use futures::FutureExt;
use serde_json::{Value, json};

use support::{Fault, World, finisher};

/// An image as the table stores it: without the journey's name, which the key has.
fn image(record: &Record, stored: Option<&Vec<u8>>) -> Option<Value> {
    let whole = String::from_utf8(stored?.clone()).unwrap();
    let shorter = whole.replacen(&format!("\"id\":\"{}\",", record.journey), "", 1);
    assert!(shorter.len() < whole.len());
    Some(json!({
        "pk": { "S": format!("J#{}", record.journey) },
        "sk": { "S": "-" },
        "r": { "S": shorter },
        "v": { "N": "3" },
        "c": { "S": "c2x5v7b4n3m6q2w5e4r7t3y6u2" },
        "d": { "S": "t3" },
        "u": { "N": "1782926700000" },
    }))
}

fn streamed(record: &Record) -> Value {
    let mut change = json!({
        "ApproximateCreationDateTime": 1_782_926_703.0,
        "Keys": { "pk": { "S": format!("J#{}", record.journey) }, "sk": { "S": "-" } },
        "SequenceNumber": record.sequence,
        "SizeBytes": 1_400,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    if let Some(before) = image(record, record.before.as_ref()) {
        change["OldImage"] = before;
    }
    if let Some(after) = image(record, record.after.as_ref()) {
        change["NewImage"] = after;
    }
    json!({
        "eventID": record.id,
        "eventName": if record.before.is_some() { "MODIFY" } else { "INSERT" },
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-west-2",
        "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:us-west-2:123456789012:table/rekindle/stream/2026-07-01T00:00:00.000",
    })
}

fn event(records: &[Record]) -> Value {
    json!({ "Records": records.iter().map(streamed).collect::<Vec<_>>() })
}

fn take(world: &World, event: &Value) -> Value {
    stream::take(world, &support::links(), event).now_or_never().unwrap()
}

#[test]
fn images_become_records_that_can_be_read() {
    let records = support::stream(vec![finisher(1), finisher(2)]);
    let parsed: Vec<_> = stream::parse(&event(&records))
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(parsed.len(), records.len());
    for (parsed, record) in parsed.iter().zip(&records) {
        let read = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|bytes| journey::stored::decode(bytes).unwrap());
        assert_eq!(read(&parsed.before), read(&record.before));
        assert_eq!(read(&parsed.after), read(&record.after));
        assert_eq!(
            (&parsed.id, &parsed.sequence, &parsed.journey),
            (&record.id, &record.sequence, &record.journey)
        );
    }
}

#[test]
fn a_batch_is_told_counted_and_answered_with_no_failure() {
    let records = support::stream(vec![finisher(1), finisher(2)]);
    let world = World::default();
    assert_eq!(take(&world, &event(&records)), json!({ "batchItemFailures": [] }));
    world.look(|state| {
        assert_eq!(state.heard.len(), 6);
        assert_eq!(state.counters.values().sum::<u64>(), 6);
    });
    // The same once more: counted already, so not even told again.
    assert_eq!(take(&world, &event(&records)), json!({ "batchItemFailures": [] }));
    world.look(|state| assert_eq!((state.heard.len(), state.counters.values().sum::<u64>()), (6, 6)));
}

#[test]
fn the_first_record_that_failed_is_answered() {
    let records = support::stream(vec![finisher(1), finisher(2)]);
    // One look for a mark, then each record's contact is read and its event told.
    let world = World::failing(&[(5, Fault::Fails)]);
    let answer = take(&world, &event(&records));
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    let sequence = failed[0]["itemIdentifier"].as_str().unwrap();
    let place = records.iter().position(|record| record.sequence == sequence).unwrap();
    assert!(place > 0);
    world.look(|state| assert_eq!((state.heard.len(), state.counters.values().sum::<u64>()), (1, 1)));
    assert_eq!(
        take(&world, &event(&records[place..])),
        json!({ "batchItemFailures": [] })
    );
    world.look(|state| assert_eq!((state.heard.len(), state.counters.values().sum::<u64>()), (6, 6)));
}

#[test]
fn other_items_are_left_out_and_unreadable_ones_left_behind() {
    let records = support::stream(vec![finisher(1)]);
    let mut event = event(&records);
    let list = event["Records"].as_array_mut().unwrap();
    let mut contact = list[0].clone();
    contact["dynamodb"]["Keys"]["pk"]["S"] = json!("C#c2x5v7b4n3m6q2w5e4r7t3y6u2");
    let mut nameless = list[0].clone();
    nameless["dynamodb"]["Keys"]["pk"]["S"] = json!("J#someone");
    let mut empty = list[0].clone();
    empty["dynamodb"]["NewImage"].as_object_mut().unwrap().remove("r");
    list.insert(0, contact);
    list.insert(1, nameless);
    list.insert(2, empty);
    list.insert(3, json!({ "eventID": "x" }));
    let removed = {
        let mut removed = list[4].clone();
        removed["eventName"] = json!("REMOVE");
        removed["eventID"] = json!("removed");
        let change = removed["dynamodb"].as_object_mut().unwrap();
        let last = change.remove("NewImage").unwrap();
        change.insert("OldImage".to_owned(), last);
        removed
    };
    list.push(removed);
    let world = World::default();
    assert_eq!(take(&world, &event), json!({ "batchItemFailures": [] }));
    world.look(|state| {
        assert_eq!(state.totals["announce.unreadable"], 3);
        assert_eq!(state.heard.len(), 3);
    });
}

/// A contact that is stored before its customer's first webhook leaves the journey's item with nothing but
/// its name: it is what the first write of the journey has as the image before it.
#[test]
fn a_journey_whose_contact_came_first_is_announced_from_its_start() {
    let records = support::stream(vec![finisher(1)]);
    let mut event = event(&records);
    let list = event["Records"].as_array_mut().unwrap();
    let whose = json!({
        "pk": list[0]["dynamodb"]["Keys"]["pk"],
        "sk": { "S": "-" },
        "c": { "S": "c2x5v7b4n3m6q2w5e4r7t3y6u2" },
    });
    let mut contact_first = list[0].clone();
    contact_first["eventID"] = json!("contact-first");
    contact_first["dynamodb"]["NewImage"] = whose.clone();
    list[0]["eventName"] = json!("MODIFY");
    list[0]["dynamodb"]["OldImage"] = whose;
    list.insert(0, contact_first);
    let world = World::default();
    assert_eq!(take(&world, &event), json!({ "batchItemFailures": [] }));
    world.look(|state| {
        assert_eq!(state.totals.get("announce.unreadable"), None);
        let kinds: Vec<&str> = state.heard.iter().map(|heard| heard.kind).collect();
        assert_eq!(kinds, ["journey.started", "journey.completed", "meter.arrived"]);
    });
}
