//! The decision, as small as the protocol needs it: one journey, one touch, one channel.
//!
//! `tests/decide.rs` holds it against `journey::decide` in every situation that the model reaches.

use crate::Broken;

/// A moment, in ticks. A lease has three of them; nothing shorter than one matters to the protocol.
pub type Tick = u8;

/// A touch is due this long after the latest sign of life.
pub const OPENS: Tick = 1;
/// It may go until this long after the latest sign of life: a lease that begins with it ends before.
pub const CLOSES: Tick = 4;
/// A touch is not held for longer than until this long before its window closes.
pub const LAST_TRY: Tick = 1;
/// How long a claim may go unanswered.
pub const LEASE: Tick = 3;
/// The wait after a failed status check, or a throttled send.
pub const RETRY: Tick = 2;

/// Where the journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// On the way.
    Live,
    /// Finished.
    Completed,
}

/// What became of the touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touch {
    /// Still to come.
    Waiting {
        /// Attempts that surely did not go out.
        attempts: u8,
    },
    /// Being sent.
    Claimed {
        /// Which attempt.
        attempt: u8,
        /// Since when.
        at: Tick,
    },
    /// Out.
    Sent,
    /// It may or may not have gone out.
    Unknown {
        /// Which attempt.
        attempt: u8,
    },
    /// It will not go.
    Skipped,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The touch is due.
    Touch,
    /// A claim's lease ends.
    ClaimExpired,
    /// All is over but the handing back: days away, and never fired here.
    HandBack,
    /// The meter is looked for: days away, and never fired here.
    Meter,
}

/// The journey's one live timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// Rises by one each time a timer is armed.
    pub generation: u8,
    /// When it is due; `None` is days away.
    pub due: Option<Tick>,
    /// What for.
    pub why: Why,
}

/// The stored journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Where it stands.
    pub phase: Phase,
    /// The latest sign of life; 0 once it is over, when nothing is counted from it any more.
    pub life: Tick,
    /// What became of the touch.
    pub touch: Touch,
    /// The timer.
    pub timer: Option<Timer>,
    /// The last generation given to a timer.
    pub generation: u8,
    /// The webhooks that it knows, by their identifiers.
    pub seen: Webhooks,
}

/// A webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Webhook {
    /// The customer opened the link.
    Opened,
    /// The customer went on.
    Activity,
    /// The customer finished.
    Completed,
}

impl Webhook {
    /// All of them.
    pub const ALL: [Webhook; 3] = [Webhook::Opened, Webhook::Activity, Webhook::Completed];
}

/// A set of webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Webhooks(u8);

impl Webhooks {
    /// Puts one in.
    pub fn insert(&mut self, webhook: Webhook) {
        self.0 |= 1 << webhook as u8;
    }

    /// Takes one out.
    pub fn remove(&mut self, webhook: Webhook) {
        self.0 &= !(1 << webhook as u8);
    }

    /// Is it in?
    #[must_use]
    pub fn contains(self, webhook: Webhook) -> bool {
        self.0 & (1 << webhook as u8) != 0
    }
}

/// What the provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Finished.
    Complete,
    /// Not finished.
    NotComplete,
    /// Nothing that could be relied on.
    Unavailable,
}

/// What the sender answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The message was taken over.
    Accepted,
    /// It will never go.
    Refused,
    /// Surely not sent; try again.
    Throttled,
    /// The last look forbade it.
    Withheld,
    /// It may or may not have gone out.
    Ambiguous,
}

/// What the sender's own record says afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// It went out.
    Sent,
    /// It did not.
    NotSent,
    /// It cannot say.
    Unknown,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A webhook came.
    Webhook(Webhook),
    /// A timer fired.
    TimerFired {
        /// Its generation.
        generation: u8,
    },
    /// The provider was asked again.
    Rechecked {
        /// The generation of the timer that fired.
        generation: u8,
        /// The answer.
        answer: Answer,
    },
    /// The sender answered.
    SendResolved {
        /// Which attempt.
        attempt: u8,
        /// The answer.
        outcome: Outcome,
    },
    /// A send was looked up in the sender's record.
    SendLookedUp {
        /// Which attempt.
        attempt: u8,
        /// What it says.
        resolution: Resolution,
    },
}

/// What is to be done after the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Ask the provider.
    Recheck,
    /// Send the message.
    Send {
        /// Which attempt.
        attempt: u8,
        /// When it was claimed.
        claimed_at: Tick,
    },
    /// Ask the sender's record.
    LookUp {
        /// Which attempt.
        attempt: u8,
    },
    /// Record what the sender answered. Only a protocol that sends before its claim comes to this.
    Resolve {
        /// Which attempt.
        attempt: u8,
        /// The answer.
        outcome: Outcome,
    },
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// The record afterwards.
    pub next: Record,
    /// The timer to arm before the write.
    pub arms: Option<Timer>,
    /// What to do after it.
    pub then: Then,
}

