//! The address book: invented service addresses, each with its ESI ID.

mod search;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use self::words::{Word, words};
use crate::light::area::{Area, City};
use crate::seed::Seed;

/// A service address; its state is Texas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The house number and the street.
    pub address_1: String,
    /// The unit, if the house has several.
    pub address_2: Option<String>,
    /// The city.
    pub city: String,
    /// The ZIP code.
    pub postal_code: String,
    /// The ESI ID.
    pub esi_id: String,
    pub(crate) area: Area,
}

/// All service addresses.
#[derive(Debug)]
pub(crate) struct Book {
    addresses: Vec<Address>,
    /// The words of each address, in the same order.
    words: Vec<Vec<Word>>,
    by_esi_id: BTreeMap<String, usize>,
}

/// How many houses each city has.
const HOUSES: usize = 11;

/// The addresses of the contract's samples, and one across the street.
const SAMPLES: [(&str, Option<&str>, City, &str, Area); 4] = [
    (
        "123 Main St",
        Some("Apt 1"),
        ("Dallas", "75201"),
        "55512345671234567",
        Area::Oncor,
    ),
    (
        "123 Main St",
        Some("Apt 2"),
        ("Dallas", "75201"),
        "10443720000000002",
        Area::Oncor,
    ),
    (
        "123 Main St",
        None,
        ("Houston", "77002"),
        "1008901000000000000003",
        Area::CenterPoint,
    ),
    (
        "456 Oak Ave",
        None,
        ("Dallas", "75201"),
        "10443720000000004",
        Area::Oncor,
    ),
];

const STREETS: [&str; 30] = [
    "Alamo Plaza",
    "Bluebonnet Ln",
    "Brazos St",
    "Caddo Trl",
    "Calle Cenizo",
    "Cedar Elm Dr",
    "Chisholm Trl",
    "Cottonwood Ct",
    "Dogwood Cir",
    "Elm Creek Rd",
    "Gardenia Ave",
    "Guadalupe St",
    "Hackberry Ln",
    "Huisache Ave",
    "Indian Blanket Dr",
    "Juniper Way",
    "Lantana Dr",
    "Live Oak St",
    "Magnolia Blvd",
    "Mesquite Rd",
    "Mockingbird Ln",
    "N Palmetto St",
    "Old Mill Rd",
    "Pecan Grove Pkwy",
    "Ranch House Rd",
    "S Sabine Ave",
    "San Gabriel Blvd",
    "Sycamore Ct",
    "Thistle Hill Dr",
    "Yaupon Holly Ln",
];

impl Address {
    /// The object of a search.
    pub(crate) fn json(&self) -> Value {
        json!({
            "address_1": self.address_1,
            "address_2": self.address_2,
            "city": self.city,
            "state": "TX",
            "postal_code": self.postal_code,
            "esi_id": self.esi_id,
        })
    }

    /// In one line, as somebody would write it.
    pub fn line(&self) -> String {
        let unit = self
            .address_2
            .as_deref()
            .map(|unit| format!(" {unit}"))
            .unwrap_or_default();
        format!("{}{unit}, {}, TX {}", self.address_1, self.city, self.postal_code)
    }
}

impl Book {
    /// The book of a seed: the samples, and houses in every city, some with several units.
    pub(crate) fn generate(seed: Seed) -> Self {
        let mut book = Self {
            addresses: Vec::new(),
            words: Vec::new(),
            by_esi_id: BTreeMap::new(),
        };
        for (address_1, address_2, (city, postal_code), esi_id, area) in SAMPLES {
            book.add(Address {
                address_1: address_1.to_owned(),
                address_2: address_2.map(str::to_owned),
                city: city.to_owned(),
                postal_code: postal_code.to_owned(),
                esi_id: esi_id.to_owned(),
                area,
            });
        }
        for area in Area::ALL {
            for city in area.cities() {
                book.build(area, *city, &mut seed.rng(&["address book", city.0, city.1]));
            }
        }
        book
    }

    /// Adds an address, unless its ESI ID is known.
    pub(crate) fn add(&mut self, address: Address) {
        if !self.by_esi_id.contains_key(&address.esi_id) {
            self.by_esi_id.insert(address.esi_id.clone(), self.addresses.len());
            self.words.push(words(&address.line()));
            self.addresses.push(address);
        }
    }

    pub(crate) fn all(&self) -> &[Address] {
        &self.addresses
    }

    pub(crate) fn of(&self, esi_id: &str) -> Option<&Address> {
        self.addresses.get(*self.by_esi_id.get(esi_id)?)
    }

    fn build(&mut self, area: Area, (city, postal_code): City, rng: &mut ChaCha8Rng) {
        let mut built = BTreeSet::new();
        while built.len() < HOUSES {
            let street = STREETS.choose(rng).copied().unwrap_or("Live Oak St");
            // From 1000 on, so that the samples' numbers are theirs alone.
            let address_1 = format!("{} {street}", rng.random_range(1_000..10_000));
            if !built.insert(address_1.clone()) {
                continue;
            }
            for address_2 in units(rng) {
                let digits = area.premise_digits();
                let premise: u64 = rng.random_range(10_000..10_000_000_000);
                self.add(Address {
                    address_1: address_1.clone(),
                    address_2,
                    city: city.to_owned(),
                    postal_code: postal_code.to_owned(),
                    esi_id: format!("{}{premise:0digits$}", area.prefix()),
                    area,
                });
            }
        }
    }
}

/// The units of a house: most have one, without a name.
fn units(rng: &mut ChaCha8Rng) -> Vec<Option<String>> {
    match rng.random_range(0..10) {
        0 => ["A", "B"].map(|unit| Some(format!("Unit {unit}"))).to_vec(),
        1..3 => (1..=3).map(|number| Some(format!("Apt {}", number * 101))).collect(),
        _ => vec![None],
    }
}
