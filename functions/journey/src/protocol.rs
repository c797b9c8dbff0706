//! The protocol around [`decide`]: load, decide, arm the timer, write on condition, then act.
//!
//! It is the same for every use case, so it is here, generic over the ports; nothing in this crate
//! can run it.

use crate::campaign::Campaign;
use crate::contact::Known;
use crate::decide::{Decision, decide};
use crate::effect::Effect;
use crate::event::Delivered;
use crate::id::{ContactId, JourneyId, Provider, Purpose, UtilityCode};
use crate::incident::{Visit, Visited};
use crate::note::Note;
use crate::port::{
    ArmTimer, Clock, Commit, CommitError, CommitJourney, InboxClaim, LoadJourney, StoreError, Versioned,
};
use crate::state::{Flow, Journey, Timer};

/// How often a lost race is run again. Each loss means that somebody else's write succeeded, so
/// more than a few in a row for one journey is a flood, not a race.
pub const MAX_ATTEMPTS: u32 = 8;

/// Why an event could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The race was lost [`MAX_ATTEMPTS`] times.
    #[error("the journey was changed by others {MAX_ATTEMPTS} times in a row")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to do with an event for a journey that does not exist.
#[derive(Clone, Copy, Debug)]
pub enum IfAbsent {
    /// Begin it.
    Begin {
        /// The provider.
        provider: Provider,
        /// What the customer is on the way to.
        purpose: Purpose,
        /// The flow that the partner's link opens, if known.
        flow: Flow,
    },
    /// Leave it.
    Ignore,
}

/// The person behind a journey, as far as a write needs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    /// The contact that the journey belongs to.
    pub contact: Option<&'a ContactId>,
    /// The contact as read for this decision: a claim takes its place in this inbox.
    pub known: Option<&'a Known>,
    /// The utility that the partner names for the person.
    pub utility: Option<&'a UtilityCode>,
}

impl<'a> Person<'a> {
    /// The utility of a visit: the one that the customer went to, or else the one that the partner names.
    fn utility_of(&self, journey: &'a Journey) -> Option<&'a UtilityCode> {
        let known = self.known.and_then(|known| known.contact.utility.as_ref());
        journey.utility.as_ref().or(self.utility).or(known)
    }
}

/// What came of an event.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The journey as it is now.
    pub journey: Journey,
    /// The timer that it had before.
    pub timer_before: Option<Timer>,
    /// What is still to be carried out; timers have been armed.
    pub effects: Vec<Effect>,
    /// What was decided and why.
    pub notes: Vec<Note>,
    /// Was anything written?
    pub written: bool,
}

/// Takes one event: answers when what it means is durable.
///
/// `None` when there is no such journey and it is not to be begun.
///
/// # Errors
/// [`TakeError`] when the store fails, or others keep changing the journey.
pub async fn take<P>(
    ports: &P,
    campaign: &Campaign,
    id: &JourneyId,
    if_absent: IfAbsent,
    person: Person<'_>,
    event: &Delivered,
) -> Result<Option<Taken>, TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer,
{
    for _ in 0..MAX_ATTEMPTS {
        let now = ports.now();
        let loaded = match (ports.load_journey(id).await?, if_absent) {
            (Some(loaded), _) => loaded,
            (None, IfAbsent::Ignore) => return Ok(None),
            (
                None,
                IfAbsent::Begin {
                    provider,
                    purpose,
                    flow,
                },
            ) => {
                let journey = Journey::begin(id.clone(), provider, purpose, flow, now, campaign);
                Versioned { journey, version: 0 }
            }
        };
        let decision = decide(&loaded.journey, event, now, campaign);
        let visit = Visit::shown_by(&loaded.journey, &decision, now, &campaign.incident);
        let Decision { next, effects, notes } = decision;
        let timer_before = loaded.journey.timer.clone();
        if next == loaded.journey {
            return Ok(Some(Taken {
                journey: next,
                timer_before,
                effects: after_write(effects),
                notes,
                written: false,
            }));
        }
        // The timer comes before the write: armed for a state that was never written it does
        // nothing, while a written state without a timer would be forgotten.
        for effect in &effects {
            if let Effect::ArmTimer(timer) = effect {
                ports.arm_timer(id, timer).await?;
            }
        }
        let claim = claimed(&effects, person.known, now);
        let commit = Commit {
            journey: &next,
            expected: loaded.version,
            contact: person.contact,
            claim,
            visited: visit.zip(person.utility_of(&next)).map(|(visit, utility)| Visited {
                provider: next.provider,
                utility,
                visit,
                at: now,
            }),
        };
        match ports.commit_journey(commit).await {
            Ok(()) => {
                return Ok(Some(Taken {
                    journey: next,
                    timer_before,
                    effects: after_write(effects),
                    notes,
                    written: true,
                }));
            }
            // A claim that lost against its inbox must not be decided again on the same, now
            // outdated, facts: the caller reads the contact anew.
            Err(CommitError::VersionConflict) if claim_in(&effects) => {
                return Err(TakeError::Contended);
            }
            Err(CommitError::VersionConflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(TakeError::Contended)
}

fn claim_in(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Send(_)))
}

fn claimed<'a>(effects: &'a [Effect], known: Option<&'a Known>, at: jiff::Timestamp) -> Option<InboxClaim<'a>> {
    let known = known?;
    let address = known.address.as_ref()?;
    effects.iter().find_map(|effect| match effect {
        Effect::Send(order) => Some(InboxClaim {
            address,
            expected: known.inbox.version,
            key: &order.key,
            at,
        }),
        Effect::ArmTimer(_) | Effect::Recheck { .. } | Effect::LookUpSend(_) => None,
    })
}

fn after_write(effects: Vec<Effect>) -> Vec<Effect> {
    effects
        .into_iter()
        .filter(|effect| !matches!(effect, Effect::ArmTimer(_)))
        .collect()
}