/// Decides what an event means. `None` when there is no journey, and the event begins none.
#[must_use]
pub fn decide(stored: Option<Record>, event: Event, now: Tick, broken: Option<Broken>) -> Option<Decision> {
    let record = match (stored, event) {
        (Some(record), _) => record,
        (None, Event::Webhook(_)) => Record {
            phase: Phase::Live,
            life: now,
            touch: Touch::Waiting { attempts: 0 },
            timer: None,
            generation: 0,
            seen: Webhooks::default(),
        },
        (None, _) => return None,
    };
    let mut deciding = Deciding {
        record,
        now,
        broken,
        arms: None,
        then: Then::Nothing,
    };
    match event {
        Event::Webhook(webhook) => deciding.webhook(webhook),
        Event::TimerFired { generation } => deciding.timer_fired(generation),
        Event::Rechecked { generation, answer } => deciding.rechecked(generation, answer),
        Event::SendResolved { attempt, outcome } => deciding.send_resolved(attempt, outcome),
        Event::SendLookedUp { attempt, resolution } => deciding.send_looked_up(attempt, resolution),
    }
    Some(Decision {
        next: deciding.record,
        arms: deciding.arms,
        then: deciding.then,
    })
}

struct Deciding {
    record: Record,
    now: Tick,
    broken: Option<Broken>,
    arms: Option<Timer>,
    then: Then,
}

enum Choice {
    TooEarly,
    Closed,
    Due { attempts: u8 },
}

impl Deciding {
    fn webhook(&mut self, webhook: Webhook) {
        if self.record.seen.contains(webhook) {
            return;
        }
        self.record.seen.insert(webhook);
        match (webhook, self.record.phase) {
            (Webhook::Opened | Webhook::Activity, Phase::Live) => {
                self.record.life = self.record.life.max(self.now);
                if self.record.timer.is_none() {
                    self.arm_next();
                }
            }
            (Webhook::Opened | Webhook::Activity, Phase::Completed) => {
                if self.broken == Some(Broken::CompletionDoesNotAbsorb) {
                    self.record.phase = Phase::Live;
                    self.record.life = self.now;
                    self.arm_next();
                }
            }
            (Webhook::Completed, Phase::Live | Phase::Completed) => self.complete(),
        }
    }

    fn timer_fired(&mut self, generation: u8) {
        let Some(timer) = self.timer_of(generation) else {
            return;
        };
        match timer.why {
            Why::Touch => match self.claim_ends() {
                Some(end) if self.now < end => self.rearm(),
                Some(_) => self.claim_expired(),
                None => match self.choose() {
                    Choice::TooEarly => self.rearm(),
                    Choice::Closed => self.skip(),
                    Choice::Due { .. } => self.then = Then::Recheck,
                },
            },
            Why::ClaimExpired if timer.due.is_some_and(|due| self.now < due) => self.rearm(),
            Why::ClaimExpired => self.claim_expired(),
            // Too early: the schedule was made for a state that lost its race, with the same generation.
            Why::HandBack => self.rearm(),
            // Another function's.
            Why::Meter => {}
        }
    }

    fn claim_expired(&mut self) {
        if let Touch::Claimed { attempt, .. } = self.record.touch {
            if self.broken == Some(Broken::BlindResend) {
                self.record.touch = Touch::Waiting { attempts: attempt };
                return self.rearm();
            }
            self.then = Then::LookUp { attempt };
        }
        self.arm(Some(self.now + LEASE), Why::ClaimExpired);
    }

    fn rechecked(&mut self, generation: u8, answer: Answer) {
        let Some(timer) = self.timer_of(generation) else {
            return;
        };
        let claimed = timer.why == Why::Touch && self.claim_ends().is_some();
        match answer {
            Answer::Complete => {
                self.record.timer = None;
                self.complete();
            }
            Answer::Unavailable | Answer::NotComplete if claimed || timer.why != Why::Touch => {}
            Answer::Unavailable => match self.choose() {
                Choice::TooEarly => self.rearm(),
                Choice::Closed => self.skip(),
                Choice::Due { .. } => self.hold(),
            },
            Answer::NotComplete => match self.choose() {
                Choice::TooEarly => self.rearm(),
                Choice::Closed => self.skip(),
                Choice::Due { attempts } => {
                    let (attempt, at) = (attempts + 1, self.now);
                    self.record.touch = Touch::Claimed { attempt, at };
                    self.then = Then::Send {
                        attempt,
                        claimed_at: at,
                    };
                }
            },
        }
    }

