//! Bayou and Light: one question for each customer, and two more a day for one whose data are all there.

use journey::contact::Known;
use journey::port::{ProviderError, StoreError};
use journey::protocol::{IfAbsent, Person};
use journey::status::Snapshot;
use journey::{
    Event, Journey, JourneyId, MeterFollowUp, Newest, Phase, Provider, Purpose, Unavailable, UtilityCode, renewal,
};

use crate::{Ports, Round};

impl<P: Ports> Round<'_, P> {
    /// Looks at everybody. When there are no calls left, whoever remains stays due.
    pub(crate) async fn customers(&mut self, known: &[(JourneyId, u32, Known)]) {
        for (place, (id, generation, person)) in known.iter().enumerate() {
            if let Err(error) = self.customer(id, *generation, person).await {
                let rest = known.len() - place;
                match error {
                    Stopped::NoCalls(why) => tracing::info!(?why, rest, "no calls left; the rest stays due"),
                    Stopped::Store(error) => {
                        self.checked.failed += 1;
                        let error = &error as &dyn core::error::Error;
                        tracing::error!(journey = %id, error, "customer not looked at");
                        continue;
                    }
                }
                return;
            }
        }
    }

    async fn customer(&mut self, id: &JourneyId, generation: u32, person: &Known) -> Result<(), Stopped> {
        let Some(loaded) = self.ports.load_journey(id).await? else {
            return Ok(());
        };
        let before = loaded.journey;
        let (provider, reference) = (person.contact.provider, &person.contact.reference);
        let snapshot = match self.ports.read_status(provider, reference).await {
            Ok(snapshot) => snapshot,
            Err(error) => return self.unavailable(id, generation, &error).await,
        };
        let newest = match self.newest(&before, person).await {
            Ok(newest) => newest,
            Err(error) => return self.unavailable(id, generation, &error).await,
        };
        let event = match &snapshot {
            Snapshot::Leap(_) => return Ok(()),
            Snapshot::Bayou(customer) => Event::CustomerSeen {
                generation,
                customer: customer.clone(),
                newest,
            },
            Snapshot::Light(account) => Event::AccountSeen {
                generation,
                account: account.clone(),
            },
        };
        let of = Person {
            contact: Some(&person.id),
            known: None,
            utility: person.contact.utility.as_ref(),
        };
        // The other journey comes first: what this one is told also sets when it is looked at again, so a look that
        // died in between would leave the other unheard until then.
        let connected = provider.purposes().contains(&Purpose::Reconnect)
            && before.purpose == Purpose::Enroll
            && matches!(before.phase, Phase::Completed { .. });
        if connected && !self.reconnection(&before, person, snapshot).await {
            return Ok(());
        }
        self.tell(id, IfAbsent::Ignore, of, event).await;
        Ok(())
    }

    /// The newest data of a connection whose first are there: once a day, as the vendor asks.
    async fn newest(&self, journey: &Journey, person: &Known) -> Result<Option<Newest>, ProviderError> {
        let there = matches!(
            journey.phase,
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. } | MeterFollowUp::GivenUp { .. },
                ..
            }
        );
        if !there || journey.data.is_none() {
            return Ok(None);
        }
        let (provider, reference) = (person.contact.provider, &person.contact.reference);
        self.ports.read_newest(provider, reference).await.map(Some)
    }

    /// The same customer's other journey: was the connection lost unheard, or will it, or the consent, end? Answers
    /// whether it has been told.
    async fn reconnection(&mut self, enrolment: &Journey, person: &Known, snapshot: Snapshot) -> bool {
        let (provider, reference) = (person.contact.provider, &person.contact.reference);
        let id = JourneyId::new(self.config.id_key, provider, Purpose::Reconnect, reference);
        let begin = IfAbsent::Begin {
            provider: Provider::Bayou,
            purpose: Purpose::Reconnect,
            flow: person.contact.flow,
        };
        let utility = enrolment.utility.as_ref().or(person.contact.utility.as_ref());
        let asks_for_a_code =
            utility.is_some_and(|code: &UtilityCode| (self.config.asks_for_a_code)(code) == Some(true));
        let ends = person.contact.sharing_ends_at;
        let seen = Event::StatusSeen {
            snapshot,
            region: None,
            classification: person.contact.classification,
        };
        let of = Person {
            contact: Some(&person.id),
            known: None,
            utility,
        };
        if !self.tell(&id, begin, of, seen).await {
            return false;
        }
        match renewal(enrolment, ends, asks_for_a_code, self.ports.now(), self.campaign) {
            Some(occasion) => self.tell(&id, begin, of, Event::RenewalDue { occasion }).await,
            None => true,
        }
    }

    async fn unavailable(&mut self, id: &JourneyId, generation: u32, error: &ProviderError) -> Result<(), Stopped> {
        match error.why {
            why @ (Unavailable::RateLimited | Unavailable::BudgetSpent) => Err(Stopped::NoCalls(why)),
            why @ (Unavailable::Unreachable
            | Unavailable::Unauthorized
            | Unavailable::Failing
            | Unavailable::UnknownContact) => {
                self.record(id, Event::MetersUnavailable { generation, why }).await;
                Ok(())
            }
        }
    }
}

/// Why a round did not go on.
enum Stopped {
    NoCalls(Unavailable),
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Stopped::Store(error)
    }
}
