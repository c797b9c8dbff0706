//! What can be seen of a running program from outside: its process, and its database opened read-only.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use hdrhistogram::Histogram;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use crate::machine::field;
use crate::program::{self, Server};

/// One look at the program.
pub(crate) struct Sample {
    /// Seconds since the load began.
    pub(crate) at_s: f64,
    /// What the provider was troubled by.
    pub(crate) trouble: &'static str,
    pub(crate) resident_mb: f64,
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Timers whose time has come.
    pub(crate) due: u64,
    /// How long the oldest of them has waited, in seconds of real time.
    pub(crate) oldest_s: f64,
    /// Journeys that are not over.
    pub(crate) live: u64,
    pub(crate) journeys: u64,
    /// Messages in the outbox.
    pub(crate) messages: u64,
    /// Webhooks answered since the last look.
    pub(crate) answered: u64,
    pub(crate) rate: f64,
    /// Milliseconds within which half, 99 of 100, and all of them were answered.
    pub(crate) half_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) longest_ms: f64,
    /// The database with its log, and the outbox's log.
    pub(crate) disk_mb: f64,
}

/// Looks at one program's data folder.
pub(crate) struct Watch {
    connection: Connection,
    data: PathBuf,
    speed: f64,
}

impl Watch {
    pub(crate) fn open(folder: &Path, speed: u32) -> anyhow::Result<Self> {
        let data = program::data(folder);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Watch {
            connection: Connection::open_with_flags(data.join("rekindle.db"), flags)?,
            data,
            speed: f64::from(speed),
        })
    }

    /// Timers of a lane that are due, and how many seconds of real time the oldest has waited.
    pub(crate) fn due(&self, now: Timestamp) -> anyhow::Result<(u64, f64)> {
        let now_ms = now.as_millisecond();
        let (due, oldest): (u64, Option<i64>) = self
            .connection
            .prepare_cached("SELECT COUNT(*), MIN(due) FROM journeys WHERE lane = 'touchpoint' AND due <= ?1")?
            .query_row([now_ms], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let waited_ms = oldest.map_or(0, |oldest| now_ms - oldest);
        Ok((due, waited_ms as f64 / 1e3 / self.speed))
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> anyhow::Result<u64> {
        Ok(self
            .connection
            .prepare_cached("SELECT COALESCE(MAX(number), 0) FROM messages")?
            .query_row([], |row| row.get(0))?)
    }

    /// How many journeys are in a phase; in all, without one.
    pub(crate) fn journeys(&self, phase: Option<&str>) -> anyhow::Result<u64> {
        Ok(self
            .connection
            .prepare_cached("SELECT COALESCE(SUM(journeys), 0) FROM phases WHERE ?1 IS NULL OR phase = ?1")?
            .query_row([phase], |row| row.get(0))?)
    }

    pub(crate) fn look(
        &self,
        server: &Server,
        (at_s, since_s): (f64, f64),
        trouble: &'static str,
        now: Timestamp,
        took: &Histogram<u64>,
    ) -> anyhow::Result<Sample> {
        let process = server.process()?;
        let (due, oldest_s) = self.due(now)?;
        let milliseconds = |micros: u64| micros as f64 / 1e3;
        let files = ["rekindle.db", "rekindle.db-wal", "outbox/messages.jsonl"];
        let size = |file: &&str| fs::metadata(self.data.join(file)).map_or(0, |there| there.len());
        let threads = field(&format!("{process}/status"), "Threads").context("the kernel's own format")?;
        Ok(Sample {
            at_s,
            trouble,
            resident_mb: server.memory("VmRSS")?,
            descriptors: fs::read_dir(format!("{process}/fd"))?.count(),
            threads: threads.parse()?,
            due,
            oldest_s,
            live: self.journeys(Some("live"))?,
            journeys: self.journeys(None)?,
            messages: self.messages()?,
            answered: took.len(),
            rate: took.len() as f64 / (at_s - since_s),
            half_ms: milliseconds(took.value_at_quantile(0.5)),
            p99_ms: milliseconds(took.value_at_quantile(0.99)),
            longest_ms: milliseconds(took.max()),
            disk_mb: files.iter().map(size).sum::<u64>() as f64 / 1e6,
        })
    }
}

/// The samples as a table for other programs.
pub(crate) fn csv(samples: &[Sample]) -> String {
    let mut text = String::from(
        "at_s,trouble,resident_mb,descriptors,threads,due,oldest_s,live,journeys,messages,answered,rate,half_ms,p99_ms,longest_ms,disk_mb\n",
    );
    for sample in samples {
        use std::fmt::Write as _;
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "{:.1},{},{:.1},{},{},{},{:.2},{},{},{},{},{:.0},{:.2},{:.2},{:.1},{:.0}",
            sample.at_s,
            sample.trouble,
            sample.resident_mb,
            sample.descriptors,
            sample.threads,
            sample.due,
            sample.oldest_s,
            sample.live,
            sample.journeys,
            sample.messages,
            sample.answered,
            sample.rate,
            sample.half_ms,
            sample.p99_ms,
            sample.longest_ms,
            sample.disk_mb,
        );
    }
    text
}

/// What a straight line through some points rises by in each step of 1 to the right.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len().max(1) as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let under: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if under > 0.0 { over / under } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope() {
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), 2.0);
        assert_eq!(slope(&[(0.0, 4.0), (1.0, 4.0)]), 0.0);
        assert_eq!(slope(&[(3.0, 4.0)]), 0.0);
        assert_eq!(slope(&[]), 0.0);
    }
}
