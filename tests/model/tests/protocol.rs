//! The protocol as it is, in every order of its steps.

#![allow(clippy::print_stdout, reason = "the helpers of these tests are tests, too")]

use std::time::Instant;

use model::rules::Tick;
use model::state::Left;
use model::{Bounds, Protocol, tell};
use stateright::{Checker, Expectation, HasDiscoveries, Model};

const NOTHING: Left = Left {
    crashes: 0,
    mishaps: 0,
    failures: 0,
    activity: 0,
};

/// Takes every step in every order, and prints how many states that were.
fn check(left: Left, held_up_until: Tick) {
    let bounds = Bounds { left, held_up_until };
    let protocol = Protocol { bounds, broken: None };
    let start = Instant::now();
    let checked = protocol
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let (states, steps, depth) = (checked.unique_state_count(), checked.state_count(), checked.max_depth());
    println!(
        "{left:?}: {states} states, {steps} steps, depth {depth}, {:?}",
        start.elapsed()
    );
    for property in protocol.properties() {
        let found = checked.discovery(property.name);
        match property.expectation {
            Expectation::Sometimes => println!("  sometimes {}: {}", property.name, found.is_some()),
            Expectation::Always | Expectation::Eventually => {
                let broken = found.as_ref().map(tell);
                assert!(broken.is_none(), "{}:\n{}", property.name, broken.unwrap_or_default());
            }
        }
    }
    assert!(checked.is_done());
    // What a test never saw it has not checked.
    checked.assert_any_discovery("a reminder goes out, and is recorded");
    checked.assert_any_discovery("a send starts although the customer has just finished");
    if left.crashes > 0 {
        checked.assert_any_discovery("a second attempt goes out after a claim that came to nothing");
    }
}

#[test]
fn one_crash() {
    check(Left { crashes: 1, ..NOTHING }, 6);
}

#[test]
fn one_mishap() {
    check(Left { mishaps: 1, ..NOTHING }, 6);
}

#[test]
fn one_failure() {
    check(Left { failures: 1, ..NOTHING }, 6);
}

#[test]
fn one_act() {
    check(Left { activity: 1, ..NOTHING }, 4);
}
