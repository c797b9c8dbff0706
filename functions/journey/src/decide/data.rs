//! A connected customer's data: the first in time, and new ones after them.
//!
//! Late or stale data are no reason to write to the customer, who can do nothing: they are a matter for operators.

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use crate::customer::{Customer, DataKind, Delivery, Newest, Velocity};
use crate::note::Note;
use crate::state::{MeterFollowUp, Phase, TimerWhy};

/// Late first data are looked for after half of the time that has passed, within these.
const SOONEST: SignedDuration = SignedDuration::from_mins(1);
const LATEST: SignedDuration = SignedDuration::from_hours(6);

impl Deciding<'_> {
    /// A webhook says that the first data of a kind are there. The record is asked at once.
    pub(super) fn data_announced(&mut self, kind: DataKind) {
        let now = self.now;
        let heard = match &mut self.journey.data {
            Some(clock) => match clock.delivery_mut(kind) {
                Some(Delivery::Awaited {
                    heard_at: heard_at @ None,
                    ..
                }) => {
                    *heard_at = Some(now);
                    true
                }
                Some(Delivery::Awaited { .. } | Delivery::Ready { .. } | Delivery::NotOffered) | None => false,
            },
            // Nobody has told of the connection that they come through.
            None => self.journey.is_live() && !self.journey.is_new(),
        };
        if !heard {
            return;
        }
        self.note(Note::MeterNews {
            what: format!("{}_ready", kind.as_str()),
        });
        match self.journey.phase {
            Phase::Live => self.arm(now, now, TimerWhy::Poll),
            Phase::Completed { provisional: false, .. } => self.arm(now, now, TimerWhy::Meter),
            Phase::Completed { provisional: true, .. } | Phase::HandedBack { .. } | Phase::Stopped { .. } => {}
        }
    }

    /// News of a customer's data. What they say of the utility's speed counts where nobody has said it.
    pub(super) fn data_news(&mut self, what: &'static str, velocity: Option<Velocity>) {
        if let Some(clock) = &mut self.journey.data {
            clock.velocity = clock.velocity.or(velocity);
        }
        self.note(Note::MeterNews { what: what.to_owned() });
    }

    /// The provider was asked for an open or connected customer.
    pub(super) fn customer_seen(&mut self, generation: u32, customer: Option<&Customer>, newest: Option<Newest>) {
        let served = |why| matches!(why, TimerWhy::Meter | TimerWhy::Poll);
        let timer = self.journey.timer.as_ref();
        if !timer.is_some_and(|timer| timer.generation == generation && served(timer.why)) {
            return self.note(Note::StaleTimer);
        }
        self.customer_status(customer);
        if let Some(newest) = newest {
            let connected = customer.is_some_and(|customer| customer.is_currently_authenticated);
            self.newest_seen(newest, connected);
        }
        self.give_up_data();
        self.journey.timer = None;
        self.arm_next();
    }

    /// What the record shows of the first data.
    pub(super) fn data_seen(&mut self, customer: &Customer) {
        let now = self.now;
        let Some(mut clock) = self.journey.data.clone() else {
            return;
        };
        clock.velocity = customer.velocity.or(clock.velocity);
        if clock.intervals.is_awaited() && !customer.expects_intervals() {
            clock.intervals = Delivery::NotOffered;
        }
        let late_at = self.data_late_at(clock.velocity);
        let mut notes = Vec::new();
        for kind in DataKind::OF_UTILITY {
            let there = match kind {
                DataKind::Bills => customer.bills_are_ready,
                DataKind::Intervals => customer.intervals_are_ready,
                DataKind::Service | DataKind::UsageHistory => false,
            };
            let Some(delivery) = clock.delivery_mut(kind) else {
                continue;
            };
            match delivery {
                Delivery::Awaited { heard_at, .. } if there => {
                    let (at, heard) = (heard_at.unwrap_or(now), heard_at.is_some());
                    *delivery = Delivery::Ready { at, heard };
                    let after_s = clock.took(kind).map(|took| took.as_secs());
                    notes.push(Note::DataReady { kind, after_s });
                }
                Delivery::Awaited {
                    late_since: late_since @ None,
                    ..
                } if customer.is_currently_authenticated && late_at.is_some_and(|late_at| now >= late_at) => {
                    *late_since = Some(now);
                    notes.push(Note::DataLate { kind });
                }
                Delivery::Awaited { .. } | Delivery::Ready { .. } | Delivery::NotOffered => {}
            }
        }
        let all_there = !clock.bills.is_awaited() && !clock.intervals.is_awaited();
        self.journey.data = Some(clock);
        for note in notes {
            self.note(note);
        }
        if let Phase::Completed {
            meter: meter @ (MeterFollowUp::Awaited { .. } | MeterFollowUp::GivenUp { .. }),
            ..
        } = &mut self.journey.phase
            && all_there
        {
            *meter = MeterFollowUp::Arrived { at: now };
        }
        self.arm_next();
    }

    /// What the newest data show of a connection that stands: one that was lost is another matter.
    fn newest_seen(&mut self, newest: Newest, connected: bool) {
        let (now, rules) = (self.now, &self.campaign.sharing);
        let Some(clock) = &mut self.journey.data else { return };
        clock.looked_at = Some(now);
        clock.newest.bill = clock.newest.bill.max(newest.bill);
        clock.newest.interval = clock.newest.interval.max(newest.interval);
        let (bills, intervals) = &mut clock.stale_since;
        let kinds = [
            (
                DataKind::Bills,
                clock.bills,
                clock.newest.bill,
                rules.bills_stale_after,
                bills,
            ),
            (
                DataKind::Intervals,
                clock.intervals,
                clock.newest.interval,
                rules.intervals_stale_after,
                intervals,
            ),
        ];
        let mut notes = Vec::new();
        for (kind, delivery, newest, stale_after, since) in kinds {
            let Delivery::Ready { at, .. } = delivery else { continue };
            let age = now.duration_since(newest.unwrap_or(at));
            let stale = age >= stale_after;
            if stale && connected && since.is_none() {
                *since = Some(now);
                notes.push(Note::DataStale { kind });
            } else if !stale && since.is_some() {
                *since = None;
                notes.push(Note::DataFresh { kind });
            }
        }
        for note in notes {
            self.note(note);
        }
    }

    fn give_up_data(&mut self) {
        let (now, most) = (self.now, self.campaign.meter.give_up_after);
        if let Phase::Completed {
            at,
            meter: meter @ MeterFollowUp::Awaited { .. },
            provisional: false,
            ..
        } = &mut self.journey.phase
            && self.journey.data.is_some()
            && now.duration_since(*at) >= most
        {
            *meter = MeterFollowUp::GivenUp { at: now };
            self.note(Note::MeterGivenUp);
        }
    }

    /// From when on the first data are late.
    fn data_late_at(&self, velocity: Option<Velocity>) -> Option<Timestamp> {
        let Phase::Completed { at, .. } = self.journey.phase else {
            return None;
        };
        let since = self.journey.data.as_ref().and_then(|clock| clock.connected_at);
        let rules = &self.campaign.sharing;
        let allowed = match (velocity, since) {
            // Who had connected before we knew of it is not measured.
            (Some(Velocity::Instant), Some(_)) => rules.instant_within,
            (Some(Velocity::Hours(hours)), _) => SignedDuration::from_hours(i64::from(hours)) + rules.slow_grace,
            (Some(Velocity::Instant), None) | (Some(Velocity::Other) | None, _) => rules.unstated + rules.slow_grace,
        };
        Some(self.after(since.unwrap_or(at), allowed))
    }

    /// When a connected customer's data are looked at next.
    pub(super) fn next_look_at_data(&self, meter: &MeterFollowUp) -> Option<(Timestamp, Timestamp, TimerWhy)> {
        let clock = self.journey.data.as_ref()?;
        let due = match meter {
            MeterFollowUp::Awaited { .. } => {
                let awaited = |kind: DataKind| match clock.delivery(kind) {
                    Delivery::Awaited { late_since, .. } => Some(late_since.is_some()),
                    Delivery::Ready { .. } | Delivery::NotOffered => None,
                };
                let late_at = self.data_late_at(clock.velocity).filter(|at| *at > self.now);
                let in_time = DataKind::OF_UTILITY
                    .into_iter()
                    .any(|kind| awaited(kind) == Some(false));
                // Where nobody says when the connection was made, when we learned of it must do: from now on no time
                // has passed, and the looks would never become fewer.
                let learned_at = match self.journey.phase {
                    Phase::Completed { at, .. } => at,
                    Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => self.now,
                };
                let since = clock.connected_at.unwrap_or(learned_at);
                let wait = (self.now.duration_since(since) / 2).clamp(SOONEST, LATEST);
                let again = self.after(self.now, wait);
                late_at.filter(|_| in_time).map_or(again, |late_at| late_at.min(again))
            }
            MeterFollowUp::Arrived { .. } | MeterFollowUp::GivenUp { .. } => match clock.looked_at {
                Some(at) => self.after(at, self.campaign.sharing.look_every),
                None => self.now,
            },
            MeterFollowUp::NotAwaited => return None,
        };
        Some((due, self.after(due, self.campaign.sharing.look_every), TimerWhy::Meter))
    }
}
