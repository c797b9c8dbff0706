//! Runs a case: one thread, one queue of what is to come, and as many invocations at once as there are.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use journey::{Lane, Provider};
use rand::RngExt;
use webhook::Answer;

use crate::case::{Case, MINUTE, SECOND, campaigns, ts};
use crate::fault::{Fault, Kind, Kinds, Of, Stream, Who, draw_for};
use crate::oracle::Breach;
use crate::ports::{Ports, Shared, lock};
use crate::state::{Cut, Invocation, Item, MOST_JOURNEYS, State, id_key, next};

/// From one delivery of a webhook to the next, as the provider documents it.
pub(crate) const REDELIVERED_AFTER_MIN: [i64; 9] = [1, 2, 4, 8, 16, 29, 60, 120, 120];

/// More events than any case has: who passes this does not come to rest.
const MOST: u32 = 200_000;

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// What did not hold.
    pub breaches: Vec<Breach>,
    /// The faults that happened.
    pub fired: BTreeSet<Fault>,
    /// One line an event, when it was asked for.
    pub story: Vec<String>,
    /// Customers.
    pub journeys: usize,
    /// Messages that went out.
    pub messages: usize,
    /// Customers of Bayou's among them.
    pub bayou: usize,
    /// And of Light's.
    pub light: usize,
    /// Journeys that ended completed.
    pub completed: usize,
    /// Events of virtual time.
    pub events: u32,
}

/// How an invocation ended.
pub(crate) enum Ending {
    Webhook(Answer),
    Done(bool),
    /// The first record that is to be read again.
    Read(usize),
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Ending>>>;

pub(crate) struct Run {
    pub(crate) shared: Shared,
    running: Vec<Option<Running>>,
    reconcile: Arc<reconcile::Config>,
}

/// Runs the case of a seed.
pub(crate) fn run(seed: u64, allowed: Kinds, cut: Cut, telling: bool) -> Outcome {
    let case = Arc::new(Case::of(seed, allowed));
    let mut state = State::new(Arc::clone(&case), cut, telling);
    let kinds = case.kinds;
    state.tell(|| {
        format!(
            "case {seed}: campaign {}, faults {kinds}, until {}",
            campaigns()[case.campaign].version,
            ts(case.faults_end)
        )
    });
    for (customer, person) in case.customers.iter().enumerate() {
        if state.cut.customers.contains(&(customer as u8)) {
            continue;
        }
        for (act, done) in person.acts.iter().enumerate() {
            if let Some(at) = done.at()
                && !state.cut.acts.contains(&(customer as u8, act))
            {
                state.push(
                    at,
                    Item::Act {
                        customer: customer as u8,
                        act: act as u32,
                    },
                );
            }
        }
    }
    let mut run = Run {
        shared: Arc::new(Mutex::new(state)),
        running: Vec::new(),
        reconcile: Arc::new(reconcile::Config::new(id_key().clone())),
    };
    let events = run.go(&case, 0, |_| true);
    if events < MOST {
        {
            let mut state = lock(&run.shared);
            state.now = state.ends;
            state.judge_end();
        }
        // What was written last is read a second later.
        run.go(&case, 10 * MINUTE, |item| {
            matches!(item, Item::Stream | Item::Wake(_) | Item::Dies(_))
        });
        lock(&run.shared).judge_stream();
    } else {
        lock(&run.shared).breach("I4", "it does not come to rest".to_owned());
    }
    let mut state = lock(&run.shared);
    let of = |provider| {
        let customers = case.customers.iter();
        customers
            .filter(|customer| customer.contact.provider == provider)
            .count()
    };
    let completed = (0..state.rows.len()).filter(|row| state.is_completed(*row)).count();
    Outcome {
        breaches: core::mem::take(&mut state.breaches),
        fired: core::mem::take(&mut state.fired),
        story: state.story.take().unwrap_or_default(),
        journeys: case.customers.len(),
        bayou: of(Provider::Bayou),
        light: of(Provider::Light),
        messages: state.oracle.messages.len(),
        completed,
        events,
    }
}

impl Run {
    /// Lets happen what is due until so long `after` the end, and of it `only` some; the rest never does.
    fn go(&mut self, case: &Case, after: i64, only: fn(&Item) -> bool) -> u32 {
        let mut events = 0;
        loop {
            let item = {
                let mut state = lock(&self.shared);
                // What happens may put the end off.
                let last = state.ends + after;
                let Some((at, item)) = state.pop(last) else {
                    return events;
                };
                state.now = at;
                if let Some((changes, to)) = case.then
                    && at >= changes
                {
                    state.campaign = to;
                }
                item
            };
            if !only(&item) {
                continue;
            }
            events += 1;
            if events >= MOST {
                return events;
            }
            self.happen(case, item);
        }
    }

