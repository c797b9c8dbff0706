//! An enrolment in a plan: does a message ask for what is missing, and for nothing else; is what ends it an end; is what
//! is late told once?

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use journey::campaign::{Campaign, FollowUp};
use journey::enrollment::{PlanDates, Step, SupportMatter};
use journey::{
    DataKind, Delivery, Diagnosis, Journey, MeterFollowUp, Milestone, Note, Phase, Provider, Purpose, SendOrder,
    StopReason,
};

use crate::case::{DAY, Doing, HOUR, MINUTE, SECOND, campaigns, ts};
use crate::fault::Of;
use crate::light::{Account, Enrolling, Shows, Taking, begins, day, texas};
use crate::record::Said;
use crate::state::{Row, State};

/// What each step is called once it is taken.
const MILESTONES: [Milestone; 4] = [
    Milestone::PlanAccepted,
    Milestone::BillingAddressConfirmed,
    Milestone::PaymentMethodAdded,
    Milestone::IdentityVerified,
];

/// What we know of an enrolment when a message is claimed.
#[derive(Clone, Debug, Default)]
pub(super) struct Knows {
    milestones: BTreeSet<Milestone>,
    dates: PlanDates,
}

impl Knows {
    pub(super) fn of(journey: &Journey) -> Self {
        Knows {
            milestones: journey.milestones.clone(),
            dates: journey.enrollment.map(|clock| clock.dates).unwrap_or_default(),
        }
    }

    fn has(&self, step: Step) -> bool {
        self.milestones.contains(&MILESTONES[step as usize])
    }
}

/// Is it for support, and for nobody else?
pub(super) fn is_for_support(journey: &Journey) -> bool {
    use StopReason::{IneligibleAddress, Rescinded, ServiceCanceled, SwitchHold};
    let Phase::Stopped { why, .. } = journey.phase else {
        return false;
    };
    matches!(why, SwitchHold | IneligibleAddress | Rescinded | ServiceCanceled)
}

impl State {
    fn is_enrolment(&self, row: usize) -> bool {
        self.case.customers[self.rows[row].customer].contact.provider == Provider::Light
    }

    /// A write of an enrolment's journey.
    pub(super) fn judge_enrolling(&mut self, by: u32, row: usize, before: Option<&Journey>, after: &Journey) {
        if !self.is_enrolment(row) {
            return;
        }
        let (name, customer) = (self.name(row), self.rows[row].customer);
        let Some(who) = self.invocations.get(by as usize).map(|invocation| invocation.who) else {
            return;
        };
        let acts = &self.case.customers[customer].acts;
        let own_act = who.of == Of::Contact
            && matches!(
                acts[who.a as usize].doing,
                Doing::Enrol(Enrolling::Takes { ours: true, .. })
            );
        let ended = before.is_some_and(is_for_support);
        if let Some(before) = before
            && !(ended && own_act)
            && !before.milestones.is_subset(&after.milestones)
        {
            self.breach("steps", format!("{name}: {who} took back a step that was known"));
        }
        if is_for_support(after) {
            self.oracle.for_support.insert(customer);
        } else if ended && own_act {
            self.oracle.for_support.remove(&customer);
        } else if ended && after.is_live() {
            self.breach("support", format!("{name}: {who} took up who is for support"));
        }
        let never = |(step, what): &(usize, Milestone)| {
            let account = self.people[customer].record.enrolment();
            after.milestones.contains(what) && account.is_some_and(|account| !account.took(*step))
        };
        let invented = MILESTONES.into_iter().enumerate().find(never);
        if let Some((_, what)) = invented.filter(|_| !self.oracle.saw_old.contains(&customer)) {
            self.breach("steps", format!("{name}: {who} noted {what:?}, and it never was"));
        }
        self.judge_lateness(by, row, before, after);
    }

    /// A message is claimed.
    pub(super) fn judge_nudging(&mut self, row: usize) {
        let customer = self.rows[row].customer;
        if self.is_enrolment(row) && self.oracle.for_support.contains(&customer) {
            let name = self.name(row);
            self.breach("support", format!("{name}: claimed for somebody who is for support"));
        }
    }

    /// The partner was told that we know of a matter for support.
    pub(crate) fn judge_support(&mut self, customer: usize, matter: SupportMatter) {
        let Some(journey) = self.rows[customer].journey.as_ref().map(|stored| &stored.journey) else {
            return;
        };
        let erased = StopReason::Erased;
        let known = matches!(journey.phase, Phase::Stopped { why, .. } if why == erased)
            || is_for_support(journey)
            || journey
                .history
                .iter()
                .any(|noted| noted.note == Note::SupportNeeded { matter });
        if !known {
            let name = self.name(customer);
            self.breach(
                "I8",
                format!("{name}: {matter:?} was told, and the table does not have it"),
            );
        }
    }

