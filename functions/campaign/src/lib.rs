//! The campaign: read from its file, checked, packed for a deployment, and opened where it runs.
//!
//! A campaign is one TOML file and, if the partner wants other words, a folder of templates. Marketing
//! owns both, so the check reports everything it finds at once, each with the file, the line, the key
//! and what would be right; nothing is left to fail at a send.
//!
//! What was checked becomes a [`Package`]: JSON with the rules and the compiled words. The feature `check`,
//! on by default, is all that reads TOML and compiles MJML; without it the crate opens packages, which is
//! all that a function needs ([`Loader`]).

#[cfg(feature = "check")]
mod cross;
#[cfg(feature = "check")]
mod document;
#[cfg(feature = "check")]
mod files;
#[cfg(feature = "check")]
mod loaded;
mod loader;
mod package;
#[cfg(feature = "check")]
mod problem;
mod running;
#[cfg(feature = "check")]
mod sections;
mod stored;
#[cfg(test)]
#[cfg(feature = "check")]
mod tests;
#[cfg(feature = "check")]
mod value;
#[cfg(feature = "check")]
mod version;

#[cfg(feature = "check")]
pub use files::CampaignFiles;
#[cfg(feature = "check")]
pub use loaded::LoadedCampaign;
pub use loader::{LOOK_EVERY, LoadError, Loadable, Loader};
pub use package::{MAX_ITEM_BYTES, MAX_PACKAGE_BYTES, Package, PackageError};
#[cfg(feature = "check")]
pub use problem::{CampaignErrors, Problem};
pub use running::{Head, Locales, Running, Sender};

/// A campaign file with every key explained; in effect the standard campaign.
pub const EXAMPLE: &str = include_str!("../example/campaign.toml");
