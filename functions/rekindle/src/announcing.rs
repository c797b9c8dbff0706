//! Tells the partner's URL what happens, as the function `announce` does on AWS.

use std::error::Error;
use std::time::Duration;

use announce::{Links, Record};
use backon::{BackoffBuilder, ExponentialBuilder};
use embedded::{MachineTime, Outbox, Store, Stream};
use hook::Hook;
use journey::campaign::Channel;
use journey::contact::Locale;
use journey::port::{Announce, Announcement, MessageLabel, StoreError};
use journey::{Diagnosis, JourneyId, Provider, Reference, SendKey, SendOutcome, Touch};
use serde::Deserialize;

use crate::world::World;

/// Writes read at once.
const BATCH: usize = 100;

/// Whom we tell, and what of.
pub(crate) struct Announcing {
    stream: Stream,
    links: Links,
    ports: Ports,
}

struct Ports {
    clock: embedded::ProgramClock,
    store: Store,
    hook: Hook<MachineTime>,
    outbox: Outbox,
}

journey::delegate_ports!(Ports {
    clock: Clock;
    store: LoadJourney, FindContact, CountOnce, Count;
});

impl Announcing {
    /// From now on, every write of a journey is told.
    pub(crate) fn new(world: &World, hook: Hook<MachineTime>) -> Self {
        Announcing {
            stream: world.store.stream(),
            links: Links {
                key: world.composer.links.clone(),
                public_url: world.composer.public_url.clone(),
            },
            ports: Ports {
                clock: world.clock.clone(),
                store: world.store.clone(),
                hook,
                outbox: world.outbox.clone(),
            },
        }
    }

    /// Tells until it is dropped; what was not told is told after the next start. A receiver that does not answer is
    /// asked again after ever longer pauses.
    pub(crate) async fn run(self) {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(30))
            .without_max_times();
        let mut waits = pauses.build();
        loop {
            let left = match self.pass().await {
                Ok(left) => left,
                Err(error) => {
                    tracing::error!(error = &error as &dyn Error, "the stream of writes cannot be read");
                    Left::NotTaken
                }
            };
            match left {
                Left::More => waits = pauses.build(),
                Left::Nothing => {
                    waits = pauses.build();
                    self.stream.more().await;
                }
                Left::NotTaken => tokio::time::sleep(waits.next().unwrap_or_default()).await,
            }
        }
    }

    async fn pass(&self) -> Result<Left, StoreError> {
        let kept = self.stream.first(BATCH)?;
        let Some(last) = kept.last().map(|record| record.sequence) else {
            return Ok(Left::Nothing);
        };
        let records: Vec<Record> = kept
            .into_iter()
            .map(|record| Record {
                id: record.sequence.to_string(),
                sequence: record.sequence.to_string(),
                journey: record.journey,
                before: record.before,
                after: Some(record.after),
            })
            .collect();
        let failed = announce::handle(&self.ports, &self.links, &records).await;
        let first_failed: Option<u64> = failed.first().and_then(|sequence| sequence.parse().ok());
        self.stream
            .forget(first_failed.map_or(last, |first| first.saturating_sub(1)))
            .await?;
        Ok(match first_failed {
            None => Left::More,
            Some(_) => Left::NotTaken,
        })
    }
}

/// What a pass has left.
enum Left {
    /// Perhaps more.
    More,
    /// Nothing: wait for the next write.
    Nothing,
    /// What the receiver did not take.
    NotTaken,
}

impl Announce for Ports {
    /// What the receiver took and asks for a message is in the outbox's log as well, beside all other messages.
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        let mut left = self.hook.announce(events).await;
        for (place, event) in events.iter().enumerate() {
            if left.contains(&place) || event.kind != "touch.due" {
                continue;
            }
            let kept = match serde_json::from_str::<Told>(&event.body) {
                Ok(told) => told.keep(&self.outbox, event).await,
                Err(error) => {
                    tracing::error!(event = %event.id, error = &error as &dyn Error, "a touch that is due cannot be logged");
                    true
                }
            };
            if !kept {
                // It comes again under the same name, and the partner knows it then.
                left.push(place);
            }
        }
        left.sort_unstable();
        left
    }
}

/// What the partner was told: the part of docs/events.md that a line of the log repeats.
#[derive(Deserialize)]
struct Told {
    provider: Provider,
    reference: Reference,
    journey: JourneyId,
    episode: u16,
    diagnosis: Diagnosis,
    experiment: Arm,
    data: Due,
}

#[derive(Deserialize)]
struct Arm {
    arm: String,
}

#[derive(Deserialize)]
struct Due {
    touch: Touch,
    locale: Locale,
}

impl Told {
    async fn keep(self, outbox: &Outbox, event: &Announcement) -> bool {
        let key = SendKey {
            journey: self.journey,
            episode: self.episode,
            touch: self.data.touch,
            attempt: 1,
            channel: Channel::Event,
        };
        let label = MessageLabel {
            provider: self.provider,
            reference: self.reference,
            diagnosis: self.diagnosis,
            locale: self.data.locale,
            arm: self.experiment.arm,
        };
        let kept = outbox.keep_event(&key, event.at, &label, &event.body).await;
        matches!(kept, SendOutcome::Accepted { .. })
    }
}
