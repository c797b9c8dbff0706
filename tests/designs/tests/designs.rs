//! Each bad design is found at its seed, at which the real one passes.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a design that is not found stops the test, and says so"
)]

use std::collections::BTreeSet;
use std::process::Command;

use designs::{Copy, Design, patches, read};
use simulation::Kinds;

#[test]
fn every_patch_has_its_row() {
    let named: BTreeSet<_> = read().unwrap().into_iter().map(|design| design.name).collect();
    let patches: BTreeSet<_> = patches().unwrap().into_iter().collect();
    assert!(patches.len() >= 9);
    assert_eq!(named, patches, "the table of README.md, and the patches beside it");
}

#[test]
fn the_real_design_passes_at_the_same_seeds() {
    for Design { name, seed, .. } in read().unwrap() {
        let outcome = simulation::run(seed, Kinds::ALL, false);
        assert!(
            outcome.breaches.is_empty(),
            "{name}, seed {seed}: {:?}",
            outcome.breaches
        );
    }
}

#[test]
fn each_bad_design_is_found_at_its_seed() {
    let copy = Copy::new().unwrap();
    let missed: Vec<_> = read()
        .unwrap()
        .iter()
        .filter_map(|design| find(&copy, design).err())
        .collect();
    copy.refresh().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// Runs one design at its seed.
fn find(copy: &Copy, design: &Design) -> Result<(), String> {
    let Design {
        name, invariant, seed, ..
    } = design;
    let wrong = |what: &str| format!("{name}: {what}");
    copy.apply(name).map_err(|error| wrong(&error.to_string()))?;
    let simulation = copy.build().map_err(|error| wrong(&error.to_string()))?;
    let output = Command::new(simulation)
        .args(["--whole", "--replay", &seed.to_string()])
        .output()
        .map_err(|error| wrong(&error.to_string()))?;
    let story = String::from_utf8_lossy(&output.stdout);
    if story.contains(&format!("BREACH {invariant}: ")) {
        return Ok(());
    }
    Err(wrong(&format!(
        "at seed {seed} there is no breach of {invariant}. If the simulation draws otherwise than before, \
         `cargo run -p designs -- {name}` finds another seed; if it finds none, the oracle has become blind.\n{story}"
    )))
}
