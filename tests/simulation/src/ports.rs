//! The ports of one invocation. Each call waits, has its effect at a moment in between, and waits again;
//! meanwhile others go on.

use core::future::{Future, pending};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Contact, Known, OptOut, SuppressedFor, Suppression};
use journey::port::{
    AnswerText, ArmTimer, ChangeFilter, ChangePage, Clock, Commit, CommitError, CommitJourney, Count, Email,
    EraseFallback, FindContact, FindDue, FireTimer, KeepContact, KeepWatermark, LoadJourney, LookUpSend, Precondition,
    ProviderError, Push, PutError, ReadChanges, ReadNewest, ReadStatus, ReadVisits, SearchMeters, SendEmail, SendPush,
    SendText, StoreError, Suppress, SuppressAddress, Text, Versioned, Watermark,
};
use journey::status::Snapshot;
use journey::{
    AddressId, ContactId, JourneyId, Lane, MeterFound, Newest, PhoneNumber, Provider, Reference, Resolution, SendKey,
    SendOutcome, Timer, UtilityCode, Visits,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::case::ts;
use crate::fault::Of;
use crate::leap;
use crate::moment::Moment;
use crate::record::Said;
use crate::state::{Fate, Found, Item, Service, State};

/// The world, shared by the invocations of a case.
pub(crate) type Shared = Arc<Mutex<State>>;

pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All ports, as one invocation has them.
pub(crate) struct Ports {
    pub(crate) shared: Shared,
    pub(crate) index: u32,
}

/// Lets virtual time pass.
struct Pause<'a> {
    ports: &'a Ports,
    wait: i64,
    begun: bool,
}

impl Future for Pause<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.begun {
            return Poll::Ready(());
        }
        self.begun = true;
        let mut state = lock(&self.ports.shared);
        let (at, index) = (state.now + self.wait, self.ports.index);
        let deadline = state.invocations[index as usize].deadline;
        if at > deadline {
            state.push(deadline, Item::Dies(index));
        } else {
            state.push(at, Item::Wake(index));
        }
        Poll::Pending
    }
}

impl Ports {
    async fn pause(&self, wait: i64) {
        Pause {
            ports: self,
            wait,
            begun: false,
        }
        .await;
    }

    async fn die(&self) {
        {
            let mut state = lock(&self.shared);
            let now = state.now;
            state.push(now, Item::Dies(self.index));
        }
        pending::<()>().await;
    }

    /// One call of a store, a scheduler, or another service that works, fails, or loses its answer.
    pub(crate) async fn call<T: Send>(
        &self,
        service: Service,
        effect: impl FnOnce(&mut State) -> T + Send,
        failure: impl FnOnce(&mut State, u32) -> T + Send,
    ) -> T {
        let plan = lock(&self.shared).plan(self.index, service);
        self.pause(plan.before).await;
        if plan.fate == Fate::DiesBefore {
            self.die().await;
        }
        let answer = {
            let mut state = lock(&self.shared);
            match plan.fate {
                Fate::Goes | Fate::DiesBefore | Fate::DiesAfter => effect(&mut state),
                Fate::Fails => failure(&mut state, 0),
                Fate::Answers(how) => failure(&mut state, how),
                Fate::AnswerLost => {
                    effect(&mut state);
                    failure(&mut state, 1)
                }
            }
        };
        if plan.fate == Fate::DiesAfter {
            self.die().await;
        }
        self.pause(plan.after).await;
        answer
    }

    async fn store<T: Send>(&self, effect: impl FnOnce(&mut State) -> T + Send, failure: T) -> T {
        self.call(Service::Store, effect, |_, _| failure).await
    }

    async fn hand_over(&self, key: &SendKey, to: &str) -> SendOutcome {
        {
            let mut state = lock(&self.shared);
            state.judge_send(self.index, key, to);
            if let Some(customer) = state.customer_of(&key.journey) {
                let now = state.now;
                state.moment(customer, Moment::Handed, now);
            }
            state.in_flight.insert(key.clone());
            state.invocations[self.index as usize].sending = Some(key.clone());
        }
        let accepts = |state: &mut State| {
            state.in_flight.remove(key);
            let message_id = state.deliver(key, to);
            SendOutcome::Accepted { message_id }
        };
        let other = |state: &mut State, how| {
            state.in_flight.remove(key);
            match how {
                0 | 1 => SendOutcome::Throttled,
                2 => SendOutcome::Refused {
                    why: "a refusal".to_owned(),
                },
                3 if key.channel.is_email() => SendOutcome::Refused {
                    why: "a refusal".to_owned(),
                },
                3 => SendOutcome::OptedOut,
                4 => SendOutcome::Ambiguous,
                _ => {
                    state.deliver(key, to);
                    SendOutcome::Ambiguous
                }
            }
        };
        self.call(Service::Sender, accepts, other).await
    }
}

