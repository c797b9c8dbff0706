//! The stand-in of Light: its accounts, its API and hosted flow, its webhooks, the cards it takes, and
//! the people who enrol there.
//!
//! A [`LightSandbox`] differs from the others as the providers differ. An account is a set of flags
//! rather than a status; who began is told to nobody, and the first event is that plans were requested;
//! each account's calls carry a token of its own, which lives for an hour; prices are good for a day;
//! and between the last step and the beginning of service lie business hours. For one machine there is
//! also a stand-in of Stripe: the script, the card form, and the test cards.
//!
//! What the provider does not document is a setting of [`LightConfig`], or one of the [`Quirks`].

mod account;
mod api;
mod area;
mod book;
mod config;
mod customer;
mod engine;
mod event;
mod handles;
mod plan;
mod population;
mod quirks;
mod reaction;
mod refusal;
mod sandbox;
mod script;
mod service;
mod stats;
mod steps;
mod stripe;
mod texas;
mod tokens;
mod world;

pub use crate::Reaction;
pub use book::Address;
pub use config::{Identity, LightConfig, PlanChargeFields, Refused, SignatureEncoding, WebhookForm};
pub use customer::{Customer, Habit};
pub use event::EventType;
pub use population::Population;
pub use quirks::{PlansByDay, Quirks, UsageHistoryIn};
pub use sandbox::LightSandbox;
pub use stats::{Stats, Truth, TurnedAway};
