//! Looks for each bad design from seed 1 on, and writes what it found into the table of README.md.
#![allow(clippy::print_stdout, reason = "a command: it speaks on standard output")]

use std::process::Command;

use anyhow::{Context, Result};
use clap::Parser;
use designs::{Copy, Design, patches, read, write};

/// Finds seeds anew, after the simulation or the code that a patch changes has changed.
#[derive(Parser)]
struct Arguments {
    /// These designs; all of them without any.
    names: Vec<String>,
    /// Give up after so many journeys.
    #[arg(long, default_value_t = 100_000)]
    journeys: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let names = if arguments.names.is_empty() {
        patches()?
    } else {
        arguments.names
    };
    let copy = Copy::new()?;
    let known = read()?;
    for name in names {
        copy.apply(&name)?;
        let simulation = copy.build()?;
        let output = Command::new(simulation)
            .args(["--failures", "1", "--journeys", &arguments.journeys.to_string()])
            .output()
            .context("the simulation")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some((seed, what)) = first(&text) else {
            println!("{name}: NOT FOUND in {} journeys", arguments.journeys);
            continue;
        };
        let found = Design {
            name: name.clone(),
            breaks: known
                .iter()
                .find(|row| row.name == name)
                .map(|row| row.breaks.clone())
                .unwrap_or_default(),
            invariant: what.split(':').next().unwrap_or_default().to_owned(),
            seed,
            journeys: journeys(&text),
        };
        println!("{name}: seed {seed}, after {} journeys: {what}", found.journeys);
        write(&[found])?;
    }
    Ok(())
}

/// The lowest of the seeds that failed, and how.
fn first(text: &str) -> Option<(u64, &str)> {
    let failed = text.lines().filter_map(|line| {
        let (seed, what) = line.strip_prefix("seed ")?.split_once(": ")?;
        Some((seed.parse().ok()?, what))
    });
    failed.min_by_key(|(seed, _)| *seed)
}

/// How many journeys were run until all cores had stopped.
fn journeys(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| {
        let (count, _) = line.split_once(" journeys, ")?;
        count.parse().ok()
    });
    counts.max().unwrap_or(0)
}
