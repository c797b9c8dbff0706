//! The state of the stand-in: who is where, what is known, and what will happen next.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::agenda::Agenda;
use crate::clock::later;
use crate::leap::customer::{Customer, Flow, MeterArrival};
use crate::leap::delivery::{Delivery, fate};
use crate::leap::event::Event;
use crate::leap::meter::Meter;
use crate::leap::population::{Device, Population};
use crate::leap::record::{Agreements, Record};
use crate::leap::script::{self, Act, Step};
use crate::leap::stats::{Stats, Truth};
use crate::leap::subscription::{InvalidWebhook, NewWebhook, Subscription};
use crate::leap::utilities::Utility;
use crate::leap::vocabulary::{AgreementStatus, AuthorizationStatus, EnrollmentStatus, SessionStatus};
use crate::seed::Seed;
use crate::trouble::Trouble;

/// Everything that changes, behind one lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: Seed,
    pub(crate) trouble: Trouble,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) meters: Vec<Meter>,
    pub(crate) stats: Stats,
    /// Errands that were handed out and have not been reported back.
    pub(crate) in_flight: usize,
    pub(crate) agenda: Agenda<Task>,
    pub(crate) people: BTreeMap<String, Person>,
    partner_id: String,
    direct_to_utility_visible: bool,
    webhooks_made: u64,
    tests_sent: u64,
    events_made: BTreeMap<String, u64>,
}

/// A reference and all that is known about it; not every one is a customer's.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) customer: Option<Customer>,
    pub(crate) truth: Truth,
    /// What the Connect API's record became, and when.
    versions: Vec<(Timestamp, Record)>,
    /// Until when the customer is at it, as far as is planned.
    pub(crate) busy_until: Option<Timestamp>,
    /// What the customer will do once they have found the way back to their link.
    pub(crate) returning: Option<Returning>,
}

/// A customer on their way back from a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returning {
    pub(crate) touch: u32,
    pub(crate) finishes: bool,
}

/// Something that happens at its moment.
#[derive(Debug)]
pub(crate) enum Task {
    Arrive {
        reference: String,
    },
    Act {
        reference: String,
        act: Act,
        touch: Option<u32>,
    },
    ComeBack {
        reference: String,
        resume_url: Option<Url>,
    },
    MeterAppears {
        reference: String,
    },
    DeviceAppears(Device),
    MeterMoves {
        meter_id: String,
        status: EnrollmentStatus,
    },
    Attempt(Delivery),
}

/// Something that has to be done over HTTP, and reported back.
#[derive(Debug)]
pub(crate) enum Errand {
    Deliver {
        delivery: Delivery,
        subscription: Subscription,
    },
    Visit {
        reference: String,
        resume_url: Url,
        link: String,
    },
}

impl Person {
    pub(crate) fn record(&self) -> Option<&Record> {
        self.versions.last().map(|(_, record)| record)
    }

    fn record_as_of(&self, at: Timestamp) -> Option<&Record> {
        let seen = |(since, _): &&(Timestamp, Record)| *since <= at;
        self.versions.iter().rev().find(seen).map(|(_, record)| record)
    }
}

