//! The directory of utilities: names, login and recovery links, zones.
//!
//! The rows come from `data/utilities.csv`, compiled in. Webhooks name a utility by its code, the
//! Connect API by a display name: the two are joined here, by a table and never by guessing
//! (docs/leap.md, trap 26). A code or name without a row is a utility we do not know: messages
//! then go out without its name and links.

mod directory;
mod links;
mod table;
mod utility;

pub use directory::Directory;
pub use links::Links;
pub use table::TableError;
pub use utility::{Confidence, Mfa, Utility};
