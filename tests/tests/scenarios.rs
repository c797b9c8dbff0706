//! Stories that anybody can read, with everything that came of them. See `tests/scenarios/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::fs;

use tests::{Play, Scenario, Stage, oracle};

/// Plays a scenario twice and compares what happened with what it expects, line by line.
fn check(name: &str) {
    let scenario = read(name);
    let stage = Stage::of(&scenario);
    let play = Play::run(&scenario, &stage, None);
    let mut report = String::new();
    let mut same = true;
    for (index, step) in scenario.steps.iter().enumerate() {
        let lines = play.lines(index);
        same &= lines == step.expect;
        report += &format!("\nstep {} of {}, at {}:\n", index + 1, scenario.steps.len(), step.at);
        report += &difference(&step.expect, &lines);
    }
    assert!(same, "{name}: {}\n(- expected, + happened){report}", scenario.title);
    assert_eq!(oracle::judge(&play), Vec::<String>::new());
    // The same inputs give the same decisions.
    let again = Play::run(&scenario, &stage, None);
    for index in 0..scenario.steps.len() {
        assert_eq!(again.lines(index), play.lines(index));
    }
}

fn read(name: &str) -> Scenario {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    Scenario::parse(&fs::read_to_string(path).unwrap())
}

/// The longest common lines stay, the others are marked.
fn difference(expected: &[String], happened: &[String]) -> String {
    let mut common = vec![vec![0_usize; happened.len() + 1]; expected.len() + 1];
    for (i, left) in expected.iter().enumerate().rev() {
        for (j, right) in happened.iter().enumerate().rev() {
            common[i][j] = if left == right {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut text) = (0, 0, String::new());
    while i < expected.len() || j < happened.len() {
        let both = i < expected.len() && j < happened.len();
        if both && expected[i] == happened[j] {
            text += &format!("    {}\n", expected[i]);
            i += 1;
            j += 1;
        } else if j == happened.len() || (i < expected.len() && common[i + 1][j] >= common[i][j + 1]) {
            text += &format!("  - {}\n", expected[i]);
            i += 1;
        } else {
            text += &format!("  + {}\n", happened[j]);
            j += 1;
        }
    }
    text
}

macro_rules! tests_of {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

tests::for_each_scenario!(tests_of);

#[test]
fn every_file_is_a_test() {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap();
    let mut files: Vec<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".toml").expect("only scenarios are here").to_owned())
        .collect();
    files.sort();
    assert_eq!(files, NAMES);
}
