//! The envelopes that an event comes in: EventBridge's, or SNS's.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::Config;
use crate::event::{self, Told};
use crate::inbound::{self, Reply};

/// Why nothing is done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is not ours, or does not prove that it is.
    Foreign(&'static str),
    /// It is ours, but cannot be read.
    Malformed(&'static str),
    /// SES says something that is not about a message.
    OfNoInterest,
}

/// An event out of an envelope that is ours.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// EventBridge's name of the type.
    detail_type: Option<&'a str>,
    body: Cow<'a, Value>,
}

impl Message<'_> {
    /// Reads what it tells of a message of this configuration set.
    pub(crate) fn read(&self, configuration_set: &str) -> Result<Told, Unusable> {
        event::read(&self.body, self.detail_type, configuration_set)
    }
}

/// What an envelope brings.
pub(crate) enum Brought<'a> {
    /// What became of a mail.
    Mail(Message<'a>),
    /// What a person answered to a text.
    Reply(Reply),
}

/// EventBridge: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>.
#[derive(Deserialize)]
struct Bridged {
    source: String,
    account: String,
}

/// SNS: <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    topic_arn: String,
    message: String,
    /// Read by itself: a STOP must not be lost to a time that cannot be read.
    #[serde(default)]
    timestamp: Value,
}

/// Opens what a Lambda was called with.
pub(crate) fn open<'a>(config: &Config, payload: &'a Value) -> Vec<Result<Brought<'a>, Unusable>> {
    match payload.get("Records").and_then(Value::as_array) {
        Some(records) => records.iter().map(|record| notified(config, record)).collect(),
        None => vec![bridged(config, payload)],
    }
}

fn bridged<'a>(config: &Config, payload: &'a Value) -> Result<Brought<'a>, Unusable> {
    let envelope = Bridged::deserialize(payload).map_err(|_| Unusable::Malformed("no envelope"))?;
    if envelope.source != "aws.ses" {
        return Err(Unusable::Foreign("another source"));
    }
    if envelope.account != config.account {
        return Err(Unusable::Foreign("another account"));
    }
    Ok(Brought::Mail(Message {
        detail_type: payload.get("detail-type").and_then(Value::as_str),
        body: Cow::Borrowed(payload.get("detail").ok_or(Unusable::Malformed("no detail"))?),
    }))
}

fn notified<'a>(config: &Config, record: &'a Value) -> Result<Brought<'a>, Unusable> {
    let record = record.get("Sns").unwrap_or(&Value::Null);
    let notification = Notification::deserialize(record).map_err(|_| Unusable::Malformed("no notification"))?;
    let topic = Some(&notification.topic_arn);
    let is_reply = config.replies_topic_arn.as_ref() == topic;
    if !is_reply && config.topic_arn.as_ref() != topic {
        return Err(Unusable::Foreign("another topic"));
    }
    let body: Value = serde_json::from_str(&notification.message).map_err(|_| Unusable::Malformed("no JSON"))?;
    if is_reply {
        let at = notification.timestamp.as_str().and_then(|text| text.parse().ok());
        return inbound::read(&body, at).map(Brought::Reply);
    }
    Ok(Brought::Mail(Message {
        detail_type: None,
        body: Cow::Owned(body),
    }))
}
