//! The table's stream in some cases: each write, in order, read in batches that repeat.

use std::collections::{BTreeMap, BTreeSet};

use announce::Record;
use journey::link::LinkKey;
use journey::port::{Announce, Announcement, CommitError, CountOnce, DailyCount, StoreError};
use journey::{Journey, stored};

use crate::case::{MINUTE, SECOND};
use crate::fault::{Of, Who};
use crate::ports::{Ports, busy, lock};
use crate::run::{Ending, Run};
use crate::state::{Item, Service, State, id_key};

/// A stream, and what came of reading it.
#[derive(Default)]
pub(crate) struct Stream {
    records: Vec<Record>,
    read: usize,
    attempts: u16,
    reading: bool,
    announced: BTreeSet<String>,
    marks: BTreeMap<String, usize>,
    counted: u64,
}

impl State {
    /// Keeps a write, and checks that what is stored reads back as what was meant.
    pub(crate) fn stream(&mut self, before: Option<&Journey>, after: &Journey) {
        let (now, Some(stream)) = (self.now, &mut self.stream) else {
            return;
        };
        let bytes = stored::encode(after);
        let same = stored::decode(&bytes).is_ok_and(|read| read == *after);
        let number = stream.records.len();
        stream.records.push(Record {
            id: format!("record-{number}"),
            sequence: number.to_string(),
            journey: after.id.clone(),
            before: before.map(stored::encode),
            after: Some(bytes),
        });
        let begins = !stream.reading;
        stream.reading = true;
        if begins {
            self.push(now + SECOND, Item::Stream);
        }
        if !same {
            self.breach("I10", "a stored journey reads back as another one".to_owned());
        }
    }

    /// Everything was announced, and counted exactly once.
    pub(crate) fn judge_stream(&mut self) {
        let Some(stream) = &self.stream else { return };
        let (announced, counted) = (stream.announced.len() as u64, stream.counted);
        let unread = stream.records.len() - stream.read;
        if announced != counted {
            self.breach(
                "counters",
                format!("{announced} events were announced, {counted} counted"),
            );
        }
        if unread > 0 {
            self.breach("counters", format!("{unread} records were never read"));
        }
    }
}

impl Run {
    /// Reads the next batch.
    pub(crate) fn stream(&mut self) {
        let (who, batch) = {
            let mut state = lock(&self.shared);
            let Some(stream) = &mut state.stream else { return };
            // A reading that is repeated may bring fewer records, or more.
            let size = 1 + (stream.read + usize::from(stream.attempts)) % 7;
            let batch: Vec<_> = stream.records.iter().skip(stream.read).take(size).cloned().collect();
            if batch.is_empty() {
                stream.reading = false;
                return;
            }
            stream.attempts = stream.attempts.wrapping_add(1);
            let (a, b) = (stream.read as u32, stream.attempts);
            let customer = Who::ALL;
            (
                Who {
                    of: Of::Announce,
                    customer,
                    a,
                    b,
                },
                batch,
            )
        };
        self.start(who, MINUTE, |ports| {
            Box::pin(async move {
                let links = announce::Links {
                    key: LinkKey::new(id_key().derive("link")),
                    public_url: String::new(),
                };
                let failed = announce::handle(&ports, &links, &batch).await;
                let failed = failed.first().and_then(|sequence| sequence.parse().ok());
                Ending::Read(failed.unwrap_or(who.a as usize + batch.len()))
            })
        });
    }
}

impl State {
    /// A reading ended: the next begins where it stopped, or where it had begun.
    pub(crate) fn read_to(&mut self, place: Option<usize>) {
        let Some(stream) = &mut self.stream else { return };
        if let Some(place) = place {
            stream.read = place;
        }
        let now = self.now;
        self.push(now + SECOND, Item::Stream);
    }
}

impl Announce for Ports {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        let effect = |state: &mut State| {
            for event in events {
                state.judge_label(&event.id, 0);
                if let Some(stream) = &mut state.stream {
                    stream.announced.insert(event.id.clone());
                }
            }
            Vec::new()
        };
        self.call(Service::Store, effect, |_, _| (0..events.len()).collect())
            .await
    }
}

impl CountOnce for Ports {
    async fn counted(&self, first_record: &str) -> Result<Option<usize>, StoreError> {
        let effect = |state: &mut State| {
            let stream = state.stream.as_ref();
            Ok(stream.and_then(|stream| stream.marks.get(first_record).copied()))
        };
        self.call(Service::Store, effect, |_, _| Err(busy())).await
    }

    async fn count_once(&self, first_record: &str, records: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        let effect = |state: &mut State| {
            for count in counts {
                state.judge_label(&count.name, 0);
            }
            let Some(stream) = &mut state.stream else { return Ok(()) };
            if stream.marks.contains_key(first_record) {
                return Err(CommitError::VersionConflict);
            }
            stream.marks.insert(first_record.to_owned(), records);
            stream.counted += counts.iter().map(|count| count.by).sum::<u64>();
            Ok(())
        };
        self.call(Service::Store, effect, |_, _| Err(busy().into())).await
    }
}