    /// Our pages recorded a step.
    pub(crate) fn judge_record(&mut self, customer: usize, what: Taking, journey: &Journey) {
        let clock = journey.enrollment.map(|clock| clock.dates);
        // Who looks at plans once more has not left the one that was accepted.
        let looks =
            what.milestone() == Milestone::PlanRequested && journey.milestones.contains(&Milestone::PlanAccepted);
        let has_dates = what.dates().is_none_or(|dates| clock.is_some_and(|kept| kept == dates));
        let kept = journey.milestones.contains(&what.milestone()) && (looks || has_dates);
        if journey.is_live() && !kept {
            let name = self.name(customer);
            self.breach(
                "I8",
                format!("{name}: {what:?} was recorded, and the journey does not have it"),
            );
        }
    }

    /// Does the table hold what a webhook of Light's said?
    pub(super) fn has_taken_of_light(&self, index: u32, what: Enrolling) -> bool {
        let invocation = &self.invocations[index as usize];
        let customer = usize::from(invocation.who.customer);
        // Nobody takes what is not signed.
        if matches!(what, Enrolling::Forged(_)) {
            return false;
        }
        let Some(journey) = self.rows[customer].journey.as_ref().map(|stored| &stored.journey) else {
            return !begins(what);
        };
        let silenced = invocation.read_over[customer] || invocation.wrote_over[customer];
        let has_step = |what: Taking| {
            let anew = journey.opened_at.as_millisecond() >= invocation.started_at;
            !journey.is_live() || anew || journey.milestones.contains(&what.milestone())
        };
        let (customer, act) = (invocation.who.customer, invocation.who.a);
        let meant = match what {
            Enrolling::Finalize => silenced,
            // That it was updated does not say that it is verified.
            Enrolling::Takes {
                what: Taking::Verifies, ..
            } => true,
            Enrolling::Takes { what, .. } => self.was_unknown(index) || has_step(what),
            Enrolling::Has { .. }
            | Enrolling::Cancel { .. }
            | Enrolling::Unpaid
            | Enrolling::Support(_)
            | Enrolling::Forged(_) => true,
        };
        meant && (self.was_unknown(index) || self.holds(customer, act))
    }

    /// Had nobody heard of the customer when the webhook was taken, so that it could mean nothing?
    fn was_unknown(&self, index: u32) -> bool {
        let invocation = &self.invocations[index as usize];
        let customer = usize::from(invocation.who.customer);
        let journey = self.rows[customer].journey.as_ref().map(|stored| &stored.journey);
        journey.is_none_or(|journey| {
            let what = &self.case.customers[customer].acts[invocation.who.a as usize].doing;
            let opened = journey.opened_at.as_millisecond() + 3 * SECOND >= invocation.started_at;
            opened && !matches!(what, Doing::Enrol(what) if begins(*what))
        })
    }

