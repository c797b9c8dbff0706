//! What the program has at the end, compared with what the customers really did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use embedded::Store;
use jiff::{SignedDuration, Timestamp};
use journey::{IdKey, Journey, JourneyId, MeterFollowUp, Phase, Provider, Purpose, Reference, Touch, TouchRecord};
use serde_json::Value;

use super::campaign;
use crate::book::{Customer, time};
use crate::load::reference;
use crate::program::{self, IDENTITY};
use crate::world::after;

/// The program's time, before the end, up to which everything must have been noticed: the reconciliation's business
/// too, which comes each minute.
const NOTICED_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// From the acknowledgement of "finished" to the last moment at which a message may have been composed: a quarter of a
/// second of real time, for the bench's own clock is not exactly the program's.
const ALREADY_ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(15);

/// Journeys read at once.
const PORTION: usize = 2_000;

/// Counts of what must not be, and of what there is.
#[derive(Default)]
pub(crate) struct Verdict {
    /// What must be none, by name.
    pub(crate) wrong: BTreeMap<&'static str, u64>,
    /// What there is, by name.
    pub(crate) there: BTreeMap<String, u64>,
}

/// What must never be seen.
const WRONG: [&str; 8] = [
    "customers without a journey",
    "finished, not completed",
    "never finished, completed",
    "live without a timer",
    "touches past their window, neither sent nor skipped",
    "messages twice",
    "messages after the program knew better",
    "sent without a message, or a message without \"sent\"",
];

impl Verdict {
    fn is_wrong(&mut self, what: &'static str, wrong: bool) {
        *self.wrong.entry(what).or_default() += u64::from(wrong);
    }

    fn counts(&mut self, what: impl Into<String>) {
        *self.there.entry(what.into()).or_default() += 1;
    }
}

/// Compares a program's data folder, while nobody runs on it, with the book, as of a moment of the program's time.
pub(crate) fn judge(folder: &Path, customers: &[Customer], now: Timestamp) -> anyhow::Result<Verdict> {
    let key = IdKey::new(IDENTITY)?;
    let journeys = journeys(folder, &key)?;
    let (messages, twice) = messages(folder)?;
    let mut verdict = Verdict::default();
    for what in WRONG {
        verdict.wrong.insert(what, 0);
    }
    verdict.wrong.insert("messages twice", twice);
    for (number, customer) in customers.iter().enumerate() {
        let Some(started) = customer.started.filter(|_| customer.seen.is_some()) else {
            continue;
        };
        let name = reference(u32::try_from(number)?);
        let id = JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &Reference::new(name.as_str())?);
        verdict.counts("customers");
        let journey = journeys.get(&id);
        verdict.is_wrong("customers without a journey", journey.is_none());
        let Some(journey) = journey else { continue };
        let _ = started;
        of_customer(&mut verdict, customer, journey, now);
        let sent_to = messages.get(&name).map_or(&[][..], Vec::as_slice);
        of_messages(&mut verdict, customer, journey, sent_to);
    }
    Ok(verdict)
}

