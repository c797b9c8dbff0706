//! Leap: up to 100 references in one search.

use core::error::Error;

use journey::port::SearchMeters;
use journey::{Event, JourneyId, Reference};

use crate::{Ports, Round};

impl<P: Ports> Round<'_, P> {
    /// Searches for the meters of everybody.
    pub(crate) async fn meters(&mut self, known: &[(JourneyId, u32, Reference)]) {
        for batch in known.chunks(<P as SearchMeters>::BATCH) {
            let references: Vec<_> = batch.iter().map(|(_, _, reference)| reference.clone()).collect();
            match self.ports.search_meters(&references).await {
                Ok(found) => {
                    for ((journey, generation, _), meters) in batch.iter().zip(found) {
                        let event = Event::MetersSeen {
                            generation: *generation,
                            meters,
                        };
                        self.record(journey, event).await;
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
                        self.record(journey, event).await;
                    }
                }
            }
        }
    }
}
