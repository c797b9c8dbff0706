//! The pages' words, in English and Spanish, page by page.

pub(crate) mod address;
pub(crate) mod billing;
pub(crate) mod common;
pub(crate) mod payment;
pub(crate) mod plans;
pub(crate) mod status;
