//! The state of the stand-in: who is where, what is known, and what will happen next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use url::Url;

use crate::agenda::Agenda;
use crate::bayou::bill::Bill;
use crate::bayou::config::BayouConfig;
use crate::bayou::customer::Customer;
use crate::bayou::delivery::Delivery;
use crate::bayou::record::{Link, Reason, Record};
use crate::bayou::script::{self, Act, Step};
use crate::bayou::stats::{Stats, Truth};
use crate::bayou::utilities::Utility;
use crate::clock::later;
use crate::seed::Seed;
use crate::trouble::Trouble;

/// Everything that changes, behind one lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: BayouConfig,
    pub(crate) base_url: String,
    pub(crate) seed: Seed,
    pub(crate) trouble: Trouble,
    pub(crate) webhook: Option<Url>,
    pub(crate) stats: Stats,
    /// Errands that were handed out and have not been reported back.
    pub(crate) in_flight: usize,
    pub(crate) agenda: Agenda<Task>,
    pub(crate) records: BTreeMap<u64, Record>,
    pub(crate) by_external_id: BTreeMap<String, u64>,
    /// Whose each key is or was, since its link was made.
    pub(crate) links: BTreeMap<String, (u64, Timestamp)>,
    pub(crate) bills: BTreeMap<u64, Bill>,
    pub(crate) people: BTreeMap<String, Person>,
    /// The codes of the utilities whose sites are down.
    pub(crate) down: BTreeSet<&'static str>,
    anonymous: u64,
}

/// An `external_id` and all that is known about it; not every one is a customer's.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) customer: Option<Customer>,
    pub(crate) truth: Truth,
    /// Until when the customer is at it, as far as is planned.
    pub(crate) busy_until: Option<Timestamp>,
    /// Whether the customer is on the way back from a message.
    pub(crate) is_returning: bool,
    /// Whether the customer would act, had Bayou a record of them.
    waits: bool,
}

/// Something that happens at its moment. What follows from a login or a loss of access has its
/// number, and does not happen once there was another.
#[derive(Debug)]
pub(crate) enum Task {
    Arrive {
        external_id: String,
    },
    Act {
        external_id: String,
        act: Act,
        touch: Option<u32>,
    },
    ComeBack {
        external_id: String,
        touch: u32,
        finishes: bool,
        resume_url: Option<Url>,
    },
    RepairAlone {
        external_id: String,
        loss: u32,
    },
    BillFound {
        record: u64,
        month: i32,
        is_read: bool,
    },
    BillsReady {
        record: u64,
        login: u32,
    },
    IntervalsReady {
        record: u64,
        login: u32,
    },
    BillIssued {
        record: u64,
        month: i32,
    },
    BillCorrected {
        bill: u64,
    },
    LoseAccess {
        record: u64,
        login: u32,
        reason: Reason,
    },
    TellLossAgain {
        record: u64,
        loss: u32,
        reason: Reason,
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
    pub(crate) external_id: String,
    pub(crate) touch: u32,
    pub(crate) finishes: bool,
    pub(crate) resume_url: Url,
    pub(crate) at: Timestamp,
}

impl World {
    pub(crate) fn new(config: BayouConfig, base_url: String) -> Self {
        let down = Utility::ALL.iter().filter(|utility| utility.begins_down);
        Self {
            seed: Seed::new(config.seed),
            down: down.map(|utility| utility.code).collect(),
            config,
            base_url,
            trouble: Trouble::default(),
            webhook: None,
            stats: Stats::default(),
            in_flight: 0,
            agenda: Agenda::new(),
            records: BTreeMap::new(),
            by_external_id: BTreeMap::new(),
            links: BTreeMap::new(),
            bills: BTreeMap::new(),
            people: BTreeMap::new(),
            anonymous: 0,
        }
    }

    pub(crate) fn add(&mut self, customer: Customer) {
        let external_id = customer.external_id.clone();
        let arrival = Task::Arrive {
            external_id: external_id.clone(),
        };
        self.agenda.add(customer.arrives_at, arrival);
        let person = self.people.entry(external_id).or_default();
        person.truth.habit = Some(customer.habit);
        person.customer = Some(customer);
    }

    /// Makes a record, unless another one has this `external_id`, and returns its id.
    pub(crate) fn create(&mut self, external_id: Option<String>, at: Timestamp) -> Option<u64> {
        if external_id
            .as_ref()
            .is_some_and(|id| self.by_external_id.contains_key(id))
        {
            return None;
        }
        let name = external_id.clone().unwrap_or_else(|| {
            self.anonymous += 1;
            format!("{} without a name", self.anonymous)
        });
        // Drawn from the name, so that the order in which records are made does not matter.
        let mut id: u64 = self.seed.rng(&["customer", &name]).random_range(10_000..1_000_000_000);
        while self.records.contains_key(&id) {
            id += 1;
        }
        let mut record = Record::new(self.seed, id, at);
        self.links.insert(record.link.key.clone(), (id, at));
        if let Some(external_id) = external_id {
            self.by_external_id.insert(external_id.clone(), id);
            let person = self.people.entry(external_id.clone()).or_default();
            person.truth.created_at = Some(at);
            if let Some(customer) = &person.customer {
                record.account_has_intervals = customer.account_has_intervals;
            }
            if std::mem::take(&mut person.waits) {
                let minutes = self.seed.rng(&["waited", &external_id]).random_range(60..=300);
                let at = later(at, SignedDuration::from_secs(minutes));
                let external_id = external_id.clone();
                self.agenda.add(at, Task::Arrive { external_id });
            }
            record.external_id = Some(external_id);
        }
        self.records.insert(id, record);
        Some(id)
    }

