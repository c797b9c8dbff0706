//! An account, as Light keeps it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::light::book::Address;
use crate::light::config::LightConfig;
use crate::light::plan::Offer;
use crate::light::quirks::{Quirks, UsageHistoryIn};
use crate::light::stripe::Card;
use crate::light::texas::days_after;
use crate::seed::Seed;

/// A prospective or active consumer.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) uuid: String,
    pub(crate) number: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) phone_number: Option<String>,
    /// Where they may live, in their own words.
    pub(crate) preliminary_address: Option<String>,
    /// The ESI ID for which plans were requested last.
    pub(crate) requested_for: Option<String>,
    pub(crate) billing: Option<Billing>,
    pub(crate) card: Option<Card>,
    pub(crate) is_identity_verified: bool,
    pub(crate) locations: Vec<Location>,
    /// How many locations there have ever been.
    pub(crate) locations_made: u32,
}

/// Where the bills go.
#[derive(Clone, Debug)]
pub(crate) enum Billing {
    SameAsService,
    /// As it was put, in the fields of an address without an ESI ID.
    Other(Map<String, Value>),
}

/// A place that is enrolled, or was.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) uuid: String,
    pub(crate) address: Address,
    pub(crate) offer: Offer,
    pub(crate) starts: Date,
    pub(crate) ends: Option<Date>,
    /// Whether it will be finalized without anybody's doing.
    pub(crate) is_processed: bool,
    pub(crate) is_finalized: bool,
    pub(crate) is_active: bool,
    pub(crate) has_usage_history: bool,
}

/// A step that the customer has yet to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Plan,
    BillingAddress,
    PaymentMethod,
}

impl Location {
    /// Whether the customer is still enrolling it.
    pub(crate) fn is_pending(&self) -> bool {
        !self.is_finalized && self.ends.is_none()
    }

    fn json(&self, quirks: &Quirks) -> Value {
        let mut object = json!({
            "uuid": self.uuid,
            "address_1": self.address.address_1,
            "address_2": self.address.address_2,
            "city": self.address.city,
            "state": "TX",
            "postal_code": self.address.postal_code,
            "utility_number": self.address.esi_id,
            "service_start_date": self.starts,
            "final_service_date": self.ends,
            "is_service_active": self.is_active,
            "estimated_next_reading_date": self.is_active.then(|| days_after(self.starts, 31)),
            "plan_name": self.offer.name,
            "plan_uuid": self.offer.uuid,
        });
        match quirks.usage_history {
            UsageHistoryIn::Location | UsageHistoryIn::Both => {
                put(&mut object, "has_usage_history", json!(self.has_usage_history));
            }
            UsageHistoryIn::Enrollment | UsageHistoryIn::Neither => {}
        }
        if quirks.unknown_keys {
            put(&mut object, "meter", json!({"kind": "AMS", "reads": [1, 2]}));
        }
        object
    }
}

impl Account {
    /// What the customer has yet to do, in the order of the flow.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let missing = [
            (self.locations.is_empty(), Missing::Plan),
            (self.billing.is_none(), Missing::BillingAddress),
            (self.card.is_none(), Missing::PaymentMethod),
        ];
        let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
        missing.map(|(_, step)| step).collect()
    }

    pub(crate) fn pending(&mut self) -> Option<&mut Location> {
        self.locations.iter_mut().find(|location| location.is_pending())
    }

    pub(crate) fn location(&self, uuid: &str) -> Option<&Location> {
        self.locations.iter().find(|location| location.uuid == uuid)
    }

    pub(crate) fn location_mut(&mut self, uuid: &str) -> Option<&mut Location> {
        self.locations.iter_mut().find(|location| location.uuid == uuid)
    }

    /// Takes the enrolment back, and all that was given for it.
    pub(crate) fn begin_again(&mut self) {
        self.requested_for = None;
        self.billing = None;
        self.card = None;
        self.is_identity_verified = false;
        self.locations.clear();
    }

    /// The account's object.
    pub(crate) fn json(&self, config: &LightConfig, seed: Seed, quirks: &Quirks) -> Value {
        let any = |is: fn(&Location) -> bool| self.locations.iter().any(is);
        let locations: Vec<Value> = self.locations.iter().map(|location| location.json(quirks)).collect();
        let mut object = json!({
            "uuid": self.uuid,
            "account_number": self.number,
            "created_at": moment(self.created_at),
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone_number": self.phone_number,
            "app": {"uuid": seed.uuid(&["app"]), "name": config.app_name},
            "locations": locations,
        });
        put(
            &mut object,
            &config.publishable_key_field,
            json!(config.publishable_key),
        );
        let mut enrollment = json!({
            "has_accepted_plan": !self.locations.is_empty(),
            "has_payment_method": self.card.is_some(),
            "is_billing_address_confirmed": self.billing.is_some(),
            "is_identity_verified": self.is_identity_verified,
            "is_enrollment_finalized": any(|location| location.is_finalized),
            "is_service_active": any(|location| location.is_active),
        });
        match quirks.usage_history {
            UsageHistoryIn::Enrollment | UsageHistoryIn::Both => {
                let has = any(|location| location.has_usage_history);
                put(&mut enrollment, "has_usage_history", json!(has));
            }
            UsageHistoryIn::Location | UsageHistoryIn::Neither => {}
        }
        if quirks.unknown_keys {
            put(&mut enrollment, "score", Value::Null);
            put(&mut object, "tags", json!(["new", {"since": 1}]));
        }
        if !quirks.without_enrollment {
            put(&mut object, "enrollment", enrollment);
        }
        object
    }
}

/// A moment as Light writes it, to the millisecond.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Sets a key of an object.
pub(crate) fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
