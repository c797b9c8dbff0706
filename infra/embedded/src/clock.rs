//! The program's clock: the only place that reads the machine's.
//!
//! The clock's file holds one moment: what the program's time was at which machine time, and how fast
//! it ran. That is enough to go on after a restart, as if the program had never stopped.

use std::fs::{self, File};
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};
use journey::port::Clock;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::data_dir::{DataDir, OpenError};
use crate::lock;

/// The clock's file in the data folder.
const FILE: &str = "clock.json";

/// How often the time reached is written down, in real time.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// The longest single sleep: a machine that was suspended wakes up with its sleeps half slept.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Where real time comes from.
pub trait RealTime: Send + Sync + 'static {
    /// Time since some fixed moment; it never goes back.
    fn monotonic(&self) -> Duration;

    /// The machine's idea of the present moment; it may jump.
    fn utc(&self) -> Timestamp;
}

/// The real time of this machine.
#[derive(Debug)]
pub struct MachineTime {
    started: Instant,
}

impl Default for MachineTime {
    fn default() -> Self {
        MachineTime {
            started: Instant::now(),
        }
    }
}

impl RealTime for MachineTime {
    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the shell's clock: everybody else takes a `Clock`"
    )]
    fn utc(&self) -> Timestamp {
        let since_1970 = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        later(Timestamp::UNIX_EPOCH, since_1970)
    }
}

impl Clock for MachineTime {
    fn now(&self) -> Timestamp {
        self.utc()
    }
}

/// The time of the program: a number of seconds pass in it for each real second.
///
/// It never goes back: not when the machine's clock does, not over a restart, and not when the speed
/// is another after it. While the program is stopped it goes on at the speed it had. Only if the
/// process is killed *and* the machine's clock is set back, the last second of real time is estimated.
///
/// Clones share one clock.
#[derive(Clone)]
pub struct ProgramClock(Arc<Inner>);

struct Inner {
    /// Where the time is written down; a visitor's clock never is.
    path: Option<PathBuf>,
    /// The folder stays ours as long as its clock runs.
    _data: DataDir,
    speed: NonZeroU32,
    real: Box<dyn RealTime>,
    /// Who holds it may write the file. Taken before `running`.
    file: Mutex<()>,
    running: Mutex<Running>,
    jumps: watch::Sender<u64>,
}

/// A moment from which time is counted, and how far it has come.
struct Running {
    program: Timestamp,
    monotonic: Duration,
    utc: Timestamp,
    reached: Timestamp,
    kept: Duration,
}

/// The shape of the clock's file.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The program's time.
    program: Timestamp,
    /// The machine's time at the same moment.
    machine: Timestamp,
    /// How fast it ran.
    speed: NonZeroU32,
}

impl Kept {
    /// The program's time at a later moment of the machine's.
    fn reaches(&self, machine: Timestamp) -> Timestamp {
        // A machine's clock that was set back tells nothing about the time that passed. What passed
        // at most between the last note and the end is then the best answer.
        let stopped = Duration::try_from(machine.duration_since(self.machine)).unwrap_or(KEEP_EVERY);
        later(self.program, scaled(stopped, self.speed))
    }
}

