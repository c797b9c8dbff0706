//! A population of customers, most of whom drop off.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::clock::{later, whole_second};
use crate::leap::customer::{Classification, Customer, Flow, Habit, MeterArrival};
use crate::leap::utilities::{CECONY, COMED, NYS, ONCOR, PECO, PGE, PPL, PSE, SCE, SDGE, SRP, Utility};
use crate::names;
use crate::seed::Seed;

/// Customers with habits, generated from a seed.
#[derive(Clone, Debug)]
pub struct Population {
    pub(crate) customers: Vec<Customer>,
    pub(crate) devices: Vec<Device>,
}

/// A device that the partner registers itself, whatever its owner does in Connect.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) partner_reference: String,
    pub(crate) utility: &'static Utility,
    pub(crate) appears_at: Timestamp,
}

impl Population {
    /// Generates `count` customers who arrive between `start` and `start + over`; their links lead
    /// to `base_url`, a sandbox's.
    ///
    /// With 32 customers or more every habit occurs, and besides: an odd but legal reference, a
    /// contact who opted out, and one person with two references. Habits beyond the first of each
    /// kind come by weight. Two devices of the partner's own get meters too: one carries the
    /// reference of a customer who has not completed, the other one that nobody knows.
    pub fn generate(seed: u64, count: usize, start: Timestamp, over: SignedDuration, base_url: &str) -> Self {
        let mut rng = Seed::new(seed).rng(&["population"]);
        let mut customers: Vec<Customer> = habits(count, &mut rng)
            .into_iter()
            .enumerate()
            .map(|(number, habit)| {
                let arrives_at = later(start, part_of(over, &mut rng));
                customer(number, habit, whole_second(arrives_at), &mut rng)
            })
            .collect();
        make_special(&mut customers);
        for customer in &mut customers {
            customer.link = link(customer, base_url);
        }
        let devices = devices(&customers, later(start, over / 2));
        Self { customers, devices }
    }

