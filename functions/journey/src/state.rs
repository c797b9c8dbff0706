//! The state of a journey.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::campaign::{Campaign, Channel};
use crate::connection::{Occasion, Series};
use crate::customer::DataClock;
use crate::diagnosis::Diagnosis;
use crate::enrollment::EnrollmentClock;
use crate::event::DeliveryProblem;
use crate::experiment::Assignment;
use crate::id::{EventId, JourneyId, Provider, Purpose, UtilityCode};
use crate::note::{Note, SkipReason};

/// The way of one reference from the first click to the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Its name.
    pub id: JourneyId,
    /// The provider.
    pub provider: Provider,
    /// What the customer is on the way to.
    pub purpose: Purpose,
    /// Counts reopenings, from 1. Each touch goes out at most once in an episode.
    pub episode: u16,
    /// Which kind of link the customer uses.
    pub flow: Flow,
    /// Where it stands.
    pub phase: Phase,
    /// What the customer has reached in this episode.
    pub milestones: BTreeSet<Milestone>,
    /// Sessions opened and closed in this episode. Counted, since their events arrive in any order:
    /// a close is final only when as many were closed as opened.
    pub sessions: Sessions,
    /// The trigger: when this episode became known to us. Experiments count from here.
    pub opened_at: Timestamp,
    /// The latest sign of life: the moment of abandonment, if none follows.
    pub last_sign_of_life: Timestamp,
    /// Where the customer stopped, as last understood.
    pub diagnosis: Option<Diagnosis>,
    /// The utility, by webhook code, as last seen.
    pub utility: Option<UtilityCode>,
    /// Why the customer is to connect again; none on the way to a first connection.
    pub occasion: Option<Occasion>,
    /// The data of a connected customer, where the provider shows them.
    pub data: Option<DataClock>,
    /// The plan's dates and the service to come, where the customer enrols in a plan.
    pub enrollment: Option<EnrollmentClock>,
    /// The arm of the experiment, assigned at the first trigger.
    pub assignment: Assignment,
    /// One record for each touch of the campaign, in order.
    pub touches: Vec<TouchRecord>,
    /// The channels by which a touch of this episode was refused for good: they are not tried again.
    pub refused: BTreeSet<(Touch, Channel)>,
    /// The one live timer.
    pub timer: Option<Timer>,
    /// The last generation given to a timer.
    pub generation: u32,
    /// The last 32 webhook event identifiers, oldest first.
    pub recent_events: VecDeque<EventId>,
    /// The last notes, oldest first.
    pub history: VecDeque<Noted>,
}

/// How many sessions an episode has seen. Neither number tells which session an event belonged to:
/// the provider does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Opened.
    pub opened: u16,
    /// Closed before their end.
    pub closed: u16,
}

/// A note with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided and why.
    pub note: Note,
}

/// Where a journey stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The customer is on the way, or has dropped off.
    Live,
    /// The customer finished.
    Completed {
        /// When we learned of it.
        at: Timestamp,
        /// How we know.
        evidence: Evidence,
        /// Is the provider's record still to be asked? Only after an [`Evidence::Authorization`].
        provisional: bool,
        /// The search for the meter.
        meter: MeterFollowUp,
    },
    /// The reminders are over; ordinary marketing takes the customer back.
    HandedBack {
        /// When.
        at: Timestamp,
    },
    /// No reminder would help, or none is allowed.
    Stopped {
        /// Why.
        why: StopReason,
        /// When.
        at: Timestamp,
    },
}

/// How we know that a customer finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The provider's cumulative record says so.
    Status,
    /// A session's COMPLETED webhook.
    Session,
    /// A utility authorisation in a flow that is, or may be, direct to utility. Provisional: the
    /// provider's record may contradict it.
    Authorization,
    /// A meter with this reference among its completed authorisations.
    Meter,
    /// The customer gave a bill or the account by hand: there will be no connection.
    Fallback,
    /// The provider told that the enrolment is final (Light: `enrollment.finalized`). Provisional: a webhook is a hint,
    /// and the record is asked.
    Finalized,
    /// The consent was prolonged, or the connection made again before it was lost.
    Renewed,
}

/// Why a journey was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The utility account cannot take part.
    Ineligible,
    /// Another utility than the requested one was connected.
    WrongUtility,
    /// An agreement was declined, and the campaign respects that as final.
    AgreementDeclined,
    /// The session was closed, and the campaign respects that as final.
    SessionClosed,
    /// The person was erased.
    Erased,
    /// The meter is held until the present occupant has settled a debt: a matter for support.
    SwitchHold,
    /// The address may not choose its retailer: a matter for support.
    IneligibleAddress,
    /// The customer took the enrolment back within the time that the law gives.
    Rescinded,
    /// The service was cancelled.
    ServiceCanceled,
}