pub(crate) fn busy() -> StoreError {
    StoreError::Unavailable("the store is busy".into())
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        let state = lock(&self.shared);
        ts(state.now + state.invocations[self.index as usize].skew)
    }
}

impl Count for Ports {
    fn count(&self, counter: &'static str, by: u64) {
        lock(&self.shared).judge_label(counter, by);
    }

    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let mut state = lock(&self.shared);
        state.judge_label(counter, by);
        for (_, value) in labels {
            state.judge_label(value, 0);
        }
    }
}

impl LoadJourney for Ports {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let effect = |state: &mut State| {
            let Some(row) = state.row(id) else {
                return Ok(None);
            };
            let stored = state.rows[row].journey.clone();
            let over = stored.as_ref().is_none_or(|stored| !stored.journey.is_live());
            let now = state.now;
            let invocation = &mut state.invocations[self.index as usize];
            invocation.read_over[row] = over;
            invocation.read_at[row] = Some(now);
            Ok(stored)
        };
        self.store(effect, Err(busy())).await
    }
}

impl CommitJourney for Ports {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let failure = Err(CommitError::Store(busy()));
        self.store(|state| state.commit(self.index, &commit), failure).await
    }
}

impl ArmTimer for Ports {
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.arm(journey, timer);
            Ok(())
        };
        self.call(Service::Scheduler, effect, |_, _| Err(busy())).await
    }
}

impl FindDue for Ports {
    async fn find_due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, StoreError> {
        let effect = |state: &mut State| Ok(state.due(self.index, lane, before, limit));
        self.call(Service::Index, effect, |_, _| Err(busy())).await
    }
}

impl FireTimer for Ports {
    async fn fire_timer(&self, journey: &JourneyId, generation: u32) {
        let effect = |state: &mut State| {
            if let Some(row) = state.row(journey) {
                let firing = state.oracle.swept(row, generation);
                let at = state.now;
                state.push(
                    at,
                    Item::Fire {
                        row: row as u8,
                        generation,
                        firing,
                    },
                );
            }
        };
        self.call(Service::Scheduler, effect, |_, _| ()).await;
    }
}

impl Ports {
    fn person(&self, state: &mut State, customer: usize) -> Option<Known> {
        let (known, now) = (state.known(customer), state.now);
        let barred = Channel::ALL.map(|channel| state.bars(customer, channel).is_some());
        let invocation = &mut state.invocations[self.index as usize];
        invocation.barred[customer] = barred;
        let contact = known.as_ref().map(|known| &known.contact);
        invocation.found[customer] = contact.map(|contact| Found {
            at: now,
            email: contact.email.clone(),
            phone: contact.phone.as_ref().map(|phone| phone.expose().to_owned()),
            device: contact.push.as_ref().map(|device| device.expose().to_owned()),
        });
        known
    }
}

impl FindContact for Ports {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        let effect = |state: &mut State| {
            let customer = state.customer_of_contact(id);
            Ok(customer.and_then(|customer| self.person(state, customer)))
        };
        self.store(effect, Err(busy())).await
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        let effect = |state: &mut State| {
            let customer = state.customer_of(journey);
            Ok(customer.and_then(|customer| self.person(state, customer)))
        };
        self.store(effect, Err(busy())).await
    }
}

impl KeepContact for Ports {
    async fn put_contact(&self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        self.store(|state| state.put(contact, only_if), Err(busy().into()))
            .await
    }

    async fn erase_contact(&self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        self.store(|state| state.erase(id, only_if), Err(busy().into())).await
    }
}

/// Nobody in these cases gives anything by hand, so there is nothing to erase, and no fault to draw.
impl EraseFallback for Ports {
    async fn erase_fallback(&self, _: &ContactId) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Suppress for Ports {
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: &OptOut, _: Timestamp) -> Result<bool, StoreError> {
        self.store(|state| Ok(state.set_opted_out(journey, opted_out)), Err(busy()))
            .await
    }
}

impl SuppressAddress for Ports {
    async fn suppress_address(&self, address: &AddressId, why: SuppressedFor, _: Timestamp) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            let now = ts(state.now);
            state.change_suppression(address, |suppressed| suppressed.close(why, now));
            Ok(())
        };
        self.store(effect, Err(busy())).await
    }

    async fn reopen_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.change_suppression(address, |suppressed| suppressed.lift_earlier(why, at));
            Ok(())
        };
        self.store(effect, Err(busy())).await
    }

    async fn suppression(&self, address: &AddressId) -> Result<Suppression, StoreError> {
        self.store(|state| Ok(state.suppression(address)), Err(busy())).await
    }
}

impl KeepWatermark for Ports {
    async fn load_watermark(&self, _: Provider) -> Result<Option<Watermark>, StoreError> {
        self.store(|state| Ok(state.watermark.clone()), Err(busy())).await
    }