impl World {
    pub(crate) fn new(seed: Seed, direct_to_utility_visible: bool) -> Self {
        Self {
            seed,
            trouble: Trouble::default(),
            subscriptions: BTreeMap::new(),
            meters: Vec::new(),
            stats: Stats::default(),
            in_flight: 0,
            agenda: Agenda::new(),
            people: BTreeMap::new(),
            partner_id: seed.uuid(&["partner"]),
            direct_to_utility_visible,
            webhooks_made: 0,
            tests_sent: 0,
            events_made: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, population: Population) {
        for customer in population.customers {
            let reference = customer.reference.clone();
            self.agenda.add(
                customer.arrives_at,
                Task::Arrive {
                    reference: reference.clone(),
                },
            );
            let person = self.people.entry(reference).or_default();
            person.truth.habit = Some(customer.habit);
            person.customer = Some(customer);
        }
        for device in population.devices {
            self.agenda.add(device.appears_at, Task::DeviceAppears(device));
        }
    }

    pub(crate) fn subscribe(&mut self, stated: NewWebhook) -> Result<String, InvalidWebhook> {
        let subscription = Subscription::try_from(stated)?;
        let webhook_id = self.seed.uuid(&["webhook", &self.webhooks_made.to_string()]);
        self.webhooks_made += 1;
        self.subscriptions.insert(webhook_id.clone(), subscription);
        Ok(webhook_id)
    }

    /// An id for an event that never happened.
    pub(crate) fn test_event_id(&mut self, webhook_id: &str) -> String {
        self.tests_sent += 1;
        let number = self.tests_sent.to_string();
        self.seed.uuid(&["test", webhook_id, &number])
    }

    /// The records the Connect API shows at a moment, lagging behind if it is to: that of one
    /// reference, or all.
    pub(crate) fn records(&self, reference: Option<&str>, now: Timestamp) -> impl Iterator<Item = &Record> {
        let lag = SignedDuration::from_secs(i64::from(self.trouble.connect_lag_seconds));
        let seen_until = later(now, -lag);
        let (one, all) = match reference {
            Some(reference) => (self.people.get(reference), None),
            None => (None, Some(self.people.values())),
        };
        let people = one.into_iter().chain(all.into_iter().flatten());
        people.filter_map(move |person| {
            let is_direct = person
                .customer
                .as_ref()
                .is_some_and(|customer| customer.flow == Flow::DirectToUtility);
            if is_direct && !self.direct_to_utility_visible {
                return None;
            }
            person.record_as_of(seen_until)
        })
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
            Task::Arrive { reference } => {
                let customer = self.people.get(&reference)?.customer.as_ref()?;
                let steps = script::alone(customer, self.seed.rng(&["alone", &reference]));
                self.follow(&reference, steps, None, at);
                None
            }
            Task::Act { reference, act, touch } => {
                self.act(&reference, &act, touch, at);
                None
            }
            Task::ComeBack { reference, resume_url } => self.come_back(reference, resume_url, at),
            Task::MeterAppears { reference } => {
                self.meter_appears(&reference, at);
                None
            }
            Task::DeviceAppears(device) => {
                let meter_id = self.seed.uuid(&["device", &device.partner_reference]);
                let reference = &device.partner_reference;
                let meter = Meter::of_device(meter_id, reference, device.utility, at);
                self.emit(&Event::meter_created(&meter), at);
                self.meters.push(meter);
                None
            }
            Task::MeterMoves { meter_id, status } => {
                let meter = self.meters.iter_mut().find(|meter| meter.meter_id == meter_id)?;
                meter.audit.updated_at = at;
                let event = Event::meter_status(meter, status);
                self.emit(&event, at);
                None
            }
            Task::Attempt(delivery) => {
                // A subscription deleted meanwhile gets nothing more.
                let subscription = self.subscriptions.get(&delivery.webhook_id)?.clone();
                Some(Errand::Deliver { delivery, subscription })
            }
        }
    }

    /// Somebody opens a link: the page of Connect, or of a utility reached directly.
    pub(crate) fn open(&mut self, reference: &str, region: &str, direct: Option<&'static Utility>, at: Timestamp) {
        let person = self.people.entry(reference.to_owned()).or_default();
        if let (Some(customer), Some(returning)) = (&person.customer, person.returning.take()) {
            let reading = person.truth.messages_read.to_string();
            let rng = self.seed.rng(&["returning", reference, &reading]);
            let steps = script::returning(customer, person.record(), returning.finishes, rng);
            self.follow(reference, steps, Some(returning.touch), at);
            return;
        }
        // Anybody can open anybody's link; nothing further is known of what they do then.
        self.begin_customers_record(reference, at);
        let agreements = match direct {
            None => Agreements::unanswered(true, false),
            Some(_) => Agreements::none_required(),
        };
        self.begin_record(reference, region, agreements, at);
        let act = direct.map_or(Act::Open, Act::Reach);
        self.act(reference, &act, None, at);
    }

