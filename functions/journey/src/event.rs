//! What happened: webhooks, status reads, timers, and the answers to our own effects.

use serde::{Deserialize, Serialize};

use crate::connection::{LossReason, Occasion};
use crate::contact::{Classification, Facts};
use crate::customer::{Customer, DataKind, Newest, Velocity};
use crate::enrollment::{LightAccount, PlanDates, SupportMatter};
use crate::id::{EventId, UtilityCode};
use crate::state::{Milestone, SendKey};
use crate::status::Snapshot;
use jiff::Timestamp;

/// Something that happened to a journey, in the past tense.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The customer opened the link (Leap: `connect_session.updated` CREATED).
    SessionOpened,
    /// The customer moved to the next step (UPDATED).
    StepReached,
    /// The customer left before the end, or refused an agreement (CLOSED).
    SessionClosed,
    /// The customer finished the last step of a session (COMPLETED).
    SessionCompleted,
    /// The customer stands at the utility's login (`connect_session.authorization_updated` INITIATED).
    LoginReached {
        /// The utility, by its webhook code, if it is one we can read.
        utility: Option<UtilityCode>,
    },
    /// The utility authorised the data (COMPLETED). In a Connect flow this is progress; in a
    /// direct-to-utility flow it is the end.
    LoginSucceeded {
        /// The utility.
        utility: Option<UtilityCode>,
    },
    /// The login failed, or the customer cancelled; Leap gives no reason (FAILED).
    LoginFailed {
        /// The utility.
        utility: Option<UtilityCode>,
    },
    /// The partner told of a customer of whom nothing was heard before.
    Invited,
    /// The connection was made, or made again (Bayou: `customer_has_filled_credentials`). Not signed: to be confirmed.
    Connected {
        /// When, by the webhook.
        at: Option<Timestamp>,
        /// How fast the utility's data are said to come.
        velocity: Option<Velocity>,
        /// The utility, if the directory knows it.
        utility: Option<UtilityCode>,
    },
    /// The connection was lost (Bayou: `customer_must_reauthenticate`, or its flag). Not signed: to be confirmed.
    ReauthorizationNeeded {
        /// Why.
        why: LossReason,
        /// Do we know of the connection that was lost? The flags alone may not tell.
        was_connected: bool,
    },
    /// The connection, or the consent, will end soon.
    RenewalDue {
        /// Which.
        occasion: Occasion,
    },
    /// The customer gave a bill or the account by hand, on our page.
    FallbackGiven {
        /// What was given.
        what: Given,
    },
    /// A webhook says that the first data of a kind are there. Not signed: to be confirmed.
    DataAnnounced {
        /// Which.
        kind: DataKind,
    },
    /// News of a customer's data, for the record.
    DataNews {
        /// What it said.
        what: &'static str,
        /// How fast the utility's data are said to come.
        velocity: Option<Velocity>,
    },
    /// The provider was asked for a customer who is open or connected.
    CustomerSeen {
        /// The generation of the timer that was due.
        generation: u32,
        /// What it said; none when it does not know the customer.
        customer: Option<Customer>,
        /// The newest data, where they were asked for.
        newest: Option<Newest>,
    },
    /// The provider was asked for an account that is open or enrolled (Light).
    AccountSeen {
        /// The generation of the timer that was due.
        generation: u32,
        /// What it said; none when it does not know the account.
        account: Option<LightAccount>,
    },
    /// The customer followed our own link and acted on the page.
    LinkFollowed,
    /// An account was opened for a customer who enrols in a plan.
    AccountOpened,
    /// The customer took a step of an enrolment.
    EnrollmentProgressed {
        /// Which.
        what: Milestone,
        /// Who says so.
        by: ToldBy,
        /// The plan's dates, where they are known.
        dates: Option<PlanDates>,
    },
    /// The enrolment is final (Light: `enrollment.finalized`). A hint: the record is asked.
    EnrollmentFinalized,
    /// A webhook says that something that was promised is there. A hint: the record is asked at once.
    ServiceAnnounced {
        /// What.
        kind: DataKind,
    },
    /// A webhook says that something has changed, and not what. The record is asked at once.
    EnrollmentNews {
        /// What it is about, for the operator.
        what: &'static str,
    },
    /// A webhook says that a place's service was cancelled, and not which. A hint: the record is asked at once.
    CancellationAnnounced,
    /// Something about the customer is for support, not for a reminder.
    SupportNeeded {
        /// What.
        matter: SupportMatter,
    },
    /// The enrolment was taken back in the provider's sandbox.
    EnrollmentReset,
    /// A meter was announced by webhook (`meter.created`).
    MeterAnnounced {
        /// What kind of meter, if the webhook said.
        kind: Option<MeterKind>,
    },
    /// A meter's enrolment changed (`meter.enrollment.*`). Follow-up only: it never reopens a journey.
    MeterEnrollmentChanged {
        /// What changed, for the operator: the type's last word and its value.
        what: &'static str,
    },
    /// The meter search answered for a completed customer.
    MetersSeen {
        /// The generation of the timer that was due.
        generation: u32,
        /// The meters that name the reference.
        meters: Vec<MeterFound>,
    },
    /// The meter search could not be asked.
    MetersUnavailable {
        /// The generation of the timer that was due.
        generation: u32,
        /// Why.
        why: Unavailable,
    },
    /// The provider's record was read in passing, by the reconciliation.
    StatusSeen {
        /// The provider's records of the reference.
        snapshot: Snapshot,
        /// The region that the contact's link names, if known.
        region: Option<String>,
        /// Household or business.
        classification: Classification,
    },
    /// A timer fired.
    TimerFired {
        /// The generation it was armed for.
        generation: u32,
    },
    /// After a timer fired: the provider was asked again, and the contact read.
    Rechecked {
        /// The generation of the timer that fired.
        generation: u32,
        /// What the provider said.
        status: StatusAnswer,
        /// The meters that name the reference, when the rules had asked for them.
        meters: Option<Vec<MeterFound>>,
        /// What is known of the contact, read after the provider answered.
        facts: Facts,
    },
    /// The sender answered.
    SendResolved {
        /// The send that was ordered.
        key: SendKey,
        /// What became of it.
        outcome: SendOutcome,
    },
    /// A send whose outcome had been unknown was looked up in the sender's own record.
    SendLookedUp {
        /// The send that was ordered.
        key: SendKey,
        /// What the record says.
        resolution: Resolution,
    },
    /// The sender told, some time after it had taken a message over, that something is wrong with it.
    DeliverySeen {
        /// The send that was ordered.
        key: SendKey,
        /// What is wrong.
        what: DeliveryProblem,
    },
    /// The contact was stored or changed.
    ContactChanged {
        /// What is known of it now.
        facts: Facts,
    },
    /// The contact was erased.
    ContactErased,
}

