//! Counters for operators: added to in memory, written down with the next transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use rusqlite::Connection;

use crate::lock;

/// The totals since the folder was made. Those in memory are the truth; the table holds a copy that
/// is at most a second old.
pub(super) struct Counters(Mutex<Totals>);

struct Totals {
    values: BTreeMap<String, u64>,
    unsaved: BTreeSet<&'static str>,
}

impl Counters {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let values = connection
            .prepare("SELECT name, value FROM counters")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Counters(Mutex::new(Totals {
            values,
            unsaved: BTreeSet::new(),
        })))
    }

    pub(super) fn add(&self, counter: &'static str, by: u64) {
        let mut totals = lock(&self.0);
        match totals.values.get_mut(counter) {
            Some(value) => *value = value.saturating_add(by),
            None => {
                totals.values.insert(counter.to_owned(), by);
            }
        }
        totals.unsaved.insert(counter);
    }

    pub(super) fn totals(&self) -> BTreeMap<String, u64> {
        lock(&self.0).values.clone()
    }

    /// The totals that the table does not have yet.
    pub(super) fn take_unsaved(&self) -> Vec<(&'static str, u64)> {
        let mut totals = lock(&self.0);
        let unsaved = std::mem::take(&mut totals.unsaved);
        unsaved
            .into_iter()
            .map(|name| (name, totals.values.get(name).copied().unwrap_or_default()))
            .collect()
    }

    /// Marks totals as unsaved again, after a transaction that failed.
    pub(super) fn put_back(&self, totals: &[(&'static str, u64)]) {
        lock(&self.0).unsaved.extend(totals.iter().map(|&(name, _)| name));
    }

    pub(super) fn save(connection: &Connection, totals: &[(&'static str, u64)]) -> rusqlite::Result<()> {
        let mut upsert = connection.prepare_cached(
            "INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        )?;
        for &(name, value) in totals {
            // SQLite's integers end at half of ours.
            upsert.execute((name, i64::try_from(value).unwrap_or(i64::MAX)))?;
        }
        Ok(())
    }
}
