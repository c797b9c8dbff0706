//! Invented customers, the stream of their writes, and a world behind it that may fail at any step.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

use core::future::pending;
use std::collections::BTreeMap;
use std::sync::Mutex;

use announce::{Links, Record};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Inbox, Known, Locale, OptOut};
use journey::link::LinkKey;
use journey::port::{
    Announce, Announcement, Clock, CommitError, Count, CountOnce, DailyCount, FindContact, LoadJourney, StoreError,
    Versioned,
};
use journey::{
    Campaign, ContactId, Event, Flow, IdKey, Journey, JourneyId, MeterFound, MeterKind, Provider, Purpose, Reference,
    UtilityCode, decide, stored,
};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn id_key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

pub(crate) fn reference(n: usize) -> Reference {
    Reference::new(format!("site-{n}")).unwrap()
}

pub(crate) fn journey_id(n: usize) -> JourneyId {
    JourneyId::new(&id_key(), Provider::Leap, Purpose::Enroll, &reference(n))
}

/// One customer and what was written of them.
pub(crate) struct Customer {
    campaign: Campaign,
    journey: Journey,
    now: Timestamp,
    version: u64,
    pub(crate) writes: Vec<Record>,
}

impl Customer {
    pub(crate) fn new(n: usize) -> Self {
        let campaign = Campaign::standard();
        let now = at("2026-07-01T23:30:00Z");
        Customer {
            journey: Journey::begin(
                journey_id(n),
                Provider::Leap,
                Purpose::Enroll,
                Flow::DirectToUtility,
                now,
                &campaign,
            ),
            campaign,
            now,
            version: 0,
            writes: Vec::new(),
        }
    }

    /// A customer of Bayou's, on one of the two ways.
    pub(crate) fn of_bayou(n: usize, purpose: Purpose) -> Self {
        let mut customer = Customer::new(n);
        let id = JourneyId::new(&id_key(), Provider::Bayou, purpose, &reference(n));
        let flow = Flow::Unknown;
        customer.journey = Journey::begin(id, Provider::Bayou, purpose, flow, customer.now, &customer.campaign);
        customer
    }

    /// A customer of Light's, on the way to a plan.
    pub(crate) fn of_light(n: usize) -> Self {
        let mut customer = Customer::new(n);
        let id = JourneyId::new(&id_key(), Provider::Light, Purpose::Enroll, &reference(n));
        let (flow, now) = (Flow::Unknown, customer.now);
        customer.journey = Journey::begin(id, Provider::Light, Purpose::Enroll, flow, now, &customer.campaign);
        customer
    }

