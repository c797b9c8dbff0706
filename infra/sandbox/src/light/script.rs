//! What a customer does on a visit to the partner's pages, step by step.

use std::ops::RangeInclusive;

use jiff::SignedDuration;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::light::account::Missing;
use crate::light::customer::Habit;

/// One thing a customer does, some time after they came.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) after: SignedDuration,
    pub(crate) act: Act,
}

/// The things a customer can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Opens the page, of which nobody is told.
    Open,
    RequestPlans,
    Accept,
    ConfirmBilling,
    AddPayment,
}

/// The visit of a customer who is left alone.
pub(crate) fn alone(habit: Habit, mut rng: ChaCha8Rng) -> Vec<Step> {
    let acts: &[Act] = match habit {
        Habit::StopsAtNothing | Habit::LeavesForGood => &[],
        Habit::StopsAtPlans | Habit::IsIneligible => &[Act::RequestPlans],
        Habit::StopsAtAcceptance => &[Act::RequestPlans, Act::Accept],
        Habit::StopsAtBilling => &[Act::RequestPlans, Act::Accept, Act::ConfirmBilling],
        Habit::StopsAtPayment => &[Act::RequestPlans, Act::Accept, Act::AddPayment],
        Habit::PaysFirst => &[Act::ConfirmBilling, Act::AddPayment],
        // Who is refused goes no further.
        Habit::Finishes | Habit::MeetsSwitchHold => {
            &[Act::RequestPlans, Act::Accept, Act::ConfirmBilling, Act::AddPayment]
        }
    };
    steps(acts.iter().copied(), &mut rng)
}

/// The visit of a customer who came back: the steps that are missing, or only the first of them.
pub(crate) fn returning(missing: &[Missing], finishes: bool, mut rng: ChaCha8Rng) -> Vec<Step> {
    let acts = missing.iter().flat_map(|step| match step {
        Missing::Plan => &[Act::RequestPlans, Act::Accept][..],
        Missing::BillingAddress => &[Act::ConfirmBilling],
        Missing::PaymentMethod => &[Act::AddPayment],
    });
    // Somebody with a single step to go who does not finish has only looked.
    let most = match (finishes, missing.len()) {
        (true, _) => usize::MAX,
        (false, 1) => 0,
        (false, _) => 1,
    };
    steps(acts.copied().take(most), &mut rng)
}

fn steps(acts: impl Iterator<Item = Act>, rng: &mut ChaCha8Rng) -> Vec<Step> {
    let mut now = 0;
    let mut steps = Vec::new();
    for act in [Act::Open].into_iter().chain(acts) {
        if !steps.is_empty() {
            now += rng.random_range(takes(act));
        }
        let after = SignedDuration::from_secs(now);
        steps.push(Step { after, act });
    }
    steps
}

/// How many seconds it takes.
fn takes(act: Act) -> RangeInclusive<i64> {
    match act {
        Act::Open => 0..=0,
        Act::RequestPlans => 20..=120,
        Act::Accept => 60..=400,
        Act::ConfirmBilling => 5..=60,
        Act::AddPayment => 40..=180,
    }
}
