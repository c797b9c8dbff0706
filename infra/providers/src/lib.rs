//! Clients of the providers' APIs: the ports that ask a provider, over HTTP.
//!
//! Two rules hold for every client here. An answer that cannot be relied on is an error, never an
//! empty snapshot: "we could not ask" must not read as "not complete" (docs/leap.md, trap 17).
//! And no error, log line or `Debug` text contains a reference, a secret, or a URL with its query.

mod api;
pub mod bayou;
mod budget;
pub mod leap;
pub mod light;
mod providers;
mod query;
mod retry_after;
mod secret;

pub use api::ConfigError;
pub use budget::{Budget, Share};
pub use providers::Providers;
pub use secret::Secret;
