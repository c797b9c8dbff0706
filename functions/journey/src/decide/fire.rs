//! A timer fires: look again, then choose the touch, then claim it, or say why not.

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use super::schedule::Window;
use crate::campaign::{Channel, FollowUp, Unlisted};
use crate::contact::{Facts, Permission};
use crate::diagnosis::{Diagnosis, Turn, diagnose};
use crate::effect::{Effect, SendOrder};
use crate::event::{MeterFound, StatusAnswer, Unavailable};
use crate::hours::next_open;
use crate::note::{HoldReason, Note, SkipReason};
use crate::state::{
    Evidence, Flow, Journey, Milestone, Phase, StopReason, TimerWhy, Touch, TouchRecord, up_to_millisecond,
};
use crate::status::Snapshot;

/// Held touches are released spread over this span, so that the end of the quiet hours is no herd.
const RELEASE_SPREAD_S: u64 = 15 * 60;

/// Retries of a held touch grow with the time already waited, up to this.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_mins(30);

/// A window's last try comes this long before it closes: a scheduler may be a minute late.
const LAST_TRY_BEFORE: SignedDuration = SignedDuration::from_secs(75);

/// A hand-back waits this long for a provider that cannot be asked.
const HAND_BACK_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What a status check showed of a customer who is not done.
struct Finding {
    diagnosis: Diagnosis,
    utility_name: Option<String>,
    /// Since when a fault of the utility's or the provider's has stood.
    since: Option<Timestamp>,
}

