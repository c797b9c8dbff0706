//! The world of one case: everything durable, what is still to come, and what the oracle remembers.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use journey::campaign::Channel;
use journey::contact::{Contact, Inbox};
use journey::port::{Versioned, Watermark};
use journey::{AddressId, ContactId, IdKey, JourneyId, Lane, Purpose, SendKey, Timer, TimerWhy};
use rand::RngExt;

use crate::case::{Case, Customer, MINUTE, SECOND, ts};
use crate::fault::{self, Fault, Kind, Of, Who, draw_for};
use crate::moment::Moment;
use crate::oracle::{Breach, Message, Oracle};
use crate::record::{Record, Said};
use crate::stream::Stream;

/// The key of every case's identifiers.
pub(crate) fn id_key() -> &'static IdKey {
    static KEY: std::sync::OnceLock<IdKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| IdKey::new(*b"an invented key of 32 bytes long").unwrap())
}

/// What of a case is left out when it is told again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    pub(crate) customers: BTreeSet<u8>,
    pub(crate) acts: BTreeSet<(u8, usize)>,
    /// Only these faults happen.
    pub(crate) faults: Option<BTreeSet<Fault>>,
}

/// Something to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    /// A customer, or the partner, does something.
    Act { customer: u8, act: u32 },
    /// A webhook arrives: by its act, a delivery in the provider's count, or one too many (from 100 on).
    Deliver { customer: u8, act: u32, delivery: u16 },
    /// A call of a contact's use case, and its repetitions.
    Contact { customer: u8, act: u32, attempt: u16 },
    /// A schedule of a journey's fires.
    Fire { row: u8, generation: u32, firing: u16 },
    /// The sender's event arrives.
    Told { customer: u8, message: u32, event: u16 },
    /// The provider's changes are read, if nobody did in this minute.
    Pass,
    /// Overdue timers are looked for.
    Sweep,
    /// Due meters are looked for.
    Meters,
    /// The stream is read.
    Stream,
    /// An invocation goes on.
    Wake(u32),
    /// An invocation dies.
    Dies(u32),
}

/// One journey in the table. The first rows are the customers' ways to a first connection, in their order; after
/// them come the other journeys of Bayou's customers.
#[derive(Debug)]
pub(crate) struct Row {
    /// Whose it is.
    pub(crate) customer: usize,
    pub(crate) purpose: Purpose,
    pub(crate) journey_id: JourneyId,
    pub(crate) journey: Option<Versioned>,
    /// What a stale index shows: timers with when they were written.
    pub(crate) indexed: Vec<(i64, Option<Timer>)>,
}

/// One customer in the table and at the provider.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) contact_id: ContactId,
    pub(crate) contact: Option<Contact>,
    /// The contact's.
    pub(crate) addresses: Addresses,
    /// Since when the contact is what it is.
    pub(crate) stored_at: i64,
    pub(crate) record: Record,
    /// How often each of their moments has come.
    pub(crate) moments: [u8; 6],
}

/// A journey, in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    customer: usize,
    purpose: Purpose,
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let back = match self.purpose {
            Purpose::Enroll => "",
            Purpose::Reconnect => "'s way back",
        };
        write!(f, "customer {}{back}", self.customer)
    }
}

/// The most customers, and the most journeys, of a case.
pub(crate) const MOST_JOURNEYS: usize = 10;

/// The names of a contact's inboxes, worked out when it is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    pub(crate) ledger: Option<AddressId>,
    pub(crate) channels: BTreeMap<Channel, AddressId>,
}

/// What is known of a running invocation.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) who: Who,
    pub(crate) started_at: i64,
    pub(crate) deadline: i64,
    pub(crate) skew: i64,
    pub(crate) calls: u16,
    pub(crate) disturbed: bool,
    /// By customer: what did the provider say, when asked?
    pub(crate) asked: [Option<Said>; MOST_JOURNEYS],
    /// By journey: is it over, or was there none, as the last reads told?
    pub(crate) read_over: [bool; MOST_JOURNEYS],
    pub(crate) read_at: [Option<i64>; MOST_JOURNEYS],
    /// By journey: was it over when this last wrote it?
    pub(crate) wrote_over: [bool; MOST_JOURNEYS],
    /// By customer: which channels did the last read of the person bar?
    pub(crate) barred: [[bool; 4]; MOST_JOURNEYS],
    /// By customer: when the person was read last, and the addresses that were found.
    pub(crate) found: [Option<Found>; MOST_JOURNEYS],
    /// What is handed to a sender and not answered yet.
    pub(crate) sending: Option<SendKey>,
}

