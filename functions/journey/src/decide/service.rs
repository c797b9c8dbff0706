//! After the enrolment: does power flow, and has the usage of the past months come?
//!
//! Nothing of it is the customer's to do, so what is late is a matter for operators (docs/light.md, traps 9 and 15).

use jiff::{SignedDuration, Timestamp};

use super::Deciding;
use crate::business_hours::begins;
use crate::customer::{DataKind, Delivery};
use crate::enrollment::{EnrollmentClock, LightAccount};
use crate::note::Note;
use crate::state::{MeterFollowUp, Phase, TimerWhy};

/// What is awaited is looked for after half of the time that has passed, within these.
const SOONEST: SignedDuration = SignedDuration::from_mins(30);
const LATEST: SignedDuration = SignedDuration::from_hours(12);

impl Deciding<'_> {
    /// A webhook says that something is there. The record is asked at once.
    pub(super) fn service_announced(&mut self, kind: DataKind) {
        let now = self.now;
        let clock = self.journey.enrollment.get_or_insert_default();
        if let Some(Delivery::Awaited {
            heard_at: heard_at @ None,
            ..
        }) = delivery_mut(clock, kind)
        {
            *heard_at = Some(now);
        } else {
            return self.note(Note::Duplicate);
        }
        self.note(Note::MeterNews {
            what: kind.as_str().to_owned(),
        });
        // It may be an older place's, and is the end of nothing (trap 14).
        self.look_at_once();
    }

    /// The record was read for a timer of this lane.
    pub(super) fn account_seen(&mut self, generation: u32, account: Option<&LightAccount>) {
        let served = |why| matches!(why, TimerWhy::Meter | TimerWhy::Poll);
        let timer = self.journey.timer.as_ref();
        if !timer.is_some_and(|timer| timer.generation == generation && served(timer.why)) {
            return self.note(Note::StaleTimer);
        }
        self.account_status(account);
        self.give_up_service();
        self.journey.timer = None;
        self.arm_next();
    }

    /// What the record shows of what was promised.
    pub(super) fn service_seen(&mut self, account: &LightAccount) {
        let now = self.now;
        let Phase::Completed { at, .. } = self.journey.phase else {
            return;
        };
        let dates = self.dates(account);
        let mut clock = self.journey.enrollment.unwrap_or_default();
        clock.dates.starts = dates.starts;
        self.journey.enrollment = Some(clock);
        let late_at = self.service_late_at(at);
        let mut notes = Vec::new();
        for kind in DataKind::OF_ENROLLMENT {
            let there = match kind {
                DataKind::Service => account.service_is_active(),
                DataKind::UsageHistory => account.usage_is_there(),
                DataKind::Bills | DataKind::Intervals => None,
            };
            let Some(delivery) = delivery_mut(&mut clock, kind) else {
                continue;
            };
            match delivery {
                Delivery::Awaited { heard_at, .. } if there == Some(true) => {
                    let (since, heard) = (heard_at.unwrap_or(now), heard_at.is_some());
                    *delivery = Delivery::Ready { at: since, heard };
                    let after_s = Some(since.duration_since(at).as_secs().max(0));
                    notes.push(Note::DataReady { kind, after_s });
                }
                Delivery::Awaited {
                    late_since: late_since @ None,
                    ..
                } if now >= late_at => {
                    *late_since = Some(now);
                    notes.push(Note::DataLate { kind });
                }
                Delivery::Awaited { .. } | Delivery::Ready { .. } | Delivery::NotOffered => {}
            }
        }
        self.journey.enrollment = Some(clock);
        if let Phase::Completed {
            meter: meter @ (MeterFollowUp::Awaited { .. } | MeterFollowUp::GivenUp { .. }),
            ..
        } = &mut self.journey.phase
        {
            match (clock.service, meter) {
                (Delivery::Ready { at, .. }, meter) => *meter = MeterFollowUp::Arrived { at },
                (Delivery::Awaited { late_since, .. }, MeterFollowUp::Awaited { late_since: late, .. }) => {
                    *late = late_since;
                }
                (Delivery::Awaited { .. } | Delivery::NotOffered, _) => {}
            }
        }
        for note in notes {
            self.note(note);
        }
        self.arm_next();
    }

    /// From when on what was promised is late.
    fn service_late_at(&self, finalized_at: Timestamp) -> Timestamp {
        let rule = &self.campaign.enrollment;
        let from = self.service_counts_from(finalized_at);
        rule.business_hours
            .after(from, rule.late_after_business_hours, &self.campaign.law)
    }

    /// Service is not due before the day on which it begins.
    fn service_counts_from(&self, finalized_at: Timestamp) -> Timestamp {
        let starts = self.journey.enrollment.and_then(|clock| clock.dates.starts);
        starts
            .and_then(begins)
            .map_or(finalized_at, |day| day.max(finalized_at))
    }

    /// When an enrolled customer is looked at next.
    pub(super) fn next_look_at_service(&self, meter: &MeterFollowUp) -> Option<(Timestamp, Timestamp, TimerWhy)> {
        let clock = self.journey.enrollment?;
        let Phase::Completed { at, .. } = self.journey.phase else {
            return None;
        };
        let awaited = [clock.service, clock.usage]
            .into_iter()
            .filter_map(|delivery| match delivery {
                Delivery::Awaited { late_since, .. } => Some(late_since.is_none()),
                Delivery::Ready { .. } | Delivery::NotOffered => None,
            });
        let in_time = awaited.reduce(|one, other| one || other)?;
        if matches!(meter, MeterFollowUp::GivenUp { .. } | MeterFollowUp::NotAwaited) {
            return None;
        }
        let from = self.service_counts_from(at);
        let again = if self.now < from {
            from
        } else {
            let wait = (self.now.duration_since(from) / 2).clamp(SOONEST, LATEST);
            self.after(self.now, wait)
        };
        let late_at = self.service_late_at(at);
        let due = if in_time && late_at > self.now {
            again.min(late_at)
        } else {
            again
        };
        Some((due, self.after(due, LATEST), TimerWhy::Meter))
    }

    /// After a long time nothing is awaited any more.
    fn give_up_service(&mut self) {
        let most = self.campaign.meter.give_up_after;
        let Phase::Completed {
            at, provisional: false, ..
        } = self.journey.phase
        else {
            return;
        };
        let now = self.now;
        if now.duration_since(self.service_counts_from(at)) < most {
            return;
        }
        if let Some(clock) = &mut self.journey.enrollment
            && clock.usage.is_awaited()
        {
            clock.usage = Delivery::NotOffered;
        }
        if let Phase::Completed {
            meter: meter @ MeterFollowUp::Awaited { .. },
            ..
        } = &mut self.journey.phase
        {
            *meter = MeterFollowUp::GivenUp { at: now };
            self.note(Note::MeterGivenUp);
        }
    }
}

fn delivery_mut(clock: &mut EnrollmentClock, kind: DataKind) -> Option<&mut Delivery> {
    match kind {
        DataKind::Service => Some(&mut clock.service),
        DataKind::UsageHistory => Some(&mut clock.usage),
        DataKind::Bills | DataKind::Intervals => None,
    }
}