impl Deciding<'_> {
    pub(super) fn timer_fired(&mut self, generation: u32) {
        let Some(timer) = self
            .journey
            .timer
            .clone()
            .filter(|timer| timer.generation == generation)
        else {
            return self.note(Note::StaleTimer);
        };
        match timer.why {
            TimerWhy::Touch => match self.choose() {
                Choice::TooEarly => self.rearm(),
                Choice::AllClosed => {
                    self.skip_missed(None);
                    self.rearm();
                }
                Choice::Touch(..) => self.recheck(generation),
            },
            TimerWhy::ClaimExpired | TimerWhy::Confirm | TimerWhy::HandBack if self.now < timer.due => self.rearm(),
            TimerWhy::ClaimExpired => self.claim_expired(),
            TimerWhy::Confirm | TimerWhy::HandBack => self.recheck(generation),
            // `meter-check` serves this lane, in batches.
            TimerWhy::Meter => self.note(Note::StaleTimer),
        }
    }

    fn recheck(&mut self, generation: u32) {
        let meters = self.journey.milestones.contains(&Milestone::MeterAnnounced);
        self.effects.push(Effect::Recheck { generation, meters });
    }

    /// The timer has done its work: arm the next one, even if it is of the same kind.
    fn rearm(&mut self) {
        self.journey.timer = None;
        self.arm_next();
    }

    fn claim_expired(&mut self) {
        let claims: Vec<_> = self
            .journey
            .touches
            .iter()
            .enumerate()
            .filter_map(|(index, record)| match record {
                TouchRecord::Claimed { attempt, .. } => Some(self.journey.send_key(Touch::at(index), *attempt)),
                TouchRecord::Waiting { .. }
                | TouchRecord::Sent { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. } => None,
            })
            .collect();
        self.effects.extend(claims.into_iter().map(Effect::LookUpSend));
        // If the look-up is lost too, it is made again.
        let due = self.after(self.now, self.campaign.claim_lease);
        self.arm(due, due, TimerWhy::ClaimExpired);
    }

    pub(super) fn rechecked(
        &mut self,
        generation: u32,
        status: &StatusAnswer,
        meters: Option<&[MeterFound]>,
        facts: &Facts,
    ) {
        let Some(timer) = self
            .journey
            .timer
            .clone()
            .filter(|timer| timer.generation == generation)
        else {
            return self.note(Note::StaleTimer);
        };
        if self.journey.flow == Flow::Unknown {
            self.journey.flow = facts.flow;
        }
        if meters.is_some_and(|meters| meters.iter().any(MeterFound::is_evidence)) {
            self.journey.timer = None;
            return self.complete(Evidence::Meter);
        }
        let snapshot = match status {
            StatusAnswer::Unavailable { why, retry_at } => {
                return self.status_unavailable(timer.why, *why, *retry_at);
            }
            StatusAnswer::Seen(snapshot) => snapshot,
        };
        let region = facts.region.as_deref();
        if snapshot.is_complete(region) {
            self.journey.timer = None;
            return self.complete(Evidence::Status);
        }
        if let Some(life) = snapshot.last_sign_of_life(region)
            && crate::to_millisecond(life).min(self.now) > self.journey.last_sign_of_life
        {
            self.lives_at(life);
            self.note(Note::ProviderActivity {
                at: self.journey.last_sign_of_life,
            });
        }
        let finding = self.find(snapshot, facts);
        if let Some(finding) = &finding
            && self.journey.diagnosis != Some(finding.diagnosis)
        {
            self.journey.diagnosis = Some(finding.diagnosis);
            self.note(Note::Diagnosed {
                diagnosis: finding.diagnosis,
            });
        }
        if finding
            .as_ref()
            .is_some_and(|finding| finding.diagnosis == Diagnosis::Unrecognized)
        {
            self.note(Note::Unrecognized);
        }
        match timer.why {
            TimerWhy::Confirm => self.confirm(snapshot, finding.as_ref(), region),
            TimerWhy::HandBack => self.hand_back(),
            TimerWhy::Touch => self.touch_due(finding, facts),
            TimerWhy::ClaimExpired | TimerWhy::Meter => self.note(Note::StaleTimer),
        }
    }

    fn status_unavailable(&mut self, timer: TimerWhy, why: Unavailable, retry_at: Option<Timestamp>) {
        let reason = match why {
            Unavailable::UnknownContact => HoldReason::UnknownContact,
            Unavailable::Unreachable
            | Unavailable::RateLimited
            | Unavailable::BudgetSpent
            | Unavailable::Unauthorized
            | Unavailable::Failing => HoldReason::Status(why),
        };
        match timer {
            TimerWhy::Touch => match self.choose() {
                Choice::Touch(touch, _) => self.hold_for_retry(touch, reason, retry_at),
                Choice::TooEarly | Choice::AllClosed => {
                    self.skip_missed(None);
                    self.rearm();
                }
            },
            TimerWhy::HandBack => {
                let patience = self.after(self.hand_back_at(), HAND_BACK_PATIENCE);
                if why == Unavailable::UnknownContact || self.now >= patience {
                    self.hand_back();
                } else {
                    let retry = self.retry_time(self.hand_back_at(), retry_at).min(patience);
                    self.arm(retry, patience, TimerWhy::HandBack);
                }
            }
            TimerWhy::Confirm => match self.journey.phase {
                Phase::Completed { at, .. } if why != Unavailable::UnknownContact => {
                    let due = self.after(at, self.campaign.confirm_after);
                    let retry = self.retry_time(due, retry_at);
                    self.arm(retry, retry, TimerWhy::Confirm);
                }
                Phase::Completed { .. } | Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                    self.confirmed();
                }
            },
            TimerWhy::ClaimExpired | TimerWhy::Meter => self.note(Note::StaleTimer),
        }
    }

    /// Where the customer stopped: from the provider's record, or, for direct-to-utility customers
    /// whom it need not list, from the webhooks. `None` when neither says enough to write to anybody.
    fn find(&self, snapshot: &Snapshot, facts: &Facts) -> Option<Finding> {
        if let Some(record) = snapshot.current(facts.region.as_deref()) {
            let (diagnosis, utility) = diagnose(record, facts.classification);
            return Some(Finding {
                diagnosis,
                utility_name: utility.map(|utility| utility.name.clone()),
                since: utility.and_then(|utility| utility.last_interaction_at),
            });
        }
        let at_login = [Milestone::LoginReached, Milestone::LoginFailed];
        let trusted = match (self.journey.flow, self.campaign.policies.direct_to_utility_unlisted) {
            (Flow::Connect, Unlisted::TrustWebhooks | Unlisted::Hold)
            | (Flow::DirectToUtility | Flow::Unknown, Unlisted::Hold) => false,
            (Flow::DirectToUtility | Flow::Unknown, Unlisted::TrustWebhooks) => at_login
                .iter()
                .any(|milestone| self.journey.milestones.contains(milestone)),
        };
        let diagnosis = if self.journey.milestones.contains(&Milestone::LoginFailed) {
            Diagnosis::LoginFailed
        } else {
            Diagnosis::UtilityNotConnected
        };
        trusted.then_some(Finding {
            diagnosis,
            utility_name: None,
            since: None,
        })
    }

    fn confirm(&mut self, snapshot: &Snapshot, finding: Option<&Finding>, region: Option<&str>) {
        // What the record says decides; where there is none, a link that opens Connect shows that the
        // authorisation was a step (traps 19 and 28).
        let contradicted = match (snapshot.current(region), finding) {
            (Some(_), Some(finding)) => {
                finding.diagnosis != Diagnosis::NothingLeft && finding.diagnosis.turn() != Turn::Unclear
            }
            (Some(_), None) | (None, _) => self.journey.flow == Flow::Connect,
        };
        if contradicted {
            self.journey.phase = Phase::Live;
            self.note(Note::CompletionContradicted);
            self.rearm();
        } else {
            self.confirmed();
        }
    }

    fn confirmed(&mut self) {
        if let Phase::Completed {
            provisional, evidence, ..
        } = &mut self.journey.phase
        {
            *provisional = false;
            let evidence = *evidence;
            self.note(Note::Completed { evidence });
        }
        self.rearm();
    }

    fn hand_back(&mut self) {
        if !self.journey.is_live() {
            return self.note(Note::StaleTimer);
        }
        // The provider's record may show newer life: then everything moves.
        if self.waiting().next().is_some() || self.now < self.hand_back_at() {
            return self.rearm();
        }
        self.journey.phase = Phase::HandedBack { at: self.now };
        self.note(Note::HandedBack);
        self.rearm();
    }

    fn touch_due(&mut self, finding: Option<Finding>, facts: &Facts) {
        if !self.journey.is_live() {
            return self.note(Note::StaleTimer);
        }
        let (touch, window) = match self.choose() {
            Choice::Touch(touch, window) => (touch, window),
            Choice::TooEarly => return self.rearm(),
            Choice::AllClosed => {
                self.skip_missed(None);
                return self.rearm();
            }
        };
        let Some(finding) = finding else {
            return self.hold_for_retry(touch, HoldReason::NotConfirmed, None);
        };
        if let Some(why) = self.stop_reason(finding.diagnosis) {
            self.journey.timer = None;
            return self.stop(why);
        }
        if self.journey.assignment.is_holdout() {
            return self.skip(touch, SkipReason::Holdout);
        }
        match finding.diagnosis.turn() {
            Turn::Unclear => return self.skip(touch, SkipReason::Unrecognized),
            Turn::Provider if !finding.diagnosis.may_be_sent() => {
                return self.skip(touch, SkipReason::NothingLeft);
            }
            Turn::Provider => {
                let since = finding.since.unwrap_or(self.journey.last_sign_of_life);
                let recovered = self.after(since, self.campaign.outage_wait);
                if self.now < recovered {
                    return self.hold(touch, window, HoldReason::Outage, Some(recovered));
                }
            }
            Turn::Customer | Turn::Policy | Turn::Nobody => {}
        }
        if let Some(why) = refusal(facts) {
            return self.skip(touch, why);
        }
        let series = self
            .campaign
            .touches
            .last()
            .map_or(SignedDuration::ZERO, |rule| rule.until);
        let since = self.now.checked_sub(series).unwrap_or(Timestamp::MIN);
        if self.campaign.caps.one_series_per_inbox && facts.inbox.other_series_since(since, &self.journey.id) {
            return self.skip(touch, SkipReason::OtherSeries);
        }
        if let Some(free) = self.capped_until(touch, facts) {
            return self.hold(touch, window, HoldReason::Cap, Some(free));
        }
        let zones = if facts.zones.is_empty() {
            &self.campaign.default_zones
        } else {
            &facts.zones
        };
        match next_open(self.now, &self.campaign.email_hours, zones) {
            Some(open) if open <= self.now => self.claim(touch, finding, facts),
            Some(open) => {
                let spread = self.after(open, jitter(&self.journey));
                let until = if spread <= window.closes { spread } else { open };
                self.hold(touch, window, HoldReason::QuietHours, Some(until));
            }
            None => self.hold(touch, window, HoldReason::QuietHours, None),
        }
    }

    fn stop_reason(&self, diagnosis: Diagnosis) -> Option<StopReason> {
        let policies = &self.campaign.policies;
        let stop = |policy: FollowUp, why: StopReason| (policy == FollowUp::Stop).then_some(why);
        let sessions = self.journey.sessions;
        // Another session may be open (trap 3): final only when as many were closed as opened.
        let left = sessions.closed > 0 && sessions.closed >= sessions.opened;
        let closed = || {
            left.then(|| stop(policies.session_closed, StopReason::SessionClosed))
                .flatten()
        };
        match diagnosis {
            Diagnosis::Ineligible => Some(StopReason::Ineligible),
            Diagnosis::WrongUtility => stop(policies.wrong_utility, StopReason::WrongUtility).or_else(closed),
            Diagnosis::AgreementDeclined => {
                stop(policies.agreement_declined, StopReason::AgreementDeclined).or_else(closed)
            }
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown
            | Diagnosis::NothingLeft
            | Diagnosis::Unrecognized => closed(),
        }
    }

    /// The time at which the inbox's cap lets this touch through, if it does not now.
    fn capped_until(&self, touch: Touch, facts: &Facts) -> Option<Timestamp> {
        let key = self.journey.send_key(touch, 0);
        let frees = |most: u16, span: SignedDuration| {
            let since = self.now.checked_sub(span).unwrap_or(Timestamp::MIN);
            let recent: Vec<_> = facts.inbox.sends_since(since, &key).collect();
            // One place must become free: that of the oldest send above the limit.
            let over = (recent.len() + 1)
                .checked_sub(usize::from(most))
                .filter(|over| *over > 0)?;
            recent.get(over - 1).map(|send| self.after(send.at, span))
        };
        let caps = &self.campaign.caps;
        let day = frees(caps.per_day, SignedDuration::from_hours(24));
        let week = frees(caps.per_week, SignedDuration::from_hours(7 * 24));
        day.max(week)
    }

    fn claim(&mut self, touch: Touch, finding: Finding, facts: &Facts) {
        self.skip_missed(Some(touch));
        let Some(record) = self.journey.touches.get_mut(touch.index()) else {
            return;
        };
        let attempt = match record {
            TouchRecord::Waiting { attempts } => attempts.saturating_add(1),
            TouchRecord::Claimed { .. }
            | TouchRecord::Sent { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => return,
        };
        *record = TouchRecord::Claimed { attempt, at: self.now };
        let after_s = self.now.duration_since(self.journey.last_sign_of_life).as_secs();
        self.note(Note::Claimed {
            touch,
            diagnosis: finding.diagnosis,
            after_s,
        });
        self.effects.push(Effect::Send(SendOrder {
            key: self.journey.send_key(touch, attempt),
            claimed_at: self.now,
            channel: Channel::Email,
            diagnosis: finding.diagnosis,
            locale: facts.locale,
            utility: self.journey.utility.clone().or_else(|| facts.utility.clone()),
            utility_name: finding.utility_name,
            arm: self.journey.assignment.arm.clone(),
        }));
        self.rearm();
    }

    /// Which touch is due now: the last whose time has come and whose window is open. Late is not a
    /// burst: earlier ones are collapsed into it.
    fn choose(&self) -> Choice {
        let due: Vec<_> = self
            .waiting()
            .filter_map(|touch| Some((touch, self.window(touch)?)))
            .filter(|(_, window)| window.opens <= self.now)
            .collect();
        match due.iter().rev().find(|(_, window)| self.now <= window.closes) {
            Some((touch, window)) => Choice::Touch(*touch, *window),
            None if due.is_empty() => Choice::TooEarly,
            None => Choice::AllClosed,
        }
    }

    /// Marks the touches whose time has passed, other than the one that goes.
    fn skip_missed(&mut self, goes: Option<Touch>) {
        let missed: Vec<_> = self
            .waiting()
            .filter(|touch| goes.is_none_or(|goes| *touch < goes))
            .filter_map(|touch| Some((touch, self.window(touch)?)))
            .filter(|(_, window)| window.opens <= self.now)
            .collect();
        for (touch, window) in missed {
            let why = if self.now > window.closes {
                SkipReason::WindowClosed
            } else {
                SkipReason::Collapsed
            };
            self.mark_skipped(touch, why);
        }
    }

    fn mark_skipped(&mut self, touch: Touch, why: SkipReason) {
        if let Some(record) = self.journey.touches.get_mut(touch.index()) {
            *record = TouchRecord::Skipped { why, at: self.now };
            self.note(Note::Skipped { touch, why });
        }
    }

    /// A touch will not go: say why, and go on to the next.
    pub(super) fn skip(&mut self, touch: Touch, why: SkipReason) {
        self.skip_missed(Some(touch));
        self.mark_skipped(touch, why);
        self.rearm();
    }

    /// A touch waits until a given time, if its window is still open then.
    fn hold(&mut self, touch: Touch, window: Window, why: HoldReason, until: Option<Timestamp>) {
        match until.map(up_to_millisecond).filter(|until| *until <= window.closes) {
            Some(until) => {
                self.note(Note::Held { touch, why, until });
                self.arm(until, window.closes, TimerWhy::Touch);
            }
            None => self.skip(touch, missed_by(why)),
        }
    }

    /// A touch waits for something that cannot say when it will be ready.
    pub(super) fn hold_for_retry(&mut self, touch: Touch, why: HoldReason, retry_at: Option<Timestamp>) {
        match self.window(touch) {
            Some(window) if self.journey.is_live() => {
                let mut until = self.retry_time(window.opens, retry_at);
                // The last try comes while there is still time for it.
                let last = window.closes.checked_sub(LAST_TRY_BEFORE).unwrap_or(window.closes);
                if until > window.closes && retry_at.is_none() && last > self.now {
                    until = last;
                }
                self.hold(touch, window, why, Some(until));
            }
            Some(_) | None => self.rearm(),
        }
    }

    fn retry_time(&self, due: Timestamp, retry_at: Option<Timestamp>) -> Timestamp {
        let waited = self.now.duration_since(due);
        let wait = (waited / 2).clamp(self.campaign.retry_after, LONGEST_RETRY.max(self.campaign.retry_after));
        let own = self.after(self.now, wait);
        retry_at.map_or(own, |asked| own.max(asked))
    }
}

