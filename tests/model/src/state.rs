//! Everything that can differ between two moments: the table, the scheduler, the calls under way, the world.

use crate::rules::{Decision, Event, Outcome, Record, Tick, Timer, Webhook, Webhooks};

/// A state of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The time.
    pub now: Tick,
    /// The stored journey.
    pub stored: Option<Record>,
    /// The one-shot schedules, by generation and due time, sorted. Those of a generation that is over would fire,
    /// find that out and do nothing: they are left out.
    pub schedules: Vec<(u8, Tick)>,
    /// Webhooks that the provider sends, and sends again until it gets its 2xx.
    pub undelivered: Webhooks,
    /// The call that takes a webhook.
    pub webhook: Step,
    /// The calls of `touchpoint`.
    pub fires: [Fire; 2],
    /// Has the customer finished? It is the provider's to know.
    pub finished: bool,
    /// Messages that the sender took over.
    pub accepted: u8,
    /// The attempt of which the sender may still tell by an event of its own.
    pub untold: Option<u8>,
    /// What may still go wrong.
    pub left: Left,
    /// Has the table ever known of the completion? (For the properties alone.)
    pub known: bool,
    /// Was a schedule made for the stored timer? (For the properties alone.)
    pub armed: bool,
}

/// What may still happen that need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Left {
    /// Calls that stop dead.
    pub crashes: u8,
    /// Schedules that are lost, or fire twice.
    pub mishaps: u8,
    /// Failures of the provider, or the sender.
    pub failures: u8,
    /// Signs of life after the first.
    pub activity: u8,
}

/// One call of `touchpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fire {
    /// The generation it was called with; 0 when there is no call.
    pub generation: u8,
    /// Did the provider say, in this call, that the customer has not finished?
    pub cleared: bool,
    /// What it does next.
    pub step: Step,
}

impl Fire {
    /// No call.
    pub const IDLE: Fire = Fire {
        generation: 0,
        cleared: false,
        step: Step::Idle,
    };
}

/// What a call does next. Each of them is one effect: a call can stop dead before each, and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing: there is no call.
    Idle,
    /// Load the journey, and decide.
    Load(Event),
    /// Arm the timer that was decided.
    Arm(Decided),
    /// Write what was decided, if nobody else has written since.
    Write(Decided),
    /// Arm the timer after the write: only a broken protocol does.
    ArmLate(Decided, Timer),
    /// Ask the provider.
    Ask,
    /// Look at the clock: is the claim still young?
    Check(Order),
    /// Look at the journey a last time.
    Look(Order),
    /// Call the sender. `Some` when the claim is not even written: only a broken protocol does.
    Send(Order, Option<Decided>),
    /// Ask the sender's record.
    LookUp {
        /// Which attempt.
        attempt: u8,
    },
    /// Answer the provider 2xx.
    Respond(Webhook),
}

/// A decision that is not written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    /// What happened: after a lost race it is decided again.
    pub event: Event,
    /// What follows from it.
    pub decision: Decision,
    /// Is the version that it was decided on still the stored one?
    pub fresh: bool,
}

/// A message to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// Which attempt.
    pub attempt: u8,
    /// When it was claimed.
    pub claimed_at: Tick,
    /// When the claim was last found young.
    pub checked_at: Tick,
    /// Did the table know of the completion when this call last looked, or would have looked?
    pub known: bool,
}

/// Something that happens: a line of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A tick passes.
    Tick,
    /// The customer finishes.
    Finish,
    /// The customer goes on.
    Act,
    /// The provider delivers a webhook.
    Deliver(Webhook),
    /// A schedule fires, and is over.
    Fire(u8, Tick),
    /// A schedule fires, and will fire again.
    FireTwice(u8, Tick),
    /// A schedule never fires.
    Lose(u8, Tick),
    /// The sweep finds the overdue timer.
    Sweep,
    /// A call takes its next step.
    Step(Who, Way),
    /// A call stops dead; when retried, it is made again.
    Crash {
        /// Which.
        who: Who,
        /// Is it made again?
        retried: bool,
    },
    /// The sender tells by an event of its own that it took the message over.
    SenderTells,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The one that takes a webhook.
    Webhook,
    /// A fire, by its place.
    Fire(usize),
}

/// Which way a step goes, where others have a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// There is only one.
    Only,
    /// The other side fails: the provider does not answer, or the sender's record cannot say.
    Fails,
    /// The sender does this.
    Sender {
        /// Does it take the message over?
        accepts: bool,
        /// What the call gets to know.
        outcome: Outcome,
    },
}
