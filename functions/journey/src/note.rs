//! What was decided and why, and why nothing was done: what `explain` prints.

use jiff::Timestamp;
use law::Proof;
use serde::{Deserialize, Serialize};

use crate::campaign::Channel;
use crate::connection::Occasion;
use crate::customer::DataKind;
use crate::diagnosis::Diagnosis;
use crate::enrollment::SupportMatter;
use crate::event::{DeliveryProblem, Given, Unavailable};
use crate::state::{Evidence, Milestone, StopReason, TimerWhy, Touch};

/// One decision, or one reason for doing nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The journey began.
    Opened {
        /// The arm of the experiment.
        arm: String,
    },
    /// A sign of life moved the clock.
    SignOfLife {
        /// Which.
        what: Milestone,
    },
    /// The provider's record shows activity that no webhook had told.
    ProviderActivity {
        /// The latest sign of life in the record.
        at: Timestamp,
    },
    /// Nothing new: the same webhook was delivered before.
    Duplicate,
    /// A sign of life after the end: perhaps a retried old one, so it restarts nothing by itself.
    Absorbed {
        /// Which.
        what: Milestone,
    },
    /// Told again what was known: the customer finished.
    AlreadyCompleted,
    /// A webhook about the meter, for the record.
    MeterNews {
        /// What it said.
        what: String,
    },
    /// The customer finished.
    Completed {
        /// How we know.
        evidence: Evidence,
    },
    /// The provider's record contradicts a provisional completion.
    CompletionContradicted,
    /// The provider's record shows new activity after the completion: a new episode.
    Reopened {
        /// The new episode's number.
        episode: u16,
    },
    /// A stopped or handed-back customer came back.
    CameBack,
    /// A timer was armed.
    TimerSet {
        /// When it is due.
        due: Timestamp,
        /// What for.
        why: TimerWhy,
    },
    /// A timer fired that is no longer the current one.
    StaleTimer,
    /// Where the customer stopped.
    Diagnosed {
        /// The drop-off reason.
        diagnosis: Diagnosis,
    },
    /// A touch waits.
    Held {
        /// Which touch.
        touch: Touch,
        /// Why.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
    },
    /// A touch was reserved and its message ordered.
    Claimed {
        /// Which touch.
        touch: Touch,
        /// Where the customer stopped.
        diagnosis: Diagnosis,
        /// From the abandonment to this decision, in seconds.
        after_s: i64,
        /// By which channel.
        #[serde(default, skip_serializing_if = "Channel::is_email")]
        channel: Channel,
        /// By which rules it was lawful, where, and what the clocks showed there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lawful: Option<Proof>,
    },
    /// A channel that a touch could not take, so that another was tried.
    ChannelPassed {
        /// Which touch.
        touch: Touch,
        /// Which channel.
        channel: Channel,
        /// Why.
        why: SkipReason,
    },
    /// A message went out.
    Sent {
        /// Which touch.
        touch: Touch,
    },
    /// A send failed without having gone out; it will be tried again inside its window.
    Retrying {
        /// Which touch.
        touch: Touch,
    },
    /// Nobody can say whether a message went out. It is not sent again.
    SendUnknown {
        /// Which touch.
        touch: Touch,
    },
    /// An answer to a send that is no longer open.
    LateAnswer {
        /// Which touch.
        touch: Touch,
    },
    /// The sender told that something is wrong with a message.
    DeliveryProblem {
        /// Which touch.
        touch: Touch,
        /// What is wrong.
        what: DeliveryProblem,
    },
    /// A touch will not be sent.
    Skipped {
        /// Which touch.
        touch: Touch,
        /// Why.
        why: SkipReason,
    },
    /// The provider's record has a value we do not know: no send, look at it.
    Unrecognized,
    /// The customer is handed back to ordinary marketing.
    HandedBack,
    /// No further reminders.
    Stopped {
        /// Why.
        why: StopReason,
    },
    /// The meter is not there yet.
    MeterNotYet {
        /// How often we have looked.
        checks: u16,
    },
    /// The meter search could not be asked.
    MeterSearchUnavailable {
        /// Why.
        why: Unavailable,
    },
    /// The meter is late: an operator should look.
    MeterLate,
    /// The meter arrived.
    MeterArrived,
    /// We stopped looking for the meter.
    MeterGivenUp,
    /// The connection was lost, or will be.
    ConnectAgain {
        /// Why.
        occasion: Occasion,
    },
    /// The customer gave a bill or the account by hand.
    FallbackGiven {
        /// What.
        what: Given,
    },
    /// Something about the customer is for support.
    SupportNeeded {
        /// What.
        matter: SupportMatter,
    },
    /// The first data of a kind are there.
    DataReady {
        /// Which.
        kind: DataKind,
        /// How long after the connection, in seconds, where that can be said.
        after_s: Option<i64>,
    },
    /// The first data of a kind are late: an operator should look. The customer can do nothing.
    DataLate {
        /// Which.
        kind: DataKind,
    },
    /// New data of a kind have silently stopped: an operator should look.
    DataStale {
        /// Which.
        kind: DataKind,
    },
    /// Data that had stopped come again.
    DataFresh {
        /// Which.
        kind: DataKind,
    },
    /// The reconciliation found what no webhook had told.
    Drift {
        /// What was missing.
        what: Drift,
    },
}

