//! The deployed stack, on an emulated AWS: the real `template.yaml` and the real binaries, deployed by
//! `sam deploy`, with IAM enforced; a stand-in of each provider and a partner's receiver outside of it.
//!
//! What is not real here: AWS itself (an emulator answers for it), and the part of SES that the
//! emulator leaves out, which [`mail::MailFront`] stands in for: the headers and tags of a message,
//! throttling, and an answer that never comes; and SNS's list of opt-outs ([`texts::TextFront`]).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "this crate is a test's stage: a broken one should stop at once, and say so"
)]

pub mod bayou;
pub mod campaign;
pub mod cloud;
pub mod internet;
pub mod leap;
pub mod light;
pub mod mail;
pub mod partner;
pub mod stage;
pub mod texts;

pub use stage::{Stage, stage};
