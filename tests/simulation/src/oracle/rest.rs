//! When the faults are over: nothing is overdue, nobody is forgotten, and every touch has its end.

use journey::campaign::{Campaign, Channel};
use journey::{
    Journey, Lane, MeterFollowUp, Note, Noted, Occasion, Phase, Purpose, SkipReason, StopReason, TouchRecord,
};

use crate::case::{DAY, Doing, HOUR, MINUTE, SECOND, campaigns, ts};
use crate::fault::Kind;
use crate::record::{Record, Said};
use crate::state::{Row, State};

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
        for row in 0..self.rows.len() {
            let Some(stored) = &self.rows[row].journey else {
                continue;
            };
            let Some(timer) = &stored.journey.timer else { continue };
            let allowed = match timer.why.lane() {
                Lane::Touchpoint => 5 * MINUTE,
                Lane::Meter => 11 * MINUTE,
            };
            let due = timer.due.as_millisecond();
            if due + allowed < self.now {
                let (name, why) = (self.name(row), timer.why);
                self.breach("I4", format!("{name}: {why:?} overdue since {}", ts(due)));
            }
        }
        for customer in 0..self.people.len() {
            self.judge_looks(customer);
            self.judge_looks_at_enrolment(customer);
        }
    }

    /// What no webhook has told of is found by looking: at an open customer, and at a connected one, within a day.
    fn judge_looks(&mut self, customer: usize) {
        let person = &self.people[customer];
        let (Some(account), Some(_)) = (person.record.account(), &person.contact) else {
            return;
        };
        let journey = |row: usize| self.rows[row].journey.as_ref().map(|stored| &stored.journey);
        let Some(first) = journey(customer) else { return };
        let long = |since: Option<i64>| {
            let since = since.map(|since| since.max(person.stored_at).max(self.case.faults_end));
            since.is_some_and(|since| self.now > since + DAY + HOUR)
        };
        let unheard = first.is_live() && long(account.since(self.now, |said| said.was_connected()));
        let watched =
            matches!(first.phase, Phase::Completed { provisional: false, at, .. } if long(Some(at.as_millisecond())));
        let back = self.row_of(customer, Purpose::Reconnect).and_then(journey);
        let told = back.is_some_and(|back| match &back.phase {
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                matches!(back.occasion, Some(Occasion::Lost(_)))
            }
            Phase::Completed { provisional, .. } => *provisional,
        });
        let broken = account.since(self.now, |said| said.was_connected() && !said.stands());
        let unseen = watched && !told && long(broken);
        let mended = account.since(self.now, Said::stands);
        // Somebody may have told of a loss that was none.
        let nagged = watched
            && long(mended)
            && back.is_some_and(|back| {
                let lost = back.is_live() && matches!(back.occasion, Some(Occasion::Lost(_)));
                lost && long(Some(back.opened_at.as_millisecond()))
            });
        if unheard {
            self.breach(
                "looks",
                format!("customer {customer}: connected for a day, and nobody has looked"),
            );
        }
        if unseen {
            self.breach(
                "looks",
                format!("customer {customer}: lost the connection a day ago, and nobody has looked"),
            );
        }
        if nagged {
            self.breach(
                "looks",
                format!("customer {customer}: mended the connection a day ago, and nobody has looked"),
            );
        }
    }

    /// The end of a case.
    pub(crate) fn judge_end(&mut self) {
        self.judge_rest();
        for row in 0..self.rows.len() {
            let customer = self.rows[row].customer;
            let Some(journey) = self.rows[row].journey.as_ref().map(|stored| stored.journey.clone()) else {
                self.judge_unknown(row);
                continue;
            };
            let name = self.name(row);
            if journey.is_live() {
                self.breach("I6", format!("{name}: still live at the end"));
            }
            self.judge_touches(row, &journey);
            match &self.people[customer].record {
                Record::Leap(record) => {
                    let complete = record.is_complete();
                    if complete && !is_over(&journey) && self.case.customers[customer].listed {
                        self.breach("I6", format!("{name}: finished, and we say {:?}", journey.phase));
                    }
                }
                Record::Bayou(_) => self.judge_connection(row, &journey),
                Record::Light(_) => self.judge_enrolment(row, &journey),
            }
            if let Phase::Completed { provisional, meter, .. } = &journey.phase {
                if *provisional {
                    self.breach("I6", format!("{name}: still provisional at the end"));
                }
                if matches!(meter, MeterFollowUp::Awaited { .. }) && journey.timer.is_none() {
                    self.breach("I6", format!("{name}: the meter is not followed"));
                }
            }
        }
    }

    /// Nothing is known of a journey.
    fn judge_unknown(&mut self, row: usize) {
        let Row { customer, purpose, .. } = self.rows[row];
        let missed = match &self.people[customer].record {
            Record::Leap(record) => record.was_shown(),
            // Nobody but the partner, and a webhook, tells of a customer.
            Record::Bayou(_) | Record::Light(_) => {
                purpose == Purpose::Enroll && self.people[customer].contact.is_some()
            }
        };
        if missed {
            let name = self.name(row);
            self.breach("I6", format!("{name}: the provider knows them, and we do not"));
        }
    }

    /// Is what we say of a connection what Bayou says?
    fn judge_connection(&mut self, row: usize, journey: &Journey) {
        let Row { customer, purpose, .. } = self.rows[row];
        let (name, person) = (self.name(row), &self.people[customer]);
        let Some(account) = person.record.account() else { return };
        if purpose == Purpose::Reconnect {
            return;
        }
        let completed = matches!(journey.phase, Phase::Completed { .. });
        let acts = self.case.customers[customer].acts.iter().enumerate();
        let signed_in = acts.filter(|(_, act)| act.doing == Doing::Authenticate);
        let told = signed_in
            .map(|(act, _)| (customer as u8, act as u32))
            .any(|act| self.oracle.taken.contains(&act));
        // Who was handed back is looked at no more: then a webhook alone tells, if the record does not lag behind it.
        let told = told && !self.case.kinds.has(Kind::ProviderLags);
        let heard = told || !matches!(journey.phase, Phase::HandedBack { .. });
        let mut wrong = Vec::new();
        if completed && person.contact.is_some() && !account.ever_connected() {
            wrong.push("never connected, and we say so");
        }
        if account.said(self.now).was_connected() && heard && !is_over(journey) {
            wrong.push("connected, and we do not say so");
        }
        // An erasure that was slow may tell the journey last, after the person was stored again.
        let erased = |noted: &Noted| {
            let is = matches!(
                noted.note,
                Note::Stopped {
                    why: StopReason::Erased
                }
            );
            is && noted.at.as_millisecond() + SECOND >= person.stored_at
        };
        let erased = journey.history.iter().any(erased);
        if completed && person.contact.is_some() && !erased && journey.timer.is_none() {
            wrong.push("connected, and nobody looks");
        }
        for wrong in wrong {
            self.breach("I6", format!("{name}: {wrong}: {:?}", journey.phase));
        }
    }

    fn judge_touches(&mut self, row: usize, journey: &Journey) {
        let name = self.name(row);
        // The partner may write down an end that is near: what should have come before it has no time left.
        let begun_late = matches!(journey.occasion, Some(Occasion::ConsentEnds(_)));
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
                    if self.case.kinds == crate::Kinds::NONE
                        && is_of_a_fault(*why, &campaigns()[self.campaign])
                        && !(begun_late && *why == SkipReason::WindowClosed) =>
                {
                    Some("was skipped for a fault, and there was none")
                }
                TouchRecord::Waiting { .. }
                | TouchRecord::Sent { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. } => None,
            };
            if let Some(wrong) = wrong {
                self.breach("I6", format!("{name}: touch {touch} {wrong}: {record:?}"));
            }
        }
    }
}

/// Is nothing more to be done, as far as we know?
fn is_over(journey: &Journey) -> bool {
    matches!(
        journey.phase,
        Phase::Completed { .. }
            | Phase::Stopped {
                why: StopReason::Erased,
                ..
            }
    )
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
