//! What a write says to the world outside: the lifecycle events between two stored states.
//!
//! A stream of the table shows each write as the record before it and the record after it. The notes
//! that are new in the record's history say what happened; the record says the rest. Nothing is kept
//! besides, so a write that is read twice says the same twice, under the same names.

use std::collections::VecDeque;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;

use crate::campaign::Channel;
use crate::connection::Occasion;
use crate::customer::DataKind;
use crate::diagnosis::Diagnosis;
use crate::enrollment::SupportMatter;
use crate::event::{DeliveryProblem, Given};
use crate::id::keyed_hash;
use crate::note::{Note, SkipReason};
use crate::state::{Evidence, Journey, MeterFollowUp, Noted, Phase, StopReason, Touch, TouchRecord};

/// Something that happened to a customer, for those who are not in this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// Its name: 26 characters of lower-case base32, the same each time the same write is read.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// In which episode.
    pub episode: u16,
    /// What happened.
    pub what: Lifecycle,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// A customer began.
    Started,
    /// A customer who had finished, or been handed back, began anew: a new episode.
    Reopened,
    /// A customer whom we had given up came back, in the same episode.
    CameBack,
    /// A message is due that the partner sends.
    TouchDue {
        /// Which touch.
        touch: Touch,
        /// Where the customer has stopped.
        diagnosis: Option<Diagnosis>,
    },
    /// A message went out.
    TouchSent {
        /// Which touch.
        touch: Touch,
        /// By which channel.
        channel: Channel,
        /// Where the customer had stopped, according to the message.
        diagnosis: Option<Diagnosis>,
    },
    /// A touch will not be sent.
    TouchSkipped {
        /// Which touch.
        touch: Touch,
        /// Why.
        why: SkipReason,
    },
    /// Nobody can say whether a message went out. A [`Lifecycle::TouchSent`] may follow.
    TouchUnknown {
        /// Which touch.
        touch: Touch,
    },
    /// Something is wrong with a message.
    DeliveryProblem {
        /// Which touch.
        touch: Touch,
        /// What is wrong.
        what: DeliveryProblem,
    },
    /// The customer finished.
    Completed {
        /// How we know.
        evidence: Evidence,
        /// Is the provider's record still to be asked? It may be withdrawn until it is confirmed.
        provisional: bool,
    },
    /// A provisional completion is certain now.
    CompletionConfirmed {
        /// How we know.
        evidence: Evidence,
    },
    /// A provisional completion was none: the customer is still on the way.
    CompletionWithdrawn,
    /// The reminders are over; ordinary marketing takes the customer back.
    HandedBack,
    /// No further reminders.
    Stopped {
        /// Why.
        why: StopReason,
    },
    /// The customer's meter arrived.
    MeterArrived,
    /// The customer's meter is late.
    MeterLate,
    /// We stopped looking for the customer's meter.
    MeterGivenUp,
    /// The customer is to connect again: the connection was lost, or it or the consent will end.
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
    },
    /// The first data of a kind are late.
    DataLate {
        /// Which.
        kind: DataKind,
    },
    /// New data of a kind have silently stopped.
    DataStale {
        /// Which.
        kind: DataKind,
    },
    /// Data of a kind that had stopped come again.
    DataFresh {
        /// Which.
        kind: DataKind,
    },
}

impl Lifecycle {
    /// The name of its type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Lifecycle::Started => "journey.started",
            Lifecycle::Reopened => "journey.reopened",
            Lifecycle::CameBack => "journey.came_back",
            Lifecycle::TouchDue { .. } => "touch.due",
            Lifecycle::TouchSent { .. } => "touch.sent",
            Lifecycle::TouchSkipped { .. } => "touch.skipped",
            Lifecycle::TouchUnknown { .. } => "touch.unknown",
            Lifecycle::DeliveryProblem { .. } => "delivery.problem",
            Lifecycle::Completed { .. } => "journey.completed",
            Lifecycle::CompletionConfirmed { .. } => "journey.completion_confirmed",
            Lifecycle::CompletionWithdrawn => "journey.completion_withdrawn",
            Lifecycle::HandedBack => "journey.handed_back",
            Lifecycle::Stopped { .. } => "journey.stopped",
            Lifecycle::MeterArrived => "meter.arrived",
            Lifecycle::MeterLate => "meter.late",
            Lifecycle::MeterGivenUp => "meter.given_up",
            Lifecycle::ConnectAgain { .. } => "connection.needed",
            Lifecycle::FallbackGiven { .. } => "fallback.given",
            Lifecycle::SupportNeeded { .. } => "support.needed",
            Lifecycle::DataReady { .. } => "data.ready",
            Lifecycle::DataLate { .. } => "data.late",
            Lifecycle::DataStale { .. } => "data.stale",
            Lifecycle::DataFresh { .. } => "data.fresh",
        }
    }

    /// The touch that it is about.
    #[must_use]
    pub const fn touch(&self) -> Option<Touch> {
        match self {
            Lifecycle::TouchDue { touch, .. }
            | Lifecycle::TouchSent { touch, .. }
            | Lifecycle::TouchSkipped { touch, .. }
            | Lifecycle::TouchUnknown { touch }
            | Lifecycle::DeliveryProblem { touch, .. } => Some(*touch),
            Lifecycle::Started
            | Lifecycle::Reopened
            | Lifecycle::CameBack
            | Lifecycle::Completed { .. }
            | Lifecycle::CompletionConfirmed { .. }
            | Lifecycle::CompletionWithdrawn
            | Lifecycle::HandedBack
            | Lifecycle::Stopped { .. }
            | Lifecycle::MeterArrived
            | Lifecycle::MeterLate
            | Lifecycle::MeterGivenUp
            | Lifecycle::ConnectAgain { .. }
            | Lifecycle::FallbackGiven { .. }
            | Lifecycle::SupportNeeded { .. }
            | Lifecycle::DataReady { .. }
            | Lifecycle::DataLate { .. }
            | Lifecycle::DataStale { .. }
            | Lifecycle::DataFresh { .. } => None,
        }
    }
}

