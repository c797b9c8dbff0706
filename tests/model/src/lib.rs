//! The protocol of ARCHITECTURE.md ("Take an event", "Fire", "Outcome") as a model that is checked in every order
//! of its steps, with every crash between them.
//!
//! README.md says what is in it, what is not, and what was found.

mod path;
mod properties;
pub mod rules;
pub mod state;
mod steps;
mod walk;

pub use path::tell;
pub use walk::{Situation, Walk, walk};

use rules::{Tick, Webhook, Webhooks};
use state::{Action, Fire, Left, State, Step};
use stateright::{Model, Property};

/// The model, within its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// What may happen at most.
    pub bounds: Bounds,
    /// The rule that is left out, if any.
    pub broken: Option<Broken>,
}

/// What may happen at most, and until when calls may be held up.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Crashes, mishaps, failures, signs of life.
    pub left: Left,
    /// From here on no call is held up any more.
    pub held_up_until: Tick,
}

/// A rule of the protocol to leave out: each must lead to a counterexample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A write does not ask whether the version is still the one that was read.
    NoVersionCheck,
    /// The timer is armed after the write.
    ArmAfterWrite,
    /// The message goes before its claim is written.
    SendBeforeClaim,
    /// A sign of life after the completion brings the journey back.
    CompletionDoesNotAbsorb,
    /// When the lease ends, the touch is sent again unseen.
    BlindResend,
    /// A timer that is due sends without asking the provider.
    NoRecheck,
    /// The journey is not looked at again right before the sender is called.
    NoLastLook,
    /// A call that was held up sends all the same.
    NoHeldUpCheck,
    /// The sender may take longer than the lease leaves it.
    SlowSender,
    /// Nobody looks for overdue timers.
    NoSweep,
}

/// A path with more timers than this is not followed further.
const MOST_TIMERS: u8 = 9;

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut undelivered = Webhooks::default();
        undelivered.insert(Webhook::Opened);
        vec![State {
            now: 0,
            stored: None,
            schedules: Vec::new(),
            undelivered,
            webhook: Step::Idle,
            fires: [Fire::IDLE; 2],
            finished: false,
            accepted: 0,
            untold: None,
            left: self.bounds.left,
            known: false,
            armed: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        steps::actions(self, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        steps::carry_out(self, &mut next, action);
        Some(next)
    }

    /// A timer armed for at once may fire before its own write, and make it lose; the write is tried again, arms
    /// again, and so on. The code gives up after eight losses, the model after nine timers.
    fn within_boundary(&self, state: &State) -> bool {
        state.stored.is_none_or(|record| record.generation <= MOST_TIMERS)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
