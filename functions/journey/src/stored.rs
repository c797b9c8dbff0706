//! The stored shape of a journey: versioned, compact, converted by hand.
use crate::Journey;
/// A stored record that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored journey cannot be read")]
pub struct Unreadable;
/// Writes a journey's stored shape.
#[must_use]
pub fn encode(_journey: &Journey) -> Vec<u8> {
    Vec::new()
}
/// Reads a journey's stored shape.
/// # Errors
/// [`Unreadable`] when it is none of ours.
pub fn decode(_bytes: &[u8]) -> Result<Journey, Unreadable> {
    Err(Unreadable)
}
