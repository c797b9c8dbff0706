//! The table's stream becomes lifecycle events for the partner, and daily counters.
//!
//! Each write of a journey arrives as the record before it and the record after it; [`journey::lifecycle`]
//! says what happened between them. Events are handed over at least once, in the order of the stream;
//! docs/events.md has their form. The counters count each of them exactly once: `counting` says how.
//!
//! A batch is read in order, and stops at the first record that could not be handed over or counted.
//! Its sequence number is answered, and Lambda reads again from there ([partial batch responses][1]).
//! The event source mapping must not bisect batches: the counting relies on that.
//!
//! [1]: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

mod body;
mod counting;
mod due;
pub mod stream;

use core::error::Error;

use journey::port::{Announce, Announcement, Clock, Count, CountOnce, FindContact, LoadJourney, StoreError};
use journey::{Journey, JourneyId, LifecycleEvent, lifecycle, stored};

use counting::{Counted, Entry};
use due::Due;

pub use due::Links;

/// The ports that announcing uses, all of them.
pub trait Ports: Clock + LoadJourney + FindContact + Announce + CountOnce + Count {}

impl<P> Ports for P where P: Clock + LoadJourney + FindContact + Announce + CountOnce + Count {}

/// One write of a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The stream's name of the write.
    pub id: String,
    /// Its place in the stream.
    pub sequence: String,
    /// The journey.
    pub journey: JourneyId,
    /// The stored record before it, of [`journey::stored`]; none when there was none.
    pub before: Option<Vec<u8>>,
    /// The stored record after it; none when it was removed.
    pub after: Option<Vec<u8>>,
}

/// A record with what it says.
struct Write<'a> {
    record: &'a Record,
    after: Option<Journey>,
    events: Vec<LifecycleEvent>,
}

/// Announces and counts what a batch of writes says, in its order.
///
/// Answers the sequence number of the first one that is to be read again, if there is one, with all
/// that follow it. A record that nobody can read is counted as `announce.unreadable` and left behind: to
/// read it again would not help, and would hold up all that follow.
pub async fn handle<P: Ports>(ports: &P, links: &Links, records: &[Record]) -> Vec<String> {
    let writes: Vec<Write<'_>> = records.iter().map(|record| read(ports, record)).collect();
    let entries: Vec<Entry<'_>> = writes.iter().map(entry).collect();
    let first_failed = match through(ports, links, &writes, &entries).await {
        Ok(done) if done >= records.len() => return Vec::new(),
        Ok(failed) => failed,
        Err((failed, error)) => {
            tracing::error!(error = &error as &dyn Error, "lifecycle events not counted");
            failed
        }
    };
    ports.count("announce.failed", 1);
    let failed = records.get(first_failed).or(records.last());
    failed.map(|record| record.sequence.clone()).into_iter().collect()
}

/// How far it went: the place of the first record that is not done.
async fn through<P: Ports>(
    ports: &P,
    links: &Links,
    writes: &[Write<'_>],
    entries: &[Entry<'_>],
) -> Result<usize, (usize, StoreError)> {
    // What was counted has been announced before.
    let begin = match counting::counted(ports, entries).await? {
        Counted::Until(place) => place,
        Counted::HandBack(place) => return Ok(place),
    };
    let mut announced = begin;
    for write in writes.iter().skip(begin) {
        if !announce(ports, links, write).await {
            break;
        }
        announced += 1;
    }
    match counting::count(ports, entries, begin, announced).await? {
        Counted::Until(place) => Ok(announced.max(place)),
        Counted::HandBack(place) => Ok(place),
    }
}

/// Hands over what a write says; answers whether all of it was taken.
async fn announce<P: Ports>(ports: &P, links: &Links, write: &Write<'_>) -> bool {
    let journey = &write.record.journey;
    let Some(after) = write.after.as_ref().filter(|_| !write.events.is_empty()) else {
        return true;
    };
    let person = match ports.contact_of(journey).await {
        Ok(person) => person,
        Err(error) => {
            tracing::error!(%journey, error = &error as &dyn Error, "contact not read");
            return false;
        }
    };
    let mut announcements = Vec::new();
    for event in &write.events {
        let due = match due::look(ports, links, journey, event, person.as_ref()).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%journey, error = &error as &dyn Error, "a touch that is due was not looked at");
                return false;
            }
        };
        let details = match due {
            Due::NotAMessage => None,
            Due::Still(details) => Some(details),
            Due::NoMore(why) => {
                tracing::warn!(%journey, event = %event.id, why, "the partner is not told of a touch that was due");
                ports.count_labelled("announce.withheld", &[("reason", why)], 1);
                continue;
            }
        };
        announcements.push(Announcement {
            id: event.id.clone(),
            kind: event.what.kind(),
            at: event.at,
            body: body::body(event, after, person.as_ref(), details),
        });
    }
    let refused = ports.announce(&announcements).await;
    if !refused.is_empty() {
        tracing::error!(%journey, refused = refused.len(), "lifecycle events not taken");
        return false;
    }
    for Announcement { id, kind, .. } in &announcements {
        tracing::info!(%journey, event = %id, kind, "announced");
        ports.count_labelled("announce.events", &[("type", *kind)], 1);
    }
    true
}

fn read<'a>(ports: &impl Count, record: &'a Record) -> Write<'a> {
    let nothing = Write {
        record,
        after: None,
        events: Vec::new(),
    };
    // What is removed has ended long ago, and was announced then.
    let Some(after) = &record.after else {
        return nothing;
    };
    let decoded = record
        .before
        .as_deref()
        .map(stored::decode)
        .transpose()
        .and_then(|before| Ok((before, stored::decode(after)?)));
    match decoded {
        Ok((before, after)) => Write {
            record,
            events: lifecycle(before.as_ref(), &after),
            after: Some(after),
        },
        Err(error) => {
            tracing::error!(journey = %record.journey, error = &error as &dyn Error, "a record in the stream cannot be read");
            ports.count("announce.unreadable", 1);
            nothing
        }
    }
}

fn entry<'a>(write: &Write<'a>) -> Entry<'a> {
    let after = write.after.as_ref();
    let counts = write
        .events
        .iter()
        .filter_map(|event| Some(body::daily_count(event, after?)));
    Entry {
        id: &write.record.id,
        counts: counts.collect(),
    }
}
