//! The stand-in of Leap: its records, its webhooks, its API, and the customers who use it.

pub(crate) mod api;
pub(crate) mod customer;
pub(crate) mod delivery;
pub(crate) mod engine;
pub(crate) mod event;
pub(crate) mod meter;
pub(crate) mod population;
pub(crate) mod reaction;
pub(crate) mod record;
pub(crate) mod script;
pub(crate) mod stats;
pub(crate) mod subscription;
pub(crate) mod utilities;
pub(crate) mod vocabulary;
pub(crate) mod world;
