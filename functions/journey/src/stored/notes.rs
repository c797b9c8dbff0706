//! The stored shape of a note: a short tag and its values in order.

use jiff::Timestamp;
use law::Proof;
use serde::{Deserialize, Serialize};

use super::Unreadable;
use super::data::StoredOccasion;
use crate::campaign::Channel;
use crate::customer::DataKind;
use crate::diagnosis::Diagnosis;
use crate::enrollment::SupportMatter;
use crate::event::{DeliveryProblem, Given, Unavailable};
use crate::note::{Drift, HoldReason, Note, SkipReason};
use crate::state::{Evidence, Milestone, StopReason, TimerWhy, Touch};

/// Gives an enum short names for the stored shape, and turns it there and back.
macro_rules! codes {
    ($of:ident as $name:ident { $($variant:ident = $code:literal),* $(,)? }) => {
        #[derive(Clone, Copy, Serialize, Deserialize)]
        pub(super) enum $name {
            $(#[serde(rename = $code)] $variant),*
        }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $($of::$variant => $name::$variant),* }
            }
        }

        impl From<$name> for $of {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => $of::$variant),* }
            }
        }
    };
}

codes!(Milestone as StoredMilestone {
    SessionOpened = "so", StepReached = "sr", LoginReached = "lr", LoginFailed = "lf", LoginSucceeded = "ls",
    SessionClosed = "sc", LinkFollowed = "li", MeterAnnounced = "ma", Invited = "iv",
    AccountOpened = "ao", PlanRequested = "pr", PlanAccepted = "pa", IdentityVerified = "id",
    BillingAddressConfirmed = "ba", PaymentMethodAdded = "pm",
});

codes!(Diagnosis as StoredDiagnosis {
    NotStarted = "ns", AgreementsUnanswered = "au", AgreementDeclined = "ad", UtilityNotConnected = "un",
    CredentialsInvalid = "ci", MfaFailed = "mf", Cancelled = "ca", LoginFailed = "lf",
    RequiredUtilitiesMissing = "rm", WrongUtility = "wu", Ineligible = "in", UtilityDown = "ud",
    ProviderDown = "pd", NothingLeft = "nl", Unrecognized = "ur",
    Invited = "iv", RepeatedReturns = "rr", PasswordChanged = "pc", MfaExpired = "me", AccessLost = "al",
    RenewalDue = "rd", ConsentEnding = "ce", ConsentEnded = "cd",
    AddressNeeded = "an", PlanNotChosen = "pn", PlanExpired = "pe", BillingAddressMissing = "bm",
    PaymentMissing = "pm", IdentityMissing = "im",
});

/// A note as stored. Times are milliseconds from the episode's opening.
#[derive(Serialize, Deserialize)]
pub(super) enum StoredNote {
    #[serde(rename = "op")]
    Opened(String),
    #[serde(rename = "li")]
    SignOfLife(StoredMilestone),
    #[serde(rename = "pa")]
    ProviderActivity(i64),
    #[serde(rename = "ab")]
    Absorbed(StoredMilestone),
    #[serde(rename = "ac")]
    AlreadyCompleted,
    #[serde(rename = "mn")]
    MeterNews(String),
    #[serde(rename = "co")]
    Completed(Evidence),
    #[serde(rename = "cc")]
    CompletionContradicted,
    #[serde(rename = "re")]
    Reopened(u16),
    #[serde(rename = "cb")]
    CameBack,
    #[serde(rename = "di")]
    Diagnosed(StoredDiagnosis),
    #[serde(rename = "ho")]
    Held(Touch, HoldReason, i64),
    #[serde(rename = "cl")]
    Claimed(
        Touch,
        StoredDiagnosis,
        i64,
        #[serde(default, skip_serializing_if = "Channel::is_email")] Channel,
    ),
    #[serde(rename = "cw")]
    ClaimedWithProof(
        Touch,
        StoredDiagnosis,
        i64,
        Proof,
        #[serde(default, skip_serializing_if = "Channel::is_email")] Channel,
    ),
    #[serde(rename = "cp")]
    ChannelPassed(Touch, Channel, SkipReason),
    #[serde(rename = "se")]
    Sent(Touch),
    #[serde(rename = "rt")]
    Retrying(Touch),
    #[serde(rename = "su")]
    SendUnknown(Touch),
    #[serde(rename = "dp")]
    DeliveryProblem(Touch, DeliveryProblem),
    #[serde(rename = "sk")]
    Skipped(Touch, SkipReason),
    #[serde(rename = "un")]
    Unrecognized,
    #[serde(rename = "hb")]
    HandedBack,
    #[serde(rename = "st")]
    Stopped(StopReason),
    #[serde(rename = "my")]
    MeterNotYet(u16),
    #[serde(rename = "mu")]
    MeterSearchUnavailable(Unavailable),
    #[serde(rename = "ml")]
    MeterLate,
    #[serde(rename = "ma")]
    MeterArrived,
    #[serde(rename = "mg")]
    MeterGivenUp,
    #[serde(rename = "ca")]
    ConnectAgain(StoredOccasion),
    #[serde(rename = "fb")]
    FallbackGiven(Given),
    #[serde(rename = "sn")]
    SupportNeeded(SupportMatter),
    #[serde(rename = "ry")]
    DataReady(DataKind, Option<i64>),
    #[serde(rename = "dl")]
    DataLate(DataKind),
    #[serde(rename = "ds")]
    DataStale(DataKind),
    #[serde(rename = "df")]
    DataFresh(DataKind),
    #[serde(rename = "dr")]
    Drift(Drift),
    #[serde(rename = "du")]
    Duplicate,
    #[serde(rename = "sm")]
    StaleTimer,
    #[serde(rename = "la")]
    LateAnswer(Touch),
    #[serde(rename = "ts")]
    TimerSet(i64, TimerWhy),
}