enum Choice {
    /// The first waiting touch is not due yet: there was newer life.
    TooEarly,
    /// Everything due is past its window.
    AllClosed,
    /// This touch, in this window.
    Touch(Touch, Window),
}

/// May this person be written to at all?
fn refusal(facts: &Facts) -> Option<SkipReason> {
    if !facts.known {
        return Some(SkipReason::UnknownContact);
    }
    match facts.email {
        Permission::Allowed => None,
        Permission::NoAddress => Some(SkipReason::NoAddress),
        Permission::OptedOut => Some(SkipReason::OptedOut),
        Permission::Suppressed => Some(SkipReason::Suppressed),
    }
}

/// The reason of a skip after a hold that outlasted the window.
fn missed_by(why: HoldReason) -> SkipReason {
    match why {
        HoldReason::QuietHours => SkipReason::QuietHours,
        HoldReason::Status(_) => SkipReason::StatusUnavailable,
        HoldReason::NotConfirmed => SkipReason::NotConfirmed,
        HoldReason::Outage => SkipReason::Outage,
        HoldReason::Cap => SkipReason::Cap,
        HoldReason::UnknownContact => SkipReason::UnknownContact,
        HoldReason::Throttled => SkipReason::Throttled,
    }
}

/// A wait derived from the journey's name: the same in every replay, different between customers.
fn jitter(journey: &Journey) -> SignedDuration {
    let sum = journey
        .id
        .as_str()
        .bytes()
        .fold(0_u64, |acc, byte| acc.wrapping_mul(31).wrapping_add(u64::from(byte)));
    SignedDuration::from_secs(i64::try_from(sum % RELEASE_SPREAD_S).unwrap_or(0))
}
