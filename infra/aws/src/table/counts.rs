//! Daily counters, and the marks of what was counted.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use journey::port::{CommitError, CountOnce, DailyCount, Date, ReadDailyCounts, StoreError};

use super::fault::{self, Refused};
use super::item::{self, Item, Key, n};
use super::write::{Change, Condition, Write, pause};
use super::{MAX_ATTEMPTS, Table};

/// The most counters that one chunk may add to: DynamoDB takes 100 items in a transaction, and one is
/// the mark. The reader of the stream keeps its chunks so small.
pub const MAX_COUNTS: usize = 99;

/// How long a chunk's mark is kept. A stream keeps its records for 24 hours, so nobody reads one later.
const MARK_KEPT: SignedDuration = SignedDuration::from_hours(3 * 24);

/// A chunk that adds to more counters than a transaction holds.
#[derive(Debug, thiserror::Error)]
#[error("a chunk adds to {0} counters; {MAX_COUNTS} can be written at once")]
struct TooManyCounts(usize);

impl CountOnce for Table {
    async fn counted(&self, first_record: &str) -> Result<Option<usize>, StoreError> {
        match self.get(&Key::mark(first_record)).await? {
            Some(item) if !item::is_expired(&item, self.now())? => Ok(Some(item::number(&item, "n")?)),
            Some(_) | None => Ok(None),
        }
    }

    /// The numbers and the mark are one transaction, so at most [`MAX_COUNTS`] different counters can be
    /// added to. More are refused as [`StoreError::Corrupt`]: to try again would not help.
    async fn count_once(&self, first_record: &str, records: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        let mut sums: BTreeMap<(Date, &str), u64> = BTreeMap::new();
        for count in counts.iter().filter(|count| count.by > 0) {
            let sum = sums.entry((count.day, count.name.as_str())).or_default();
            *sum = sum.saturating_add(count.by);
        }
        if sums.len() > MAX_COUNTS {
            return Err(fault::corrupt(TooManyCounts(sums.len())).into());
        }
        let mut writes = vec![self.mark(first_record, records)];
        writes.extend(sums.into_iter().map(|((day, name), by)| {
            Write::Change(Change::of(Key::counter(day, name), Condition::none()).add("n", n(by)))
        }));
        // The counters are shared by all readers of the stream, and two transactions at once on one of
        // them conflict. That is not the mark's condition, so it is tried again here.
        for lost in 0..MAX_ATTEMPTS {
            pause(lost).await;
            match self.write_all(writes.clone()).await {
                Err(Refused::Contended) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(fault::crowded("count_once").into())
    }
}

impl ReadDailyCounts for Table {
    async fn daily_counts(&self, day: Date) -> Result<BTreeMap<String, u64>, StoreError> {
        let items = self.partition(Key::day(day), "").await?;
        let counter = |item: &Item| Ok((item::text(item, "sk")?.to_owned(), item::number(item, "n")?));
        items.iter().map(counter).collect()
    }
}

impl Table {
    /// The mark of a chunk, which must not be there yet; one that has expired is not.
    fn mark(&self, first_record: &str, records: usize) -> Write {
        let now = self.now();
        let until = now.saturating_add(MARK_KEPT).unwrap_or(now);
        let item = Item::from([("n".to_owned(), n(records)), ("ttl".to_owned(), n(until.as_second()))]);
        let new = Condition::that("attribute_not_exists(#pk) OR #ttl <= :now", &["pk", "ttl"])
            .with(":now", n(now.as_second()));
        Write::Put(Key::mark(first_record), item, new)
    }
}