impl StoredNote {
    /// Turns a note into its stored shape; `base` is the episode's opening in milliseconds.
    pub(super) fn new(note: &Note, base: i64) -> Self {
        let rel = |at: &Timestamp| at.as_millisecond() - base;
        match note {
            Note::Opened { arm } => Self::Opened(arm.clone()),
            Note::SignOfLife { what } => Self::SignOfLife((*what).into()),
            Note::ProviderActivity { at } => Self::ProviderActivity(rel(at)),
            Note::Absorbed { what } => Self::Absorbed((*what).into()),
            Note::AlreadyCompleted => Self::AlreadyCompleted,
            Note::MeterNews { what } => Self::MeterNews(what.clone()),
            Note::Completed { evidence } => Self::Completed(*evidence),
            Note::CompletionContradicted => Self::CompletionContradicted,
            Note::Reopened { episode } => Self::Reopened(*episode),
            Note::CameBack => Self::CameBack,
            Note::Diagnosed { diagnosis } => Self::Diagnosed((*diagnosis).into()),
            Note::Held { touch, why, until } => Self::Held(*touch, *why, rel(until)),
            Note::Claimed {
                touch,
                diagnosis,
                after_s,
                channel,
                lawful: None,
            } => Self::Claimed(*touch, (*diagnosis).into(), *after_s, *channel),
            Note::Claimed {
                touch,
                diagnosis,
                after_s,
                channel,
                lawful: Some(proof),
            } => Self::ClaimedWithProof(*touch, (*diagnosis).into(), *after_s, proof.clone(), *channel),
            Note::ChannelPassed { touch, channel, why } => Self::ChannelPassed(*touch, *channel, *why),
            Note::Sent { touch } => Self::Sent(*touch),
            Note::Retrying { touch } => Self::Retrying(*touch),
            Note::SendUnknown { touch } => Self::SendUnknown(*touch),
            Note::DeliveryProblem { touch, what } => Self::DeliveryProblem(*touch, *what),
            Note::Skipped { touch, why } => Self::Skipped(*touch, *why),
            Note::Unrecognized => Self::Unrecognized,
            Note::HandedBack => Self::HandedBack,
            Note::Stopped { why } => Self::Stopped(*why),
            Note::MeterNotYet { checks } => Self::MeterNotYet(*checks),
            Note::MeterSearchUnavailable { why } => Self::MeterSearchUnavailable(*why),
            Note::MeterLate => Self::MeterLate,
            Note::MeterArrived => Self::MeterArrived,
            Note::MeterGivenUp => Self::MeterGivenUp,
            Note::ConnectAgain { occasion } => Self::ConnectAgain((*occasion).into()),
            Note::FallbackGiven { what } => Self::FallbackGiven(*what),
            Note::SupportNeeded { matter } => Self::SupportNeeded(*matter),
            Note::DataReady { kind, after_s } => Self::DataReady(*kind, *after_s),
            Note::DataLate { kind } => Self::DataLate(*kind),
            Note::DataStale { kind } => Self::DataStale(*kind),
            Note::DataFresh { kind } => Self::DataFresh(*kind),
            Note::Drift { what } => Self::Drift(*what),
            Note::Duplicate => Self::Duplicate,
            Note::StaleTimer => Self::StaleTimer,
            Note::LateAnswer { touch } => Self::LateAnswer(*touch),
            Note::TimerSet { due, why } => Self::TimerSet(rel(due), *why),
        }
    }

