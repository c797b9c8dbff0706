//! The stand-in of Bayou: its customers' records, its form, its webhooks, its API, and the people
//! who connect their utility accounts there.
//!
//! A [`BayouSandbox`] differs from Leap's stand-in as the providers differ. A record exists before
//! its customer has done anything; where in the form somebody stopped is told to nobody; a link dies
//! after ten days; bills and intervals follow a login, soon or not; and access is lost again, which
//! one event tells. Deliveries carry no event id, no moment and no signature, and are not retried.
//!
//! What the provider does not document is a setting of [`BayouConfig`] or, where it differs from
//! utility to utility, of [`Utility`].

mod api;
mod bill;
mod config;
mod connection;
mod customer;
mod data;
pub(crate) mod delivery;
mod engine;
mod event;
mod population;
mod reaction;
mod record;
mod sandbox;
mod script;
mod stats;
mod utilities;
mod world;

pub use crate::Reaction;
pub use config::{BayouConfig, BillFields, LossTold, MfaMethod, NewLink};
pub use customer::{Customer, Habit, Repair};
pub use population::Population;
pub use record::Reason;
pub use sandbox::BayouSandbox;
pub use stats::{Stats, Truth, Upload};
pub use utilities::{COOP, EDISON, FilledFlag, GAS, LIGHT, POWER, Utility, Velocity};
