//! What follows from an enrolment: it is finalized, service begins, usage is known, service ends.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use crate::clock::later;
use crate::light::account::{Billing, Location};
use crate::light::event::EventType;
use crate::light::stripe::Typed;
use crate::light::texas::{after_business_hours, day, days_after, midnight};
use crate::light::world::{Task, World};

impl World {
    /// Finalizes a location's enrolment, unless it is; what follows comes by itself.
    pub(crate) fn finalize(&mut self, account: &str, location: &str, at: Timestamp) -> bool {
        let seed = self.seed;
        let mut rng = seed.rng(&["service", account, location]);
        let Some(record) = self.accounts.get_mut(account) else {
            return false;
        };
        let Some(place) = record.location_mut(location).filter(|place| place.is_pending()) else {
            return false;
        };
        place.is_processed = true;
        place.is_finalized = true;
        let starts = place.starts;
        record.number.get_or_insert_with(|| {
            let number: u64 = seed
                .rng(&["account number", account])
                .random_range(1_000_000_000..2_000_000_000);
            number.to_string()
        });
        self.truth_of(account).finalized_at.get_or_insert(at);
        self.emit(account, EventType::Finalized, Some(location), at);
        let hours = rng.random_range(self.config.active_after_business_hours.clone());
        let active_at = after_business_hours(at, hours).max(midnight(starts));
        // Some hours before service, or after.
        let history_at = later(active_at, SignedDuration::from_mins(rng.random_range(-360..=720))).max(at);
        let (account, location) = (account.to_owned(), location.to_owned());
        let history = Task::SupplyHistory {
            account: account.clone(),
            location: location.clone(),
        };
        self.agenda.add(history_at, history);
        self.agenda.add(active_at, Task::Activate { account, location });
        true
    }

    /// Begins service at a location that is finalized, unless it has begun or ended.
    pub(crate) fn activate(&mut self, account: &str, location: &str, at: Timestamp) -> bool {
        let can = |place: &&mut Location| place.is_finalized && !place.is_active && place.ends.is_none();
        let Some(place) = self.place(account, location).filter(can) else {
            return false;
        };
        place.is_active = true;
        self.truth_of(account).service_active_at.get_or_insert(at);
        self.emit(account, EventType::ServiceActive, Some(location), at);
        true
    }

    /// Supplies the usage of the months before, unless it has been, or service has ended.
    pub(crate) fn supply_history(&mut self, account: &str, location: &str, at: Timestamp) -> bool {
        let can = |place: &&mut Location| !place.has_usage_history && place.ends.is_none();
        let Some(place) = self.place(account, location).filter(can) else {
            return false;
        };
        place.has_usage_history = true;
        self.truth_of(account).usage_history_at.get_or_insert(at);
        self.emit(account, EventType::UsageHistoryAvailable, Some(location), at);
        true
    }

    /// Ends service at a location, or its enrolment, unless it has ended.
    pub(crate) fn cancel(&mut self, account: &str, location: &str, at: Timestamp) -> bool {
        let Some(place) = self.place(account, location).filter(|place| place.ends.is_none()) else {
            return false;
        };
        place.ends = Some(day(at));
        place.is_active = false;
        self.truth_of(account).canceled_at = Some(at);
        self.emit(account, EventType::ServiceCanceled, Some(location), at);
        true
    }

    /// Adds a location with service since two months ago, of which nothing is told; so all that an
    /// enrolment needs has been given, and the account's flags no longer tell a new one's steps.
    pub(crate) fn add_old_location(&mut self, account: &str, at: Timestamp) -> Option<String> {
        let enrolled = self.accounts.get(account)?.locations.iter();
        let enrolled: Vec<String> = enrolled.map(|place| place.address.esi_id.clone()).collect();
        let free = |address: &&crate::light::book::Address| !enrolled.contains(&address.esi_id);
        // Not one of the samples, which tests enrol.
        let address = self.book.all().iter().skip(4).find(free)?.clone();
        let since = days_after(day(at), -60);
        let offer = self.offers(address.area, midnight(since)).into_iter().next()?;
        let intent = self.stripe.begin(self.seed, account);
        let card = Typed::test_card("4242424242424242");
        let method = self.stripe.confirm(self.seed, &intent.id, &card, day(at)).ok()?;
        let card = self.stripe.card_of(&method, account)?.clone();
        let record = self.accounts.get_mut(account)?;
        record.is_identity_verified = true;
        record.billing.get_or_insert(Billing::SameAsService);
        record.card.get_or_insert(card);
        let uuid = self
            .seed
            .uuid(&["location", account, &record.locations_made.to_string()]);
        record.locations_made += 1;
        record.locations.push(Location {
            uuid: uuid.clone(),
            address,
            offer,
            starts: since,
            ends: None,
            is_processed: true,
            is_finalized: true,
            is_active: true,
            has_usage_history: true,
        });
        Some(uuid)
    }

    fn place(&mut self, account: &str, location: &str) -> Option<&mut Location> {
        self.accounts.get_mut(account)?.location_mut(location)
    }
}
