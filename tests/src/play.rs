//! Plays a scenario: lets time pass, fires what is due, and does again what failed, as the real
//! world would.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use journey::contact::Contact;
use journey::enrollment::{PlanDates, SupportMatter};
use journey::port::Precondition;
use journey::protocol::{IfAbsent, Person, take};
use journey::{Event, JourneyId, Lane, Milestone, Provider, Purpose, Reference, ToldBy};
use pages::Reply;
use webhook::{Answer, Request};

use crate::ports::Ports;
use crate::scenario::{self, Scenario, Step};
use crate::sender::{Mail, Sender};
use crate::stage::{SECRET, Stage, id_key, light_webhook};
use crate::world::{Fault, Schedule, World};

/// From one delivery of a webhook to the next, as the provider documents it.
const REDELIVERED_AFTER_MIN: [i64; 9] = [1, 2, 4, 8, 16, 29, 60, 120, 120];

/// A scheduler calls again after this long, this often; then only the sweep is left.
const FIRED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
const FIRED_AT_MOST: u32 = 3;

/// A timer this long overdue is the sweep's.
const OVERDUE: SignedDuration = SignedDuration::from_mins(2);

/// A play that does more than this does not come to rest.
const MOST_CALLS: u32 = 5_000;

/// A scenario that was played to its end.
#[derive(Debug)]
pub struct Play {
    /// The world afterwards.
    pub world: World,
    /// Where in what happened each step of the scenario began.
    pub begins: Vec<usize>,
}

/// A call of a use case.
#[derive(Clone, Debug)]
enum Call {
    Step(usize),
    Webhook(Vec<u8>),
    BayouWebhook(Vec<u8>),
    /// With its signature.
    LightWebhook(Vec<u8>, Vec<u8>),
    /// An event of an enrolment that the partner, or our own pages, tell.
    Enroll(Reference, Box<Event>),
    Support(Reference, SupportMatter),
    Reset(Reference),
    Fire(JourneyId, u32),
    Put(Box<Contact>),
    Erase(Reference),
    Unsubscribe(Reference),
    Reply(Reference, String),
    Resume(Reference),
    Reconcile,
    Sweep,
    Meters,
}

/// Something that is to happen.
struct Due {
    at: Timestamp,
    call: Call,
    attempt: u32,
}

struct Stagehand<'a> {
    scenario: &'a Scenario,
    stage: &'a Stage,
    /// A play remembers nothing of another one.
    reconcile: reconcile::Config,
    world: World,
    agenda: Vec<Due>,
    begins: Vec<usize>,
    up: bool,
    /// The minute's work runs at most once a minute.
    swept_at: Timestamp,
    checked_at: Timestamp,
}

impl Play {
    /// Plays a scenario, with one fault or none.
    ///
    /// # Panics
    /// When it does not come to rest.
    #[must_use]
    pub fn run(scenario: &Scenario, stage: &Stage, fault: Option<Fault>) -> Self {
        let world = World::new(&stage.rules, scenario.steps[0].at, scenario.page_size);
        world.lock().provider.pages_per_minute = scenario.pages_per_minute;
        for contact in scenario.contacts() {
            let _ = world.lock().put(&contact, &Precondition::None);
        }
        world.set_fault(fault);
        let step = |(index, step): (usize, &Step)| Due {
            at: step.at,
            call: Call::Step(index),
            attempt: 1,
        };
        let mut stagehand = Stagehand {
            scenario,
            stage,
            reconcile: reconcile::Config {
                taken: Arc::default(),
                ..stage.reconcile.clone()
            },
            world,
            agenda: scenario.steps.iter().enumerate().map(step).collect(),
            begins: Vec::new(),
            up: true,
            swept_at: Timestamp::MIN,
            checked_at: Timestamp::MIN,
        };
        for _ in 0..MOST_CALLS {
            if !stagehand.next() {
                return Play {
                    world: stagehand.world,
                    begins: stagehand.begins,
                };
            }
        }
        panic!("the play does not come to rest");
    }

    /// The lines of what happened from a step on until the next one.
    #[must_use]
    pub fn lines(&self, step: usize) -> Vec<String> {
        let state = self.world.lock();
        let begin = self.begins[step];
        let end = self.begins.get(step + 1).copied().unwrap_or(state.happened.len());
        state.happened[begin..end]
            .iter()
            .filter_map(crate::Happening::line)
            .collect()
    }

