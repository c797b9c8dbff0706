//! What one journey's record says of the figures.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::{
    DataClock, DataKind, Delivery, Diagnosis, Drift, Evidence, Journey, LossReason, Milestone, Note, Occasion, Phase,
    Provider, Purpose, StopReason, Touch, UtilityCode, Velocity,
};
use utilities::Mfa;

use crate::spread::seconds;

/// One journey, read.
pub(crate) struct Reading {
    pub(crate) provider: Provider,
    pub(crate) utility: Option<UtilityCode>,
    pub(crate) mfa: Mfa,
    /// Of those on the way to their first connection.
    pub(crate) enrolment: Option<Enrolment>,
    /// The connections of this customer that were lost, oldest first.
    pub(crate) losses: Vec<Loss>,
    pub(crate) messages: Messages,
    /// Have older notes made room for newer ones?
    pub(crate) is_cut: bool,
}

pub(crate) struct Enrolment {
    pub(crate) invited: bool,
    pub(crate) link_followed: bool,
    pub(crate) connected: bool,
    pub(crate) fallback: bool,
    pub(crate) connection: Option<Connection>,
}

/// A connection whose data are followed.
pub(crate) struct Connection {
    /// Since when we would have heard of its loss.
    pub(crate) watched_since: Timestamp,
    /// From our link to the accepted login, in seconds.
    pub(crate) customer_s: Option<u64>,
    pub(crate) velocity: Option<Velocity>,
    pub(crate) bills: First,
    pub(crate) intervals: First,
    pub(crate) newest_interval: Option<Timestamp>,
    pub(crate) looked_at: Option<Timestamp>,
    pub(crate) stale: [bool; 2],
    /// From the day of the newest bill to the webhook of it, in seconds.
    pub(crate) bill_s: Option<u64>,
}

