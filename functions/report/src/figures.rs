//! The figures of a group of customers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use journey::{Diagnosis, LossReason, Velocity};
use serde::Serialize;

use crate::reading::{Connection, Enrolment, First, FirstState, Loss, LossEnd, Reading};
use crate::spread::{Share, Spread, seconds, to_tenth};

/// What the vendor's article asks of first data.
const TARGET_S: u64 = 60;

/// What the vendor's article asks of new ones.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The figures of a group of customers. What only Bayou shows is empty for others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How far they have come.
    pub funnel: Funnel,
    /// From our link to the accepted login: the customer's own time and the provider's in one, of those whose
    /// connection we saw and who came through our link.
    pub customer_time: Spread,
    /// From the login to the first bills.
    pub bills: FirstData,
    /// From the login to the first intervals.
    pub intervals: FirstData,
    /// From a bill's day of issue to the webhook of it. The day is all that is known of the issue.
    pub bill_to_data: Spread,
    /// Whether new data come.
    pub refresh: Refresh,
    /// Connections that were lost.
    pub reauthorization: Reauthorization,
    /// What was sent.
    pub messages: Messages,
}

/// How far customers have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// All customers on the way to a first connection, or past it.
    pub customers: usize,
    /// The partner told of them before anything was heard.
    pub invited: usize,
    /// Followed our link, or opened a session at the provider.
    pub link_followed: usize,
    /// Connected: the provider's record, or at Leap a final webhook, says so.
    pub connected: usize,
    /// Their first bills are there.
    pub bills_ready: usize,
    /// Their first intervals are there, of those connected ones that can have any.
    pub intervals_ready: Share,
    /// Gave a bill or the account by hand.
    pub fallback_given: usize,
}

/// From the login to the first data of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FirstData {
    /// Of everybody who is measured.
    pub all: Waits,
    /// The same by how fast the utility is said to be: `instant`, `hours`, `other`, or `unstated`.
    pub by_velocity: BTreeMap<&'static str, Waits>,
    /// Left out: connected before we knew of them, or nobody said when.
    pub before_we_knew: usize,
    /// Left out: the account cannot have them.
    pub not_offered: usize,
}

/// How long first data took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// Of those that are there. Where a look found them the time is an upper bound.
    pub time: Spread,
    /// A webhook told the time.
    pub told: usize,
    /// A look found them: they were there at some time since the look before.
    pub found: usize,
    /// There within 60 seconds for certain, of those there or awaited for longer.
    pub within_60s: Share,
    /// The same with all that a look found later than that, any of which may have been there in time.
    pub within_60s_at_most: Share,
    /// Not there yet.
    pub awaited: usize,
    /// Late, of these.
    pub late: usize,
}

/// Whether new data come, of customers who are connected and whose first intervals are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refresh {
    /// We looked within the last 24 hours.
    pub looked_within_24h: Share,
    /// That, and the newest interval ends within the last 24 hours.
    pub fresh_within_24h: Share,
    /// When we last looked, the newest interval was at most 24 hours old; of those looked at.
    pub fresh_when_looked: Share,
    /// Bills have silently stopped, as of now.
    pub bills_stale: usize,
    /// Intervals have.
    pub intervals_stale: usize,
}

/// Connections that were lost, and those repaired.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reauthorization {
    /// Losses of connections that we knew of.
    pub losses: usize,
    /// By reason.
    pub by_reason: BTreeMap<&'static str, usize>,
    /// Found by a look, not told by a webhook.
    pub found: usize,
    /// Left out: losses of connections of which we had never heard.
    pub of_unknown_connections: usize,
    /// Days of all connections together for which we would have heard of a loss.
    pub connected_days: f64,
    /// Losses per 100 connected customers in 30 days.
    pub per_100_in_30_days: Option<f64>,
    /// Customers whose second factor has ever expired, of those connected: the least share that has one.
    pub mfa_at_least: Share,
    /// What became of the losses.
    pub repair: Repair,
}

/// What became of lost connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// From the loss, as we learned of it, to the repair.
    pub time: Spread,
    /// Repaired in time, of the losses that are long enough ago.
    pub within: RepairedWithin,
    /// Still open.
    pub open: usize,
    /// Ended otherwise: a bill given by hand, a renewal, an erasure.
    pub otherwise: usize,
}

