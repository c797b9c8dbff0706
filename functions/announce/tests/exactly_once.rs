//! A stream that is read again and again: counters are exact, and every event is heard.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Poll, Waker};

use announce::Record;
use journey::{lifecycle, stored};

use support::{Customer, Fault, World, finisher, stream};

/// What one clean reading of the whole would count and say.
struct Truth {
    counters: BTreeMap<(String, String), u64>,
    /// The events of each journey, in their order.
    events: Vec<(String, Vec<String>)>,
}

fn truth(records: &[Record]) -> Truth {
    let mut counters: BTreeMap<_, u64> = BTreeMap::new();
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in records {
        let before = record.before.as_deref().map(|bytes| stored::decode(bytes).unwrap());
        let after = stored::decode(record.after.as_deref().unwrap()).unwrap();
        for event in lifecycle(before.as_ref(), &after) {
            let utility = after.utility.as_ref().map_or("-", |utility| utility.as_str());
            let arm = &after.assignment.arm;
            let name = format!("{}/{utility}/-/-/{arm}", event.what.kind());
            *counters
                .entry((event.at.to_string()[..10].to_owned(), name))
                .or_default() += 1;
            events.entry(record.journey.to_string()).or_default().push(event.id);
        }
    }
    Truth {
        counters,
        events: events.into_iter().collect(),
    }
}

/// Reads the whole stream as Lambda does: from where the last reading stopped, in batches of these
/// sizes, over and over. Answers how many readings it took.
fn read_all(world: &World, records: &[Record], mut sizes: impl FnMut() -> usize) -> usize {
    let mut from = 0;
    let mut readings = 0;
    while from < records.len() {
        readings += 1;
        assert!(readings < 10_000, "no progress at {from}");
        let until = (from + sizes()).min(records.len());
        // A process that dies reads from the same place again.
        if let Some(failed) = world.read(&records[from..until]) {
            let place = |sequence: &String| records.iter().position(|record| record.sequence == *sequence).unwrap();
            let stopped = failed.iter().map(place).min();
            assert!(stopped.is_none_or(|place| (from..until).contains(&place)));
            from = stopped.unwrap_or(until);
        }
    }
    readings
}

fn assert_true(world: &World, truth: &Truth, context: &dyn std::fmt::Debug) {
    world.look(|state| {
        assert_eq!(state.counters, truth.counters, "{context:?}");
        // Heard for the first time, each journey's events come in their order.
        for (_, events) in &truth.events {
            let mut first = BTreeSet::new();
            let heard = state.heard.iter().map(|event| &event.id);
            let heard: Vec<_> = heard.filter(|id| events.contains(id) && first.insert(*id)).collect();
            assert_eq!(heard, events.iter().collect::<Vec<_>>(), "{context:?}");
        }
    });
}

/// Numbers without order that are the same in each run.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

#[test]
fn a_clean_reading_counts_and_tells_everything_once() {
    let records = stream((0..20).map(finisher).collect());
    let truth = truth(&records);
    for size in [1, 2, 7, 100] {
        let world = World::default();
        read_all(&world, &records, || size);
        assert_true(&world, &truth, &size);
        world.look(|state| assert_eq!(state.heard.len(), 60, "each is told once"));
    }
}

#[test]
fn wherever_a_step_fails_the_counters_are_exact() {
    let records = stream((0..6).map(finisher).collect());
    let truth = truth(&records);
    for fault in Fault::ALL {
        for step in 1.. {
            // The reading after a failure may be as long as the one before, longer, or shorter.
            for (first, then) in [(8, 8), (8, 13), (8, 5), (8, 3), (30, 2)] {
                let world = World::failing(&[(step, fault)]);
                let mut readings = 0;
                let sizes = || {
                    readings += 1;
                    if readings == 1 { first } else { then }
                };
                read_all(&world, &records, sizes);
                assert_true(&world, &truth, &(fault, step, first, then));
            }
            let reached = {
                let world = World::failing(&[(step, fault)]);
                read_all(&world, &records, || 8);
                world.look(|state| state.steps >= step)
            };
            if !reached {
                assert!(step > 40, "only {step} steps");
                break;
            }
        }
    }
}

