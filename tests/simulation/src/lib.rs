//! Deterministic simulation: the real use cases over simulated ports, a virtual clock and one seed.
//!
//! A *case* is what one seed draws: some customers, a campaign, and the kinds of faults that may
//! happen. It runs on one thread and is the same each time, byte for byte. Everything that goes wrong has a
//! name, so that a case that fails can be told again with less and less of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "these are tests: a case that cannot be run must stop, and say where"
)]

mod bayou;
mod case;
mod enrolling;
mod fault;
mod happen;
mod leap;
mod light;
mod moment;
mod oracle;
mod ports;
mod record;
mod run;
mod sharing;
mod shrink;
mod state;
mod stream;
mod table;
mod words;

pub use fault::{Fault, Kind, Kinds, Of, Who};
pub use oracle::Breach;
pub use run::Outcome;
pub use shrink::{Story, shrink};

/// Runs the case of a seed, with no other kinds of faults than these; `telling` keeps its story.
#[must_use]
pub fn run(seed: u64, allowed: Kinds, telling: bool) -> Outcome {
    run::run(seed, allowed, state::Cut::default(), telling)
}
