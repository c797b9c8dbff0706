//! The form of a scenario file.

use contacts::ContactInput;
use jiff::Timestamp;
use journey::contact::Contact;
use journey::enrollment::SupportMatter;
use journey::{Provider, Reference};
use serde::Deserialize;

use crate::provider::{AccountScript, CustomerScript, MeterScript, RecordScript};

/// A story with its exact outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about.
    pub title: String,
    /// The play goes on until here.
    pub ends: Timestamp,
    /// Known from the beginning, as the partner's API takes them, with their `reference`.
    #[serde(default, rename = "contact")]
    contacts: Vec<toml::Table>,
    /// What differs from the example campaign without arms and holdout.
    #[serde(default)]
    pub campaign: toml::Table,
    /// Records on a page of the provider's changes.
    #[serde(default = "ten")]
    pub page_size: usize,
    /// Pages that one pass of the reconciliation reads.
    #[serde(default = "two_hundred")]
    pub max_pages: usize,
    /// Pages for which the budget of calls suffices in a minute; without it, for all.
    #[serde(default)]
    pub pages_per_minute: Option<usize>,
    /// Does Bayou deliver a webhook again that was not acknowledged? Nobody says that it does, so a story that has need
    /// of it tells of what nothing but a webhook shows.
    #[serde(default)]
    pub bayou_delivers_again: bool,
    /// What happens from outside, in the order of time.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One thing that happens from outside, and all that follows until the next one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Whom it is about; the first contact when left out.
    pub reference: Option<String>,
    /// What the provider's API answers from now on.
    pub provider: Option<RecordScript>,
    /// What Bayou's API answers of the customer from now on.
    pub customer: Option<CustomerScript>,
    /// What Light's API answers of the account from now on.
    pub account: Option<AccountScript>,
    /// A meter that the search finds from now on.
    pub meter: Option<MeterScript>,
    /// `403`, `429`, `429, come back in 10 minutes`, `500`, `time-out`, `none`.
    pub provider_trouble: Option<String>,
    /// The sender of e-mails: `works`, `throttles`, `takes it and times out`, `refuses`.
    pub sender: Option<String>,
    /// The sender of texts: the same, or `knows an opt-out`.
    pub texter: Option<String>,
    /// The sender of pushes: the same as of mail.
    pub pusher: Option<String>,
    /// `works`, `loses timers`.
    pub scheduler: Option<String>,
    /// `down` or `up`: timers, sweeps, meter checks and the webhook's receiver.
    pub program: Option<String>,
    /// Type and status, such as `connect_session.updated CREATED`, and a utility's code.
    pub webhook: Option<String>,
    /// A webhook of Bayou's: its event, and fields of its object, such as `customer_must_reauthenticate
    /// reason=mfa_factor_has_expired`.
    pub bayou: Option<String>,
    /// A webhook of Light's: its type.
    pub light: Option<String>,
    /// A step of an enrolment on our own pages: its milestone, and the plan's dates, such as
    /// `plan_accepted starts=2026-07-20 latest=2026-07-31`.
    pub enroll: Option<String>,
    /// The partner says that something is for support.
    pub support: Option<SupportMatter>,
    /// The partner takes the enrolment back in Light's sandbox.
    pub reset: bool,
    /// The provider's own identifier of the event; a new one when left out.
    pub id: Option<String>,
    /// How often it is delivered, although it is acknowledged.
    pub times: Option<u32>,
    /// The reconciliation makes so many passes, a minute apart.
    pub reconcile: Option<u32>,
    /// The partner stores this contact.
    pub import: Option<toml::Table>,
    /// The partner erases the contact.
    pub erase: bool,
    /// The customer's mail program unsubscribes with one click, by the last mail's link.
    pub unsubscribe: bool,
    /// The customer answers to a text with these words.
    pub reply: Option<String>,
    /// The customer opens the last mail's link, and goes on.
    pub resume: bool,
    /// Everything that happens from here until the next step.
    pub expect: Vec<String>,
}

const fn ten() -> usize {
    10
}

const fn two_hundred() -> usize {
    200
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Panics
    /// When it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let scenario: Scenario = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            scenario.steps.is_sorted_by_key(|step| step.at)
                && scenario.steps.iter().all(|step| step.at <= scenario.ends),
            "the steps must be in the order of time"
        );
        scenario
    }

    /// Those who are known from the beginning.
    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        self.contacts.iter().map(contact).collect()
    }

    /// The provider of a reference, as its contact says; Leap where nobody says.
    #[must_use]
    pub fn provider_of(&self, reference: &Reference) -> Provider {
        let imports = self.steps.iter().filter_map(|step| step.import.as_ref());
        let mut tables = self.contacts.iter().chain(imports);
        let of =
            |table: &&toml::Table| table.get("reference").and_then(toml::Value::as_str) == Some(reference.expose());
        tables.find(of).map_or(Provider::Leap, provider)
    }

    /// The one whom a step is about.
    #[must_use]
    pub fn reference_of(&self, step: &Step) -> Reference {
        let named = step.reference.clone().or_else(|| {
            let mut imports = self.steps.iter().filter_map(|step| step.import.as_ref());
            let first = self.contacts.first().or_else(|| imports.next())?.get("reference")?;
            first.as_str().map(str::to_owned)
        });
        Reference::new(named.expect("a step of a scenario without contacts names its reference")).unwrap()
    }
}

/// A contact, checked as the partner's API checks it.
pub(crate) fn contact(table: &toml::Table) -> Contact {
    let mut table = table.clone();
    let reference = table.remove("reference").expect("a contact has a reference");
    let reference = Reference::new(reference.as_str().unwrap()).unwrap();
    let provider = provider(&table);
    table.remove("provider");
    let input: ContactInput = table.try_into().unwrap();
    input
        .check(
            provider,
            reference,
            jiff::Timestamp::MAX,
            &journey::LinkHosts::default(),
        )
        .unwrap_or_else(|error| panic!("{error}"))
}

fn provider(table: &toml::Table) -> Provider {
    let name = table.get("provider").and_then(toml::Value::as_str);
    name.map_or(Provider::Leap, |name| name.parse().unwrap())
}
