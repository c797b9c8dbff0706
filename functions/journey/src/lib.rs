//! The rules: whom to remind, when, with which message, and when to be silent.
//!
//! Everything here is pure and synchronous: [`decide`] takes a journey, an event, the time and the
//! campaign, and answers with the next journey, the effects to carry out, and notes that say why.
//! The shells around it (the other crates under `functions/`) load, call, and store.
//!
//! Architecture invariant: this crate has no clock, no randomness, no I/O and no async runtime in
//! its dependencies. The [`port`] traits are `async`, but nothing here can run them.

mod business_hours;
pub mod campaign;
mod connection;
mod consent;
pub mod contact;
mod customer;
mod decide;
mod delegate;
mod diagnosis;
mod effect;
mod endpoint;
pub mod enrollment;
mod event;
mod experiment;
mod fallback;
mod feedback_id;
mod hours;
mod id;
mod incident;
mod keyword;
mod lifecycle;
pub mod link;
pub mod link_hosts;
mod note;
mod opt_out;
mod phone;
mod place;
pub mod port;
pub mod protocol;
pub mod send_tag;
mod state;
pub mod status;
pub mod stored;
mod suppression;

pub use business_hours::BusinessHours;
pub use campaign::Campaign;
pub use connection::{LossReason, Occasion, Series, renewal};
pub use customer::{Customer, DataClock, DataKind, Delivery, Newest, References, Velocity};
pub use decide::{Decision, decide};
pub use diagnosis::{Diagnosis, Turn, diagnose};
pub use effect::{Effect, SendOrder};
pub use endpoint::{InvalidEndpoint, PushEndpoint};
pub use event::{
    Delivered, DeliveryProblem, Event, Given, MeterFound, MeterKind, Resolution, SendOutcome, StatusAnswer, ToldBy,
    Unavailable,
};
pub use experiment::{Arm, Assignment, Experiment};
pub use fallback::{Account, BillFile, BillKind, Fallback, HandOver, KeptAccount, KeptBill, LONGEST_BILL};
pub use feedback_id::FeedbackId;
pub use hours::{SendingHours, next_open};
pub use id::{
    AddressId, ContactId, EventId, IdKey, InvalidId, InvalidReference, JourneyId, Provider, Purpose, Reference,
    UnknownName, UtilityCode, WeakKey,
};
pub use incident::{IncidentRule, Visit, Visited, Visits};
pub use keyword::Keyword;
pub use lifecycle::{Lifecycle, LifecycleEvent, lifecycle};
pub use link_hosts::{InvalidHost, LinkHosts};
pub use note::{Drift, HoldReason, Note, SkipReason};
pub use phone::{InvalidPhone, PhoneNumber};
pub use place::Territory;
pub use send_tag::SendTags;
pub use state::{
    Evidence, Flow, Journey, Lane, MeterFollowUp, Milestone, Noted, Phase, SendKey, Sessions, StopReason, Timer,
    TimerWhy, Touch, TouchRecord, to_millisecond,
};
