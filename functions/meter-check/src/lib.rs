//! Completed customers: has the meter arrived?
//!
//! Up to 100 references are asked for in one call: first a day after the completion, then daily;
//! late after three days, which is a matter for operators and never for the customer.

use core::error::Error;

use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, FindContact, FindDue, LoadJourney, SearchMeters, StoreError, Unit,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{Campaign, Event, JourneyId, Lane, MeterFollowUp, Note, Phase, Reference, Unavailable};

/// Journeys taken from the index of what is due in one go.
const ROUND: usize = 1_000;

/// What a check did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Journeys that were due.
    pub due: usize,
    /// Meters that have arrived.
    pub arrived: usize,
    /// Meters that are late, new ones only.
    pub late: usize,
    /// Journeys that could not be asked for or written; they stay due.
    pub failed: usize,
}

/// Looks for the meters of every journey that is due.
///
/// # Errors
/// [`StoreError`] when the index of what is due, or the contacts, cannot be read.
pub async fn check<P>(ports: &P, campaign: &Campaign) -> Result<Checked, StoreError>
where
    P: Clock + FindDue + FindContact + LoadJourney + CommitJourney + ArmTimer + SearchMeters + Count,
{
    let due = ports.find_due(Lane::Meter, ports.now(), ROUND).await?;
    let mut checked = Checked {
        due: due.len(),
        ..Checked::default()
    };
    let mut known: Vec<(JourneyId, u32, Reference)> = Vec::with_capacity(due.len());
    for (journey, generation) in due {
        match ports.contact_of(&journey).await? {
            Some(person) => known.push((journey, generation, person.contact.reference)),
            None => {
                let event = Event::MetersUnavailable {
                    generation,
                    why: Unavailable::UnknownContact,
                };
                record(ports, campaign, &journey, event, &mut checked).await;
            }
        }
    }
    for batch in known.chunks(<P as SearchMeters>::BATCH) {
        let references: Vec<_> = batch.iter().map(|(_, _, reference)| reference.clone()).collect();
        match ports.search_meters(&references).await {
            Ok(found) => {
                for ((journey, generation, _), meters) in batch.iter().zip(found) {
                    let event = Event::MetersSeen {
                        generation: *generation,
                        meters,
                    };
                    record(ports, campaign, journey, event, &mut checked).await;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    batch = batch.len(),
                    "meter search unavailable"
                );
                for (journey, generation, _) in batch {
                    let event = Event::MetersUnavailable {
                        generation: *generation,
                        why: error.why,
                    };
                    record(ports, campaign, journey, event, &mut checked).await;
                }
            }
        }
    }
    ports.count("meter.arrived", checked.arrived as u64);
    ports.count("meter.late", checked.late as u64);
    Ok(checked)
}

async fn record<P>(ports: &P, campaign: &Campaign, journey: &JourneyId, event: Event, checked: &mut Checked)
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + Count,
{
    let taken = take(
        ports,
        campaign,
        journey,
        IfAbsent::Ignore,
        Person::default(),
        &event.into(),
    )
    .await;
    match taken {
        Ok(Some(taken)) => {
            checked.arrived += usize::from(taken.notes.contains(&Note::MeterArrived));
            checked.late += usize::from(taken.notes.contains(&Note::MeterLate));
            if let Phase::Completed {
                at,
                meter: MeterFollowUp::Arrived { at: arrived },
                ..
            } = &taken.journey.phase
                && taken.notes.contains(&Note::MeterArrived)
            {
                ports.measure("meter.wait_s", Unit::Seconds, arrived.duration_since(*at).as_secs_f64());
            }
            tracing::info!(%journey, notes = ?taken.notes, "meter looked for");
        }
        Ok(None) => {}
        Err(error @ (TakeError::Contended | TakeError::Store(_))) => {
            checked.failed += 1;
            tracing::error!(%journey, error = &error as &dyn Error, "meter check not written");
        }
    }
}
