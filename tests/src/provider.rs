//! A stand-in of the provider's API, which answers what a scenario says.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use journey::port::{ChangeFilter, ChangePage, ProviderError};
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityErrorCode,
    UtilityStatus,
};
use journey::status::{LightAccount, LightLocation};
use journey::{Customer, MeterFound, MeterKind, Newest, Provider, Reference, Unavailable, Velocity};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One record of a reference, as a scenario writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordScript {
    /// `NOT_STARTED`, `PARTIAL`, `COMPLETED`, `ERROR`, or a value that nobody knows.
    pub status: String,
    /// The grid region.
    #[serde(default = "caiso")]
    pub region: String,
    /// When the first session began.
    pub started: Option<Timestamp>,
    /// When the customer last tried a utility.
    pub last: Option<Timestamp>,
    /// The utilities.
    #[serde(default)]
    pub utilities: Vec<UtilityScript>,
    /// The participation agreement: `COMPLETED`, `NOT_ANSWERED`, `NOT_REQUIRED`, `DECLINED`.
    #[serde(default = "not_required")]
    pub agreement: String,
}

/// One utility of a record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UtilityScript {
    /// The long display name.
    pub name: String,
    /// Did the partner ask for it?
    #[serde(default = "yes")]
    pub required: bool,
    /// `NOT_CONNECTED`, `CONNECTED`, `ERROR`.
    pub status: String,
    /// The error code.
    pub error: Option<String>,
    /// When the customer last tried it.
    pub at: Option<Timestamp>,
}

/// A meter that the meter search finds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeterScript {
    /// `UTILITY_METER` or `DEVICE`.
    pub kind: String,
    /// Was it created by the partner?
    #[serde(default)]
    pub created_by_partner: bool,
    /// Is the reference among its completed authorisations?
    #[serde(default = "yes")]
    pub authorized: bool,
}

/// What Bayou's API answers for a customer. What is left out is false, or not said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerScript {
    /// `has_filled_credentials`.
    pub filled: bool,
    /// `is_currently_authenticated`.
    pub authenticated: bool,
    /// `has_filled_credentials_on`.
    pub filled_on: Option<Timestamp>,
    /// `bills_are_ready`.
    pub bills: bool,
    /// `intervals_are_ready`.
    pub intervals: bool,
    /// `account_has_intervals`.
    pub account_has_intervals: Option<bool>,
    /// `utility_data_velocity`.
    pub velocity: Option<String>,
    /// When the newest bill was issued.
    pub newest_bill: Option<Timestamp>,
    /// The end of the newest interval.
    pub newest_interval: Option<Timestamp>,
}

impl CustomerScript {
    fn customer(&self) -> Customer {
        Customer {
            has_filled_credentials: self.filled,
            connected_at: self.filled_on,
            is_currently_authenticated: self.authenticated,
            bills_are_ready: self.bills,
            intervals_are_ready: self.intervals,
            utility_has_intervals: None,
            account_has_intervals: self.account_has_intervals,
            velocity: self.velocity.as_deref().map(Velocity::parse),
            has_accounts: self.filled,
            utility: None,
        }
    }
}

/// What Light's API answers of an account. What is left out is false.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountScript {
    /// `has_accepted_plan`.
    pub plan: bool,
    /// `is_billing_address_confirmed`.
    pub billing: bool,
    /// `has_payment_method`.
    pub payment: bool,
    /// `is_identity_verified`.
    pub identity: bool,
    /// `is_enrollment_finalized`.
    pub finalized: bool,
    /// `is_service_active`.
    pub active: bool,
    /// `has_usage_history` of the account.
    pub usage: Option<bool>,
    /// Is the object `enrollment` missing?
    pub silent: bool,
    /// The places.
    pub places: Vec<PlaceScript>,
}

/// A place of Light's. What is left out is false, or null.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceScript {
    /// `service_start_date`.
    pub starts: Option<Date>,
    /// `final_service_date`.
    pub ends: Option<Date>,
    /// `is_service_active`.
    pub active: bool,
    /// `has_usage_history`.
    pub usage: bool,
}

