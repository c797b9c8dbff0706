//! The campaign file: read, checked, and turned into rules and words.
//!
//! A campaign is one TOML file and, if the partner wants other words, a folder of templates. Marketing
//! owns both, so the check reports everything it finds at once, each with the file, the line, the key
//! and what would be right; nothing is left to fail at a send.

mod cross;
mod document;
mod files;
mod loaded;
mod problem;
mod sections;
#[cfg(test)]
mod tests;
mod value;
mod version;

pub use files::CampaignFiles;
pub use loaded::{LoadedCampaign, Locales, Sender};
pub use problem::{CampaignErrors, Problem};

/// A campaign file with every key explained; in effect the standard campaign.
pub const EXAMPLE: &str = include_str!("../example/campaign.toml");
