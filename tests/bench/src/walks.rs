//! Journeys in every phase, and what happens to them: recorded while invented customers are led
//! through the rules, so that each event meets a journey that it really could meet.

use std::collections::BTreeMap;

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use journey::contact::{Classification, Facts, Inbox, Locale, Permission};
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityErrorCode,
    UtilityStatus,
};
use journey::{
    Campaign, Delivered, Effect, Event, EventId, Flow, IdKey, Journey, JourneyId, Lane, MeterFound, MeterKind, Phase,
    Provider, Purpose, Reference, Resolution, SendOutcome, SendingHours, StatusAnswer, Unavailable, UtilityCode,
    decide,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One event that a journey meets.
pub(crate) struct Step {
    pub(crate) journey: Journey,
    pub(crate) delivered: Delivered,
    pub(crate) now: Timestamp,
}

/// When the first customers come: 2026-11-20T12:00:00Z, a Friday.
const BEGAN: i64 = 1_795_176_000;

/// The campaign of the walks: the standard one, with hours, so that time zones are worked out.
pub(crate) fn campaign() -> Campaign {
    Campaign {
        email_hours: SendingHours {
            start: time(9, 0, 0, 0),
            end: Some(time(20, 0, 0, 0)),
        },
        ..Campaign::standard()
    }
}

/// Leads so many customers through the rules and records every step.
pub(crate) fn record(customers: u32, campaign: &Campaign) -> anyhow::Result<Vec<Step>> {
    let key = IdKey::new(*b"an invented key of 32 bytes long")?;
    let began = Timestamp::UNIX_EPOCH
        .checked_add(SignedDuration::from_secs(BEGAN))
        .unwrap_or_default();
    let mut steps = Vec::new();
    for customer in 0..customers {
        let reference = Reference::new(format!("customer-{customer}"))?;
        let id = JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference);
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(customer));
        let now = after(began, random.random_range(0..86_400));
        let direct = random.random_bool(0.15);
        let flow = if direct { Flow::DirectToUtility } else { Flow::Connect };
        let walk = Walk {
            journey: Journey::begin(id, Provider::Leap, Purpose::Enroll, flow, now, campaign),
            facts: facts(&mut random, flow, campaign),
            customer,
            delivered: 0,
            now,
            direct,
            random,
            campaign,
            steps: &mut steps,
        };
        walk.lead();
    }
    Ok(steps)
}

/// How many events of each kind, and how many journeys in each phase, the steps have.
pub(crate) fn mix(steps: &[Step]) -> (BTreeMap<&'static str, usize>, BTreeMap<&'static str, usize>) {
    let (mut kinds, mut phases) = (BTreeMap::new(), BTreeMap::new());
    for step in steps {
        *kinds.entry(kind(&step.delivered.event)).or_default() += 1;
        *phases.entry(phase(&step.journey)).or_default() += 1;
    }
    (kinds, phases)
}

/// The source of an event.
pub(crate) fn kind(event: &Event) -> &'static str {
    match event {
        Event::SessionOpened
        | Event::StepReached
        | Event::SessionClosed
        | Event::SessionCompleted
        | Event::LoginReached { .. }
        | Event::LoginFailed { .. }
        | Event::LoginSucceeded { .. }
        | Event::MeterAnnounced { .. }
        | Event::MeterEnrollmentChanged { .. } => "webhooks",
        Event::TimerFired { .. } => "timers",
        Event::Rechecked { .. } => "rechecks",
        Event::SendResolved { .. } | Event::SendLookedUp { .. } | Event::DeliverySeen { .. } => "outcomes",
        Event::MetersSeen { .. } | Event::MetersUnavailable { .. } => "meters",
        Event::StatusSeen { .. } => "reconciled",
        Event::Connected { .. }
        | Event::ReauthorizationNeeded { .. }
        | Event::DataAnnounced { .. }
        | Event::DataNews { .. }
        | Event::CustomerSeen { .. }
        | Event::RenewalDue { .. } => "connections",
        Event::AccountSeen { .. }
        | Event::AccountOpened
        | Event::EnrollmentProgressed { .. }
        | Event::EnrollmentFinalized
        | Event::EnrollmentNews { .. }
        | Event::CancellationAnnounced
        | Event::ServiceAnnounced { .. }
        | Event::SupportNeeded { .. }
        | Event::EnrollmentReset => "enrolments",
        Event::Invited
        | Event::FallbackGiven { .. }
        | Event::LinkFollowed
        | Event::ContactChanged { .. }
        | Event::ContactErased => "people",
    }
}

