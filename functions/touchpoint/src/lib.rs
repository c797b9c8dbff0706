//! A one-shot schedule fires: look again, then send.
//!
//! The order is the protocol: fire, ask the provider, read the person, claim, send, record. Nothing
//! is sent that was not claimed first, and nothing is claimed without a fresh answer of the provider.

mod compose;
mod test_send;

use std::collections::VecDeque;

use core::error::Error;

use journey::campaign::Channel;
use journey::contact::{Facts, Known, Permission, SuppressedFor};
use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, Email, FindContact, LoadJourney, LookUpSend, Push, ReadStatus, ReadVisits,
    SearchMeters, SendEmail, SendPush, SendText, StoreError, SuppressAddress, Text, Timestamp, Unit,
};
use journey::protocol::{IfAbsent, Person, TakeError, Taken, take};
use journey::{
    Campaign, Delivered, Effect, Event, HoldReason, JourneyId, Note, Resolution, SendOrder, SendOutcome, StatusAnswer,
    Unavailable, UtilityCode, Visits,
};

pub use compose::{ComposeError, Composer, Senders};
pub use test_send::{NotATester, TestSend, TestSendError, Testers, send_test};

/// A message that is ready to go, for the sender of its channel.
#[derive(Clone)]
pub enum Outgoing {
    /// An e-mail.
    Email(Email),
    /// A text.
    Text(Text),
    /// A push.
    Push(Push),
    /// Nothing of ours. The partner is told by whoever announces what was committed, so the record that it went
    /// out is all that is to be done; one that was not written told nobody.
    Event,
}

/// Turns an order into a message, and says in which zones a person may be.
pub trait Compose: Sync {
    /// Fills in the words.
    ///
    /// # Errors
    /// [`ComposeError`] when the template or an address does not allow it.
    fn compose(&self, order: &SendOrder, known: &Known, at: jiff::Timestamp) -> Result<Outgoing, ComposeError>;

    /// What the rules may know of a person, who has been at this utility or is said to have it.
    fn facts(&self, known: &Known, utility: Option<&UtilityCode>) -> Facts;
}

/// The ports that firing a timer uses, all of them: whoever has them can fire one.
pub trait Ports:
    Clock
    + LoadJourney
    + CommitJourney
    + ArmTimer
    + FindContact
    + ReadStatus
    + ReadVisits
    + SearchMeters
    + SendEmail
    + SendText
    + SendPush
    + LookUpSend
    + SuppressAddress
    + Count
{
}

impl<P> Ports for P where
    P: Clock
        + LoadJourney
        + CommitJourney
        + ArmTimer
        + FindContact
        + ReadStatus
        + ReadVisits
        + SearchMeters
        + SendEmail
        + SendText
        + SendPush
        + LookUpSend
        + SuppressAddress
        + Count
{
}

/// How often a claim that lost against its inbox is decided again on fresh facts.
const CLAIM_ATTEMPTS: u32 = 8;

/// Fires the timer of a journey, and carries out everything that follows from it.
///
/// A stale generation, a journey that is gone, a second call at the same time: all do nothing.
///
/// # Errors
/// [`TakeError`] when the store fails or others keep changing the journey. The timer is then still
/// due, and fires again.
pub async fn fire<P, C>(
    ports: &P,
    composer: &C,
    campaign: &Campaign,
    journey: &JourneyId,
    generation: u32,
) -> Result<Vec<Note>, TakeError>
where
    P: Ports,
    C: Compose,
{
    let firing = Firing {
        ports,
        composer,
        campaign,
        journey,
    };
    let Some(taken) = firing.take(Event::TimerFired { generation }, None).await? else {
        return Ok(Vec::new());
    };
    if let Some(timer) = taken.timer_before.filter(|timer| timer.generation == generation) {
        let late = ports.now().duration_since(timer.due).as_secs_f64();
        ports.measure("fire.lateness_s", Unit::Seconds, late.max(0.0));
    }
    let utility = taken.journey.utility.clone();
    let mut notes = taken.notes;
    let mut effects = VecDeque::from(taken.effects);
    let mut looked = Looked::default();
    while let Some(effect) = effects.pop_front() {
        let taken = match effect {
            // Armed by the protocol, before the write.
            Effect::ArmTimer(_) => None,
            Effect::Recheck { generation, meters } => {
                let taken;
                (taken, looked) = firing.recheck(generation, meters, utility.as_ref()).await?;
                taken
            }
            Effect::Send(order) => firing.send(&order, &looked).await?,
            Effect::LookUpSend(key) => {
                let resolution = match key.channel {
                    Channel::Email | Channel::Sms | Channel::Push => ports.look_up_send(&key).await,
                    // Its record is its sending, and there is none.
                    Channel::Event => Resolution::NotSent,
                };
                firing.take(Event::SendLookedUp { key, resolution }, None).await?
            }
        };
        if let Some(taken) = taken {
            notes.extend(taken.notes);
            effects.extend(taken.effects);
        }
    }
    let named = looked.person.and_then(|known| known.contact.utility);
    report(ports, journey, utility.or(named).as_ref(), &notes);
    Ok(notes)
}

