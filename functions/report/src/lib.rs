//! What became of the customers, in figures: the funnel, the time to data, their refresh, lost connections, messages.
//!
//! Read from the journeys alone, which name nobody. docs/report.md defines each figure, and says what a provider's API
//! cannot show.

mod figures;
mod questions;
mod reading;
mod spread;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::{Journey, Provider, UtilityCode};
use serde::Serialize;
use utilities::Mfa;

pub use figures::{Figures, FirstData, Funnel, Messages, Reauthorization, Refresh, Repair, RepairedWithin, Waits};
pub use questions::{Answer, UNAVAILABLE};
pub use spread::{Share, Spread};
pub use words::span;

use reading::Reading;

/// The key of customers whose utility nobody has told.
pub const NOT_TOLD: &str = "not_told";

/// The figures of all customers, in total and in three groupings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// When it was made.
    pub at: Timestamp,
    /// Journeys read: a customer has one, and a second once a connection was lost or is to be renewed.
    pub journeys: usize,
    /// Journeys whose oldest notes have made room for newer ones: what is counted from notes is at least so much.
    pub journeys_cut: usize,
    /// The key questions of docs/bayou.md, for Bayou's customers.
    pub questions: Vec<Answer>,
    /// What no API shows, each with its reason.
    pub unavailable: BTreeMap<&'static str, &'static str>,
    /// Everybody.
    pub total: Figures,
    /// By provider.
    pub by_provider: BTreeMap<&'static str, Figures>,
    /// By utility: its code, or [`NOT_TOLD`].
    pub by_utility: BTreeMap<String, Figures>,
    /// By whether signing in at the utility needs a second step, according to the directory.
    pub by_mfa: BTreeMap<&'static str, Figures>,
}

impl Report {
    /// Counts journeys. `mfa` says whether signing in at a utility needs a second step.
    pub fn of(journeys: impl Iterator<Item = Journey>, mfa: impl Fn(&UtilityCode) -> Mfa, now: Timestamp) -> Self {
        let readings: Vec<Reading> = journeys
            .map(|journey| {
                let mfa = journey.utility.as_ref().map_or(Mfa::Unknown, &mfa);
                Reading::of(&journey, mfa, now)
            })
            .collect();
        let by_provider = grouped(&readings, now, |reading| reading.provider.as_str());
        let bayou = by_provider.get(Provider::Bayou.as_str());
        Report {
            at: now,
            journeys: readings.len(),
            journeys_cut: readings.iter().filter(|reading| reading.is_cut).count(),
            questions: questions::answers(bayou),
            unavailable: UNAVAILABLE.into_iter().collect(),
            total: Figures::of(readings.iter(), now),
            by_provider,
            by_utility: grouped(&readings, now, |reading| {
                let code = reading.utility.as_ref().map(UtilityCode::as_str);
                code.unwrap_or(NOT_TOLD).to_owned()
            }),
            by_mfa: grouped(&readings, now, |reading| reading.mfa.as_str()),
        }
    }
}

fn grouped<K: Ord>(readings: &[Reading], now: Timestamp, key: impl Fn(&Reading) -> K) -> BTreeMap<K, Figures> {
    let mut groups: BTreeMap<K, Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        groups.entry(key(reading)).or_default().push(reading);
    }
    let figures = |readings: Vec<&Reading>| Figures::of(readings.into_iter(), now);
    groups
        .into_iter()
        .map(|(key, readings)| (key, figures(readings)))
        .collect()
}
