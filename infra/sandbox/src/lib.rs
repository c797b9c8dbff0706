//! Stand-ins of the providers' APIs, and a population of customers who drop off.
//!
//! A [`Sandbox`] is Leap in one process: an HTTP server that answers as the API contract says,
//! sends webhooks with the documented envelope and retry schedule, and can be put in [`Trouble`]
//! while it runs. A [`Population`] is who connects their utility accounts there: customers with
//! realistic habits, most of whom stop at the utility's login, and some of whom come back when a
//! reminder reaches them. [`bayou`] and [`light`] have the same for the providers Bayou and Light.
//!
//! Architecture invariant: this crate depends on no other crate of the workspace. Whatever talks to
//! it does so over HTTP, as it would talk to the provider, and cannot know the difference.
//!
//! Architecture invariant: a story is a function of its seed and of the [`Clock`]'s readings. Each
//! choice is drawn from the seed and from what it is about (a reference, an event, a request's
//! number), never from a shared stream of random numbers, so the order in which answers happen to
//! arrive changes nothing.

mod agenda;
pub mod bayou;
mod clock;
mod leap;
pub mod light;
mod names;
mod sandbox;
mod seed;
mod trouble;

#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use leap::customer::{Classification, Customer, Flow, Habit, MeterArrival};
pub use leap::population::Population;
pub use leap::reaction::Reaction;
pub use leap::stats::{DeliveryStats, Stats, Truth, VisitStats};
pub use leap::subscription::{Header, InvalidWebhook, NewWebhook};
pub use leap::utilities::{Utility, display_names};
pub use leap::vocabulary::{ConnectionStatus, EventType};
pub use sandbox::{Sandbox, SandboxConfig, StartError};
pub use trouble::{ApiDown, Trouble};
