//! When the faults are over: nothing is overdue, nobody is forgotten, and every touch has its end.

use journey::campaign::{Campaign, Channel};
use journey::{Journey, Lane, MeterFollowUp, Phase, SkipReason, StopReason, TouchRecord};

use crate::case::{HOUR, MINUTE, campaigns, ts};
use crate::state::State;

impl State {
    /// A pass of the reconciliation did not reach its end. Is another worth while?
    pub(crate) fn judge_pass(&mut self) -> bool {
        let since = *self.behind_since.get_or_insert(self.now);
        let stuck = self.now > since.max(self.case.faults_end) + HOUR;
        if stuck {
            self.breach(
                "I6",
                format!("the provider's changes are not read to their end since {}", ts(since)),
            );
        }
        !stuck
    }

    /// All faults are long over: nothing may be overdue.
    pub(crate) fn judge_rest(&mut self) {
        if self.now < self.case.faults_end + HOUR {
            return;
        }
        for customer in 0..self.rows.len() {
            let Some(stored) = &self.rows[customer].journey else {
                continue;
            };
            let Some(timer) = &stored.journey.timer else { continue };
            let allowed = match timer.why.lane() {
                Lane::Touchpoint => 5 * MINUTE,
                Lane::Meter => 11 * MINUTE,
            };
            let due = timer.due.as_millisecond();
            if due + allowed < self.now {
                let why = timer.why;
                self.breach("I4", format!("customer {customer}: {why:?} overdue since {}", ts(due)));
            }
        }
    }

    /// The end of a case.
    pub(crate) fn judge_end(&mut self) {
        self.judge_rest();
        for customer in 0..self.rows.len() {
            let Some(journey) = self.rows[customer]
                .journey
                .as_ref()
                .map(|stored| stored.journey.clone())
            else {
                if self.rows[customer].record.was_shown() {
                    self.breach(
                        "I6",
                        format!("customer {customer}: the provider knows them, and we do not"),
                    );
                }
                continue;
            };
            if journey.is_live() {
                self.breach("I6", format!("customer {customer}: still live at the end"));
            }
            self.judge_touches(customer, &journey);
            let complete = self.rows[customer].record.is_complete();
            let over = matches!(
                journey.phase,
                Phase::Completed { .. }
                    | Phase::Stopped {
                        why: StopReason::Erased,
                        ..
                    }
            );
            if complete && !over && self.case.customers[customer].listed {
                self.breach(
                    "I6",
                    format!("customer {customer}: finished, and we say {:?}", journey.phase),
                );
            }
            if let Phase::Completed { provisional, meter, .. } = &journey.phase {
                if *provisional {
                    self.breach("I6", format!("customer {customer}: still provisional at the end"));
                }
                if matches!(meter, MeterFollowUp::Awaited { .. }) && journey.timer.is_none() {
                    self.breach("I6", format!("customer {customer}: the meter is not followed"));
                }
            }
        }
    }

    fn judge_touches(&mut self, customer: usize, journey: &Journey) {
        for (index, record) in journey.touches.iter().enumerate() {
            let key = journey.send_key(journey::Touch::at(index), 0, Channel::Email);
            let sent = self.oracle.messages.iter().any(|message| message.key.same_touch(&key));
            let touch = index + 1;
            let handed_back = matches!(journey.phase, Phase::HandedBack { .. });
            let wrong = match record {
                TouchRecord::Claimed { .. } => Some("was never resolved"),
                TouchRecord::Waiting { .. } if handed_back && self.case.then.is_none() => Some("still waits"),
                // A message that is known to be out only by an event that was lost may be unknown, not denied.
                TouchRecord::Waiting { .. } if sent => Some("waits, and was sent"),
                TouchRecord::Skipped { .. } if sent => Some("is recorded as skipped, and was sent"),
                TouchRecord::Sent { .. } if !sent => Some("is recorded as sent, and was not"),
                TouchRecord::Skipped { why, .. }
                    if self.case.kinds == crate::Kinds::NONE && is_of_a_fault(*why, &campaigns()[self.campaign]) =>
                {
                    Some("was skipped for a fault, and there was none")
                }
                TouchRecord::Waiting { .. }
                | TouchRecord::Sent { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. } => None,
            };
            if let Some(wrong) = wrong {
                self.breach("I6", format!("customer {customer}: touch {touch} {wrong}: {record:?}"));
            }
        }
    }
}

/// Reasons that only a fault can bring about. Where windows overlap, a cap may hold a touch until its own is closed.
fn is_of_a_fault(why: SkipReason, campaign: &Campaign) -> bool {
    matches!(
        why,
        SkipReason::StatusUnavailable
            | SkipReason::Throttled
            | SkipReason::Refused
            | SkipReason::UnknownContact
            | SkipReason::OptedOut
            | SkipReason::Suppressed
    ) || (why == SkipReason::WindowClosed && campaign.email_hours.is_always())
}
