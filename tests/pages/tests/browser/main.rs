//! The customers' pages and mails, in a real Chromium.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "the helpers of these tests are tests, too"
)]

mod access;
mod enrolling;
mod flows;
mod keyboard;
mod mails;
mod mishaps;
mod pictures;
mod resumed;
mod sights;
mod wire;
