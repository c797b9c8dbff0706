//! `rekindle campaign`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign};
use clap::Subcommand;

use super::say;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a campaign file and its templates; everything that is wrong is named with file and line.
    Check {
        /// The campaign file.
        #[arg(default_value = "campaign.toml")]
        file: PathBuf,
    },
    /// Print an example with every key explained.
    Example,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { file } => {
            let loaded = load(file)?;
            warn(&loaded);
            say(&format!(
                "{} is right. Version {}.\n",
                file.display(),
                loaded.rules.version
            ))?;
        }
        Command::Example => say(EXAMPLE)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads a campaign.
pub(crate) fn load(file: &Path) -> anyhow::Result<LoadedCampaign> {
    Ok(LoadedCampaign::load(file)?)
}

/// Says on standard error what is allowed, but seldom meant.
#[allow(clippy::print_stderr, reason = "a command's own voice")]
pub(crate) fn warn(loaded: &LoadedCampaign) {
    for warning in &loaded.warnings {
        eprintln!("warning: {warning}");
    }
}

/// The built-in example.
pub(crate) fn example() -> anyhow::Result<LoadedCampaign> {
    Ok(LoadedCampaign::check(&CampaignFiles::single("campaign.toml", EXAMPLE))?)
}
