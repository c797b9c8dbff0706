//! A customer as the API tells of one (docs/bayou.md, section 3).

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use journey::{Customer, Velocity};
use serde::Deserialize;
use serde_json::Value;

use super::bills::CustomerValue;

/// The part of it that the rules need. The two flags without which nothing can be said must be there; of whatever
/// else is missing the answer is "not yet".
#[derive(Deserialize)]
pub(super) struct Told {
    has_filled_credentials: bool,
    is_currently_authenticated: bool,
    #[serde(default)]
    has_filled_credentials_on: Option<String>,
    #[serde(default)]
    bills_are_ready: Option<bool>,
    #[serde(default)]
    intervals_are_ready: Option<bool>,
    #[serde(default)]
    utility_has_intervals: Option<bool>,
    #[serde(default)]
    account_has_intervals: Option<bool>,
    #[serde(default)]
    utility_data_velocity: Option<String>,
    #[serde(default)]
    utility: Option<String>,
    #[serde(default)]
    account_numbers: Option<Vec<Value>>,
    #[serde(default)]
    onboarding_link: Option<String>,
    #[serde(default)]
    external_id: Option<Value>,
    #[serde(default)]
    id: Option<Value>,
}

impl Told {
    /// Does it speak of the customer that was asked for? It may leave out either name.
    pub(super) fn is_of(&self, external_id: Option<&str>, id: Option<&str>) -> bool {
        let same = |told: &Option<Value>, asked: Option<&str>| match (told, asked) {
            (Some(Value::String(told)), Some(asked)) => told == asked,
            (Some(Value::Number(told)), Some(asked)) => told.to_string() == asked,
            (_, _) => true,
        };
        same(&self.external_id, external_id) && same(&self.id, id)
    }

    /// The name by which a bill says whose it is.
    pub(super) fn named(&self, by: CustomerValue) -> Option<String> {
        let name = match by {
            CustomerValue::ExternalId => &self.external_id,
            CustomerValue::Id => &self.id,
        };
        match name.as_ref()? {
            Value::String(name) => Some(name.clone()),
            Value::Number(name) => Some(name.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn link(self) -> Option<String> {
        self.onboarding_link
    }

    pub(super) fn read(self) -> Customer {
        Customer {
            has_filled_credentials: self.has_filled_credentials,
            connected_at: self.has_filled_credentials_on.as_deref().and_then(time),
            is_currently_authenticated: self.is_currently_authenticated,
            bills_are_ready: self.bills_are_ready == Some(true),
            intervals_are_ready: self.intervals_are_ready == Some(true),
            utility_has_intervals: self.utility_has_intervals,
            account_has_intervals: self.account_has_intervals,
            velocity: self.utility_data_velocity.as_deref().map(Velocity::parse),
            has_accounts: self.account_numbers.is_some_and(|accounts| !accounts.is_empty()),
            utility: self.utility,
        }
    }
}

/// A bill, as far as its date goes.
#[derive(Deserialize)]
pub(super) struct Bill {
    #[serde(default)]
    billed_on: Option<String>,
}

impl Bill {
    /// The beginning of the day on which it was issued, in UTC.
    pub(super) fn issued_at(&self) -> Option<Timestamp> {
        let day: Date = self.billed_on.as_deref()?.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

/// The intervals, as far as the end of the last one goes.
#[derive(Deserialize)]
pub(super) struct Intervals {
    #[serde(default)]
    last_interval_discovered: Option<String>,
}

impl Intervals {
    pub(super) fn last(&self) -> Option<Timestamp> {
        time(self.last_interval_discovered.as_deref()?)
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