fn of_customer(verdict: &mut Verdict, customer: &Customer, journey: &Journey, now: Timestamp) {
    let completed = matches!(journey.phase, Phase::Completed { .. });
    let in_time = |at: Timestamp| after(at, NOTICED_WITHIN) < now;
    verdict.is_wrong(
        "finished, not completed",
        customer.finished.is_some_and(in_time) && !completed,
    );
    verdict.is_wrong("never finished, completed", customer.finished.is_none() && completed);
    verdict.is_wrong("live without a timer", journey.is_live() && journey.timer.is_none());
    let past = journey.is_live() && {
        let mut windows = campaign::UNTIL.iter().zip(&journey.touches);
        windows.any(|(until, record)| {
            let closed = after(after(journey.last_sign_of_life, *until), NOTICED_WITHIN);
            matches!(record, TouchRecord::Waiting { .. } | TouchRecord::Claimed { .. }) && closed < now
        })
    };
    verdict.is_wrong("touches past their window, neither sent nor skipped", past);
    let phase = match &journey.phase {
        Phase::Live => "live",
        Phase::Completed {
            meter: MeterFollowUp::Arrived { .. },
            ..
        } => "completed, meter arrived",
        Phase::Completed { .. } => "completed, meter awaited",
        Phase::HandedBack { .. } => "handed back",
        Phase::Stopped { .. } => "stopped",
    };
    verdict.counts(phase);
    if customer.finished.is_some() && customer.told.is_none() && completed {
        verdict.counts("completed, though no webhook ever said so");
    }
    for (index, record) in journey.touches.iter().enumerate() {
        let Touch(touch) = Touch::at(index);
        match record {
            TouchRecord::Waiting { .. } => {}
            TouchRecord::Claimed { .. } => verdict.counts(format!("touch {touch} claimed")),
            TouchRecord::Sent { .. } => verdict.counts(format!("touch {touch} sent")),
            TouchRecord::Unknown { .. } => verdict.counts(format!("touch {touch} unknown")),
            TouchRecord::Skipped { why, .. } => {
                verdict.counts(format!("touch {touch} skipped: {}", why.as_str()));
            }
        }
    }
}

fn of_messages(verdict: &mut Verdict, customer: &Customer, journey: &Journey, messages: &[Sent]) {
    let late = |sent: &&Sent| {
        customer
            .told
            .is_some_and(|told| sent.at > after(told, ALREADY_ON_ITS_WAY))
    };
    let late = messages.iter().filter(late).count() as u64;
    *verdict
        .wrong
        .entry("messages after the program knew better")
        .or_default() += late;
    let told: BTreeSet<u64> = messages
        .iter()
        .filter(|sent| sent.episode == u64::from(journey.episode))
        .map(|sent| sent.touch)
        .collect();
    for (index, record) in journey.touches.iter().enumerate() {
        let there = told.contains(&u64::from(Touch::at(index).0));
        let right = match record {
            TouchRecord::Sent { .. } => there,
            TouchRecord::Waiting { .. } | TouchRecord::Skipped { .. } => !there,
            // It may be either.
            TouchRecord::Claimed { .. } | TouchRecord::Unknown { .. } => true,
        };
        verdict.is_wrong("sent without a message, or a message without \"sent\"", !right);
    }
}

fn journeys(folder: &Path, key: &IdKey) -> anyhow::Result<BTreeMap<JourneyId, Journey>> {
    let store = Store::visit(&program::data(folder), key.clone())?;
    let mut journeys = BTreeMap::new();
    let mut after = None;
    loop {
        let portion = store.list_journeys(PORTION, after.as_ref())?;
        let Some(last) = portion.last() else {
            return Ok(journeys);
        };
        after = Some(last.id.clone());
        journeys.extend(portion.into_iter().map(|journey| (journey.id.clone(), journey)));
    }
}

/// A line of the outbox's log.
pub(crate) struct Sent {
    at: Timestamp,
    episode: u64,
    touch: u64,
}

/// The outbox's log by reference, and how many of its lines name a touch for the second time.
fn messages(folder: &Path) -> anyhow::Result<(BTreeMap<String, Vec<Sent>>, u64)> {
    let log = std::fs::read_to_string(program::data(folder).join("outbox/messages.jsonl"))?;
    let (mut messages, mut names, mut twice) = (BTreeMap::<String, Vec<Sent>>::new(), BTreeSet::new(), 0);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line)?;
        let text = |key: &str| line.get(key).and_then(Value::as_str).context("a line of the log");
        let number = |key: &str| line.get(key).and_then(Value::as_u64).context("a line of the log");
        let (reference, episode, touch) = (text("reference")?.to_owned(), number("episode")?, number("touch")?);
        twice += u64::from(!names.insert((reference.clone(), episode, touch)));
        let at = time(line.get("at"))?;
        messages.entry(reference).or_default().push(Sent { at, episode, touch });
    }
    Ok((messages, twice))
}