/// What the reconciliation found and no webhook had told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// A customer who had begun.
    Journey,
    /// A customer who had finished.
    Completion,
}

/// Why a touch waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// Outside the hours in which the campaign may write to this person.
    QuietHours,
    /// Signing in needs a code, and hours in which the phone is at hand come in time.
    CodeHours,
    /// The provider could not be asked.
    Status(Unavailable),
    /// The provider does not know the reference yet.
    NotConfirmed,
    /// The provider does not know the account that the partner told of: an operator should look.
    UnknownAccount,
    /// The utility or the provider had a fault; it gets time to recover.
    Outage,
    /// Many customers stall at the utility; its reminders wait until people get through again.
    Incident,
    /// The inbox has had enough for now.
    Cap,
    /// We do not know the person (yet).
    UnknownContact,
    /// The sender asked us to slow down.
    Throttled,
}

/// Why a touch was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The person belongs to the holdout: followed, never messaged.
    Holdout,
    /// Its window closed before it could go.
    WindowClosed,
    /// Several touches were due at once; only the last goes out.
    Collapsed,
    /// Its window closed in quiet hours.
    QuietHours,
    /// Its window closed while the provider could not be asked.
    StatusUnavailable,
    /// Its window closed while the provider did not know the reference.
    NotConfirmed,
    /// Its window closed while the utility or the provider had a fault.
    Outage,
    /// Its window closed while many customers stalled at the utility.
    Incident,
    /// Its window closed under a cap.
    Cap,
    /// The same inbox is already being reminded for another reference.
    OtherSeries,
    /// We do not know the person.
    UnknownContact,
    /// This deployment cannot send on the channel.
    NoSender,
    /// There is no address, no number, or no device.
    NoAddress,
    /// There is no record of a consent to texts.
    NoConsent,
    /// Nobody knows in which state the person is, so no law can be kept.
    UnknownPlace,
    /// The person opted out.
    OptedOut,
    /// The address, number or device is suppressed.
    Suppressed,
    /// One text was sent in this episode, and there is never a second.
    TextedBefore,
    /// The abandonment is too long ago for a text.
    TooLateForText,
    /// Nothing is left for the customer to do.
    NothingLeft,
    /// The day has come on which the plan was to begin.
    StartDatePassed,
    /// The provider's record has a value we do not know.
    Unrecognized,
    /// The sender refused it for good.
    Refused,
    /// The customer finished, opted out or was erased between the claim and the send.
    Ended,
    /// The sender was overloaded until the window closed.
    Throttled,
}

