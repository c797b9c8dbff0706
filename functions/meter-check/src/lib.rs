//! Completed customers: has the meter arrived, have the data, and do new ones still come?
//!
//! Leap's customers are asked for up to 100 at once: first a day after the completion, then daily; late after three
//! days, which is a matter for operators and never for the customer. Bayou's and Light's are asked for one by one, and those who
//! are not done yet as well, since a webhook may be lost and there is no list of what has changed.

mod customers;
mod meters;

use core::error::Error;

use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, FindContact, FindDue, LoadJourney, ReadNewest, ReadStatus, SearchMeters,
    StoreError, Unit,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{
    Campaign, DataKind, Event, IdKey, JourneyId, Lane, MeterFollowUp, Note, Phase, Provider, Unavailable, UtilityCode,
};

/// Journeys taken from the index of what is due in one go.
const ROUND: usize = 1_000;

/// What a check must know besides its ports.
pub struct Config<'a> {
    /// The key of our own identifiers.
    pub id_key: &'a IdKey,
    /// Does signing in at a utility always need a second step? None for one that the directory does not know.
    pub asks_for_a_code: &'a (dyn Fn(&UtilityCode) -> Option<bool> + Sync),
}

impl core::fmt::Debug for Config<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Config")
    }
}

/// What a check did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Journeys that were due.
    pub due: usize,
    /// Meters that have arrived.
    pub arrived: usize,
    /// Meters that are late, new ones only.
    pub late: usize,
    /// First data that are late, new ones only.
    pub data_late: usize,
    /// Data that have silently stopped, new ones only.
    pub stale: usize,
    /// Customers whose completion, or loss, no webhook had told.
    pub drift: usize,
    /// Journeys that could not be asked for or written; they stay due.
    pub failed: usize,
}

/// The ports that a check uses, all of them.
pub trait Ports:
    Clock + FindDue + FindContact + LoadJourney + CommitJourney + ArmTimer + SearchMeters + ReadStatus + ReadNewest + Count
{
}

impl<P> Ports for P where
    P: Clock
        + FindDue
        + FindContact
        + LoadJourney
        + CommitJourney
        + ArmTimer
        + SearchMeters
        + ReadStatus
        + ReadNewest
        + Count
{
}

/// Looks at every journey that is due.
///
/// # Errors
/// [`StoreError`] when the index of what is due, or the contacts, cannot be read.
pub async fn check<P: Ports>(ports: &P, config: &Config<'_>, campaign: &Campaign) -> Result<Checked, StoreError> {
    let due = ports.find_due(Lane::Meter, ports.now(), ROUND).await?;
    let mut round = Round {
        ports,
        config,
        campaign,
        checked: Checked {
            due: due.len(),
            ..Checked::default()
        },
    };
    let (mut meters, mut customers) = (Vec::new(), Vec::new());
    for (journey, generation) in due {
        let Some(person) = ports.contact_of(&journey).await? else {
            let event = Event::MetersUnavailable {
                generation,
                why: Unavailable::UnknownContact,
            };
            round.record(&journey, event).await;
            continue;
        };
        match person.contact.provider {
            Provider::Leap => meters.push((journey, generation, person.contact.reference)),
            Provider::Bayou | Provider::Light => customers.push((journey, generation, person)),
        }
    }
    round.meters(&meters).await;
    round.customers(&customers).await;
    let checked = round.checked;
    for (counter, by) in [
        ("meter.arrived", checked.arrived),
        ("meter.late", checked.late),
        ("reconcile.drift", checked.drift),
    ] {
        ports.count(counter, by as u64);
    }
    Ok(checked)
}

/// One round, and what it has done so far.
struct Round<'a, P> {
    ports: &'a P,
    config: &'a Config<'a>,
    campaign: &'a Campaign,
    checked: Checked,
}

