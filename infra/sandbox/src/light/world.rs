//! The state of the stand-in: who is where, what is known, and what will happen next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use url::Url;

use crate::agenda::Agenda;
use crate::bayou::delivery::Delivery;
use crate::light::account::Account;
use crate::light::area::Area;
use crate::light::book::Book;
use crate::light::config::LightConfig;
use crate::light::customer::{Customer, Habit};
use crate::light::plan::{self, Offer};
use crate::light::quirks::Quirks;
use crate::light::script::Act;
use crate::light::stats::{Stats, Truth, TurnedAway};
use crate::light::stripe::Stripe;
use crate::light::texas::day;
use crate::light::tokens::Tokens;
use crate::seed::Seed;
use crate::trouble::Trouble;

/// Everything that changes, behind one lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: LightConfig,
    pub(crate) base_url: String,
    pub(crate) seed: Seed,
    pub(crate) trouble: Trouble,
    pub(crate) quirks: Quirks,
    pub(crate) webhook: Option<Url>,
    pub(crate) stats: Stats,
    /// Errands that were handed out and have not been reported back.
    pub(crate) in_flight: usize,
    pub(crate) agenda: Agenda<Task>,
    pub(crate) book: Book,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) tokens: Tokens,
    pub(crate) stripe: Stripe,
    pub(crate) people: BTreeMap<String, Person>,
    /// The accounts whose steps were refused for good since somebody last asked.
    pub(crate) turned_away: BTreeMap<String, TurnedAway>,
}

/// All that is known about an account beside its record; not every one is a customer's.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) customer: Option<Customer>,
    pub(crate) truth: Truth,
    pub(crate) events_made: u32,
    /// Until when the customer is at it, as far as is planned.
    pub(crate) busy_until: Option<Timestamp>,
    /// Whether the customer is on the way back from a message.
    pub(crate) is_returning: bool,
    /// The number of the visit whose steps are still taken.
    pub(crate) visit: u32,
    /// The reminder that brought them to the step that is being taken.
    pub(crate) touch: Option<u32>,
}

/// Something that happens at its moment. What is about a location does not happen once it is gone.
#[derive(Debug)]
pub(crate) enum Task {
    Arrive {
        account: String,
    },
    Act {
        account: String,
        act: Act,
        visit: u32,
        touch: Option<u32>,
    },
    ComeBack {
        account: String,
        touch: u32,
        finishes: bool,
        resume_url: Option<Url>,
    },
    Finalize {
        account: String,
        location: String,
    },
    Activate {
        account: String,
        location: String,
    },
    SupplyHistory {
        account: String,
        location: String,
    },
    Deliver(Delivery),
}

/// Something that has to be done over HTTP, and reported back.
#[derive(Debug)]
pub(crate) enum Errand {
    Deliver { delivery: Delivery, receiver: Url },
    Visit(Visit),
}

/// A customer who follows a message over the resume page.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) account: String,
    pub(crate) touch: u32,
    pub(crate) finishes: bool,
    pub(crate) resume_url: Url,
    pub(crate) at: Timestamp,
}

/// Somebody for whom an account is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewAccount {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) preliminary_address: Option<String>,
}

impl World {
    pub(crate) fn new(config: LightConfig, base_url: String) -> Self {
        let seed = Seed::new(config.seed);
        Self {
            seed,
            book: Book::generate(seed),
            config,
            base_url,
            trouble: Trouble::default(),
            quirks: Quirks::default(),
            webhook: None,
            stats: Stats::default(),
            in_flight: 0,
            agenda: Agenda::new(),
            accounts: BTreeMap::new(),
            tokens: Tokens::default(),
            stripe: Stripe::default(),
            people: BTreeMap::new(),
            turned_away: BTreeMap::new(),
        }
    }

