//! A world around one customer, driven by numbers: webhooks, waits, timers, a provider that may
//! fail, and a sender of which nobody knows what it did.

use jiff::SignedDuration;
use journey::contact::Permission;
use journey::status::{Answer, Snapshot, UtilityErrorCode};
use journey::{Effect, Event, MeterKind, Resolution, SendKey, SendOutcome, StatusAnswer, TimerWhy, Unavailable};

use super::provider::{agreement, completed, failed, not_started, nothing, partial, unheard_of, wrong_utility};
use super::{Story, code, facts, meter};

/// What is done next, and how.
pub(crate) type Step = (u8, u16);

/// A customer's story, and what really became of each message.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) story: Story,
    /// Did the attempt go out? In the order in which they were made.
    truth: Vec<(SendKey, bool)>,
    /// Timers that were armed and have not fired.
    generations: Vec<u32>,
}

impl World {
    pub(crate) fn new(story: Story) -> Self {
        World {
            story,
            truth: Vec::new(),
            generations: Vec::new(),
        }
    }

    /// Does one step. Steps that make no sense now do nothing.
    pub(crate) fn step(mut self, (kind, argument): Step) -> Self {
        match kind % 16 {
            0..=4 => self.webhook(argument),
            5 | 6 => self.wait(i64::from(argument % 600)),
            7 => self.wait(i64::from(argument % 7) * 24 * 60),
            8 => self.seen(argument),
            9 => self.contact(argument),
            10 => self.old_timer(argument),
            _ => self.fire(argument),
        }
        self
    }

    fn take(&mut self, change: impl FnOnce(Story) -> Story) {
        self.story = change(self.story.clone());
        let armed = self.story.effects.iter().filter_map(|effect| match effect {
            Effect::ArmTimer(timer) => Some(timer.generation),
            Effect::Recheck { .. } | Effect::Send(_) | Effect::LookUpSend(_) => None,
        });
        self.generations.extend(armed);
    }

    fn wait(&mut self, minutes: i64) {
        // Nothing waits for longer than the sweep lets a due timer lie.
        let until = self.story.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        self.story.now = until;
    }

    pub(crate) fn webhook(&mut self, argument: u16) {
        let event = webhook(argument);
        self.take(|story| story.webhook(event));
    }

    fn seen(&mut self, argument: u16) {
        let snapshot = self.record(argument);
        self.take(|story| {
            if story.orders.is_empty() && story.told.is_empty() {
                story
            } else {
                story.seen(snapshot)
            }
        });
    }

    fn contact(&mut self, argument: u16) {
        if self.story.told.is_empty() {
            return;
        }
        let changed = match argument % 8 {
            0 => {
                self.take(|story| story.event(Event::ContactErased));
                return;
            }
            1 => {
                let mut facts = facts();
                facts.email = Permission::OptedOut;
                facts.sms = Permission::OptedOut;
                facts
            }
            2 => {
                let mut facts = facts();
                facts.sms = Permission::NoConsent;
                facts
            }
            _ => facts(),
        };
        self.story.facts.email = changed.email;
        self.story.facts.sms = changed.sms;
        let facts = self.story.facts.clone();
        self.take(|story| story.event(Event::ContactChanged { facts }));
    }

    /// A timer of the past fires again, as an at-least-once scheduler may have it.
    fn old_timer(&mut self, argument: u16) {
        let current = self.story.journey.timer.as_ref().map(|timer| timer.generation);
        let old: Vec<_> = self
            .generations
            .iter()
            .filter(|known| Some(**known) != current)
            .copied()
            .collect();
        if let Some(&generation) = old.get(usize::from(argument) % old.len().max(1)) {
            let before = self.story.journey.clone();
            self.take(|story| story.event(Event::TimerFired { generation }));
            assert_eq!(self.story.journey.timer, before.timer, "an old timer did something");
            assert!(self.story.effects.is_empty(), "an old timer did something");
        }
    }

    /// The timer fires, up to a minute late, and everything that follows from it happens.
    pub(crate) fn fire(&mut self, argument: u16) {
        let Some(timer) = self.story.journey.timer.clone() else {
            return;
        };
        if timer.why == TimerWhy::Meter {
            let found = if argument.is_multiple_of(3) {
                vec![meter()]
            } else {
                Vec::new()
            };
            return self.take(|story| story.meters(found));
        }
        let late = format!("{}s", argument % 60);
        self.take(|story| story.fire_late(&late));
        for effect in self.story.effects.clone() {
            match effect {
                Effect::Recheck { generation, meters } => self.recheck(generation, meters, argument),
                Effect::LookUpSend(key) => self.look_up(&key, argument),
                Effect::ArmTimer(_) | Effect::Send(_) => {}
            }
        }
    }