impl AccountScript {
    fn account(&self) -> LightAccount {
        let flag = |value: bool| (!self.silent).then_some(value);
        LightAccount {
            has_accepted_plan: flag(self.plan),
            is_billing_address_confirmed: flag(self.billing),
            has_payment_method: flag(self.payment),
            is_identity_verified: flag(self.identity),
            is_enrollment_finalized: flag(self.finalized),
            is_service_active: flag(self.active),
            has_usage_history: self.usage,
            locations: self
                .places
                .iter()
                .map(|place| LightLocation {
                    starts_on: place.starts,
                    ends_on: place.ends,
                    is_active: Some(place.active),
                    has_usage_history: Some(place.usage),
                })
                .collect(),
        }
    }
}

fn caiso() -> String {
    "CAISO".to_owned()
}

fn not_required() -> String {
    "NOT_REQUIRED".to_owned()
}

const fn yes() -> bool {
    true
}

/// What the provider knows, and how it fares.
#[derive(Clone, Debug, Default)]
pub struct ScriptedProvider {
    records: BTreeMap<Reference, Vec<Connection>>,
    meters: BTreeMap<Reference, Vec<MeterFound>>,
    customers: BTreeMap<Reference, CustomerScript>,
    accounts: BTreeMap<Reference, AccountScript>,
    /// How many links were made.
    pub(crate) links_made: u32,
    trouble: Option<(Unavailable, Option<SignedDuration>)>,
    page_size: usize,
    /// Pages for which the budget of calls suffices in a minute.
    pub(crate) pages_per_minute: Option<usize>,
    /// The last minute in which pages were read, and how many.
    read: (i64, usize),
}

impl ScriptedProvider {
    /// A provider that knows nobody, and shows so many records on a page of changes.
    #[must_use]
    pub fn new(page_size: usize) -> Self {
        ScriptedProvider {
            page_size,
            ..ScriptedProvider::default()
        }
    }

    /// Writes a record, in the place of the one of the same region.
    pub fn put(&mut self, reference: &Reference, script: &RecordScript) {
        let record = Connection {
            id: format!("{}_made-up_{}", script.region, reference.expose()),
            region: script.region.clone(),
            started_at: script.started,
            last_interaction_at: script.last,
            status: known::<ConnectionStatus>(&script.status),
            utilities: script.utilities.iter().map(utility).collect(),
            agreements: Agreements {
                participation: known::<Answer>(&script.agreement),
                ..Agreements::default()
            },
        };
        let records = self.records.entry(reference.clone()).or_default();
        records.retain(|known| known.region != record.region);
        records.push(record);
    }

    /// Adds a meter.
    pub fn put_meter(&mut self, reference: &Reference, script: &MeterScript) {
        self.meters.entry(reference.clone()).or_default().push(MeterFound {
            kind: match script.kind.as_str() {
                "UTILITY_METER" => MeterKind::UtilityMeter,
                "DEVICE" => MeterKind::Device,
                other => panic!("a meter's kind is UTILITY_METER or DEVICE, not {other}"),
            },
            created_by_partner: script.created_by_partner,
            authorized_by_reference: script.authorized,
            archived: false,
            created_at: None,
        });
    }

    /// Writes what Bayou says of a customer.
    pub fn put_customer(&mut self, reference: &Reference, script: &CustomerScript) {
        self.customers.insert(reference.clone(), script.clone());
    }

    /// Writes what Light says of an account.
    pub fn put_account(&mut self, reference: &Reference, script: &AccountScript) {
        self.accounts.insert(reference.clone(), script.clone());
    }

    /// Light says that every enrolment is final.
    pub(crate) fn finalize_everybody(&mut self) {
        for account in self.accounts.values_mut() {
            (account.finalized, account.silent) = (true, false);
            account.places.truncate(1);
        }
    }

    /// Bayou says that everybody is connected.
    pub(crate) fn connect_everybody(&mut self) {
        for customer in self.customers.values_mut() {
            (customer.filled, customer.authenticated) = (true, true);
        }
    }

    pub(crate) fn newest(&self, reference: &Reference, now: Timestamp) -> Result<Newest, ProviderError> {
        self.check(now)?;
        let customer = self.customers.get(reference);
        Ok(Newest {
            bill: customer.and_then(|customer| customer.newest_bill),
            interval: customer.and_then(|customer| customer.newest_interval),
        })
    }

