//! What must hold, said again and more simply than in the rules. Nothing here calls them.

mod claim;
mod enrolment;
mod rest;
mod send;

use std::collections::{BTreeMap, BTreeSet};

use journey::{AddressId, Purpose, SendKey};

use self::enrolment::Knows;
use crate::bayou::Forged;
use crate::case::{Doing, SECOND};
use crate::record::Asks;
use crate::state::{Invocation, State};

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
    pub(crate) row: usize,
    pub(crate) at: i64,
    pub(crate) to: String,
}

/// A claim, as it was written.
struct Claimed {
    at: i64,
    row: usize,
    ledger: Option<AddressId>,
    asks: Asks,
    knows: Knows,
}

/// What the oracle remembers.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) messages: Vec<Message>,
    pub(crate) armed: BTreeSet<(usize, u32)>,
    claimed: BTreeMap<SendKey, Claimed>,
    /// Webhooks that were answered 2xx, by customer and act.
    taken: BTreeSet<(u8, u32)>,
    swept: BTreeMap<(usize, u32), u16>,
    /// Customers of Light's whom nobody writes to, until they act themselves.
    for_support: BTreeSet<usize>,
    /// Customers of Light's of whom an answer showed an older place, and nothing else.
    pub(crate) saw_old: BTreeSet<usize>,
    /// What was told to be late, by journey and episode.
    late: BTreeSet<(usize, u16, &'static str)>,
}

impl Oracle {
    /// The next number of a firing by the sweep.
    pub(crate) fn swept(&mut self, row: usize, generation: u32) -> u16 {
        let count = self.swept.entry((row, generation)).or_insert(200);
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
    pub(crate) fn judge_answer(&mut self, index: u32, accepted: bool) {
        let Some(invocation) = self.invocations.get(index as usize) else {
            return;
        };
        let who = invocation.who;
        let took = self.now - invocation.started_at;
        let disturbed = invocation.disturbed;
        if accepted {
            self.oracle.taken.insert((who.customer, who.a));
            if !self.has_taken(index) {
                self.breach("I8", format!("{who}: answered 200, and the table does not have it"));
            }
        }
        if !disturbed && took > 2 * SECOND {
            self.breach("I8", format!("{who}: answered after {took} ms"));
        }
    }

    /// Does the table hold what a webhook said?
    fn has_taken(&self, index: u32) -> bool {
        let Invocation {
            who,
            read_over,
            wrote_over,
            ..
        } = &self.invocations[index as usize];
        let customer = usize::from(who.customer);
        let exists = |row: usize| self.rows[row].journey.is_some();
        let silenced = |row: usize| !exists(row) || read_over[row] || wrote_over[row];
        let back = self.row_of(customer, Purpose::Reconnect);
        match &self.case.customers[customer].acts[who.a as usize].doing {
            Doing::Meter { .. } | Doing::Ready(_) | Doing::NewBill | Doing::Forged(Forged::Ready(_)) => true,
            Doing::Authenticate | Doing::Forged(Forged::Connected) => {
                exists(customer) && silenced(customer) && back.is_none_or(silenced)
            }
            Doing::Lose(_) | Doing::Forged(Forged::Lost) => back.is_none_or(exists),
            Doing::Enrol(what) => self.has_taken_of_light(index, *what),
            _ => self.holds(who.customer, who.a),
        }
    }
}