/// The search for a completed customer's meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeterFollowUp {
    /// Not seen yet.
    Awaited {
        /// How often we have looked.
        checks: u16,
        /// Since when it is late, if it is.
        late_since: Option<Timestamp>,
    },
    /// Seen.
    Arrived {
        /// When we learned of it.
        at: Timestamp,
    },
    /// Not seen in all the time the campaign allows.
    GivenUp {
        /// When we stopped looking.
        at: Timestamp,
    },
    /// None will come of this journey.
    NotAwaited,
}

/// Which kind of link a customer uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Nobody has said, and no event has shown it.
    #[default]
    Unknown,
    /// Leap Connect: sessions, agreements, then the utility.
    Connect,
    /// Straight to the utility: only authorisation events.
    DirectToUtility,
}

/// Something a customer has reached. A set, not a step number: events arrive in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// Was invited: the partner told of the customer.
    Invited,
    /// Opened the link.
    SessionOpened,
    /// Went on to a further step.
    StepReached,
    /// Stood at the utility's login.
    LoginReached,
    /// A login failed.
    LoginFailed,
    /// A utility was authorised.
    LoginSucceeded,
    /// Left a session before its end.
    SessionClosed,
    /// Came back through our own link.
    LinkFollowed,
    /// A utility meter was announced; the meter search must confirm it.
    MeterAnnounced,
    /// An account was opened for the customer: the beginning, where no event of the provider's is (Light).
    AccountOpened,
    /// Asked for the plans of an address.
    PlanRequested,
    /// Accepted a plan.
    PlanAccepted,
    /// The identity was verified.
    IdentityVerified,
    /// Said where the bills go.
    BillingAddressConfirmed,
    /// Added a payment method.
    PaymentMethodAdded,
}

/// A reminder of the campaign, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Touch(pub u8);

impl Touch {
    /// The touch's place in a list of touches.
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 as usize).saturating_sub(1)
    }

    /// The touch at a place of a list of touches.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Touch(u8::try_from(index + 1).unwrap_or(u8::MAX))
    }
}

/// What became of one touch in this episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchRecord {
    /// Still to come.
    Waiting {
        /// Attempts so far that surely did not go out.
        attempts: u8,
    },
    /// Reserved: the message is being sent.
    Claimed {
        /// Which attempt.
        attempt: u8,
        /// Since when.
        at: Timestamp,
        /// By which channel.
        channel: Channel,
    },
    /// Out.
    Sent {
        /// When.
        at: Timestamp,
        /// By which channel.
        channel: Channel,
        /// The sender's identifier of the message.
        message_id: String,
    },
    /// It may or may not have gone out. Never sent again.
    Unknown {
        /// Which attempt.
        attempt: u8,
        /// Since when.
        at: Timestamp,
        /// By which channel.
        channel: Channel,
    },
    /// Not sent, and it will not be.
    Skipped {
        /// Why.
        why: SkipReason,
        /// When that was decided.
        at: Timestamp,
    },
}

/// The name of one attempt to send one touch: what a sender's tags carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SendKey {
    /// The journey.
    #[serde(rename = "j")]
    pub journey: JourneyId,
    /// The episode.
    #[serde(rename = "e")]
    pub episode: u16,
    /// The touch.
    #[serde(rename = "t")]
    pub touch: Touch,
    /// The attempt, from 1.
    #[serde(rename = "a")]
    pub attempt: u8,
    /// The channel of this attempt.
    #[serde(rename = "c", default, skip_serializing_if = "Channel::is_email")]
    pub channel: Channel,
}

impl SendKey {
    /// Do both name the same message, perhaps in different attempts?
    #[must_use]
    pub fn same_touch(&self, other: &SendKey) -> bool {
        self.journey == other.journey && self.episode == other.episode && self.touch == other.touch
    }
}

/// The next thing due in a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Rises by one each time a timer is armed; an older one that fires does nothing.
    pub generation: u32,
    /// When it is due.
    pub due: Timestamp,
    /// Until when it makes sense; among overdue timers the one that closes first goes first.
    pub closes: Timestamp,
    /// What for.
    pub why: TimerWhy,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerWhy {
    /// A touch is due, or was held and is tried again.
    Touch,
    /// A claim is older than any sender takes: find out what became of it.
    ClaimExpired,
    /// A provisional completion is to be confirmed.
    Confirm,
    /// All touches are over: hand back.
    HandBack,
    /// Look for the meter, or the data.
    Meter,
    /// Look at an open customer, of whom a webhook may have been lost.
    Poll,
}

/// Who serves a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A schedule of its own fires `touchpoint`.
    Touchpoint,
    /// `meter-check` collects what is due and asks for up to 100 references at once.
    Meter,
}