fn phase(journey: &Journey) -> &'static str {
    match journey.phase {
        Phase::Live => "live",
        Phase::Completed { .. } => "completed",
        Phase::HandedBack { .. } => "handed back",
        Phase::Stopped { .. } => "stopped",
    }
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

fn facts(random: &mut ChaCha8Rng, flow: Flow, campaign: &Campaign) -> Facts {
    let email = match random.random_range(0..100) {
        0..3 => Permission::OptedOut,
        3..5 => Permission::Suppressed,
        5..7 => Permission::NoAddress,
        _ => Permission::Allowed,
    };
    // Two in three come with a zone of their own; of the others, all zones must be respected.
    let zones = match random.random_range(0..3) {
        0 => campaign.default_zones.clone(),
        _ => campaign.default_zones.iter().take(1).cloned().collect(),
    };
    Facts {
        known: true,
        locale: if random.random_bool(0.3) {
            Locale::Es
        } else {
            Locale::En
        },
        zones,
        places: law::Law::current().places(&law::Evidence::default()),
        flow,
        region: Some("CAISO".to_owned()),
        classification: Classification::Residential,
        utility: UtilityCode::parse("PGE"),
        email,
        sms: Permission::NoAddress,
        push: Permission::NoAddress,
        event: Permission::NoAddress,
        sharing_ends_at: None,
        visits: journey::Visits::default(),
        asks_for_a_code: false,
        journeys: Vec::new(),
        inbox: Inbox::default(),
    }
}

/// Steps after which a walk ends, wherever it is.
const LONGEST: usize = 60;

struct Walk<'a> {
    journey: Journey,
    facts: Facts,
    customer: u32,
    delivered: u32,
    now: Timestamp,
    direct: bool,
    random: ChaCha8Rng,
    campaign: &'a Campaign,
    steps: &'a mut Vec<Step>,
}

