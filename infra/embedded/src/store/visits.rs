//! Visits to utilities, counted by the hour.

use jiff::Timestamp;
use journey::port::{ReadVisits, StoreError};
use journey::{Provider, UtilityCode, Visit, Visited, Visits};
use rusqlite::Connection;

use super::Store;
use super::fault::Fault;

/// Hours that nobody asks for any more: twice the longest that a campaign calls lately.
const KEPT_HOURS: i64 = 2 * 24;

const SECONDS_AN_HOUR: i64 = 3_600;

impl ReadVisits for Store {
    async fn read_visits(
        &self,
        provider: Provider,
        utility: &UtilityCode,
        since: Timestamp,
    ) -> Result<Visits, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT COALESCE(SUM(stalled), 0), COALESCE(SUM(faults), 0), COALESCE(SUM(through), 0)
                     FROM visits WHERE provider = ?1 AND utility = ?2 AND hour >= ?3",
                )?
                .query_row((provider.as_str(), utility.as_str(), hour_of(since)), |row| {
                    Ok(Visits {
                        stalled: row.get(0)?,
                        faults: row.get(1)?,
                        through: row.get(2)?,
                    })
                })?)
        })?)
    }
}

/// A visit as it goes to the writer.
pub(super) struct Counted {
    provider: Provider,
    utility: UtilityCode,
    visit: Visit,
    hour: i64,
}

impl Counted {
    pub(super) fn of(visited: &Visited<'_>) -> Self {
        Counted {
            provider: visited.provider,
            utility: visited.utility.clone(),
            visit: visited.visit,
            hour: hour_of(visited.at),
        }
    }

    pub(super) fn count(&self, connection: &Connection) -> Result<(), Fault> {
        let one = Visits::default().and(self.visit);
        connection
            .prepare_cached(
                "INSERT INTO visits (provider, utility, hour, stalled, faults, through) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET stalled = stalled + excluded.stalled,
                     faults = faults + excluded.faults, through = through + excluded.through",
            )?
            .execute((
                self.provider.as_str(),
                self.utility.as_str(),
                self.hour,
                one.stalled,
                one.faults,
                one.through,
            ))?;
        connection
            .prepare_cached("DELETE FROM visits WHERE hour < ?1")?
            .execute([self.hour - KEPT_HOURS])?;
        Ok(())
    }
}

/// Whole hours since 1970.
fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SECONDS_AN_HOUR)
}