/// What a read of a person found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: i64,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) device: Option<String>,
}

/// What happens at one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Goes,
    DiesBefore,
    DiesAfter,
    Fails,
    AnswerLost,
    /// A sender or provider answers so.
    Answers(u32),
}

/// A call, as it was drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) before: i64,
    pub(crate) after: i64,
    pub(crate) fate: Fate,
}

/// What a port does, for what may go wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Store,
    Scheduler,
    Index,
    Provider,
    Sender,
}

/// Everything in it.
pub(crate) struct State {
    pub(crate) now: i64,
    queue: BinaryHeap<Reverse<(i64, u64, Item)>>,
    sequence: u64,
    pub(crate) case: Arc<Case>,
    pub(crate) cut: Cut,
    pub(crate) campaign: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) people: Vec<Person>,
    pub(crate) inboxes: BTreeMap<AddressId, Inbox>,
    pub(crate) watermark: Option<Watermark>,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) in_flight: BTreeSet<SendKey>,
    pub(crate) fired: BTreeSet<Fault>,
    pub(crate) story: Option<Vec<String>>,
    /// In some cases.
    pub(crate) stream: Option<Stream>,
    pub(crate) oracle: Oracle,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) next_sweep: i64,
    pub(crate) next_pass: i64,
    /// Has the last pass of the reconciliation left nothing behind?
    pub(crate) caught_up: bool,
    /// Since when none has.
    pub(crate) behind_since: Option<i64>,
    pub(crate) next_meters: i64,
    pub(crate) counters: u64,
    /// Everything is at rest by then.
    pub(crate) ends: i64,
}

impl State {
    pub(crate) fn new(case: Arc<Case>, cut: Cut, telling: bool) -> Self {
        let people = case.customers.iter().map(|customer| {
            let (provider, reference) = (customer.contact.provider, &customer.contact.reference);
            Person {
                contact_id: ContactId::new(id_key(), provider, reference),
                contact: None,
                addresses: Addresses::default(),
                stored_at: case.begins,
                record: Record::of(customer),
                moments: [0; 6],
            }
        });
        let rows = [Purpose::Enroll, Purpose::Reconnect].into_iter().flat_map(|purpose| {
            let has = move |customer: &&Customer| customer.contact.provider.purposes().contains(&purpose);
            let customers = case.customers.iter().enumerate();
            customers
                .filter(move |(_, customer)| has(customer))
                .map(move |(number, customer)| Row {
                    customer: number,
                    purpose,
                    journey_id: JourneyId::new(
                        id_key(),
                        customer.contact.provider,
                        purpose,
                        &customer.contact.reference,
                    ),
                    journey: None,
                    indexed: Vec::new(),
                })
        });
        State {
            now: case.begins,
            queue: BinaryHeap::new(),
            sequence: 0,
            campaign: case.campaign,
            rows: rows.collect(),
            people: people.collect(),
            inboxes: BTreeMap::new(),
            watermark: None,
            invocations: Vec::new(),
            in_flight: BTreeSet::new(),
            fired: BTreeSet::new(),
            story: telling.then(Vec::new),
            stream: case.streamed.then(Stream::default),
            oracle: Oracle::default(),
            breaches: Vec::new(),
            next_sweep: i64::MIN,
            next_pass: i64::MIN,
            caught_up: false,
            behind_since: None,
            next_meters: i64::MIN,
            counters: 0,
            ends: case.ends,
            case,
            cut,
        }
    }

    pub(crate) fn push(&mut self, at: i64, item: Item) {
        self.sequence += 1;
        self.queue.push(Reverse((at.max(self.now), self.sequence, item)));
    }

