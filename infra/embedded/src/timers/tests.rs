//! What the loop promises, told one by one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use journey::Journey;
use journey::port::LoadJourney;
use tokio::sync::oneshot;

use super::*;
use crate::testing::{due, eventually, journey, journey_id, key, minutes, speed, write};
use crate::{DataDir, lock};

/// A store, its fast clock, and a loop whose calls are written down.
struct Stage {
    store: Store,
    clock: ProgramClock,
    calls: Arc<Mutex<Vec<Call>>>,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
struct Call {
    id: JourneyId,
    generation: u32,
    real: Instant,
    program: Timestamp,
}

impl Stage {
    /// The clock starts at the machine's time: the tests' moments are long past for it.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let clock = ProgramClock::open(&data, speed(3600)).unwrap();
        let store = Store::open(&data, key(), clock.clone()).unwrap();
        Stage {
            store,
            clock,
            calls: Arc::default(),
            _folder: folder,
        }
    }

    fn now_plus(&self, program_minutes: i64) -> Timestamp {
        self.clock.now() + SignedDuration::from_mins(program_minutes)
    }

    fn calls(&self) -> usize {
        lock(&self.calls).len()
    }

    /// The journeys and generations called, in order.
    fn called(&self) -> Vec<(JourneyId, u32)> {
        lock(&self.calls)
            .iter()
            .map(|call| (call.id.clone(), call.generation))
            .collect()
    }

    fn calls_of(&self, n: u32) -> Vec<Call> {
        lock(&self.calls)
            .iter()
            .filter(|call| call.id == journey_id(n))
            .cloned()
            .collect()
    }

    /// Starts a loop whose handler notes the call and then does `then`.
    fn start<F>(&self, concurrency: usize, then: impl Fn(Store, JourneyId) -> F + Send + Sync + 'static) -> Loop
    where
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let (store, calls, clock) = (self.store.clone(), Arc::clone(&self.calls), self.clock.clone());
        let handler = move |id: JourneyId, generation| {
            lock(&calls).push(Call {
                id: id.clone(),
                generation,
                real: Instant::now(),
                program: clock.now(),
            });
            then(store.clone(), id)
        };
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = run(
            self.store.clone(),
            self.clock.clone(),
            Lane::Touchpoint,
            handler,
            concurrency,
            shutdown,
        );
        Loop {
            task: tokio::spawn(task),
            stop,
        }
    }
}

