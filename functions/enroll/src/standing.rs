//! How an enrolment stands, and which step is missing now.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use journey::enrollment::{EnrollmentView, LightAccount, Step, SupportMatter, today};
use journey::{Campaign, Journey, Phase};

/// What is known of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    Missing,
    /// Neither the provider nor we know. It is not said to be missing (docs/light.md, trap 6).
    Unknown,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Missing => "missing",
            State::Unknown => "unknown",
        }
    }
}

/// The provider's record, read beside our own.
pub(crate) struct Standing<'a> {
    account: Cow<'a, LightAccount>,
    journey: Option<&'a Journey>,
    support: Option<SupportMatter>,
    must_choose_anew: bool,
}

impl<'a> Standing<'a> {
    pub(crate) fn of(
        view: &'a EnrollmentView,
        journey: Option<&'a Journey>,
        support: Option<SupportMatter>,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Self {
        let account = journey.map_or(Cow::Borrowed(&view.account), |journey| {
            view.account.of_episode(journey.opened_at)
        });
        let canceled = account.is_canceled().then_some(SupportMatter::ServiceCanceled);
        Standing {
            must_choose_anew: is_expired(&account, journey, campaign, now),
            account,
            journey,
            support: support.or(canceled),
        }
    }

    pub(crate) const fn support(&self) -> Option<SupportMatter> {
        self.support
    }

    /// What was done once stays done, whatever a late or lacking record says (trap 7), but a plan that can no longer
    /// begin is to be chosen again (trap 31).
    pub(crate) fn state(&self, step: Step) -> State {
        if step == Step::Plan && self.must_choose_anew {
            return State::Missing;
        }
        let told = self
            .journey
            .is_some_and(|journey| journey.milestones.contains(&step.milestone()));
        match (told, self.account.says(step)) {
            (true, _) | (false, Some(true)) => State::Done,
            (false, Some(false)) => State::Missing,
            (false, None) => State::Unknown,
        }
    }

    /// The step to take now: none where nothing is left, or nothing that a customer can do here.
    pub(crate) fn next(&self) -> Option<Step> {
        if self.support.is_some() || self.is_final() == Some(true) {
            return None;
        }
        let steps = [Step::Plan, Step::BillingAddress, Step::Payment];
        steps.into_iter().find(|step| self.state(*step) != State::Done)
    }

    pub(crate) fn is_final(&self) -> Option<bool> {
        let told = self
            .journey
            .is_some_and(|journey| matches!(journey.phase, Phase::Completed { .. }));
        self.account.is_final().or(told.then_some(true))
    }

    pub(crate) fn service_is_active(&self) -> Option<bool> {
        self.account.service_is_active()
    }

    pub(crate) fn usage_is_there(&self) -> Option<bool> {
        self.account.usage_is_there()
    }

    /// Is something still to come without the customer's doing? The usage only as long as the rules wait for it.
    pub(crate) fn awaits_something(&self) -> bool {
        if self.support.is_some() || self.next().is_some() {
            return false;
        }
        let usage = self
            .journey
            .and_then(|journey| journey.enrollment)
            .map(|clock| clock.usage);
        let usage = usage.is_some_and(|usage| usage.is_awaited()) && self.usage_is_there() != Some(true);
        self.service_is_active() != Some(true) || usage
    }
}

/// Can the plan that was accepted no longer begin?
fn is_expired(account: &LightAccount, journey: Option<&Journey>, campaign: &Campaign, now: Timestamp) -> bool {
    if account.is_final() == Some(true) {
        return false;
    }
    let own = journey.and_then(|journey| journey.enrollment).map(|clock| clock.dates);
    let own = own.unwrap_or_default();
    let starts = own.starts.or(account.place().and_then(|place| place.starts_on));
    let today = today(now);
    own.latest.is_some_and(|latest| today > latest) || starts.is_some_and(|starts| starts > furthest(today, campaign))
}

/// The last day on which a start is not refused for being too far ahead.
pub(crate) fn furthest(today: Date, campaign: &Campaign) -> Date {
    let days = jiff::Span::new().days(i64::from(campaign.enrollment.furthest_start_days));
    today.checked_add(days).unwrap_or(Date::MAX)
}
