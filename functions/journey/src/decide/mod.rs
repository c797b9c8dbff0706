//! The decision: total, pure, and the only place where a choice is made.

mod channel;
mod connection;
mod data;
mod enrollment;
mod fire;
mod meter;
mod outcome;
mod progress;
mod schedule;
mod service;
mod touch;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::Campaign;
use crate::effect::Effect;
use crate::event::{Delivered, Event};
use crate::note::Note;
use crate::state::{
    Journey, MeterFollowUp, Milestone, Noted, Phase, StopReason, TouchRecord, to_millisecond, to_second,
};

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The journey afterwards. Equal to the one before when nothing changed: then nothing is written.
    pub next: Journey,
    /// What to carry out. Timers before the write, everything else after it.
    pub effects: Vec<Effect>,
    /// What was decided and why, in order.
    pub notes: Vec<Note>,
}

/// Decides what an event means for a journey.
///
/// Total: every state has an answer to every event. The stale, the late and the repeated are
/// named outcomes, not errors.
#[must_use]
pub fn decide(journey: &Journey, delivered: &Delivered, now: Timestamp, campaign: &Campaign) -> Decision {
    if delivered.id.is_some_and(|id| journey.recent_events.contains(&id)) {
        return Decision {
            next: journey.clone(),
            effects: Vec::new(),
            notes: vec![Note::Duplicate],
        };
    }
    let mut deciding = Deciding::new(journey, now, campaign);
    if let Some(id) = delivered.id {
        deciding.journey.recent_events.push_back(id);
        while deciding.journey.recent_events.len() > Journey::RECENT_EVENTS {
            deciding.journey.recent_events.pop_front();
        }
    }
    deciding.take(&delivered.event);
    if journey.is_new() {
        if deciding.notes.is_empty() {
            // What means nothing begins nothing: a journey without a timer would be forgotten.
            return Decision {
                next: journey.clone(),
                effects: Vec::new(),
                notes: Vec::new(),
            };
        }
        let arm = journey.assignment.arm.clone();
        deciding.notes.insert(0, Note::Opened { arm });
    }
    deciding.finish()
}

/// A decision in the making.
struct Deciding<'a> {
    journey: Journey,
    now: Timestamp,
    campaign: &'a Campaign,
    effects: Vec<Effect>,
    notes: Vec<Note>,
}