impl<P: Ports> Round<'_, P> {
    /// Tells a journey what was seen of it.
    async fn record(&mut self, journey: &JourneyId, event: Event) {
        self.tell(journey, IfAbsent::Ignore, Person::default(), event).await;
    }

    /// Answers whether what was seen is on record.
    async fn tell(&mut self, journey: &JourneyId, if_absent: IfAbsent, person: Person<'_>, event: Event) -> bool {
        let event = event.into();
        match take(self.ports, self.campaign, journey, if_absent, person, &event).await {
            Ok(Some(taken)) => {
                let utility = taken.journey.utility.as_ref();
                // A provider's word for a utility is no label before the directory knows it: labels are few.
                let utility = utility.filter(|code| (self.config.asks_for_a_code)(code).is_some());
                let utility = utility.map_or("OTHER".to_owned(), |code| code.as_str().to_owned());
                self.count(&taken.notes, &utility);
                if let Phase::Completed {
                    at,
                    meter: MeterFollowUp::Arrived { at: arrived },
                    ..
                } = &taken.journey.phase
                    && taken.notes.contains(&Note::MeterArrived)
                {
                    let waited = arrived.duration_since(*at).as_secs_f64();
                    self.ports.measure("meter.wait_s", Unit::Seconds, waited);
                }
                if !taken.notes.is_empty() {
                    let utility = taken.journey.utility.as_ref().map(UtilityCode::as_str);
                    tracing::info!(%journey, utility, notes = ?taken.notes, "looked at");
                }
            }
            Ok(None) => {}
            Err(error @ (TakeError::Contended | TakeError::Store(_))) => {
                self.checked.failed += 1;
                tracing::error!(%journey, error = &error as &dyn Error, "check not written");
                return false;
            }
        }
        true
    }

    fn count(&mut self, notes: &[Note], utility: &str) {
        let labels = |kind: DataKind| [("kind", kind.as_str()), ("utility", utility)];
        for note in notes {
            let checked = &mut self.checked;
            match note {
                Note::MeterArrived => checked.arrived += 1,
                Note::MeterLate => checked.late += 1,
                Note::Drift { .. } => checked.drift += 1,
                Note::DataReady { kind, after_s } => {
                    if let Some(seconds) = after_s {
                        let metric = match kind {
                            DataKind::Bills => "data.bills_wait_s",
                            DataKind::Intervals => "data.intervals_wait_s",
                            DataKind::Service => "data.service_wait_s",
                            DataKind::UsageHistory => "data.usage_history_wait_s",
                        };
                        // Whole seconds of at most some weeks.
                        #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 seconds")]
                        self.ports.measure(metric, Unit::Seconds, *seconds as f64);
                    }
                }
                Note::DataLate { kind } => {
                    checked.data_late += 1;
                    self.ports.count_labelled("data.late", &labels(*kind), 1);
                }
                Note::DataStale { kind } => {
                    checked.stale += 1;
                    self.ports.count_labelled("data.stale", &labels(*kind), 1);
                }
                Note::Opened { .. }
                | Note::SignOfLife { .. }
                | Note::ProviderActivity { .. }
                | Note::Duplicate
                | Note::Absorbed { .. }
                | Note::AlreadyCompleted
                | Note::MeterNews { .. }
                | Note::Completed { .. }
                | Note::CompletionContradicted
                | Note::Reopened { .. }
                | Note::CameBack
                | Note::TimerSet { .. }
                | Note::StaleTimer
                | Note::Diagnosed { .. }
                | Note::Held { .. }
                | Note::Claimed { .. }
                | Note::ChannelPassed { .. }
                | Note::Sent { .. }
                | Note::Retrying { .. }
                | Note::SendUnknown { .. }
                | Note::LateAnswer { .. }
                | Note::DeliveryProblem { .. }
                | Note::Skipped { .. }
                | Note::Unrecognized
                | Note::HandedBack
                | Note::Stopped { .. }
                | Note::MeterNotYet { .. }
                | Note::MeterSearchUnavailable { .. }
                | Note::MeterGivenUp
                | Note::ConnectAgain { .. }
                | Note::FallbackGiven { .. }
                | Note::SupportNeeded { .. }
                | Note::DataFresh { .. } => {}
            }
        }
    }
}
