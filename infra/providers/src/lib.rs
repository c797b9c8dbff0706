//! Clients of the providers' APIs: the ports [`journey::port::ReadStatus`],
//! [`journey::port::ReadChanges`] and [`journey::port::SearchMeters`] over HTTP.
//!
//! Two rules hold for every client here. An answer that cannot be relied on is an error, never an
//! empty snapshot: "we could not ask" must not read as "not complete" (docs/leap.md, trap 17).
//! And no error, log line or `Debug` text contains a reference, a secret, or a URL with its query.

mod budget;
pub mod leap;
mod query;
mod retry_after;
mod secret;

pub use budget::{Budget, Share};
pub use secret::Secret;
