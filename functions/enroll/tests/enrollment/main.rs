//! What customers and partners see of an enrolment, over HTTP and over a provider and a store that remember.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

mod acceptance;
mod api;
mod browser;
mod document;
mod flow;
mod guard;
mod home;
mod partner;
mod payment;
mod ports;
mod repeated;
mod resumed;
mod standing;
mod wire;
mod world;
