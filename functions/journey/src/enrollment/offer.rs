//! What the enrolment's pages show and give: addresses, plans, payment. None of it is stored by us.

use core::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{EsiId, LightAccount};
use crate::contact::Locale;

/// A postal address.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    /// `address_1`: number and street.
    pub line_1: String,
    /// `address_2`: the unit.
    pub line_2: Option<String>,
    /// The city.
    pub city: String,
    /// The state, by its two letters.
    pub state: String,
    /// The ZIP code.
    pub postal_code: String,
}

/// An address that takes electricity.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// Where.
    pub address: PostalAddress,
    /// Its name.
    pub esi_id: EsiId,
}

/// A plan on offer today for one ESI ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Light's name of it, opaque.
    pub uuid: String,
    /// A name to show, where Light gives one.
    pub name: Option<String>,
    /// For how many months.
    pub term_months: Option<u32>,
    /// Cents for each kWh, as the decimal text that Light writes (trap 42).
    pub energy_rate_cents: String,
    /// Delivery rates and monthly charges, where it is configured how Light calls them.
    pub charges: Vec<Charge>,
    /// The first day on which it may begin.
    pub earliest_start: Date,
    /// The last.
    pub latest_start: Date,
    /// Its documents.
    pub documents: PlanDocuments,
}

/// A price besides the energy rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Of which kind.
    pub kind: ChargeKind,
    /// The number, as the decimal text that Light writes.
    pub amount: String,
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChargeKind {
    /// The utility's delivery, in cents for each kWh.
    DeliveryPerKwh,
    /// The utility's delivery, in dollars a month.
    DeliveryPerMonth,
    /// The plan's own charge, in dollars a month.
    PlanPerMonth,
}

/// The contract's documents: links, opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDocuments {
    /// The Electricity Facts Label.
    pub efl: String,
    /// The Terms of Service.
    pub tos: String,
    /// Your Rights as a Customer.
    pub yrac: String,
}

/// An acceptance as Light takes it. That the terms were accepted is not a field: without that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// For which address.
    pub esi_id: EsiId,
    /// Which plan.
    pub plan: String,
    /// From which day on.
    pub starts: Date,
}

/// Where the bills go.
#[derive(Clone, PartialEq, Eq)]
pub enum BillingAddress {
    /// Where the power goes.
    SameAsService,
    /// Elsewhere.
    Other(PostalAddress),
}

/// What the browser needs to take a payment method. It is Stripe's and the customer's: never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentSession {
    /// Stripe's client secret.
    pub client_secret: String,
    /// Stripe's publishable key.
    pub publishable_key: String,
}

/// Somebody for whom an account is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// Where the power is probably wanted: a hint.
    pub preliminary_address: Option<PostalAddress>,
}

/// An account as its own customer may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollmentView {
    /// What the rules read of it.
    pub account: LightAccount,
    /// The places, in Light's order.
    pub locations: Vec<ConfirmedLocation>,
}

/// One place of an account, as its customer may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmedLocation {
    /// Light's name of it.
    pub uuid: String,
    /// Where.
    pub address: PostalAddress,
    /// `utility_number`, which is the ESI ID by its name (section 4), as Light writes it.
    pub utility_number: Option<String>,
    /// The plan's name.
    pub plan: Option<String>,
    /// When service begins.
    pub starts_on: Option<Date>,
    /// Was it cancelled?
    pub is_canceled: bool,
}

/// The electricity of one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthlyUsage {
    /// The first day of the month.
    pub month: Date,
    /// How much, as the decimal text that Light writes.
    pub amount: String,
    /// In what, such as `kWh`.
    pub unit: String,
}

/// The record that a customer accepted a plan's terms by an act of their own, and what was shown then (trap 33).
///
/// It names no rate, no address and no person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceRecord {
    /// When.
    pub at: Timestamp,
    /// Light's name of the plan.
    pub plan: String,
    /// From which day on.
    pub starts: Date,
    /// The documents that were linked.
    pub documents: PlanDocuments,
    /// The language that they were offered in.
    pub locale: Locale,
}

macro_rules! hidden {
    ($($type:ident),+) => {
        $(impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(hidden)"))
            }
        })+
    };
}

hidden!(
    PostalAddress,
    ServiceAddress,
    BillingAddress,
    PaymentSession,
    NewAccount,
    EnrollmentView,
    ConfirmedLocation
);