/// What the last recheck has read.
#[derive(Default)]
struct Looked {
    person: Option<Known>,
    /// When the provider had answered.
    provider_at: Option<Timestamp>,
}

struct Firing<'a, P, C> {
    ports: &'a P,
    composer: &'a C,
    campaign: &'a Campaign,
    journey: &'a JourneyId,
}

impl<P, C> Firing<'_, P, C>
where
    P: Ports,
    C: Compose,
{
    async fn take(&self, event: Event, known: Option<&Known>) -> Result<Option<Taken>, TakeError> {
        let person = Person {
            contact: known.map(|known| &known.id),
            known,
            utility: None,
        };
        take(
            self.ports,
            self.campaign,
            self.journey,
            IfAbsent::Ignore,
            person,
            &Delivered::from(event),
        )
        .await
    }

    /// Asks the provider, then reads the person, then decides: the answer that is older by the time
    /// of the decision is the provider's, and the claim is conditional on the other two.
    async fn recheck(
        &self,
        generation: u32,
        meters: bool,
        utility: Option<&UtilityCode>,
    ) -> Result<(Option<Taken>, Looked), TakeError> {
        let Some(before) = self.person().await? else {
            let status = StatusAnswer::Unavailable {
                why: Unavailable::UnknownContact,
                retry_at: None,
            };
            let event = Event::Rechecked {
                generation,
                status,
                meters: None,
                facts: Facts::unknown(),
            };
            return Ok((self.take(event, None).await?, Looked::default()));
        };
        let reference = &before.contact.reference;
        let mut status = match self.ports.read_status(before.contact.provider, reference).await {
            Ok(snapshot) => StatusAnswer::Seen(snapshot),
            Err(error) => {
                self.ports.count("provider.unavailable", 1);
                StatusAnswer::Unavailable {
                    why: error.why,
                    retry_at: error.retry_at,
                }
            }
        };
        let provider_at = Some(self.ports.now());
        let mut found = None;
        if meters {
            match self.ports.search_meters(core::slice::from_ref(reference)).await {
                Ok(batches) => found = batches.into_iter().next(),
                // Not knowing whether the meter is there is not knowing whether to send.
                Err(error) => {
                    status = StatusAnswer::Unavailable {
                        why: error.why,
                        retry_at: error.retry_at,
                    };
                }
            }
        }
        let visits = self.visits(&before, utility).await?;
        for _ in 0..CLAIM_ATTEMPTS {
            let person = self.person().await?;
            let mut facts = person
                .as_ref()
                .map_or_else(Facts::unknown, |known| self.composer.facts(known, utility));
            facts.visits = visits;
            let event = Event::Rechecked {
                generation,
                status: status.clone(),
                meters: found.clone(),
                facts,
            };
            match self.take(event, person.as_ref()).await {
                // Somebody else wrote to the same inbox, or the person just opted out: read anew.
                Err(TakeError::Contended) => {}
                taken => return Ok((taken?, Looked { person, provider_at })),
            }
        }
        Err(TakeError::Contended)
    }

    /// How others fare at the customer's utility.
    async fn visits(&self, person: &Known, utility: Option<&UtilityCode>) -> Result<Visits, StoreError> {
        let contact = &person.contact;
        let Some(utility) = utility.or(contact.utility.as_ref()) else {
            return Ok(Visits::default());
        };
        let now = self.ports.now();
        let since = now.checked_sub(self.campaign.incident.within).unwrap_or(now);
        self.ports.read_visits(contact.provider, utility, since).await
    }

    async fn person(&self) -> Result<Option<Known>, StoreError> {
        self.ports.contact_of(self.journey).await
    }

    /// May the message still go? The journey is read last: of what may have changed since the claim, a
    /// completion is the likeliest.
    async fn still_goes(&self, message: &Outgoing) -> Result<bool, StoreError> {
        let allowed = self.person().await?.is_some_and(|known| {
            let (channel, same) = match message {
                Outgoing::Email(email) => (Channel::Email, known.contact.email.as_ref() == Some(&email.to)),
                Outgoing::Text(text) => (Channel::Sms, known.contact.phone.as_ref() == Some(&text.to)),
                Outgoing::Push(push) => (Channel::Push, known.contact.push.as_ref() == Some(&push.to)),
                Outgoing::Event => (Channel::Event, true),
            };
            same && self.composer.facts(&known, None).permission(channel) == Permission::Allowed
        });
        let loaded = self.ports.load_journey(self.journey).await?;
        Ok(allowed && loaded.is_some_and(|loaded| loaded.journey.is_live()))
    }

    /// What the sender refuses to everybody, we need not ask for again. If it cannot be kept now, the
    /// sender will say it again.
    async fn close_number(&self, person: Option<&Known>, at: Timestamp) {
        let Some(number) = person.and_then(|known| known.number.as_ref()) else {
            return;
        };
        if let Err(error) = self
            .ports
            .suppress_address(&number.address, SuppressedFor::SenderList, at)
            .await
        {
            tracing::error!(journey = %self.journey, error = &error as &dyn Error, "a number that opted out is not closed");
        }
    }

    async fn send(&self, order: &SendOrder, looked: &Looked) -> Result<Option<Taken>, TakeError> {
        let person = looked.person.as_ref();
        let now = self.ports.now();
        // A sender is far quicker than half a lease. If this call was held up for so long, others
        // may already be looking for what became of the claim: they decide now.
        if now.duration_since(order.claimed_at) > self.campaign.claim_lease / 2 {
            tracing::warn!(journey = %self.journey, "claim outlived; nothing sent");
            return Ok(None);
        }
        let outcome = match person.map(|known| self.composer.compose(order, known, now)) {
            // One more look, as late as can be: since the claim the customer may have finished, or
            // opted out, or may have been erased.
            Some(Ok(message)) if !self.still_goes(&message).await? => SendOutcome::Withheld,
            Some(Ok(Outgoing::Email(email))) => self.ports.send_email(&email).await,
            Some(Ok(Outgoing::Text(text))) => self.ports.send_text(&text).await,
            Some(Ok(Outgoing::Push(push))) => self.ports.send_push(&push).await,
            Some(Ok(Outgoing::Event)) => SendOutcome::Accepted {
                message_id: String::new(),
            },
            Some(Err(error)) => {
                self.ports.count("send.not_composed", 1);
                tracing::error!(journey = %self.journey, error = &error as &dyn Error, "message not composed");
                SendOutcome::Refused {
                    why: "the message could not be composed".to_owned(),
                }
            }
            None => SendOutcome::Refused {
                why: "the person is not known".to_owned(),
            },
        };
        match &outcome {
            SendOutcome::Accepted { .. } => {
                // How long nobody looked: since the claim, and since the provider's answer before it.
                let moments = [
                    ("send.residual_ms", Some(order.claimed_at)),
                    ("send.status_age_ms", looked.provider_at),
                ];
                let accepted_at = self.ports.now();
                for (name, since) in moments {
                    if let Some(since) = since {
                        let ms = accepted_at.duration_since(since).as_secs_f64() * 1_000.0;
                        self.ports.measure(name, Unit::Milliseconds, ms);
                    }
                }
                let touch = order.key.touch.0.to_string();
                let labels = [("channel", order.key.channel.as_str()), ("touch", touch.as_str())];
                self.ports.count_labelled("send.accepted", &labels, 1);
            }
            SendOutcome::Refused { why } => {
                tracing::warn!(journey = %self.journey, why, "message refused for good");
            }
            SendOutcome::OptedOut => {
                tracing::warn!(journey = %self.journey, "the recipient opted out with the sender");
                self.close_number(person, now).await;
            }
            SendOutcome::Throttled | SendOutcome::Withheld | SendOutcome::Ambiguous => {}
        }
        let event = Event::SendResolved {
            key: order.key.clone(),
            outcome,
        };
        self.take(event, None).await
    }
}

