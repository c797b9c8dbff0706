//! Leap: the state of a connection, what changed, meters, and the webhook's subscription.
//!
//! The contract is docs/leap.md; "trap n" in a comment or in a test's name is its section 7.

mod client;
mod config;
mod connections;
mod meters;
mod record;
#[cfg(test)]
mod tests;
pub mod webhooks;

pub use client::LeapClient;
pub use config::LeapConfig;

pub use crate::api::ConfigError;