    pub(crate) fn later(mut self, minutes: i64) -> Self {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    /// Something happens; if it is written, the stream has it.
    pub(crate) fn event(mut self, event: Event) -> Self {
        let next = decide(&self.journey, &event.into(), self.now, &self.campaign).next;
        if next == self.journey {
            return self;
        }
        self.version += 1;
        let id = &next.id;
        self.writes.push(Record {
            id: format!("event-{id}-{}", self.version),
            sequence: String::new(),
            journey: id.clone(),
            before: (self.version > 1).then(|| stored::encode(&self.journey)),
            after: Some(stored::encode(&next)),
        });
        self.journey = next;
        self
    }

    pub(crate) fn fires(self) -> Self {
        let timer = self.journey.timer.clone().unwrap();
        let wait = timer.due.duration_since(self.now).as_mins() + 1;
        let generation = timer.generation;
        self.later(wait.max(0)).event(Event::TimerFired { generation })
    }

    pub(crate) fn meters(self, meters: Vec<MeterFound>) -> Self {
        let timer = self.journey.timer.clone().unwrap();
        let wait = timer.due.duration_since(self.now).as_mins() + 1;
        let generation = timer.generation;
        self.later(wait.max(0)).event(Event::MetersSeen { generation, meters })
    }

    pub(crate) fn journey(&self) -> &Journey {
        &self.journey
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn is_by(&self, channel: Channel) -> bool {
        self.campaign.sends_by(channel)
    }

    /// Every touch goes by this channel.
    pub(crate) fn by(mut self, channel: Channel) -> Self {
        for rule in &mut self.campaign.touches {
            rule.channels = vec![channel];
        }
        self
    }
}

pub(crate) fn meter() -> MeterFound {
    MeterFound {
        kind: MeterKind::UtilityMeter,
        created_by_partner: false,
        authorized_by_reference: true,
        archived: false,
        created_at: None,
    }
}

/// Starts, goes on in ways that nobody hears of, finishes, and the meter arrives.
pub(crate) fn finisher(n: usize) -> Customer {
    let utility = UtilityCode::parse(&format!("U{n}"));
    Customer::new(n)
        .event(Event::LoginReached {
            utility: utility.clone(),
        })
        .later(1)
        .event(Event::StepReached)
        .later(1)
        .event(Event::LoginFailed { utility })
        .later(40)
        .event(Event::SessionCompleted)
        .meters(vec![meter()])
}

/// The customers' writes in one stream: each customer's in order, all of them interleaved.
pub(crate) fn stream(customers: Vec<Customer>) -> Vec<Record> {
    let mut queues: Vec<_> = customers
        .into_iter()
        .map(|customer| customer.writes.into_iter())
        .collect();
    let mut records = Vec::new();
    let mut round = 0;
    while queues.iter().any(|queue| queue.len() > 0) {
        for (n, queue) in queues.iter_mut().enumerate() {
            if (n + round) % 3 != 0
                && let Some(record) = queue.next()
            {
                records.push(record);
            }
        }
        round += 1;
    }
    for (place, record) in records.iter_mut().enumerate() {
        record.sequence = format!("{place:021}");
    }
    records
}

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process dies before it.
    DiesBefore,
    /// The process dies when it is done.
    DiesAfter,
    /// It says that it has not happened, and it has not.
    Fails,
    /// It says that it has not happened, but it has.
    AnswerLost,
}

impl Fault {
    pub(crate) const ALL: [Fault; 4] = [Fault::DiesBefore, Fault::DiesAfter, Fault::Fails, Fault::AnswerLost];
}

/// What is behind the ports: partners who hear events, counters, marks.
#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) heard: Vec<Announcement>,
    pub(crate) counters: BTreeMap<(String, String), u64>,
    pub(crate) marks: BTreeMap<String, usize>,
    pub(crate) totals: BTreeMap<String, u64>,
    pub(crate) known: BTreeMap<JourneyId, Contact>,
    /// As they are now, whatever the stream says of before.
    pub(crate) journeys: BTreeMap<JourneyId, Journey>,
    pub(crate) now: Timestamp,
    pub(crate) steps: usize,
    pub(crate) faults: Vec<(usize, Fault)>,
    pub(crate) most_counters: usize,
}

impl World {
    pub(crate) fn failing(faults: &[(usize, Fault)]) -> Self {
        let world = World::default();
        world.look(|state| state.faults = faults.to_vec());
        world
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    /// One call of a port: the next step, which may fail.
    async fn step<T>(&self, effect: impl FnOnce(&mut State) -> T, failure: impl FnOnce() -> T) -> T {
        let answer = self.look(|state| {
            state.steps += 1;
            let fault = state.faults.iter().find(|(step, _)| *step == state.steps);
            match fault.map(|(_, fault)| *fault) {
                None => Some(effect(state)),
                Some(Fault::DiesBefore) => None,
                Some(Fault::DiesAfter) => {
                    effect(state);
                    None
                }
                Some(Fault::Fails) => Some(failure()),
                Some(Fault::AnswerLost) => {
                    effect(state);
                    Some(failure())
                }
            }
        });
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    /// One reading; `None` when the process died in it.
    pub(crate) fn read(&self, batch: &[Record]) -> Option<Vec<String>> {
        announce::handle(self, &links(), batch).now_or_never()
    }
}

fn out_of_reach() -> StoreError {
    StoreError::Unavailable("out of reach in this step".into())
}

impl FindContact for World {
    async fn find_contact(&self, _: &ContactId) -> Result<Option<Known>, StoreError> {
        panic!("nobody asks for contacts by their own name")
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        let answer = |state: &mut State| {
            Ok(state
                .known
                .get(journey)
                .map(|contact| Known::new(&id_key(), contact.clone(), |_| Inbox::default())))
        };
        self.step(answer, || Err(out_of_reach())).await
    }
}

pub(crate) fn contact() -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: reference(1),
        email: Some("ana@example.com".to_owned()),
        phone: None,
        push: None,
        consent: std::collections::BTreeMap::new(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::En,
        zone: None,
        state: None,
        flow: Flow::Connect,
        region: None,
        classification: Classification::Residential,
        utility: None,
        link: None,
        sharing_ends_at: None,
        opted_out: OptOut::NOTHING,
    }
}

/// Where the links lead that the partner is told.
pub(crate) fn links() -> Links {
    Links {
        key: LinkKey::new(id_key().derive("link")),
        public_url: "https://remind.example.com".to_owned(),
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.look(|state| state.now)
    }
}

impl LoadJourney for World {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let answer = |state: &mut State| {
            let journey = state.journeys.get(id).cloned();
            Ok(journey.map(|journey| Versioned { journey, version: 1 }))
        };
        self.step(answer, || Err(out_of_reach())).await
    }
}