    /// A message is put into words: is it what the record and the known steps leave to ask for?
    pub(crate) fn judge_order(&mut self, by: u32, order: &SendOrder) {
        let Some(row) = self.row(&order.key.journey).filter(|row| self.is_enrolment(*row)) else {
            return;
        };
        let Row { customer, .. } = self.rows[row];
        let Some(Said::Light(shows)) = self.invocations.get(by as usize).and_then(|it| it.asked[customer]) else {
            return;
        };
        let Some(knows) = self.oracle.claimed.get(&order.key).map(|claimed| claimed.knows.clone()) else {
            return;
        };
        let rules = &campaigns()[self.campaign].enrollment;
        let (today, fixed) = (day(order.claimed_at.as_millisecond()), self.case.then.is_none());
        let mut wrong = Vec::new();
        let shown = |step: Step| shows.steps[step as usize];
        let done = |step: Step| knows.has(step) || shown(step) == Some(true);
        let all = [Step::Plan, Step::BillingAddress, Step::Payment];
        let asks = |step: Step| order.left.contains(&step);
        let begun = knows.milestones.contains(&Milestone::PlanRequested) || Step::ALL.into_iter().any(done);
        let expired = order.diagnosis == Diagnosis::PlanExpired;
        for step in Step::ALL {
            if asks(step) && done(step) && !(expired && step == Step::Plan) {
                wrong.push(format!("asks for the {}, which is done", step.as_str()));
            }
        }
        for step in all {
            if !asks(step) && !done(step) {
                wrong.push(format!("does not ask for the {}", step.as_str()));
            }
        }
        if !begun && all.into_iter().any(|step| shown(step).is_none()) {
            wrong.push("says what nobody knows".to_owned());
        }
        let verify = fixed && rules.identity == FollowUp::Stop;
        if asks(Step::Identity) && (verify || shown(Step::Identity) != Some(false)) {
            wrong.push("asks for the identity".to_owned());
        }
        let fits = match order.left.first() {
            Some(Step::Plan) if expired => done(Step::Plan),
            Some(Step::Plan) if begun => order.diagnosis == Diagnosis::PlanNotChosen,
            Some(Step::Plan) => order.diagnosis == Diagnosis::AddressNeeded,
            Some(Step::BillingAddress) => order.diagnosis == Diagnosis::BillingAddressMissing,
            Some(Step::Payment) => order.diagnosis == Diagnosis::PaymentMissing,
            Some(Step::Identity) => order.diagnosis == Diagnosis::IdentityMissing,
            None => false,
        };
        if !fits {
            wrong.push(format!("is about {:?}", order.diagnosis));
        }
        let starts: Vec<Date> = knows.dates.starts.into_iter().chain(shows.starts).collect();
        let past = knows.dates.latest.is_some_and(|latest| latest < today);
        let far = |start: &Date| *start > today + i64::from(rules.furthest_start_days).days();
        if !asks(Step::Plan) {
            // Until the day of the start, and of a plan that may still begin.
            if !starts.is_empty() && starts.iter().all(|start| *start <= today) {
                wrong.push("comes after the start".to_owned());
            }
            if past || (fixed && !starts.is_empty() && starts.iter().all(far)) {
                wrong.push("is about a plan that has expired".to_owned());
            }
        } else if expired && fixed && !past && !starts.iter().any(far) {
            wrong.push("says that a plan has expired".to_owned());
        }
        if let Some(soon) = order.starts_soon {
            let near = soon > today && soon <= today + i64::from(rules.starts_soon_days).days();
            if !starts.contains(&soon) || asks(Step::Plan) || (fixed && !near) {
                wrong.push(format!("says that the start is near: {soon}"));
            }
        }
        let name = self.name(row);
        for wrong in wrong {
            let (left, diagnosis) = (&order.left, order.diagnosis);
            let what = format!("{name}: a message {wrong}: {diagnosis:?} {left:?}, {shows:?}, {knows:?}");
            self.breach("words", what);
        }
    }

    /// What is late is told once, and not before its time.
    fn judge_lateness(&mut self, by: u32, row: usize, before: Option<&Journey>, after: &Journey) {
        let Phase::Completed { at, .. } = after.phase else {
            return;
        };
        let customer = self.rows[row].customer;
        let asked = self.invocations.get(by as usize).and_then(|it| it.asked[customer]);
        let shown = match asked {
            Some(Said::Light(shows)) => shows.starts,
            _ => None,
        };
        let own = |journey: Option<&Journey>| journey.and_then(|journey| journey.enrollment?.dates.starts);
        let starts = [own(before), own(Some(after)), shown].into_iter().flatten().min();
        let account = self.people[customer].record.enrolment();
        let alone = !account.is_some_and(Account::has_old_power);
        for kind in DataKind::OF_ENROLLMENT {
            if !is_late(Some(after), kind) || is_late(before, kind) {
                continue;
            }
            let name = self.name(row);
            if !self.oracle.late.insert((row, after.episode, kind.as_str())) {
                self.breach("late", format!("{name}: told twice that the {} is late", kind.as_str()));
            }
            let campaign = &campaigns()[self.campaign];
            let due = late_from(at.as_millisecond(), starts, campaign);
            if alone && self.case.then.is_none() && self.now + 3 * SECOND < due {
                self.breach("late", format!("{name}: the {} is late at {}", kind.as_str(), ts(due)));
            }
        }
    }

