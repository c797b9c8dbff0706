//! How a stand-in of Light is to be; what the provider does not document is a choice here.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;

/// How a [`LightSandbox`](super::LightSandbox) is to be.
#[derive(Clone, Debug)]
pub struct LightConfig {
    /// What the story follows from, together with the clock's readings.
    pub seed: u64,
    /// The token that the App's own calls carry.
    pub app_token: String,
    /// What the App is called.
    pub app_name: String,
    /// Whether the App is live, and so refuses what is for a sandbox alone.
    pub is_live: bool,
    /// Where the server listens; port 0 lets the machine choose one.
    pub listen: SocketAddr,
    /// How long an account's token lives: 60 minutes, as documented.
    pub token_lives: SignedDuration,
    /// How long a link into the hosted flow lives; the real time is not documented.
    pub login_link_lives: SignedDuration,
    /// Stripe's publishable key.
    pub publishable_key: String,
    /// What the account calls that key; the real name is not known.
    pub publishable_key_field: String,
    /// What a payment session calls Stripe's client secret; the real name is not known.
    pub client_secret_field: String,
    /// What a plan calls its charges besides the energy rate; the real names are not known.
    pub plan_charge_fields: PlanChargeFields,
    /// The answer to an ESI ID that nobody knows; the real one is not documented.
    pub unknown_esi_id: Refused,
    /// The ESI IDs in switch-hold, whose plans cannot be accepted.
    pub in_switch_hold: BTreeSet<String>,
    /// The answer to an acceptance for one of them; the real one is not documented.
    pub switch_hold: Refused,
    /// The ESI IDs that may not choose their retailer, for which there are no plans.
    pub not_eligible: BTreeSet<String>,
    /// The answer to a request for plans for one of them; the real one is not documented.
    pub ineligible: Refused,
    /// What verifies an identity; the real cause is not documented.
    pub identity: Identity,
    /// Whether an identity that is not verified keeps an enrolment from being finalized.
    pub identity_blocks: bool,
    /// From the day of the offer, within which days a service may start.
    pub starts_within_days: RangeInclusive<i32>,
    /// How long after the last step an enrolment is finalized.
    pub finalized_after: SignedDuration,
    /// Within how many business hours after that, and not before its start date, a service is active.
    /// A business hour is one between 8 and 17 o'clock from Monday to Friday in Texas, by our choice.
    pub active_after_business_hours: RangeInclusive<i64>,
    /// How webhooks are signed and written.
    pub webhook: WebhookForm,
    /// How long a receiver has to answer, in real time; the real limit is not documented.
    pub answer_within: Duration,
}

/// What a plan calls its charges besides the energy rate; both are decimal strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChargeFields {
    /// The utility's delivery rate, in cents for each kWh.
    pub delivery_rate: String,
    /// The plan's monthly charge, in dollars.
    pub monthly_charge: String,
}

/// A call that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// What `error` says.
    pub error: String,
}

/// What verifies an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The acceptance of a plan.
    AtAcceptance,
    /// Nothing, unless a test does.
    Never,
}

/// How webhooks are signed and written: names and encoding are ours, as none is documented. The
/// signature is an HMAC with SHA-256 over the body as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookForm {
    /// The endpoint's secret.
    pub secret: String,
    /// The header that carries the signature.
    pub signature_header: String,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// What is written before it, such as `sha256=`.
    pub signature_prefix: String,
    /// The field of the event's type; a dot leads into an object, here and below.
    pub type_field: String,
    /// The field of the account.
    pub account_field: String,
    /// The field of the location, which is absent from events without one.
    pub location_field: String,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// In lower-case hexadecimal digits.
    Hex,
    /// In base64, padded.
    Base64,
}

impl Refused {
    /// A refusal with this status and text.
    pub fn new(status: u16, error: impl Into<String>) -> Self {
        let error = error.into();
        Self { status, error }
    }
}

impl Default for PlanChargeFields {
    fn default() -> Self {
        Self {
            delivery_rate: "tdu_delivery_cents_per_kwh".to_owned(),
            monthly_charge: "monthly_charge_dollars".to_owned(),
        }
    }
}

impl Default for WebhookForm {
    fn default() -> Self {
        Self {
            secret: "sandbox_webhook_secret".to_owned(),
            signature_header: "Light-Signature".to_owned(),
            encoding: SignatureEncoding::Hex,
            signature_prefix: String::new(),
            type_field: "type".to_owned(),
            account_field: "account_uuid".to_owned(),
            location_field: "location_uuid".to_owned(),
        }
    }
}

impl LightConfig {
    /// The documented defaults, on a port of the machine's choice on 127.0.0.1.
    pub fn new(seed: u64, app_token: impl Into<String>) -> Self {
        Self {
            seed,
            app_token: app_token.into(),
            app_name: "Example App".to_owned(),
            is_live: false,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token_lives: SignedDuration::from_mins(60),
            login_link_lives: SignedDuration::from_mins(10),
            publishable_key: "pk_test_sandbox".to_owned(),
            publishable_key_field: "stripe_publishable_key".to_owned(),
            client_secret_field: "client_secret".to_owned(),
            plan_charge_fields: PlanChargeFields::default(),
            unknown_esi_id: Refused::new(404, "There is no service address with this ESI ID."),
            in_switch_hold: BTreeSet::new(),
            switch_hold: Refused::new(422, "This ESI ID has a switch hold."),
            not_eligible: BTreeSet::new(),
            ineligible: Refused::new(422, "This address is not eligible for retail choice."),
            identity: Identity::AtAcceptance,
            identity_blocks: false,
            starts_within_days: 0..=60,
            finalized_after: SignedDuration::from_secs(30),
            active_after_business_hours: 2..=72,
            webhook: WebhookForm::default(),
            answer_within: Duration::from_secs(10),
        }
    }
}
