//! How the pages look, and the headers that guard them.
//!
//! The look is that of the crate `pages`, whose copy of it is its own.

mod fields;
mod guard;
mod layout;
mod style;

pub(crate) use fields::{Input, Wrong, described, error, input, summary};
pub(crate) use guard::{guard, let_pay};
pub(crate) use layout::{Head, Place, bilingual, document};
