//! The program from outside: its HTTP contract, its commands, and what a kill leaves behind.
//!
//! One binary for all of it: each further one would link the whole program's libraries once more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod announcing;
mod bayou;
mod campaign;
mod cli;
mod contract;
mod demo;
mod fallback;
mod hostile;
mod kill;
mod leaks;
mod main_job;
mod report;
mod slow;
mod support;
mod test_sends;
