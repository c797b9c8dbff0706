//! Every scenario again, once for each call of a port and each way in which it can fail.
//!
//! Afterwards the world goes on as the real one does: a webhook that was not acknowledged comes
//! again, a timer fires again or is found by the sweep, a person tries again. Whatever the fault
//! was, the outcome must be the same, or the reason on record.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::fs;

use tests::{Fault, Mode, Play, Scenario, Stage, oracle};

/// Calls of a story that is played with every way to fail at each of them. From twice as many on, calls repeat themselves:
/// each meets some of the ways, in turn, and at least one.
const LONG: u64 = 100;

fn check(name: &str) {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(&fs::read_to_string(path).unwrap());
    let stage = Stage::of(&scenario);
    let undisturbed = Play::run(&scenario, &stage, None);
    let mut failures = Vec::new();
    let mut plays = 0;
    let ways = Mode::ALL.len() as u64;
    let every = (undisturbed.steps() / LONG).clamp(1, ways);
    for (n, mode) in (0..).zip(Mode::ALL) {
        for step in (1..).filter(|step| (step + n) % every == 0) {
            let disturbed = Play::run(&scenario, &stage, Some(Fault { step, mode }));
            let Some(hit) = disturbed.hit() else { break };
            plays += 1;
            for wrong in oracle::compare(&undisturbed, &disturbed) {
                failures.push(format!("{mode:?} at step {step} ({hit}): {wrong}"));
            }
        }
    }
    println!("{name}: {} steps, {plays} plays with a fault", undisturbed.steps());
    let shown = failures.iter().take(20).map(|line| format!("\n  {line}"));
    assert!(
        failures.is_empty(),
        "{} failures after {plays} faults:{}",
        failures.len(),
        shown.collect::<String>()
    );
}

macro_rules! tests_of {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

tests::for_each_scenario!(tests_of);
