//! What a customer does on a visit to the form, step by step.

use std::ops::RangeInclusive;

use jiff::SignedDuration;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::bayou::customer::{Customer, Habit};

/// One thing a customer does, some time after they came.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) after: SignedDuration,
    pub(crate) act: Act,
}

/// The things a customer can do at the form; the provider tells of none but the last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Open,
    /// A password or a code is refused.
    Fail,
    LogIn,
}

const TRIES: RangeInclusive<i64> = 20..=70;

/// The visit of a customer who is left alone; empty for one who never opens the form.
pub(crate) fn alone(customer: &Customer, mut rng: ChaCha8Rng) -> Vec<Step> {
    let mut walk = Walk::new(&mut rng);
    match customer.habit {
        Habit::NeverClicks => {}
        Habit::StopsAtLogin | Habit::LeavesForGood => walk.act(Act::Open),
        Habit::ConnectsAtOnce | Habit::LosesAccess | Habit::MeetsOutage => walk.log_in(customer),
        Habit::WrongPassword => walk.fail(3),
        Habit::FailsSecondFactor => walk.fail(2),
    }
    walk.steps
}

/// The visit of a customer who came back, after a message or to repair.
pub(crate) fn returning(customer: &Customer, finishes: bool, mut rng: ChaCha8Rng) -> Vec<Step> {
    let mut walk = Walk::new(&mut rng);
    if finishes {
        walk.log_in(customer);
        return walk.steps;
    }
    match customer.habit {
        Habit::WrongPassword | Habit::FailsSecondFactor => walk.fail(2),
        Habit::NeverClicks
        | Habit::StopsAtLogin
        | Habit::LeavesForGood
        | Habit::ConnectsAtOnce
        | Habit::LosesAccess
        | Habit::MeetsOutage => walk.act(Act::Open),
    }
    walk.steps
}

struct Walk<'a> {
    rng: &'a mut ChaCha8Rng,
    now: i64,
    steps: Vec<Step>,
}

impl<'a> Walk<'a> {
    fn new(rng: &'a mut ChaCha8Rng) -> Self {
        Self {
            rng,
            now: 0,
            steps: Vec::new(),
        }
    }

    fn act(&mut self, act: Act) {
        let after = SignedDuration::from_secs(self.now);
        self.steps.push(Step { after, act });
    }

    fn pause(&mut self, seconds: RangeInclusive<i64>) -> &mut Self {
        self.now += self.rng.random_range(seconds);
        self
    }

    fn log_in(&mut self, customer: &Customer) {
        self.act(Act::Open);
        self.pause(15..=90);
        if customer.utility.demands_mfa {
            self.pause(10..=60);
        }
        self.act(Act::LogIn);
    }

    fn fail(&mut self, times: u32) {
        self.act(Act::Open);
        for _ in 0..times {
            self.pause(TRIES).act(Act::Fail);
        }
    }
}
