//! How Bayou takes a bill: its `POST /bills` has no public documentation, so that every name in it is configuration
//! (docs/bayou.md, U11).

use core::time::Duration;
use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::BASE64;
use journey::BillKind;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::Body;

/// How long one bill may take: ten megabytes, and whatever Bayou does with them before it answers.
pub(super) const BILL_WITHIN: Duration = Duration::from_secs(12);

/// How long that may take with the question for the customer's name; less than the partner's API waits on AWS.
pub(super) const ALL_WITHIN: Duration = Duration::from_secs(16);

/// The form of `POST /bills`, as Bayou has told it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillForm {
    /// How the fields are sent.
    pub encoding: Encoding,
    /// The field of the file; in JSON, of its base64.
    pub file_field: String,
    /// The field that says whose bill it is.
    pub customer_field: String,
    /// What stands in it.
    pub customer_value: CustomerValue,
    /// The field of the file's media type, if there is one.
    #[serde(default)]
    pub media_type_field: Option<String>,
    /// Fields that are the same for every bill.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// How the fields of a bill are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As `multipart/form-data`.
    Multipart,
    /// As one JSON object.
    Json,
}

/// By which of its names a customer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerValue {
    /// Yours.
    ExternalId,
    /// Bayou's own number.
    Id,
}

impl BillForm {
    /// What is wrong with it, if anything is: each field needs a name of its own, which ends nothing around it.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        let mut names: Vec<&str> = [&self.file_field, &self.customer_field]
            .into_iter()
            .chain(&self.media_type_field)
            .chain(self.fields.keys())
            .map(String::as_str)
            .collect();
        if names.contains(&"") {
            return Some("names a field by nothing");
        }
        let ends_something = |c: char| c == '"' || c == '\\' || c.is_control();
        if names.iter().any(|name| name.contains(ends_something)) {
            return Some("names a field with a quotation mark, a backslash or a control character");
        }
        names.sort_unstable();
        let each_once = names.windows(2).all(|pair| pair.first() != pair.last());
        (!each_once).then_some("names a field twice")
    }

    /// The body of one bill.
    pub(super) fn body(&self, customer: String, kind: BillKind, bill: Vec<u8>) -> Body {
        let mut fields: Vec<(String, String)> = self.fields.clone().into_iter().collect();
        if let Some(field) = &self.media_type_field {
            fields.push((field.clone(), kind.media_type().to_owned()));
        }
        match self.encoding {
            Encoding::Multipart => {
                fields.push((self.customer_field.clone(), customer));
                Body::Form {
                    fields,
                    file: self.file_field.clone(),
                    name: kind.file_name(),
                    media_type: kind.media_type(),
                    content: Bytes::from(bill),
                }
            }
            Encoding::Json => {
                let mut object: Map<String, Value> = fields
                    .into_iter()
                    .map(|(name, value)| (name, Value::String(value)))
                    .collect();
                let number = match self.customer_value {
                    CustomerValue::Id => customer.parse::<u64>().ok(),
                    CustomerValue::ExternalId => None,
                };
                object.insert(
                    self.customer_field.clone(),
                    number.map_or(Value::String(customer), Value::from),
                );
                object.insert(self.file_field.clone(), Value::String(BASE64.encode(&bill)));
                Body::Json(Value::Object(object))
            }
        }
    }
}

/// Bayou's name for a bill, in the answer to it. How that looks is not documented: what is none is passed over.
pub(super) fn bill_id(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    match answer.get("id")? {
        Value::Number(id) => Some(id.to_string()),
        Value::String(id) if (1..=256).contains(&id.len()) => Some(id.clone()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
