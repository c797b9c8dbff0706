//! A timer fires: look again, then decide what it was armed for.

use jiff::Timestamp;

use super::Deciding;
use super::enrollment::Missing;
use super::schedule::HAND_BACK_PATIENCE;
use super::touch::Choice;
use crate::campaign::Unlisted;
use crate::contact::Facts;
use crate::diagnosis::{Diagnosis, Turn, diagnose};
use crate::effect::Effect;
use crate::enrollment::SupportMatter;
use crate::event::{MeterFound, StatusAnswer, Unavailable};
use crate::note::{HoldReason, Note};
use crate::state::{Evidence, Flow, Milestone, Phase, Timer, TimerWhy, Touch, TouchRecord};
use crate::status::Snapshot;

/// What a status check showed of a customer who is not done.
pub(super) struct Finding {
    pub(super) diagnosis: Diagnosis,
    pub(super) utility_name: Option<String>,
    /// Since when a fault of the utility's or the provider's has stood.
    pub(super) since: Option<Timestamp>,
    /// What is left to do of an enrolment.
    pub(super) missing: Option<Missing>,
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
            // It has led to a claim, and nobody has told the outcome yet.
            TimerWhy::Touch if self.claim_ends().is_some_and(|end| self.now < end) => self.rearm(),
            TimerWhy::Touch if self.claim_ends().is_some() => self.claim_expired(),
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
            TimerWhy::Meter | TimerWhy::Poll => self.note(Note::StaleTimer),
        }
    }

    fn recheck(&mut self, generation: u32) {
        let meters = self.journey.milestones.contains(&Milestone::MeterAnnounced);
        self.effects.push(Effect::Recheck { generation, meters });
    }

    /// The timer has done its work: arm the next one, even if it is of the same kind.
    pub(super) fn rearm(&mut self) {
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
                TouchRecord::Claimed { attempt, channel, .. } => {
                    Some(self.journey.send_key(Touch::at(index), *attempt, *channel))
                }
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
        // Another call of the same timer was quicker.
        let claimed = timer.why == TimerWhy::Touch && self.claim_ends().is_some();
        let snapshot = match status {
            StatusAnswer::Unavailable { .. } if claimed => return self.note(Note::StaleTimer),
            StatusAnswer::Unavailable { why, retry_at } => {
                return self.status_unavailable(&timer, *why, *retry_at);
            }
            StatusAnswer::Seen(snapshot) => snapshot,
        };
        let region = facts.region.as_deref();
        if let Some(account) = snapshot.account() {
            if self.is_canceled(&self.of_this_episode(account)) {
                self.journey.timer = None;
                return self.support_needed(SupportMatter::ServiceCanceled);
            }
            if !claimed {
                let account = self.of_this_episode(account).into_owned();
                self.steps_seen(&account);
            }
        }
        if self.is_done(snapshot, region) {
            self.journey.timer = None;
            if let Some(account) = snapshot.account() {
                return self.account_status(Some(account));
            }
            let Some(customer) = snapshot.customer() else {
                return self.complete(Evidence::Status);
            };
            self.connection_confirmed(customer);
            return self.data_seen(customer);
        }
        if claimed {
            return self.note(Note::StaleTimer);
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
            TimerWhy::Touch => {
                let unheard = match snapshot {
                    Snapshot::Light(None) => HoldReason::UnknownAccount,
                    Snapshot::Leap(_) | Snapshot::Bayou(_) | Snapshot::Light(Some(_)) => HoldReason::NotConfirmed,
                };
                self.touch_due(finding.ok_or(unheard), facts);
            }
            TimerWhy::ClaimExpired | TimerWhy::Meter | TimerWhy::Poll => self.note(Note::StaleTimer),
        }
    }

    fn status_unavailable(&mut self, timer: &Timer, why: Unavailable, retry_at: Option<Timestamp>) {
        let reason = match why {
            Unavailable::UnknownContact => HoldReason::UnknownContact,
            Unavailable::Unreachable
            | Unavailable::RateLimited
            | Unavailable::BudgetSpent
            | Unavailable::Unauthorized
            | Unavailable::Failing => HoldReason::Status(why),
        };
        match timer.why {
            TimerWhy::Touch => match self.choose() {
                Choice::Touch(touch, _) => self.hold_for_retry(touch, reason, retry_at),
                Choice::TooEarly => self.rearm(),
                Choice::AllClosed => {
                    self.skip_closed(reason);
                    self.rearm();
                }
            },
            TimerWhy::HandBack => {
                if why == Unavailable::UnknownContact || self.now >= timer.closes {
                    self.hand_back();
                } else {
                    let first = self.after(timer.closes, -HAND_BACK_PATIENCE);
                    let retry = self.retry_time(first, retry_at).min(timer.closes);
                    self.arm(retry, timer.closes, TimerWhy::HandBack);
                }
            }
            TimerWhy::Confirm => match self.journey.phase {
                Phase::Completed { at, .. } if why != Unavailable::UnknownContact => {
                    let due = self.after(at, self.confirm_after());
                    let retry = self.retry_time(due, retry_at);
                    self.arm(retry, retry, TimerWhy::Confirm);
                }
                Phase::Completed { .. } | Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                    self.confirmed();
                }
            },
            TimerWhy::ClaimExpired | TimerWhy::Meter | TimerWhy::Poll => self.note(Note::StaleTimer),
        }
    }

    /// Where the customer stopped: from the provider's record, or, for direct-to-utility customers
    /// whom it need not list, from the webhooks. `None` when neither says enough to write to anybody.
    fn find(&self, snapshot: &Snapshot, facts: &Facts) -> Option<Finding> {
        if let Snapshot::Bayou(customer) = snapshot {
            return self.find_customer(customer.as_ref());
        }
        if let Snapshot::Light(account) = snapshot {
            return self.find_step(account.as_ref()?);
        }
        if let Some(record) = snapshot.current(facts.region.as_deref()) {
            let (diagnosis, utility) = diagnose(record, facts.classification);
            return Some(Finding {
                diagnosis,
                utility_name: utility.map(|utility| utility.name.clone()),
                since: utility.and_then(|utility| utility.last_interaction_at),
                missing: None,
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
            missing: None,
        })
    }

    fn confirm(&mut self, snapshot: &Snapshot, finding: Option<&Finding>, region: Option<&str>) {
        // What the record says decides; where there is none, a link that opens Connect shows that the
        // authorisation was a step (traps 19 and 28).
        let contradicted = match (snapshot, snapshot.current(region), finding) {
            // A webhook that nobody signed said so, and the record does not.
            (Snapshot::Bayou(_), _, _) => true,
            // What the record does not say does not contradict.
            (Snapshot::Light(account), _, _) => {
                let account = account.as_ref().map(|account| self.of_this_episode(account));
                account.and_then(|account| account.is_final()) == Some(false)
            }
            (Snapshot::Leap(_), Some(_), Some(finding)) => {
                finding.diagnosis != Diagnosis::NothingLeft && finding.diagnosis.turn() != Turn::Unclear
            }
            (Snapshot::Leap(_), Some(_), None) | (Snapshot::Leap(_), None, _) => self.journey.flow == Flow::Connect,
        };
        if contradicted {
            self.journey.phase = Phase::Live;
            self.journey.data = None;
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
}