impl<'a> Deciding<'a> {
    fn new(journey: &Journey, now: Timestamp, campaign: &'a Campaign) -> Self {
        let mut journey = journey.clone();
        if journey.is_live() {
            fit_touches(&mut journey, campaign);
        }
        Deciding {
            journey,
            now: to_millisecond(now),
            campaign,
            effects: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::SessionOpened => {
                self.session_sign(Milestone::SessionOpened);
                self.journey.sessions.opened = self.journey.sessions.opened.saturating_add(1);
            }
            Event::StepReached => self.session_sign(Milestone::StepReached),
            Event::SessionClosed => {
                self.session_sign(Milestone::SessionClosed);
                self.journey.sessions.closed = self.journey.sessions.closed.saturating_add(1);
            }
            Event::SessionCompleted => self.session_completed(),
            Event::LoginReached { utility } => self.login_sign(Milestone::LoginReached, utility.as_ref()),
            Event::LoginFailed { utility } => self.login_sign(Milestone::LoginFailed, utility.as_ref()),
            Event::LoginSucceeded { utility } => self.login_succeeded(utility.as_ref()),
            Event::Invited => self.invited(),
            Event::Connected { at, velocity, utility } => self.connected(*at, *velocity, utility.as_ref()),
            Event::ReauthorizationNeeded { why, was_connected } => self.connection_lost(*why, *was_connected),
            Event::RenewalDue { occasion } => self.renewal_due(*occasion),
            Event::FallbackGiven { what } => self.fallback_given(*what),
            Event::DataAnnounced { kind } => self.data_announced(*kind),
            Event::DataNews { what, velocity } => self.data_news(what, *velocity),
            Event::CustomerSeen {
                generation,
                customer,
                newest,
            } => self.customer_seen(*generation, customer.as_ref(), *newest),
            Event::AccountSeen { generation, account } => self.account_seen(*generation, account.as_ref()),
            Event::LinkFollowed => self.link_followed(),
            Event::AccountOpened => self.account_opened(),
            Event::EnrollmentProgressed { what, by, dates } => self.enrollment_progressed(*what, *by, *dates),
            Event::EnrollmentFinalized => self.enrollment_finalized(),
            Event::ServiceAnnounced { kind } => self.service_announced(*kind),
            Event::EnrollmentNews { what } => self.enrollment_news(what),
            Event::CancellationAnnounced => self.cancellation_announced(),
            Event::SupportNeeded { matter } => self.support_needed(*matter),
            Event::EnrollmentReset => self.enrollment_reset(),
            Event::MeterAnnounced { kind } => self.meter_announced(*kind),
            Event::MeterEnrollmentChanged { what } => self.note(Note::MeterNews {
                what: (*what).to_owned(),
            }),
            Event::MetersSeen { generation, meters } => self.meters_seen(*generation, meters),
            Event::MetersUnavailable { generation, why } => self.meters_unavailable(*generation, *why),
            Event::StatusSeen {
                snapshot,
                region,
                classification,
            } => {
                self.status_seen(snapshot, region.as_deref(), *classification);
            }
            Event::TimerFired { generation } => self.timer_fired(*generation),
            Event::Rechecked {
                generation,
                status,
                meters,
                facts,
            } => {
                self.rechecked(*generation, status, meters.as_deref(), facts);
            }
            Event::SendResolved { key, outcome } => self.send_resolved(key, outcome),
            Event::SendLookedUp { key, resolution } => self.send_looked_up(key, resolution),
            Event::DeliverySeen { key, what } => self.delivery_seen(key, *what),
            Event::ContactChanged { facts } => self.contact_changed(facts),
            Event::ContactErased => self.erased(),
        }
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    fn finish(mut self) -> Decision {
        let claimed = self.notes.iter().any(|note| matches!(note, Note::Claimed { .. }));
        let at = to_second(self.now);
        for note in self.notes.iter().filter(|note| is_history(note, claimed)) {
            let history = &mut self.journey.history;
            // A touch that is held again for the same reason is one story with a new end.
            if let (Note::Held { touch, why, .. }, Some(last)) = (note, history.back())
                && matches!(&last.note, Note::Held { touch: t, why: w, .. } if t == touch && w == why)
            {
                history.pop_back();
            }
            history.push_back(Noted { at, note: note.clone() });
        }
        while self.journey.history.len() > Journey::HISTORY {
            // How it began, and what was decided, is worth more than what merely happened.
            let chatter = self
                .journey
                .history
                .iter()
                .skip(1)
                .position(|noted| is_chatter(&noted.note));
            self.journey.history.remove(1 + chatter.unwrap_or(0));
        }
        Decision {
            next: self.journey,
            effects: self.effects,
            notes: self.notes,
        }
    }

    fn stop(&mut self, why: StopReason) {
        if matches!(self.journey.phase, Phase::Stopped { why: known, .. } if known == why) {
            return;
        }
        self.journey.phase = Phase::Stopped { why, at: self.now };
        self.note(Note::Stopped { why });
        self.arm_next();
    }

    /// The person is gone: no reminders, no search for the meter. That they had finished is kept,
    /// so that whoever is stored again under the reference is not asked to do it again.
    /// What is for support stays there, too (docs/light.md, trap 18).
    fn erased(&mut self) {
        if self.has_ended_for_support() {
            return;
        }
        match &mut self.journey.phase {
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. } | MeterFollowUp::GivenUp { .. } | MeterFollowUp::NotAwaited,
                provisional: false,
                ..
            } if self.journey.data.is_none() && self.journey.enrollment.is_none() => {}
            Phase::Completed { meter, provisional, .. } => {
                *meter = MeterFollowUp::GivenUp { at: self.now };
                *provisional = false;
                self.journey.data = None;
                self.journey.enrollment = None;
                self.note(Note::Stopped {
                    why: StopReason::Erased,
                });
                self.arm_next();
            }
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => self.stop(StopReason::Erased),
        }
    }

    /// Moves the clock of abandonment forward, never back and never into the future.
    fn lives_at(&mut self, at: Timestamp) {
        self.journey.last_sign_of_life = self.journey.last_sign_of_life.max(to_millisecond(at).min(self.now));
    }

    fn after(&self, from: Timestamp, wait: SignedDuration) -> Timestamp {
        // A campaign's spans are bounded, so this saturates only for times at the end of the calendar.
        from.checked_add(wait).unwrap_or(Timestamp::MAX)
    }
}

/// A campaign changed in mid-flight may have more touches, or fewer: those decided stay.
fn fit_touches(journey: &mut Journey, campaign: &Campaign) {
    let touches = campaign.series(journey.series()).len();
    while journey.touches.len() < touches {
        journey.touches.push(TouchRecord::Waiting { attempts: 0 });
    }
    while journey.touches.len() > touches && matches!(journey.touches.last(), Some(TouchRecord::Waiting { .. })) {
        journey.touches.pop();
    }
}

/// Is a note worth keeping? Timers are in the journey itself, a claim names its diagnosis, and what
/// changed nothing is not kept.
fn is_history(note: &Note, claimed: bool) -> bool {
    let repeated = claimed && matches!(note, Note::Diagnosed { .. });
    let passing = matches!(
        note,
        Note::Duplicate | Note::StaleTimer | Note::LateAnswer { .. } | Note::TimerSet { .. }
    );
    !repeated && !passing
}

/// Does a note tell of what happened, rather than of what was decided?
fn is_chatter(note: &Note) -> bool {
    matches!(
        note,
        Note::SignOfLife { .. }
            | Note::ProviderActivity { .. }
            | Note::Absorbed { .. }
            | Note::AlreadyCompleted
            | Note::MeterNews { .. }
            | Note::MeterNotYet { .. }
            | Note::MeterSearchUnavailable { .. }
    )
}
