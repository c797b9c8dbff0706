//! The program's clock, as the sandbox reads it.

use jiff::{SignedDuration, Timestamp};

/// Tells the time of the story, which may run much faster than the machine's.
///
/// The sandbox waits for a moment by looking at this clock every few real milliseconds. At 3600
/// times real speed one look is some 20 seconds after the other; what happens in between is still
/// recorded at the moment it was due, not at the moment it was noticed.
pub trait Clock: Send + Sync + 'static {
    /// The present moment; it never goes back.
    fn now(&self) -> Timestamp;
}

/// The moment a duration after another, which is the end of time if there is no such moment.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A moment without its fraction of a second: the provider's records carry whole seconds.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