    /// The customers, in the order of their numbers.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// The customers as the contact list a partner would import, one line each under a header.
    pub fn contacts_csv(&self) -> String {
        let mut csv = String::from(
            "provider,reference,email,first_name,locale,zone,flow,region,classification,utility,link,opted_out\n",
        );
        for customer in &self.customers {
            let line = [
                "leap",
                &customer.reference,
                &customer.email,
                &customer.first_name,
                customer.locale,
                customer.utility.zone,
                match customer.flow {
                    Flow::Connect => "connect",
                    Flow::DirectToUtility => "direct_to_utility",
                },
                customer.utility.region,
                match customer.classification {
                    Classification::Residential => "residential",
                    Classification::Commercial => "commercial",
                },
                customer.utility.code,
                &customer.link,
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

/// The partner's account name, which is part of every link.
pub(crate) const ACCOUNT: &str = "rekindle-sandbox";

/// What stays as it is in a query value.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// As many of the commonest habit as the special customers are made from.
const PLAIN_CUSTOMERS: usize = 10;

fn habits(count: usize, rng: &mut ChaCha8Rng) -> Vec<Habit> {
    let mut habits = Habit::ALL.to_vec();
    habits.extend([Habit::StopsAtUtilityLogin; PLAIN_CUSTOMERS]);
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
    let commercial = rng.random_bool(0.08);
    let utility = utility_for(habit, rng);
    let requested = if habit == Habit::LeavesSecondUtilityOut {
        vec![utility, &PPL]
    } else if habit == Habit::FinishesForm {
        vec![]
    } else {
        vec![utility]
    };
    // Homes alone connect directly to their utility, or by mistake to another one.
    let for_homes = habit.flow() == Flow::DirectToUtility || habit == Habit::ConnectsWrongUtility;
    let classification = if requested.len() > 1 || (commercial && !for_homes) {
        Classification::Commercial
    } else {
        Classification::Residential
    };
    let requested_is_required = rng.random_bool(0.85)
        // Without a required utility nothing would be missing after a stray one was connected.
        || matches!(habit, Habit::ConnectsWrongUtility | Habit::LeavesSecondUtilityOut);
    Customer {
        reference: format!("site-{number:04}"),
        first_name: first_name.to_owned(),
        email: format!("{plain_name}.{number:04}@{domain}"),
        locale: if spanish { "es" } else { "en" },
        utility,
        classification,
        flow: habit.flow(),
        link: String::new(),
        opted_out: false,
        habit,
        arrives_at,
        meter: MeterArrival::After(if rng.random_bool(0.05) {
            LATE_METER
        } else {
            SignedDuration::from_secs(rng.random_range(20 * 3_600..=30 * 3_600))
        }),
        also: None,
        requested,
        requested_is_required,
        generator_asked: habit != Habit::FinishesForm && rng.random_bool(0.7),
        camel_case_generator: rng.random_bool(0.1),
    }
}

/// A meter later than the three days after which a partner asks what became of it.
const LATE_METER: SignedDuration = SignedDuration::from_hours(80);

fn utility_for(habit: Habit, rng: &mut ChaCha8Rng) -> &'static Utility {
    const CALIFORNIA: &[&Utility] = &[&PGE, &SCE, &SDGE];
    const NEIGHBOURS: &[&Utility] = &[&PGE, &SCE, &SDGE, &CECONY, &NYS, &PECO, &PPL];
    const EVERYWHERE: &[&Utility] = &[
        &PGE, &PGE, &SCE, &SCE, &SDGE, &SDGE, &CECONY, &NYS, &PECO, &PPL, &COMED, &SRP, &PSE,
    ];
    let choices = if habit == Habit::LeavesSecondUtilityOut {
        &[&PECO]
    } else if habit == Habit::FinishesForm {
        &[&ONCOR]
    } else if habit == Habit::ConnectsWrongUtility {
        NEIGHBOURS
    } else if habit.flow() == Flow::DirectToUtility {
        CALIFORNIA
    } else {
        EVERYWHERE
    };
    choices.choose(rng).copied().unwrap_or(&PGE)
}

/// Gives a few plain customers what makes them worth testing with.
fn make_special(customers: &mut [Customer]) {
    let mut plain = customers
        .iter_mut()
        .filter(|customer| customer.habit == Habit::StopsAtUtilityLogin);
    // A plain customer stays plain, however small the population.
    let _ = plain.next();
    if let Some(odd) = plain.next() {
        // Legal in every character, and wrong after any encoding but the right one.
        odd.reference = format!("casa+7 @ala:{}-señal=100", odd.reference);
    }
    if let Some(opted_out) = plain.next() {
        opted_out.opted_out = true;
    }
    if let (Some(first), Some(second)) = (plain.next(), plain.next()) {
        second.first_name = first.first_name.clone();
        second.email = first.email.clone();
        second.locale = first.locale;
        second.utility = first.utility;
        second.classification = first.classification;
        second.requested = first.requested.clone();
        second.also = Some(first.reference.clone());
        first.also = Some(second.reference.clone());
    }
    if let Some(spanish) = plain.next() {
        spanish.locale = "es";
        spanish.first_name = "Lucía".to_owned();
    }
    let mut finishers = customers
        .iter_mut()
        .filter(|customer| customer.habit == Habit::FinishesAlone);
    if let Some(never) = finishers.next() {
        never.meter = MeterArrival::Never;
    }
    if let Some(late) = finishers.next() {
        late.meter = MeterArrival::After(LATE_METER);
    }
}

fn devices(customers: &[Customer], appears_at: Timestamp) -> Vec<Device> {
    let owner = customers
        .iter()
        .find(|customer| customer.habit == Habit::StopsAtUtilityLogin);
    let owned = owner.map(|owner| Device {
        partner_reference: owner.reference.clone(),
        utility: owner.utility,
        appears_at: later(owner.arrives_at, SignedDuration::from_mins(20)),
    });
    let unknown = Device {
        partner_reference: "device-0001".to_owned(),
        utility: &PGE,
        appears_at,
    };
    owned.into_iter().chain([unknown]).collect()
}

/// A customer's own address at the provider, in the documented shapes with the sandbox as host.
fn link(customer: &Customer, base_url: &str) -> String {
    let reference = utf8_percent_encode(&customer.reference, UNRESERVED);
    let utility = customer.utility;
    match customer.flow {
        Flow::Connect => {
            let class = match customer.classification {
                Classification::Residential => "RESIDENTIAL",
                Classification::Commercial => "COMMERCIAL",
            };
            let kind = match utility.code {
                "SRP" => "program=SRP-RPO".to_owned(),
                "PSE" => "program=PSE-RPO".to_owned(),
                _ => format!("variant={class}"),
            };
            format!(
                "{base_url}/connect?transmissionRegion={}&{kind}&account={ACCOUNT}&refId={reference}",
                utility.region
            )
        }
        Flow::DirectToUtility => format!(
            "{base_url}/{ACCOUNT}/{}/getting-started?refId={reference}",
            utility.code.to_ascii_lowercase()
        ),
    }
}

pub(crate) fn part_of(over: SignedDuration, rng: &mut ChaCha8Rng) -> SignedDuration {
    SignedDuration::from_secs(rng.random_range(0..=over.as_secs().max(0)))
}

pub(crate) fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