#[test]
fn many_faults_and_batches_of_any_size_leave_the_counters_exact() {
    for seed in 0..400 {
        let mut next = numbers(seed);
        let records = stream((0..(2 + next() as usize % 9)).map(finisher).collect());
        let truth = truth(&records);
        let faults: Vec<_> = (0..next() % 12)
            .map(|_| (1 + next() as usize % 120, Fault::ALL[next() as usize % 4]))
            .collect();
        let world = World::failing(&faults);
        read_all(&world, &records, || 1 + next() as usize % 14);
        assert_true(&world, &truth, &(seed, &faults));
    }
}

#[test]
fn a_chunk_has_no_more_counters_than_one_transaction() {
    // Each customer has a utility of their own, so each event has a counter of its own.
    let records = stream((0..150).map(finisher).collect());
    let truth = truth(&records);
    for (step, fault) in [
        (usize::MAX, Fault::Fails),
        (903, Fault::DiesAfter),
        (904, Fault::AnswerLost),
    ] {
        let world = World::failing(&[(step, fault)]);
        read_all(&world, &records, || records.len());
        assert_true(&world, &truth, &(step, fault));
        world.look(|state| {
            assert_eq!(state.most_counters, 99);
            assert!(state.marks.len() >= 5, "{} chunks", state.marks.len());
            assert!(step == usize::MAX || state.steps > step, "{} steps", state.steps);
        });
    }
}

#[test]
fn two_readings_at_once_count_once() {
    let records = stream((0..6).map(finisher).collect());
    let truth = truth(&records);
    let steps = {
        let world = World::default();
        read_all(&world, &records, || records.len());
        world.look(|state| state.steps)
    };
    // The first stands still before one of its steps; the second reads all of a batch that may be
    // shorter, and then the first goes on. Lambda believes one of them, and goes on from its answer.
    for still in 1..=steps {
        for length in [records.len(), records.len() / 2, 4] {
            for first_counts in [true, false] {
                let world = World::default();
                let paused = support::Paused::new(&world, still);
                let links = support::links();
                let mut slow = Box::pin(announce::handle(&paused, &links, &records));
                let mut context = Context::from_waker(Waker::noop());
                assert!(slow.as_mut().poll(&mut context).is_pending(), "{still}");
                let second = world.read(&records[..length]).unwrap();
                paused.go_on();
                let Poll::Ready(first) = slow.as_mut().poll(&mut context) else {
                    panic!("it stands still at {still}")
                };
                let (failed, end) = if first_counts {
                    (first, records.len())
                } else {
                    (second, length)
                };
                let from = failed.first().map_or(end, |sequence| sequence.parse().unwrap());
                read_all(&world, &records[from..], || 5);
                assert_true(&world, &truth, &(still, length, first_counts));
            }
        }
    }
}

#[test]
fn what_tells_nothing_writes_nothing() {
    let quiet = Customer::new(1)
        .event(journey::Event::SessionOpened)
        .later(1)
        .event(journey::Event::StepReached)
        .later(1)
        .event(journey::Event::StepReached);
    let records: Vec<_> = stream(vec![quiet]).split_off(1);
    assert_eq!(records.len(), 2);
    let world = World::default();
    assert_eq!(world.read(&records), Some(Vec::new()));
    world.look(|state| {
        assert!(state.heard.is_empty() && state.marks.is_empty() && state.counters.is_empty());
        assert_eq!(state.steps, 1, "one look for a mark");
    });
}

#[test]
fn a_record_that_nobody_can_read_holds_up_nothing() {
    let mut records = stream((0..4).map(finisher).collect());
    let mut others = records.clone();
    records[3].after = Some(b"{\"v\":1}".to_vec());
    records[5].before = Some(b"not a record".to_vec());
    records[6].after = None;
    for broken in [6, 5, 3] {
        others.remove(broken);
    }
    let world = World::default();
    read_all(&world, &records, || 100);
    assert_true(&world, &truth(&others), &"broken");
    world.look(|state| assert_eq!(state.totals["announce.unreadable"], 2));
}