    /// Each link is another one, so that a story shows which was handed out.
    pub(crate) fn link(&mut self, reference: &Reference, now: Timestamp) -> Result<Option<String>, ProviderError> {
        self.check(now)?;
        self.links_made += 1;
        if self.accounts.contains_key(reference) {
            return Ok(Some(format!(
                "https://flow.light.dev/login?token={}",
                now.as_millisecond()
            )));
        }
        let known = self.customers.contains_key(reference);
        Ok(known.then(|| {
            format!(
                "https://staging.bayou.energy/companies/1/sign_up?key={}",
                now.as_second()
            )
        }))
    }

    /// From now on every call fails so, or works again.
    pub fn set_trouble(&mut self, words: &str) {
        self.trouble = match words {
            "none" => None,
            "403" => Some((Unavailable::Unauthorized, None)),
            "429" => Some((Unavailable::RateLimited, None)),
            "429, come back in 10 minutes" => Some((Unavailable::RateLimited, Some(SignedDuration::from_mins(10)))),
            "500" => Some((Unavailable::Failing, None)),
            "time-out" => Some((Unavailable::Unreachable, None)),
            other => panic!("unknown trouble of the provider: {other}"),
        };
    }

    fn check(&self, now: Timestamp) -> Result<(), ProviderError> {
        match self.trouble {
            None => Ok(()),
            Some((why, wait)) => Err(ProviderError {
                why,
                retry_at: wait.map(|wait| now.checked_add(wait).unwrap()),
            }),
        }
    }

    pub(crate) fn status(
        &self,
        provider: Provider,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Snapshot, ProviderError> {
        self.check(now)?;
        Ok(match provider {
            Provider::Leap => Snapshot::Leap(self.records.get(reference).cloned().unwrap_or_default()),
            Provider::Bayou => Snapshot::Bayou(self.customers.get(reference).map(CustomerScript::customer)),
            Provider::Light => Snapshot::Light(self.accounts.get(reference).map(AccountScript::account)),
        })
    }

    pub(crate) fn meters(
        &self,
        references: &[Reference],
        now: Timestamp,
    ) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        self.check(now)?;
        let of = |reference| self.meters.get(reference).cloned().unwrap_or_default();
        Ok(references.iter().map(of).collect())
    }

    pub(crate) fn changes(
        &mut self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
        now: Timestamp,
    ) -> Result<ChangePage, ProviderError> {
        self.check(now)?;
        let minute = now.as_second() / 60;
        let read = if self.read.0 == minute { self.read.1 } else { 0 };
        if self.pages_per_minute.is_some_and(|most| read >= most) {
            return Err(ProviderError {
                why: Unavailable::BudgetSpent,
                retry_at: None,
            });
        }
        self.read = (minute, read + 1);
        let matches = |record: &Connection| {
            let at = match filter {
                ChangeFilter::Started => record.started_at,
                ChangeFilter::LastInteraction => record.last_interaction_at,
            };
            at.is_some_and(|at| at >= since)
        };
        let all: Vec<(Reference, Snapshot)> = self
            .records
            .iter()
            .flat_map(|(reference, records)| records.iter().map(move |record| (reference, record)))
            .filter(|(_, record)| matches(record))
            .map(|(reference, record)| {
                let records = vec![record.clone()];
                (reference.clone(), Snapshot::Leap(records))
            })
            .collect();
        let from = page.map_or(0, |token| {
            token
                .strip_prefix("from ")
                .and_then(|number| number.parse().ok())
                .unwrap()
        });
        let to = (from + self.page_size).min(all.len());
        Ok(ChangePage {
            changes: all[from.min(to)..to].to_vec(),
            next: (to < all.len()).then(|| format!("from {to}")),
            unreadable: 0,
        })
    }
}

fn utility(script: &UtilityScript) -> UtilityConnection {
    UtilityConnection {
        name: script.name.clone(),
        required: script.required,
        status: known::<UtilityStatus>(&script.status),
        error: script.error.as_deref().map(known::<UtilityErrorCode>),
        started_at: script.at,
        last_interaction_at: script.at,
    }
}

/// A documented value by the provider's own spelling, or a foreign one.
fn known<T: DeserializeOwned>(text: &str) -> Known<T> {
    match serde_json::from_value(serde_json::Value::String(text.to_owned())) {
        Ok(value) => Known::Value(value),
        Err(_) => Known::other(text),
    }
}
