//! `rekindle config`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::say;
use crate::config::{Config, EXAMPLE};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a configuration file, its secrets and its campaign.
    Check {
        /// The configuration file.
        #[arg(default_value = "rekindle.toml")]
        file: PathBuf,
    },
    /// Print an example with every key explained.
    Example,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { file } => {
            let config = Config::load(file)?;
            super::campaign::warn(&super::campaign::load(&config.campaign)?);
            say("The configuration is right.\n")?;
        }
        Command::Example => say(EXAMPLE)?,
    }
    Ok(ExitCode::SUCCESS)
}
