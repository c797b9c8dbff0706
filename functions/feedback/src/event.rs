//! What SES tells of a message: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>.
//!
//! The same record comes through SNS and as the detail of an EventBridge event, whose own type has
//! another name for the same: <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html>.

use std::collections::{BTreeMap, BTreeSet};

use journey::port::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::envelope::Unusable;

/// SES's own tag for the configuration set.
const CONFIGURATION_SET: &str = "ses:configuration-set";

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SES took it over and will try to deliver it.
    Sent,
    /// The recipient's server took it over.
    Delivered,
    /// The recipient's server does not take it for now.
    Delayed,
    /// The recipient opened it, or followed a link in it.
    Engaged,
    /// The recipient's server refused it: for good, or after long trying.
    Bounced { permanent: bool },
    /// The recipient complained, or took a complaint back.
    Complained { is_spam: bool },
    /// SES found a virus in it.
    Rejected,
    /// SES could not make it from its template.
    RenderingFailed,
}

/// An event about one message.
pub(crate) struct Told {
    pub(crate) kind: Kind,
    /// SES's identifier of the message.
    pub(crate) message_id: String,
    /// When SES took it over.
    pub(crate) sent_at: Timestamp,
    /// The inboxes that refuse it or complained of it.
    pub(crate) addresses: BTreeSet<String>,
    tags: BTreeMap<String, Vec<String>>,
}

impl Told {
    /// The value of a tag that has just one.
    pub(crate) fn tag(&self, name: &str) -> Option<String> {
        match self.tags.get(name).map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            Some(_) | None => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// Reads one record.
pub(crate) fn read(body: &Value, detail_type: Option<&str>, configuration_set: &str) -> Result<Told, Unusable> {
    let name = body.get("eventType").and_then(Value::as_str).or(detail_type);
    let name = name.ok_or(Unusable::Malformed("no type"))?;
    if !is_about_a_message(name) {
        return Err(Unusable::OfNoInterest);
    }
    let record = Record::deserialize(body).map_err(|_| Unusable::Malformed("not the documented shape"))?;
    let sets = record.mail.tags.get(CONFIGURATION_SET).map(Vec::as_slice);
    if !matches!(sets, Some([only]) if only == configuration_set) {
        return Err(Unusable::Foreign("another configuration set"));
    }
    told(name, record)
}

/// SES also tells of accounts and of its own advice, in events without a message.
fn is_about_a_message(name: &str) -> bool {
    !(name.starts_with("Advisor ") || name.starts_with("Sending Status ") || name.starts_with("AWS API Call"))
}

fn told(name: &str, record: Record) -> Result<Told, Unusable> {
    let (kind, recipients) = match name {
        "Send" | "Email Sent" => (Kind::Sent, None),
        "Delivery" | "Email Delivered" => (Kind::Delivered, None),
        "DeliveryDelay" | "Email Delivery Delayed" => (Kind::Delayed, None),
        "Open" | "Click" | "Subscription" | "Email Opened" | "Email Clicked" | "Email Subscribed" => {
            (Kind::Engaged, None)
        }
        "Bounce" | "Email Bounced" => {
            let bounce = record.bounce.ok_or(Unusable::Malformed("a bounce without its facts"))?;
            let permanent = bounce.bounce_type == "Permanent";
            (Kind::Bounced { permanent }, Some(bounce.bounced_recipients))
        }
        "Complaint" | "Email Complaint Received" => {
            let complaint = record
                .complaint
                .ok_or(Unusable::Malformed("a complaint without its facts"))?;
            // A mailbox provider's word that somebody took a message out of the spam folder.
            let is_spam = complaint.complaint_feedback_type.as_deref() != Some("not-spam");
            (Kind::Complained { is_spam }, Some(complaint.complained_recipients))
        }
        "Reject" | "Email Rejected" => (Kind::Rejected, None),
        "Rendering Failure" | "RenderingFailure" | "Email Rendering Failed" => (Kind::RenderingFailed, None),
        _ => return Err(Unusable::Malformed("an unknown type")),
    };
    let Mail {
        timestamp,
        message_id,
        destination,
        tags,
    } = record.mail;
    let mut addresses = BTreeSet::new();
    if let Some(recipients) = recipients {
        addresses.extend(
            recipients
                .iter()
                .map(|recipient| bare(&recipient.email_address).to_owned()),
        );
        // A message that was forwarded bounces under an address that we have never written to. Ours go
        // to one recipient each, so that one is meant as well.
        if let [only] = destination.as_slice() {
            addresses.insert(bare(only).to_owned());
        }
    }
    Ok(Told {
        kind,
        message_id,
        sent_at: timestamp,
        addresses,
        tags,
    })
}

/// The address itself, out of `Ana <ana@example.com>`.
fn bare(address: &str) -> &str {
    match (address.rfind('<'), address.strip_suffix('>')) {
        (Some(at), Some(open)) => open.get(at + 1..).unwrap_or(address),
        (None | Some(_), _) => address,
    }
}
