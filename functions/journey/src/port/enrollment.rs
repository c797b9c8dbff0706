//! Enrolling an account of Light's, step by step, and the record of what was accepted.

use core::future::Future;

use crate::enrollment::{
    Acceptance, AcceptanceRecord, BillingAddress, EnrollmentView, EsiId, MonthlyUsage, NewAccount, PaymentSession,
    Plan, ServiceAddress,
};
use crate::id::{JourneyId, Reference};
use crate::port::{ProviderError, StoreError};

/// A step that could not be taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EnrollError {
    /// No answer that could be relied on: the customer may try again.
    #[error(transparent)]
    Unavailable(#[from] ProviderError),
    /// Light does not know the account.
    #[error("the provider does not know the account")]
    UnknownAccount,
    /// Light refuses the step; the same again would be refused again.
    #[error("the provider refuses the step: {0:?}")]
    Refused(Refusal),
}

/// Why Light refuses a step. How it says so is not documented: the words are configured, and any other is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The meter is held until the present occupant has settled a debt.
    SwitchHold,
    /// The address may not choose its retailer.
    Ineligible,
    /// Anything else.
    Other,
}

/// Opens accounts.
pub trait OpenAccount: Sync {
    /// Opens an account, and answers its reference.
    fn open_account(&self, person: &NewAccount) -> impl Future<Output = Result<Reference, EnrollError>> + Send;
}

/// Takes an account through its enrolment.
///
/// The account's own token is minted and renewed behind it, and is nobody else's business.
pub trait Enroll: Sync {
    /// How the account stands.
    fn view_enrollment(&self, account: &Reference) -> impl Future<Output = Result<EnrollmentView, EnrollError>> + Send;

    /// The addresses that are like a text, the most like first; none when none is.
    fn search_address(
        &self,
        account: &Reference,
        query: &str,
    ) -> impl Future<Output = Result<Vec<ServiceAddress>, EnrollError>> + Send;

    /// The address of an ESI ID, if there is one.
    fn search_esi_id(
        &self,
        account: &Reference,
        esi_id: &EsiId,
    ) -> impl Future<Output = Result<Option<ServiceAddress>, EnrollError>> + Send;

    /// The plans on offer now. Their prices hold for this answer, and are not to be kept.
    fn request_plans(
        &self,
        account: &Reference,
        esi_id: &EsiId,
    ) -> impl Future<Output = Result<Vec<Plan>, EnrollError>> + Send;

    /// Accepts a plan, by an act of the customer's own.
    fn accept_plan(
        &self,
        account: &Reference,
        acceptance: &Acceptance,
    ) -> impl Future<Output = Result<(), EnrollError>> + Send;

    /// Sets where the bills go.
    fn set_billing_address(
        &self,
        account: &Reference,
        address: &BillingAddress,
    ) -> impl Future<Output = Result<(), EnrollError>> + Send;

    /// Begins to take a payment method.
    fn begin_payment(&self, account: &Reference) -> impl Future<Output = Result<PaymentSession, EnrollError>> + Send;

    /// Makes sure that a payment method, by Stripe's name of it, is the account's.
    fn ensure_payment_method(
        &self,
        account: &Reference,
        payment_method: &str,
    ) -> impl Future<Output = Result<(), EnrollError>> + Send;

    /// What a place used in the months before, the oldest first, as far as it is known.
    fn monthly_usage(
        &self,
        account: &Reference,
        location: &str,
        year: i16,
    ) -> impl Future<Output = Result<Vec<MonthlyUsage>, EnrollError>> + Send;
}

/// Takes an enrolment back, where nothing is real.
pub trait ResetEnrollment: Sync {
    /// Deletes the enrolment of a sandbox App's account. Answers false, and does nothing, for a live App.
    fn reset_enrollment(&self, account: &Reference) -> impl Future<Output = Result<bool, EnrollError>> + Send;
}

/// Keeps the proofs of what customers accepted. They name nobody, and outlive an erasure.
pub trait KeepAcceptance: Sync {
    /// Keeps one, durably; the same again changes nothing.
    fn keep_acceptance(
        &self,
        journey: &JourneyId,
        record: &AcceptanceRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Reads the proofs of what customers accepted.
pub trait ReadAcceptances: Sync {
    /// Those of a journey, the oldest first.
    fn acceptances(
        &self,
        journey: &JourneyId,
    ) -> impl Future<Output = Result<Vec<AcceptanceRecord>, StoreError>> + Send;
}
