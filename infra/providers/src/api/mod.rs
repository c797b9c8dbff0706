//! What the clients of all providers share: one HTTP request with its budget, attempts and deadline.

mod client;
mod config;
mod error;
mod field;

pub(crate) use client::{Api, Body, Request};
pub use config::ConfigError;
pub(crate) use config::{ApiConfig, Authorization, ErrorCode, in_range};
pub(crate) use error::CallError;
pub(crate) use field::{at, parse, text_at};
