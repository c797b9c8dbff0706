//! Bayou's form of a webhook (docs/bayou.md, section 4).
//!
//! No event has an identifier, a time or a signature, so nothing is taken for more than a hint: what leads to a
//! message is asked of the API first, and a link in a body is not even read. Two spellings of the customer's names
//! are about; an event that carries both, and they differ, is set aside.

use jiff::Timestamp;
use jiff::civil::Date;
use journey::{DataKind, Delivered, Event, EventId, LossReason, Purpose, Reference, References, UtilityCode, Velocity};
use serde_json::{Map, Value};

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Events of a customer's journeys.
    Events {
        /// The partner's reference.
        reference: Reference,
        /// What each journey is told; the last says whether it may begin one.
        told: Vec<(Purpose, Delivered, bool)>,
        /// The day on which a new bill was issued.
        billed_on: Option<Date>,
    },
    /// Bayou's form, but nothing that we could act on; the same delivery again would not help.
    Unusable(Unusable),
}

/// Why an event is left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// An event that is not documented, such as `new_intervals`.
    UnknownEvent,
    /// Both spellings of the customer's names are there, and differ: somebody should look.
    ConflictingNames,
    /// The customer has no name of the kind that the partner's references are.
    NoReference,
    /// A reference that no partner can have issued.
    InvalidReference,
}

impl Unusable {
    /// The name of the counter.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Unusable::UnknownEvent => "webhook.unknown_type",
            Unusable::ConflictingNames => "webhook.conflicting_names",
            Unusable::NoReference => "webhook.no_reference",
            Unusable::InvalidReference => "webhook.invalid_reference",
        }
    }
}

/// Not Bayou's form at all.
#[derive(Debug, thiserror::Error)]
#[error("not a Bayou webhook")]
pub struct Malformed;

/// Reads a body.
///
/// # Errors
/// When it is not Bayou's form at all.
pub fn parse(body: &[u8], references: References) -> Result<Parsed, Malformed> {
    let mut whole: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let Some(Value::Object(object)) = whole.remove("object") else {
        return Err(Malformed);
    };
    let Some(Value::String(name)) = whole.remove("event") else {
        return Err(Malformed);
    };
    let Some(kind) = Kind::of(&name) else {
        return Ok(Parsed::Unusable(Unusable::UnknownEvent));
    };
    let reference = match customer(&object, kind, references) {
        Ok(reference) => reference,
        Err(why) => return Ok(Parsed::Unusable(why)),
    };
    let Ok(reference) = Reference::new(reference) else {
        return Ok(Parsed::Unusable(Unusable::InvalidReference));
    };
    Ok(Parsed::Events {
        told: kind.told(&object, body),
        billed_on: match kind {
            Kind::NewBill => text(&object, "billed_on").and_then(|day| day.parse().ok()),
            Kind::Connected | Kind::Lost | Kind::Ready(_) | Kind::UpdatedBill | Kind::UnparsedBill => None,
        },
        reference,
    })
}

/// The seven events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Connected,
    Lost,
    Ready(DataKind),
    NewBill,
    UpdatedBill,
    UnparsedBill,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "customer_has_filled_credentials" => Kind::Connected,
            "customer_must_reauthenticate" => Kind::Lost,
            "bills_ready" => Kind::Ready(DataKind::Bills),
            "intervals_ready" => Kind::Ready(DataKind::Intervals),
            "new_bill" => Kind::NewBill,
            "updated_bill" => Kind::UpdatedBill,
            "new_unparsed_bill" => Kind::UnparsedBill,
            _ => return None,
        })
    }

    /// In a bill's event `id` and `external_id` are the bill's own, and never stand in for the customer's.
    const fn is_of_bill(self) -> bool {
        match self {
            Kind::NewBill | Kind::UpdatedBill | Kind::UnparsedBill => true,
            Kind::Connected | Kind::Lost | Kind::Ready(_) => false,
        }
    }

    fn told(self, object: &Map<String, Value>, body: &[u8]) -> Vec<(Purpose, Delivered, bool)> {
        let velocity = text(object, "utility_data_velocity").map(Velocity::parse);
        let news = |what| {
            (
                Purpose::Enroll,
                of_bill(object, body, Event::DataNews { what, velocity }),
                false,
            )
        };
        match self {
            // It comes again after a repair, so both journeys hear of it.
            Kind::Connected => {
                let event = Event::Connected {
                    at: text(object, "has_filled_credentials_on").and_then(|at| at.parse::<Timestamp>().ok()),
                    velocity,
                    utility: text(object, "utility").and_then(UtilityCode::of_any_case),
                };
                vec![
                    (Purpose::Enroll, event.clone().into(), true),
                    (Purpose::Reconnect, event.into(), false),
                ]
            }
            // Without an identifier: the same words may come again after a repair, and are a new loss then.
            Kind::Lost => {
                let why = match text(object, "reason") {
                    Some("credentials_are_invalid") => LossReason::CredentialsInvalid,
                    Some("mfa_factor_has_expired") => LossReason::MfaExpired,
                    Some(_) | None => LossReason::Untold,
                };
                let event = Event::ReauthorizationNeeded {
                    why,
                    was_connected: false,
                };
                vec![(Purpose::Reconnect, event.into(), true)]
            }
            Kind::Ready(kind) => vec![(Purpose::Enroll, Event::DataAnnounced { kind }.into(), false)],
            Kind::NewBill => vec![news("new_bill")],
            Kind::UpdatedBill => vec![news("updated_bill")],
            Kind::UnparsedBill => vec![news("unparsed_bill")],
        }
    }
}

/// A bill's event has no identifier, so the bill and the whole body are its own.
fn of_bill(object: &Map<String, Value>, body: &[u8], event: Event) -> Delivered {
    let bill = object.get("id").map(ToString::to_string).unwrap_or_default();
    Delivered {
        id: Some(EventId::new(&format!("{bill} {}", String::from_utf8_lossy(body)))),
        event,
    }
}

/// The customer's name of the kind that the partner's references are, in either spelling.
fn customer(object: &Map<String, Value>, kind: Kind, references: References) -> Result<String, Unusable> {
    let spellings = [("customer_id", "id"), ("customer_external_id", "external_id")];
    let name = |(own, other): (&str, &str)| {
        let own = object.get(own).and_then(written);
        let other = object.get(other).and_then(written).filter(|_| !kind.is_of_bill());
        match (own, other) {
            (Some(own), Some(other)) if own != other => Err(Unusable::ConflictingNames),
            (own, other) => Ok(own.or(other)),
        }
    };
    let [id, external_id] = spellings.map(name);
    let (id, external_id) = (id?, external_id?);
    match references {
        References::ExternalId => external_id,
        References::CustomerId => id,
    }
    .ok_or(Unusable::NoReference)
}

/// A number or a text, as it would be written in a path.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}