    fn recheck(&mut self, generation: u32, meters: bool, argument: u16) {
        let status = match argument % 11 {
            0 => StatusAnswer::Unavailable {
                why: Unavailable::Failing,
                retry_at: None,
            },
            1 => StatusAnswer::Unavailable {
                why: Unavailable::RateLimited,
                retry_at: self
                    .story
                    .now
                    .checked_add(SignedDuration::from_secs(i64::from(argument) % 900))
                    .ok(),
            },
            _ => StatusAnswer::Seen(self.record(argument)),
        };
        // Something may arrive while the provider is being asked.
        if argument % 13 == 5 {
            self.webhook(argument / 13);
        }
        let meters = meters.then(|| {
            if argument.is_multiple_of(2) {
                vec![meter()]
            } else {
                Vec::new()
            }
        });
        let facts = self.story.facts.clone();
        let before = self.story.orders.len();
        self.take(|story| {
            story.event(Event::Rechecked {
                generation,
                status,
                meters,
                facts,
            })
        });
        let Some(order) = self.story.orders.get(before).cloned() else {
            return;
        };
        // While the message is on its way the customer may finish.
        if argument % 17 == 3 {
            self.take(|story| story.webhook(Event::SessionCompleted));
        }
        self.send(&order.key, argument / 7);
    }

    fn send(&mut self, key: &SendKey, fate: u16) {
        let (went, answer) = match fate % 9 {
            0 => (true, Some(SendOutcome::Ambiguous)),
            1 => (false, Some(SendOutcome::Ambiguous)),
            2 => (false, Some(SendOutcome::Throttled)),
            3 => (false, Some(SendOutcome::Refused { why: "550".to_owned() })),
            // The shell died after the send, or before it.
            4 => (true, None),
            5 => (false, None),
            6 => (false, Some(SendOutcome::OptedOut)),
            _ => (
                true,
                Some(SendOutcome::Accepted {
                    message_id: "0100019abc-0003".to_owned(),
                }),
            ),
        };
        if went {
            self.story.went_out(key);
        }
        self.truth.push((key.clone(), went));
        if let Some(outcome) = answer {
            let key = key.clone();
            self.take(|story| story.event(Event::SendResolved { key, outcome }));
        }
    }

    fn look_up(&mut self, key: &SendKey, argument: u16) {
        if argument % 5 == 4 {
            return;
        }
        let went = self.truth.iter().any(|(known, went)| known == key && *went);
        let resolution = match (argument % 5, went) {
            (3, _) => Resolution::Unknown,
            (_, true) => Resolution::Sent {
                message_id: "0100019abc-0003".to_owned(),
                at: self.story.now,
            },
            (_, false) => Resolution::NotSent,
        };
        let key = key.clone();
        self.take(|story| story.event(Event::SendLookedUp { key, resolution }));
    }

    fn record(&self, argument: u16) -> Snapshot {
        let ago = SignedDuration::from_mins(i64::from(argument) % 5_000);
        let last = self.story.now.checked_sub(ago).unwrap().to_string();
        match (argument / 11) % 16 {
            0 => completed(&last),
            1 => nothing(),
            2 => not_started(&last),
            3 => failed(Some(UtilityErrorCode::UserInvalidCredentials), &last),
            4 => failed(Some(UtilityErrorCode::UtilityError), &last),
            5 => failed(Some(UtilityErrorCode::UserIneligible), &last),
            6 => wrong_utility(&last),
            7 => unheard_of(&last),
            8 => agreement(Answer::Declined, &last),
            _ => partial(&last),
        }
    }
}

/// One of the provider's webhooks.
pub(crate) fn webhook(argument: u16) -> Event {
    let utility = Some(code(if argument.is_multiple_of(2) { "PGE" } else { "SDGE" }));
    match argument % 14 {
        0 | 1 => Event::SessionOpened,
        2 | 3 => Event::StepReached,
        4 => Event::SessionClosed,
        5 => Event::SessionCompleted,
        6 | 7 => Event::LoginReached { utility },
        8 => Event::LoginFailed { utility },
        9 => Event::LoginSucceeded { utility },
        10 => Event::LinkFollowed,
        11 => Event::MeterAnnounced {
            kind: Some(MeterKind::UtilityMeter),
        },
        12 => Event::MeterAnnounced {
            kind: Some(MeterKind::Device),
        },
        _ => Event::MeterEnrollmentChanged {
            what: "global-status PENDING",
        },
    }
}
