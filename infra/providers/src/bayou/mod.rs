//! Bayou: the state of a customer, how new the data are, the link by which a customer goes on, and bills given by hand.
//!
//! The contract is docs/bayou.md. Links are asked for at the moment when a customer acts, and handed to nobody else:
//! whether a question for one ends the life of another is not documented (U3).

mod bills;
mod client;
mod config;
mod customer;

pub use bills::{BillForm, CustomerValue, Encoding};
pub use client::BayouClient;
pub use config::BayouConfig;
