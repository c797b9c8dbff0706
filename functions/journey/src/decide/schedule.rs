//! The one live timer: a function of the state.

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use crate::campaign::TouchRule;
use crate::connection::{Occasion, Series};
use crate::effect::Effect;
use crate::id::Provider;
use crate::note::Note;
use crate::state::{MeterFollowUp, Phase, Timer, TimerWhy, Touch, TouchRecord, up_to_millisecond};

/// A hand-back waits this long, from when it is due, for a provider that cannot be asked.
pub(super) const HAND_BACK_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// A window's last try comes this long before it closes: a scheduler may be a minute late.
const LAST_TRY_BEFORE: SignedDuration = SignedDuration::from_secs(75);

/// Until when a touch may be held whose window closes then.
pub(super) fn last_try(closes: Timestamp) -> Timestamp {
    closes.checked_sub(LAST_TRY_BEFORE).unwrap_or(closes)
}

/// When one touch may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) opens: Timestamp,
    pub(super) closes: Timestamp,
}

impl Deciding<'_> {
    /// When a touch may go, counted from the latest sign of life. A touch that only an older
    /// campaign knew has no window.
    pub(super) fn window(&self, touch: Touch) -> Option<Window> {
        let rule = self.rules().get(touch.index())?;
        let from = self.counts_from();
        // The experiment is about the first delay after a drop-off.
        let after = match (self.journey.series(), self.journey.assignment.first_after_s) {
            (Series::DropOff, Some(seconds)) if touch == Touch(1) => SignedDuration::from_secs(seconds).min(rule.until),
            (
                Series::DropOff | Series::Invitation | Series::Reconnect | Series::Renewal | Series::ConsentEnd,
                Some(_) | None,
            ) => rule.after,
        };
        let closes = self.after(self.after(from, rule.until), self.campaign.window_grace);
        Some(Window {
            opens: self.after(from, after),
            closes,
        })
    }

    /// The touches of the series that the journey is in.
    pub(super) fn rules(&self) -> &[TouchRule] {
        self.campaign.series(self.journey.series())
    }

    /// From when on the touches count: the abandonment, or so long before a consent ends.
    fn counts_from(&self) -> Timestamp {
        match self.journey.occasion {
            Some(Occasion::ConsentEnds(end)) => self.after(end, -self.campaign.sharing.consent_end_lead),
            Some(Occasion::Lost(_) | Occasion::Expected) | None => self.journey.last_sign_of_life,
        }
    }

    /// The touches still to come, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Touch> {
        let waits = |record: &TouchRecord| matches!(record, TouchRecord::Waiting { .. });
        // A touch that only an older campaign knew has no window, and never goes.
        let known = self.journey.touches.iter().take(self.rules().len());
        known
            .enumerate()
            .filter(move |(_, record)| waits(record))
            .map(|(index, _)| Touch::at(index))
    }

    /// Makes sure that a timer is armed for the next thing due.
    ///
    /// Lazy: a timer that fires too early is kept, since a fire that finds newer life re-arms for
    /// the rest, and most customers who show life show it several times.
    pub(super) fn arm_next(&mut self) {
        let wanted = self.next_due();
        match (&self.journey.timer, wanted) {
            (_, None) => self.journey.timer = None,
            (Some(timer), Some((due, _, why))) if timer.why == why && timer.due <= due => {}
            (Some(_) | None, Some((due, closes, why))) => self.arm(due, closes, why),
        }
    }

    /// Arms the timer for a given time, never in the past.
    pub(super) fn arm(&mut self, due: Timestamp, closes: Timestamp, why: TimerWhy) {
        let due = up_to_millisecond(due.max(self.now));
        let closes = up_to_millisecond(closes);
        self.journey.generation = self.journey.generation.wrapping_add(1);
        let timer = Timer {
            generation: self.journey.generation,
            due,
            closes: closes.max(due),
            why,
        };
        self.note(Note::TimerSet { due, why });
        self.effects.push(Effect::ArmTimer(timer.clone()));
        self.journey.timer = Some(timer);
    }

    /// What is due next, until when it makes sense, and what for.
    fn next_due(&self) -> Option<(Timestamp, Timestamp, TimerWhy)> {
        if let Some(end) = self.claim_ends() {
            return Some((end, end, TimerWhy::ClaimExpired));
        }
        match &self.journey.phase {
            Phase::Live => {
                let next = self.next_touch().unwrap_or_else(|| {
                    let due = self.hand_back_at().max(self.now);
                    (due, self.after(due, HAND_BACK_PATIENCE), TimerWhy::HandBack)
                });
                Some(self.next_look_at_open().filter(|look| look.0 < next.0).unwrap_or(next))
            }
            Phase::Completed {
                at, provisional: true, ..
            } => {
                let due = self.after(*at, self.confirm_after());
                Some((due, self.after(due, SignedDuration::from_hours(1)), TimerWhy::Confirm))
            }
            Phase::Completed { meter, .. } if self.journey.provider == Provider::Light => {
                self.next_look_at_service(meter)
            }
            Phase::Completed { meter, .. } if self.journey.data.is_some() => self.next_look_at_data(meter),
            Phase::Completed {
                at,
                meter: MeterFollowUp::Awaited { checks: 0, .. },
                ..
            } => {
                let due = self.after(*at, self.campaign.meter.first_after);
                Some((due, self.after(*at, self.campaign.meter.late_after), TimerWhy::Meter))
            }
            Phase::Completed {
                at,
                meter: MeterFollowUp::Awaited { late_since: None, .. },
                ..
            } => {
                let late = self.after(*at, self.campaign.meter.late_after);
                let due = self.after(self.now, self.campaign.meter.every);
                Some((if late > self.now { due.min(late) } else { due }, late, TimerWhy::Meter))
            }
            Phase::Completed {
                meter: MeterFollowUp::Awaited {
                    late_since: Some(_), ..
                },
                ..
            } => {
                let due = self.after(self.now, self.campaign.meter.late_every);
                Some((due, self.after(due, self.campaign.meter.late_every), TimerWhy::Meter))
            }
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. } | MeterFollowUp::GivenUp { .. } | MeterFollowUp::NotAwaited,
                ..
            }
            | Phase::HandedBack { .. }
            | Phase::Stopped { .. } => None,
        }
    }

    fn next_touch(&self) -> Option<(Timestamp, Timestamp, TimerWhy)> {
        let touch = self.waiting().next()?;
        let window = self.window(touch)?;
        Some((window.opens, window.closes, TimerWhy::Touch))
    }

    /// When the lease of the oldest claim ends whose outcome is not known.
    pub(super) fn claim_ends(&self) -> Option<Timestamp> {
        let claims = self.journey.touches.iter().filter_map(|record| match record {
            TouchRecord::Claimed { at, .. } => Some(*at),
            TouchRecord::Waiting { .. }
            | TouchRecord::Sent { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => None,
        });
        claims.min().map(|at| self.after(at, self.campaign.claim_lease))
    }

    /// The hand-back comes a while after the last touch was due, or went out.
    pub(super) fn hand_back_at(&self) -> Timestamp {
        let due = self.rules().last().map_or(SignedDuration::ZERO, |rule| rule.after);
        let sent = self.journey.touches.iter().filter_map(|record| match record {
            TouchRecord::Sent { at, .. } => Some(*at),
            TouchRecord::Waiting { .. }
            | TouchRecord::Claimed { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => None,
        });
        let last = sent.chain([self.after(self.counts_from(), due)]).max();
        self.after(last.unwrap_or(self.now), self.campaign.hand_back_after)
    }
}
