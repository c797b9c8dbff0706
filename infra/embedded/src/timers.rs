//! Timers: calls a handler for whatever falls due.
//!
//! There is no timer in memory. The journeys' due index says what is due, so a restart forgets none,
//! and a journey that was written says itself when it is due next.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use journey::port::Clock;
use journey::{JourneyId, Lane};
use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use crate::clock::ProgramClock;
use crate::store::{Fault, Store};

/// The shortest sleep: with a fast clock, what falls due meanwhile is taken in one look.
const SHORTEST_NAP: Duration = Duration::from_millis(5);

/// The longest sleep: a look that finds nothing costs microseconds.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// Journeys taken in one look, beyond those that must be passed over.
const PORTION: usize = 512;

/// How long a journey rests after its handler failed: the shorter of the two, doubled with each failure
/// in a row, up to [`MOST_DOUBLINGS`] times.
const REST: (Duration, SignedDuration) = (Duration::from_secs(1), SignedDuration::from_secs(30));

/// 32 seconds of real time at most.
const MOST_DOUBLINGS: u32 = 5;

type HandlerError = Box<dyn Error + Send + Sync>;

/// Calls `handler` with each journey of a lane whose timer is due, and the timer's generation, until
/// `shutdown` comes; then waits for the calls under way.
///
/// The one whose window closes first goes first. At most `concurrency` calls run at once, and never two
/// for the same journey. A journey whose handler failed, or left its timer as it was, is tried again after
/// a rest; the others do not wait for it. One loop for each lane is enough, and all there should be.
pub async fn run<H, F, E>(
    store: Store,
    clock: ProgramClock,
    lane: Lane,
    handler: H,
    concurrency: usize,
    shutdown: impl Future<Output = ()>,
) where
    H: Fn(JourneyId, u32) -> F,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<HandlerError>,
{
    let mut shutdown = pin!(shutdown);
    let mut jumps = clock.jumps();
    let mut desk = Desk {
        store: &store,
        clock: &clock,
        lane,
        concurrency: concurrency.max(1),
        waiting: VecDeque::new(),
        calls: JoinSet::new(),
        busy: BTreeMap::new(),
        resting: BTreeMap::new(),
    };
    loop {
        let nap = desk.serve(&handler).unwrap_or_else(|fault| {
            tracing::error!(error = &fault as &dyn Error, "the journeys that are due cannot be read");
            LONGEST_NAP
        });
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = desk.calls.join_next_with_id() => desk.ended(ended),
            () = store.alarm(lane).rung() => {}
            _ = jumps.changed() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
    while let Some(ended) = desk.calls.join_next_with_id().await {
        desk.ended(ended);
    }
}

/// What a call ends with: its journey and generation, and how it went.
type Ended = (JourneyId, u32, Result<(), HandlerError>);

/// What is being worked on, what comes next, and what rests.
struct Desk<'a> {
    store: &'a Store,
    clock: &'a ProgramClock,
    lane: Lane,
    concurrency: usize,
    /// Due, in the order to be served.
    waiting: VecDeque<(JourneyId, u32)>,
    calls: JoinSet<Ended>,
    busy: BTreeMap<JourneyId, (task::Id, u32)>,
    resting: BTreeMap<JourneyId, Rest>,
}

/// A journey whose handler failed.
struct Rest {
    generation: u32,
    failures: u32,
    until: Instant,
}

