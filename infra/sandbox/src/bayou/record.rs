//! A customer as Bayou keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bayou::config::{BayouConfig, MfaMethod};
use crate::bayou::utilities::Utility;
use crate::seed::Seed;

/// Why access was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The e-mail address or the password has become invalid.
    CredentialsAreInvalid,
    /// The second factor has to be repeated.
    MfaFactorHasExpired,
}

/// What Bayou knows of a customer.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) external_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) utility: Option<&'static Utility>,
    pub(crate) link: Link,
    pub(crate) links_made: u32,
    pub(crate) has_filled_credentials: bool,
    pub(crate) is_authenticated: bool,
    pub(crate) bills_are_ready: bool,
    pub(crate) intervals_are_ready: bool,
    pub(crate) account_has_intervals: bool,
    pub(crate) first_login_at: Option<Timestamp>,
    pub(crate) filled_on: Option<Timestamp>,
    /// Since when there is no access any more, and so no newer data.
    pub(crate) lost_at: Option<Timestamp>,
    /// When new intervals stop, though nothing says so.
    pub(crate) intervals_stop_at: Option<Timestamp>,
    /// The second factor asked for, once a password was accepted.
    pub(crate) challenge: Option<MfaMethod>,
    pub(crate) logins: u32,
    pub(crate) losses: u32,
    pub(crate) events_made: u32,
    /// The bills found, by month: 0 is the last before the first login.
    pub(crate) bills: BTreeMap<i32, u64>,
    /// The months whose bills were issued while there was no access.
    pub(crate) missed: Vec<i32>,
    pub(crate) account: Account,
}

/// The way into the form, for one customer and some days.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) key: String,
    pub(crate) token: String,
    pub(crate) made_at: Timestamp,
}

impl Link {
    pub(crate) fn new(seed: Seed, id: u64, number: u32, made_at: Timestamp) -> Self {
        let of = |what| seed.seal(&[what, &id.to_string(), &number.to_string()]);
        let key = of("link").to_uppercase();
        let token = format!("{key}_{}", of("token").to_uppercase());
        Self { key, token, made_at }
    }

    pub(crate) fn url(&self, base_url: &str, company: u32) -> String {
        format!("{base_url}/companies/{company}/sign_up?key={}", self.key)
    }
}

/// The account at the utility behind a login, with one electric and one gas meter.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) number: u64,
    pub(crate) electric_meter: String,
    pub(crate) gas_meter: String,
    street_number: u32,
}

impl Account {
    pub(crate) fn new(seed: Seed, id: u64) -> Self {
        let mut rng = seed.rng(&["account", &id.to_string()]);
        let meter: u32 = rng.random_range(100_000..1_000_000);
        Self {
            number: rng.random_range(1_000_000_000..10_000_000_000),
            electric_meter: format!("M-{meter}"),
            gas_meter: format!("G-{meter}"),
            street_number: rng.random_range(1..=900),
        }
    }

    fn json(&self, utility: &Utility) -> Value {
        let address = json!({
            "line_1": format!("{} Example Street", self.street_number),
            "line_2": null,
            "city": utility.city,
            "state": utility.state,
            "postal_code": utility.postal_code,
            "postal_code_suffix": null,
            "country": "US",
        });
        let electric = json!({
            "id": self.electric_meter,
            "type": "electric",
            "address": address,
            "tariff": "EL1",
            "additional_attributes": {"service_number": format!("S-{}", self.number % 1_000)},
        });
        let gas = json!({
            "id": self.gas_meter,
            "type": "gas",
            "address": address,
            "tariff": null,
            "additional_attributes": {},
        });
        json!({"id": self.number.to_string(), "meters": [electric, gas]})
    }
}

impl Record {
    pub(crate) fn new(seed: Seed, id: u64, at: Timestamp) -> Self {
        Self {
            id,
            external_id: None,
            email: None,
            utility: None,
            link: Link::new(seed, id, 0, at),
            links_made: 1,
            has_filled_credentials: false,
            is_authenticated: false,
            bills_are_ready: false,
            intervals_are_ready: false,
            account_has_intervals: seed.chance(0.9, &["account has intervals", &id.to_string()]),
            first_login_at: None,
            filled_on: None,
            lost_at: None,
            intervals_stop_at: None,
            challenge: None,
            logins: 0,
            losses: 0,
            events_made: 0,
            bills: BTreeMap::new(),
            missed: Vec::new(),
            account: Account::new(seed, id),
        }
    }

    /// Whether interval data can be expected at all.
    pub(crate) fn can_have_intervals(&self) -> bool {
        self.account_has_intervals && self.utility.is_some_and(|utility| utility.has_intervals)
    }

    /// The customer's object, as the API shows it.
    pub(crate) fn json(&self, config: &BayouConfig, base_url: &str) -> Value {
        let mut object = json!({
            "id": self.id,
            "external_id": self.external_id,
            "email": self.email,
            "utility": self.utility.map(|utility| utility.code),
            "onboarding_link": self.link.url(base_url, config.company),
            "onboarding_token": self.link.token,
            "has_filled_credentials": self.has_filled_credentials,
            "is_currently_authenticated": self.is_authenticated,
            "bills_are_ready": self.bills_are_ready,
            "intervals_are_ready": self.intervals_are_ready,
            "account_numbers": [],
        });
        let mut more = |key: &str, value: Value| {
            if let Some(object) = object.as_object_mut() {
                object.insert(key.to_owned(), value);
            }
        };
        // Nothing is known of an account before its first login.
        if let (Some(utility), Some(_)) = (self.utility, self.first_login_at) {
            more("account_numbers", json!([self.account.json(utility)]));
            more("utility_has_intervals", json!(utility.has_intervals));
            more("account_has_intervals", json!(self.can_have_intervals()));
        }
        if config.shows_filled_on {
            more("has_filled_credentials_on", json!(self.filled_on));
        }
        if config.shows_velocity {
            more(
                "utility_data_velocity",
                json!(self.utility.map(|utility| utility.velocity)),
            );
        }
        object
    }
}
