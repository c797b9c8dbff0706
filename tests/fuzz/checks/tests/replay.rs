//! Every corpus, input by input, without a fuzzer: what was found once stays found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use data_encoding::BASE64;

/// The seeds are read by people, and all of it is cloned by everybody.
const MOST_FILES: usize = 200;
const MOST_BYTES: usize = 500_000;

/// No input of a few kilobytes takes this long, not even unoptimised on a busy machine: it hangs.
const LONGEST: Duration = Duration::from_secs(60);

macro_rules! each {
    ($($target:ident)*) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),*];

        $(
            #[test]
            fn $target() {
                replay(stringify!($target), fuzz_checks::$target);
            }
        )*
    };
}

fuzz_checks::for_each_target!(each);

fn room(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

fn replay(target: &str, check: fn(&[u8]) -> bool) {
    let entries = fs::read_dir(room("corpus").join(target)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() <= MOST_FILES, "{} files", paths.len());
    let seeds = paths
        .iter()
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()));
    let found = fs::read_to_string(room("found").join(target)).unwrap();
    let found = found.lines().zip(1..).map(|(line, number)| {
        let input = BASE64.decode(line.as_bytes()).unwrap();
        (format!("tests/fuzz/found/{target}:{number}"), input)
    });
    let (mut taken, mut refused, mut bytes) = (0, 0, 0);
    for (name, input) in seeds.chain(found) {
        bytes += input.len();
        println!("{name}");
        let began = Instant::now();
        if check(&input) {
            taken += 1;
        } else {
            refused += 1;
        }
        assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
    }
    println!("{target}: {taken} inputs taken, {refused} refused, {bytes} bytes");
    assert!(taken > 0 && refused > 0, "a corpus shows what is taken and what is not");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

#[test]
fn every_target_has_its_program_and_its_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| (*target).to_owned()).collect();
    let named = |path: &str, ending: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(room(path)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .map(|name| name.strip_suffix(ending).unwrap().to_owned())
            .collect()
    };
    assert_eq!(named("corpus", ""), targets);
    assert_eq!(named("found", ""), targets);
    assert_eq!(named("fuzz_targets", ".rs"), targets);
    let manifest: toml::Table = fs::read_to_string(room("Cargo.toml")).unwrap().parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap();
    let programs: BTreeSet<String> = programs
        .iter()
        .map(|program| program["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(programs, targets);
    for target in TARGETS {
        let program = fs::read_to_string(room(&format!("fuzz_targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("fuzz_checks::{target}(data)")), "{target}");
    }
}
