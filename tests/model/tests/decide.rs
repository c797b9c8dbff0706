//! The model and the code decide alike: in every situation that the model reaches, `journey::decide` takes the
//! same step.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use journey::campaign::{Channel, TouchRule};
use journey::contact::{Facts, Permission};
use journey::status::{Agreements, Connection, ConnectionStatus, Known, Snapshot};
use journey::{
    Campaign, Delivered, Effect, EventId, Evidence, Experiment, Flow, IdKey, Journey, JourneyId, MeterFollowUp, Note,
    Noted, Provider, Purpose, Reference, SendOutcome, SkipReason, StatusAnswer, TimerWhy, TouchRecord, Unavailable,
};
use model::rules::{
    Answer, CLOSES, Decision, Event, LEASE, OPENS, Outcome, Phase, RETRY, Record, Resolution, Then, Tick, Timer, Touch,
    Webhook, Webhooks, Why, decide,
};
use model::state::Left;
use model::{Bounds, Protocol, Situation, walk};

/// As long as a touch's last try comes before its window closes.
const TICK: SignedDuration = SignedDuration::from_secs(75);
const START: &str = "2026-11-02T12:00:00Z";

const NOTHING: Left = Left {
    crashes: 0,
    mishaps: 0,
    failures: 0,
    activity: 0,
};

/// Walks everywhere within the bounds, and asks the code in every situation.
fn check(left: Left, held_up_until: Tick) {
    let protocol = Protocol {
        bounds: Bounds { left, held_up_until },
        broken: None,
    };
    let start = Instant::now();
    let walked = walk(&protocol);
    println!(
        "{left:?}: {} states, the longest path that was walked has {} steps, {} situations, {:?}",
        walked.states,
        walked.longest,
        walked.situations.len(),
        start.elapsed()
    );
    assert!(
        !walked.circular,
        "a path that need not end: \"in the end\" would mean nothing"
    );
    assert!(walked.situations.len() > 100, "the walk has hardly begun");
    let code = Code::new();
    for situation in &walked.situations {
        let (stored, event, now) = *situation;
        assert_eq!(
            code.decide(situation),
            decide(stored, event, now, None),
            "{situation:#?}"
        );
    }
}

#[test]
fn alike_after_a_failure() {
    check(Left { failures: 1, ..NOTHING }, 5);
}

#[test]
fn alike_after_a_crash() {
    check(Left { crashes: 1, ..NOTHING }, 4);
}

#[test]
fn alike_after_an_act() {
    check(Left { activity: 1, ..NOTHING }, 3);
}

/// The code, told and asked in the words of the model.
struct Code {
    campaign: Campaign,
    id: JourneyId,
    start: Timestamp,
}

