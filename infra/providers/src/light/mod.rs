//! Light: how an account stands, each step of its enrolment, and the link by which a customer goes on.
//!
//! The contract is docs/light.md. What it does not know is configuration: [`LightNames`], [`Refusals`]. Tokens, links,
//! ESI IDs and prices pass through: of them only the tokens are kept, in memory alone.

mod account;
mod client;
mod config;
mod offer;
mod tokens;
mod usage;

pub use client::LightClient;
pub use config::{Environment, LightConfig, LightNames, Refusals};
