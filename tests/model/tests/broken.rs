//! A model that cannot fail proves nothing: each rule that is left out leads to a counterexample, and the shortest
//! is told.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::collections::BTreeSet;

use model::state::Left;
use model::{Bounds, Broken, Protocol, tell};
use stateright::{Checker, HasDiscoveries, Model};

const NOTHING: Left = Left {
    crashes: 0,
    mishaps: 0,
    failures: 0,
    activity: 0,
};
const A_CRASH: Left = Left { crashes: 1, ..NOTHING };
const A_MISHAP: Left = Left { mishaps: 1, ..NOTHING };
const AN_ACT: Left = Left { activity: 1, ..NOTHING };

const ONE_MESSAGE: &str = "I2: one message at most";
const KNEW: &str = "I1: no send after a last look that knew of the completion";

/// Finds the shortest way to break a property without a rule. With the rule none is found: `protocol.rs`.
fn check(broken: Broken, left: Left, property: &'static str) {
    let protocol = Protocol {
        bounds: Bounds { left, held_up_until: 6 },
        broken: Some(broken),
    };
    let within = |depth| {
        let wanted = HasDiscoveries::AnyOf(BTreeSet::from([property]));
        let checker = protocol.checker().finish_when(wanted).target_max_depth(depth);
        checker.spawn_bfs().join().discovery(property)
    };
    // The checker keeps the last path of a bunch that it finds: the shortest is the one for which no less depth will do.
    let mut path = within(100).expect("a counterexample");
    let mut too_short = 0;
    let mut enough = path.clone().into_actions().len() + 2;
    while enough - too_short > 1 {
        let depth = usize::midpoint(too_short, enough);
        match within(depth) {
            Some(shorter) => (path, enough) = (shorter, depth),
            None => too_short = depth,
        }
    }
    let steps = path.clone().into_actions().len();
    println!(
        "Without {broken:?}, against \"{property}\", in {steps} steps:\n{}",
        tell(&path)
    );
}

#[test]
fn no_version_check() {
    check(Broken::NoVersionCheck, A_MISHAP, ONE_MESSAGE);
}

#[test]
fn timer_armed_after_the_write() {
    check(
        Broken::ArmAfterWrite,
        NOTHING,
        "I4: what is live has a timer that was armed",
    );
}

#[test]
fn send_before_the_claim() {
    check(Broken::SendBeforeClaim, A_CRASH, ONE_MESSAGE);
}

#[test]
fn completion_does_not_absorb() {
    check(Broken::CompletionDoesNotAbsorb, AN_ACT, KNEW);
}

#[test]
fn blind_resend_after_a_crash() {
    check(Broken::BlindResend, A_CRASH, ONE_MESSAGE);
}

#[test]
fn no_question_to_the_provider() {
    check(
        Broken::NoRecheck,
        NOTHING,
        "I1: no send without the provider's answer in the same call",
    );
}

#[test]
fn no_last_look() {
    check(Broken::NoLastLook, NOTHING, KNEW);
}

#[test]
fn held_up_calls_send_all_the_same() {
    check(Broken::NoHeldUpCheck, A_MISHAP, ONE_MESSAGE);
}

#[test]
fn a_sender_slower_than_the_lease() {
    check(Broken::SlowSender, A_MISHAP, ONE_MESSAGE);
}

#[test]
fn no_sweep() {
    check(
        Broken::NoSweep,
        A_MISHAP,
        "I6: in the end the touch is decided, or nobody needs it",
    );
}
