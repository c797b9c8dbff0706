//! What a campaign adds to the data: days that are closed besides, and rules made looser by somebody who answers for it.

use core::fmt;
use core::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::hours::{Row, Window};
use crate::state::State;

/// Whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Whose {
    /// Our own, beside the law: `default`.
    Default,
    /// The country's: `US`.
    Country,
    /// A state's, by its postal code.
    State(State),
}

/// A text that names nobody who has a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be default, US, or the postal code of a state, DC or PR, for example CA")]
pub struct UnknownRule;

impl FromStr for Whose {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text {
            "default" => Ok(Whose::Default),
            "US" => Ok(Whose::Country),
            _ => State::parse(text).map(Whose::State).map_err(|_| UnknownRule),
        }
    }
}

impl TryFrom<String> for Whose {
    type Error = UnknownRule;

    fn try_from(text: String) -> Result<Self, UnknownRule> {
        text.parse()
    }
}

impl From<Whose> for String {
    fn from(whose: Whose) -> Self {
        whose.to_string()
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Default => f.write_str("default"),
            Whose::Country => f.write_str("US"),
            Whose::State(state) => state.fmt(f),
        }
    }
}

/// What replaces parts of one rule until a day. It says why, since somebody may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The rule.
    pub whose: Whose,
    /// Hours in place of those of Monday to Friday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<Window>,
    /// Hours in place of Saturday's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturday: Option<Window>,
    /// Hours in place of Sunday's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunday: Option<Window>,
    /// Are holidays as other days?
    #[serde(default)]
    pub open_on_holidays: bool,
    /// Messages in 24 hours, in place of the rule's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_24h: Option<u16>,
    /// Texts for each abandonment, in place of one; only of our default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts_per_episode: Option<u16>,
    /// How long after the abandonment a text may go, in place of 48 hours; only of our default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_within: Option<SignedDuration>,
    /// The last day on which it holds, by the recipient's calendar.
    pub until: Date,
    /// Who says so, and where that is written.
    pub because: String,
}

impl Override {
    pub(crate) fn holds(&self, whose: Whose, day: Date) -> bool {
        self.whose == whose && day <= self.until
    }

    pub(crate) fn apply(&self, row: &mut Row) {
        row.weekdays = self.weekdays.or(row.weekdays);
        row.saturday = self.saturday.or(row.saturday);
        row.sunday = self.sunday.or(row.sunday);
        row.closed_on_holidays &= !self.open_on_holidays;
        row.max_per_24h = self.max_per_24h.or(row.max_per_24h);
    }
}

/// A day on which nothing goes out besides the holidays: a proclamation, an emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// Where: the country or a state. Our default is everybody's, too.
    pub whose: Whose,
    /// The day, by the recipient's calendar.
    pub day: Date,
    /// Who says so, and where that is written.
    pub because: String,
}
