//! The stand-in in a test's hand: what a customer, Light or a utility does, done at once.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::clock::whole_second;
use crate::light::account::Billing;
use crate::light::event::EventType;
use crate::light::sandbox::LightSandbox;
use crate::light::stats::TurnedAway;
use crate::light::stripe::Typed;
use crate::light::world::{NewAccount, World};

impl LightSandbox {
    /// Makes an account and returns its uuid.
    pub fn create_account(&self, first_name: &str, last_name: &str, email: &str) -> String {
        let person = NewAccount {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            preliminary_address: None,
        };
        self.now(|world, now| world.create(person, now))
    }

    /// Lets an account request plans; says whether there were any.
    pub fn request_plans(&self, account: &str, esi_id: &str) -> bool {
        self.now(|world, now| world.request_plans(account, esi_id, now).is_ok())
    }

    /// Lets an account accept one of the plans on offer, and returns the location, unless it was refused.
    pub fn accept_plan(&self, account: &str, esi_id: &str) -> Option<String> {
        self.now(|world, now| world.choose_and_accept(account, esi_id, now).ok())
    }

    /// Confirms that bills go to the service address; says whether there is such an account.
    pub fn add_billing(&self, account: &str) -> bool {
        self.now(|world, now| world.confirm_billing(account, Billing::SameAsService, now).is_ok())
    }

    /// Adds a card that works; says whether there is such an account.
    pub fn add_payment(&self, account: &str) -> bool {
        self.now(|world, now| {
            world
                .pay_with(account, &Typed::test_card("4242424242424242"), now)
                .is_ok()
        })
    }

    /// Verifies the identity behind an account.
    pub fn verify_identity(&self, account: &str) {
        self.now(|world, now| world.verify_identity(account, now));
    }

    /// Finalizes the enrolment that is under way, whatever is missing; says whether there was one.
    pub fn finalize(&self, account: &str) -> bool {
        self.now(|world, now| match world.pending(account) {
            Some(location) => world.finalize(account, &location, now),
            None => false,
        })
    }

    /// Begins service at the newest location, which is finalized if it was not; says whether it began.
    pub fn activate_service(&self, account: &str) -> bool {
        self.now(|world, now| world.begin_service(account, now))
    }

    /// Supplies the newest location's usage history; says whether it had none.
    pub fn supply_usage_history(&self, account: &str) -> bool {
        self.now(|world, now| match world.newest(account) {
            Some(location) => world.supply_history(account, &location, now),
            None => false,
        })
    }

    /// Cancels a location; says whether it was not cancelled before.
    pub fn cancel_location(&self, account: &str, location: &str) -> bool {
        self.now(|world, now| world.cancel(account, location, now))
    }

    /// Adds a location with service since two months ago, and returns its uuid. Nothing is told; the
    /// account has a payment method and a billing address from then on.
    pub fn add_old_location(&self, account: &str) -> Option<String> {
        self.now(|world, now| world.add_old_location(account, now))
    }

    /// Deletes an enrolment, as a sandbox App may; says whether there is such an account.
    pub fn delete_enrollment(&self, account: &str) -> bool {
        self.now(|world, _| world.delete_enrollment(account))
    }

    /// Tells of an invoice that was charged, or could not be.
    pub fn charge_invoice(&self, account: &str, is_paid: bool) {
        let event = if is_paid {
            EventType::PaymentSuccessful
        } else {
            EventType::PaymentFailed
        };
        self.now(|world, now| world.emit(account, event, None, now));
    }

    /// Sends an event of any type, true or not, and of a type that is not documented if need be.
    pub fn send_event(&self, account: &str, event_type: &str, location: Option<&str>) {
        self.now(|world, now| world.tell(account, event_type, location, now));
    }

    /// Lets every account's token expire now.
    pub fn expire_tokens(&self) {
        self.shared.world().tokens.expire_all();
    }

    /// Puts an address in switch-hold, or takes it out.
    pub fn set_switch_hold(&self, esi_id: &str, is_held: bool) {
        let mut world = self.shared.world();
        let held = &mut world.config.in_switch_hold;
        if is_held {
            held.insert(esi_id.to_owned());
        } else {
            held.remove(esi_id);
        }
    }

    /// Makes an address ineligible, or eligible again.
    pub fn set_ineligible(&self, esi_id: &str, is_ineligible: bool) {
        let mut world = self.shared.world();
        let not_eligible = &mut world.config.not_eligible;
        if is_ineligible {
            not_eligible.insert(esi_id.to_owned());
        } else {
            not_eligible.remove(esi_id);
        }
    }

    /// The accounts that were turned away since this was last called: what a partner whose front end takes the
    /// steps has read in Light's answers.
    #[must_use]
    pub fn take_turned_away(&self) -> BTreeMap<String, TurnedAway> {
        core::mem::take(&mut self.shared.world().turned_away)
    }

    fn now<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = whole_second(self.shared.clock.now());
        act(&mut self.shared.world(), now)
    }
}

impl World {
    /// Begins service at the newest location, whether it was finalized or not.
    pub(crate) fn begin_service(&mut self, account: &str, at: Timestamp) -> bool {
        let Some(location) = self.newest(account) else {
            return false;
        };
        self.finalize(account, &location, at);
        self.activate(account, &location, at)
    }

    fn pending(&mut self, account: &str) -> Option<String> {
        let pending = self.accounts.get_mut(account)?.pending()?;
        Some(pending.uuid.clone())
    }

    pub(crate) fn newest(&self, account: &str) -> Option<String> {
        let newest = self.accounts.get(account)?.locations.last()?;
        Some(newest.uuid.clone())
    }
}
