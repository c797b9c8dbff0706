//! Enrolling in a plan, where the record is a set of flags and every event a hint (Light).
//!
//! Milestones only grow: what a webhook, our own pages or the record once showed is not asked for again (docs/light.md,
//! trap 7). What none of them says is unknown, and then nothing is sent.

use std::borrow::Cow;

use jiff::civil::Date;

use super::Deciding;
use super::fire::Finding;
use crate::business_hours::today;
use crate::campaign::FollowUp;
use crate::diagnosis::Diagnosis;
use crate::enrollment::{EnrollmentClock, LightAccount, PlanDates, Step, SupportMatter};
use crate::event::ToldBy;
use crate::note::{Drift, Note};
use crate::state::{Evidence, Milestone, Phase, StopReason, TimerWhy};

/// What a finding says besides, of an enrolment.
pub(super) struct Missing {
    /// The steps to take, in the guide's order.
    pub(super) left: Vec<Step>,
    /// The day that was chosen for the start, where it is near and still possible.
    pub(super) starts_soon: Option<Date>,
    /// Has that day come?
    pub(super) is_past_start: bool,
}

impl Deciding<'_> {
    /// An account was opened: the beginning. Told again, it means nothing.
    pub(super) fn account_opened(&mut self) {
        if !self.journey.is_new() {
            return;
        }
        let what = Milestone::AccountOpened;
        self.journey.milestones.insert(what);
        self.journey.enrollment.get_or_insert_default();
        self.note(Note::SignOfLife { what });
        self.arm_next();
    }

    /// The customer took a step, as somebody says.
    pub(super) fn enrollment_progressed(&mut self, what: Milestone, by: ToldBy, dates: Option<PlanDates>) {
        let ended = self.has_ended_for_support();
        match by {
            // After the end it may be a late event of what has ended: only the customer's own act begins anew.
            ToldBy::Webhook if ended => return self.note(Note::Absorbed { what }),
            ToldBy::OwnRecord if ended => {
                if !self.may_reopen() {
                    return self.note(Note::Absorbed { what });
                }
                self.journey.enrollment = None;
                self.reopen();
            }
            ToldBy::Webhook | ToldBy::OwnRecord => {}
        }
        // Who looks at other plans after accepting one has not let go of it.
        let is_look = what == Milestone::PlanRequested && self.journey.milestones.contains(&Milestone::PlanAccepted);
        if let Some(dates) = dates.filter(|_| !is_look) {
            self.journey.enrollment.get_or_insert_default().dates = dates;
        }
        self.journey.enrollment.get_or_insert_default().is_told = true;
        let is_news = self.journey.milestones.insert(what);
        match (by, &self.journey.phase) {
            // The last progress is the first that was seen of each step, or our own record (trap 8).
            (ToldBy::Webhook, _) if !is_news => self.note(Note::Duplicate),
            // They come from customers of long standing as well (trap 23).
            (ToldBy::Webhook, Phase::HandedBack { .. })
                if matches!(what, Milestone::BillingAddressConfirmed | Milestone::PaymentMethodAdded) =>
            {
                self.note(Note::Absorbed { what });
            }
            (ToldBy::Webhook | ToldBy::OwnRecord, _) => self.step_taken(what),
        }
    }

    /// The customer came through our link. It is no step, and no consent; who is with support stays there (trap 18).
    pub(super) fn enrollment_followed(&mut self) {
        let what = Milestone::LinkFollowed;
        if self.has_ended_for_support() {
            self.note(Note::Absorbed { what });
        } else {
            self.step_taken(what);
        }
    }

    /// A sign of life that leaves the steps standing which were taken before, also over a new episode.
    fn step_taken(&mut self, what: Milestone) {
        let before = self.journey.milestones.clone();
        let episode = self.journey.episode;
        self.sign_of_life(what);
        if self.journey.episode != episode {
            self.journey.milestones.extend(before);
        }
    }

    /// A webhook says that the enrolment is final: silence at once, and the record is asked.
    pub(super) fn enrollment_finalized(&mut self) {
        if self.has_ended_for_support() {
            return self.note(Note::Absorbed {
                what: Milestone::PlanAccepted,
            });
        }
        self.journey.enrollment.get_or_insert_default();
        self.complete(Evidence::Finalized);
    }

    /// Something has changed at the provider: the record says what.
    pub(super) fn enrollment_news(&mut self, what: &str) {
        self.note(Note::MeterNews { what: what.to_owned() });
        self.look_at_once();
    }

    /// A place's service was cancelled. Of one place it is clear which; else only the record tells (traps 10 and 13).
    pub(super) fn cancellation_announced(&mut self) {
        if self.has_ended_for_support() {
            return self.note(Note::Duplicate);
        }
        self.journey.enrollment.get_or_insert_default().heard_of_cancellation = true;
        self.note(Note::MeterNews {
            what: "service_canceled".to_owned(),
        });
        self.look_at_once();
    }

    /// Asks for the record now, where somebody is open or looked after.
    pub(super) fn look_at_once(&mut self) {
        let now = self.now;
        match self.journey.phase {
            Phase::Live if self.claim_ends().is_none() => self.arm(now, now, TimerWhy::Poll),
            Phase::Completed { provisional: false, .. } => self.arm(now, now, TimerWhy::Meter),
            Phase::Live
            | Phase::Completed { provisional: true, .. }
            | Phase::HandedBack { .. }
            | Phase::Stopped { .. } => {}
        }
    }

    /// Is the enrolment cancelled, by the record and by what we heard?
    pub(super) fn is_canceled(&self, account: &LightAccount) -> bool {
        let heard = self.journey.enrollment.is_some_and(|clock| clock.heard_of_cancellation);
        account.is_canceled() || (heard && account.speaks_of_one_place())
    }

    /// Something is for support. What ends an enrolment ends it wherever it stands, and for good.
    pub(super) fn support_needed(&mut self, matter: SupportMatter) {
        let Some(why) = matter.stops() else {
            return self.note(Note::SupportNeeded { matter });
        };
        match self.journey.phase {
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            } => {}
            Phase::Stopped { why: known, .. } if known == why => self.note(Note::Duplicate),
            Phase::Live | Phase::Completed { .. } | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                self.note(Note::SupportNeeded { matter });
                self.stop(why);
            }
        }
    }

    /// The enrolment was taken back in the provider's sandbox: everything begins anew.
    pub(super) fn enrollment_reset(&mut self) {
        if matches!(
            self.journey.phase,
            Phase::Stopped {
                why: StopReason::Erased,
                ..
            }
        ) {
            return;
        }
        // Told again, since nobody answered: what was taken back has begun anew already, and nothing has happened since.
        let has_begun_only = self.journey.milestones.iter().eq([&Milestone::AccountOpened]);
        if self.journey.is_live() && has_begun_only && self.journey.enrollment == Some(EnrollmentClock::default()) {
            return self.note(Note::Duplicate);
        }
        self.journey.enrollment = None;
        self.reopen();
        self.journey.last_sign_of_life = self.now;
        self.journey.milestones.insert(Milestone::AccountOpened);
        self.journey.enrollment.get_or_insert_default();
        self.arm_next();
    }

    /// Has it ended in a way that only support can mend?
    pub(super) fn has_ended_for_support(&self) -> bool {
        SupportMatter::of(&self.journey.phase).is_some()
    }

    /// The record as far as it is about this episode.
    pub(super) fn of_this_episode<'r>(&self, account: &'r LightAccount) -> Cow<'r, LightAccount> {
        account.of_episode(self.journey.opened_at)
    }

    /// The record was read: in passing, or since a timer asks for it.
    pub(super) fn account_status(&mut self, account: Option<&LightAccount>) {
        // An account that is not known deletes nothing (trap 29).
        let Some(account) = account else { return };
        let account = &*self.of_this_episode(account);
        if self.is_canceled(account) {
            return self.support_needed(SupportMatter::ServiceCanceled);
        }
        if account.is_final() == Some(true) {
            match self.journey.phase {
                Phase::Completed { provisional: false, .. } => {}
                Phase::Completed { provisional: true, .. }
                | Phase::Stopped {
                    why: StopReason::Erased,
                    ..
                } => self.complete(Evidence::Status),
                // What support was called for does not end by itself.
                Phase::Stopped { .. } if self.has_ended_for_support() => return,
                Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => {
                    self.note(Note::Drift {
                        what: Drift::Completion,
                    });
                    self.complete(Evidence::Status);
                }
            }
            return self.service_seen(account);
        }
        self.steps_seen(account);
        // That it is final may be known from a webhook alone; what was promised is awaited all the same.
        if matches!(self.journey.phase, Phase::Completed { provisional: false, .. }) {
            self.service_seen(account);
        }
    }

    /// Steps that the record shows and nobody had told: the customer took them since we last looked. There is no other
    /// time of them (trap 8).
    pub(super) fn steps_seen(&mut self, account: &LightAccount) {
        if self.has_ended_for_support() {
            return;
        }
        let mut is_news = false;
        for step in Step::ALL {
            if account.says(step) == Some(true) {
                is_news |= self.journey.milestones.insert(step.milestone());
            }
        }
        if !is_news {
            return;
        }
        if let Phase::HandedBack { at } = self.journey.phase
            && self.now >= self.after(at, self.campaign.reopen_after)
            && self.may_reopen()
        {
            let steps = self.journey.milestones.clone();
            self.reopen();
            self.journey.milestones.extend(steps);
        }
        if self.journey.is_live() {
            self.lives_at(self.now);
            self.note(Note::ProviderActivity { at: self.now });
            self.arm_if_none();
        }
    }

    /// Where the customer stopped; none where nobody can say it.
    pub(super) fn find_step(&self, account: &LightAccount) -> Option<Finding> {
        let account = &*self.of_this_episode(account);
        let heard = self.journey.enrollment.is_some_and(|clock| clock.heard_of_cancellation);
        if heard || account.has_one_ended() {
            return None;
        }
        let milestones = &self.journey.milestones;
        let done = |step: Step| {
            let known = milestones.contains(&step.milestone()).then_some(true);
            known.or_else(|| account.says(step))
        };
        let steps = [Step::Plan, Step::BillingAddress, Step::Payment];
        // What is missing from the record is unknown, not false: then what we were told counts, or nothing (trap 6).
        let is_told = self.journey.enrollment.is_some_and(|clock| clock.is_told);
        if !is_told && steps.into_iter().any(|step| done(step).is_none()) {
            return None;
        }
        let has_begun = milestones.contains(&Milestone::PlanRequested)
            || Step::ALL.into_iter().any(|step| done(step) == Some(true));
        let mut left: Vec<Step> = steps.into_iter().filter(|step| done(*step) != Some(true)).collect();
        let identity = done(Step::Identity) == Some(false) && self.campaign.enrollment.identity == FollowUp::Remind;
        left.extend(identity.then_some(Step::Identity));
        let dates = self.dates(account);
        let today = today(self.now);
        let furthest = i64::from(self.campaign.enrollment.furthest_start_days);
        let is_expired = dates.latest.is_some_and(|latest| today > latest)
            || dates.starts.is_some_and(|starts| days_until(today, starts) > furthest);
        let (diagnosis, is_accepted) = match left.first() {
            Some(Step::Plan) if has_begun => (Diagnosis::PlanNotChosen, false),
            Some(Step::Plan) => (Diagnosis::AddressNeeded, false),
            _ if is_expired => {
                left.insert(0, Step::Plan);
                (Diagnosis::PlanExpired, false)
            }
            Some(Step::BillingAddress) => (Diagnosis::BillingAddressMissing, true),
            Some(Step::Payment) => (Diagnosis::PaymentMissing, true),
            Some(Step::Identity) => (Diagnosis::IdentityMissing, true),
            None => (Diagnosis::NothingLeft, true),
        };
        let starts = dates.starts.filter(|_| is_accepted);
        let soon = i64::from(self.campaign.enrollment.starts_soon_days);
        Some(Finding {
            diagnosis,
            utility_name: None,
            since: None,
            missing: Some(Missing {
                left,
                starts_soon: starts.filter(|starts| *starts > today && days_until(today, *starts) <= soon),
                is_past_start: starts.is_some_and(|starts| starts <= today),
            }),
        })
    }

    /// The plan's dates: by our own record, and where that has none the record's.
    pub(super) fn dates(&self, account: &LightAccount) -> PlanDates {
        let own = self.journey.enrollment.map(|clock| clock.dates).unwrap_or_default();
        let place = account.place().and_then(|place| place.starts_on);
        // Of several, the one that begins in this episode is the one under way.
        let opened = today(self.journey.opened_at);
        let begins = || {
            account
                .kept()
                .filter_map(|place| place.starts_on)
                .filter(|day| *day >= opened)
                .min()
        };
        PlanDates {
            latest: own.latest,
            starts: own.starts.or(place).or_else(begins),
        }
    }
}

fn days_until(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}
