//! Counting exactly once what a stream delivers at least once.
//!
//! The records of a batch are counted in *chunks*: runs of neighbours whose numbers go into the counters
//! in one transaction, together with a mark under the name of the first, which says how long the chunk
//! is. Whoever begins to read at the first record of a chunk finds the mark, and skips the chunk.
//!
//! So all depends on this: **no reading begins inside a chunk**, unless it finds a mark there.
//!
//! - A shard of a stream has one order, and is read from the place where a reading has stopped. A reading
//!   that dies is repeated from where it had begun, and that was no place inside a chunk.
//! - A batch stops at its end, or at the record whose sequence number is answered. Chunks end before
//!   the first record that was not announced, and a failure is answered with the first record that is in
//!   no chunk. So neither is inside one that this reading has made.
//! - A repeated reading may bring fewer records than the first and end inside a chunk of the first. Then
//!   its last record is answered as failed, and gets a mark for the rest of the chunk: the next reading
//!   begins there, and skips the rest. A batch of only that one record comes again until a longer one does.
//! - Two readings at once, of which one is held up and thought dead, want marks under the same names.
//!   The second to write fails as a whole, and goes on behind the chunk of the first.
//! - Bisecting a batch after an error would begin a reading anywhere. It must be off.
//!
//! A chunk begins with a record that has something to count, so most batches write nothing for those
//! that have not. The numbers are small and go up only, so the order of chunks does not matter.

use std::collections::BTreeSet;

use journey::port::{CommitError, CountOnce, DailyCount, StoreError};

/// DynamoDB writes 100 items in a transaction, and one is the mark.
const MAX_COUNTERS: usize = 99;

/// A record of the stream, as far as it is to be counted.
pub(crate) struct Entry<'a> {
    /// The stream's name of it.
    pub(crate) id: &'a str,
    /// What it adds.
    pub(crate) counts: Vec<DailyCount>,
}

/// How far a batch is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Up to this place. What follows has not been counted, or has nothing to count.
    Until(usize),
    /// Beyond the end of the batch: it is to be read again from this place on.
    HandBack(usize),
}

/// A failure, and the place from which the batch is to be read again.
type Failed = (usize, StoreError);

/// How much of a batch an earlier reading has counted.
pub(crate) async fn counted(ports: &impl CountOnce, entries: &[Entry<'_>]) -> Result<Counted, Failed> {
    let mut until = 0;
    // A mark for the rest of a chunk may be under a record that has nothing to count.
    if let Some(first) = entries.first().filter(|first| first.counts.is_empty()) {
        until = ports.counted(first.id).await.map_err(|error| (0, error))?.unwrap_or(0);
    }
    while let Some((place, entry)) = next(entries, until) {
        match ports.counted(entry.id).await.map_err(|error| (until, error))? {
            Some(records) => until = place + records,
            None => break,
        }
    }
    settle(ports, entries, until).await
}

/// Counts the records from `begin` to `end`, in chunks.
pub(crate) async fn count(
    ports: &impl CountOnce,
    entries: &[Entry<'_>],
    begin: usize,
    end: usize,
) -> Result<Counted, Failed> {
    let announced = entries.get(..end).unwrap_or(entries);
    let mut until = begin;
    while let Some((place, first)) = next(announced, until) {
        let (records, counts) = chunk(announced, place);
        until = match ports.count_once(first.id, records, &counts).await {
            Ok(()) => place + records,
            // Another reading was faster: it knows how many it took.
            Err(CommitError::VersionConflict) => match ports.counted(first.id).await {
                Ok(Some(records)) => place + records,
                Ok(None) => return Ok(Counted::HandBack(place)),
                Err(error) => return Err((place, error)),
            },
            Err(CommitError::Store(error)) => return Err((place, error)),
        };
    }
    settle(ports, entries, until).await
}

/// Where a chunk of another reading goes on behind the end of this batch, leaves a mark for its rest
/// under the last record, from which the next reading begins.
async fn settle(ports: &impl CountOnce, entries: &[Entry<'_>], until: usize) -> Result<Counted, Failed> {
    let last = entries.len().saturating_sub(1);
    match entries.last() {
        Some(entry) if until > entries.len() => match ports.count_once(entry.id, until - last, &[]).await {
            Ok(()) | Err(CommitError::VersionConflict) => Ok(Counted::HandBack(last)),
            Err(CommitError::Store(error)) => Err((0, error)),
        },
        Some(_) | None => Ok(Counted::Until(until)),
    }
}

/// The first record from a place on that has something to count.
fn next<'a, 'b>(entries: &'a [Entry<'b>], from: usize) -> Option<(usize, &'a Entry<'b>)> {
    let mut rest = entries.iter().enumerate().skip(from);
    rest.find(|(_, entry)| !entry.counts.is_empty())
}

/// The chunk that begins at a place: as many records as one transaction can count, the last of which
/// has something to count; each counter once, with its sum.
fn chunk(entries: &[Entry<'_>], begin: usize) -> (usize, Vec<DailyCount>) {
    let mut counters = BTreeSet::new();
    let mut records = 0;
    for (place, entry) in entries.iter().enumerate().skip(begin) {
        counters.extend(entry.counts.iter().map(|count| (count.day, &count.name)));
        if counters.len() > MAX_COUNTERS && records > 0 {
            break;
        }
        if !entry.counts.is_empty() {
            records = place + 1 - begin;
        }
    }
    let mut counts: Vec<DailyCount> = Vec::new();
    for count in entries.iter().skip(begin).take(records).flat_map(|entry| &entry.counts) {
        let same = |sum: &&mut DailyCount| sum.day == count.day && sum.name == count.name;
        match counts.iter_mut().find(same) {
            Some(sum) => sum.by += count.by,
            None => counts.push(count.clone()),
        }
    }
    (records, counts)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    const MONDAY: Date = date(2026, 7, 6);
    const TUESDAY: Date = date(2026, 7, 7);

    fn count(day: Date, name: &str, by: u64) -> DailyCount {
        let name = name.to_owned();
        DailyCount { day, name, by }
    }

    fn entry(counts: Vec<DailyCount>) -> Entry<'static> {
        Entry { id: "a record", counts }
    }

    #[test]
    fn equal_counters_of_a_day_are_added_and_others_are_not() {
        let entries = [
            entry(vec![count(MONDAY, "sent", 1), count(MONDAY, "started", 1)]),
            entry(vec![count(MONDAY, "sent", 1)]),
            entry(vec![count(TUESDAY, "sent", 1)]),
            entry(vec![count(MONDAY, "sent", 1)]),
            entry(Vec::new()),
        ];
        let (records, counts) = chunk(&entries, 0);
        // The last has nothing to count: it is in no chunk.
        assert_eq!(records, 4);
        assert_eq!(
            counts,
            [
                count(MONDAY, "sent", 3),
                count(MONDAY, "started", 1),
                count(TUESDAY, "sent", 1)
            ]
        );
        assert_eq!(chunk(&entries, 2).0, 2);
    }

    #[test]
    fn a_record_with_more_counters_than_a_transaction_goes_alone() {
        let many = |count_of: usize| (0..count_of).map(|n| count(MONDAY, &n.to_string(), 1)).collect();
        let entries = [entry(many(120)), entry(vec![count(MONDAY, "sent", 1)])];
        assert_eq!(chunk(&entries, 0).0, 1);
        // 99 counters fit, and the hundredth does not.
        let entries = [entry(many(99)), entry(many(50)), entry(vec![count(MONDAY, "sent", 1)])];
        assert_eq!(chunk(&entries, 0).0, 2);
    }
}