/// One line a fire, with the decision and its reasons, and the counters of operators.
fn report<P: Count>(ports: &P, journey: &JourneyId, utility: Option<&UtilityCode>, notes: &[Note]) {
    for note in notes {
        if let Note::Skipped { why, .. } = note {
            ports.count_labelled("touch.skipped", &[("reason", why.as_str())], 1);
        } else if let Note::Held { why, .. } = note {
            ports.count_labelled("touch.held", &[("reason", why.as_str())], 1);
            if *why == HoldReason::Incident {
                ports.count("utility.paused", 1);
            }
            if matches!(why, HoldReason::Status(Unavailable::Unauthorized)) {
                ports.count("provider.unauthorized", 1);
            }
        } else if matches!(note, Note::Sent { .. }) {
            ports.count("touch.sent", 1);
        } else if matches!(note, Note::SendUnknown { .. }) {
            ports.count("touch.unknown", 1);
        } else if matches!(note, Note::HandedBack) {
            ports.count("journey.handed_back", 1);
        }
    }
    let alert = notes.iter().any(Note::is_alert);
    if alert {
        tracing::warn!(%journey, utility = utility.map(UtilityCode::as_str), ?notes, "timer fired");
    } else {
        tracing::info!(%journey, ?notes, "timer fired");
    }
}
