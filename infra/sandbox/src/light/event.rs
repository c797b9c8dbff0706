//! What Light tells a partner. The types are documented; how they are wrapped and signed is configured.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::bayou::delivery::fate;
use crate::light::account::put;
use crate::light::config::{SignatureEncoding, WebhookForm};
use crate::light::world::{Task, World};

/// Something that has happened to an account, and that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// Plans were requested.
    PlanRequested,
    /// A plan was accepted.
    PlanAccepted,
    /// An identity was verified.
    IdentityUpdated,
    /// An enrolment was finalized.
    Finalized,
    /// A payment method was added.
    PaymentMethodAdded,
    /// The billing address was put.
    BillingAddressUpdated,
    /// An invoice could not be charged.
    PaymentFailed,
    /// An invoice was charged.
    PaymentSuccessful,
    /// Service is active.
    ServiceActive,
    /// Service was cancelled.
    ServiceCanceled,
    /// There is usage history.
    UsageHistoryAvailable,
}

impl EventType {
    /// As Light calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlanRequested => "enrollment.plan_requested",
            Self::PlanAccepted => "enrollment.plan_accepted",
            Self::IdentityUpdated => "enrollment.identity_updated",
            Self::Finalized => "enrollment.finalized",
            Self::PaymentMethodAdded => "account.payment_method_added",
            Self::BillingAddressUpdated => "account.billing_address_updated",
            Self::PaymentFailed => "account.payment_failed",
            Self::PaymentSuccessful => "account.payment_successful",
            Self::ServiceActive => "location.service_active",
            Self::ServiceCanceled => "location.service_canceled",
            Self::UsageHistoryAvailable => "location.usage_history_available",
        }
    }
}

impl World {
    pub(crate) fn emit(&mut self, account: &str, event: EventType, location: Option<&str>, at: Timestamp) {
        self.tell(account, event.name(), location, at);
    }

    /// Tells the receiver, if there is one. A second delivery repeats the first one's words.
    pub(crate) fn tell(&mut self, account: &str, event_type: &str, location: Option<&str>, at: Timestamp) {
        let told = self.people.entry(account.to_owned()).or_default();
        let number = told.events_made.to_string();
        told.events_made += 1;
        if self.webhook.is_none() {
            return;
        }
        let body = self.config.webhook.body(event_type, account, location);
        let question = [account, event_type, number.as_str()].join(" ");
        let fate = fate(self.seed, &self.trouble, &question, (account, body), at);
        self.stats.deliveries.events += 1;
        self.stats.deliveries.lost += u64::from(fate.deliveries.is_empty());
        self.stats.deliveries.late += u64::from(fate.is_late);
        for (due_at, delivery) in fate.deliveries {
            self.agenda.add(due_at, Task::Deliver(delivery));
        }
    }
}

impl WebhookForm {
    fn body(&self, event_type: &str, account: &str, location: Option<&str>) -> String {
        let mut body = json!({});
        put_at(&mut body, &self.type_field, event_type);
        put_at(&mut body, &self.account_field, account);
        if let Some(location) = location {
            put_at(&mut body, &self.location_field, location);
        }
        body.to_string()
    }

    /// What the signature's header says of a body.
    pub(crate) fn signature(&self, body: &[u8]) -> String {
        let key = self.secret.as_bytes();
        // Every length of key is valid.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        mac.update(body);
        let mac = mac.finalize().into_bytes();
        let written = match self.encoding {
            SignatureEncoding::Hex => HEXLOWER.encode(&mac),
            SignatureEncoding::Base64 => BASE64.encode(&mac),
        };
        format!("{}{written}", self.signature_prefix)
    }
}

/// Sets a field, whose dots lead into objects.
fn put_at(object: &mut Value, field: &str, text: &str) {
    match field.split_once('.') {
        None => put(object, field, json!(text)),
        Some((outer, inner)) => {
            if object.get(outer).is_none() {
                put(object, outer, json!({}));
            }
            if let Some(nested) = object.get_mut(outer) {
                put_at(nested, inner, text);
            }
        }
    }
}