impl TimerWhy {
    /// Who serves it.
    #[must_use]
    pub const fn lane(self) -> Lane {
        match self {
            TimerWhy::Touch | TimerWhy::ClaimExpired | TimerWhy::Confirm | TimerWhy::HandBack => Lane::Touchpoint,
            TimerWhy::Meter | TimerWhy::Poll => Lane::Meter,
        }
    }
}

impl Journey {
    /// Begins a journey at its first event, in the flow that the partner's link opens, if known.
    ///
    /// The arm of the experiment is drawn here, at the trigger: before any wait, whatever follows.
    #[must_use]
    pub fn begin(
        id: JourneyId,
        provider: Provider,
        purpose: Purpose,
        flow: Flow,
        now: Timestamp,
        campaign: &Campaign,
    ) -> Self {
        let now = to_millisecond(now);
        let assignment = match purpose {
            Purpose::Reconnect if !campaign.sharing.reconnect_experiment => Assignment::none(),
            Purpose::Enroll | Purpose::Reconnect => campaign.experiment.assign(&id),
        };
        let mut journey = Journey {
            assignment,
            id,
            provider,
            purpose,
            episode: 1,
            flow,
            phase: Phase::Live,
            milestones: BTreeSet::new(),
            sessions: Sessions::default(),
            opened_at: now,
            last_sign_of_life: now,
            diagnosis: None,
            utility: None,
            occasion: None,
            data: None,
            enrollment: None,
            touches: Vec::new(),
            refused: BTreeSet::new(),
            timer: None,
            generation: 0,
            recent_events: VecDeque::new(),
            history: VecDeque::new(),
        };
        let touches = campaign.series(journey.series()).len();
        journey.touches.resize(touches, TouchRecord::Waiting { attempts: 0 });
        journey
    }

    /// The series of reminders that it is in.
    #[must_use]
    pub fn series(&self) -> Series {
        match (self.purpose, self.occasion) {
            (Purpose::Reconnect, Some(Occasion::Expected)) => Series::Renewal,
            (Purpose::Reconnect, Some(Occasion::ConsentEnds(_))) => Series::ConsentEnd,
            (Purpose::Reconnect, Some(Occasion::Lost(_)) | None) => Series::Reconnect,
            (Purpose::Enroll, _) if self.milestones.contains(&Milestone::Invited) && self.milestones.len() == 1 => {
                Series::Invitation
            }
            (Purpose::Enroll, _) => Series::DropOff,
        }
    }

    /// Has nothing happened yet?
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.history.is_empty()
    }

    /// Identifiers of webhook events kept for recognising a repeated delivery.
    pub const RECENT_EVENTS: usize = 32;

    /// Notes kept. A journey with all three touches and a completion has about 12; the stored
    /// record must stay within one write unit (1 KB) in that typical case.
    pub const HISTORY: usize = 40;

    /// Is the customer still on the way?
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// Has this been told of a message of the present episode before?
    #[must_use]
    pub fn has_seen(&self, key: &SendKey, what: DeliveryProblem) -> bool {
        let told = Note::DeliveryProblem { touch: key.touch, what };
        let newest_first = self.history.iter().rev();
        key.episode == self.episode
            && newest_first
                .take_while(|noted| !matches!(noted.note, Note::Reopened { .. }))
                .any(|noted| noted.note == told)
    }

    /// The name of the next attempt to send a touch.
    #[must_use]
    pub fn send_key(&self, touch: Touch, attempt: u8, channel: Channel) -> SendKey {
        SendKey {
            journey: self.id.clone(),
            episode: self.episode,
            touch,
            attempt,
            channel,
        }
    }
}

/// Cuts a time to whole milliseconds, the precision that is stored: a decision taken on a journey
/// read back must equal the one taken before it was written.
#[must_use]
pub fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Cuts a time to whole seconds, the precision in which notes are stored.
#[must_use]
pub(crate) fn to_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Raises a time to a whole millisecond: what waits until then must not wake before it.
#[must_use]
pub(crate) fn up_to_millisecond(at: Timestamp) -> Timestamp {
    let cut = to_millisecond(at);
    if cut < at {
        cut.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(cut)
    } else {
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_and_what_is_waited_for_is_raised() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let cases = [
            (
                "2026-07-01T10:00:00.0015Z",
                "2026-07-01T10:00:00.001Z",
                "2026-07-01T10:00:00.002Z",
            ),
            (
                "2026-07-01T10:00:00.001Z",
                "2026-07-01T10:00:00.001Z",
                "2026-07-01T10:00:00.001Z",
            ),
        ];
        for (time, cut, raised) in cases {
            assert_eq!(to_millisecond(at(time)), at(cut));
            assert_eq!(up_to_millisecond(at(time)), at(raised));
            assert_eq!(to_second(at(time)), at("2026-07-01T10:00:00Z"));
        }
    }
}
