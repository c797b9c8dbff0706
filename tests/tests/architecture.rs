//! The direction of dependencies: `journey` is the ground, and only the program knows everybody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .exec()
        .unwrap()
}

/// The crates of ours that each crate of ours depends on, tests apart: always, or only with a feature,
/// which is how a function's main has what its use case must not know.
fn edges(metadata: &Metadata, optional: bool) -> BTreeMap<String, BTreeSet<String>> {
    let ours: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let of_ours = |dependency: &&cargo_metadata::Dependency| {
                dependency.kind == DependencyKind::Normal
                    && dependency.optional == optional
                    && ours.contains(dependency.name.as_str())
            };
            let to = package
                .dependencies
                .iter()
                .filter(of_ours)
                .map(|dependency| dependency.name.to_string());
            (package.name.to_string(), to.collect())
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        // The ground: the law, the rules, and data about utilities.
        ("law", [].as_slice()),
        ("journey", &["law"]),
        ("utilities", &["journey", "law"]),
        // The words, and the file that chooses them.
        ("message", &["journey", "utilities"]),
        ("campaign", &["journey", "law", "message", "utilities"]),
        // The figures.
        ("report", &["journey", "utilities"]),
        // The use cases.
        ("webhook", &["journey"]),
        ("touchpoint", &["journey", "message", "utilities"]),
        ("reconcile", &["journey"]),
        ("meter-check", &["journey"]),
        ("feedback", &["journey", "message"]),
        ("contacts", &["campaign", "journey", "law"]),
        ("pages", &["journey", "law", "utilities"]),
        ("enroll", &["journey", "law"]),
        ("announce", &["journey"]),
        // The adapters; the stand-in of a provider knows nobody.
        ("providers", &["journey"]),
        ("embedded", &["journey"]),
        ("aws", &["journey"]),
        ("hook", &["journey"]),
        // Between two adapters, of which neither may know the other: settings on one side, clients on the other.
        ("clients", &["aws", "providers"]),
        ("sandbox", &[]),
        // The protocol in small; only its tests hold it against the rules.
        ("model", &[]),
    ]);
    // One large main, and what looks at all of it from outside.
    let knows_everybody = [
        "bench",
        "browser",
        "conformance",
        "designs",
        "fuzz-checks",
        "rekindle",
        "simulation",
        "stack",
        "tests",
    ];
    for (from, to) in edges(&metadata(), false) {
        if knows_everybody.contains(&from.as_str()) {
            continue;
        }
        let allowed = allowed
            .get(from.as_str())
            .unwrap_or_else(|| panic!("{from} has no place in the house yet"));
        for to in to {
            assert!(allowed.contains(&to.as_str()), "{from} must not depend on {to}");
        }
    }
}

#[test]
fn only_a_functions_main_knows_an_adapter() {
    let functions = [
        "webhook",
        "touchpoint",
        "reconcile",
        "meter-check",
        "feedback",
        "contacts",
        "pages",
        "enroll",
        "announce",
    ];
    for (from, to) in edges(&metadata(), true) {
        if to.is_empty() {
            continue;
        }
        assert!(
            functions.contains(&from.as_str()),
            "{from} has optional dependencies of ours"
        );
        for to in to {
            assert!(
                ["aws", "campaign", "clients", "hook", "providers", "utilities"].contains(&to.as_str()),
                "{from} must not know {to}"
            );
        }
    }
    for function in functions {
        let folder = format!("{}/../functions/{function}/src", env!("CARGO_MANIFEST_DIR"));
        for file in sources(folder.as_ref()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let is_main = file.ends_with("main.rs");
            assert_eq!(
                text.contains("use aws::"),
                is_main,
                "{}: a use case knows no adapter, and a main has to",
                file.display()
            );
            assert!(
                !text.contains("feature = \"lambda\""),
                "{}: the feature is the main's alone",
                file.display()
            );
        }
    }
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().chain(below).collect()
}

#[test]
fn the_rules_have_no_runtime_no_cloud_no_clock_and_no_randomness() {
    let metadata = metadata();
    let journey = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "journey")
        .unwrap();
    let resolve = metadata.resolve.as_ref().unwrap();
    let mut reached: BTreeSet<PackageId> = BTreeSet::new();
    let mut open = vec![journey.id.clone()];
    while let Some(id) = open.pop() {
        if reached.insert(id.clone()) {
            let node = resolve.nodes.iter().find(|node| node.id == id).unwrap();
            let normal = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal && kind.target.is_none())
            };
            open.extend(node.deps.iter().filter(normal).map(|dep| dep.pkg.clone()));
        }
    }
    let names: BTreeSet<&str> = metadata
        .packages
        .iter()
        .filter(|package| reached.contains(&package.id))
        .map(|package| package.name.as_str())
        .collect();
    assert!(names.contains("jiff"), "the walk works");
    for banned in [
        "tokio",
        "async-std",
        "smol",
        "futures",
        "rand",
        "getrandom",
        "fastrand",
        "chrono",
        "time",
        "reqwest",
        "hyper",
        "mio",
        "rusqlite",
    ] {
        assert!(!names.contains(banned), "journey must not depend on {banned}");
    }
    assert!(
        !names.iter().any(|name| name.starts_with("aws-")),
        "journey must not depend on AWS crates"
    );
    // Without `std`, jiff has no clock: `Timestamp::now` does not exist for the rules.
    let jiff = journey
        .dependencies
        .iter()
        .find(|dependency| dependency.name == "jiff")
        .unwrap();
    assert!(
        !jiff.uses_default_features,
        "jiff's default features include a clock and the system's zone"
    );
    for clock in ["std", "tz-system", "tzdb-zoneinfo", "js"] {
        assert!(
            !jiff.features.iter().any(|feature| feature == clock),
            "jiff's feature {clock} reads the machine"
        );
    }
}