/// What happened between two neighbouring states of a journey as they were stored; `before` is none
/// at its first write.
#[must_use]
pub fn lifecycle(before: Option<&Journey>, after: &Journey) -> Vec<LifecycleEvent> {
    let mut reading = Reading::new(before, after);
    let first_new = before.map_or(0, |before| kept(&before.history, &after.history));
    for (place, noted) in after.history.iter().enumerate().skip(first_new) {
        reading.read(place, noted);
    }
    reading.events
}

/// How many notes at the front of `after` were in `before` already.
///
/// A write only adds at the end, takes some away to keep the history short, and replaces a touch's last
/// hold. So what is old is a part of `before` in its order, and what is new begins with the first note
/// that is not. Two notes of one second can be equal; of the kinds that are told, no write takes the
/// last one away, so that a new one cannot be taken for it.
fn kept(before: &VecDeque<Noted>, after: &VecDeque<Noted>) -> usize {
    let mut old = before.iter();
    after
        .iter()
        .take_while(|noted| old.any(|known| known == *noted))
        .count()
}

/// A walk over what is new.
struct Reading<'a> {
    before: Option<&'a Journey>,
    after: &'a Journey,
    episode: u16,
    /// Was the customer done at this point, and was that provisional?
    provisional: Option<bool>,
    events: Vec<LifecycleEvent>,
}

impl<'a> Reading<'a> {
    fn new(before: Option<&'a Journey>, after: &'a Journey) -> Self {
        let provisional = before.and_then(|before| match before.phase {
            Phase::Completed { provisional, .. } => Some(provisional),
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => None,
        });
        Reading {
            before,
            after,
            episode: before.unwrap_or(after).episode,
            provisional,
            events: Vec::new(),
        }
    }

    fn read(&mut self, place: usize, noted: &Noted) {
        let at = noted.at;
        match &noted.note {
            Note::Opened { .. } => {
                // A record that had expired is begun anew in its place.
                self.episode = 1;
                self.provisional = None;
                self.tell(place, at, Lifecycle::Started);
            }
            Note::Reopened { episode } => {
                self.episode = *episode;
                self.provisional = None;
                self.tell(place, at, Lifecycle::Reopened);
            }
            Note::CameBack => self.tell(place, at, Lifecycle::CameBack),
            Note::Sent { touch } => self.sent(place, at, *touch),
            Note::Skipped { touch, why } => self.tell(
                place,
                at,
                Lifecycle::TouchSkipped {
                    touch: *touch,
                    why: *why,
                },
            ),
            Note::SendUnknown { touch } => {
                // The sender's ambiguous answer is noted, too; but then it is still to be looked up.
                let was = self
                    .before
                    .is_some_and(|before| is_unknown(before, self.episode, *touch));
                if !was && is_unknown(self.after, self.episode, *touch) {
                    self.tell(place, at, Lifecycle::TouchUnknown { touch: *touch });
                }
            }
            Note::DeliveryProblem { touch, what } => self.tell(
                place,
                at,
                Lifecycle::DeliveryProblem {
                    touch: *touch,
                    what: *what,
                },
            ),
            Note::Completed { evidence } => self.completed(place, at, *evidence),
            Note::CompletionContradicted => {
                self.provisional = None;
                self.tell(place, at, Lifecycle::CompletionWithdrawn);
            }
            Note::HandedBack => self.tell(place, at, Lifecycle::HandedBack),
            Note::Stopped { why } => self.tell(place, at, Lifecycle::Stopped { why: *why }),
            Note::MeterArrived => self.tell(place, at, Lifecycle::MeterArrived),
            Note::MeterLate => self.tell(place, at, Lifecycle::MeterLate),
            Note::MeterGivenUp => self.tell(place, at, Lifecycle::MeterGivenUp),
            Note::ConnectAgain { occasion } => self.tell(place, at, Lifecycle::ConnectAgain { occasion: *occasion }),
            Note::FallbackGiven { what } => self.tell(place, at, Lifecycle::FallbackGiven { what: *what }),
            Note::SupportNeeded { matter } => self.tell(place, at, Lifecycle::SupportNeeded { matter: *matter }),
            Note::DataReady { kind, .. } => self.tell(place, at, Lifecycle::DataReady { kind: *kind }),
            Note::DataLate { kind } => self.tell(place, at, Lifecycle::DataLate { kind: *kind }),
            Note::DataStale { kind } => self.tell(place, at, Lifecycle::DataStale { kind: *kind }),
            Note::DataFresh { kind } => self.tell(place, at, Lifecycle::DataFresh { kind: *kind }),
            Note::SignOfLife { .. }
            | Note::ProviderActivity { .. }
            | Note::Duplicate
            | Note::Absorbed { .. }
            | Note::AlreadyCompleted
            | Note::MeterNews { .. }
            | Note::TimerSet { .. }
            | Note::StaleTimer
            | Note::Diagnosed { .. }
            | Note::Held { .. }
            | Note::Claimed { .. }
            | Note::ChannelPassed { .. }
            | Note::Retrying { .. }
            | Note::LateAnswer { .. }
            | Note::Unrecognized
            | Note::MeterNotYet { .. }
            | Note::MeterSearchUnavailable { .. }
            | Note::Drift { .. } => {}
        }
    }

