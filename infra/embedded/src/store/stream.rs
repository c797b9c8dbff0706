//! The writes of journeys in their order, kept until somebody was told what they say; and daily counters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use journey::JourneyId;
use journey::port::{Clock, CommitError, CountOnce, DailyCount, Date, ReadDailyCounts, StoreError};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::Notify;

use super::Store;
use super::fault::{Fault, ForeignText};
use super::journeys::limit_of;

/// One write of a journey.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamRecord {
    /// Its place in the stream.
    pub sequence: u64,
    /// The journey.
    pub journey: JourneyId,
    /// The stored record before it, of [`journey::stored`]; none when there was none.
    pub before: Option<Vec<u8>>,
    /// The stored record after it.
    pub after: Vec<u8>,
}

/// Whether writes are kept, and who waits for them.
#[derive(Default)]
pub(super) struct Streaming {
    is_on: AtomicBool,
    more: Notify,
}

impl Streaming {
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::SeqCst)
    }

    /// Something was written.
    pub(super) fn written(&self) {
        if self.is_on() {
            self.more.notify_one();
        }
    }
}

/// The stream of a store, for one reader.
pub struct Stream(Store);

impl Store {
    /// From now on, writes of journeys are kept until the stream's reader forgets them. Where nobody reads, nothing
    /// is kept.
    #[must_use]
    pub fn stream(&self) -> Stream {
        self.0.streaming.is_on.store(true, Ordering::SeqCst);
        Stream(self.clone())
    }
}

impl Stream {
    /// The first writes that are kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first(&self, limit: usize) -> Result<Vec<StreamRecord>, StoreError> {
        Ok(self.0.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT sequence, journey, before, after FROM stream ORDER BY sequence LIMIT ?1")?;
            let mut rows = statement.query([limit_of(limit)])?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                let journey: String = row.get(1)?;
                records.push(StreamRecord {
                    sequence: row.get(0)?,
                    journey: JourneyId::parse(&journey).ok_or(ForeignText("id"))?,
                    before: row.get(2)?,
                    after: row.get(3)?,
                });
            }
            Ok(records)
        })?)
    }

    /// Forgets the writes up to this one: whoever was to be told was told.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget(&self, through: u64) -> Result<(), StoreError> {
        let forget = move |connection: &Connection| {
            connection
                .prepare_cached("DELETE FROM stream WHERE sequence <= ?1")?
                .execute([through])?;
            Ok(())
        };
        Ok(self.0.write(forget).await?)
    }

    /// Returns when something was written since the last call, or at once.
    pub async fn more(&self) {
        self.0.0.streaming.more.notified().await;
    }
}

/// Keeps a write, in its own transaction.
pub(super) fn keep(
    connection: &Connection,
    journey: &JourneyId,
    before: Option<&[u8]>,
    after: &[u8],
) -> Result<(), Fault> {
    connection
        .prepare_cached("INSERT INTO stream (journey, before, after) VALUES (?1, ?2, ?3)")?
        .execute((journey.as_str(), before, after))?;
    Ok(())
}

/// How long a chunk's mark is kept. A reader that stopped between counting and forgetting finds it when it goes on;
/// whoever starts after days still finds the stream's first records unforgotten, and so their mark.
const MARK_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl CountOnce for Store {
    async fn counted(&self, first_record: &str) -> Result<Option<usize>, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT records FROM counted_chunks WHERE first_record = ?1")?
                .query_row([first_record], |row| row.get(0))
                .optional()?)
        })?)
    }

    async fn count_once(&self, first_record: &str, records: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        let (first_record, counts) = (first_record.to_owned(), counts.to_vec());
        let now = self.now().as_second();
        let count = move |connection: &Connection| {
            let is_new = connection
                .prepare_cached("INSERT OR IGNORE INTO counted_chunks (first_record, records, at) VALUES (?1, ?2, ?3)")?
                .execute((first_record, records, now))?;
            if is_new == 0 {
                return Ok(false);
            }
            let mut add = connection.prepare_cached(
                "INSERT INTO daily_counts (day, name, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET value = value + excluded.value",
            )?;
            for count in counts.iter().filter(|count| count.by > 0) {
                add.execute((count.day.to_string(), &count.name, count.by))?;
            }
            connection
                .prepare_cached("DELETE FROM counted_chunks WHERE at < ?1")?
                .execute([now.saturating_sub(MARK_KEPT.as_secs())])?;
            Ok(true)
        };
        if self.write(count).await.map_err(StoreError::from)? {
            Ok(())
        } else {
            Err(CommitError::VersionConflict)
        }
    }
}

impl ReadDailyCounts for Store {
    async fn daily_counts(&self, day: Date) -> Result<BTreeMap<String, u64>, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT name, value FROM daily_counts WHERE day = ?1")?
                .query_map([day.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?)
        })?)
    }
}