/// The first data of a kind.
#[derive(Clone, Copy)]
pub(crate) struct First {
    pub(crate) state: FirstState,
    /// Do we know since when the connection stands, and were we there?
    pub(crate) is_measured: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum FirstState {
    NotOffered,
    /// There after so many seconds, told by a webhook or found by a look.
    Ready {
        after_s: u64,
        told: bool,
    },
    /// Awaited for so many seconds.
    Awaited {
        for_s: u64,
        late: bool,
    },
}

/// A connection that was lost.
pub(crate) struct Loss {
    pub(crate) at: Timestamp,
    pub(crate) why: LossReason,
    /// Found by a look, not told by a webhook.
    pub(crate) found: bool,
    /// Did we know of the connection?
    pub(crate) known: bool,
    pub(crate) end: LossEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LossEnd {
    Open,
    Repaired(Timestamp),
    /// Something else came of it: a bill given by hand, a renewal, an erasure.
    Otherwise,
}

#[derive(Default)]
pub(crate) struct Messages {
    ordered: usize,
    pub(crate) by_diagnosis: BTreeMap<Option<Diagnosis>, usize>,
    pub(crate) after_completion: usize,
    pub(crate) ordered_before: usize,
}

impl Reading {
    pub(crate) fn of(journey: &Journey, mfa: Mfa, now: Timestamp) -> Self {
        let Walk { losses, messages, .. } = Walk::of(journey);
        Reading {
            provider: journey.provider,
            utility: journey.utility.clone(),
            mfa,
            enrolment: match journey.purpose {
                Purpose::Enroll => Some(enrolment(journey, now)),
                Purpose::Reconnect => None,
            },
            losses,
            messages,
            is_cut: journey.history.len() >= Journey::HISTORY,
        }
    }
}

fn enrolment(journey: &Journey, now: Timestamp) -> Enrolment {
    let reached = |wanted: Milestone| {
        // A new episode begins with no milestones; the history remembers.
        journey.milestones.contains(&wanted)
            || journey.history.iter().any(
                |noted| matches!(noted.note, Note::SignOfLife { what } | Note::Absorbed { what } if what == wanted),
            )
    };
    let connected = match &journey.phase {
        // A bill came first, and a connection all the same.
        Phase::Completed {
            evidence: Evidence::Fallback,
            ..
        } => journey.data.is_some(),
        // Told by a webhook that nobody signed, and not confirmed yet.
        Phase::Completed { provisional, .. } => !provisional,
        Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => false,
    };
    let clock = journey.data.as_ref().filter(|_| connected);
    Enrolment {
        invited: reached(Milestone::Invited),
        link_followed: [
            Milestone::LinkFollowed,
            Milestone::SessionOpened,
            Milestone::StepReached,
            Milestone::LoginReached,
            Milestone::LoginFailed,
            Milestone::LoginSucceeded,
            Milestone::SessionClosed,
        ]
        .into_iter()
        .any(reached),
        connected,
        fallback: journey
            .history
            .iter()
            .any(|noted| matches!(noted.note, Note::FallbackGiven { .. })),
        connection: clock.map(|clock| connection(journey, clock, now)),
    }
}

fn connection(journey: &Journey, clock: &DataClock, now: Timestamp) -> Connection {
    let known_since = known_since(journey);
    let told = journey.history.iter().any(|noted| {
        matches!(
            noted.note,
            Note::Completed {
                evidence: Evidence::Authorization
            }
        )
    });
    // A customer may first be heard of by the very webhook of the connection, a little after it.
    let measured_from = clock.connected_at.filter(|at| told || *at >= known_since);
    let first = |kind| First {
        state: match clock.delivery(kind) {
            Delivery::NotOffered => FirstState::NotOffered,
            Delivery::Ready { heard, .. } => FirstState::Ready {
                after_s: clock.took(kind).map_or(0, seconds),
                told: heard,
            },
            Delivery::Awaited { late_since, .. } => FirstState::Awaited {
                for_s: measured_from.map_or(0, |from| seconds(now.duration_since(from))),
                late: late_since.is_some(),
            },
        },
        is_measured: measured_from.is_some(),
    };
    let (bills_stale, intervals_stale) = clock.stale_since;
    Connection {
        watched_since: clock.connected_at.map_or(known_since, |at| at.max(known_since)),
        customer_s: measured_from.and_then(|connected_at| customer_s(journey, connected_at)),
        velocity: clock.velocity,
        bills: first(DataKind::Bills),
        intervals: first(DataKind::Intervals),
        newest_interval: clock.newest.interval,
        looked_at: clock.looked_at,
        stale: [bills_stale.is_some(), intervals_stale.is_some()],
        bill_s: bill_s(journey, clock),
    }
}

/// The first note stays when others make room.
fn known_since(journey: &Journey) -> Timestamp {
    journey
        .history
        .front()
        .map_or(journey.opened_at, |noted| noted.at.min(journey.opened_at))
}

/// From the visit that led to the login: earlier ones led nowhere.
fn customer_s(journey: &Journey, connected_at: Timestamp) -> Option<u64> {
    let visits = journey.history.iter().filter(|noted| {
        matches!(
            noted.note,
            Note::SignOfLife {
                what: Milestone::LinkFollowed
            }
        )
    });
    let last = visits.map(|noted| noted.at).filter(|at| *at <= connected_at).max()?;
    Some(seconds(connected_at.duration_since(last)))
}

/// The first webhook of a new bill since the newest bill's day, up to the look that found it the newest. Bills of the
/// first delivery were issued before the connection.
fn bill_s(journey: &Journey, clock: &DataClock) -> Option<u64> {
    let (issued, looked_at) = (clock.newest.bill?, clock.looked_at?);
    let Delivery::Ready { at: ready_at, .. } = clock.bills else {
        return None;
    };
    if issued <= ready_at {
        return None;
    }
    let told = journey.history.iter().find(|noted| {
        matches!(&noted.note, Note::MeterNews { what } if what == "new_bill")
            && (issued..=looked_at).contains(&noted.at)
    })?;
    Some(seconds(told.at.duration_since(issued)))
}

/// A walk over what was decided, oldest first.
#[derive(Default)]
struct Walk {
    losses: Vec<Loss>,
    messages: Messages,
    /// Was a loss found that is noted next?
    found: bool,
    completed: bool,
    /// Of each touch of the episode: what its message says, and whether it was ordered after a completion.
    ordered: BTreeMap<Touch, (Diagnosis, bool)>,
}

impl Walk {
    fn of(journey: &Journey) -> Self {
        let mut walk = Walk::default();
        for noted in &journey.history {
            walk.step(noted.at, &noted.note);
        }
        if let Phase::Completed { provisional: true, .. } = journey.phase {
            // Told by a webhook that nobody signed, and not confirmed yet.
            walk.not_repaired();
        }
        // What we look at before a message goes out has confirmed the connection, too; its milestone goes with the episode.
        let known = journey.milestones.contains(&Milestone::LoginSucceeded) || walk.messages.ordered > 0;
        for loss in &mut walk.losses {
            loss.known = known || loss.found;
        }
        walk
    }

