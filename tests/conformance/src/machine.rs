//! The adapter on one machine: SQLite in a folder of its own.

use std::num::NonZeroU32;
use std::time::Duration;

use embedded::{DataDir, ProgramClock, RealTime, Store};
use jiff::Timestamp;
use journey::{ContactId, JourneyId};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{Stage, people};

/// `embedded::Store` in a temporary folder, at a clock that stands still.
pub struct OnOneMachine {
    store: Store,
    folder: TempDir,
}

struct Still;

impl RealTime for Still {
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn utc(&self) -> Timestamp {
        people::start()
    }
}

impl OnOneMachine {
    /// Opens an empty store.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let clock = ProgramClock::open_with(&data, NonZeroU32::MIN, Still).unwrap();
        let store = Store::open(&data, people::key(), clock).unwrap();
        OnOneMachine { store, folder }
    }

    fn spoil(&self, sql: &str, id: &str) {
        let database = Connection::open(self.folder.path().join("rekindle.db")).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(database.execute(sql, [id]).unwrap(), 1);
    }
}

impl Stage for OnOneMachine {
    type Store = Store;

    fn store(&self) -> Store {
        self.store.clone()
    }

    async fn spoil_journey(&self, id: &JourneyId) {
        self.spoil("UPDATE journeys SET record = x'00' WHERE id = ?1", id.as_str());
    }

    async fn spoil_contact(&self, id: &ContactId) {
        self.spoil("UPDATE contacts SET record = '{' WHERE id = ?1", id.as_str());
    }
}