    async fn save_watermark(&self, _: Provider, watermark: &Watermark) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.watermark = Some(watermark.clone());
            Ok(())
        };
        self.store(effect, Err(busy())).await
    }
}

impl Ports {
    fn index_of(state: &State, reference: &Reference) -> Option<usize> {
        let customers = &state.case.customers;
        customers
            .iter()
            .position(|customer| customer.contact.reference == *reference)
    }
}

impl ReadStatus for Ports {
    async fn read_status(&self, _provider: Provider, reference: &Reference) -> Result<Snapshot, ProviderError> {
        let effect = |state: &mut State| {
            let Some(customer) = Self::index_of(state, reference) else {
                return Ok(Snapshot::default());
            };
            let (snapshot, said) = state.people[customer].record.status(state.now);
            state.tell(|| match said {
                Said::Leap { complete } => format!("    the provider says of customer {customer}: complete {complete}"),
                Said::Bayou { ever, stands, .. } => {
                    format!("    Bayou says of customer {customer}: ever connected {ever}, connected {stands}")
                }
                Said::Light(shows) => format!("    Light says of customer {customer}: {shows:?}, in {snapshot:?}"),
            });
            if matches!(said, Said::Light(shows) if shows.only_old) {
                state.oracle.saw_old.insert(customer);
            }
            let now = state.now;
            let invocation = &mut state.invocations[self.index as usize];
            invocation.asked[customer] = Some(said);
            if invocation.who.of == Of::Fire {
                state.moment(customer, Moment::Asked, now);
            }
            Ok(snapshot)
        };
        let failure = |state: &mut State, how| Err(leap::failure(how, state.now));
        self.call(Service::Provider, effect, failure).await
    }
}

impl ReadChanges for Ports {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        let effect = |state: &mut State| {
            let records = state.people.iter().filter_map(|person| person.record.leap());
            // On the wire, as the client writes it: encoded once, and decoded once by the provider.
            let page = page.map(|token| utf8_percent_encode(token, NON_ALPHANUMERIC).to_string());
            let page = page.as_deref();
            leap::changes(records, state.case.page_size, filter, since, page, state.now)
        };
        let failure = |state: &mut State, how| Err(leap::failure(how, state.now));
        self.call(Service::Provider, effect, failure).await
    }
}

impl ReadNewest for Ports {
    async fn read_newest(&self, _: Provider, reference: &Reference) -> Result<Newest, ProviderError> {
        let effect = |state: &mut State| {
            let customer = Self::index_of(state, reference);
            Ok(customer.map_or_else(Newest::default, |customer| {
                state.people[customer].record.newest(state.now)
            }))
        };
        let failure = |state: &mut State, how| Err(leap::failure(how, state.now));
        self.call(Service::Provider, effect, failure).await
    }
}

impl ReadVisits for Ports {
    /// A case has too few customers for an incident.
    async fn read_visits(&self, _: Provider, _: &UtilityCode, _: Timestamp) -> Result<Visits, StoreError> {
        Ok(Visits::default())
    }
}

impl SearchMeters for Ports {
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        let effect = |state: &mut State| {
            let of = |reference: &Reference| {
                let customer = Self::index_of(state, reference)?;
                Some(state.people[customer].record.leap()?.meters())
            };
            Ok(references.iter().map(of).map(Option::unwrap_or_default).collect())
        };
        let failure = |state: &mut State, how| Err(leap::failure(how, state.now));
        self.call(Service::Provider, effect, failure).await
    }
}

impl SendEmail for Ports {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        self.hand_over(&email.key, &email.to).await
    }
}

impl SendText for Ports {
    async fn send_text(&self, text: &Text) -> SendOutcome {
        self.hand_over(&text.key, text.to.expose()).await
    }
}

impl SendPush for Ports {
    async fn send_push(&self, push: &Push) -> SendOutcome {
        self.hand_over(&push.key, push.to.expose()).await
    }
}

/// Nobody in these cases asks for help.
impl AnswerText for Ports {
    async fn answer_text(&self, _: &PhoneNumber, _: &str) -> SendOutcome {
        SendOutcome::Throttled
    }
}

impl LookUpSend for Ports {
    async fn look_up_send(&self, key: &SendKey) -> Resolution {
        let effect = |state: &mut State| {
            if !state.case.answers_look_ups || state.in_flight.contains(key) {
                return Resolution::Unknown;
            }
            let messages = &state.oracle.messages;
            let sent = messages
                .iter()
                .enumerate()
                .find(|(_, message)| message.key.same_touch(key));
            match sent {
                Some((number, message)) => Resolution::Sent {
                    message_id: format!("message-{number}"),
                    at: ts(message.at),
                },
                None => Resolution::NotSent,
            }
        };
        self.store(effect, Resolution::Unknown).await
    }
}
