//! Measurements of Rekindle, each beside a floor taken in the same run, and with a target.
//!
//! A figure is a median over rounds. A floor is what the same machine does, in the same minute, with
//! nearly nothing of ours in the way: the distance to it is what our code costs.

mod book;
mod cost;
mod decide;
mod demo;
mod deployed;
mod floor;
mod herd;
mod lambda;
mod law_tables;
mod ledger;
mod load;
mod local;
mod machine;
mod memory;
mod program;
mod report;
mod serve;
mod soak;
mod stand_in;
mod walks;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::program::Program;
use crate::report::Report;

/// Measures Rekindle on this machine.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    section: Option<Section>,
}

/// How much is measured.
#[derive(Args, Clone)]
pub(crate) struct Settings {
    /// Rounds of each measurement; the table shows their median.
    #[arg(long, global = true, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of load in a round of `serve`.
    #[arg(long, global = true, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Connections that deliver webhooks.
    #[arg(long, global = true, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    connections: u32,
    /// Live journeys of `memory`.
    #[arg(long, global = true, value_name = "N", default_value = "100000", value_parser = clap::value_parser!(u32).range(1..))]
    journeys: u32,
    /// Where the data folders are made: the disk to measure.
    #[arg(long, global = true, value_name = "DIR")]
    disk: Option<PathBuf>,
    /// A release build of the program. Without it, `cargo build --release -p rekindle` makes one.
    #[arg(long, global = true, value_name = "FILE")]
    program: Option<PathBuf>,
}

impl Settings {
    /// A fresh folder on the disk that is measured.
    pub(crate) fn folder(&self) -> std::io::Result<tempfile::TempDir> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("rekindle-bench-");
        match &self.disk {
            Some(disk) => builder.tempdir_in(disk),
            None => builder.tempdir(),
        }
    }
}

#[derive(Clone, Subcommand)]
enum Section {
    /// Everything of one machine: law, decide, serve, memory, demo.
    All,
    /// The tables of the law, which a process reads when it first asks.
    Law,
    /// The rules: events a second on one core.
    Decide,
    /// Durable webhooks a second, and how long each takes.
    Serve,
    /// Memory and restart with many live journeys.
    Memory,
    /// The demo: first reminder, and end.
    Demo,
    /// Many minutes at half of the maximum, with faults; not part of all.
    Soak(soak::Options),
    /// A hundred thousand timers due at once; not part of all.
    Herd(herd::Options),
    /// The functions of AWS as processes: size, start, invocations, memory.
    Lambda(lambda::Options),
    /// What a customer costs on AWS.
    Cost(cost::Options),
    /// The server that `serve` is compared with.
    #[command(hide = true)]
    Floor(floor::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    // One thread makes the load: it shares the cores with what it measures.
    let one_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Some(Section::Cost(options)) = &cli.section {
        // It counts, and takes no time: any build will do.
        let met = one_thread()?.block_on(cost::measure(options))?;
        return Ok(exit_code(met));
    }
    anyhow::ensure!(
        !cfg!(debug_assertions),
        "a debug build measures nothing: `cargo run --release -p bench`"
    );
    let section = cli.section.clone().unwrap_or(Section::All);
    let settings = &cli.settings;
    let wants_program = match &section {
        Section::Floor(options) => {
            // The same runtime as the program's own.
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            return runtime.block_on(floor::serve(options)).map(|()| ExitCode::SUCCESS);
        }
        Section::Cost(_) | Section::Law | Section::Decide | Section::Lambda(_) => false,
        Section::All | Section::Serve | Section::Memory | Section::Demo | Section::Soak(_) | Section::Herd(_) => true,
    };
    let all = matches!(section, Section::All);
    say(&machine::describe(settings)?);
    let mut report = Report::default();
    // First: whatever else runs in this process may ask for the law.
    if all || matches!(section, Section::Law) {
        progress("law");
        law_tables::measure(settings, &mut report)?;
    }
    if all || matches!(section, Section::Decide) {
        progress("decide");
        decide::measure(settings, &mut report)?;
    }
    if let Section::Lambda(options) = &section {
        one_thread()?.block_on(lambda::measure(options, settings, &mut report))?;
    }
    if wants_program {
        let program = Program::find(settings.program.as_deref())?;
        one_thread()?.block_on(async {
            if all || matches!(section, Section::Serve) {
                serve::measure(&program, settings, &mut report).await?;
            }
            if all || matches!(section, Section::Memory) {
                memory::measure(&program, settings, &mut report).await?;
            }
            if all || matches!(section, Section::Demo) {
                demo::measure(&program, settings, &mut report).await?;
            }
            if let Section::Herd(options) = &section {
                herd::measure(&program, settings, options, &mut report).await?;
            }
            if let Section::Soak(options) = &section {
                soak::measure(&program, settings, options, &mut report).await?;
            }
            anyhow::Ok(())
        })?;
    }
    say(&report.to_string());
    Ok(exit_code(report.all_met()))
}

fn exit_code(all_met: bool) -> ExitCode {
    if all_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The figures.
#[allow(clippy::print_stdout, reason = "the figures are what this program is asked for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// What is going on, for whoever waits.
pub(crate) fn progress(text: &str) {
    complain(&format!("  {text} ..."));
}

#[allow(clippy::print_stderr, reason = "a command's own voice")]
fn complain(text: &str) {
    eprintln!("{text}");
}