impl HoldReason {
    /// The word that metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            HoldReason::QuietHours => "quiet_hours",
            HoldReason::CodeHours => "code_hours",
            HoldReason::Status(_) => "status_unavailable",
            HoldReason::NotConfirmed => "not_confirmed",
            HoldReason::UnknownAccount => "unknown_account",
            HoldReason::Outage => "outage",
            HoldReason::Incident => "incident",
            HoldReason::Cap => "cap",
            HoldReason::UnknownContact => "unknown_contact",
            HoldReason::Throttled => "throttled",
        }
    }
}

impl SkipReason {
    /// The word that metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SkipReason::Holdout => "holdout",
            SkipReason::WindowClosed => "window_closed",
            SkipReason::Collapsed => "collapsed",
            SkipReason::QuietHours => "quiet_hours",
            SkipReason::StatusUnavailable => "status_unavailable",
            SkipReason::NotConfirmed => "not_confirmed",
            SkipReason::Outage => "outage",
            SkipReason::Incident => "incident",
            SkipReason::Cap => "cap",
            SkipReason::OtherSeries => "other_series",
            SkipReason::UnknownContact => "unknown_contact",
            SkipReason::NoSender => "no_sender",
            SkipReason::NoAddress => "no_address",
            SkipReason::NoConsent => "no_consent",
            SkipReason::UnknownPlace => "unknown_place",
            SkipReason::TextedBefore => "texted_before",
            SkipReason::TooLateForText => "too_late_for_text",
            SkipReason::OptedOut => "opted_out",
            SkipReason::Suppressed => "suppressed",
            SkipReason::NothingLeft => "nothing_left",
            SkipReason::StartDatePassed => "start_date_passed",
            SkipReason::Unrecognized => "unrecognized",
            SkipReason::Refused => "refused",
            SkipReason::Ended => "ended",
            SkipReason::Throttled => "throttled",
        }
    }
}

impl Note {
    /// Should an operator look at it?
    #[must_use]
    pub fn is_alert(&self) -> bool {
        match self {
            Note::Unrecognized
            | Note::MeterLate
            | Note::SendUnknown { .. }
            | Note::MeterGivenUp
            | Note::DataLate { .. }
            | Note::DataStale { .. } => true,
            Note::Held { why, .. } => {
                matches!(
                    why,
                    HoldReason::Incident | HoldReason::UnknownAccount | HoldReason::Status(Unavailable::Unauthorized)
                )
            }
            Note::MeterSearchUnavailable { why } => matches!(why, Unavailable::Unauthorized),
            // Bounces and complaints happen; their rate has an alarm of its own.
            Note::DeliveryProblem { what, .. } => what.is_unsent(),
            Note::Opened { .. }
            | Note::SignOfLife { .. }
            | Note::ProviderActivity { .. }
            | Note::AlreadyCompleted
            | Note::Duplicate
            | Note::Absorbed { .. }
            | Note::MeterNews { .. }
            | Note::Completed { .. }
            | Note::CompletionContradicted
            | Note::Reopened { .. }
            | Note::CameBack
            | Note::TimerSet { .. }
            | Note::StaleTimer
            | Note::Diagnosed { .. }
            | Note::Claimed { .. }
            | Note::ChannelPassed { .. }
            | Note::Sent { .. }
            | Note::Retrying { .. }
            | Note::LateAnswer { .. }
            | Note::Skipped { .. }
            | Note::HandedBack
            | Note::Stopped { .. }
            | Note::MeterNotYet { .. }
            | Note::MeterArrived
            | Note::ConnectAgain { .. }
            | Note::FallbackGiven { .. }
            | Note::SupportNeeded { .. }
            | Note::DataReady { .. }
            | Note::DataFresh { .. }
            | Note::Drift { .. } => false,
        }
    }
}