    /// What no webhook told of is found by looking, within a day.
    pub(super) fn judge_looks_at_enrolment(&mut self, customer: usize) {
        let person = &self.people[customer];
        let (Some(account), Some(_)) = (person.record.enrolment(), &person.contact) else {
            return;
        };
        let Some(journey) = self.rows[customer].journey.as_ref().map(|stored| &stored.journey) else {
            return;
        };
        let long = |since: Option<i64>| {
            // Who begins anew after support was at it is looked at from then on.
            let known = person.stored_at.max(journey.opened_at.as_millisecond());
            since.is_some_and(|since| self.now > since.max(known).max(self.case.faults_end) + DAY + HOUR)
        };
        let since = |what: fn(Shows) -> bool| account.since(self.now, what);
        let starts = account.shows(self.now).starts.into_iter();
        let own = journey.enrollment.and_then(|clock| clock.dates.starts);
        let starts = starts.chain(own).map(morning).max().unwrap_or(i64::MIN);
        let served = match &journey.phase {
            Phase::Completed {
                at,
                provisional: false,
                meter: MeterFollowUp::Awaited { .. },
                ..
            } => {
                long(since(|shows| shows.active == Some(true)).map(|since| since.max(starts).max(at.as_millisecond())))
            }
            _ => false,
        };
        let mut unseen = Vec::new();
        if journey.is_live() && long(since(Shows::is_final)) {
            unseen.push("was final");
        }
        if journey.is_live() && long(since(|shows| shows.canceled)) {
            unseen.push("was cancelled");
        }
        if served {
            unseen.push("had power");
        }
        for what in unseen {
            let name = self.name(customer);
            self.breach("looks", format!("{name}: {what} a day ago, and nobody has looked"));
        }
    }

    /// Is what we say of an enrolment at the end what Light says?
    pub(super) fn judge_enrolment(&mut self, row: usize, journey: &Journey) {
        let Row { customer, purpose, .. } = self.rows[row];
        let (name, person) = (self.name(row), &self.people[customer]);
        let (Some(account), Purpose::Enroll) = (person.record.enrolment(), purpose) else {
            return;
        };
        let shows = account.shows(self.now);
        let acts = &self.case.customers[customer].acts;
        let told = acts.iter().enumerate().any(|(act, done)| {
            let taken = self.oracle.taken.contains(&(customer as u8, act as u32));
            done.doing == Doing::Enrol(Enrolling::Finalize) && taken
        });
        let told = told && !self.case.kinds.has(crate::Kind::ProviderLags);
        let completed = matches!(journey.phase, Phase::Completed { .. });
        let over = completed
            || is_for_support(journey)
            || matches!(journey.phase, Phase::Stopped { why, .. } if why == StopReason::Erased);
        let mut wrong = Vec::new();
        // An older place alone is taken for the one: nothing tells them apart.
        let unclear = self.oracle.saw_old.contains(&customer) || account.is_one_of_two();
        if completed && !account.was_final() && !unclear {
            wrong.push("never final, and we say so");
        }
        let heard = told || !matches!(journey.phase, Phase::HandedBack { .. });
        if shows.is_final() && !shows.canceled && heard && !over && person.contact.is_some() {
            wrong.push("final, and we do not say so");
        }
        let erased = acts.iter().any(|act| act.doing == Doing::Erase);
        if let (Phase::Completed { at, .. }, Some(clock), None) = (&journey.phase, journey.enrollment, self.case.then)
            && !erased
            && person.contact.is_some()
            && !shows.canceled
            && !shows.only_old
            && shows.active == Some(false)
            && matches!(clock.service, Delivery::Awaited { late_since: None, .. })
        {
            let starts = clock.dates.starts.into_iter().chain(shows.starts).max();
            let due = late_from(at.as_millisecond(), starts, &campaigns()[self.campaign]);
            if self.now > due.max(self.case.faults_end) + DAY + HOUR {
                wrong.push("the service is late, and nobody was told");
            }
        }
        for wrong in wrong {
            self.breach("I6", format!("{name}: {wrong}: {:?}, {shows:?}", journey.phase));
        }
    }
}

/// Is something known to be late?
fn is_late(journey: Option<&Journey>, kind: DataKind) -> bool {
    let Some(clock) = journey.and_then(|journey| journey.enrollment) else {
        return false;
    };
    let delivery = match kind {
        DataKind::UsageHistory => clock.usage,
        _ => clock.service,
    };
    matches!(
        delivery,
        Delivery::Awaited {
            late_since: Some(_),
            ..
        }
    )
}

/// When a day begins in Texas.
fn morning(day: Date) -> i64 {
    day.to_zoned(texas()).unwrap().timestamp().as_millisecond()
}

/// From when on the service of an enrolment is late: minute by minute, since nobody waits for it.
fn late_from(finalized: i64, starts: Option<Date>, campaign: &Campaign) -> i64 {
    let rules = &campaign.enrollment;
    let (mut at, mut left) = (
        starts.map_or(finalized, |day| morning(day).max(finalized)),
        u32::from(rules.late_after_business_hours) * 60,
    );
    while left > 0 {
        at += MINUTE;
        let local = ts(at - 1).to_zoned(texas());
        let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
        let open = (rules.business_hours.opens()..rules.business_hours.closes()).contains(&local.time());
        if open && !weekend && !campaign.law.is_federal_holiday(local.date()) {
            left -= 1;
        }
    }
    // The last minute may have begun before it was open.
    at - MINUTE
}