    fn happen(&mut self, case: &Case, item: Item) {
        match item {
            Item::Act { customer, act } => self.act(case, customer, act),
            Item::Deliver {
                customer,
                act,
                delivery,
            } => self.webhook(case, customer, act, delivery),
            Item::Contact { customer, act, attempt } => self.contact(case, customer, act, attempt),
            Item::Fire {
                row,
                generation,
                firing,
            } => self.fire(row, generation, firing),
            Item::Told {
                customer,
                message,
                event,
            } => self.told(case, customer, message, event),
            Item::Pass => self.pass(),
            Item::Sweep => self.sweep(),
            Item::Meters => self.meters(),
            Item::Stream => self.stream(),
            Item::Wake(index) => self.poll(index),
            Item::Dies(index) => self.end(index, None),
        }
    }

    fn pass(&mut self) {
        let anew;
        let who = {
            let mut state = lock(&self.shared);
            let state = &mut *state;
            if state.now < state.next_pass {
                return;
            }
            let now = state.now;
            state.next_pass = now + MINUTE;
            // The passes in between read nothing new, and moved it.
            if let Some(watermark) = state.watermark.as_mut().filter(|_| state.caught_up) {
                watermark.since = watermark.since.max(ts(now - MINUTE));
            }
            // Who goes on where another stopped has not read what that one read and could not take.
            anew = state
                .watermark
                .as_ref()
                .is_none_or(|watermark| watermark.resume.is_none());
            Who {
                of: Of::Pass,
                customer: Who::ALL,
                a: (now / MINUTE) as u32,
                b: 0,
            }
        };
        let (campaign, config) = (self.campaign(), Arc::clone(&self.reconcile));
        self.start(who, 55 * SECOND, |ports| {
            Box::pin(async move {
                let passed = reconcile::pass(&ports, &config, &campaign).await;
                Ending::Done(anew && passed.is_ok_and(|passed| passed.finished && passed.failed == 0))
            })
        });
    }

    fn sweep(&mut self) {
        let who = {
            let mut state = lock(&self.shared);
            let state = &mut *state;
            let now = state.now;
            if now < state.next_sweep || !state.is_due(Lane::Touchpoint, now - 2 * MINUTE) {
                return;
            }
            state.judge_rest();
            state.next_sweep = now + MINUTE;
            // Again, as long as something is overdue.
            state.push(now + MINUTE, Item::Sweep);
            Who {
                of: Of::Sweep,
                customer: Who::ALL,
                a: (now / MINUTE) as u32,
                b: 0,
            }
        };
        self.start(who, 55 * SECOND, |ports| {
            Box::pin(async move { Ending::Done(reconcile::sweep(&ports, 1_000).await.is_ok()) })
        });
    }

    fn meters(&mut self) {
        let who = {
            let mut state = lock(&self.shared);
            let state = &mut *state;
            let now = state.now;
            if now < state.next_meters || !state.is_due(Lane::Meter, now) {
                return;
            }
            state.judge_rest();
            state.next_meters = now + 5 * MINUTE;
            state.push(now + 5 * MINUTE, Item::Meters);
            Who {
                of: Of::Meters,
                customer: Who::ALL,
                a: (now / MINUTE) as u32,
                b: 0,
            }
        };
        let campaign = self.campaign();
        self.start(who, 240 * SECOND, |ports| {
            Box::pin(async move {
                let config = meter_check::Config {
                    id_key: id_key(),
                    // So that campaigns which renew early have somebody to renew.
                    asks_for_a_code: &|_| Some(true),
                };
                Ending::Done(meter_check::check(&ports, &config, &campaign).await.is_ok())
            })
        });
    }

    pub(crate) fn campaign(&self) -> Arc<journey::Campaign> {
        Arc::clone(&campaigns()[lock(&self.shared).campaign])
    }