    /// Makes a new link; the old one lives its time unless each call is to kill it.
    pub(crate) fn renew_link(&mut self, record_id: u64, kills_old: bool, at: Timestamp) {
        let Some(record) = self.records.get_mut(&record_id) else {
            return;
        };
        let link = Link::new(self.seed, record_id, record.links_made, at);
        record.links_made += 1;
        self.links.insert(link.key.clone(), (record_id, at));
        let old = std::mem::replace(&mut record.link, link);
        if kills_old && let Some((_, made_at)) = self.links.get_mut(&old.key) {
            *made_at = Timestamp::MIN;
        }
    }

    /// Whether a link made then still leads into the form.
    pub(crate) fn is_alive(&self, made_at: Timestamp, now: Timestamp) -> bool {
        now < later(made_at, self.config.link_lives)
    }

    /// What is true of a record's customer, if it has an `external_id`.
    pub(crate) fn truth_of(&mut self, record_id: u64) -> Option<&mut Truth> {
        self.person_of(record_id).map(|person| &mut person.truth)
    }

    pub(crate) fn person_of(&mut self, record_id: u64) -> Option<&mut Person> {
        let external_id = self.records.get(&record_id)?.external_id.as_deref()?;
        self.people.get_mut(external_id)
    }

    pub(crate) fn record_of(&self, external_id: &str) -> Option<&Record> {
        self.records.get(self.by_external_id.get(external_id)?)
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
            Task::Arrive { external_id } => self.arrive(&external_id, at)?,
            Task::Act {
                external_id,
                act,
                touch,
            } => self.act(&external_id, act, touch, at),
            Task::ComeBack {
                external_id,
                touch,
                finishes,
                resume_url,
            } => return self.come_back(external_id, (touch, finishes), resume_url, at),
            Task::RepairAlone { external_id, loss } => {
                let record = self.record_of(&external_id)?;
                if !record.is_authenticated && record.losses == loss {
                    self.return_to_form(&external_id, None, true, at);
                }
            }
            Task::BillFound { record, month, is_read } => self.bill_found(record, month, is_read, at)?,
            Task::BillsReady { record, login } => self.bills_ready(record, login, at)?,
            Task::IntervalsReady { record, login } => self.intervals_ready(record, login, at)?,
            Task::BillIssued { record, month } => self.bill_issued(record, month, at)?,
            Task::BillCorrected { bill } => self.bill_corrected(bill, at)?,
            Task::LoseAccess { record, login, reason } => {
                if self.records.get(&record)?.logins == login {
                    self.lose_access(record, reason, at);
                }
            }
            Task::TellLossAgain { record, loss, reason } => self.tell_loss_again(record, loss, reason, at)?,
            Task::Deliver(delivery) => {
                let receiver = self.webhook.clone()?;
                return Some(Errand::Deliver { delivery, receiver });
            }
        }
        None
    }

    fn arrive(&mut self, external_id: &str, at: Timestamp) -> Option<()> {
        let person = self.people.get_mut(external_id)?;
        let customer = person.customer.clone()?;
        if !self.by_external_id.contains_key(external_id) {
            if !customer.partner_creates {
                person.waits = true;
                return None;
            }
            let id = self.create(Some(external_id.to_owned()), at)?;
            let record = self.records.get_mut(&id)?;
            record.email = Some(customer.email.clone());
            record.utility = customer.utility_is_told.then_some(customer.utility);
        }
        let steps = script::alone(&customer, self.seed.rng(&["alone", external_id]));
        self.follow(external_id, steps, None, at);
        None
    }

    /// Takes the first step of a visit now and plans the others.
    pub(crate) fn follow(&mut self, external_id: &str, steps: Vec<Step>, touch: Option<u32>, at: Timestamp) {
        if let (Some(last), Some(person)) = (steps.last(), self.people.get_mut(external_id)) {
            person.busy_until = person.busy_until.max(Some(later(at, last.after)));
        }
        for Step { after, act } in steps {
            if after.is_zero() {
                self.act(external_id, act, touch, at);
            } else {
                let external_id = external_id.to_owned();
                let task = Task::Act {
                    external_id,
                    act,
                    touch,
                };
                self.agenda.add(later(at, after), task);
            }
        }
    }

    fn act(&mut self, external_id: &str, act: Act, touch: Option<u32>, at: Timestamp) {
        let Some(person) = self.people.get_mut(external_id) else {
            return;
        };
        match act {
            Act::Open => person.truth.visits += 1,
            Act::Fail => person.truth.refused_logins += 1,
            Act::LogIn => {
                let utility = person.customer.as_ref().map(|customer| customer.utility);
                let Some(id) = self.by_external_id.get(external_id).copied() else {
                    return;
                };
                if let Some(record) = self.records.get_mut(&id) {
                    record.utility = record.utility.or(utility);
                }
                self.log_in(id, touch, at);
            }
        }
    }
}