    fn step(&mut self, at: Timestamp, note: &Note) {
        match note {
            Note::Drift { what: Drift::Journey } => self.found = true,
            Note::ConnectAgain {
                occasion: Occasion::Lost(why),
            } => self.lost(at, *why),
            Note::ConnectAgain {
                occasion: Occasion::Expected | Occasion::ConsentEnds(_),
            }
            | Note::Stopped {
                why: StopReason::Erased,
            } => self.ends(LossEnd::Otherwise),
            Note::Completed { evidence } => {
                self.completed = true;
                self.ends(match evidence {
                    Evidence::Status
                    | Evidence::Session
                    | Evidence::Authorization
                    | Evidence::Finalized
                    | Evidence::Meter => LossEnd::Repaired(at),
                    Evidence::Fallback | Evidence::Renewed => LossEnd::Otherwise,
                });
            }
            Note::CompletionContradicted => {
                self.completed = false;
                self.not_repaired();
            }
            Note::Reopened { .. } => {
                self.completed = false;
                self.ordered.clear();
            }
            Note::Claimed { touch, diagnosis, .. } => {
                self.messages.ordered += 1;
                self.ordered.insert(*touch, (*diagnosis, self.completed));
            }
            Note::Sent { touch } => self.sent(*touch),
            Note::Opened { .. }
            | Note::SignOfLife { .. }
            | Note::ProviderActivity { .. }
            | Note::Duplicate
            | Note::Absorbed { .. }
            | Note::AlreadyCompleted
            | Note::MeterNews { .. }
            | Note::CameBack
            | Note::TimerSet { .. }
            | Note::StaleTimer
            | Note::Diagnosed { .. }
            | Note::Held { .. }
            | Note::ChannelPassed { .. }
            | Note::Retrying { .. }
            | Note::SendUnknown { .. }
            | Note::LateAnswer { .. }
            | Note::DeliveryProblem { .. }
            | Note::Skipped { .. }
            | Note::Unrecognized
            | Note::HandedBack
            | Note::Stopped { .. }
            | Note::MeterNotYet { .. }
            | Note::MeterSearchUnavailable { .. }
            | Note::MeterLate
            | Note::MeterArrived
            | Note::MeterGivenUp
            | Note::FallbackGiven { .. }
            | Note::SupportNeeded { .. }
            | Note::DataReady { .. }
            | Note::DataLate { .. }
            | Note::DataStale { .. }
            | Note::DataFresh { .. }
            | Note::Drift {
                what: Drift::Completion,
            } => {}
        }
    }

    fn open(&mut self) -> Option<&mut Loss> {
        self.losses.last_mut().filter(|loss| loss.end == LossEnd::Open)
    }

    fn lost(&mut self, at: Timestamp, why: LossReason) {
        let found = core::mem::take(&mut self.found);
        match self.open() {
            // Told after it was found: the same loss, with its reason.
            Some(loss) => loss.why = why,
            None => self.losses.push(Loss {
                at,
                why,
                found,
                known: false,
                end: LossEnd::Open,
            }),
        }
    }

    fn ends(&mut self, end: LossEnd) {
        if let Some(loss) = self.open() {
            loss.end = end;
        }
    }

    fn not_repaired(&mut self) {
        if let Some(loss) = self.losses.last_mut() {
            loss.end = LossEnd::Open;
        }
    }

    fn sent(&mut self, touch: Touch) {
        let order = self.ordered.get(&touch);
        let messages = &mut self.messages;
        let diagnosis = order.map(|(diagnosis, _)| *diagnosis);
        *messages.by_diagnosis.entry(diagnosis).or_default() += 1;
        messages.after_completion += usize::from(self.completed);
        messages.ordered_before += usize::from(self.completed && order.is_some_and(|(_, after)| !after));
    }
}