    /// The call that the fault hit, if it came to that.
    #[must_use]
    pub fn hit(&self) -> Option<&'static str> {
        self.world.lock().hit
    }

    /// How many calls of ports it took.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.world.lock().steps
    }
}

impl Stagehand<'_> {
    /// Does the next thing that is due; `false` at the end.
    fn next(&mut self) -> bool {
        // What the world does by itself comes before a step of the same moment.
        let (own, due) = match (self.next_own(), self.next_on_agenda()) {
            (Some(own), Some(index)) if own.at <= self.agenda[index].at => (true, own),
            (_, Some(index)) => (false, self.agenda.remove(index)),
            (Some(own), None) => (true, own),
            (None, None) => return false,
        };
        if due.at > self.scenario.ends {
            return false;
        }
        let now = {
            let mut state = self.world.lock();
            state.now = state.now.max(due.at);
            state.begin_call();
            state.now
        };
        if let (true, Call::Fire(journey, generation)) = (own, &due.call) {
            self.forget_schedule(journey, *generation);
        }
        if self.perform(&due.call) {
            return true;
        }
        let again = match &due.call {
            Call::BayouWebhook(_) if !self.scenario.bayou_delivers_again => None,
            Call::Webhook(_) | Call::BayouWebhook(_) | Call::LightWebhook(..) => REDELIVERED_AFTER_MIN
                .get(due.attempt as usize - 1)
                .map(|minutes| SignedDuration::from_mins(*minutes)),
            Call::Fire(journey, generation) => {
                if due.attempt < FIRED_AT_MOST {
                    self.world.lock().schedules.push(Schedule {
                        at: now.checked_add(FIRED_AGAIN_AFTER).unwrap(),
                        journey: journey.clone(),
                        generation: *generation,
                        attempt: due.attempt + 1,
                        lost: false,
                    });
                }
                None
            }
            Call::Put(_)
            | Call::Erase(_)
            | Call::Unsubscribe(_)
            | Call::Reply(..)
            | Call::Resume(_)
            | Call::Enroll(..)
            | Call::Support(..)
            | Call::Reset(_)
            | Call::Reconcile => Some(SignedDuration::from_mins(1)),
            // These come again by themselves.
            Call::Step(_) | Call::Sweep | Call::Meters => None,
        };
        if let Some(wait) = again {
            self.agenda.push(Due {
                at: now.checked_add(wait).unwrap(),
                call: due.call,
                attempt: due.attempt + 1,
            });
        }
        true
    }

    fn next_on_agenda(&self) -> Option<usize> {
        // Everything of one step comes before the next step of the same moment.
        let order = |due: &Due| (due.at, matches!(due.call, Call::Step(_)));
        let earliest = self.agenda.iter().enumerate().min_by_key(|(_, due)| order(due));
        earliest.map(|(index, _)| index)
    }

    /// The next thing that the program does by itself: a schedule, a sweep, a look for meters.
    fn next_own(&self) -> Option<Due> {
        if !self.up {
            return None;
        }
        let state = self.world.lock();
        let minute = SignedDuration::from_mins(1);
        let after = |at: Timestamp, wait| at.checked_add(wait).unwrap();
        let fire = state
            .schedules
            .iter()
            .filter(|schedule| !schedule.lost)
            .min_by_key(|schedule| schedule.at)
            .map(|schedule| Due {
                at: schedule.at,
                call: Call::Fire(schedule.journey.clone(), schedule.generation),
                attempt: schedule.attempt,
            });
        let sweep = state.next_due(Lane::Touchpoint).map(|due| Due {
            at: after(due, OVERDUE).max(after(self.swept_at, minute)),
            call: Call::Sweep,
            attempt: 1,
        });
        let meters = state.next_due(Lane::Meter).map(|due| Due {
            at: due.max(after(self.checked_at, minute)),
            call: Call::Meters,
            attempt: 1,
        });
        [fire, sweep, meters].into_iter().flatten().min_by_key(|due| due.at)
    }

    fn forget_schedule(&self, journey: &JourneyId, generation: u32) {
        let mut state = self.world.lock();
        let first = state
            .schedules
            .iter()
            .enumerate()
            .filter(|(_, schedule)| schedule.journey == *journey && schedule.generation == generation)
            .min_by_key(|(_, schedule)| schedule.at)
            .map(|(index, _)| index);
        if let Some(index) = first {
            state.schedules.remove(index);
        }
    }

    /// Calls a use case; `false` when it is to be called again.
    fn perform(&mut self, call: &Call) -> bool {
        let ports = Ports {
            world: &self.world,
            stage: self.stage,
        };
        let stage = self.stage;
        let rules = &stage.rules;
        match call {
            Call::Step(index) => {
                self.step(*index);
                true
            }
            Call::Webhook(body) if self.up => {
                let request = Request {
                    secret_values: &[SECRET.as_bytes()],
                    content_type: Some("application/json"),
                    body,
                };
                poll_once(webhook::handle(&ports, &stage.webhook, rules, request)) == Some(Answer::Accepted)
            }
            Call::BayouWebhook(body) if self.up => {
                let request = Request {
                    secret_values: &[SECRET.as_bytes()],
                    content_type: Some("application/json"),
                    body,
                };
                poll_once(webhook::handle_bayou(&ports, &stage.webhook, rules, request)) == Some(Answer::Accepted)
            }
            Call::LightWebhook(body, signature) if self.up => {
                let request = Request {
                    secret_values: &[signature],
                    content_type: Some("application/json"),
                    body,
                };
                poll_once(webhook::handle_light(&ports, &stage.webhook, rules, request)) == Some(Answer::Accepted)
            }
            Call::Webhook(_) | Call::BayouWebhook(_) | Call::LightWebhook(..) => false,
            Call::Enroll(reference, event) => {
                let id = JourneyId::new(&id_key(), Provider::Light, Purpose::Enroll, reference);
                let event = (**event).clone().into();
                let told = take(&ports, rules, &id, IfAbsent::Ignore, Person::default(), &event);
                matches!(poll_once(told), Some(Ok(_)))
            }
            Call::Support(reference, matter) => matches!(
                poll_once(contacts::support_needed(&ports, &id_key(), rules, reference, *matter)),
                Some(Ok(_))
            ),
            Call::Reset(reference) => matches!(
                poll_once(contacts::enrollment_reset(&ports, &id_key(), rules, reference)),
                Some(Ok(_))
            ),
            Call::Fire(journey, generation) => {
                let fired = poll_once(touchpoint::fire(&ports, &stage.composer, rules, journey, *generation));
                matches!(fired, Some(Ok(_)))
            }
            Call::Put(contact) => matches!(
                poll_once(contacts::put(&ports, &id_key(), rules, contact, &Precondition::None)),
                Some(Ok(_))
            ),
            Call::Erase(reference) => matches!(
                poll_once(contacts::erase(
                    &ports,
                    &id_key(),
                    rules,
                    self.scenario.provider_of(reference),
                    reference,
                    &Precondition::None
                )),
                Some(Ok(_))
            ),
            Call::Unsubscribe(reference) => {
                let Some(token) = self.last_mail(reference, |mail| mail.unsubscribe_url.clone()) else {
                    return true;
                };
                let form = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
                let reply = poll_once(stage.pages.preferences_changed(&ports, &token, &form));
                self.reply(reference, reply)
            }
            Call::Reply(reference, words) => {
                let from = self.world.lock().number_of(reference);
                let message = serde_json::json!({"originationNumber": from, "messageBody": words}).to_string();
                let topic = "arn:aws:sns:us-west-2:123456789012:text-replies";
                let answer = serde_json::json!({"Records": [{"Sns": {"TopicArn": topic, "Message": message}}]});
                let config = feedback::Config {
                    id_key: id_key(),
                    account: "123456789012".to_owned(),
                    configuration_set: "rekindle".to_owned(),
                    topic_arn: None,
                    replies_topic_arn: Some(topic.to_owned()),
                };
                matches!(
                    poll_once(feedback::handle(&ports, &config, rules, None, &answer)),
                    Some(Ok(()))
                )
            }
            Call::Resume(reference) => {
                let resume = |text: &str| {
                    let from = text.find("/r/").expect("every message has a link to go on");
                    text[from..].split_whitespace().next().map(str::to_owned)
                };
                let Some(token) = self.last_mail(reference, |mail| resume(&mail.text)) else {
                    return true;
                };
                // First the page, as a mail scanner would; it changes nothing.
                let looked = poll_once(stage.pages.resume(&ports, rules, &token));
                if looked.is_none() {
                    return false;
                }
                let reply = poll_once(stage.pages.resume_acted(&ports, rules, &token));
                self.reply(reference, reply)
            }
            Call::Reconcile => {
                // What could not be taken is left to the next minute's pass.
                let passed = poll_once(reconcile::pass(&ports, &self.reconcile, rules));
                matches!(passed, Some(Ok(passed)) if passed.failed == 0)
            }
            Call::Sweep => {
                let swept = poll_once(reconcile::sweep(&ports, 1_000));
                let mut state = self.world.lock();
                self.swept_at = state.now;
                if let Some(Ok(swept)) = swept {
                    state.say("", format!("the sweep fired {}", swept.fired));
                }
                true
            }
            Call::Meters => {
                self.checked_at = self.world.lock().now;
                let _ = {
                    let (id_key, directory) = (id_key(), &stage.composer.directory);
                    let config = meter_check::Config {
                        id_key: &id_key,
                        asks_for_a_code: &|code| directory.find(code).map(utilities::Utility::asks_for_a_code),
                    };
                    poll_once(meter_check::check(&ports, &config, rules))
                };
                true
            }
        }
    }

    /// The token of a link in the last message of a reference that has one; of all its journeys.
    fn last_mail(&self, reference: &Reference, link: impl Fn(&Mail) -> Option<String>) -> Option<String> {
        let state = self.world.lock();
        let provider = self.scenario.provider_of(reference);
        let purposes = provider.purposes().iter();
        let journeys: Vec<_> = purposes
            .map(|purpose| JourneyId::new(&id_key(), provider, *purpose, reference))
            .collect();
        let mut mails = state
            .mails
            .iter()
            .rev()
            .filter(|mail| journeys.contains(&mail.key.journey));
        mails.find_map(link)?.rsplit('/').next().map(str::to_owned)
    }

    fn reply(&self, reference: &Reference, reply: Option<Reply>) -> bool {
        let (said, done) = match reply {
            None => return false,
            Some(Reply::Page { status, .. }) => (format!("saw a page, {status}"), status < 500),
            Some(Reply::Redirect { to }) => (format!("was sent on to {to}"), true),
            Some(Reply::Enter { .. }) => ("came to the enrolment".to_owned(), true),
        };
        self.world.lock().say(reference.expose(), said);
        done
    }

    /// Something happens from outside.
    fn step(&mut self, index: usize) {
        let step = &self.scenario.steps[index];
        let reference = self.scenario.reference_of(step);
        let now = {
            let mut state = self.world.lock();
            self.begins.push(state.happened.len());
            state.name(self.scenario.provider_of(&reference), &reference);
            if let Some(customer) = &step.customer {
                state.provider.put_customer(&reference, customer);
            }
            if let Some(account) = &step.account {
                state.provider.put_account(&reference, account);
            }
            if let Some(record) = &step.provider {
                state.provider.put(&reference, record);
            }
            if let Some(meter) = &step.meter {
                state.provider.put_meter(&reference, meter);
            }
            if let Some(trouble) = &step.provider_trouble {
                state.provider.set_trouble(trouble);
            }
            let behaviour = |words: &str| match words {
                "works" => Sender::Works,
                "throttles" => Sender::Throttles,
                "takes it and times out" => Sender::TimesOut,
                "refuses" => Sender::Refuses,
                "knows an opt-out" => Sender::KnowsAnOptOut,
                other => panic!("unknown behaviour of a sender: {other}"),
            };
            if let Some(texter) = &step.texter {
                state.texter = behaviour(texter);
            }
            if let Some(pusher) = &step.pusher {
                state.pusher = behaviour(pusher);
            }
            if let Some(sender) = &step.sender {
                state.sender = behaviour(sender);
            }
            if let Some(scheduler) = &step.scheduler {
                state.loses_timers = match scheduler.as_str() {
                    "works" => false,
                    "loses timers" => true,
                    other => panic!("unknown behaviour of the scheduler: {other}"),
                };
            }
            state.now
        };
        if let Some(program) = &step.program {
            self.up = match program.as_str() {
                "up" => true,
                "down" => false,
                other => panic!("a program is up or down, not {other}"),
            };
        }
        let mut calls = Vec::new();
        if let Some(webhook) = &step.webhook {
            let id = step.id.clone().unwrap_or_else(|| format!("event-{index}"));
            let body = body(webhook, &id, reference.expose());
            calls.extend((0..step.times.unwrap_or(1)).map(|_| Call::Webhook(body.clone())));
        }
        if let Some(import) = &step.import {
            calls.push(Call::Put(Box::new(scenario::contact(import))));
        }
        if let Some(webhook) = &step.bayou {
            let body = bayou_body(webhook, reference.expose());
            calls.extend((0..step.times.unwrap_or(1)).map(|_| Call::BayouWebhook(body.clone())));
        }
        if let Some(kind) = &step.light {
            let id = step.id.clone().unwrap_or_else(|| format!("event-{index}"));
            let (body, signature) = light_webhook(kind, reference.expose(), &id);
            calls.extend((0..step.times.unwrap_or(1)).map(|_| Call::LightWebhook(body.clone(), signature.clone())));
        }
        if let Some(words) = &step.enroll {
            calls.push(Call::Enroll(reference.clone(), Box::new(enrolled(words))));
        }
        if let Some(matter) = step.support {
            calls.push(Call::Support(reference.clone(), matter));
        }
        if step.reset {
            calls.push(Call::Reset(reference.clone()));
        }
        if step.erase {
            calls.push(Call::Erase(reference.clone()));
        }
        if step.unsubscribe {
            calls.push(Call::Unsubscribe(reference.clone()));
        }
        if let Some(words) = &step.reply {
            calls.push(Call::Reply(reference.clone(), words.clone()));
        }
        if step.resume {
            calls.push(Call::Resume(reference));
        }
        let due = |at, call| Due { at, call, attempt: 1 };
        self.agenda.extend(calls.into_iter().map(|call| due(now, call)));
        for minute in 0..i64::from(step.reconcile.unwrap_or_default()) {
            let at = now.checked_add(SignedDuration::from_mins(minute)).unwrap();
            self.agenda.push(due(at, Call::Reconcile));
        }
    }
}

