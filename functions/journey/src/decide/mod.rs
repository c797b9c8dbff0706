//! The decision.
use crate::{Campaign, Effect, Event, Journey, Note};
use jiff::Timestamp;
/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The journey afterwards.
    pub next: Journey,
    /// What to carry out.
    pub effects: Vec<Effect>,
    /// What was decided and why.
    pub notes: Vec<Note>,
}
/// Decides.
#[must_use]
pub fn decide(journey: &Journey, _event: &Event, _now: Timestamp, _campaign: &Campaign) -> Decision {
    Decision { next: journey.clone(), effects: Vec::new(), notes: Vec::new() }
}
