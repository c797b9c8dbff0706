//! The Lambda event of a DynamoDB stream, and the answer to it.
//!
//! Its shape: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>. Of the items it knows what the
//! table writes for a journey: `pk` is `J#` and the journey's name, `r` the stored record without it.

use journey::JourneyId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::{Links, Ports, Record, handle};

/// What the partition key of a journey begins with.
const JOURNEY_PREFIX: &str = "J#";

/// A record of the stream that is not as the table writes it.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not the shape of a stream's event.
    #[error("not the shape of a stream's event")]
    Shape(#[source] serde_json::Error),
    /// A journey's item without a name or a record that are ours.
    #[error("an item without a {0} of ours")]
    Item(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Streamed {
    #[serde(rename = "eventID")]
    event_id: String,
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    keys: Keys,
    sequence_number: String,
    old_image: Option<Image>,
    new_image: Option<Image>,
}

#[derive(Deserialize)]
struct Keys {
    pk: Text,
}

/// A journey's item. Before the journey begins it says whose it would be, and has neither version nor record.
#[derive(Deserialize)]
struct Image {
    r: Option<Text>,
    v: Option<IgnoredAny>,
}

/// A text attribute in DynamoDB's own JSON.
#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    s: String,
}

/// Takes what Lambda was called with, and answers what Lambda expects: the records to read again.
pub async fn take<P: Ports>(ports: &P, links: &Links, event: &Value) -> Value {
    let mut records = Vec::new();
    for parsed in parse(event) {
        match parsed {
            Ok(record) => records.push(record),
            Err(error) => {
                tracing::error!(error = &error as &dyn core::error::Error, "unreadable stream record");
                ports.count("announce.unreadable", 1);
            }
        }
    }
    let failed = handle(ports, links, &records).await;
    let failures: Vec<Value> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": failures })
}

/// The writes of journeys in an event, in its order; other items are left out.
pub fn parse(event: &Value) -> Vec<Result<Record, Unreadable>> {
    let records = event.get("Records").and_then(Value::as_array);
    records.into_iter().flatten().filter_map(record).collect()
}

fn record(record: &Value) -> Option<Result<Record, Unreadable>> {
    let streamed = match Streamed::deserialize(record) {
        Ok(streamed) => streamed,
        Err(error) => return Some(Err(Unreadable::Shape(error))),
    };
    let change = streamed.dynamodb;
    let name = change.keys.pk.s.strip_prefix(JOURNEY_PREFIX)?;
    let Some(journey) = JourneyId::parse(name) else {
        return Some(Err(Unreadable::Item("name")));
    };
    let stored = |image: Option<Image>| match image {
        None | Some(Image { r: None, v: None }) => Ok(None),
        Some(Image { r: Some(text), .. }) => Ok(Some(with_id(&text.s, &journey))),
        Some(Image { r: None, v: Some(_) }) => Err(Unreadable::Item("record")),
    };
    let images = stored(change.old_image).and_then(|before| Ok((before, stored(change.new_image)?)));
    if matches!(images, Ok((None, None))) {
        return None;
    }
    Some(images.map(|(before, after)| Record {
        id: streamed.event_id,
        sequence: change.sequence_number,
        journey: journey.clone(),
        before,
        after,
    }))
}

/// Puts the journey's name back: the table leaves it out of the record, since the key has it.
fn with_id(record: &str, id: &JourneyId) -> Vec<u8> {
    let whole = match record.strip_prefix('{') {
        Some(rest) => format!("{{\"id\":\"{id}\",{rest}"),
        None => record.to_owned(),
    };
    whole.into_bytes()
}
