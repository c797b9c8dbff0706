//! What is odd about the answers, switched on and off while the stand-in runs.

use jiff::SignedDuration;

/// The oddities of the API; the default is an API without any.
///
/// Webhooks that come twice, out of order, late or never are the [`Trouble`](crate::Trouble)'s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Whether an account has no `enrollment`.
    pub without_enrollment: bool,
    /// Whether objects carry keys that are not documented.
    pub unknown_keys: bool,
    /// Where an account says whether there is usage history.
    pub usage_history: UsageHistoryIn,
    /// Whether the address of an ESI ID comes in an array, as those of a search do.
    pub esi_id_in_array: bool,
    /// Whether the billing address is read nested, as it is written.
    pub nested_billing_address: bool,
    /// How long account tokens really live, whatever their `expires_at` says.
    pub tokens_live: Option<SignedDuration>,
    /// What becomes of an offer at midnight in Texas.
    pub plans_by_day: PlansByDay,
    /// Whether every plan is refused.
    pub refuses_plans: bool,
}

/// Where an account says whether there is usage history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageHistoryIn {
    /// In each location.
    #[default]
    Location,
    /// In `enrollment`.
    Enrollment,
    /// In both.
    Both,
    /// Nowhere.
    Neither,
}

/// What becomes of an offer at midnight in Texas; its dates move on in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlansByDay {
    /// The plan stays, at another rate: yesterday's is accepted at today's.
    #[default]
    NewRates,
    /// The plan goes, and another one comes: yesterday's is refused.
    NewPlans,
    /// Nothing.
    Unchanged,
}
