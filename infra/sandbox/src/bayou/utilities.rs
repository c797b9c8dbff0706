//! The utilities the stand-in knows: invented ones, one for each way a utility can be.

use serde::{Deserialize, Serialize};

/// An invented utility.
#[derive(Debug, PartialEq, Eq)]
pub struct Utility {
    /// Its `api_code`, such as `speculoos_power`.
    pub code: &'static str,
    /// The name customers know it by.
    pub display_name: &'static str,
    /// The IANA time zone of its customers.
    pub zone: &'static str,
    /// How soon data follows a login.
    pub velocity: Velocity,
    /// Whether it gives interval data at all.
    pub has_intervals: bool,
    /// Whether every login needs a second factor, which lapses after about 90 days.
    pub demands_mfa: bool,
    /// Whether its site is down until [`set_utility_down`](super::BayouSandbox::set_utility_down)
    /// says otherwise.
    pub begins_down: bool,
    /// What `has_filled_credentials` says once access is lost.
    pub filled_flag: FilledFlag,
    pub(crate) city: &'static str,
    pub(crate) state: &'static str,
    pub(crate) postal_code: &'static str,
}

/// How soon data follows a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Velocity {
    /// Within a minute, as a rule.
    #[serde(rename = "instant")]
    Instant,
    /// In about a day; a bill nobody has read yet comes first.
    #[serde(rename = "24 hours")]
    Day,
}

/// What `has_filled_credentials` says once access is lost, which is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilledFlag {
    /// It stays true.
    Kept,
    /// It returns to false.
    Reset,
}

impl Utility {
    /// All of them.
    pub const ALL: [&'static Self; 5] = [&POWER, &LIGHT, &GAS, &EDISON, &COOP];

    /// The one with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|utility| utility.code == code)
    }
}

/// Data at once.
pub static POWER: Utility = Utility {
    code: "speculoos_power",
    display_name: "Speculoos Power",
    zone: "America/New_York",
    velocity: Velocity::Instant,
    has_intervals: true,
    demands_mfa: false,
    begins_down: false,
    filled_flag: FilledFlag::Kept,
    city: "New York",
    state: "NY",
    postal_code: "10001",
};

/// Data after a day.
pub static LIGHT: Utility = Utility {
    code: "speculoos_light",
    display_name: "Speculoos City Light",
    zone: "America/Los_Angeles",
    velocity: Velocity::Day,
    filled_flag: FilledFlag::Reset,
    city: "Seattle",
    state: "WA",
    postal_code: "98104",
    ..POWER
};

/// No interval data.
pub static GAS: Utility = Utility {
    code: "speculoos_gas",
    display_name: "Speculoos Gas and Electric",
    zone: "America/Chicago",
    has_intervals: false,
    city: "Chicago",
    state: "IL",
    postal_code: "60601",
    ..POWER
};

/// A second factor at every login.
pub static EDISON: Utility = Utility {
    code: "speculoos_edison",
    display_name: "Speculoos Edison",
    demands_mfa: true,
    ..POWER
};

/// Down.
pub static COOP: Utility = Utility {
    code: "speculoos_coop",
    display_name: "Speculoos Rural Cooperative",
    zone: "America/Denver",
    begins_down: true,
    city: "Denver",
    state: "CO",
    postal_code: "80202",
    ..POWER
};