    /// Takes the first step of a session now and plans the others.
    pub(crate) fn follow(&mut self, reference: &str, steps: Vec<Step>, touch: Option<u32>, at: Timestamp) {
        if let (Some(last), Some(person)) = (steps.last(), self.people.get_mut(reference)) {
            person.busy_until = person.busy_until.max(Some(later(at, last.after)));
        }
        for Step { after, act } in steps {
            if after.is_zero() {
                self.act(reference, &act, touch, at);
            } else {
                let reference = reference.to_owned();
                let task = Task::Act { reference, act, touch };
                self.agenda.add(later(at, after), task);
            }
        }
    }

    fn act(&mut self, reference: &str, act: &Act, touch: Option<u32>, at: Timestamp) {
        let Some(person) = self.people.get_mut(reference) else {
            return;
        };
        person.truth.last_activity_at = person.truth.last_activity_at.max(Some(at));
        self.begin_customers_record(reference, at);
        let session = |status| Event::session(reference, status);
        let authorization = |utility, status| Event::authorization(reference, utility, status);
        match act {
            Act::Open => {
                self.count_session(reference);
                self.emit(&session(SessionStatus::Created), at);
            }
            Act::FillForm => {
                self.change(reference, at, |_| {});
                self.emit(&session(SessionStatus::Updated), at);
            }
            Act::Attest => {
                self.change(reference, at, |record| {
                    record.agreements.attestation = AgreementStatus::Completed;
                });
                self.emit(&session(SessionStatus::Updated), at);
            }
            Act::Agree => {
                self.change(reference, at, |record| {
                    record.agreements.participation = AgreementStatus::Completed;
                });
                self.emit(&session(SessionStatus::Updated), at);
            }
            // Whoever declines does not get to a next step, so there is no event for it.
            Act::Decline => self.change(reference, at, |record| {
                record.agreements.participation = AgreementStatus::Declined;
            }),
            Act::DescribeGenerator(generator) => {
                self.change(reference, at, |record| {
                    record.agreements.describe_generator(*generator);
                });
                self.emit(&session(SessionStatus::Updated), at);
            }
            Act::Reach(utility) => {
                if self.is_direct(reference) {
                    self.count_session(reference);
                }
                let uuid = self.authorization_uuid(reference, utility);
                self.change(reference, at, |record| record.reach(utility, &uuid, at));
                self.emit(&authorization(utility, AuthorizationStatus::Initiated), at);
            }
            Act::Fail(utility, code) => {
                self.change(reference, at, |record| record.fail(utility, *code, at));
                self.emit(&authorization(utility, AuthorizationStatus::Failed), at);
            }
            Act::Authorize(utility) => {
                self.change(reference, at, |record| record.authorize(utility, at));
                self.emit(&authorization(utility, AuthorizationStatus::Completed), at);
                if self.is_direct(reference) {
                    self.complete(reference, touch, at);
                }
            }
            Act::Finish => {
                if self.complete(reference, touch, at) {
                    self.emit(&session(SessionStatus::Completed), at);
                }
            }
            Act::Close => self.emit(&session(SessionStatus::Closed), at),
        }
    }

    /// Completes a record if nothing is missing, and says whether it is complete now.
    fn complete(&mut self, reference: &str, touch: Option<u32>, at: Timestamp) -> bool {
        self.change(reference, at, |record| {
            record.complete();
        });
        let Some(person) = self.people.get_mut(reference) else {
            return false;
        };
        let is_complete = person.record().is_some_and(Record::is_complete);
        if is_complete && person.truth.completed_at.is_none() {
            person.truth.completed_at = Some(at);
            person.truth.completed_after_touch = touch;
            let meter = person.customer.as_ref().map(|customer| customer.meter);
            if let Some(MeterArrival::After(time)) = meter {
                let reference = reference.to_owned();
                self.agenda.add(later(at, time), Task::MeterAppears { reference });
            }
        }
        is_complete
    }