impl Code {
    fn new() -> Self {
        let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let reference = Reference::new("site-1").unwrap();
        let touch = TouchRule {
            after: TICK * i32::from(OPENS),
            until: TICK * i32::from(CLOSES),
            channels: vec![Channel::Email],
        };
        let experiment = Experiment {
            arms: Vec::new(),
            holdout_per_10000: 0,
            ..Experiment::standard()
        };
        Code {
            campaign: Campaign {
                touches: vec![touch],
                window_grace: SignedDuration::ZERO,
                claim_lease: TICK * i32::from(LEASE),
                retry_after: TICK * i32::from(RETRY),
                experiment,
                ..Campaign::standard()
            },
            id: JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference),
            start: START.parse().unwrap(),
        }
    }

    fn decide(&self, (stored, event, now): &Situation) -> Option<Decision> {
        let journey = match (stored, event) {
            (Some(record), _) => self.journey(record),
            (None, Event::Webhook(_)) => self.begin(*now),
            (None, _) => return None,
        };
        let decision = journey::decide(&journey, &self.event(&journey, *event), self.at(*now), &self.campaign);
        let (arms, others): (Vec<_>, Vec<_>) = decision
            .effects
            .iter()
            .partition(|effect| matches!(effect, Effect::ArmTimer(_)));
        let arms = match arms.as_slice() {
            [] => None,
            [Effect::ArmTimer(timer)] => Some(self.timer(timer)),
            several => panic!("one timer at a time: {several:?}"),
        };
        let then = match others.as_slice() {
            [] => Then::Nothing,
            [Effect::Recheck { meters: false, .. }] => Then::Recheck,
            [Effect::Send(order)] => Then::Send {
                attempt: order.key.attempt,
                claimed_at: self.tick(order.claimed_at),
            },
            [Effect::LookUpSend(key)] => Then::LookUp { attempt: key.attempt },
            others => panic!("the model knows no such effects: {others:?}"),
        };
        let next = self.record(&decision.next);
        Some(Decision { next, arms, then })
    }

    fn begin(&self, now: Tick) -> Journey {
        let (provider, purpose) = (Provider::Leap, Purpose::Enroll);
        Journey::begin(
            self.id.clone(),
            provider,
            purpose,
            Flow::Unknown,
            self.at(now),
            &self.campaign,
        )
    }

    /// A journey that the model would write down as this record.
    fn journey(&self, record: &Record) -> Journey {
        let phase = match record.phase {
            Phase::Live => journey::Phase::Live,
            Phase::Completed => journey::Phase::Completed {
                at: self.start,
                evidence: Evidence::Session,
                provisional: false,
                meter: MeterFollowUp::Awaited {
                    checks: 0,
                    late_since: None,
                },
            },
        };
        let channel = Channel::Email;
        let touch = match record.touch {
            Touch::Waiting { attempts } => TouchRecord::Waiting { attempts },
            Touch::Claimed { attempt, at } => TouchRecord::Claimed {
                attempt,
                at: self.at(at),
                channel,
            },
            Touch::Sent => TouchRecord::Sent {
                at: self.start,
                channel,
                message_id: "m-1".to_owned(),
            },
            Touch::Unknown { attempt } => TouchRecord::Unknown {
                attempt,
                at: self.start,
                channel,
            },
            Touch::Skipped => TouchRecord::Skipped {
                why: SkipReason::WindowClosed,
                at: self.start,
            },
        };
        let timer = record.timer.map(|timer| {
            let due = timer.due.map_or_else(|| self.days_away(timer.why), |due| self.at(due));
            journey::Timer {
                generation: u32::from(timer.generation),
                due,
                closes: due,
                why: match timer.why {
                    Why::Touch => TimerWhy::Touch,
                    Why::ClaimExpired => TimerWhy::ClaimExpired,
                    Why::HandBack => TimerWhy::HandBack,
                    Why::Meter => TimerWhy::Meter,
                },
            }
        });
        let seen = Webhook::ALL
            .into_iter()
            .filter(|webhook| record.seen.contains(*webhook));
        let begun = Noted {
            at: self.start,
            note: Note::Opened {
                arm: "default".to_owned(),
            },
        };
        Journey {
            flow: Flow::Connect,
            phase,
            last_sign_of_life: self.at(record.life),
            touches: vec![touch],
            timer,
            generation: u32::from(record.generation),
            recent_events: seen.map(name).collect(),
            history: [begun].into(),
            ..self.begin(0)
        }
    }

    /// What the model would write down of a journey.
    fn record(&self, journey: &Journey) -> Record {
        let (phase, life) = match journey.phase {
            journey::Phase::Live => (Phase::Live, self.tick(journey.last_sign_of_life)),
            journey::Phase::Completed { provisional: false, .. } => (Phase::Completed, 0),
            ref other @ (journey::Phase::Completed { provisional: true, .. }
            | journey::Phase::HandedBack { .. }
            | journey::Phase::Stopped { .. }) => panic!("the model knows no such phase: {other:?}"),
        };
        let [touch] = journey.touches.as_slice() else {
            panic!("one touch");
        };
        let touch = match touch {
            TouchRecord::Waiting { attempts } => Touch::Waiting { attempts: *attempts },
            TouchRecord::Claimed { attempt, at, .. } => Touch::Claimed {
                attempt: *attempt,
                at: self.tick(*at),
            },
            TouchRecord::Sent { .. } => Touch::Sent,
            TouchRecord::Unknown { attempt, .. } => Touch::Unknown { attempt: *attempt },
            TouchRecord::Skipped { .. } => Touch::Skipped,
        };
        let mut seen = Webhooks::default();
        for webhook in Webhook::ALL {
            if journey.recent_events.contains(&name(webhook)) {
                seen.insert(webhook);
            }
        }
        Record {
            phase,
            life,
            touch,
            timer: journey.timer.as_ref().map(|timer| self.timer(timer)),
            generation: u8::try_from(journey.generation).unwrap(),
            seen,
        }
    }

    fn timer(&self, timer: &journey::Timer) -> Timer {
        let (why, due) = match timer.why {
            TimerWhy::Touch => (Why::Touch, Some(self.tick(timer.due))),
            TimerWhy::ClaimExpired => (Why::ClaimExpired, Some(self.tick(timer.due))),
            TimerWhy::HandBack => (Why::HandBack, None),
            TimerWhy::Meter => (Why::Meter, None),
            TimerWhy::Confirm | TimerWhy::Poll => panic!("nothing is provisional here, and nobody is polled"),
        };
        if due.is_none() {
            assert!(timer.due >= self.days_away(why), "{timer:?} is not days away");
        }
        Timer {
            generation: u8::try_from(timer.generation).unwrap(),
            due,
            why,
        }
    }

    fn event(&self, journey: &Journey, event: Event) -> Delivered {
        let key = |attempt| journey.send_key(journey::Touch(1), attempt, Channel::Email);
        let event = match event {
            Event::Webhook(webhook) => {
                let event = match webhook {
                    Webhook::Opened => journey::Event::SessionOpened,
                    Webhook::Activity => journey::Event::StepReached,
                    Webhook::Completed => journey::Event::SessionCompleted,
                };
                let id = Some(name(webhook));
                return Delivered { id, event };
            }
            Event::TimerFired { generation } => journey::Event::TimerFired {
                generation: u32::from(generation),
            },
            Event::Rechecked { generation, answer } => journey::Event::Rechecked {
                generation: u32::from(generation),
                status: status(answer),
                meters: None,
                facts: Facts {
                    known: true,
                    email: Permission::Allowed,
                    ..Facts::unknown()
                },
            },
            Event::SendResolved { attempt, outcome } => journey::Event::SendResolved {
                key: key(attempt),
                outcome: match outcome {
                    Outcome::Accepted => SendOutcome::Accepted {
                        message_id: "m-1".to_owned(),
                    },
                    Outcome::Refused => SendOutcome::Refused { why: "no".to_owned() },
                    Outcome::Throttled => SendOutcome::Throttled,
                    Outcome::Withheld => SendOutcome::Withheld,
                    Outcome::Ambiguous => SendOutcome::Ambiguous,
                },
            },
            Event::SendLookedUp { attempt, resolution } => journey::Event::SendLookedUp {
                key: key(attempt),
                resolution: match resolution {
                    Resolution::Sent => journey::Resolution::Sent {
                        message_id: "m-1".to_owned(),
                        at: self.start,
                    },
                    Resolution::NotSent => journey::Resolution::NotSent,
                    Resolution::Unknown => journey::Resolution::Unknown,
                },
            },
        };
        event.into()
    }

    fn at(&self, tick: Tick) -> Timestamp {
        self.start.checked_add(TICK * i32::from(tick)).unwrap()
    }

    fn tick(&self, at: Timestamp) -> Tick {
        let since = at.duration_since(self.start);
        let ticks = Tick::try_from(since.as_secs() / TICK.as_secs()).unwrap();
        assert_eq!(self.at(ticks), at, "a time between two ticks");
        ticks
    }

    /// The earliest that such a timer can be due.
    fn days_away(&self, why: Why) -> Timestamp {
        let wait = match why {
            Why::HandBack => TICK * i32::from(OPENS) + self.campaign.hand_back_after,
            Why::Meter => self.campaign.meter.first_after,
            Why::Touch | Why::ClaimExpired => panic!("{why:?} is never days away"),
        };
        self.start.checked_add(wait).unwrap()
    }
}

fn name(webhook: Webhook) -> EventId {
    EventId::new(&format!("{webhook:?}"))
}

fn status(answer: Answer) -> StatusAnswer {
    let status = match answer {
        Answer::Complete => ConnectionStatus::Completed,
        Answer::NotComplete => ConnectionStatus::NotStarted,
        Answer::Unavailable => {
            return StatusAnswer::Unavailable {
                why: Unavailable::Unreachable,
                retry_at: None,
            };
        }
    };
    StatusAnswer::Seen(Snapshot::Leap(vec![Connection {
        id: "document-1".to_owned(),
        region: "CAISO".to_owned(),
        started_at: None,
        last_interaction_at: None,
        status: Known::Value(status),
        utilities: Vec::new(),
        agreements: Agreements::default(),
    }]))
}