struct Loop {
    task: task::JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Loop {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

/// What a touchpoint does in the end: the journey has no timer any more.
async fn take_timer_back(store: Store, id: JourneyId) -> Result<(), HandlerError> {
    let loaded = store.load_journey(&id).await?.ok_or("no such journey")?;
    write(
        &store,
        &Journey {
            timer: None,
            ..loaded.journey
        },
        loaded.version,
    )
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_due_is_fired_once_in_the_order_of_closing() {
    let stage = Stage::new();
    for n in 0..40 {
        write(&stage.store, &due(n, minutes(1), minutes(200 - i64::from(n))), 0)
            .await
            .unwrap();
    }
    let timers = stage.start(1, take_timer_back);
    eventually("40 calls", || stage.calls() == 40).await;
    timers.stop().await;
    let expected: Vec<_> = (0..40).rev().map(|n| (journey_id(n), 1)).collect();
    assert_eq!(stage.called(), expected);
    assert_eq!(stage.store.next_due(Lane::Touchpoint).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_come_is_fired_when_its_time_has_come() {
    let stage = Stage::new();
    let timers = stage.start(8, take_timer_back);
    // Written while the loop sleeps, the later one first: 20 and 40 minutes are 0.3 and 0.7 seconds.
    let (late, early) = (stage.now_plus(40), stage.now_plus(20));
    write(&stage.store, &due(1, late, late), 0).await.unwrap();
    write(&stage.store, &due(2, early, late), 0).await.unwrap();
    eventually("both calls", || stage.calls() == 2).await;
    timers.stop().await;
    assert!(stage.calls_of(1)[0].program >= late);
    assert!(stage.calls_of(2)[0].program >= early);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_of_the_clock_is_noticed_at_once() {
    let stage = Stage::new();
    let timers = stage.start(8, take_timer_back);
    let in_a_year = stage.now_plus(365 * 24 * 60);
    write(&stage.store, &due(1, in_a_year, in_a_year), 0).await.unwrap();
    stage.clock.advance(SignedDuration::from_hours(366 * 24)).unwrap();
    eventually("the call", || stage.calls() == 1).await;
    timers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_whose_handler_fails_rests_and_holds_nobody_up() {
    let stage = Stage::new();
    for n in 0..20 {
        write(&stage.store, &due(n, minutes(1), minutes(i64::from(n))), 0)
            .await
            .unwrap();
    }
    let failing = journey_id(0);
    let timers = stage.start(1, move |store, id| {
        let fails = id == failing;
        async move {
            if fails {
                Err("a handler's failure".into())
            } else {
                take_timer_back(store, id).await
            }
        }
    });
    eventually("the others", || stage.calls() - stage.calls_of(0).len() == 19).await;
    eventually("a third try", || stage.calls_of(0).len() >= 3).await;
    // The first rest is 30 seconds of the program's time, which are 8 ms; the second is twice as long.
    let tries = stage.calls_of(0);
    assert!(tries[1].real - tries[0].real >= Duration::from_millis(8));
    assert!(tries[2].real - tries[1].real >= Duration::from_millis(16));
    timers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_leaves_the_timer_as_it_was_is_not_called_in_a_loop() {
    let stage = Stage::new();
    write(&stage.store, &due(1, minutes(1), minutes(2)), 0).await.unwrap();
    let begun = Instant::now();
    let timers = stage.start(4, |_, _| async { Ok(()) });
    eventually("three calls", || stage.calls() >= 3).await;
    let rested = begun.elapsed();
    assert!(rested >= Duration::from_millis(16), "{rested:?}");
    timers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_that_rests_is_called_for_a_new_timer() {
    let stage = Stage::new();
    write(&stage.store, &due(1, minutes(1), minutes(2)), 0).await.unwrap();
    // Calls fail until the new timer is written: no other write comes before it.
    let failing = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&failing);
    let timers = stage.start(4, move |store, id| {
        let fails = fails.load(Ordering::SeqCst);
        async move {
            if fails {
                Err("a handler's failure".into())
            } else {
                take_timer_back(store, id).await
            }
        }
    });
    eventually("a failure", || stage.calls() >= 1).await;
    let timer = journey::Timer {
        generation: 2,
        due: minutes(1),
        closes: minutes(2),
        why: journey::TimerWhy::Touch,
    };
    write(
        &stage.store,
        &Journey {
            timer: Some(timer),
            generation: 2,
            ..journey(1)
        },
        1,
    )
    .await
    .unwrap();
    failing.store(false, Ordering::SeqCst);
    eventually("the new timer's call", || stage.called().contains(&(journey_id(1), 2))).await;
    eventually("its end", || stage.store.next_due(Lane::Touchpoint).unwrap().is_none()).await;
    timers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_run_beside_each_other_but_never_two_for_one_journey() {
    let stage = Stage::new();
    for n in 0..10 {
        write(&stage.store, &due(n, minutes(1), minutes(2)), 0).await.unwrap();
    }
    let (release, released) = tokio::sync::watch::channel(false);
    let timers = stage.start(4, move |store, id| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await?;
            take_timer_back(store, id).await
        }
    });
    eventually("four calls", || stage.calls() == 4).await;
    // More looks, by a timer that is written meanwhile, start nothing.
    write(&stage.store, &due(11, minutes(1), minutes(1)), 0).await.unwrap();
    assert_eq!(stage.calls(), 4);
    release.send(true).unwrap();
    eventually("all calls", || {
        stage.store.next_due(Lane::Touchpoint).unwrap().is_none()
    })
    .await;
    timers.stop().await;
    let mut calls = stage.called();
    calls.sort();
    calls.dedup();
    assert_eq!((calls.len(), stage.calls()), (11, 11));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_waits_for_the_calls_under_way() {
    let stage = Stage::new();
    write(&stage.store, &due(1, minutes(1), minutes(2)), 0).await.unwrap();
    let (release, released) = tokio::sync::watch::channel(false);
    let timers = stage.start(4, move |store, id| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await?;
            take_timer_back(store, id).await
        }
    });
    eventually("the call", || stage.calls() == 1).await;
    timers.stop.send(()).unwrap();
    write(&stage.store, &due(2, minutes(1), minutes(2)), 0).await.unwrap();
    release.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(20), timers.task)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stage.calls(), 1);
    assert_eq!(
        stage.store.due(Lane::Touchpoint, stage.clock.now(), 9).unwrap(),
        [(journey_id(2), 1)]
    );
}