/// Shares of losses that were repaired in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairedWithin {
    /// Within a day.
    pub day: Share,
    /// Within 7 days.
    pub week: Share,
    /// Within 30 days.
    pub month: Share,
}

/// What was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Messages {
    /// All messages; an event for a partner who sends is one.
    pub sent: usize,
    /// By where the customer had stopped; `not_kept` where the note has made room for newer ones.
    pub by_diagnosis: BTreeMap<&'static str, usize>,
    /// Sent after the completion was known. Must be 0.
    pub after_completion: usize,
    /// Of these, ordered before it was known, and overtaken by it on the way.
    pub ordered_before: usize,
}

impl Figures {
    pub(crate) fn of<'a>(readings: impl Iterator<Item = &'a Reading>, now: Timestamp) -> Self {
        let readings: Vec<&Reading> = readings.collect();
        let enrolments = || readings.iter().filter_map(|reading| reading.enrolment.as_ref());
        let connections: Vec<&Connection> = enrolments()
            .filter_map(|enrolment| enrolment.connection.as_ref())
            .collect();
        let first =
            |kind: fn(&Connection) -> First| FirstData::of(connections.iter().map(|of| (of.velocity, kind(of))));
        Figures {
            funnel: Funnel::of(enrolments()),
            customer_time: Spread::of(connections.iter().filter_map(|of| of.customer_s)),
            bills: first(|of| of.bills),
            intervals: first(|of| of.intervals),
            bill_to_data: Spread::of(connections.iter().filter_map(|of| of.bill_s)),
            refresh: Refresh::of(&connections, now),
            reauthorization: Reauthorization::of(&readings, &connections, now),
            messages: Messages::of(&readings),
        }
    }
}

impl Funnel {
    fn of<'a>(enrolments: impl Iterator<Item = &'a Enrolment>) -> Self {
        let mut funnel = Funnel::default();
        for enrolment in enrolments {
            funnel.customers += 1;
            funnel.invited += usize::from(enrolment.invited);
            funnel.link_followed += usize::from(enrolment.link_followed);
            funnel.connected += usize::from(enrolment.connected);
            funnel.fallback_given += usize::from(enrolment.fallback);
            let Some(connection) = &enrolment.connection else {
                continue;
            };
            funnel.bills_ready += usize::from(connection.bills.is_ready());
            if connection.intervals.is_offered() {
                funnel.intervals_ready.add(connection.intervals.is_ready());
            }
        }
        funnel
    }
}

impl First {
    fn is_ready(self) -> bool {
        matches!(self.state, FirstState::Ready { .. })
    }

    fn is_offered(self) -> bool {
        !matches!(self.state, FirstState::NotOffered)
    }
}

impl FirstData {
    fn of(firsts: impl Iterator<Item = (Option<Velocity>, First)>) -> Self {
        let mut data = FirstData::default();
        let mut measured: BTreeMap<&'static str, Vec<FirstState>> = BTreeMap::new();
        for (velocity, first) in firsts {
            match first.state {
                FirstState::NotOffered => data.not_offered += 1,
                FirstState::Ready { .. } | FirstState::Awaited { .. } if !first.is_measured => {
                    data.before_we_knew += 1;
                }
                FirstState::Ready { .. } | FirstState::Awaited { .. } => {
                    let velocity = velocity.map_or("unstated", |velocity| velocity.as_str());
                    measured.entry(velocity).or_default().push(first.state);
                }
            }
        }
        data.all = Waits::of(measured.values().flatten());
        data.by_velocity = measured
            .iter()
            .map(|(velocity, states)| (*velocity, Waits::of(states.iter())))
            .collect();
        data
    }
}

impl Waits {
    fn of<'a>(states: impl Iterator<Item = &'a FirstState>) -> Self {
        let mut waits = Waits::default();
        let mut times = Vec::new();
        for state in states {
            match *state {
                FirstState::NotOffered => {}
                FirstState::Ready { after_s, told } => {
                    times.push(after_s);
                    let in_time = after_s <= TARGET_S;
                    waits.told += usize::from(told);
                    waits.found += usize::from(!told);
                    waits.within_60s.add(in_time);
                    waits.within_60s_at_most.add(in_time || !told);
                }
                FirstState::Awaited { for_s, late } => {
                    waits.awaited += 1;
                    waits.late += usize::from(late);
                    if for_s > TARGET_S {
                        waits.within_60s.add(false);
                        waits.within_60s_at_most.add(false);
                    }
                }
            }
        }
        waits.time = Spread::of(times);
        waits
    }
}

