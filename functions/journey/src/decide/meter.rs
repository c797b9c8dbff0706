//! After the completion: has the meter arrived?
//!
//! No meter is no reason to remind (docs/leap.md, trap 32): it is a matter for operators.

use jiff::SignedDuration;

use super::Deciding;
use crate::event::{MeterFound, MeterKind, Unavailable};
use crate::note::Note;
use crate::state::{MeterFollowUp, Milestone, Phase, Timer, TimerWhy};

/// From a failed meter search to the next one.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

impl Deciding<'_> {
    /// A webhook names a meter with this reference. The reference is mutable and the meter may be a
    /// device of the partner's, so the meter search must confirm it (traps 31 and 32).
    pub(super) fn meter_announced(&mut self, kind: Option<MeterKind>) {
        match kind {
            Some(MeterKind::Device | MeterKind::Submeter) => {
                self.note(Note::MeterNews {
                    what: "device".to_owned(),
                });
            }
            None | Some(MeterKind::UtilityMeter | MeterKind::Other) => {
                self.note(Note::MeterNews {
                    what: "utility_meter".to_owned(),
                });
                self.journey.milestones.insert(Milestone::MeterAnnounced);
                if let Phase::Completed {
                    meter: MeterFollowUp::Awaited { .. },
                    provisional: false,
                    ..
                } = self.journey.phase
                    && self
                        .journey
                        .timer
                        .as_ref()
                        .is_some_and(|timer| timer.why == TimerWhy::Meter && timer.due > self.now)
                {
                    self.arm(self.now, self.now, TimerWhy::Meter);
                }
            }
        }
    }

    pub(super) fn meters_seen(&mut self, generation: u32, meters: &[MeterFound]) {
        if !self.is_meter_timer(generation) {
            return self.note(Note::StaleTimer);
        }
        let (now, rule) = (self.now, &self.campaign.meter);
        let Phase::Completed { at, meter, .. } = &mut self.journey.phase else {
            return self.note(Note::StaleTimer);
        };
        let MeterFollowUp::Awaited { checks, late_since } = meter else {
            return self.note(Note::StaleTimer);
        };
        let waited = now.duration_since(*at);
        let note = if meters.iter().any(MeterFound::is_evidence) {
            *meter = MeterFollowUp::Arrived { at: now };
            Note::MeterArrived
        } else if waited >= rule.give_up_after {
            *meter = MeterFollowUp::GivenUp { at: now };
            Note::MeterGivenUp
        } else {
            *checks = checks.saturating_add(1);
            if late_since.is_none() && waited >= rule.late_after {
                *late_since = Some(now);
                Note::MeterLate
            } else {
                Note::MeterNotYet { checks: *checks }
            }
        };
        self.note(note);
        self.journey.timer = None;
        self.arm_next();
    }

    pub(super) fn meters_unavailable(&mut self, generation: u32, why: Unavailable) {
        let poll = |timer: &Timer| timer.generation == generation && timer.why == TimerWhy::Poll;
        if self.journey.timer.as_ref().is_some_and(poll) {
            // The next look is soon enough; what is sent is preceded by a question of its own.
            return self.rearm();
        }
        if !self.is_meter_timer(generation) {
            return self.note(Note::StaleTimer);
        }
        self.note(Note::MeterSearchUnavailable { why });
        if let Phase::Completed { at, meter, .. } = &mut self.journey.phase
            && self.now.duration_since(*at) >= self.campaign.meter.give_up_after
        {
            *meter = MeterFollowUp::GivenUp { at: self.now };
            self.journey.timer = None;
            return self.note(Note::MeterGivenUp);
        }
        // Somebody we do not know will hardly be known within the hour.
        let wait = if why == Unavailable::UnknownContact {
            self.campaign.meter.every
        } else {
            RETRY
        };
        let due = self.after(self.now, wait);
        self.arm(due, due, TimerWhy::Meter);
    }

    fn is_meter_timer(&self, generation: u32) -> bool {
        self.journey
            .timer
            .as_ref()
            .is_some_and(|timer| timer.generation == generation && timer.why == TimerWhy::Meter)
    }
}
