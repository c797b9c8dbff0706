//! What will happen, in the order of when.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A priority queue of things to do, each at its moment; ties go in the order of entry.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(Timestamp, u64), T>,
    entered: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            entered: 0,
        }
    }

    pub(crate) fn add(&mut self, at: Timestamp, thing: T) {
        self.entries.insert((at, self.entered), thing);
        self.entered += 1;
    }

    /// Takes the first thing that is due, with the moment it was due at.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, T)> {
        let first = self.entries.first_entry()?;
        let (at, _) = *first.key();
        (at <= now).then(|| (at, first.remove()))
    }

    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.entries.keys().next().map(|(at, _)| *at)
    }
}