    fn completed(&mut self, place: usize, at: Timestamp, evidence: Evidence) {
        if self.provisional.is_some() {
            self.provisional = Some(false);
            return self.tell(place, at, Lifecycle::CompletionConfirmed { evidence });
        }
        let (provisional, by_meter) = match &self.after.phase {
            Phase::Completed { provisional, meter, .. } => (
                *provisional,
                evidence == Evidence::Meter && matches!(meter, MeterFollowUp::Arrived { .. }),
            ),
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => (false, false),
        };
        self.provisional = Some(provisional);
        self.tell(place, at, Lifecycle::Completed { evidence, provisional });
        if by_meter {
            // It is the evidence, so nobody looks for it afterwards.
            self.tell(place, at, Lifecycle::MeterArrived);
        }
    }

    fn sent(&mut self, place: usize, at: Timestamp, touch: Touch) {
        // Where a message was found later in the sender's record, it went out earlier than it was noted.
        let (went_at, went_by) = match record(self.after, self.episode, touch) {
            Some(TouchRecord::Sent { at, channel, .. }) => (*at, Some(*channel)),
            Some(
                TouchRecord::Waiting { .. }
                | TouchRecord::Claimed { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. },
            )
            | None => (at, None),
        };
        let claimed = self.after.history.iter().take(place).rev().find_map(|noted| {
            if let Note::Claimed {
                touch: claimed,
                diagnosis,
                channel,
                ..
            } = noted.note
            {
                (claimed == touch).then_some((diagnosis, channel))
            } else {
                None
            }
        });
        let diagnosis = claimed.map(|(diagnosis, _)| diagnosis).or(self.after.diagnosis);
        let channel = went_by.or(claimed.map(|(_, channel)| channel)).unwrap_or_default();
        let what = match channel {
            Channel::Email | Channel::Sms | Channel::Push => Lifecycle::TouchSent {
                touch,
                channel,
                diagnosis,
            },
            Channel::Event => Lifecycle::TouchDue { touch, diagnosis },
        };
        let id = self.name(place, at, &what);
        self.push(id, went_at, what);
    }

    fn tell(&mut self, place: usize, at: Timestamp, what: Lifecycle) {
        let id = self.name(place, at, &what);
        self.push(id, at, what);
    }

    fn push(&mut self, id: String, at: Timestamp, what: Lifecycle) {
        let episode = self.episode;
        self.events.push(LifecycleEvent { id, at, episode, what });
    }

    /// Notes have whole seconds, so a name has the whole note in it, and counts the equal ones of its second.
    fn name(&self, place: usize, noted_at: Timestamp, what: &Lifecycle) -> String {
        let history = &self.after.history;
        let equal = |noted: &&Noted| history.get(place).is_some_and(|this| this == *noted);
        let note = history.get(place).map(|noted| &noted.note);
        let parts = [
            self.episode.to_string(),
            serde_json::to_string(&note).unwrap_or_default(),
            noted_at.as_second().to_string(),
            history.iter().take(place).filter(equal).count().to_string(),
        ];
        let [episode, note, second, before] = parts.each_ref().map(String::as_str);
        let parts = [self.after.id.as_str(), what.kind(), episode, note, second, before];
        let hash = keyed_hash(b"", "lifecycle event", &parts);
        BASE32_NOPAD.encode(hash.get(..16).unwrap_or_default()).to_lowercase()
    }
}

fn record(journey: &Journey, episode: u16, touch: Touch) -> Option<&TouchRecord> {
    (journey.episode == episode).then(|| journey.touches.get(touch.index()))?
}

fn is_unknown(journey: &Journey, episode: u16, touch: Touch) -> bool {
    matches!(record(journey, episode, touch), Some(TouchRecord::Unknown { .. }))
}