    fn send_resolved(&mut self, attempt: u8, outcome: Outcome) {
        let accepted = outcome == Outcome::Accepted;
        if !(self.is_open(attempt) || accepted && self.was_freed(attempt)) {
            return;
        }
        match outcome {
            Outcome::Accepted => {
                self.record(Touch::Sent);
                self.rearm();
            }
            Outcome::Refused | Outcome::Withheld => {
                self.record(Touch::Skipped);
                self.arm_next();
            }
            Outcome::Throttled => {
                self.record(Touch::Waiting { attempts: attempt });
                self.hold();
            }
            Outcome::Ambiguous => self.arm_next(),
        }
    }

    fn send_looked_up(&mut self, attempt: u8, resolution: Resolution) {
        let sent = resolution == Resolution::Sent;
        if !(self.is_open(attempt) || sent && self.was_freed(attempt)) {
            return;
        }
        match (resolution, self.record.touch) {
            (Resolution::Sent, _) => self.record(Touch::Sent),
            (Resolution::NotSent, _) => self.record(Touch::Waiting { attempts: attempt }),
            (Resolution::Unknown, Touch::Unknown { .. }) => return,
            (Resolution::Unknown, _) => self.record(Touch::Unknown { attempt }),
        }
        self.rearm();
    }

    fn timer_of(&self, generation: u8) -> Option<Timer> {
        self.record.timer.filter(|timer| timer.generation == generation)
    }

    fn choose(&self) -> Choice {
        match self.record.touch {
            Touch::Waiting { attempts } if self.record.life + OPENS <= self.now => {
                if self.now <= self.record.life + CLOSES {
                    Choice::Due { attempts }
                } else {
                    Choice::Closed
                }
            }
            Touch::Waiting { .. } | Touch::Claimed { .. } | Touch::Sent | Touch::Unknown { .. } | Touch::Skipped => {
                Choice::TooEarly
            }
        }
    }

    fn complete(&mut self) {
        if self.record.phase == Phase::Completed {
            return;
        }
        self.record.phase = Phase::Completed;
        self.record.life = 0;
        self.arm_next();
    }

    fn skip(&mut self) {
        self.record.touch = Touch::Skipped;
        self.rearm();
    }

    /// Tries again inside the window, or not at all.
    fn hold(&mut self) {
        let last = self.record.life + CLOSES - LAST_TRY;
        let mut until = self.now + RETRY;
        if until > last && last > self.now {
            until = last;
        }
        match self.record.phase {
            Phase::Live if until <= last => self.arm(Some(until), Why::Touch),
            Phase::Live => self.skip(),
            Phase::Completed => self.rearm(),
        }
    }

    fn is_open(&self, attempt: u8) -> bool {
        match self.record.touch {
            Touch::Claimed { attempt: open, .. } | Touch::Unknown { attempt: open } => open == attempt,
            Touch::Waiting { .. } | Touch::Sent | Touch::Skipped => false,
        }
    }

    fn was_freed(&self, attempt: u8) -> bool {
        matches!(self.record.touch, Touch::Waiting { attempts } if attempt <= attempts)
    }

    /// Records what became of an attempt. The timer that led to its claim has done its work.
    fn record(&mut self, touch: Touch) {
        let before = core::mem::replace(&mut self.record.touch, touch);
        let due = self.record.timer.and_then(|timer| timer.due);
        if let Touch::Claimed { at, .. } = before
            && due.is_some_and(|due| due <= at)
        {
            self.record.timer = None;
        }
    }

    fn rearm(&mut self) {
        self.record.timer = None;
        self.arm_next();
    }

    fn arm_next(&mut self) {
        let (due, why) = self.next_due();
        let kept = |timer: Timer| timer.why == why && days_away_last(timer.due) <= days_away_last(due);
        if !self.record.timer.is_some_and(kept) {
            self.arm(due, why);
        }
    }

    fn arm(&mut self, due: Option<Tick>, why: Why) {
        self.record.generation += 1;
        let timer = Timer {
            generation: self.record.generation,
            due: due.map(|due| due.max(self.now)),
            why,
        };
        self.record.timer = Some(timer);
        self.arms = Some(timer);
    }

    fn next_due(&self) -> (Option<Tick>, Why) {
        if let Some(end) = self.claim_ends() {
            return (Some(end), Why::ClaimExpired);
        }
        match (self.record.phase, self.record.touch) {
            (Phase::Live, Touch::Waiting { .. }) => (Some(self.record.life + OPENS), Why::Touch),
            (Phase::Live, _) => (None, Why::HandBack),
            (Phase::Completed, _) => (None, Why::Meter),
        }
    }

    fn claim_ends(&self) -> Option<Tick> {
        match self.record.touch {
            Touch::Claimed { at, .. } => Some(at + LEASE),
            Touch::Waiting { .. } | Touch::Sent | Touch::Unknown { .. } | Touch::Skipped => None,
        }
    }
}

fn days_away_last(due: Option<Tick>) -> Tick {
    due.unwrap_or(Tick::MAX)
}
