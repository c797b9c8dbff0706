//! What Light's API says of one account (docs/light.md, section 4), as the rules read it.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::business_hours::today;
use crate::state::Milestone;

/// The flags of one account. Any of them may be missing, and what is missing is unknown, not false (trap 6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightAccount {
    /// `has_accepted_plan`.
    pub has_accepted_plan: Option<bool>,
    /// `is_billing_address_confirmed`.
    pub is_billing_address_confirmed: Option<bool>,
    /// `has_payment_method`.
    pub has_payment_method: Option<bool>,
    /// `is_identity_verified`.
    pub is_identity_verified: Option<bool>,
    /// `is_enrollment_finalized`.
    pub is_enrollment_finalized: Option<bool>,
    /// `is_service_active`.
    pub is_service_active: Option<bool>,
    /// `has_usage_history`, where the account itself says so; the newer form says it of each location (trap 9).
    pub has_usage_history: Option<bool>,
    /// The places: none, one or several.
    pub locations: Vec<LightLocation>,
}

/// One place of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightLocation {
    /// `service_start_date`.
    pub starts_on: Option<Date>,
    /// `final_service_date`: the place was cancelled, or will be.
    pub ends_on: Option<Date>,
    /// `is_service_active`.
    pub is_active: Option<bool>,
    /// `has_usage_history`.
    pub has_usage_history: Option<bool>,
}

/// What a customer has to do, in the guide's order. Any order is legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Find the address, choose a plan and accept it.
    Plan,
    /// Say where the bills go.
    BillingAddress,
    /// Add a payment method.
    Payment,
    /// Have the identity verified. What sets it, and whether it blocks, is not documented.
    Identity,
}

impl Step {
    /// Every step, in the guide's order.
    pub const ALL: [Step; 4] = [Step::Plan, Step::BillingAddress, Step::Payment, Step::Identity];

    /// The milestone that it leads to.
    #[must_use]
    pub const fn milestone(self) -> Milestone {
        match self {
            Step::Plan => Milestone::PlanAccepted,
            Step::BillingAddress => Milestone::BillingAddressConfirmed,
            Step::Payment => Milestone::PaymentMethodAdded,
            Step::Identity => Milestone::IdentityVerified,
        }
    }

    /// The name used in templates and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::Plan => "plan",
            Step::BillingAddress => "billing_address",
            Step::Payment => "payment",
            Step::Identity => "identity",
        }
    }
}

impl LightAccount {
    /// The record as far as it is about an episode that began at a time: a place that had ended before says nothing of
    /// it, and then the account's own flags may be that place's. That a plan is accepted shows by its place.
    #[must_use]
    pub fn of_episode(&self, opened_at: Timestamp) -> Cow<'_, LightAccount> {
        let opened = today(opened_at);
        let is_past = |location: &LightLocation| location.ends_on.is_some_and(|day| day < opened);
        if !self.locations.iter().any(is_past) {
            return Cow::Borrowed(self);
        }
        let mut locations = self.locations.clone();
        locations.retain(|location| !is_past(location));
        Cow::Owned(LightAccount {
            has_accepted_plan: locations
                .iter()
                .any(|location| location.ends_on.is_none())
                .then_some(true),
            locations,
            ..LightAccount::default()
        })
    }

    /// The places that are not cancelled.
    pub fn kept(&self) -> impl Iterator<Item = &LightLocation> {
        self.locations.iter().filter(|location| location.ends_on.is_none())
    }

    /// Is every place that it has cancelled? `final_service_date` says so before any flag does (trap 13).
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        !self.locations.is_empty() && self.kept().next().is_none()
    }

    /// Has one of several places ended, where nothing says whether another is the one under way (trap 13)?
    #[must_use]
    pub fn has_one_ended(&self) -> bool {
        let ended = self.locations.iter().any(|location| location.ends_on.is_some());
        ended && self.kept().all(|location| location.is_active.is_none())
    }

    /// Do the account's own flags speak of the enrolment under way? With several places they may be an older one's
    /// (trap 10).
    #[must_use]
    pub const fn speaks_of_one_place(&self) -> bool {
        self.locations.len() <= 1
    }

    /// The place that is being enrolled: the only one, or the only one that is neither cancelled nor active.
    #[must_use]
    pub fn place(&self) -> Option<&LightLocation> {
        if let [only] = self.locations.as_slice() {
            return Some(only);
        }
        let mut open = self.kept().filter(|location| location.is_active != Some(true));
        match (open.next(), open.next()) {
            (Some(only), None) => Some(only),
            (None | Some(_), _) => None,
        }
    }

    /// What the place that is being enrolled says of itself; with power at every place that is kept, all of them.
    fn own(&self, says: impl Fn(&LightLocation) -> Option<bool>) -> Option<bool> {
        if let Some(place) = self.place() {
            return says(place);
        }
        let is_done = self.kept().next().is_some() && self.kept().all(|place| place.is_active == Some(true));
        is_done.then(|| self.kept().all(|place| says(place) == Some(true)))
    }

    /// Does the record say of a step that it is done, or not? None where it does not say, or speaks of several places.
    #[must_use]
    pub fn says(&self, step: Step) -> Option<bool> {
        let flag = match step {
            Step::Plan => self.has_accepted_plan,
            Step::BillingAddress => self.is_billing_address_confirmed,
            Step::Payment => self.has_payment_method,
            Step::Identity => self.is_identity_verified,
        };
        if self.speaks_of_one_place() {
            return flag;
        }
        // Accepting a plan makes the place.
        (step == Step::Plan && self.place().is_some()).then_some(true)
    }

    /// Is the enrolment final, as far as the record says of the place that is being enrolled?
    #[must_use]
    pub fn is_final(&self) -> Option<bool> {
        if self.is_canceled() {
            return None;
        }
        if self.service_is_active() == Some(true) {
            return Some(true);
        }
        self.is_enrollment_finalized.filter(|_| self.speaks_of_one_place())
    }

    /// Does power flow under the plan? The place's own word is preferred to the account's.
    #[must_use]
    pub fn service_is_active(&self) -> Option<bool> {
        let own = self.own(|place| place.is_active);
        own.or(self.is_service_active.filter(|_| self.speaks_of_one_place()))
    }

    /// Is the usage of the past months there? In either place, or in both (trap 9).
    #[must_use]
    pub fn usage_is_there(&self) -> Option<bool> {
        let own = self.own(|place| place.has_usage_history);
        let whole = self.has_usage_history.filter(|_| self.speaks_of_one_place());
        match (own, whole) {
            (Some(own), Some(whole)) => Some(own || whole),
            (own, whole) => own.or(whole),
        }
    }
}