impl Desk<'_> {
    /// Starts as many calls as it may, and says how long there will be nothing more to start.
    fn serve<H, F, E>(&mut self, handler: &H) -> Result<Duration, Fault>
    where
        H: Fn(JourneyId, u32) -> F,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<HandlerError>,
    {
        let alarm = self.store.alarm(self.lane);
        alarm.about_to_look();
        let now = self.clock.now();
        loop {
            let looked = self.waiting.is_empty();
            if looked {
                self.look(now)?;
            }
            let started = self.start_waiting(handler);
            if self.busy.len() >= self.concurrency {
                // The end of a call comes before anything else.
                return Ok(LONGEST_NAP);
            }
            if looked && started == 0 {
                break;
            }
        }
        let next = self.store.next_due_after(self.lane, now.as_millisecond())?;
        alarm.sleep_for(next.unwrap_or(i64::MAX));
        let until_due = next.map(|due| {
            let due = Timestamp::from_millisecond(due).unwrap_or(Timestamp::MAX);
            self.clock.real_duration_until(due)
        });
        let instant = Instant::now();
        let rests = self.resting.iter().filter(|(id, _)| !self.busy.contains_key(id));
        let until_rested = rests
            .map(|(_, rest)| rest.until.saturating_duration_since(instant))
            .min();
        let nap = until_due.into_iter().chain(until_rested).min().unwrap_or(LONGEST_NAP);
        Ok(nap.clamp(SHORTEST_NAP, LONGEST_NAP))
    }

    /// Reads what is due, and forgets rests that have ended and whose journey is no longer due.
    fn look(&mut self, now: Timestamp) -> Result<(), Fault> {
        let passed_over = self.busy.len() + self.resting.len();
        let due = self.store.due(self.lane, now, PORTION + passed_over)?;
        let (busy, instant) = (&self.busy, Instant::now());
        self.resting
            .retain(|id, rest| rest.until > instant || busy.contains_key(id) || due.iter().any(|(due, _)| due == id));
        self.waiting = due.into();
        Ok(())
    }

    /// Starts calls until all waiting journeys are served or no more calls may run; answers how many.
    fn start_waiting<H, F, E>(&mut self, handler: &H) -> usize
    where
        H: Fn(JourneyId, u32) -> F,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<HandlerError>,
    {
        let mut started = 0;
        while self.busy.len() < self.concurrency {
            let Some((id, generation)) = self.waiting.pop_front() else {
                break;
            };
            if self.busy.contains_key(&id) || self.rests(&id, generation) {
                continue;
            }
            let call = handler(id.clone(), generation);
            let name = id.clone();
            let task = self
                .calls
                .spawn(async move { (name, generation, call.await.map_err(Into::into)) });
            self.busy.insert(id, (task.id(), generation));
            started += 1;
        }
        started
    }

    /// Must this journey be left alone for now?
    fn rests(&self, id: &JourneyId, generation: u32) -> bool {
        self.resting
            .get(id)
            .is_some_and(|rest| rest.generation == generation && rest.until > Instant::now())
    }

    fn ended(&mut self, ended: Result<(task::Id, Ended), task::JoinError>) {
        match ended {
            Ok((_, (id, generation, outcome))) => {
                self.busy.remove(&id);
                // An entry that was read while the call ran is of the generation that it served.
                self.waiting
                    .retain(|(waiting, served)| (waiting, served) != (&id, &generation));
                let done = outcome.and_then(|()| self.is_done(&id, generation));
                match done {
                    Ok(()) => {
                        self.resting.remove(&id);
                    }
                    Err(error) => self.rest(id, generation, &*error),
                }
            }
            // The handler panicked; its journey is due still.
            Err(error) => {
                let call = self.busy.iter().find(|(_, (task, _))| *task == error.id());
                if let Some((id, generation)) = call.map(|(id, (_, generation))| (id.clone(), *generation)) {
                    self.busy.remove(&id);
                    self.rest(id, generation, &error);
                }
            }
        }
    }

    /// A handler that succeeds has moved the journey on. One that has not would be called for ever.
    fn is_done(&self, id: &JourneyId, generation: u32) -> Result<(), HandlerError> {
        if self.store.is_due(id, generation, self.clock.now())? {
            return Err("the timer is due still, although its handler has succeeded".into());
        }
        Ok(())
    }

    fn rest(&mut self, id: JourneyId, generation: u32, error: &(dyn Error + 'static)) {
        tracing::error!(journey = %id, generation, error, "a timer's handler failed; it is tried again");
        let failures = self.resting.get(&id).map_or(0, |rest| rest.failures.saturating_add(1));
        let (real, program) = REST;
        let rest = real.min(self.clock.real_duration(program)) * 2_u32.pow(failures.min(MOST_DOUBLINGS));
        self.resting.insert(
            id,
            Rest {
                generation,
                failures,
                until: Instant::now() + rest,
            },
        );
    }
}

#[cfg(test)]
mod tests;
