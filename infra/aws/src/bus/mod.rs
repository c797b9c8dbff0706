//! The event bus.

use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use journey::port::Announcement;

use crate::clients::{Failure, warm};

/// Who the events are from: what a rule of a partner's matches on.
pub const SOURCE: &str = "rekindle";

/// `PutEvents` takes this many at once.
const ENTRIES: usize = 10;

/// All entries of one request together: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>.
/// The limit of a request has been raised to 1 MB; the one of an entry is still this.
const BYTES: usize = 256 * 1024;

/// What an entry's time counts for.
const TIME_BYTES: usize = 14;

/// Puts announcements on an event bus.
#[derive(Clone, Debug)]
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl Bus {
    /// The bus of that name.
    #[must_use]
    pub fn new(client: aws_sdk_eventbridge::Client, name: String) -> Self {
        Bus { client, name }
    }

    /// Makes the connection before the first event. Needs `events:DescribeEventBus`.
    pub async fn warm_up(&self) {
        warm("eventbridge", self.client.describe_event_bus().name(&self.name).send()).await;
    }

    /// Puts events, in as few requests as the limits allow. Answers the places of those not taken.
    pub async fn put(&self, events: &[Announcement]) -> Vec<usize> {
        let mut left = Vec::new();
        for batch in batches(events) {
            left.extend(self.put_batch(events, &batch).await);
        }
        left
    }

    async fn put_batch(&self, events: &[Announcement], batch: &[usize]) -> Vec<usize> {
        let entries = batch
            .iter()
            .filter_map(|place| events.get(*place))
            .map(|event| self.entry(event));
        let request = self.client.put_events().set_entries(Some(entries.collect()));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = Failure::of(&error);
                tracing::error!(%failure, events = batch.len(), "the bus took no event of a batch");
                return batch.to_vec();
            }
        };
        // The answer's entries are in the order of the request's. `FailedEntryCount` only sums them up,
        // and an entry that is not there was not taken.
        let results = answer.entries.unwrap_or_default();
        let mut left = Vec::new();
        for (n, place) in batch.iter().enumerate() {
            match results.get(n) {
                Some(result) if result.error_code.is_none() && result.event_id.is_some() => {}
                Some(result) => {
                    let code = result.error_code.as_deref().unwrap_or("no event id");
                    tracing::error!(code, "the bus did not take an event");
                    left.push(*place);
                }
                None => left.push(*place),
            }
        }
        let failed = usize::try_from(answer.failed_entry_count).unwrap_or_default();
        if failed > left.len() {
            tracing::error!(
                failed,
                named = left.len(),
                "the bus names fewer failed events than it counts; all go again"
            );
            return batch.to_vec();
        }
        left
    }

    fn entry(&self, event: &Announcement) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.kind)
            .detail(&event.body)
            .time(DateTime::from_millis(event.at.as_millisecond()))
            .build()
    }
}

/// The places of the events, in batches that keep to the limits. One that is too large by itself goes
/// alone, and EventBridge says so.
fn batches(events: &[Announcement]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for (place, event) in events.iter().enumerate() {
        let bytes = TIME_BYTES + SOURCE.len() + event.kind.len() + event.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes <= room => {
                batch.push(place);
                room -= bytes;
            }
            Some(_) | None => {
                batches.push(vec![place]);
                room = BYTES.saturating_sub(bytes);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests;
