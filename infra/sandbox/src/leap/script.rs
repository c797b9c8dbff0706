//! What a customer does in a session, step by step.

use std::ops::RangeInclusive;

use jiff::SignedDuration;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::leap::customer::{Customer, Flow, Habit};
use crate::leap::record::Record;
use crate::leap::utilities::{Utility, neighbour};
use crate::leap::vocabulary::{AgreementStatus, ErrorCode, GeneratorStatus};

/// One thing a customer does, some time after the session was opened.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) after: SignedDuration,
    pub(crate) act: Act,
}

/// The things a customer can do at the provider.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Open,
    FillForm,
    Attest,
    Agree,
    Decline,
    DescribeGenerator(GeneratorStatus),
    Reach(&'static Utility),
    Fail(&'static Utility, Option<ErrorCode>),
    Authorize(&'static Utility),
    Finish,
    Close,
}

/// The sessions of a customer who is left alone; empty for one who never opens the link.
pub(crate) fn alone(customer: &Customer, mut rng: ChaCha8Rng) -> Vec<Step> {
    let utility = customer.utility;
    let mut walk = Walk::new(&mut rng);
    match customer.habit {
        Habit::NeverOpens => {}
        Habit::OpensOnly => walk.act(Act::Open),
        Habit::StopsAtUtilityLogin => {
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(utility));
        }
        Habit::FinishesAlone => {
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(utility));
            walk.pause(90..=400).act(Act::Authorize(utility));
            walk.pause(10..=60).act(Act::Finish);
        }
        Habit::FinishesSlowly => {
            walk.act(Act::Open);
            walk.answer(customer, SLOW);
            walk.pause(SLOW).act(Act::Reach(utility));
            walk.pause(SLOW).act(Act::Authorize(utility));
            walk.pause(10..=60).act(Act::Finish);
        }
        Habit::StopsAtAgreements => {
            walk.act(Act::Open);
            walk.pause(QUICK).act(Act::Attest);
        }
        Habit::DeclinesAgreement => {
            walk.act(Act::Open);
            walk.pause(QUICK).act(Act::Attest);
            walk.pause(QUICK).act(Act::Decline);
            walk.pause(5..=30).act(Act::Close);
        }
        Habit::WrongPassword
        | Habit::FailsSecondFactor
        | Habit::Cancels
        | Habit::MeetsUtilityOutage
        | Habit::MeetsTechnicalError
        | Habit::IsIneligible
        | Habit::MeetsUnexplainedError => {
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(utility));
            walk.turned_away(customer, utility);
        }
        Habit::CompletesInSecondSession => {
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(utility));
            walk.pause(600..=5_400).act(Act::Open);
            walk.pause(QUICK).act(Act::Reach(utility));
            walk.pause(90..=400).act(Act::Authorize(utility));
            walk.pause(10..=60).act(Act::Finish);
        }
        Habit::ConnectsWrongUtility => {
            let wrong = neighbour(utility);
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(wrong));
            walk.pause(90..=400).act(Act::Authorize(wrong));
        }
        Habit::LeavesSecondUtilityOut => {
            walk.act(Act::Open);
            walk.answer(customer, QUICK);
            walk.pause(QUICK).act(Act::Reach(utility));
            walk.pause(90..=400).act(Act::Authorize(utility));
        }
        Habit::FinishesForm => {
            walk.act(Act::Open);
            walk.pause(QUICK).act(Act::FillForm);
            walk.answer(customer, QUICK);
            walk.pause(10..=60).act(Act::Finish);
        }
        Habit::StopsDirectly => walk.act(Act::Reach(utility)),
        Habit::FailsDirectly => {
            walk.act(Act::Reach(utility));
            walk.turned_away(customer, utility);
        }
        Habit::FinishesDirectly => {
            walk.act(Act::Reach(utility));
            walk.pause(90..=400).act(Act::Authorize(utility));
        }
    }
    walk.steps
}

/// The session of a customer whom a reminder brought back: they do what the record says is missing,
/// and drop off again unless they finish.
pub(crate) fn returning(
    customer: &Customer,
    record: Option<&Record>,
    finishes: bool,
    mut rng: ChaCha8Rng,
) -> Vec<Step> {
    let mut walk = Walk::new(&mut rng);
    if customer.flow == Flow::Connect {
        walk.act(Act::Open);
        match record {
            None => walk.answer(customer, QUICK),
            Some(record) => walk.answer_the_rest(record),
        }
    }
    for utility in &customer.requested {
        if record.is_some_and(|record| record.is_connected_to(utility)) {
            continue;
        }
        if !walk.steps.is_empty() {
            walk.pause(QUICK);
        }
        walk.act(Act::Reach(utility));
        if !finishes {
            walk.turned_away(customer, utility);
            return walk.steps;
        }
        walk.pause(90..=400).act(Act::Authorize(utility));
    }
    if finishes && customer.flow == Flow::Connect {
        walk.pause(10..=60).act(Act::Finish);
    }
    walk.steps
}

/// Seconds between two steps of somebody who is at it.
const QUICK: RangeInclusive<i64> = 30..=150;

/// Seconds between two steps of somebody who keeps being called away.
const SLOW: RangeInclusive<i64> = 900..=1_500;

struct Walk<'a> {
    rng: &'a mut ChaCha8Rng,
    at: SignedDuration,
    steps: Vec<Step>,
}

impl<'a> Walk<'a> {
    fn new(rng: &'a mut ChaCha8Rng) -> Self {
        Self {
            rng,
            at: SignedDuration::ZERO,
            steps: Vec::new(),
        }
    }

    fn pause(&mut self, seconds: RangeInclusive<i64>) -> &mut Self {
        self.at += SignedDuration::from_secs(self.rng.random_range(seconds));
        self
    }

    fn act(&mut self, act: Act) {
        self.steps.push(Step { after: self.at, act });
    }

    fn answer(&mut self, customer: &Customer, pace: RangeInclusive<i64>) {
        self.pause(pace.clone()).act(Act::Attest);
        self.pause(pace.clone()).act(Act::Agree);
        if customer.generator_asked {
            self.pause(pace);
            self.describe_generator();
        }
    }

    fn answer_the_rest(&mut self, record: &Record) {
        let agreements = &record.agreements;
        if agreements.attestation == AgreementStatus::NotAnswered {
            self.pause(QUICK).act(Act::Attest);
        }
        match agreements.participation {
            AgreementStatus::NotAnswered | AgreementStatus::Declined => {
                self.pause(QUICK).act(Act::Agree);
            }
            AgreementStatus::Completed | AgreementStatus::NotRequired => {}
        }
        if agreements.generator() == GeneratorStatus::NotAnswered {
            self.pause(QUICK);
            self.describe_generator();
        }
    }

    fn describe_generator(&mut self) {
        let generator = if self.rng.random_bool(0.15) {
            GeneratorStatus::YesGeneratorOnsite
        } else {
            GeneratorStatus::NoGeneratorOnsite
        };
        self.act(Act::DescribeGenerator(generator));
    }

    fn turned_away(&mut self, customer: &Customer, utility: &'static Utility) {
        if let Some(error_code) = customer.habit.failure() {
            self.pause(QUICK).act(Act::Fail(utility, error_code));
        }
    }
}
