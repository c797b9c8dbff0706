//! Connections that are made, lost and made again, where a provider tells of nothing in between (Bayou).

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use super::fire::Finding;
use crate::connection::{LossReason, Occasion, Series};
use crate::customer::{Customer, DataClock, Velocity};
use crate::diagnosis::Diagnosis;
use crate::event::Given;
use crate::id::{Provider, Purpose, UtilityCode};
use crate::note::{Drift, Note};
use crate::state::{Evidence, MeterFollowUp, Milestone, Phase, StopReason, TimerWhy, TouchRecord, to_millisecond};
use crate::status::Snapshot;

/// An open customer is looked at so soon, in case a webhook was lost; then after half of the time that has passed.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(5);

impl Deciding<'_> {
    /// From a completion that nobody signed to the question whether it is one. At Bayou the same question asks for
    /// the first data, which are due then.
    pub(super) fn confirm_after(&self) -> SignedDuration {
        match self.journey.provider {
            Provider::Leap | Provider::Light => self.campaign.confirm_after,
            Provider::Bayou => self.campaign.sharing.instant_within,
        }
    }

    /// When an open customer is looked at next: soon at first, then less and less often.
    pub(super) fn next_look_at_open(&self) -> Option<(Timestamp, Timestamp, TimerWhy)> {
        match self.journey.provider {
            Provider::Leap => None,
            Provider::Bayou | Provider::Light => {
                let waited = self.now.duration_since(self.journey.last_sign_of_life);
                let wait = (waited / 2).clamp(FIRST_LOOK, self.campaign.sharing.look_every.max(FIRST_LOOK));
                let due = self.after(self.now, wait);
                Some((due, self.after(due, wait), TimerWhy::Poll))
            }
        }
    }

    /// The partner told of a customer. Told again, it means nothing.
    pub(super) fn invited(&mut self) {
        if !self.journey.is_new() {
            return;
        }
        self.journey.milestones.insert(Milestone::Invited);
        super::fit_touches(&mut self.journey, self.campaign);
        self.note(Note::SignOfLife {
            what: Milestone::Invited,
        });
        self.arm_next();
    }

    /// The customer came through our link. An invitation that led to it is over: what follows is a drop-off, with
    /// reminders of its own, and as an episode of its own once one of the invitation's was decided.
    pub(super) fn link_followed(&mut self) {
        if self.journey.provider == Provider::Light {
            return self.enrollment_followed();
        }
        let invited = self.journey.is_live() && self.journey.series() == Series::Invitation;
        self.sign_of_life(Milestone::LinkFollowed);
        if self.journey.provider == Provider::Leap || !self.journey.is_live() {
            return;
        }
        if invited {
            let untouched = |record: &TouchRecord| matches!(record, TouchRecord::Waiting { .. });
            let claimed = |record: &TouchRecord| matches!(record, TouchRecord::Claimed { .. });
            let touches = &self.journey.touches;
            if !touches.iter().all(untouched) && !touches.iter().any(claimed) && self.may_reopen() {
                self.reopen();
                self.journey.milestones.insert(Milestone::LinkFollowed);
            }
            super::fit_touches(&mut self.journey, self.campaign);
        }
        self.journey.sessions.opened = self.journey.sessions.opened.saturating_add(1);
        // What was armed for may now be due sooner.
        self.arm_next();
    }

    /// A webhook says that the connection stands. Nobody signed it, so the provider is asked a little later; silence
    /// does not wait for that.
    pub(super) fn connected(
        &mut self,
        at: Option<Timestamp>,
        velocity: Option<Velocity>,
        utility: Option<&UtilityCode>,
    ) {
        if self.is_erased() {
            return self.complete(Evidence::Authorization);
        }
        match (self.journey.purpose, self.journey.occasion) {
            (Purpose::Enroll, _) => {
                self.remember_utility(utility);
                self.note_connection(at.or(Some(self.now)), velocity);
                let done = matches!(self.journey.phase, Phase::Completed { .. });
                self.complete(Evidence::Authorization);
                if done {
                    self.arm_next();
                }
            }
            (Purpose::Reconnect, Some(Occasion::Lost(_))) => self.complete(Evidence::Authorization),
            (Purpose::Reconnect, Some(Occasion::Expected | Occasion::ConsentEnds(_))) => {
                self.complete(Evidence::Renewed);
            }
            // Nothing was lost, so nothing is repaired.
            (Purpose::Reconnect, None) => {}
        }
    }

    /// Begins the clock of the customer's data, or notes another login.
    fn note_connection(&mut self, at: Option<Timestamp>, velocity: Option<Velocity>) {
        let at = at.map(to_millisecond).map(|at| at.min(self.now));
        if let Phase::Completed {
            meter: meter @ MeterFollowUp::NotAwaited,
            ..
        } = &mut self.journey.phase
        {
            // A bill was given by hand, and now there is a connection all the same.
            *meter = MeterFollowUp::Awaited {
                checks: 0,
                late_since: None,
            };
        }
        let clock = self.journey.data.get_or_insert_with(|| DataClock::new(at));
        clock.login_at = clock.login_at.max(at);
        clock.velocity = velocity.or(clock.velocity);
    }

    fn is_erased(&self) -> bool {
        matches!(
            self.journey.phase,
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            }
        )
    }

    /// The connection was lost, as somebody says. One open episode a customer: told again, it adds at most the
    /// reason. Only a repair opens the way to the next (docs/bayou.md, U6).
    pub(super) fn connection_lost(&mut self, why: LossReason, was_connected: bool) {
        if self.journey.purpose == Purpose::Enroll || self.is_erased() {
            return;
        }
        if was_connected {
            self.journey.milestones.insert(Milestone::LoginSucceeded);
        }
        match (&self.journey.phase, self.journey.occasion) {
            (_, None) => self.begin(Occasion::Lost(why)),
            // The order of webhooks is not documented: the question that is on its way tells.
            (Phase::Completed { provisional: true, .. }, Some(_)) => {}
            (Phase::Live, Some(Occasion::Lost(LossReason::Untold))) if why != LossReason::Untold => {
                self.journey.occasion = Some(Occasion::Lost(why));
                self.note(Note::ConnectAgain {
                    occasion: Occasion::Lost(why),
                });
            }
            (Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. }, Some(Occasion::Lost(_))) => {
                self.note(Note::Duplicate);
            }
            (
                Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. },
                Some(Occasion::Expected | Occasion::ConsentEnds(_)),
            )
            | (Phase::Completed { .. }, Some(_)) => self.begin(Occasion::Lost(why)),
        }
    }

    /// The connection, or the consent, ends soon.
    pub(super) fn renewal_due(&mut self, occasion: Occasion) {
        if self.journey.purpose == Purpose::Enroll || self.is_erased() {
            return;
        }
        let known = self.journey.occasion;
        let again = known == Some(occasion);
        let consent = matches!(occasion, Occasion::ConsentEnds(_));
        let begins = match (&self.journey.phase, known) {
            (_, None) => true,
            // A lost connection is mended first, and who does not mend it is asked for nothing more: the record would
            // show the same loss again, and the two would take turns for ever.
            (Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. }, Some(Occasion::Lost(_))) => false,
            // A consent that ends is more than a login that must be repeated.
            (Phase::Live, Some(Occasion::Expected | Occasion::ConsentEnds(_))) => !again && consent,
            // After a repair there was another login, and its time has come again.
            (Phase::Completed { .. }, Some(_)) => !(again && consent),
            (Phase::HandedBack { .. } | Phase::Stopped { .. }, Some(Occasion::Expected | Occasion::ConsentEnds(_))) => {
                !again
            }
        };
        if begins {
            self.begin(occasion);
        }
    }

    /// Begins an episode. The experiment's and the campaign's limits on episodes are for those who never
    /// connected: each loss is a new one.
    fn begin(&mut self, occasion: Occasion) {
        let first = self.journey.occasion.is_none();
        let connected = self.journey.milestones.contains(&Milestone::LoginSucceeded);
        self.journey.occasion = Some(occasion);
        if first {
            super::fit_touches(&mut self.journey, self.campaign);
        } else {
            self.reopen();
            if connected {
                self.journey.milestones.insert(Milestone::LoginSucceeded);
            }
        }
        self.journey.last_sign_of_life = self.now;
        self.note(Note::ConnectAgain { occasion });
        self.arm_next();
    }

    /// The customer gave by hand what a connection would have given.
    pub(super) fn fallback_given(&mut self, what: Given) {
        self.note(Note::FallbackGiven { what });
        self.complete(Evidence::Fallback);
    }

    /// Does the provider's record show that the customer has done what this journey asks for?
    pub(super) fn is_done(&self, snapshot: &Snapshot, region: Option<&str>) -> bool {
        match (self.journey.purpose, snapshot) {
            (Purpose::Enroll, Snapshot::Light(Some(account))) => self.of_this_episode(account).is_final() == Some(true),
            (Purpose::Enroll, _) => snapshot.is_complete(region),
            (Purpose::Reconnect, Snapshot::Leap(_) | Snapshot::Bayou(None) | Snapshot::Light(_)) => false,
            (Purpose::Reconnect, Snapshot::Bayou(Some(customer))) => self.is_repaired(customer),
        }
    }

    fn is_repaired(&self, customer: &Customer) -> bool {
        match self.journey.occasion {
            Some(Occasion::Lost(_)) | None => customer.is_currently_authenticated,
            Some(Occasion::Expected | Occasion::ConsentEnds(_)) => {
                customer.connected_at.is_some_and(|at| at > self.journey.opened_at)
            }
        }
    }

    /// Where a customer of Bayou's stopped. Its record says no more than "not yet", so this is our own knowledge.
    pub(super) fn find_customer(&self, customer: Option<&Customer>) -> Option<Finding> {
        let customer = customer?;
        let milestones = &self.journey.milestones;
        let diagnosis = match (self.journey.purpose, self.journey.occasion) {
            (Purpose::Enroll, _) if self.journey.sessions.opened >= self.campaign.sharing.returns => {
                Diagnosis::RepeatedReturns
            }
            (Purpose::Enroll, _) if milestones.contains(&Milestone::LinkFollowed) => Diagnosis::UtilityNotConnected,
            (Purpose::Enroll, _) => Diagnosis::Invited,
            // Broken is only what once stood: the flag is false before the first login, too.
            (Purpose::Reconnect, Some(Occasion::Lost(_)) | None)
                if !customer.was_connected() && !milestones.contains(&Milestone::LoginSucceeded) =>
            {
                return None;
            }
            (Purpose::Reconnect, Some(Occasion::Lost(why))) => match why {
                LossReason::CredentialsInvalid => Diagnosis::PasswordChanged,
                LossReason::MfaExpired => Diagnosis::MfaExpired,
                LossReason::Untold => Diagnosis::AccessLost,
            },
            (Purpose::Reconnect, None) => Diagnosis::AccessLost,
            (Purpose::Reconnect, Some(Occasion::Expected)) if !customer.is_currently_authenticated => {
                Diagnosis::AccessLost
            }
            (Purpose::Reconnect, Some(Occasion::Expected)) => Diagnosis::RenewalDue,
            (Purpose::Reconnect, Some(Occasion::ConsentEnds(end))) if self.now < end => Diagnosis::ConsentEnding,
            (Purpose::Reconnect, Some(Occasion::ConsentEnds(_))) => Diagnosis::ConsentEnded,
        };
        Some(Finding {
            diagnosis,
            utility_name: None,
            since: None,
            missing: None,
        })
    }

    /// The provider's record of a customer was read.
    pub(super) fn customer_status(&mut self, customer: Option<&Customer>) {
        let Some(customer) = customer else { return };
        match self.journey.purpose {
            Purpose::Enroll => self.enrolment_seen(customer),
            Purpose::Reconnect => self.reconnection_seen(customer),
        }
    }

    fn enrolment_seen(&mut self, customer: &Customer) {
        if !customer.was_connected() {
            return;
        }
        match self.journey.phase {
            Phase::Completed { provisional: false, .. } => {}
            Phase::Completed { provisional: true, .. } => self.connection_confirmed(customer),
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            } => return self.complete(Evidence::Status),
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                self.note(Note::Drift {
                    what: Drift::Completion,
                });
                self.connection_confirmed(customer);
            }
        }
        self.data_seen(customer);
    }

    /// The record itself shows the connection.
    pub(super) fn connection_confirmed(&mut self, customer: &Customer) {
        if self.journey.purpose == Purpose::Enroll {
            self.note_connection(customer.connected_at, customer.velocity);
        }
        self.complete(Evidence::Status);
    }

    fn reconnection_seen(&mut self, customer: &Customer) {
        let open = match self.journey.phase {
            Phase::Live | Phase::HandedBack { .. } => self.journey.occasion.is_some(),
            Phase::Completed { provisional, .. } => provisional,
            Phase::Stopped { .. } => false,
        };
        if open && self.is_repaired(customer) {
            if self.journey.is_live() {
                self.note(Note::Drift {
                    what: Drift::Completion,
                });
            }
            return self.complete(Evidence::Status);
        }
        let lost = !customer.is_currently_authenticated && customer.was_connected();
        let known = matches!(
            (&self.journey.phase, self.journey.occasion),
            (
                Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. },
                Some(Occasion::Lost(_))
            ) | (Phase::Completed { provisional: true, .. }, _)
        );
        if lost && !known {
            self.note(Note::Drift { what: Drift::Journey });
            self.connection_lost(LossReason::Untold, true);
        }
    }

    /// Somebody is known, perhaps again after an erasure: the connection is looked after. One that only a webhook has
    /// told of, while there was nobody to ask for, is confirmed first.
    pub(super) fn connection_known(&mut self) {
        if self.journey.provider != Provider::Bayou {
            return;
        }
        // The record shows a login before the loss only where it has dates.
        let shows = !matches!(
            self.journey.occasion,
            Some(Occasion::Expected | Occasion::ConsentEnds(_))
        );
        match (&mut self.journey.phase, self.journey.purpose) {
            (
                Phase::Completed {
                    evidence: Evidence::Authorization,
                    provisional: provisional @ false,
                    ..
                },
                _,
            ) if shows => *provisional = true,
            (
                Phase::Completed {
                    evidence: Evidence::Status | Evidence::Session | Evidence::Meter | Evidence::Renewed,
                    ..
                },
                Purpose::Enroll,
            ) if self.journey.data.is_none() => self.journey.data = Some(DataClock::new(None)),
            (
                Phase::Live | Phase::Completed { .. } | Phase::HandedBack { .. } | Phase::Stopped { .. },
                Purpose::Enroll | Purpose::Reconnect,
            ) => return,
        }
        self.journey.timer = None;
        self.arm_next();
    }

    /// The partner has written down another end of the consent: a later one is a renewal.
    pub(super) fn consent_changed(&mut self, ends: Option<Timestamp>) {
        if let (Phase::Live | Phase::HandedBack { .. }, Some(Occasion::ConsentEnds(end))) =
            (&self.journey.phase, self.journey.occasion)
            && ends.is_none_or(|ends| ends > end)
        {
            self.complete(Evidence::Renewed);
        }
    }
}