    /// Turns a stored note back.
    pub(super) fn read(self, base: i64) -> Result<Note, Unreadable> {
        let abs = |rel: i64| Timestamp::from_millisecond(base.saturating_add(rel)).map_err(|_| Unreadable::Time);
        Ok(match self {
            Self::Opened(arm) => Note::Opened { arm },
            Self::SignOfLife(what) => Note::SignOfLife { what: what.into() },
            Self::ProviderActivity(at) => Note::ProviderActivity { at: abs(at)? },
            Self::Absorbed(what) => Note::Absorbed { what: what.into() },
            Self::AlreadyCompleted => Note::AlreadyCompleted,
            Self::MeterNews(what) => Note::MeterNews { what },
            Self::Completed(evidence) => Note::Completed { evidence },
            Self::CompletionContradicted => Note::CompletionContradicted,
            Self::Reopened(episode) => Note::Reopened { episode },
            Self::CameBack => Note::CameBack,
            Self::Diagnosed(diagnosis) => Note::Diagnosed {
                diagnosis: diagnosis.into(),
            },
            Self::Held(touch, why, until) => Note::Held {
                touch,
                why,
                until: abs(until)?,
            },
            Self::Claimed(touch, diagnosis, after_s, channel) => Note::Claimed {
                touch,
                diagnosis: diagnosis.into(),
                after_s,
                channel,
                lawful: None,
            },
            Self::ClaimedWithProof(touch, diagnosis, after_s, proof, channel) => Note::Claimed {
                touch,
                diagnosis: diagnosis.into(),
                after_s,
                channel,
                lawful: Some(proof),
            },
            Self::ChannelPassed(touch, channel, why) => Note::ChannelPassed { touch, channel, why },
            Self::Sent(touch) => Note::Sent { touch },
            Self::Retrying(touch) => Note::Retrying { touch },
            Self::SendUnknown(touch) => Note::SendUnknown { touch },
            Self::DeliveryProblem(touch, what) => Note::DeliveryProblem { touch, what },
            Self::Skipped(touch, why) => Note::Skipped { touch, why },
            Self::Unrecognized => Note::Unrecognized,
            Self::HandedBack => Note::HandedBack,
            Self::Stopped(why) => Note::Stopped { why },
            Self::MeterNotYet(checks) => Note::MeterNotYet { checks },
            Self::MeterSearchUnavailable(why) => Note::MeterSearchUnavailable { why },
            Self::MeterLate => Note::MeterLate,
            Self::MeterArrived => Note::MeterArrived,
            Self::MeterGivenUp => Note::MeterGivenUp,
            Self::ConnectAgain(occasion) => Note::ConnectAgain {
                occasion: occasion.read()?,
            },
            Self::FallbackGiven(what) => Note::FallbackGiven { what },
            Self::SupportNeeded(matter) => Note::SupportNeeded { matter },
            Self::DataReady(kind, after_s) => Note::DataReady { kind, after_s },
            Self::DataLate(kind) => Note::DataLate { kind },
            Self::DataStale(kind) => Note::DataStale { kind },
            Self::DataFresh(kind) => Note::DataFresh { kind },
            Self::Drift(what) => Note::Drift { what },
            Self::Duplicate => Note::Duplicate,
            Self::StaleTimer => Note::StaleTimer,
            Self::LateAnswer(touch) => Note::LateAnswer { touch },
            Self::TimerSet(due, why) => Note::TimerSet { due: abs(due)?, why },
        })
    }
}
