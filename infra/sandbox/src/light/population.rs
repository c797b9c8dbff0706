//! A population of customers, many of whom stop on the way.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::clock::{later, whole_second};
use crate::leap::population::{csv_field, part_of};
use crate::light::book::{Address, Book};
use crate::light::customer::{Customer, Habit};
use crate::light::texas::ZONE;
use crate::names;
use crate::seed::Seed;

/// Customers with habits, generated from a seed.
#[derive(Clone, Debug)]
pub struct Population {
    pub(crate) customers: Vec<Customer>,
}

impl Population {
    /// Generates `count` customers who arrive between `began` and `began + over`.
    ///
    /// With 10 customers or more every habit occurs; habits beyond the first of each kind come by
    /// weight. No two live at the same address, as long as the address book is longer.
    pub fn generate(seed: u64, count: usize, began: Timestamp, over: SignedDuration) -> Self {
        let seed = Seed::new(seed);
        let mut rng = seed.rng(&["light's population"]);
        let mut homes = Book::generate(seed).all().to_vec();
        homes.shuffle(&mut rng);
        let customers = habits(count, &mut rng)
            .into_iter()
            .zip(homes.iter().cycle())
            .enumerate()
            .map(|(number, (habit, home))| {
                let arrives_at = whole_second(later(began, part_of(over, &mut rng)));
                let account = seed.uuid(&["customer's account", &number.to_string()]);
                customer((number, account), habit, home.clone(), arrives_at, &mut rng)
            })
            .collect();
        Self { customers }
    }

    /// The customers, in the order of their numbers.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// The customers as the contact list a partner would import, one line each under a header. There
    /// is no utility in it: the partner's directory knows others than deliver power in Texas.
    pub fn contacts_csv(&self) -> String {
        let mut csv =
            String::from("provider,reference,email,first_name,locale,zone,classification,utility,opted_out\n");
        for customer in &self.customers {
            let line = [
                "light",
                &customer.account,
                &customer.email,
                &customer.first_name,
                customer.locale,
                ZONE,
                "residential",
                "",
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

/// Last names, invented people's as well.
const ENGLISH: [&str; 8] = [
    "Abbott", "Bexley", "Carver", "Dunmore", "Ellwood", "Farrow", "Hollis", "Merrick",
];
const SPANISH: [&str; 8] = [
    "Aguilar",
    "Benítez",
    "Cordero",
    "Ibáñez",
    "Luján",
    "Quiñones",
    "Robledo",
    "Zamora",
];

fn customer(
    (number, account): (usize, String),
    habit: Habit,
    address: Address,
    arrives_at: Timestamp,
    rng: &mut ChaCha8Rng,
) -> Customer {
    let spanish = rng.random_bool(0.3);
    let (people, families): (&[(&str, &str)], _) = if spanish {
        (&names::SPANISH, SPANISH)
    } else {
        (&names::ENGLISH, ENGLISH)
    };
    let (first_name, plain_name) = people.choose(rng).copied().unwrap_or(("Alex", "alex"));
    let last_name = families.choose(rng).copied().unwrap_or("Example");
    let domain = names::DOMAINS.choose(rng).copied().unwrap_or("example.com");
    Customer {
        account,
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: format!("{plain_name}.{number:04}@{domain}"),
        locale: if spanish { "es" } else { "en" },
        address,
        opted_out: rng.random_bool(0.03),
        habit,
        arrives_at,
    }
}
