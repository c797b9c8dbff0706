//! What a provider's API says of a reference: the cumulative truth, as against one webhook.
//!
//! Unknown values are kept as [`Known::Other`], never guessed at: a new value means no send and an
//! alert (docs/leap.md, trap 25).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::customer::{Customer, Newest, Velocity};
pub use crate::enrollment::{LightAccount, LightLocation};

/// A value of a documented list, or one that the provider added since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// A value we know.
    Value(T),
    /// A value we do not: kept as the provider wrote it, at most 40 characters.
    Other(String),
}

impl<T> Known<T> {
    /// Keeps a foreign value, shortened, without characters that could break a log line.
    #[must_use]
    pub fn other(text: &str) -> Self {
        Known::Other(text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect())
    }
}

/// Every record that a provider has of one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snapshot {
    /// Leap's, in its order: none, one, or several.
    Leap(Vec<Connection>),
    /// Bayou's; none when it does not know the customer.
    Bayou(Option<Customer>),
    /// Light's; none when it does not know the account.
    Light(Option<LightAccount>),
}

impl Default for Snapshot {
    /// Nobody has heard of the reference.
    fn default() -> Self {
        Snapshot::Leap(Vec::new())
    }
}

/// Leap's `ConnectionDocument`: the state of one reference in one region, over all its sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Leap's document id. It contains the reference: never for a log line.
    pub id: String,
    /// The grid region, such as `CAISO`.
    pub region: String,
    /// When the first session began.
    pub started_at: Option<Timestamp>,
    /// When the customer last tried to connect a utility. Null for those who stopped before.
    pub last_interaction_at: Option<Timestamp>,
    /// The overall state. It is the authority; the details only choose the words.
    pub status: Known<ConnectionStatus>,
    /// Each utility that the customer chose or was asked for.
    pub utilities: Vec<UtilityConnection>,
    /// The agreements.
    pub agreements: Agreements,
}

/// Leap's `connection_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionStatus {
    /// Clicked, no step done.
    NotStarted,
    /// Some steps done.
    Partial,
    /// Everything done.
    Completed,
    /// A utility connection failed.
    Error,
}

/// Leap's `UtilityConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtilityConnection {
    /// The long display name, such as `SDG&E: San Diego Gas & Electric`; not the webhook's code.
    pub name: String,
    /// Is it one of those that the partner asked for?
    pub required: bool,
    /// Its state.
    pub status: Known<UtilityStatus>,
    /// Why it failed, if it did and Leap says.
    pub error: Option<Known<UtilityErrorCode>>,
    /// When the customer first tried it.
    pub started_at: Option<Timestamp>,
    /// When the customer last tried it.
    pub last_interaction_at: Option<Timestamp>,
}

/// Leap's utility `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UtilityStatus {
    /// Not yet.
    NotConnected,
    /// Done.
    Connected,
    /// Failed; see the error code.
    Error,
}

/// Leap's `error_code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UtilityErrorCode {
    /// A fault on Leap's side.
    TechnicalError,
    /// The utility is down.
    UtilityError,
    /// The customer cancelled or declined.
    UserCanceled,
    /// The utility refused the login.
    UserInvalidCredentials,
    /// The account cannot take part.
    UserIneligible,
    /// The second factor failed.
    AuthMfaError,
}

/// The three agreements of a Connect flow. A missing one counts as not required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreements {
    /// `prohibited_resource_attestation_status`.
    pub prohibited_resource: Known<Answer>,
    /// `demand_response_participation_agreement_status`.
    pub participation: Known<Answer>,
    /// `generator_status`, also spelled `generatorStatus`; yes and no are both answers.
    pub generator: Known<Answer>,
}

/// How an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Answer {
    /// Answered, whatever the answer.
    Completed,
    /// Still open.
    NotAnswered,
    /// Not asked in this flow.
    NotRequired,
    /// Refused. Only the participation agreement can be.
    Declined,
}

impl Default for Agreements {
    fn default() -> Self {
        Agreements {
            prohibited_resource: Known::Value(Answer::NotRequired),
            participation: Known::Value(Answer::NotRequired),
            generator: Known::Value(Answer::NotRequired),
        }
    }
}

impl Connection {
    /// The latest sign of life in the record: its start, its last interaction, and every utility's
    /// (docs/leap.md, trap 14).
    #[must_use]
    pub fn last_sign_of_life(&self) -> Option<Timestamp> {
        let utilities = self
            .utilities
            .iter()
            .flat_map(|u| [u.started_at, u.last_interaction_at]);
        [self.started_at, self.last_interaction_at]
            .into_iter()
            .chain(utilities)
            .flatten()
            .max()
    }
}

impl Snapshot {
    /// The records that speak for a customer whose link names `region`; all of them when it names none.
    pub fn linked<'a>(&'a self, region: Option<&'a str>) -> impl Iterator<Item = &'a Connection> {
        self.connections()
            .iter()
            .filter(move |record| region.is_none_or(|linked| record.region == linked))
    }

    /// Leap's records; none where they are another provider's.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        match self {
            Snapshot::Leap(records) => records,
            Snapshot::Bayou(_) | Snapshot::Light(_) => &[],
        }
    }

    /// Is the enrolment complete? The linked region's record decides; without a linked region any
    /// complete record does, since silence is the safer mistake (docs/leap.md, trap 15).
    #[must_use]
    pub fn is_complete(&self, region: Option<&str>) -> bool {
        match self {
            Snapshot::Leap(_) => self
                .linked(region)
                .any(|record| record.status == Known::Value(ConnectionStatus::Completed)),
            Snapshot::Bayou(customer) => customer.as_ref().is_some_and(Customer::was_connected),
            Snapshot::Light(account) => account.as_ref().and_then(LightAccount::is_final) == Some(true),
        }
    }

    /// The latest sign of life over the linked records. Bayou's tell of none but the login itself, and
    /// Light's of none at all.
    #[must_use]
    pub fn last_sign_of_life(&self, region: Option<&str>) -> Option<Timestamp> {
        self.linked(region).filter_map(Connection::last_sign_of_life).max()
    }

    /// Bayou's record, if this is one.
    #[must_use]
    pub const fn customer(&self) -> Option<&Customer> {
        match self {
            Snapshot::Leap(_) | Snapshot::Bayou(None) | Snapshot::Light(_) => None,
            Snapshot::Bayou(Some(customer)) => Some(customer),
        }
    }

    /// Light's record, if this is one.
    #[must_use]
    pub const fn account(&self) -> Option<&LightAccount> {
        match self {
            Snapshot::Leap(_) | Snapshot::Bayou(_) | Snapshot::Light(None) => None,
            Snapshot::Light(Some(account)) => Some(account),
        }
    }

    /// The record to speak about: among the linked ones, that with the latest sign of life.
    #[must_use]
    pub fn current<'a>(&'a self, region: Option<&'a str>) -> Option<&'a Connection> {
        self.linked(region).max_by_key(|record| record.last_sign_of_life())
    }
}
