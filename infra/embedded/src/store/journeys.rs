//! Journeys: the ports of the protocol, and what the operator sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use journey::port::{ArmTimer, Commit, CommitError, CommitJourney, FindDue, LoadJourney, StoreError, Versioned};
use journey::{AddressId, Journey, JourneyId, Lane, Phase, SendKey, Timer, stored};
use rusqlite::{Connection, OptionalExtension};

use super::fault::{Fault, ForeignText};
use super::visits::Counted;
use super::wake::Alarm;
use super::{Store, inboxes, stream};

impl LoadJourney for Store {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let found: Option<(u64, Vec<u8>)> = self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT version, record FROM journeys WHERE id = ?1")?
                .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?)
        })?;
        let Some((version, record)) = found else {
            return Ok(None);
        };
        let journey = stored::decode(&record).map_err(Fault::from)?;
        Ok(Some(Versioned { journey, version }))
    }
}

impl CommitJourney for Store {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let streaming = Arc::clone(&self.0.streaming);
        let write = Write::new(&commit, streaming.is_on());
        let claim = commit.claim.map(|claim| Claim {
            address: claim.address.clone(),
            expected: claim.expected,
            key: claim.key.clone(),
            at: claim.at,
        });
        let timer = write.timer;
        let alarms = Arc::clone(&self.0.alarms);
        let written = self
            .0
            .writer
            .write(
                move |connection| write.run(connection, claim.as_ref()),
                move |written, _| {
                    // Only now does whoever looks for it find it.
                    if let (true, Some(timer)) = (*written, timer) {
                        alarms.of(timer.lane).written(timer.due_ms);
                    }
                    if *written {
                        streaming.written();
                    }
                },
            )
            .await?;
        if written {
            Ok(())
        } else {
            Err(CommitError::VersionConflict)
        }
    }
}

impl ArmTimer for Store {
    /// Nothing to do: the timer is written with the journey, in one transaction, and the journeys'
    /// due index is what fires. Until then there is no state that it could fire for.
    async fn arm_timer(&self, _journey: &JourneyId, _timer: &Timer) -> Result<(), StoreError> {
        Ok(())
    }
}

impl FindDue for Store {
    async fn find_due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, StoreError> {
        Ok(self.due(lane, before, limit)?)
    }
}

impl Store {
    /// When the next timer of a lane is due, be it past or to come; none when nothing waits.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, StoreError> {
        let due = self.next_due_after(lane, i64::MIN)?;
        Ok(due.map(|due| Timestamp::from_millisecond(due).unwrap_or(Timestamp::MAX)))
    }

    /// Up to `limit` journeys, the one changed last in front; those after `after` in that order, to
    /// page through them. A record that cannot be read is left out and logged.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list_journeys(&self, limit: usize, after: Option<&JourneyId>) -> Result<Vec<Journey>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT id, record FROM journeys
                     WHERE changed < COALESCE((SELECT changed FROM journeys WHERE id = ?1), ?3)
                     ORDER BY changed DESC LIMIT ?2",
                )?
                .query_map((after.map(JourneyId::as_str), limit_of(limit), i64::MAX), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?)
        })?;
        let readable = rows.into_iter().filter_map(|(id, record)| match stored::decode(&record) {
            Ok(journey) => Some(journey),
            Err(error) => {
                tracing::error!(journey = %id, error = &error as &dyn std::error::Error, "a journey cannot be read");
                None
            }
        });
        Ok(readable.collect())
    }

    /// The contact of each journey, where it has one: a customer's journeys have the same. All of them are keyed hashes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn contacts_of_journeys(&self) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT id, contact FROM journeys WHERE contact IS NOT NULL")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?)
        })?)
    }

    /// How many journeys are in each phase: `live`, `completed`, `handed_back`, `stopped`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_by_phase(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT phase, journeys FROM phases WHERE journeys > 0")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?)
        })?)
    }

    /// What is due in a lane, the one whose window closes first in front.
    pub(crate) fn due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, Fault> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, generation FROM journeys WHERE lane = ?1 AND due <= ?2
                 ORDER BY closes, due, id LIMIT ?3",
            )?;
            let mut rows = statement.query((lane_name(lane), before.as_millisecond(), limit_of(limit)))?;
            let mut due = Vec::new();
            while let Some(row) = rows.next()? {
                let id: String = row.get(0)?;
                due.push((JourneyId::parse(&id).ok_or(ForeignText("id"))?, row.get(1)?));
            }
            Ok(due)
        })
    }

    /// When the first timer after a moment is due; both in milliseconds since 1970.
    pub(crate) fn next_due_after(&self, lane: Lane, after_ms: i64) -> Result<Option<i64>, Fault> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT MIN(due) FROM journeys WHERE lane = ?1 AND due > ?2")?
                .query_row((lane_name(lane), after_ms), |row| row.get(0))?)
        })
    }

    /// Is this the generation of a timer that is due still?
    pub(crate) fn is_due(&self, id: &JourneyId, generation: u32, now: Timestamp) -> Result<bool, Fault> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT due <= ?2 AND generation = ?3 FROM journeys WHERE id = ?1 AND due IS NOT NULL")?
                .query_row((id.as_str(), now.as_millisecond(), generation), |row| row.get(0))
                .optional()?
                .unwrap_or(false))
        })
    }

    pub(crate) fn alarm(&self, lane: Lane) -> &Alarm {
        self.0.alarms.of(lane)
    }
}

