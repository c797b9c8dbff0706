//! Every scenario again, interrupted before each call of a port: everybody finishes, opts out, or is
//! erased just then. Whatever was under way, nothing may go out to them any more.
//!
//! One moment is left out, since nobody can close it: between the last look and the sender's own
//! acceptance of the mail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::fs;

use tests::{Fault, Interruption, Mode, Play, Scenario, Stage, oracle};

/// Calls of a story that is interrupted in every way before each of them. From twice as many on, each meets some of the
/// ways, in turn, and at least one.
const LONG: u64 = 100;

/// The call that hands a message over: what happens in it or after it is too late.
fn sends(call: &str) -> bool {
    ["send_email", "send_text", "send_push"].contains(&call)
}

fn check(name: &str) {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(&fs::read_to_string(path).unwrap());
    let stage = Stage::of(&scenario);
    let play = |what: Interruption, step: u64| {
        let mode = Mode::Interrupted(what);
        Play::run(&scenario, &stage, Some(Fault { step, mode }))
    };
    // Up to the interruption each play is the same, so together they name every call.
    let calls: Vec<_> = (1..)
        .map_while(|step| play(Interruption::EverybodyFinishes, step).hit())
        .collect();
    let mut failures = Vec::new();
    let mut plays = 0;
    let every = (calls.len() as u64 / LONG).clamp(1, Interruption::ALL.len() as u64);
    for (n, what) in (0..).zip(Interruption::ALL) {
        for (step, call) in (1..).zip(&calls).filter(|(step, _)| (step + n) % every == 0) {
            let next = usize::try_from(step).ok().and_then(|step| calls.get(step));
            // The last look reads the person, then the journey: what happens between the two is seen
            // only if it is a completion.
            let unseen = what != Interruption::EverybodyFinishes && next.is_some_and(|next| sends(next));
            if sends(call) || unseen {
                continue;
            }
            plays += 1;
            for wrong in oracle::judge(&play(what, step)) {
                failures.push(format!("{what:?} at step {step} ({call}): {wrong}"));
            }
        }
    }
    println!("{name}: {plays} plays with an interruption");
    let shown: String = failures.iter().take(20).map(|line| format!("\n  {line}")).collect();
    assert!(
        failures.is_empty(),
        "{} failures in {plays} plays:{shown}",
        failures.len()
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
