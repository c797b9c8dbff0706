//! Runs many cases, on all cores, and tells those that fail.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a command: it speaks on standard output, and measures how fast it is"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use simulation::{Kinds, run, shrink};

/// Simulates journeys of customers, with faults.
#[derive(Parser)]
struct Arguments {
    /// How many journeys, at least.
    #[arg(long, default_value_t = 100_000)]
    journeys: u64,
    /// The first seed; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// At most this many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// `all`, `none`, or kinds of faults parted by commas.
    #[arg(long, default_value = "all", value_parser = Kinds::parse)]
    faults: Kinds,
    /// Tells the case of this seed, and nothing else.
    #[arg(long)]
    replay: Option<u64>,
    /// With `--replay`: as it is, without leaving out what does not matter.
    #[arg(long)]
    whole: bool,
    /// Stops at so many failing seeds.
    #[arg(long, default_value_t = 5)]
    failures: usize,
}

#[derive(Default)]
struct Totals {
    faults: BTreeMap<&'static str, u64>,
    failed: Vec<(u64, String)>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.replay {
        return replay(seed, &arguments);
    }
    let began = Instant::now();
    let (next, journeys) = (AtomicU64::new(arguments.seed), AtomicU64::new(0));
    let (messages, completed, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let totals = Mutex::new(Totals::default());
    let lock = || totals.lock().unwrap_or_else(PoisonError::into_inner);
    let limit = arguments.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    let progress = || {
        let done = journeys.load(Ordering::Relaxed);
        let an_hour = done as f64 / began.elapsed().as_secs_f64() * 3_600.0;
        let (messages, failed) = (messages.load(Ordering::Relaxed), lock().failed.len());
        println!("{done} journeys, {an_hour:.0} an hour, {messages} messages, {failed} seeds failed");
    };
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let outcome = run(seed, arguments.faults, false);
            let mut of_kind = BTreeMap::new();
            for fault in &outcome.fired {
                *of_kind.entry(fault.kind.word()).or_insert(0) += 1;
            }
            let mut totals = lock();
            for (kind, count) in of_kind {
                *totals.faults.entry(kind).or_default() += count;
            }
            if let Some(breach) = outcome.breaches.first() {
                println!("seed {seed}: {}: {}", breach.invariant, breach.what);
                totals
                    .failed
                    .push((seed, format!("{}: {}", breach.invariant, breach.what)));
                if totals.failed.len() >= arguments.failures {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            drop(totals);
            messages.fetch_add(outcome.messages as u64, Ordering::Relaxed);
            completed.fetch_add(outcome.completed as u64, Ordering::Relaxed);
            let done = journeys.fetch_add(outcome.journeys as u64, Ordering::Relaxed);
            if done >= arguments.journeys || limit.is_some_and(|limit| began.elapsed() > limit) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let mut shown = Instant::now();
        // One that panics ends the run as well.
        while workers.iter().all(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            if shown.elapsed() > Duration::from_secs(10) {
                progress();
                shown = Instant::now();
            }
        }
    });
    progress();
    let totals = lock();
    println!("{} journeys ended completed", completed.load(Ordering::Relaxed));
    for (kind, count) in &totals.faults {
        println!("{count:>12} {kind}");
    }
    let Some((seed, _)) = totals.failed.first() else {
        return ExitCode::SUCCESS;
    };
    replay(*seed, &arguments)
}

fn replay(seed: u64, arguments: &Arguments) -> ExitCode {
    let faults = arguments.faults;
    if arguments.whole {
        let outcome = run(seed, faults, true);
        println!("{}", outcome.story.join("\n"));
        return if outcome.breaches.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let Some(story) = shrink(seed, faults) else {
        println!("{}", run(seed, faults, true).story.join("\n"));
        return ExitCode::SUCCESS;
    };
    println!("{}", story.lines.join("\n"));
    println!(
        "{} faults are left, after {} runs. To see it again:",
        story.faults, story.runs
    );
    println!("cargo run --release -p simulation -- --replay {seed} --faults {faults}");
    ExitCode::FAILURE
}
