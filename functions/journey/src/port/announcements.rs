//! What is told of, and counted once.

use core::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::port::{CommitError, StoreError};

/// A lifecycle event, ready to be handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its name: the same event has the same one each time it is announced.
    pub id: String,
    /// Its type, such as `journey.completed`.
    pub kind: &'static str,
    /// When it happened.
    pub at: Timestamp,
    /// The event as JSON, in the documented schema. May name the customer by the partner's reference.
    pub body: String,
}

/// Tells the partner what happened.
pub trait Announce: Sync {
    /// Hands events over, at least once. Answers the places of those that were not taken.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Vec<usize>> + Send;
}

/// A number to be added to a day's counter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DailyCount {
    /// The day, in UTC.
    pub day: Date,
    /// What is counted: fixed words, parted by `/`. No personal data.
    pub name: String,
    /// How many.
    pub by: u64,
}

/// Counts what a stream delivers, exactly once, although the stream repeats itself.
///
/// A stream repeats from a point where it has stopped before. So a chunk of records is counted
/// together with a mark under its first record's name: whoever reads from there again finds the mark.
pub trait CountOnce: Sync {
    /// How many records were counted with the chunk that begins with this record, if it was.
    fn counted(&self, first_record: &str) -> impl Future<Output = Result<Option<usize>, StoreError>> + Send;

    /// Adds all the numbers and leaves the mark, or neither: [`CommitError::VersionConflict`] when the
    /// mark is there already.
    fn count_once(
        &self,
        first_record: &str,
        records: usize,
        counts: &[DailyCount],
    ) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Reads a day's counters.
pub trait ReadDailyCounts: Sync {
    /// All of a day, by name.
    fn daily_counts(
        &self,
        day: Date,
    ) -> impl Future<Output = Result<std::collections::BTreeMap<String, u64>, StoreError>> + Send;
}
