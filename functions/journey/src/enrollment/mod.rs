//! Enrolling in an electricity plan, where the provider's record is a set of flags and not a sequence (Light).

mod account;
mod clock;
mod esi_id;
mod offer;
mod support;

pub use crate::business_hours::today;
pub use account::{LightAccount, LightLocation, Step};
pub use clock::{EnrollmentClock, PlanDates};
pub use esi_id::{DeliveryCompany, EsiId, InvalidEsiId};
pub use offer::{
    Acceptance, AcceptanceRecord, BillingAddress, Charge, ChargeKind, ConfirmedLocation, EnrollmentView, MonthlyUsage,
    NewAccount, PaymentSession, Plan, PlanDocuments, PostalAddress, ServiceAddress,
};
pub use support::SupportMatter;
