//! The steps of an enrolment, whoever takes them: over the API, in the hosted flow, or a test's hand.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::clock::later;
use crate::light::account::{Billing, Location};
use crate::light::config::Identity;
use crate::light::event::EventType;
use crate::light::plan::Offer;
use crate::light::refusal::Refusal;
use crate::light::stats::TurnedAway;
use crate::light::stripe::Typed;
use crate::light::texas::day;
use crate::light::world::{Task, World};

/// What a customer accepts.
#[derive(Clone, Debug)]
pub(crate) struct Acceptance {
    pub(crate) esi_id: String,
    pub(crate) plan_uuid: String,
    pub(crate) start_date: Date,
    pub(crate) terms_accepted: bool,
}

impl World {
    pub(crate) fn request_plans(&mut self, account: &str, esi_id: &str, at: Timestamp) -> Result<Vec<Offer>, Refusal> {
        let offers = self.offers_for(account, esi_id, at)?;
        let record = self
            .accounts
            .get_mut(account)
            .ok_or_else(|| Refusal::not_found("account"))?;
        record.requested_for = Some(esi_id.to_owned());
        self.truth_of(account).plan_requested_at.get_or_insert(at);
        self.emit(account, EventType::PlanRequested, None, at);
        Ok(offers)
    }

    /// Accepts a plan, and returns the location that is enrolled in it: a new one, or the one that is
    /// not finalized yet.
    pub(crate) fn accept(&mut self, account: &str, acceptance: &Acceptance, at: Timestamp) -> Result<String, Refusal> {
        let esi_id = &acceptance.esi_id;
        let offers = self.offers_for(account, esi_id, at)?;
        if !acceptance.terms_accepted {
            return Err(Refusal::invalid("The terms have to be accepted."));
        }
        if self.config.in_switch_hold.contains(esi_id) {
            self.turned_away.insert(account.to_owned(), TurnedAway::SwitchHold);
            return Err((&self.config.switch_hold).into());
        }
        let offer = offers.into_iter().find(|offer| offer.uuid == acceptance.plan_uuid);
        let offer = offer
            .filter(|_| !self.quirks.refuses_plans)
            .ok_or_else(|| Refusal::invalid("This plan is not on offer."))?;
        if !(offer.earliest_start..=offer.latest_start).contains(&acceptance.start_date) {
            return Err(Refusal::invalid("The start date is not within the plan's dates."));
        }
        let address = self.book.of(esi_id).cloned();
        let address = address.ok_or_else(|| Refusal::from(&self.config.unknown_esi_id))?;
        let seed = self.seed;
        let record = self
            .accounts
            .get_mut(account)
            .ok_or_else(|| Refusal::not_found("account"))?;
        let is_enrolled = |location: &Location| {
            location.address.esi_id == *esi_id && !location.is_pending() && location.ends.is_none()
        };
        if record.locations.iter().any(is_enrolled) {
            return Err(Refusal::invalid("This ESI ID is enrolled already."));
        }
        let uuid = match record.pending() {
            Some(pending) => {
                pending.address = address;
                pending.offer = offer;
                pending.starts = acceptance.start_date;
                pending.uuid.clone()
            }
            None => {
                let uuid = seed.uuid(&["location", account, &record.locations_made.to_string()]);
                record.locations_made += 1;
                record.locations.push(Location {
                    uuid: uuid.clone(),
                    address,
                    offer,
                    starts: acceptance.start_date,
                    ends: None,
                    is_processed: false,
                    is_finalized: false,
                    is_active: false,
                    has_usage_history: false,
                });
                uuid
            }
        };
        self.truth_of(account).plan_accepted_at.get_or_insert(at);
        self.emit(account, EventType::PlanAccepted, Some(&uuid), at);
        match self.config.identity {
            Identity::AtAcceptance => self.verify_identity(account, at),
            Identity::Never => self.look_for_completion(account, at),
        }
        Ok(uuid)
    }

    /// Verifies an identity that is not verified yet.
    pub(crate) fn verify_identity(&mut self, account: &str, at: Timestamp) {
        if let Some(record) = self.accounts.get_mut(account)
            && !std::mem::replace(&mut record.is_identity_verified, true)
        {
            self.emit(account, EventType::IdentityUpdated, None, at);
        }
        self.look_for_completion(account, at);
    }

