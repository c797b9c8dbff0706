//! Tells a case that failed again, with as little of it as still breaks the same invariant.

use std::collections::BTreeSet;

use crate::case::{Case, Doing};
use crate::fault::{Fault, Kinds};
use crate::run::{Outcome, run};
use crate::state::Cut;

/// A case cut down to what matters.
#[derive(Debug)]
pub struct Story {
    /// One line an event.
    pub lines: Vec<String>,
    /// The faults that are left.
    pub faults: usize,
    /// How often the case was run for it.
    pub runs: u32,
}

/// Nobody waits for more.
const MOST_RUNS: u32 = 600;

struct Shrinking {
    seed: u64,
    allowed: Kinds,
    invariant: &'static str,
    runs: u32,
}

impl Shrinking {
    fn breaks(&mut self, cut: &Cut) -> Option<Outcome> {
        self.runs += 1;
        if self.runs > MOST_RUNS {
            return None;
        }
        let outcome = run(self.seed, self.allowed, cut.clone(), false);
        let same = outcome.breaches.iter().any(|breach| breach.invariant == self.invariant);
        same.then_some(outcome)
    }
}

/// Shrinks the case of a seed; `None` when nothing is wrong with it.
#[must_use]
pub fn shrink(seed: u64, allowed: Kinds) -> Option<Story> {
    let whole = run(seed, allowed, Cut::default(), false);
    let invariant = whole.breaches.first()?.invariant;
    let mut shrinking = Shrinking {
        seed,
        allowed,
        invariant,
        runs: 0,
    };
    let mut cut = Cut {
        faults: Some(whole.fired),
        ..Cut::default()
    };
    let case = Case::of(seed, allowed);
    for customer in 0..case.customers.len() as u8 {
        let mut less = cut.clone();
        less.customers.insert(customer);
        if shrinking.breaks(&less).is_some() {
            cut = less;
        }
    }
    fewer_faults(&mut shrinking, &mut cut);
    for (customer, person) in case.customers.iter().enumerate() {
        let customer = customer as u8;
        for (act, done) in person.acts.iter().enumerate().rev() {
            // Who is never stored is another story.
            if matches!(done.doing, Doing::Put(_)) {
                continue;
            }
            let mut less = cut.clone();
            less.acts.insert((customer, act));
            if !cut.customers.contains(&customer) && shrinking.breaks(&less).is_some() {
                cut = less;
            }
        }
    }
    fewer_faults(&mut shrinking, &mut cut);
    let faults = cut.faults.as_ref().map_or(0, BTreeSet::len);
    let told = run(seed, allowed, cut, true);
    Some(Story {
        lines: told.story,
        faults,
        runs: shrinking.runs,
    })
}

/// Leaves out halves, then quarters, down to single faults.
fn fewer_faults(shrinking: &mut Shrinking, cut: &mut Cut) {
    let mut size = cut.faults.as_ref().map_or(0, BTreeSet::len);
    while size > 0 {
        let kept: Vec<Fault> = cut.faults.iter().flatten().copied().collect();
        for chunk in kept.chunks(size) {
            let faults = cut
                .faults
                .iter()
                .flatten()
                .filter(|fault| !chunk.contains(fault))
                .copied();
            let less = Cut {
                faults: Some(faults.collect()),
                ..cut.clone()
            };
            if shrinking.breaks(&less).is_some() {
                *cut = less;
            }
        }
        size /= 2;
    }
}
