//! What the API answers with.

use jiff::Timestamp;
use jiff::civil::Date;
use journey::enrollment::{
    ChargeKind, ConfirmedLocation, EnrollmentView, MonthlyUsage, PaymentSession, PostalAddress, ServiceAddress, Step,
};
use serde::Serialize;

use crate::carried::Offer;
use crate::standing::Standing;

#[derive(Serialize)]
pub(super) struct Address<'a> {
    address_1: &'a str,
    address_2: Option<&'a str>,
    city: &'a str,
    state: &'a str,
    postal_code: &'a str,
}

impl<'a> From<&'a PostalAddress> for Address<'a> {
    fn from(address: &'a PostalAddress) -> Self {
        Address {
            address_1: &address.line_1,
            address_2: address.line_2.as_deref(),
            city: &address.city,
            state: &address.state,
            postal_code: &address.postal_code,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Place<'a> {
    #[serde(flatten)]
    address: Address<'a>,
    esi_id: &'a str,
    delivery_company: Option<&'static str>,
}

impl<'a> From<&'a ServiceAddress> for Place<'a> {
    fn from(place: &'a ServiceAddress) -> Self {
        Place {
            address: (&place.address).into(),
            esi_id: place.esi_id.expose(),
            delivery_company: place.esi_id.delivery_company().map(|company| company.name()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct StepShown {
    step: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
pub(super) struct Location<'a> {
    id: &'a str,
    address: Address<'a>,
    esi_id: Option<&'a str>,
    plan_name: Option<&'a str>,
    start_date: Option<Date>,
    canceled: bool,
}

impl<'a> From<&'a ConfirmedLocation> for Location<'a> {
    fn from(location: &'a ConfirmedLocation) -> Self {
        Location {
            id: &location.uuid,
            address: (&location.address).into(),
            esi_id: location.utility_number.as_deref(),
            plan_name: location.plan.as_deref(),
            start_date: location.starts_on,
            canceled: location.is_canceled,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Enrollment<'a> {
    steps: Vec<StepShown>,
    next_step: Option<&'static str>,
    finalized: Option<bool>,
    service_active: Option<bool>,
    usage_history: Option<bool>,
    locations: Vec<Location<'a>>,
    support: Option<&'static str>,
}

impl<'a> Enrollment<'a> {
    pub(super) fn of(view: &'a EnrollmentView, standing: &Standing<'_>) -> Self {
        let shown = |step: Step| StepShown {
            step: step.as_str(),
            state: standing.state(step).as_str(),
        };
        Enrollment {
            steps: Step::ALL.map(shown).into(),
            next_step: standing.next().map(Step::as_str),
            finalized: standing.is_final(),
            service_active: standing.service_is_active(),
            usage_history: standing.usage_is_there(),
            locations: view.locations.iter().map(Location::from).collect(),
            support: standing.support().map(journey::enrollment::SupportMatter::as_str),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Addresses<'a> {
    pub(super) addresses: Vec<Place<'a>>,
}

#[derive(Serialize)]
pub(super) struct Found<'a> {
    pub(super) address: Option<Place<'a>>,
}

#[derive(Serialize)]
struct ChargeShown<'a> {
    kind: &'static str,
    amount: &'a str,
}

#[derive(Serialize)]
struct Documents<'a> {
    efl: &'a str,
    tos: &'a str,
    yrac: &'a str,
}

#[derive(Serialize)]
pub(super) struct PlanShown<'a> {
    plan: &'a str,
    name: Option<&'a str>,
    term_months: Option<u32>,
    energy_rate_cents_per_kwh: &'a str,
    charges: Vec<ChargeShown<'a>>,
    earliest_start_date: Date,
    latest_start_date: Date,
    documents: Documents<'a>,
    offer: String,
    offer_expires_at: Timestamp,
}

impl<'a> PlanShown<'a> {
    /// A plan with the days on which it can begin, and the offer that accepts it.
    pub(super) fn of(offer: &'a Offer, (first, last): (Date, Date), sealed: String) -> Self {
        let plan = &offer.plan;
        let charges = plan.charges.iter().map(|charge| ChargeShown {
            kind: kind(charge.kind),
            amount: &charge.amount,
        });
        PlanShown {
            plan: &plan.uuid,
            name: plan.name.as_deref(),
            term_months: plan.term_months,
            energy_rate_cents_per_kwh: &plan.energy_rate_cents,
            charges: charges.collect(),
            earliest_start_date: first,
            latest_start_date: last,
            documents: Documents {
                efl: &plan.documents.efl,
                tos: &plan.documents.tos,
                yrac: &plan.documents.yrac,
            },
            offer: sealed,
            offer_expires_at: offer.expires(),
        }
    }
}

const fn kind(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::DeliveryPerKwh => "delivery_cents_per_kwh",
        ChargeKind::DeliveryPerMonth => "delivery_dollars_per_month",
        ChargeKind::PlanPerMonth => "plan_dollars_per_month",
    }
}

#[derive(Serialize)]
pub(super) struct Plans<'a> {
    pub(super) plans: Vec<PlanShown<'a>>,
}

#[derive(Serialize)]
pub(super) struct Session<'a> {
    client_secret: &'a str,
    publishable_key: &'a str,
}

impl<'a> From<&'a PaymentSession> for Session<'a> {
    fn from(session: &'a PaymentSession) -> Self {
        Session {
            client_secret: &session.client_secret,
            publishable_key: &session.publishable_key,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Month<'a> {
    month: Date,
    amount: &'a str,
    unit: &'a str,
}

impl<'a> From<&'a MonthlyUsage> for Month<'a> {
    fn from(month: &'a MonthlyUsage) -> Self {
        Month {
            month: month.month,
            amount: &month.amount,
            unit: &month.unit,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Usage<'a> {
    pub(super) location: &'a str,
    pub(super) months: Vec<Month<'a>>,
}
