//! What the store promises, told one by one.

mod contacts;
mod database;
mod fallbacks;
mod journeys;