    fn meter_appears(&mut self, reference: &str, at: Timestamp) {
        let Some(person) = self.people.get_mut(reference) else {
            return;
        };
        person.truth.meter_created_at = Some(at);
        let Some(customer) = &person.customer else {
            return;
        };
        // One account has one meter, however many references led to its authorization.
        let shared = self.meters.iter_mut().find(|meter| {
            customer
                .also
                .as_ref()
                .is_some_and(|also| meter.connection_references.contains(also))
        });
        if let Some(meter) = shared {
            meter.connection_references.push(reference.to_owned());
            meter.audit.updated_at = at;
            return;
        }
        let meter_id = self.seed.uuid(&["meter", reference]);
        let meter = Meter::of_customer(meter_id.clone(), customer, at);
        for (after, status) in [
            (SignedDuration::from_mins(10), EnrollmentStatus::Pending),
            (SignedDuration::from_hours(26), EnrollmentStatus::Active),
        ] {
            let meter_id = meter_id.clone();
            self.agenda.add(later(at, after), Task::MeterMoves { meter_id, status });
        }
        self.emit(&Event::meter_created(&meter), at);
        self.meters.push(meter);
    }

    fn emit(&mut self, event: &Event, at: Timestamp) {
        let number = self.events_made.entry(event.subject.clone()).or_default();
        let event_id = self.seed.uuid(&["event", &event.subject, &number.to_string()]);
        *number += 1;
        let body = event.enveloped(&event_id);
        for (webhook_id, subscription) in &self.subscriptions {
            if !subscription.stated.event_types.contains(&event.event_type) {
                continue;
            }
            let fate = fate(
                self.seed,
                &self.trouble,
                &event_id,
                webhook_id,
                (&event.subject, &body),
                at,
            );
            self.stats.deliveries.events += 1;
            self.stats.deliveries.lost += u64::from(fate.is_lost);
            self.stats.deliveries.late += u64::from(fate.is_late);
            for delivery in fate.deliveries {
                if let Some(due_at) = delivery.due_at() {
                    self.agenda.add(due_at, Task::Attempt(delivery));
                }
            }
        }
    }

    fn change(&mut self, reference: &str, at: Timestamp, change: impl FnOnce(&mut Record)) {
        let Some(person) = self.people.get_mut(reference) else {
            return;
        };
        let Some(mut record) = person.record().cloned() else {
            return;
        };
        if let Some(customer) = &person.customer {
            record.step(&customer.requested, customer.requested_is_required);
        }
        change(&mut record);
        person.versions.push((at, record));
    }

    fn begin_customers_record(&mut self, reference: &str, at: Timestamp) {
        let person = self.people.get(reference);
        let Some(customer) = person.and_then(|person| person.customer.as_ref()) else {
            return;
        };
        let agreements = match customer.flow {
            Flow::Connect => Agreements::unanswered(customer.generator_asked, customer.camel_case_generator),
            Flow::DirectToUtility => Agreements::none_required(),
        };
        self.begin_record(reference, customer.utility.region, agreements, at);
    }

    fn begin_record(&mut self, reference: &str, region: &str, agreements: Agreements, at: Timestamp) {
        let id = format!("{region}_{}_{reference}", self.partner_id);
        let person = self.people.entry(reference.to_owned()).or_default();
        if person.versions.is_empty() {
            let record = Record::new(id, region, reference, agreements, at);
            person.versions.push((at, record));
        }
    }

    fn count_session(&mut self, reference: &str) {
        if let Some(person) = self.people.get_mut(reference) {
            person.truth.sessions += 1;
        }
    }

    fn is_direct(&self, reference: &str) -> bool {
        self.people
            .get(reference)
            .and_then(|person| person.customer.as_ref())
            .is_some_and(|customer| customer.flow == Flow::DirectToUtility)
    }

    fn authorization_uuid(&self, reference: &str, utility: &Utility) -> String {
        let events = self.events_made.get(reference).copied().unwrap_or_default();
        self.seed
            .uuid(&["authorization", reference, utility.code, &events.to_string()])
    }
}