impl Walk<'_> {
    fn lead(mut self) {
        let until = self.steps.len() + LONGEST;
        self.visit();
        while self.steps.len() < until {
            let Some(timer) = self.journey.timer.clone() else {
                break;
            };
            self.now = self.now.max(timer.due);
            match timer.why.lane() {
                Lane::Touchpoint => self.take(Event::TimerFired {
                    generation: timer.generation,
                }),
                Lane::Meter => self.look_for_meters(timer.generation),
            }
            match self.random.random_range(0..100) {
                // Comes back, and stops again or not.
                0..12 => self.visit(),
                12..20 => self.reconcile(),
                20..23 => {
                    let facts = self.facts.clone();
                    self.take(Event::ContactChanged { facts });
                }
                23 => self.take(Event::ContactErased),
                // A timer that was armed twice.
                24..28 => self.take(Event::TimerFired {
                    generation: timer.generation,
                }),
                _ => {}
            }
        }
        // After the end: what arrives late.
        self.webhook(Event::StepReached);
        self.webhook(Event::MeterEnrollmentChanged {
            what: "enrollment_active",
        });
    }

    /// A visit to the provider, up to where the customer stops.
    fn visit(&mut self) {
        let utility = self.facts.utility.clone();
        if !self.direct {
            self.webhook(Event::SessionOpened);
            if self.random.random_bool(0.8) {
                self.webhook(Event::StepReached);
            }
        }
        if self.random.random_bool(0.8) {
            self.webhook(Event::LoginReached {
                utility: utility.clone(),
            });
        }
        match self.random.random_range(0..100) {
            0..35 => self.webhook(Event::LoginFailed { utility }),
            35..60 => {
                self.webhook(Event::LoginSucceeded { utility });
                if !self.direct {
                    self.webhook(Event::SessionCompleted);
                }
            }
            60..80 if !self.direct => self.webhook(Event::SessionClosed),
            _ => {}
        }
    }

    fn webhook(&mut self, event: Event) {
        self.now = after(self.now, self.random.random_range(5..180));
        self.delivered += 1;
        let id = EventId::new(&format!("{}-{}", self.customer, self.delivered));
        let delivered = Delivered { id: Some(id), event };
        self.decide(delivered.clone());
        // Leap delivers again what it believes to be lost.
        if self.random.random_bool(0.05) {
            self.decide(delivered);
        }
    }

    fn take(&mut self, event: Event) {
        self.decide(event.into());
    }

    /// Decides, records, and answers the effects as the shells would.
    fn decide(&mut self, delivered: Delivered) {
        let decision = decide(&self.journey, &delivered, self.now, self.campaign);
        let journey = std::mem::replace(&mut self.journey, decision.next);
        self.steps.push(Step {
            journey,
            delivered,
            now: self.now,
        });
        for effect in decision.effects {
            self.now = after(self.now, 1);
            match effect {
                Effect::ArmTimer(_) => {}
                Effect::Recheck { generation, meters } => {
                    let status = self.status();
                    let meters = meters.then(|| self.meters());
                    let facts = self.facts.clone();
                    self.take(Event::Rechecked {
                        generation,
                        status,
                        meters,
                        facts,
                    });
                }
                Effect::Send(order) => {
                    let outcome = match self.random.random_range(0..100) {
                        0..3 => SendOutcome::Throttled,
                        3..5 => SendOutcome::Ambiguous,
                        5..7 => SendOutcome::Refused {
                            why: "address rejected".to_owned(),
                        },
                        _ => SendOutcome::Accepted {
                            message_id: format!("0100018c5f3a-{:08x}@example.com", self.customer),
                        },
                    };
                    if outcome != SendOutcome::Throttled {
                        self.facts.inbox = self.facts.inbox.with_send(order.key.clone(), self.now);
                    }
                    self.take(Event::SendResolved {
                        key: order.key,
                        outcome,
                    });
                }
                Effect::LookUpSend(key) => {
                    let resolution = Resolution::Unknown;
                    self.take(Event::SendLookedUp { key, resolution });
                }
            }
        }
    }

    fn look_for_meters(&mut self, generation: u32) {
        if self.random.random_bool(0.05) {
            return self.take(Event::MetersUnavailable {
                generation,
                why: Unavailable::RateLimited,
            });
        }
        let meters = self.meters();
        self.take(Event::MetersSeen { generation, meters });
    }

    fn meters(&mut self) -> Vec<MeterFound> {
        let completed = !self.journey.is_live();
        if !completed || self.random.random_bool(0.3) {
            return Vec::new();
        }
        vec![MeterFound {
            kind: MeterKind::UtilityMeter,
            created_by_partner: false,
            authorized_by_reference: true,
            archived: false,
            created_at: Some(self.now),
        }]
    }

    fn reconcile(&mut self) {
        if let StatusAnswer::Seen(snapshot) = self.status() {
            let region = self.facts.region.clone();
            self.take(Event::StatusSeen {
                snapshot,
                region,
                classification: Classification::Residential,
            });
        }
    }

    fn status(&mut self) -> StatusAnswer {
        let (status, utility, error) = match self.random.random_range(0..100) {
            0..8 => {
                return StatusAnswer::Unavailable {
                    why: Unavailable::BudgetSpent,
                    retry_at: Some(after(self.now, 45)),
                };
            }
            8..13 => (ConnectionStatus::Completed, UtilityStatus::Connected, None),
            13..25 => (ConnectionStatus::NotStarted, UtilityStatus::NotConnected, None),
            25..50 => (ConnectionStatus::Partial, UtilityStatus::NotConnected, None),
            50..70 => error_of(UtilityErrorCode::UserInvalidCredentials),
            70..80 => error_of(UtilityErrorCode::AuthMfaError),
            80..90 => error_of(UtilityErrorCode::UserCanceled),
            90..97 => error_of(UtilityErrorCode::UtilityError),
            _ => error_of(UtilityErrorCode::UserIneligible),
        };
        let last = Some(self.journey.last_sign_of_life);
        StatusAnswer::Seen(Snapshot::Leap(vec![Connection {
            id: format!("customer-{}-CAISO", self.customer),
            region: "CAISO".to_owned(),
            started_at: Some(self.journey.opened_at),
            last_interaction_at: last,
            status: Known::Value(status),
            utilities: vec![UtilityConnection {
                name: "PG&E: Pacific Gas & Electric".to_owned(),
                required: true,
                status: Known::Value(utility),
                error: error.map(Known::Value),
                started_at: Some(self.journey.opened_at),
                last_interaction_at: last,
            }],
            agreements: Agreements {
                participation: Known::Value(Answer::Completed),
                ..Agreements::default()
            },
        }]))
    }
}

fn error_of(code: UtilityErrorCode) -> (ConnectionStatus, UtilityStatus, Option<UtilityErrorCode>) {
    (ConnectionStatus::Error, UtilityStatus::Error, Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walks_meet_every_phase_and_every_kind_of_event() {
        let (kinds, phases) = mix(&record(300, &campaign()).unwrap());
        assert_eq!(phases.len(), 4, "{phases:?}");
        assert_eq!(kinds.len(), 7, "{kinds:?}");
    }
}