    pub(crate) fn start(&mut self, who: Who, limit: i64, future: impl FnOnce(Ports) -> Running) {
        let index = self.running.len() as u32;
        {
            let mut state = lock(&self.shared);
            let state = &mut *state;
            let drawn: [u32; 2] = draw_for(state.case.seed, Stream::Fault, who, 900).random();
            let skewed = state.strikes(Kind::ClockSkewed, who, 0, drawn[0], 3_000);
            let skew = if skewed { i64::from(drawn[1] % 5_000) - 2_500 } else { 0 };
            let (started_at, deadline) = (state.now, state.now + limit);
            state.tell(|| format!("  {who} begins"));
            state.invocations.push(Invocation {
                who,
                started_at,
                deadline,
                skew,
                calls: 0,
                disturbed: false,
                asked: [None; MOST_JOURNEYS],
                read_over: [false; MOST_JOURNEYS],
                read_at: [None; MOST_JOURNEYS],
                wrote_over: [false; MOST_JOURNEYS],
                barred: [[true; 4]; MOST_JOURNEYS],
                found: Default::default(),
                sending: None,
            });
        }
        let ports = Ports {
            shared: Arc::clone(&self.shared),
            index,
        };
        self.running.push(Some(future(ports)));
        self.poll(index);
    }

    fn poll(&mut self, index: u32) {
        let Some(Some(running)) = self.running.get_mut(index as usize) else {
            return;
        };
        let context = &mut Context::from_waker(Waker::noop());
        if let Poll::Ready(ending) = running.as_mut().poll(context) {
            self.end(index, Some(ending));
        }
    }

    /// An invocation ended, or died; whoever called it calls again, where the real one would.
    fn end(&mut self, index: u32, ending: Option<Ending>) {
        if self.running.get_mut(index as usize).and_then(Option::take).is_none() {
            return;
        }
        let mut state = lock(&self.shared);
        let state = &mut *state;
        let who = state.invocations[index as usize].who;
        let now = state.now;
        // What a dead process was about to hand over never goes.
        if let Some(key) = state.invocations[index as usize].sending.take() {
            state.in_flight.remove(&key);
        }
        let done = match &ending {
            Some(Ending::Webhook(answer)) => *answer == Answer::Accepted,
            Some(Ending::Done(done)) => *done,
            Some(Ending::Read(_)) => true,
            None => false,
        };
        if !done {
            let how = if ending.is_some() { "fails" } else { "dies" };
            state.tell(|| format!("  {who} {how}"));
        }
        let Who { of, customer, a, b } = who;
        match of {
            Of::Webhook => {
                if ending.is_some() {
                    state.judge_answer(index, done);
                }
                let delivery = usize::from(b) - 1;
                let again = state.case.customers[usize::from(customer)].redelivers;
                if !done
                    && again
                    && let Some(wait) = REDELIVERED_AFTER_MIN.get(delivery)
                {
                    let delivery = delivery as u16 + 1;
                    state.push(
                        now + wait * MINUTE,
                        Item::Deliver {
                            customer,
                            act: a,
                            delivery,
                        },
                    );
                }
            }
            // Lambda's own two further attempts; then only the sweep is left.
            Of::Fire if !done && b % 10 < 2 => {
                state.push(
                    now + MINUTE,
                    Item::Fire {
                        row: customer,
                        generation: a,
                        firing: b + 1,
                    },
                );
            }
            Of::Contact if !done && b < 200 && !state.case.is_once(customer, a) => {
                state.push(
                    now + 10 * SECOND,
                    Item::Contact {
                        customer,
                        act: a,
                        attempt: b + 1,
                    },
                );
            }
            Of::Feedback if !done && b < 200 => {
                let event = if b % 10 == 0 {
                    b + 2
                } else {
                    (b + 1).min(b / 10 * 10 + 9)
                };
                state.push(
                    now + 5 * MINUTE,
                    Item::Told {
                        customer,
                        message: a,
                        event,
                    },
                );
            }
            Of::Announce => state.read_to(match ending {
                Some(Ending::Read(place)) => Some(place),
                _ => None,
            }),
            Of::Pass => {
                state.caught_up = done;
                if done {
                    state.behind_since = None;
                } else if state.judge_pass() {
                    state.push(next(now + 1, MINUTE), Item::Pass);
                }
            }
            Of::Fire | Of::Contact | Of::Feedback | Of::Sweep | Of::Meters => {}
        }
    }
}
