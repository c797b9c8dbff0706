//! A touch is due: which one, may it go, and if not, why not and until when.

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use super::channel::{Opening, Passed};
use super::fire::Finding;
use super::schedule::{Window, last_try};
use crate::campaign::{Channel, FollowUp};
use crate::contact::Facts;
use crate::diagnosis::{Diagnosis, Turn};
use crate::effect::{Effect, SendOrder};
use crate::incident::stalled_at_login;
use crate::note::{HoldReason, Note, SkipReason};
use crate::state::{Journey, Noted, StopReason, TimerWhy, Touch, TouchRecord, up_to_millisecond};

/// Held touches are released spread over this span, so that the end of the quiet hours is no herd.
const RELEASE_SPREAD_S: u64 = 15 * 60;

/// Retries of a held touch grow with the time already waited, up to this.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_mins(30);

impl Deciding<'_> {
    pub(super) fn touch_due(&mut self, finding: Result<Finding, HoldReason>, facts: &Facts) {
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
        let finding = match finding {
            Ok(finding) => finding,
            Err(why) => return self.hold_for_retry(touch, why, None),
        };
        if finding.missing.as_ref().is_some_and(|missing| missing.is_past_start) {
            return self.skip(touch, SkipReason::StartDatePassed);
        }
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
                    return self.hold(touch, window, HoldReason::Outage, recovered);
                }
            }
            Turn::Customer | Turn::Policy | Turn::Nobody => {}
        }
        if !facts.known {
            return self.skip(touch, SkipReason::UnknownContact);
        }
        let channels = self.channels(touch, facts);
        if channels.iter().all(|(_, obstacle)| obstacle.is_some()) {
            let passed = channels.into_iter().filter_map(|(channel, why)| Some((channel, why?)));
            return self.skip_channels(touch, passed.collect());
        }
        if self.is_paused(facts) {
            let again = self.after(self.now, self.campaign.incident.look_again);
            // Once more at the window's end, rather than to let it close half an hour after the last look.
            let last = last_try(window.closes);
            let until = if last > self.now { again.min(last) } else { again };
            return self.hold(touch, window, HoldReason::Incident, until);
        }
        let series = self.rules().last().map_or(SignedDuration::ZERO, |rule| rule.until);
        let since = self.now.checked_sub(series).unwrap_or(Timestamp::MIN);
        // Where only this journey is known of, it is the whole series.
        let mut own = facts.journeys.clone();
        own.push(self.journey.id.clone());
        if self.campaign.caps.one_series_per_inbox && facts.inbox.other_series_since(since, &own) {
            return self.skip(touch, SkipReason::OtherSeries);
        }
        if let Some(free) = self.capped_until(touch, facts) {
            return self.hold(touch, window, HoldReason::Cap, free);
        }
        let mut passed = Vec::new();
        for (channel, obstacle) in channels {
            let opening = obstacle.map_or_else(|| self.opening(touch, channel, window, facts), Opening::Never);
            match opening {
                Opening::Now => return self.claim(touch, channel, passed, finding, facts),
                Opening::At(open, why) => {
                    // Its own time is kept where the spread would lead out of the window or the hours.
                    let spread = self.after(open, jitter(&self.journey));
                    let fits = self.opens_at(channel, spread, window, facts) == Some(spread);
                    let until = if fits { spread } else { open };
                    return self.hold(touch, window, why, until);
                }
                Opening::Never(why) => passed.push((channel, why)),
            }
        }
        self.skip_channels(touch, passed);
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
            // Bayou and Light tell of no session, so none can have been closed.
            Diagnosis::Invited
            | Diagnosis::RepeatedReturns
            | Diagnosis::PasswordChanged
            | Diagnosis::MfaExpired
            | Diagnosis::AccessLost
            | Diagnosis::RenewalDue
            | Diagnosis::ConsentEnding
            | Diagnosis::ConsentEnded
            | Diagnosis::AddressNeeded
            | Diagnosis::PlanNotChosen
            | Diagnosis::PlanExpired
            | Diagnosis::BillingAddressMissing
            | Diagnosis::PaymentMissing
            | Diagnosis::IdentityMissing => None,
        }
    }

    /// Do the reminders of the customer's utility wait? Whatever the message, it would lead to that login.
    fn is_paused(&self, facts: &Facts) -> bool {
        let utility = self.journey.utility.as_ref().or(facts.utility.as_ref());
        utility.is_some_and(|utility| self.campaign.incident.pauses(utility, facts.visits))
    }

    /// What the message says: who heard nothing since an incident is told that it was not their fault.
    fn told(&self, diagnosis: Diagnosis) -> Diagnosis {
        let history = self.journey.history.iter().rev();
        let mut unheard = history.take_while(|noted| !matches!(noted.note, Note::Reopened { .. } | Note::Sent { .. }));
        let waited = |noted: &Noted| {
            let held = matches!(noted.note, Note::Held { why, .. } if why == HoldReason::Incident);
            held || matches!(noted.note, Note::Skipped { why, .. } if why == SkipReason::Incident)
        };
        if stalled_at_login(diagnosis).is_some() && unheard.any(waited) {
            Diagnosis::UtilityDown
        } else {
            diagnosis
        }
    }

    /// The time at which the inbox's cap lets this touch through, if it does not now.
    fn capped_until(&self, touch: Touch, facts: &Facts) -> Option<Timestamp> {
        let caps = &self.campaign.caps;
        let day = self.frees(caps.per_day, SignedDuration::from_hours(24), touch, facts);
        let week = self.frees(caps.per_week, SignedDuration::from_hours(7 * 24), touch, facts);
        day.max(week)
    }

    /// When this touch makes no more than so many messages to the person within a span; none when it does now.
    pub(super) fn frees(&self, most: u16, span: SignedDuration, touch: Touch, facts: &Facts) -> Option<Timestamp> {
        // Only the touch counts in the comparison, not the attempt or the channel.
        let key = self.journey.send_key(touch, 0, Channel::default());
        let since = self.now.checked_sub(span).unwrap_or(Timestamp::MIN);
        let recent: Vec<_> = facts.inbox.sends_since(since, &key).collect();
        // One place must become free: that of the oldest send above the limit.
        let over = (recent.len() + 1)
            .checked_sub(usize::from(most))
            .filter(|over| *over > 0)?;
        let oldest = recent.get(over - 1).map(|send| self.after(send.at, span));
        // Where nothing is allowed, no time is the right one.
        Some(oldest.unwrap_or(Timestamp::MAX))
    }

    fn claim(&mut self, touch: Touch, channel: Channel, passed: Vec<Passed>, finding: Finding, facts: &Facts) {
        let diagnosis = self.told(finding.diagnosis);
        self.skip_missed(Some(touch));
        self.note_passed(touch, passed);
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
        *record = TouchRecord::Claimed {
            attempt,
            at: self.now,
            channel,
        };
        let after_s = self.now.duration_since(self.journey.last_sign_of_life).as_secs();
        self.note(Note::Claimed {
            touch,
            diagnosis,
            after_s,
            channel,
            lawful: Some(self.campaign.law.proof(self.now, &facts.places)),
        });
        self.effects.push(Effect::Send(SendOrder {
            key: self.journey.send_key(touch, attempt, channel),
            claimed_at: self.now,
            diagnosis,
            locale: facts.locale,
            utility: self.journey.utility.clone().or_else(|| facts.utility.clone()),
            utility_name: finding.utility_name,
            left: finding
                .missing
                .as_ref()
                .map(|missing| missing.left.clone())
                .unwrap_or_default(),
            starts_soon: finding.missing.and_then(|missing| missing.starts_soon),
            touches: u16::try_from(self.rules().len()).unwrap_or(u16::MAX),
            arm: self.journey.assignment.arm.clone(),
        }));
        // The timer stays as it is until the outcome moves it: what is due already costs no write of
        // the index, and if nobody lives to tell the outcome, whoever finds it overdue finds the claim.
    }

    /// Which touch is due now: the last whose time has come and whose window is open. Late is not a
    /// burst: earlier ones are collapsed into it.
    pub(super) fn choose(&self) -> Choice {
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
    pub(super) fn skip_missed(&mut self, goes: Option<Touch>) {
        let missed: Vec<_> = self
            .waiting()
            .filter(|touch| goes.is_none_or(|goes| *touch < goes))
            .filter_map(|touch| Some((touch, self.window(touch)?)))
            .filter(|(_, window)| window.opens <= self.now)
            .collect();
        for (touch, window) in missed {
            let why = if self.now > window.closes {
                self.waited_for(touch).map_or(SkipReason::WindowClosed, missed_by)
            } else {
                SkipReason::Collapsed
            };
            self.mark_skipped(touch, why);
        }
    }

    /// What a touch last waited for, if that could not say when it would be ready: it is then the
    /// reason, however the window closed. A hold with a time of its own has ended before.
    fn waited_for(&self, touch: Touch) -> Option<HoldReason> {
        let history = self.journey.history.iter().rev();
        let episode = history.take_while(|noted| !matches!(noted.note, Note::Reopened { .. }));
        let held = |noted: &Noted| {
            if let Note::Held { touch: held, why, .. } = noted.note {
                (held == touch).then_some(why)
            } else {
                None
            }
        };
        episode.filter_map(held).next().filter(|why| match why {
            HoldReason::Status(_)
            | HoldReason::NotConfirmed
            | HoldReason::UnknownAccount
            | HoldReason::Incident
            | HoldReason::UnknownContact
            | HoldReason::Throttled => true,
            HoldReason::QuietHours | HoldReason::CodeHours | HoldReason::Outage | HoldReason::Cap => false,
        })
    }

    /// Marks the touches whose window closed while something held them up.
    pub(super) fn skip_closed(&mut self, why: HoldReason) {
        let due = |touch: &Touch| self.window(*touch).is_some_and(|window| window.opens <= self.now);
        let closed: Vec<_> = self.waiting().filter(due).collect();
        for touch in closed {
            self.mark_skipped(touch, missed_by(why));
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

    /// No channel is left for a touch: the last one's reason is the touch's, the others' are noted.
    fn skip_channels(&mut self, touch: Touch, mut passed: Vec<Passed>) {
        let why = passed.pop().map_or(SkipReason::Refused, |(_, why)| why);
        self.note_passed(touch, passed);
        self.skip(touch, why);
    }

    fn note_passed(&mut self, touch: Touch, passed: Vec<Passed>) {
        for (channel, why) in passed {
            // A refusal was noted when it came.
            if why != SkipReason::Refused {
                self.note(Note::ChannelPassed { touch, channel, why });
            }
        }
    }

    /// A touch waits until a given time, if there is still time for it then.
    fn hold(&mut self, touch: Touch, window: Window, why: HoldReason, until: Timestamp) {
        let until = up_to_millisecond(until);
        if until <= last_try(window.closes) {
            self.note(Note::Held { touch, why, until });
            self.arm(until, window.closes, TimerWhy::Touch);
        } else {
            self.skip(touch, missed_by(why));
        }
    }

    /// A touch waits for something that cannot say when it will be ready.
    pub(super) fn hold_for_retry(&mut self, touch: Touch, why: HoldReason, retry_at: Option<Timestamp>) {
        match self.window(touch) {
            Some(window) if self.journey.is_live() => {
                let mut until = self.retry_time(window.opens, retry_at);
                // Who waits for a contact needs no try but the last: its arrival wakes the touch.
                let last = last_try(window.closes);
                let only_last = until > last || why == HoldReason::UnknownContact;
                if only_last && retry_at.is_none_or(|asked| asked <= last) && last > self.now {
                    until = last;
                }
                self.hold(touch, window, why, until);
            }
            Some(_) | None => self.rearm(),
        }
    }

    pub(super) fn retry_time(&self, due: Timestamp, retry_at: Option<Timestamp>) -> Timestamp {
        let waited = self.now.duration_since(due);
        let wait = (waited / 2).clamp(self.campaign.retry_after, LONGEST_RETRY.max(self.campaign.retry_after));
        let own = self.after(self.now, wait);
        retry_at.map_or(own, |asked| own.max(asked))
    }
}

pub(super) enum Choice {
    /// The first waiting touch is not due yet: there was newer life.
    TooEarly,
    /// Everything due is past its window.
    AllClosed,
    /// This touch, in this window.
    Touch(Touch, Window),
}

/// The reason of a skip after a hold that outlasted the window.
fn missed_by(why: HoldReason) -> SkipReason {
    match why {
        HoldReason::QuietHours | HoldReason::CodeHours => SkipReason::QuietHours,
        HoldReason::Status(_) => SkipReason::StatusUnavailable,
        HoldReason::NotConfirmed | HoldReason::UnknownAccount => SkipReason::NotConfirmed,
        HoldReason::Outage => SkipReason::Outage,
        HoldReason::Incident => SkipReason::Incident,
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