impl Announce for World {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        let all = (0..events.len()).collect::<Vec<_>>();
        let hear = |state: &mut State| {
            state.heard.extend(events.iter().cloned());
            Vec::new()
        };
        self.step(hear, || all).await
    }
}

impl CountOnce for World {
    async fn counted(&self, first_record: &str) -> Result<Option<usize>, StoreError> {
        let answer = |state: &mut State| Ok(state.marks.get(first_record).copied());
        self.step(answer, || Err(out_of_reach())).await
    }

    async fn count_once(&self, first_record: &str, records: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        let count = |state: &mut State| {
            if state.marks.contains_key(first_record) {
                return Err(CommitError::VersionConflict);
            }
            state.marks.insert(first_record.to_owned(), records);
            state.most_counters = state.most_counters.max(counts.len());
            for count in counts {
                let counter = (count.day.to_string(), count.name.clone());
                *state.counters.entry(counter).or_default() += count.by;
            }
            Ok(())
        };
        self.step(count, || Err(CommitError::Store(out_of_reach()))).await
    }
}

impl Count for World {
    fn count(&self, counter: &'static str, by: u64) {
        self.look(|state| *state.totals.entry(counter.to_owned()).or_default() += by);
    }
}

/// The same world for one reading that stands still before one of its steps until it may go on.
pub(crate) struct Paused<'a> {
    world: &'a World,
    still: usize,
    steps: Mutex<usize>,
    may_go: Mutex<bool>,
}

impl<'a> Paused<'a> {
    pub(crate) fn new(world: &'a World, still: usize) -> Self {
        Paused {
            world,
            still,
            steps: Mutex::new(0),
            may_go: Mutex::new(false),
        }
    }

    pub(crate) fn go_on(&self) {
        *self.may_go.lock().unwrap() = true;
    }

    async fn wait(&self) {
        let step = {
            let mut steps = self.steps.lock().unwrap();
            *steps += 1;
            *steps
        };
        if step == self.still {
            core::future::poll_fn(|_| {
                if *self.may_go.lock().unwrap() {
                    core::task::Poll::Ready(())
                } else {
                    core::task::Poll::Pending
                }
            })
            .await;
        }
    }
}

impl Clock for Paused<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }
}

impl LoadJourney for Paused<'_> {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        self.wait().await;
        self.world.load_journey(id).await
    }
}

impl FindContact for Paused<'_> {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        self.wait().await;
        self.world.find_contact(id).await
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        self.wait().await;
        self.world.contact_of(journey).await
    }
}

impl Announce for Paused<'_> {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        self.wait().await;
        self.world.announce(events).await
    }
}

impl CountOnce for Paused<'_> {
    async fn counted(&self, first_record: &str) -> Result<Option<usize>, StoreError> {
        self.wait().await;
        self.world.counted(first_record).await
    }

    async fn count_once(&self, first_record: &str, records: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        self.wait().await;
        self.world.count_once(first_record, records, counts).await
    }
}

impl Count for Paused<'_> {
    fn count(&self, counter: &'static str, by: u64) {
        self.world.count(counter, by);
    }
}
