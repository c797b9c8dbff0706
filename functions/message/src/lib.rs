//! The words: MJML and Liquid templates for e-mails, texts and pushes, compiled once, filled in at each send.
//!
//! There is one message for each diagnosis that may be sent, in each language, with wording that
//! depends on the touch. A partner's campaign may replace any file (see `templates/README.md`).
//! `Templates::compile` runs when a campaign is checked: it resolves the includes, turns MJML into
//! HTML, and refuses what could fail or mislead later. [`Templates::render`] only fills in variables.
//!
//! The feature `compile`, on by default, is all that knows MJML. Without it the crate opens messages that
//! were compiled before ([`Templates::open`]) and fills them in: a function that sends needs no more.
//!
//! Architecture invariant: values are data. They are cleaned and escaped before they meet a template
//! and never parsed as Liquid, MJML, HTML or a header.

#[cfg(feature = "compile")]
mod builtin;
#[cfg(feature = "compile")]
mod check;
mod clean;
#[cfg(feature = "compile")]
mod compile;
mod day;
#[cfg(feature = "compile")]
mod elements;
#[cfg(feature = "compile")]
mod error;
#[cfg(feature = "compile")]
mod expand;
mod gallery;
mod help;
mod html;
#[cfg(feature = "compile")]
mod lexer;
mod links;
mod liquid_parser;
#[cfg(feature = "compile")]
mod mjml;
#[cfg(feature = "compile")]
mod parity;
mod plain;
mod render;
mod segments;
#[cfg(feature = "compile")]
mod source;
mod templates;
#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
mod trial;
mod variables;

#[cfg(feature = "compile")]
pub use error::{Problem, TemplateError};
pub use gallery::Sample;
#[cfg(feature = "compile")]
pub use parity::Difference;
pub use render::{Message, PushMessage, RenderError, TextMessage};
pub use segments::{Coding, Length};
#[cfg(feature = "compile")]
pub use source::TemplateSource;
pub use templates::{MessageName, MessageText, NoMessageName, NotLiquid, Templates};
pub use trial::TrialError;
pub use variables::{Brand, UtilityWords, Variables};