/// A commit in the shape of the table.
struct Write {
    id: JourneyId,
    expected: u64,
    contact: Option<String>,
    phase: &'static str,
    generation: u32,
    timer: Option<TimerColumns>,
    record: Vec<u8>,
    visited: Option<Counted>,
    /// Is somebody told what it says?
    is_streamed: bool,
}

#[derive(Clone, Copy, PartialEq)]
struct TimerColumns {
    lane: Lane,
    due_ms: i64,
    closes_ms: i64,
}

struct Claim {
    address: AddressId,
    expected: u64,
    key: SendKey,
    at: Timestamp,
}

impl Write {
    fn new(commit: &Commit<'_>, is_streamed: bool) -> Self {
        let journey = commit.journey;
        Write {
            id: journey.id.clone(),
            expected: commit.expected,
            contact: commit.contact.map(|contact| contact.as_str().to_owned()),
            phase: phase_name(&journey.phase),
            generation: journey.generation,
            timer: journey.timer.as_ref().map(|timer| TimerColumns {
                lane: timer.why.lane(),
                due_ms: timer.due.as_millisecond(),
                closes_ms: timer.closes.as_millisecond(),
            }),
            record: stored::encode(journey),
            visited: commit.visited.as_ref().map(Counted::of),
            is_streamed,
        }
    }

    /// Writes all of it, or nothing when somebody else was faster. All checks come first.
    fn run(&self, connection: &Connection, claim: Option<&Claim>) -> Result<bool, Fault> {
        let before: Option<(u64, String)> = connection
            .prepare_cached("SELECT version, phase FROM journeys WHERE id = ?1")?
            .query_row([self.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if before.as_ref().map_or(0, |(version, _)| *version) != self.expected {
            return Ok(false);
        }
        if let Some(claim) = claim {
            let inbox = inboxes::load(connection, &claim.address)?;
            if inbox.version != claim.expected {
                return Ok(false);
            }
            inboxes::save(
                connection,
                &claim.address,
                &inbox.with_send(claim.key.clone(), claim.at),
            )?;
        }
        if self.is_streamed {
            self.keep(connection)?;
        }
        self.put(connection)?;
        if let Some(visited) = &self.visited {
            visited.count(connection)?;
        }
        let old_phase = before.as_ref().map(|(_, phase)| phase.as_str());
        if old_phase != Some(self.phase) {
            let mut shift = connection.prepare_cached(
                "INSERT INTO phases (phase, journeys) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET journeys = journeys + excluded.journeys",
            )?;
            shift.execute((self.phase, 1))?;
            if let Some(old_phase) = old_phase {
                shift.execute((old_phase, -1))?;
            }
        }
        Ok(true)
    }

    /// Keeps it for the stream, with the record that it replaces.
    fn keep(&self, connection: &Connection) -> Result<(), Fault> {
        let before: Option<Vec<u8>> = connection
            .prepare_cached("SELECT record FROM journeys WHERE id = ?1")?
            .query_row([self.id.as_str()], |row| row.get(0))
            .optional()?;
        stream::keep(connection, &self.id, before.as_deref(), &self.record)
    }

    fn put(&self, connection: &Connection) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "INSERT INTO journeys (id, contact, version, changed, phase, generation, lane, due, closes, record)
                 VALUES (?1, ?2, ?3, (SELECT COALESCE(MAX(changed), 0) + 1 FROM journeys), ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (id) DO UPDATE SET
                     contact = COALESCE(excluded.contact, contact), version = excluded.version,
                     changed = excluded.changed, phase = excluded.phase, generation = excluded.generation,
                     lane = excluded.lane, due = excluded.due, closes = excluded.closes, record = excluded.record",
            )?
            .execute((
                self.id.as_str(),
                self.contact.as_deref(),
                self.expected + 1,
                self.phase,
                self.generation,
                self.timer.map(|timer| lane_name(timer.lane)),
                self.timer.map(|timer| timer.due_ms),
                self.timer.map(|timer| timer.closes_ms),
                &self.record,
            ))?;
        Ok(())
    }
}

/// SQLite's word for a phase; [`Store::count_by_phase`] shows it.
fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Live => "live",
        Phase::Completed { .. } => "completed",
        Phase::HandedBack { .. } => "handed_back",
        Phase::Stopped { .. } => "stopped",
    }
}

fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Touchpoint => "touchpoint",
        Lane::Meter => "meter",
    }
}

/// A limit as SQLite takes it: a negative one would mean none.
pub(super) fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