/// Who tells of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// A webhook: a hint. What it tells twice, or late, is no sign of life.
    Webhook,
    /// Our own pages, or our own API: the customer acted now.
    OwnRecord,
}

/// What a customer without an online account can give instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A bill, as a file.
    Bill,
    /// The account's number and the service address, typed in.
    Account,
}

impl Given {
    /// The name used in events and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Given::Bill => "bill",
            Given::Account => "account",
        }
    }
}

/// The answer to a status check.
#[derive(Clone, Debug, PartialEq)]
pub enum StatusAnswer {
    /// The provider's records.
    Seen(Snapshot),
    /// No answer that could be relied on. Neither "not complete" nor "complete".
    Unavailable {
        /// Why.
        why: Unavailable,
        /// When the provider, or our own budget, asks us to come back.
        retry_at: Option<Timestamp>,
    },
}

/// Why a provider could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// It did not answer in time, or the connection failed.
    Unreachable,
    /// It asked us to slow down (429).
    RateLimited,
    /// Our own budget of calls is spent for now.
    BudgetSpent,
    /// It refuses our key (401, 403).
    Unauthorized,
    /// It failed (5xx), or its answer could not be read.
    Failing,
    /// The contact is not known, so there is no reference to ask for.
    UnknownContact,
}

/// Leap's `meter_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterKind {
    /// A utility's meter: evidence of an authorisation.
    UtilityMeter,
    /// A submeter.
    Submeter,
    /// A device, created by the partner: evidence of nothing.
    Device,
    /// A type that Leap added since.
    Other,
}

/// A meter that the provider's meter search returned for a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterFound {
    /// Its kind.
    pub kind: MeterKind,
    /// Did the partner create it by API? Then it says nothing of the customer.
    pub created_by_partner: bool,
    /// Is the reference among the meter's completed authorisations (`connection_references`)?
    pub authorized_by_reference: bool,
    /// Has it been archived?
    pub archived: bool,
    /// When it was created, if known.
    pub created_at: Option<Timestamp>,
}

impl MeterFound {
    /// Does this meter show that the customer's own authorisation arrived?
    /// (docs/leap.md, traps 31 and 32.)
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        self.kind == MeterKind::UtilityMeter
            && self.authorized_by_reference
            && !self.created_by_partner
            && !self.archived
    }
}

/// What a sender answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The message was taken over.
    Accepted {
        /// The sender's own identifier of the message.
        message_id: String,
    },
    /// The message was refused for good: this address or content will never go.
    Refused {
        /// Why, without the address.
        why: String,
    },
    /// Refused for good, as every other message to this recipient would be: it is on the sender's own
    /// list of those who opted out.
    OptedOut,
    /// Surely not sent; try again.
    Throttled,
    /// Surely not sent: the customer finished, opted out or was erased before the sender was called.
    Withheld,
    /// It may or may not have gone out.
    Ambiguous,
}

/// What the sender's record says of a send whose outcome had been unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It went out.
    Sent {
        /// The sender's own identifier of the message.
        message_id: String,
        /// When.
        at: Timestamp,
    },
    /// It surely did not, and no attempt is under way that still could.
    NotSent,
    /// The record cannot say.
    Unknown,
}

/// What went wrong with a message that a sender had taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryProblem {
    /// The inbox refuses mail for good (a hard bounce).
    Bounced,
    /// The recipient called it spam.
    Complained,
    /// The sender found something in it that it does not send, such as a virus.
    Rejected,
    /// The sender could not make the message from its template.
    RenderingFailed,
}

impl DeliveryProblem {
    /// The name used in events and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryProblem::Bounced => "bounced",
            DeliveryProblem::Complained => "complained",
            DeliveryProblem::Rejected => "rejected",
            DeliveryProblem::RenderingFailed => "rendering_failed",
        }
    }

    /// Did the message surely never leave the sender?
    #[must_use]
    pub const fn is_unsent(self) -> bool {
        match self {
            DeliveryProblem::Bounced | DeliveryProblem::Complained => false,
            DeliveryProblem::Rejected | DeliveryProblem::RenderingFailed => true,
        }
    }
}

/// A webhook event with the provider's own identifier of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivered {
    /// The identifier, if the provider gives one.
    pub id: Option<EventId>,
    /// What it says.
    pub event: Event,
}

impl From<Event> for Delivered {
    fn from(event: Event) -> Self {
        Delivered { id: None, event }
    }
}