    /// What comes next, until `last`.
    pub(crate) fn pop(&mut self, last: i64) -> Option<(i64, Item)> {
        self.queue.peek().filter(|Reverse((at, ..))| *at <= last)?;
        self.queue.pop().map(|Reverse((at, _, item))| (at, item))
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(format!("{}  {}", ts(self.now), line()));
        }
    }

    pub(crate) fn breach(&mut self, invariant: &'static str, what: String) {
        self.tell(|| format!("BREACH {invariant}: {what}"));
        self.breaches.push(Breach { invariant, what });
    }

    pub(crate) fn row(&self, journey: &JourneyId) -> Option<usize> {
        self.rows.iter().position(|row| row.journey_id == *journey)
    }

    /// The customer's journey of a purpose, if their provider has it.
    pub(crate) fn row_of(&self, customer: usize, purpose: Purpose) -> Option<usize> {
        let is = |row: &Row| row.customer == customer && row.purpose == purpose;
        self.rows.iter().position(is)
    }

    pub(crate) fn customer_of(&self, journey: &JourneyId) -> Option<usize> {
        self.row(journey).map(|row| self.rows[row].customer)
    }

    pub(crate) fn customer_of_contact(&self, contact: &ContactId) -> Option<usize> {
        self.people.iter().position(|person| person.contact_id == *contact)
    }

    pub(crate) fn name(&self, row: usize) -> Name {
        let Row { customer, purpose, .. } = self.rows[row];
        Name { customer, purpose }
    }

    /// Does this fault happen here and now? `chance` is in 1,000 of the case's rate.
    pub(crate) fn strikes(&mut self, kind: Kind, who: Who, call: u16, drawn: u32, chance: u32) -> bool {
        if !self.case.kinds.has(kind) || self.now >= self.case.faults_end {
            return false;
        }
        if drawn % 1_000_000 >= self.case.rate * chance {
            return false;
        }
        let fault = Fault { who, call, kind };
        if self.cut.faults.as_ref().is_some_and(|kept| !kept.contains(&fault)) {
            return false;
        }
        self.fired.insert(fault);
        self.tell(|| format!("  ! {} hits {who}, call {call}", kind.word()));
        true
    }

    /// Draws what happens at the next call of an invocation.
    pub(crate) fn plan(&mut self, index: u32, service: Service) -> Plan {
        let seed = self.case.seed;
        let Some(invocation) = self.invocations.get_mut(index as usize) else {
            return Plan {
                before: 0,
                after: 0,
                fate: Fate::Goes,
            };
        };
        invocation.calls += 1;
        let (who, call) = (invocation.who, invocation.calls);
        // Between the provider's answer and the message every step counts.
        let hot = self.case.racy && who.of == Of::Fire && invocation.asked.iter().flatten().any(Said::is_open);
        let mut latency = draw_for(seed, fault::Stream::Latency, who, call);
        let longest = if service == Service::Provider { 400 } else { 50 };
        let mut before = latency.random_range(1..longest);
        let mut after = latency.random_range(1..20);
        let mut fate = Fate::Goes;
        if self.case.kinds != crate::Kinds::NONE && self.now < self.case.faults_end {
            let mut random = draw_for(seed, fault::Stream::Fault, who, call);
            let drawn: [u32; 5] = random.random();
            let how: u32 = random.random();
            if self.strikes(Kind::Slow, who, call, drawn[0], if hot { 1_500 } else { 300 }) {
                let long = match latency.random_range(0..3) {
                    0 if hot => latency.random_range(20..400),
                    _ => latency.random_range(SECOND..40 * SECOND),
                };
                if how.is_multiple_of(2) {
                    before += long
                } else {
                    after += long
                }
            }
            let fails = match service {
                Service::Store | Service::Scheduler | Service::Index => Kind::StoreFails,
                Service::Provider => Kind::ProviderFails,
                Service::Sender => Kind::SenderThrottles,
            };
            if service == Service::Sender {
                let kinds = [Kind::SenderThrottles, Kind::SenderRefuses, Kind::SenderSilent];
                for (number, kind) in kinds.into_iter().enumerate() {
                    if fate == Fate::Goes && self.strikes(kind, who, call, drawn[number + 1], 1_000) {
                        fate = Fate::Answers(number as u32 * 2 + how / 2 % 2);
                    }
                }
            } else if self.strikes(fails, who, call, drawn[1], 500) {
                fate = match service {
                    Service::Provider => Fate::Answers(how / 2),
                    _ if (how / 2).is_multiple_of(2) => Fate::Fails,
                    _ => Fate::AnswerLost,
                };
            }
            if self.strikes(Kind::Killed, who, call, drawn[4], if hot { 900 } else { 300 }) {
                fate = if (how / 4).is_multiple_of(2) {
                    Fate::DiesBefore
                } else {
                    Fate::DiesAfter
                };
            }
        }
        let disturbed = fate != Fate::Goes || before + after > SECOND;
        if let Some(invocation) = self.invocations.get_mut(index as usize) {
            invocation.disturbed |= disturbed;
        }
        Plan { before, after, fate }
    }

    /// A schedule is made; it fires once, or as its faults have it.
    pub(crate) fn arm(&mut self, journey: &JourneyId, timer: &Timer) {
        let Some(row) = self.row(journey) else { return };
        let first = self.oracle.armed.insert((row, timer.generation));
        if timer.why.lane() == Lane::Meter {
            return;
        }
        if timer.why == TimerWhy::Touch {
            self.moment(self.rows[row].customer, Moment::Due, timer.due.as_millisecond());
        }
        let (row, generation) = (row as u8, timer.generation);
        let who = Who {
            of: Of::Fire,
            customer: row,
            a: generation,
            b: 0,
        };
        let mut random = draw_for(self.case.seed, fault::Stream::Fault, who, 0);
        let drawn: [u32; 4] = random.random();
        let mut at = timer.due.as_millisecond() + i64::from(drawn[0] % 3_000);
        if self.strikes(Kind::TimerLost, who, 0, drawn[1], 500) {
            return;
        }
        if self.strikes(Kind::TimerLate, who, 0, drawn[2], 1_000) {
            let outage = random.random_ratio(1, 4);
            at += random.random_range(0..if outage { 30 * 60 * MINUTE } else { MINUTE });
        }
        self.push(
            at,
            Item::Fire {
                row,
                generation,
                firing: 0,
            },
        );
        // Each of two calls at once arms the next timer: were those doubled too, they would be a flood.
        let twice = if self.case.racy && generation < 40 {
            3_000
        } else {
            1_000
        };
        if first && self.strikes(Kind::TimerTwice, who, 0, drawn[3], twice) {
            let at = at + [0, 5, 40, 150, 400, 1_500, 3_000, 90_000][random.random_range(0..8)];
            self.push(
                at,
                Item::Fire {
                    row,
                    generation,
                    firing: 100,
                },
            );
        }
    }

    /// Takes a message over.
    pub(crate) fn deliver(&mut self, key: &SendKey, to: &str) -> String {
        let Some(row) = self.row(&key.journey) else {
            return String::new();
        };
        let (name, customer) = (self.name(row), self.rows[row].customer);
        self.tell(|| {
            format!(
                "    {name} GETS touch {} of episode {} by {}",
                key.touch.0,
                key.episode,
                key.channel.as_str()
            )
        });
        let number = self.oracle.messages.len() as u32;
        let message = Message {
            key: key.clone(),
            row,
            at: self.now,
            to: to.to_owned(),
        };
        self.judge_message(&message);
        self.oracle.messages.push(message);
        self.moment(customer, Moment::Sent, self.now);
        if key.channel.is_email() {
            self.push(
                self.now + 2 * SECOND,
                Item::Told {
                    customer: customer as u8,
                    message: number,
                    event: 0,
                },
            );
        }
        format!("message-{number}")
    }
}

/// The next multiple of a span at or after a time.
pub(crate) fn next(at: i64, span: i64) -> i64 {
    (at + span - 1).div_euclid(span) * span
}
