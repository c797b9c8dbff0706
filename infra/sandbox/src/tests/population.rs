use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{START, at};
use crate::{Classification, Flow, Habit, Population, display_names};

fn population(seed: u64, count: usize) -> Population {
    let over = SignedDuration::from_hours(2);
    Population::generate(seed, count, at(START), over, "http://127.0.0.1:8788")
}

#[test]
fn every_habit_occurs_and_most_stop_at_the_utility() {
    let mut counts: BTreeMap<Habit, usize> = BTreeMap::new();
    for customer in population(1, 1000).customers() {
        *counts.entry(customer.habit).or_default() += 1;
    }
    assert_eq!(counts.len(), Habit::ALL.len());
    let most = counts.values().max();
    assert_eq!(most, counts.get(&Habit::StopsAtUtilityLogin));
    let small: BTreeSet<Habit> = population(2, 32)
        .customers()
        .iter()
        .map(|customer| customer.habit)
        .collect();
    assert_eq!(small.len(), Habit::ALL.len());
    assert_eq!(population(3, 5).customers().len(), 5);
}

#[test]
fn contacts_are_what_a_partner_would_import() {
    for seed in 0..20 {
        let population = population(seed, 60);
        let csv = population.contacts_csv();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(
            header.join(","),
            "provider,reference,email,first_name,locale,zone,flow,region,classification,utility,\
             link,opted_out"
        );
        let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), 60);
        let column = |number: usize| -> BTreeSet<&str> { lines.iter().map(|line| line.get(number).unwrap()).collect() };
        assert_eq!(column(0), BTreeSet::from(["leap"]));
        assert_eq!(column(1).len(), 60, "references are unique");
        assert_eq!(column(2).len(), 59, "one person has two references");
        assert_eq!(column(4), BTreeSet::from(["en", "es"]));
        assert_eq!(column(6), BTreeSet::from(["connect", "direct_to_utility"]));
        assert_eq!(column(8), BTreeSet::from(["commercial", "residential"]));
        assert_eq!(column(11), BTreeSet::from(["false", "true"]));
        for zone in column(5) {
            assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
        }
        for email in column(2) {
            let (_, domain) = email.split_once('@').unwrap();
            assert!(["example.com", "example.org", "example.net"].contains(&domain));
        }
        for reference in column(1) {
            let length = reference.chars().count();
            assert!((3..=256).contains(&length));
            assert!(!reference.contains(['/', '\\', '?', ']', '[', '{', '}', '!']));
            assert!(!reference.contains(['#', '$', '%', '^', '&', '*', '(', ')']));
            assert!(!reference.contains(['<', '>', '|']));
        }
        let odd = column(1)
            .into_iter()
            .filter(|reference| ['+', ' ', '@', ':'].iter().all(|c| reference.contains(*c)))
            .filter(|reference| !reference.is_ascii());
        assert_eq!(odd.count(), 1);
    }
}

#[test]
fn a_link_is_the_providers_own_address_for_its_customer() {
    for customer in population(4, 200).customers() {
        let link = url::Url::parse(&customer.link).unwrap();
        let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
        assert_eq!(query["refId"], customer.reference);
        match customer.flow {
            Flow::Connect => {
                assert_eq!(link.path(), "/connect");
                assert_eq!(query["transmissionRegion"], customer.utility.region);
                assert!(query.contains_key("variant") != query.contains_key("program"));
            }
            Flow::DirectToUtility => {
                let utility = customer.utility.code.to_lowercase();
                let path = format!("/rekindle-sandbox/{utility}/getting-started");
                assert_eq!(link.path(), path);
                assert_eq!(customer.utility.region, "CAISO");
                assert_eq!(customer.classification, Classification::Residential);
            }
        }
    }
}

#[test]
fn display_names_are_one_to_one_and_include_the_documented_one() {
    let names: BTreeMap<&str, &str> = display_names().into_iter().collect();
    assert_eq!(names["SDG&E: San Diego Gas & Electric"], "SDGE");
    let codes: BTreeSet<&&str> = names.values().collect();
    assert_eq!(codes.len(), names.len());
    assert_eq!(names.len(), display_names().len());
}

#[test]
fn the_same_seed_makes_the_same_people() {
    let csv = |seed| population(seed, 100).contacts_csv();
    assert_eq!(csv(5), csv(5));
    assert_ne!(csv(5), csv(6));
}
