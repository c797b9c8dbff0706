//! The sections of a campaign file. Each starts from the standard campaign and changes what the
//! author wrote; a value with a fault is reported and left at the standard, so that the rest can
//! still be checked.

mod enrollment;
mod experiment;
mod incident;
mod law;
mod people;
mod rules;
mod sharing;
mod touches;

pub(crate) use enrollment::enrollment;
pub(crate) use experiment::{Shares, experiment};
pub(crate) use incident::incident;
pub(crate) use law::law;
pub(crate) use people::{link_hosts, locales, messages, sender, utility_names};
pub(crate) use rules::{advanced, caps, hours, meter, policies, series, zones};
pub(crate) use sharing::sharing;
pub(crate) use touches::{Touches, touches};