/// What the folder's clock file says; none in a fresh folder.
fn kept(data: &DataDir) -> Result<Option<Kept>, OpenError> {
    let path = data.path().join(FILE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| OpenError::Clock { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(folder(data, error)),
    }
}

fn folder(data: &DataDir, source: io::Error) -> OpenError {
    OpenError::Folder {
        path: data.path().to_owned(),
        source,
    }
}

impl ProgramClock {
    /// Opens the clock of a data folder; a fresh one starts at the machine's time.
    ///
    /// # Errors
    /// [`OpenError::Clock`] when its file cannot be understood, [`OpenError::Folder`] when it cannot be
    /// read or written.
    pub fn open(data: &DataDir, speed: NonZeroU32) -> Result<Self, OpenError> {
        Self::open_with(data, speed, MachineTime::default())
    }

    /// Opens the clock over another source of real time, for tests and simulations.
    ///
    /// # Errors
    /// As [`ProgramClock::open`].
    pub fn open_with(data: &DataDir, speed: NonZeroU32, real: impl RealTime) -> Result<Self, OpenError> {
        let (monotonic, utc) = (real.monotonic(), real.utc());
        let program = kept(data)?.map_or(utc, |kept| kept.reaches(utc));
        let path = data.path().join(FILE);
        write_atomically(
            &path,
            &Kept {
                program,
                machine: utc,
                speed,
            },
        )
        .map_err(|source| folder(data, source))?;
        Ok(Self::running(
            data,
            Some(path),
            speed,
            program,
            (monotonic, utc),
            Box::new(real),
        ))
    }

    /// Reads the clock of a data folder without touching it: for a command that looks in while, or
    /// after, the program itself keeps the clock. A folder without a clock has the machine's time.
    ///
    /// # Errors
    /// [`OpenError::Clock`] when its file cannot be understood, [`OpenError::Folder`] when it cannot be
    /// read.
    pub fn visit(data: &DataDir) -> Result<Self, OpenError> {
        let real = MachineTime::default();
        let (monotonic, utc) = (real.monotonic(), real.utc());
        let (program, speed) = kept(data)?.map_or((utc, NonZeroU32::MIN), |kept| (kept.reaches(utc), kept.speed));
        Ok(Self::running(
            data,
            None,
            speed,
            program,
            (monotonic, utc),
            Box::new(real),
        ))
    }

    fn running(
        data: &DataDir,
        path: Option<PathBuf>,
        speed: NonZeroU32,
        program: Timestamp,
        (monotonic, utc): (Duration, Timestamp),
        real: Box<dyn RealTime>,
    ) -> Self {
        let running = Running {
            program,
            monotonic,
            utc,
            reached: program,
            kept: monotonic,
        };
        ProgramClock(Arc::new(Inner {
            path,
            _data: data.clone(),
            speed,
            real,
            file: Mutex::new(()),
            running: Mutex::new(running),
            jumps: watch::Sender::new(0),
        }))
    }

    /// How many seconds pass per real second.
    #[must_use]
    pub fn speed(&self) -> NonZeroU32 {
        self.0.speed
    }

    /// Jumps forward, durably, and answers the new time. A jump back does nothing.
    ///
    /// # Errors
    /// What the file system said when the jump could not be written down; time has not jumped then.
    pub fn advance(&self, by: SignedDuration) -> io::Result<Timestamp> {
        let by = Duration::try_from(by).unwrap_or_default();
        let file = lock(&self.0.file);
        let mut running = lock(&self.0.running);
        let (monotonic, utc) = (self.0.real.monotonic(), self.0.real.utc());
        let program = later(running.at(monotonic, utc, self.0.speed), by);
        if let Some(path) = &self.0.path {
            write_atomically(
                path,
                &Kept {
                    program,
                    machine: utc,
                    speed: self.0.speed,
                },
            )?;
        }
        *running = Running {
            program,
            monotonic,
            utc,
            reached: program,
            kept: monotonic,
        };
        drop(running);
        drop(file);
        self.0.jumps.send_modify(|jumps| *jumps += 1);
        Ok(program)
    }

    /// The real time that passes until a moment of the program's time; zero when it has come.
    #[must_use]
    pub fn real_duration_until(&self, moment: Timestamp) -> Duration {
        self.real_duration(moment.duration_since(self.now()))
    }

    /// The real time in which so much program time passes, rounded up; zero for none or less.
    #[must_use]
    pub fn real_duration(&self, program: SignedDuration) -> Duration {
        match Duration::try_from(program) {
            Ok(Duration::ZERO) | Err(_) => Duration::ZERO,
            Ok(program) => program / self.0.speed.get() + Duration::from_nanos(1),
        }
    }

    /// Sleeps until a moment of the program's time; a jump forward may end it at once.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let mut jumps = self.jumps();
        loop {
            let left = self.real_duration_until(moment);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left.min(LONGEST_SLEEP)) => {}
                _ = jumps.changed() => {}
            }
        }
    }

    /// Changes with every jump.
    pub(crate) fn jumps(&self) -> watch::Receiver<u64> {
        self.0.jumps.subscribe()
    }

    /// Writes down the time reached. Losing this note costs nothing but in the double fault that the
    /// type describes, so a disk that refuses it stops nobody.
    fn keep(&self) {
        let Some(path) = &self.0.path else { return };
        let Ok(_file) = self.0.file.try_lock() else { return };
        let kept = {
            let mut running = lock(&self.0.running);
            let (monotonic, machine) = (self.0.real.monotonic(), self.0.real.utc());
            Kept {
                program: running.at(monotonic, machine, self.0.speed),
                machine,
                speed: self.0.speed,
            }
        };
        if let Err(error) = write_atomically(path, &kept) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the clock could not write down the time"
            );
        }
    }
}

impl Clock for ProgramClock {
    fn now(&self) -> Timestamp {
        let mut running = lock(&self.0.running);
        let monotonic = self.0.real.monotonic();
        let now = running.at(monotonic, self.0.real.utc(), self.0.speed);
        let due = monotonic.saturating_sub(running.kept) >= KEEP_EVERY;
        if due {
            running.kept = monotonic;
        }
        drop(running);
        if due {
            self.keep();
        }
        now
    }
}

impl Running {
    /// The program's time, and notes that it was reached.
    ///
    /// Real time is counted by the monotonic clock, but for a stretch that it slept through: a suspended
    /// machine, where only the wall clock goes on. A wall clock set back changes nothing.
    fn at(&mut self, monotonic: Duration, utc: Timestamp, speed: NonZeroU32) -> Timestamp {
        let counted = monotonic.saturating_sub(self.monotonic);
        let by_the_wall = Duration::try_from(utc.duration_since(self.utc)).unwrap_or_default();
        let now = later(self.program, scaled(counted.max(by_the_wall), speed));
        self.reached = self.reached.max(now);
        self.reached
    }
}

fn scaled(real: Duration, speed: NonZeroU32) -> Duration {
    real.saturating_mul(speed.get())
}

/// The moment a duration after another; the end of the calendar if there is no such moment.
fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Replaces a file in one step: whoever reads it finds the old content or the new, never a part.
fn write_atomically(path: &std::path::Path, kept: &Kept) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    // Without this, a power cut could leave the new name with nothing under it.
    file.sync_data()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests;
