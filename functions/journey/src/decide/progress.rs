//! Signs of life, completion, coming back, and the provider's record read in passing.

use super::Deciding;
use crate::contact::{Classification, Facts};
use crate::diagnosis::{Diagnosis, diagnose};
use crate::id::{Purpose, UtilityCode};
use crate::note::{Drift, HoldReason, Note};
use crate::state::{Evidence, Flow, MeterFollowUp, Milestone, Noted, Phase, Sessions, StopReason, TouchRecord};
use crate::status::Snapshot;

impl Deciding<'_> {
    /// A sign that only a Connect session gives: it settles the flow.
    pub(super) fn session_sign(&mut self, what: Milestone) {
        self.journey.flow = Flow::Connect;
        if let Phase::Completed { provisional: true, .. } = self.journey.phase {
            // The utility's authorisation is progress in a Connect flow, not its end (trap 19).
            self.back_to_live(Note::CompletionContradicted);
        }
        self.sign_of_life(what);
    }

    pub(super) fn login_sign(&mut self, what: Milestone, utility: Option<&UtilityCode>) {
        self.remember_utility(utility);
        self.sign_of_life(what);
    }

    pub(super) fn login_succeeded(&mut self, utility: Option<&UtilityCode>) {
        self.remember_utility(utility);
        self.sign_of_life(Milestone::LoginSucceeded);
        // Only where no session has shown a Connect flow can the authorisation be the end (trap 27).
        let open = matches!(self.journey.phase, Phase::Live | Phase::HandedBack { .. });
        if open && self.journey.flow != Flow::Connect {
            self.complete(Evidence::Authorization);
        }
    }

    pub(super) fn session_completed(&mut self) {
        self.journey.flow = Flow::Connect;
        self.lives_at(self.now);
        self.complete(Evidence::Session);
    }

    pub(super) fn remember_utility(&mut self, utility: Option<&UtilityCode>) {
        if let Some(code) = utility {
            self.journey.utility = Some(code.clone());
        }
    }

    /// The customer did something.
    pub(super) fn sign_of_life(&mut self, what: Milestone) {
        match self.journey.phase {
            Phase::Live => {}
            Phase::Completed { .. } => {
                // It may be a retried old event or a new tab: only the provider's cumulative record
                // can tell, and the reconciliation reads it (traps 1 and 2).
                self.journey.milestones.insert(what);
                self.note(Note::Absorbed { what });
                return;
            }
            Phase::HandedBack { at } => {
                if self.now < self.after(at, self.campaign.reopen_after) || !self.may_reopen() {
                    self.note(Note::Absorbed { what });
                    return;
                }
                self.reopen();
            }
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            } => {
                self.note(Note::Absorbed { what });
                return;
            }
            Phase::Stopped { .. } => self.back_to_live(Note::CameBack),
        }
        self.journey.milestones.insert(what);
        self.lives_at(self.now);
        self.note(Note::SignOfLife { what });
        self.arm_if_none();
    }

    /// A timer that is armed stays: newer life is found when it fires, and a hold keeps its time.
    pub(super) fn arm_if_none(&mut self) {
        if self.journey.timer.is_none() {
            self.arm_next();
        }
    }

    pub(super) fn back_to_live(&mut self, note: Note) {
        self.journey.phase = Phase::Live;
        self.note(note);
        super::fit_touches(&mut self.journey, self.campaign);
        self.arm_next();
    }

    pub(super) fn may_reopen(&self) -> bool {
        self.journey.episode < self.campaign.max_episodes
    }

    /// Begins a new episode: each touch may go out once more.
    pub(super) fn reopen(&mut self) {
        self.journey.episode += 1;
        self.journey.phase = Phase::Live;
        self.journey.milestones.clear();
        self.journey.sessions = Sessions::default();
        self.journey.opened_at = self.now;
        self.journey.last_sign_of_life = self.journey.last_sign_of_life.min(self.now);
        self.journey.diagnosis = None;
        self.journey.touches = vec![TouchRecord::Waiting { attempts: 0 }; self.rules().len()];
        self.journey.refused.clear();
        self.journey.timer = None;
        self.note(Note::Reopened {
            episode: self.journey.episode,
        });
    }

    /// The customer finished. It wins over everything but an erasure, whatever came before.
    pub(super) fn complete(&mut self, evidence: Evidence) {
        let provisional = matches!(evidence, Evidence::Authorization | Evidence::Finalized);
        match &mut self.journey.phase {
            Phase::Completed {
                evidence: known,
                provisional: open,
                ..
            } => {
                if !*open || provisional {
                    return self.note(Note::AlreadyCompleted);
                }
                *known = evidence;
                *open = false;
                self.note(Note::Completed { evidence });
            }
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            } => {
                // Nobody is left to look for a meter for; that they finished is kept.
                let meter = MeterFollowUp::GivenUp { at: self.now };
                self.journey.phase = Phase::Completed {
                    at: self.now,
                    evidence,
                    provisional: false,
                    meter,
                };
                self.note(Note::Completed { evidence });
            }
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                let meter = match evidence {
                    // There are no data to wait for, or the customer's other journey waits for them.
                    _ if self.journey.purpose == Purpose::Reconnect => MeterFollowUp::NotAwaited,
                    Evidence::Meter => MeterFollowUp::Arrived { at: self.now },
                    Evidence::Fallback => MeterFollowUp::NotAwaited,
                    Evidence::Status
                    | Evidence::Session
                    | Evidence::Authorization
                    | Evidence::Finalized
                    | Evidence::Renewed => MeterFollowUp::Awaited {
                        checks: 0,
                        late_since: None,
                    },
                };
                self.journey.phase = Phase::Completed {
                    at: self.now,
                    evidence,
                    provisional,
                    meter,
                };
                self.note(Note::Completed { evidence });
            }
        }
        self.arm_next();
    }

    /// The provider's record was read in passing.
    pub(super) fn status_seen(&mut self, snapshot: &Snapshot, region: Option<&str>, class: Classification) {
        if let Snapshot::Bayou(customer) = snapshot {
            return self.customer_status(customer.as_ref());
        }
        if let Snapshot::Light(account) = snapshot {
            return self.account_status(account.as_ref());
        }
        let is_new = self.journey.is_new();
        let life = snapshot.last_sign_of_life(region).map(|at| at.min(self.now));
        if snapshot.is_complete(region) {
            self.journey.flow = settled_by_record(self.journey.flow);
            match self.journey.phase {
                Phase::Completed { provisional: false, .. } => {}
                Phase::Completed { provisional: true, .. }
                | Phase::Stopped {
                    why: StopReason::Erased,
                    ..
                } => self.complete(Evidence::Status),
                Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                    self.note(Note::Drift {
                        what: Drift::Completion,
                    });
                    self.complete(Evidence::Status);
                }
            }
            return;
        }
        let Some(record) = snapshot.current(region) else {
            return;
        };
        let (diagnosis, _) = diagnose(record, class);
        // A value that we do not know says neither "done" nor "not done": it opens nothing again.
        let unclear = diagnosis == Diagnosis::Unrecognized;
        match self.journey.phase {
            Phase::Live => {}
            // Not complete, and the customer acted after our completion: they began anew (trap 2).
            Phase::Completed { at, provisional, .. } => {
                let began_anew = life.is_some_and(|life| life > at) && diagnosis != Diagnosis::NothingLeft && !unclear;
                if provisional || !began_anew || !self.may_reopen() {
                    return;
                }
                self.reopen();
            }
            Phase::HandedBack { at } => {
                let back = life.is_some_and(|life| life > self.after(at, self.campaign.reopen_after));
                if !back || unclear || !self.may_reopen() {
                    return;
                }
                self.reopen();
            }
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            } => return,
            Phase::Stopped { at, .. } => {
                if unclear || life.is_none_or(|life| life <= at) {
                    return;
                }
                self.back_to_live(Note::CameBack);
            }
        }
        if is_new {
            self.note(Note::Drift { what: Drift::Journey });
            // Discovered, not told: the record's own times are all that is known of the abandonment.
            if let Some(life) = life {
                self.journey.last_sign_of_life = crate::to_millisecond(life);
            }
        } else if let Some(life) = life.filter(|life| crate::to_millisecond(*life) > self.journey.last_sign_of_life) {
            self.lives_at(life);
            self.note(Note::ProviderActivity {
                at: self.journey.last_sign_of_life,
            });
        }
        if self.journey.diagnosis != Some(diagnosis) {
            self.journey.diagnosis = Some(diagnosis);
            self.note(Note::Diagnosed { diagnosis });
            if diagnosis == Diagnosis::Unrecognized {
                self.note(Note::Unrecognized);
            }
        }
        self.arm_if_none();
    }

    pub(super) fn contact_changed(&mut self, facts: &Facts) {
        if self.journey.flow == Flow::Unknown {
            self.journey.flow = facts.flow;
        }
        if let Phase::Stopped {
            why: StopReason::Erased,
            ..
        } = self.journey.phase
        {
            // Known again. What is past stays past: closed windows are skipped, not made up for.
            self.back_to_live(Note::CameBack);
        }
        self.consent_changed(facts.sharing_ends_at);
        if let (Flow::Connect, Phase::Completed { provisional: true, .. }) = (self.journey.flow, &self.journey.phase) {
            self.back_to_live(Note::CompletionContradicted);
        }
        self.connection_known();
        // A touch held for want of a contact need not wait for its next try; any other hold does.
        let holds = |note: &&Noted| matches!(note.note, Note::Held { .. });
        let unknown = |note: &Noted| {
            matches!(
                note.note,
                Note::Held {
                    why: HoldReason::UnknownContact,
                    ..
                }
            )
        };
        if self.journey.is_live() && self.journey.history.iter().rev().find(holds).is_some_and(unknown) {
            self.arm_next();
        }
    }
}

/// A record in the Connect API shows a Connect flow only where nobody said otherwise: whether
/// direct-to-utility customers are listed there is not documented.
fn settled_by_record(flow: Flow) -> Flow {
    match flow {
        Flow::Unknown | Flow::Connect => Flow::Connect,
        Flow::DirectToUtility => Flow::DirectToUtility,
    }
}