/// A webhook in the provider's form.
fn body(webhook: &str, id: &str, reference: &str) -> Vec<u8> {
    let mut words = webhook.split_whitespace();
    let (kind, value, utility) = (words.next().unwrap(), words.next(), words.next());
    let mut payload = serde_json::json!({ "webhook_event_type": kind, "partner_reference": reference });
    let name = if kind == "meter.created" {
        "meter_type"
    } else {
        "status"
    };
    for (name, value) in [(name, value), ("utility_name", utility)] {
        if let Some(value) = value {
            payload[name] = value.into();
        }
    }
    let whole = serde_json::json!({ "webhook_event_id": id, "payload": payload });
    serde_json::to_vec(&whole).unwrap()
}

/// A step of an enrolment on our own pages: a milestone, then the plan's dates.
fn enrolled(words: &str) -> Event {
    let mut words = words.split_whitespace();
    let what = words.next().expect("a step has a milestone");
    let mut dates = PlanDates::default();
    let mut are_known = false;
    for word in words {
        let (name, value) = word.split_once('=').expect("a date is name=value");
        let date = Some(value.parse().unwrap());
        match name {
            "starts" => dates.starts = date,
            "latest" => dates.latest = date,
            other => panic!("a date is `starts` or `latest`, not {other}"),
        }
        are_known = true;
    }
    Event::EnrollmentProgressed {
        what: serde_json::from_value::<Milestone>(what.into()).unwrap(),
        by: ToldBy::OwnRecord,
        dates: are_known.then_some(dates),
    }
}

/// A webhook in Bayou's form: the event, then `field=value`.
fn bayou_body(webhook: &str, reference: &str) -> Vec<u8> {
    let (event, fields) = webhook.split_once(' ').unwrap_or((webhook, ""));
    let mut object = serde_json::json!({ "customer_id": 12_345, "customer_external_id": reference });
    for field in fields.split(", ").filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').expect("a field is name=value");
        object[name] = value.into();
    }
    serde_json::to_vec(&serde_json::json!({ "event": event, "object": object })).unwrap()
}

/// Runs a use case over ports that answer at once: what is not over then has died.
pub fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
