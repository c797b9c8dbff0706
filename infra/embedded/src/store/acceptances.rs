//! The proofs of what customers accepted.

use journey::JourneyId;
use journey::enrollment::AcceptanceRecord;
use journey::port::{KeepAcceptance, ReadAcceptances, StoreError};
use rusqlite::Connection;

use super::Store;
use super::fault::Fault;

impl KeepAcceptance for Store {
    async fn keep_acceptance(&self, journey: &JourneyId, record: &AcceptanceRecord) -> Result<(), StoreError> {
        let (journey, at) = (journey.clone(), record.at.as_millisecond());
        let record = serde_json::to_string(record).map_err(Fault::from)?;
        let keep = move |connection: &Connection| {
            connection
                .prepare_cached("INSERT OR IGNORE INTO acceptances (journey, at, record) VALUES (?1, ?2, ?3)")?
                .execute((journey.as_str(), at, record))?;
            Ok(())
        };
        Ok(self.write(keep).await?)
    }
}

impl ReadAcceptances for Store {
    async fn acceptances(&self, journey: &JourneyId) -> Result<Vec<AcceptanceRecord>, StoreError> {
        Ok(self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT record FROM acceptances WHERE journey = ?1 ORDER BY at")?;
            let rows = statement.query_map([journey.as_str()], |row| row.get::<_, String>(0))?;
            let mut records = Vec::new();
            for row in rows {
                records.push(serde_json::from_str(&row?)?);
            }
            Ok(records)
        })?)
    }
}
