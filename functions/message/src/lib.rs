//! The words: MJML and Liquid templates, compiled once, filled in at each send.
//!
//! There is one message for each diagnosis that may be sent, in each language, with wording that
//! depends on the touch. A partner's campaign may replace any file (see `templates/README.md`).
//! [`Templates::compile`] runs when a campaign is checked: it resolves the includes, turns MJML into
//! HTML, and refuses what could fail or mislead later. [`Templates::render`] only fills in variables.
//!
//! Architecture invariant: values are data. They are cleaned and escaped before they meet a template
//! and never parsed as Liquid, MJML, HTML or a header.

mod builtin;
mod check;
mod clean;
mod compile;
mod elements;
mod error;
mod expand;
mod gallery;
mod lexer;
mod mjml;
mod plain;
mod render;
mod source;
#[cfg(test)]
mod tests;
mod variables;

pub use compile::Templates;
pub use error::{Problem, TemplateError};
pub use gallery::Sample;
pub use render::{Message, RenderError};
pub use source::TemplateSource;
pub use variables::{Brand, UtilityWords, Variables};
