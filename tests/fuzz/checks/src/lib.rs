//! What must hold for every input from outside. One function a parser: it takes any bytes, stops with a panic
//! when something does not hold, and answers whether the parser took the input.
//!
//! `tests/fuzz/fuzz_targets` calls them with what a fuzzer invents, `replay` with the corpora. To panic is not
//! all that they look for: what is accepted reads back as the same, an error repeats nothing of what it
//! refuses, an answer has a documented status, and what is refused has changed nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a check stops when something does not hold: that is how it tells"
)]

mod answers;
mod customers;
mod events;
mod lambda;
mod leap;
mod partner;
mod records;
mod requests;
mod stage;
mod stub;
mod words;

pub use customers::{pages, token};
pub use events::{feedback, stream};
pub use lambda::{gateway, schedule};
pub use leap::leap;
pub use partner::{contacts, csv};
pub use records::journey;
pub use requests::webhook;
pub use words::{campaign, package, template};

/// Calls a macro with the name of every target.
///
/// Each is a function of this crate, a file in `fuzz_targets`, and a folder in `corpus`: `replay` compares them.
#[macro_export]
macro_rules! for_each_target {
    ($with:ident) => {
        $with! { webhook leap contacts csv pages token feedback stream journey campaign template package gateway schedule }
    };
}
