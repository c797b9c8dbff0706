//! The ports that [`World`] is.

use jiff::Timestamp;
use journey::contact::{Inbox, Known};
use journey::enrollment::{
    Acceptance, AcceptanceRecord, BillingAddress, ConfirmedLocation, EnrollmentView, EsiId, LightLocation,
    MonthlyUsage, PaymentSession, Plan, ServiceAddress,
};
use journey::port::{
    ArmTimer, Clock, Commit, CommitError, CommitJourney, Count, Enroll, EnrollError, FindContact, KeepAcceptance,
    LoadJourney, ReadAcceptances, StoreError, Versioned,
};
use journey::{ContactId, JourneyId, Reference, Timer};

use crate::world::{Call, SECRET, World, key};

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.state().now
    }
}

impl FindContact for World {
    async fn find_contact(&self, _: &ContactId) -> Result<Option<Known>, StoreError> {
        unreachable!("the enrolment knows its customer by the journey")
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        let contact = self.stored(Call::Contacts)?.contact.clone();
        let contact = contact.filter(|contact| contact.journeys(&key()).contains(journey));
        Ok(contact.map(|contact| Known::new(&key(), contact, |_| Inbox::default())))
    }
}

impl LoadJourney for World {
    async fn load_journey(&self, of: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let found = self.state().journey.clone().filter(|(journey, _)| journey.id == *of);
        Ok(found.map(|(journey, version)| Versioned { journey, version }))
    }
}

impl CommitJourney for World {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let mut state = self.stored(Call::Journeys)?;
        let version = state.journey.as_ref().map_or(0, |(_, version)| *version);
        if version != commit.expected {
            return Err(CommitError::VersionConflict);
        }
        state.journey = Some((commit.journey.clone(), version + 1));
        Ok(())
    }
}

impl ArmTimer for World {
    async fn arm_timer(&self, _: &JourneyId, _: &Timer) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Count for World {
    fn count(&self, counter: &'static str, by: u64) {
        *self.state().counted.entry(counter).or_default() += by;
    }
}

impl KeepAcceptance for World {
    async fn keep_acceptance(&self, _: &JourneyId, record: &AcceptanceRecord) -> Result<(), StoreError> {
        self.stored(Call::Keep)?.kept.push(record.clone());
        Ok(())
    }
}

impl ReadAcceptances for World {
    async fn acceptances(&self, _: &JourneyId) -> Result<Vec<AcceptanceRecord>, StoreError> {
        Ok(self.state().kept.clone())
    }
}

impl Enroll for World {
    async fn view_enrollment(&self, _: &Reference) -> Result<EnrollmentView, EnrollError> {
        let state = self.called(Call::View)?;
        Ok(EnrollmentView {
            account: state.account.clone(),
            locations: state.locations.clone(),
        })
    }

    async fn search_address(&self, _: &Reference, query: &str) -> Result<Vec<ServiceAddress>, EnrollError> {
        let state = self.called(Call::Search)?;
        let text = |place: &ServiceAddress| {
            let unit = place.address.line_2.clone().unwrap_or_default();
            format!("{} {unit}", place.address.line_1)
        };
        let found = state.addresses.iter().filter(|place| text(place).contains(query));
        Ok(found.cloned().collect())
    }

    async fn search_esi_id(&self, _: &Reference, esi_id: &EsiId) -> Result<Option<ServiceAddress>, EnrollError> {
        let state = self.called(Call::SearchEsiId)?;
        Ok(state.addresses.iter().find(|place| place.esi_id == *esi_id).cloned())
    }

    async fn request_plans(&self, _: &Reference, _: &EsiId) -> Result<Vec<Plan>, EnrollError> {
        Ok(self.called(Call::Plans)?.plans.clone())
    }

    async fn accept_plan(&self, _: &Reference, acceptance: &Acceptance) -> Result<(), EnrollError> {
        let mut state = self.called(Call::Accept)?;
        state.accepted.push(acceptance.clone());
        state.account.has_accepted_plan = Some(true);
        state.account.locations = vec![LightLocation {
            starts_on: Some(acceptance.starts),
            is_active: Some(false),
            ..LightLocation::default()
        }];
        let place = state.addresses.iter().find(|place| place.esi_id == acceptance.esi_id);
        let location = ConfirmedLocation {
            uuid: "00000000-0000-4000-8000-000000000011".to_owned(),
            address: place.unwrap().address.clone(),
            utility_number: Some(acceptance.esi_id.expose().to_owned()),
            plan: Some("Example 12".to_owned()),
            starts_on: Some(acceptance.starts),
            is_canceled: false,
        };
        state.locations = vec![location];
        Ok(())
    }

    async fn set_billing_address(&self, _: &Reference, address: &BillingAddress) -> Result<(), EnrollError> {
        let mut state = self.called(Call::Billing)?;
        state.billing.push(address.clone());
        state.account.is_billing_address_confirmed = Some(true);
        Ok(())
    }

    async fn begin_payment(&self, _: &Reference) -> Result<PaymentSession, EnrollError> {
        drop(self.called(Call::BeginPayment)?);
        Ok(PaymentSession {
            client_secret: SECRET.to_owned(),
            publishable_key: "pk_test_invented".to_owned(),
        })
    }

    async fn ensure_payment_method(&self, _: &Reference, method: &str) -> Result<(), EnrollError> {
        let mut state = self.called(Call::EnsurePayment)?;
        state.methods.push(method.to_owned());
        state.account.has_payment_method = Some(true);
        Ok(())
    }

    async fn monthly_usage(&self, _: &Reference, _: &str, year: i16) -> Result<Vec<MonthlyUsage>, EnrollError> {
        let state = self.called(Call::Usage)?;
        let of_year = state.usage.iter().filter(|month| month.month.year() == year);
        Ok(of_year.cloned().collect())
    }
}
