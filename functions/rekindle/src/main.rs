//! Rekindle on one machine: the same functions in one process, and the operator's commands.

mod announcing;
mod cli;
mod commands;
mod config;
mod demo;
mod http;
mod panics;
mod reading;
mod service;
mod world;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let Err(error) = start_logging(&cli) {
        tell(&error);
        return ExitCode::from(2);
    }
    panics::log();
    if let Err(error) = keep_memory_private() {
        tell(&error);
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(cli.run()),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

/// No core dump, which would put secrets and people into a file: neither one that the kernel writes, nor one that it
/// hands to a collector, which heeds no limit. It also keeps other processes of the same user from reading the memory.
fn keep_memory_private() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context("core dumps cannot be switched off")?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .context("core dumps cannot be switched off")?;
    Ok(())
}

/// The chain of causes, once, where it is handled.
#[allow(clippy::print_stderr, reason = "a command's own voice")]
fn tell(error: &anyhow::Error) {
    eprintln!("rekindle: {error:#}");
}

/// Logs go to standard error: standard output belongs to what a command was asked for.
fn start_logging(cli: &cli::Cli) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(cli.log_filter())
        .context("--log takes error, warn, info, debug, or a filter such as warn,touchpoint=debug")?;
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_env_filter(filter);
    if cli.log_json() {
        logs.json().flatten_event(true).init();
    } else {
        logs.with_target(false).init();
    }
    Ok(())
}