impl Refresh {
    fn of(connections: &[&Connection], now: Timestamp) -> Self {
        let mut refresh = Refresh::default();
        for connection in connections {
            let [bills, intervals] = connection.stale;
            refresh.bills_stale += usize::from(bills);
            refresh.intervals_stale += usize::from(intervals);
            if !connection.intervals.is_ready() {
                continue;
            }
            let within = |at: Timestamp, until: Timestamp| until.duration_since(at) <= DAY;
            let newest = connection.newest_interval;
            let looked = connection.looked_at.is_some_and(|at| within(at, now));
            refresh.looked_within_24h.add(looked);
            refresh
                .fresh_within_24h
                .add(looked && newest.is_some_and(|at| within(at, now)));
            if let Some(looked_at) = connection.looked_at {
                refresh
                    .fresh_when_looked
                    .add(newest.is_some_and(|at| within(at, looked_at)));
            }
        }
        refresh
    }
}

impl Reauthorization {
    fn of(readings: &[&Reading], connections: &[&Connection], now: Timestamp) -> Self {
        let losses: Vec<&Loss> = readings.iter().flat_map(|reading| &reading.losses).collect();
        let (known, unknown): (Vec<&Loss>, Vec<&Loss>) = losses.iter().partition(|loss| loss.known);
        let mut by_reason = BTreeMap::new();
        for loss in &known {
            *by_reason.entry(loss.why.as_str()).or_default() += 1;
        }
        let watched = |of: &&Connection| now.duration_since(of.watched_since).max(SignedDuration::ZERO);
        let days: f64 = connections.iter().map(|of| watched(of).as_secs_f64() / 86_400.0).sum();
        let expired = |reading: &&&Reading| {
            let mut losses = reading.losses.iter();
            losses.any(|loss| loss.known && loss.why == LossReason::MfaExpired)
        };
        Reauthorization {
            losses: known.len(),
            by_reason,
            found: known.iter().filter(|loss| loss.found).count(),
            of_unknown_connections: unknown.len(),
            connected_days: to_tenth(days),
            per_100_in_30_days: (days > 0.0).then(|| to_tenth(known.len() as f64 / days * 30.0 * 100.0)),
            mfa_at_least: Share {
                part: readings.iter().filter(expired).count(),
                of: connections.len(),
            },
            repair: Repair::of(&known, now),
        }
    }
}

impl Repair {
    fn of(losses: &[&Loss], now: Timestamp) -> Self {
        let mut repair = Repair::default();
        let mut times = Vec::new();
        for loss in losses {
            let took = match loss.end {
                LossEnd::Open => {
                    repair.open += 1;
                    None
                }
                LossEnd::Otherwise => {
                    repair.otherwise += 1;
                    None
                }
                LossEnd::Repaired(at) => Some(at.duration_since(loss.at)),
            };
            times.extend(took.map(seconds));
            let within = &mut repair.within;
            for (share, days) in [(&mut within.day, 1), (&mut within.week, 7), (&mut within.month, 30)] {
                let limit = DAY * days;
                // What was lost an hour ago has not failed to be repaired in a day.
                if now.duration_since(loss.at) >= limit {
                    share.add(took.is_some_and(|took| took <= limit));
                }
            }
        }
        repair.time = Spread::of(times);
        repair
    }
}

impl Messages {
    fn of(readings: &[&Reading]) -> Self {
        let mut messages = Messages::default();
        for reading in readings {
            for (diagnosis, sent) in &reading.messages.by_diagnosis {
                messages.sent += sent;
                let name = diagnosis.map_or("not_kept", Diagnosis::as_str);
                *messages.by_diagnosis.entry(name).or_default() += sent;
            }
            messages.after_completion += reading.messages.after_completion;
            messages.ordered_before += reading.messages.ordered_before;
        }
        messages
    }
}
