//! What must hold, said again and more simply than in the rules. Nothing here calls them.

mod claim;
mod rest;
mod send;

use std::collections::{BTreeMap, BTreeSet};

use journey::SendKey;

use crate::case::SECOND;
use crate::state::State;

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: &'static str,
    /// How.
    pub what: String,
}

/// A message that a sender took over.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) key: SendKey,
    pub(crate) customer: usize,
    pub(crate) at: i64,
    pub(crate) to: String,
}

/// What the oracle remembers.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) messages: Vec<Message>,
    pub(crate) armed: BTreeSet<(usize, u32)>,
    claimed_at: BTreeMap<SendKey, i64>,
    swept: BTreeMap<(usize, u32), u16>,
}

impl Oracle {
    /// The next number of a firing by the sweep.
    pub(crate) fn swept(&mut self, customer: usize, generation: u32) -> u16 {
        let count = self.swept.entry((customer, generation)).or_insert(200);
        // Who is swept for days is a breach by then, whatever the number.
        *count = if *count < 60_000 { *count + 10 } else { 210 };
        *count
    }
}

impl State {
    /// A word of a metric.
    pub(crate) fn judge_label(&mut self, word: &str, by: u64) {
        self.counters += by;
        if word.contains("example.com") || word.contains("site-") || word.contains("+1202") {
            self.breach("I9", format!("a metric says {word}"));
        }
    }

    /// A webhook was answered.
    pub(crate) fn judge_answer(&mut self, index: u32, accepted: bool, begins: bool) {
        let Some(invocation) = self.invocations.get(index as usize) else {
            return;
        };
        let who = invocation.who;
        let took = self.now - invocation.started_at;
        let disturbed = invocation.disturbed;
        if accepted && begins && !self.holds(who.customer, who.a) {
            self.breach("I8", format!("{who}: answered 200, and the table does not have it"));
        }
        if !disturbed && took > 2 * SECOND {
            self.breach("I8", format!("{who}: answered after {took} ms"));
        }
    }
}