    pub(crate) fn confirm_billing(&mut self, account: &str, billing: Billing, at: Timestamp) -> Result<(), Refusal> {
        let record = self
            .accounts
            .get_mut(account)
            .ok_or_else(|| Refusal::not_found("account"))?;
        record.billing = Some(billing);
        self.truth_of(account).billing_confirmed_at.get_or_insert(at);
        self.emit(account, EventType::BillingAddressUpdated, None, at);
        self.look_for_completion(account, at);
        Ok(())
    }

    /// Adds a payment method that was set up with Stripe for this account.
    pub(crate) fn add_payment(&mut self, account: &str, method: &str, at: Timestamp) -> Result<(), Refusal> {
        let card = self.stripe.card_of(method, account).cloned();
        let card = card.ok_or_else(|| Refusal::invalid("This payment method is not of this account's session."))?;
        let record = self
            .accounts
            .get_mut(account)
            .ok_or_else(|| Refusal::not_found("account"))?;
        record.card = Some(card);
        self.truth_of(account).payment_added_at.get_or_insert(at);
        self.emit(account, EventType::PaymentMethodAdded, None, at);
        self.look_for_completion(account, at);
        Ok(())
    }

    /// Sets a card up with Stripe and adds it; the error is in English.
    pub(crate) fn pay_with(&mut self, account: &str, typed: &Typed, at: Timestamp) -> Result<(), Refusal> {
        let intent = self.stripe.begin(self.seed, account);
        let method = self.stripe.confirm(self.seed, &intent.id, typed, day(at));
        let method = method.map_err(|error| Refusal::invalid(error.message(crate::light::stripe::Locale::English)))?;
        self.add_payment(account, &method, at)
    }

    /// Takes the enrolment back; says whether the account exists.
    pub(crate) fn delete_enrollment(&mut self, account: &str) -> bool {
        let Some(record) = self.accounts.get_mut(account) else {
            return false;
        };
        record.begin_again();
        self.truth_of(account).begin_again();
        true
    }

    /// The plans on offer for an address, if there can be any.
    fn offers_for(&mut self, account: &str, esi_id: &str, at: Timestamp) -> Result<Vec<Offer>, Refusal> {
        let address = self
            .book
            .of(esi_id)
            .ok_or_else(|| Refusal::from(&self.config.unknown_esi_id))?;
        if self.config.not_eligible.contains(esi_id) {
            self.turned_away
                .insert(account.to_owned(), TurnedAway::IneligibleAddress);
            return Err((&self.config.ineligible).into());
        }
        Ok(self.offers(address.area, at))
    }

    /// After each step: once nothing is missing, the enrolment is processed by itself.
    fn look_for_completion(&mut self, account: &str, at: Timestamp) {
        let Some(record) = self.accounts.get_mut(account) else {
            return;
        };
        if !record.missing().is_empty() {
            return;
        }
        let may_be_finalized = record.is_identity_verified || !self.config.identity_blocks;
        let pending = record
            .pending()
            .filter(|pending| may_be_finalized && !pending.is_processed);
        let processed = pending.map(|pending| {
            pending.is_processed = true;
            pending.uuid.clone()
        });
        let person = self.people.entry(account.to_owned()).or_default();
        if person.truth.completed_at.is_none() {
            person.truth.completed_at = Some(at);
            person.truth.completed_after_touch = person.touch;
        }
        if let Some(location) = processed {
            let account = account.to_owned();
            self.agenda.add(
                later(at, self.config.finalized_after),
                Task::Finalize { account, location },
            );
        }
    }
}

/// Where the bills go, as a call puts it.
pub(crate) fn billing(is_same: bool, address: Option<&Map<String, Value>>) -> Result<Billing, Refusal> {
    if is_same {
        return Ok(Billing::SameAsService);
    }
    let address = address.ok_or_else(|| Refusal::bad("An address is needed, unless it is the service address."))?;
    for field in ["address_1", "city", "state", "postal_code"] {
        let is_there = address
            .get(field)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty());
        if !is_there {
            return Err(Refusal::bad(format!("The address has no {field}.")));
        }
    }
    let kept = ["address_1", "address_2", "city", "state", "postal_code"];
    let kept = kept.map(|field| (field.to_owned(), address.get(field).cloned().unwrap_or(Value::Null)));
    Ok(Billing::Other(kept.into_iter().collect()))
}