    /// Lets a customer live; their account is there at once, since the partner made it.
    pub(crate) fn add(&mut self, customer: Customer) {
        let account = customer.account.clone();
        let esi_id = customer.address.esi_id.clone();
        self.book.add(customer.address.clone());
        match customer.habit {
            Habit::MeetsSwitchHold => {
                self.config.in_switch_hold.insert(esi_id);
            }
            Habit::IsIneligible => {
                self.config.not_eligible.insert(esi_id);
            }
            Habit::Finishes
            | Habit::StopsAtNothing
            | Habit::LeavesForGood
            | Habit::StopsAtPlans
            | Habit::StopsAtAcceptance
            | Habit::StopsAtBilling
            | Habit::StopsAtPayment
            | Habit::PaysFirst => {}
        }
        let person = NewAccount {
            first_name: customer.first_name.clone(),
            last_name: customer.last_name.clone(),
            email: customer.email.clone(),
            preliminary_address: Some(customer.address.line()),
        };
        self.insert(account.clone(), person, customer.arrives_at);
        let arrival = Task::Arrive {
            account: account.clone(),
        };
        self.agenda.add(customer.arrives_at, arrival);
        let person = self.people.entry(account).or_default();
        person.truth.habit = Some(customer.habit);
        person.customer = Some(customer);
    }

    /// Makes an account, and returns its uuid.
    pub(crate) fn create(&mut self, person: NewAccount, at: Timestamp) -> String {
        let mut number = 0_u32;
        let uuid = loop {
            // One person may own several accounts.
            let uuid = self.seed.uuid(&["account", &person.email, &number.to_string()]);
            if !self.accounts.contains_key(&uuid) {
                break uuid;
            }
            number += 1;
        };
        self.insert(uuid.clone(), person, at);
        uuid
    }

    fn insert(&mut self, uuid: String, person: NewAccount, at: Timestamp) {
        let account = Account {
            uuid: uuid.clone(),
            number: None,
            created_at: at,
            first_name: person.first_name,
            last_name: person.last_name,
            email: person.email,
            phone_number: None,
            preliminary_address: person.preliminary_address,
            requested_for: None,
            billing: None,
            card: None,
            is_identity_verified: false,
            locations: Vec::new(),
            locations_made: 0,
        };
        self.accounts.insert(uuid.clone(), account);
        self.truth_of(&uuid).created_at = Some(at);
    }

    pub(crate) fn truth_of(&mut self, account: &str) -> &mut Truth {
        &mut self.people.entry(account.to_owned()).or_default().truth
    }

    /// The plans on offer in an area at a moment.
    pub(crate) fn offers(&self, area: Area, at: Timestamp) -> Vec<Offer> {
        plan::offers(self.seed, &self.config, area, day(at), self.quirks.plans_by_day)
    }

    /// Does all that is due, in its order, and hands out what has to be done over HTTP.
    pub(crate) fn proceed(&mut self, now: Timestamp) -> Vec<Errand> {
        let mut errands = Vec::new();
        while let Some((at, task)) = self.agenda.take_due(now) {
            errands.extend(self.perform(task, at));
        }
        self.in_flight += errands.len();
        errands
    }

    fn perform(&mut self, task: Task, at: Timestamp) -> Option<Errand> {
        match task {
            Task::Arrive { account } => self.arrive(&account, at),
            Task::Act {
                account,
                act,
                visit,
                touch,
            } => self.act(&account, act, visit, touch, at),
            Task::ComeBack {
                account,
                touch,
                finishes,
                resume_url,
            } => return self.come_back(account, (touch, finishes), resume_url, at),
            Task::Finalize { account, location } => {
                self.finalize(&account, &location, at);
            }
            Task::Activate { account, location } => {
                self.activate(&account, &location, at);
            }
            Task::SupplyHistory { account, location } => {
                self.supply_history(&account, &location, at);
            }
            Task::Deliver(delivery) => {
                let receiver = self.webhook.clone()?;
                return Some(Errand::Deliver { delivery, receiver });
            }
        }
        None
    }
}
