//! A population of customers, many of whom drop off, before the first login or after it.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::bayou::customer::{Customer, Habit, Repair};
use crate::bayou::utilities::{COOP, EDISON, FilledFlag, GAS, LIGHT, POWER, Utility};
use crate::clock::{later, whole_second};
use crate::leap::population::{csv_field, part_of};
use crate::names;
use crate::seed::Seed;

/// Customers with habits, generated from a seed.
#[derive(Clone, Debug)]
pub struct Population {
    pub(crate) customers: Vec<Customer>,
}

const DAY: i64 = 86_400;

impl Population {
    /// Generates `count` customers who arrive between `began` and `began + over`.
    ///
    /// With 8 customers or more every habit occurs; habits beyond the first of each kind come by
    /// weight. What somebody does after a loss of access, and what their account lacks, is drawn for
    /// each of them.
    pub fn generate(seed: u64, count: usize, began: Timestamp, over: SignedDuration) -> Self {
        let mut rng = Seed::new(seed).rng(&["bayou's population"]);
        let customers = habits(count, &mut rng)
            .into_iter()
            .enumerate()
            .map(|(number, habit)| {
                let arrives_at = later(began, part_of(over, &mut rng));
                customer(number, habit, whole_second(arrives_at), &mut rng)
            })
            .collect();
        Self { customers }
    }

    /// The same customers, of whom Bayou has no record until somebody else makes one.
    #[must_use]
    pub fn unknown_to_bayou(mut self) -> Self {
        for customer in &mut self.customers {
            customer.partner_creates = false;
        }
        self
    }

    /// The customers, in the order of their numbers.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// The customers as the contact list a partner would import, one line each under a header. There
    /// is no link in it: whoever sends somebody to the form asks for a fresh one.
    pub fn contacts_csv(&self) -> String {
        let mut csv =
            String::from("provider,reference,email,first_name,locale,zone,classification,utility,opted_out\n");
        for customer in &self.customers {
            let line = [
                "bayou",
                &customer.external_id,
                &customer.email,
                &customer.first_name,
                customer.locale,
                customer.utility.zone,
                "residential",
                if customer.utility_is_told {
                    customer.utility.code
                } else {
                    ""
                },
                if customer.opted_out { "true" } else { "false" },
            ]
            .map(csv_field)
            .join(",");
            // Writing to a string cannot fail.
            let _ = writeln!(csv, "{line}");
        }
        csv
    }
}

fn habits(count: usize, rng: &mut ChaCha8Rng) -> Vec<Habit> {
    let mut habits = Habit::ALL.to_vec();
    while habits.len() < count {
        // The weights are positive constants, so the choice cannot fail.
        if let Ok(habit) = Habit::ALL.choose_weighted(rng, |habit| habit.weight()) {
            habits.push(*habit);
        }
    }
    habits.truncate(count);
    habits.shuffle(rng);
    habits
}

fn customer(number: usize, habit: Habit, arrives_at: Timestamp, rng: &mut ChaCha8Rng) -> Customer {
    let spanish = rng.random_bool(0.2);
    let people: &[(&str, &str)] = if spanish { &names::SPANISH } else { &names::ENGLISH };
    let (first_name, plain_name) = people.choose(rng).copied().unwrap_or(("Alex", "alex"));
    let domain = names::DOMAINS.choose(rng).copied().unwrap_or("example.com");
    let days =
        |rng: &mut ChaCha8Rng, from: i64, to: i64| SignedDuration::from_secs(rng.random_range(from * DAY..=to * DAY));
    let (changes_after, stop_after) = (days(rng, 10, 40), days(rng, 5, 30));
    Customer {
        external_id: format!("home-{number:04}"),
        first_name: first_name.to_owned(),
        email: format!("{plain_name}.{number:04}@{domain}"),
        locale: if spanish { "es" } else { "en" },
        utility: utility_for(habit, rng),
        utility_is_told: rng.random_bool(0.9),
        opted_out: rng.random_bool(0.03),
        habit,
        arrives_at,
        partner_creates: true,
        account_has_intervals: rng.random_bool(0.9),
        intervals_stop_after: rng.random_bool(0.05).then_some(stop_after),
        password_changes_after: (habit == Habit::LosesAccess).then_some(changes_after),
        repair: match rng.random_range(0..10) {
            0..6 => Repair::AfterReminder,
            6..8 => Repair::Alone,
            _ => Repair::Never,
        },
        filled_flag: match rng.random_range(0..10) {
            0 => Some(FilledFlag::Kept),
            1 => Some(FilledFlag::Reset),
            _ => None,
        },
    }
}

fn utility_for(habit: Habit, rng: &mut ChaCha8Rng) -> &'static Utility {
    const USUAL: &[&Utility] = &[&POWER, &POWER, &POWER, &LIGHT, &GAS, &EDISON, &EDISON];
    match habit {
        Habit::MeetsOutage => &COOP,
        Habit::FailsSecondFactor => &EDISON,
        Habit::ConnectsAtOnce
        | Habit::LosesAccess
        | Habit::StopsAtLogin
        | Habit::LeavesForGood
        | Habit::NeverClicks
        | Habit::WrongPassword => USUAL.choose(rng).copied().unwrap_or(&POWER),
    }
}
