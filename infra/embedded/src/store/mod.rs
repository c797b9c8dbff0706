//! The database: one SQLite file, one thread that writes, as many readers as needed.

mod acceptances;
mod contacts;
mod counters;
mod fallbacks;
mod fault;
mod inboxes;
mod journeys;
mod messages;
mod readers;
mod schema;
mod stream;
mod visits;
mod wake;
mod watermarks;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use journey::IdKey;
use journey::port::{Clock, Count};
use rusqlite::Connection;

use crate::clock::ProgramClock;
use crate::data_dir::{DataDir, OpenError};

pub use contacts::Contacts;
pub(crate) use fault::Fault;
pub(crate) use messages::{Draft, FileOf, StoredMessage};
pub use stream::{Stream, StreamRecord};

/// The database of a data folder. Clones share it.
///
/// When the last clone is dropped, it waits for the writes under way and closes the file.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    key: IdKey,
    clock: ProgramClock,
    counters: Arc<counters::Counters>,
    alarms: Arc<wake::Alarms>,
    streaming: Arc<stream::Streaming>,
    // The order of the fields is the order in which they are dropped: the writer's connection must be
    // the last one, since it is then that SQLite folds its log into the file.
    readers: readers::Readers,
    /// One bill at a time: what one sweeps away may be another's.
    bills: tokio::sync::Mutex<()>,
    writer: writer::Writer,
    /// Given back last.
    data: DataDir,
}

impl Store {
    /// Opens the database of a data folder, and makes or updates its tables.
    ///
    /// `key` names people: a folder must always be opened with the same one. `clock` dates what the
    /// ports give no time for.
    ///
    /// # Errors
    /// [`OpenError::Newer`] when a newer program has written the file, [`OpenError::Database`] when
    /// SQLite cannot open it.
    pub fn open(data: &DataDir, key: IdKey, clock: ProgramClock) -> Result<Self, OpenError> {
        let path = data.path().join("rekindle.db");
        let database = |source| OpenError::Database {
            path: path.clone(),
            source,
        };
        let mut connection = Connection::open(&path).map_err(database)?;
        schema::prepare(&mut connection, &path)?;
        let counters = Arc::new(counters::Counters::load(&connection).map_err(database)?);
        let writer = writer::Writer::start(connection, Arc::clone(&counters)).map_err(OpenError::Thread)?;
        Ok(Store(Arc::new(Inner {
            key,
            clock,
            counters,
            alarms: Arc::default(),
            streaming: Arc::default(),
            readers: readers::Readers::new(path),
            bills: tokio::sync::Mutex::new(()),
            writer,
            data: data.clone(),
        })))
    }

    /// Opens the database of a folder for a command, also beside a program that is running on it.
    ///
    /// # Errors
    /// As [`Store::open`], and when the folder or its clock cannot be read.
    pub fn visit(path: &Path, key: IdKey) -> Result<Self, OpenError> {
        let data = DataDir::visit(path)?;
        let clock = ProgramClock::visit(&data)?;
        Self::open(&data, key, clock)
    }

    /// The totals of all counters, by name.
    #[must_use]
    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.0.counters.totals()
    }

    /// The folder, for what lies beside the database.
    pub(crate) fn data(&self) -> &DataDir {
        &self.0.data
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        self.0.readers.read(work)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.0.writer.write(work, |_, _| ()).await
    }
}

/// The time by which the store dates what it is given without one.
impl Clock for Store {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl Count for Store {
    fn count(&self, counter: &'static str, by: u64) {
        self.0.counters.add(counter, by);
    }
}
