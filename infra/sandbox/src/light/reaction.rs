//! How customers act on the partner's pages, alone and after the messages they get.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use url::Url;

use crate::clock::{later, whole_second};
use crate::leap::reaction::Reaction;
use crate::light::account::Billing;
use crate::light::refusal::Refusal;
use crate::light::script::{self, Act, Step};
use crate::light::steps::Acceptance;
use crate::light::stripe::Typed;
use crate::light::texas::days_after;
use crate::light::world::{Errand, Task, Visit, World};

/// How likely somebody who came back goes on to the end.
const FINISHES_P: f64 = 0.75;

impl World {
    pub(crate) fn arrive(&mut self, account: &str, at: Timestamp) {
        let customer = self.people.get(account).and_then(|person| person.customer.as_ref());
        if let Some(habit) = customer.map(|customer| customer.habit) {
            let steps = script::alone(habit, self.seed.rng(&["alone", account]));
            self.follow(account, steps, None, at);
        }
    }

    /// Plans the steps of a visit, which takes the place of one that is still under way.
    fn follow(&mut self, account: &str, steps: Vec<Step>, touch: Option<u32>, at: Timestamp) {
        let Some(person) = self.people.get_mut(account) else {
            return;
        };
        person.visit += 1;
        let visit = person.visit;
        if let Some(last) = steps.last() {
            person.busy_until = person.busy_until.max(Some(later(at, last.after)));
        }
        for Step { after, act } in steps {
            let account = account.to_owned();
            let task = Task::Act {
                account,
                act,
                visit,
                touch,
            };
            self.agenda.add(later(at, after), task);
        }
    }

    pub(crate) fn act(&mut self, account: &str, act: Act, visit: u32, touch: Option<u32>, at: Timestamp) {
        let Some(person) = self.people.get_mut(account).filter(|person| person.visit == visit) else {
            return;
        };
        let Some(address) = person.customer.as_ref().map(|customer| customer.address.clone()) else {
            return;
        };
        person.touch = touch;
        let taken = match act {
            Act::Open => {
                person.truth.visits += 1;
                Ok(())
            }
            Act::RequestPlans => self.request_plans(account, &address.esi_id, at).map(|_| ()),
            Act::Accept => self.choose_and_accept(account, &address.esi_id, at).map(|_| ()),
            Act::ConfirmBilling => self.confirm_billing(account, Billing::SameAsService, at),
            Act::AddPayment => self.pay_with(account, &Typed::test_card("4242424242424242"), at),
        };
        if let Some(person) = self.people.get_mut(account) {
            person.touch = None;
            if taken.is_err() {
                // The rest of the visit does not take place.
                person.truth.refusals += 1;
                person.visit += 1;
                person.busy_until = Some(at);
            }
        }
    }

    /// Accepts one of the plans on offer, from a day not long after.
    pub(crate) fn choose_and_accept(&mut self, account: &str, esi_id: &str, at: Timestamp) -> Result<String, Refusal> {
        let area = self.book.of(esi_id).map(|address| address.area);
        let area = area.ok_or_else(|| Refusal::from(&self.config.unknown_esi_id))?;
        let offers = self.offers(area, at);
        let mut rng = self.seed.rng(&["choice", account]);
        let chosen = rng.random_range(0..offers.len().max(1));
        let (plan_uuid, start_date) = offers.into_iter().nth(chosen).map_or_else(Default::default, |offer| {
            let wanted = days_after(offer.earliest_start, rng.random_range(1..=10));
            (offer.uuid, wanted.min(offer.latest_start))
        });
        let acceptance = Acceptance {
            esi_id: esi_id.to_owned(),
            plan_uuid,
            start_date,
            terms_accepted: true,
        };
        self.accept(account, &acceptance, at)
    }

    /// A customer reads a message: the touch tells how many they have got, counted from 1.
    pub(crate) fn read_mail(&mut self, account: &str, touch: u32, resume_url: Option<Url>, now: Timestamp) -> Reaction {
        let is_done = self
            .accounts
            .get(account)
            .is_some_and(|record| record.missing().is_empty());
        let Some(person) = self.people.get_mut(account) else {
            return Reaction::Unknown;
        };
        let Some(customer) = &person.customer else {
            return Reaction::Unknown;
        };
        person.truth.messages_read += 1;
        if is_done {
            person.truth.messages_read_after_completion += 1;
            return Reaction::AlreadyDone;
        }
        if person.busy_until > Some(now) || person.is_returning {
            return Reaction::StillAtIt;
        }
        let [first, second, third] = customer.habit.returns_p();
        let returns_p = match touch {
            1 => first,
            2 => second,
            3 => third,
            _ => 0.0,
        };
        let reading = person.truth.messages_read.to_string();
        let mut rng = self.seed.rng(&["message", account, &touch.to_string(), &reading]);
        // All draws are made each time, so that a changed probability changes nothing else.
        let returns = rng.random::<f64>() < returns_p;
        let finishes = rng.random::<f64>() < FINISHES_P;
        let delay = SignedDuration::from_secs(rng.random_range(120..=2_700));
        if !returns {
            return Reaction::Ignores;
        }
        let at = later(whole_second(now), delay);
        person.is_returning = true;
        let task = Task::ComeBack {
            account: account.to_owned(),
            touch,
            finishes,
            resume_url,
        };
        self.agenda.add(at, task);
        Reaction::ComesBack { at }
    }

    /// The moment has come: the customer opens the resume page or, without one, the partner's own.
    pub(crate) fn come_back(
        &mut self,
        account: String,
        (touch, finishes): (u32, bool),
        resume_url: Option<Url>,
        at: Timestamp,
    ) -> Option<Errand> {
        self.stats.visits.begun += 1;
        let Some(resume_url) = resume_url else {
            self.stats.visits.arrived += 1;
            self.go_on(&account, touch, finishes, at);
            return None;
        };
        Some(Errand::Visit(Visit {
            account,
            touch,
            finishes,
            resume_url,
            at,
        }))
    }

    /// A customer is back, and does what is missing then.
    fn go_on(&mut self, account: &str, touch: u32, finishes: bool, at: Timestamp) {
        let missing = self
            .accounts
            .get(account)
            .map(|record| record.missing())
            .unwrap_or_default();
        let Some(person) = self.people.get_mut(account) else {
            return;
        };
        person.is_returning = false;
        let visit = person.truth.messages_read.to_string();
        let steps = script::returning(&missing, finishes, self.seed.rng(&["returning", account, &visit]));
        self.follow(account, steps, Some(touch), at);
    }

    /// A visit over HTTP is over: it led to a page, perhaps over a link of the hosted flow, or it went wrong.
    pub(crate) fn visited(&mut self, visit: Visit, outcome: Result<Option<String>, String>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let failure = match outcome {
            Ok(link) => {
                let owner = link.as_deref().map(|link| self.owner_of_link(link));
                match owner {
                    None => None,
                    Some(Some(owner)) if owner == visit.account => None,
                    Some(Some(_)) => Some("the resume page led to another account's flow".to_owned()),
                    Some(None) => Some("the resume page led to a link that does not work".to_owned()),
                }
            }
            Err(why) => Some(why),
        };
        match failure {
            None => {
                self.stats.visits.arrived += 1;
                self.go_on(&visit.account, visit.touch, visit.finishes, visit.at);
            }
            Some(why) => {
                if let Some(person) = self.people.get_mut(&visit.account) {
                    person.is_returning = false;
                }
                self.stats.visits.failed.push((visit.account, why));
            }
        }
    }
}
