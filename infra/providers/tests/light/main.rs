//! The client of Light's API against a server with a script, and against the fixtures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

mod accounts;
mod calls;
mod secrets;
mod steps;
mod stub;
